//! Expressions that mostly compile, on inputs that they find something in: each byte decides one thing that the
//! generator of the differential test is free to decide.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/generator/mod.rs"]
mod generator;

fuzz_target!(|data: &[u8]| {
    let case = generator::generate_by(&mut generator::Chance::given(data));
    fuzzing::evaluate_everywhere(&case.expr, case.input.as_ref(), &|_| None);
});

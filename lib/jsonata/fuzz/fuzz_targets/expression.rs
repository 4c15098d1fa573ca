//! Texts as expressions: the text up to the first NUL is the expression, the rest the input.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (expression, input) = text.split_once('\0').unwrap_or((text, ""));
    let input = json::parse(input).ok();
    fuzzing::evaluate_everywhere(expression, input.as_ref(), &|name| {
        (name == "x").then(|| json::Value::from("x"))
    });
});

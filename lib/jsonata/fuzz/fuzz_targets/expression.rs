//! No expression panics, hangs or takes the process's memory, whatever it and its input are.
//!
//! `cargo +nightly fuzz run expression -- -timeout=10 -rss_limit_mb=2048`. The text up to the first NUL
//! is the expression, the rest the input.

#![no_main]

use jsonata::{Budget, Dialect, Env, Expression};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (expression, input) = text.split_once('\0').unwrap_or((text, ""));
    for dialect in [Dialect::V2_0_6, Dialect::Newest] {
        let Ok(expression) = Expression::compile(expression, dialect) else {
            continue;
        };
        let input = json::parse(input).ok();
        let mut random = || 4;
        let env = Env {
            variables: &|name| (name == "x").then(|| json::Value::from("x")),
            now_millis: 1_700_000_000_000,
            random: &mut random,
            budget: Budget {
                steps_max: 2_000_000,
                ..Budget::AWS
            },
        };
        let _ = expression.evaluate(input.as_ref(), env);
    }
});

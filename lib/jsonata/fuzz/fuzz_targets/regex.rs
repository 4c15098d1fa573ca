//! Regular expressions: the first byte chooses the function and the flags, the rest up to the first NUL is the
//! pattern, what follows it the text.

#![no_main]

use json::Value;
use libfuzzer_sys::fuzz_target;

const CALLS: [&str; 4] = [
    "$match($text, PATTERN)",
    "$replace($text, PATTERN, '[$0|$1|$2|$12]')",
    "$split($text, PATTERN)",
    "$replace($text, PATTERN, function($m) { $m.start & $string($m.groups) })",
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let Ok(data) = std::str::from_utf8(data) else {
        return;
    };
    let (pattern, text) = data.split_once('\0').unwrap_or((data, data));
    let flags = ["", "i", "m", "im"][usize::from(choice >> 2) % 4];
    let call = CALLS[usize::from(choice % 4)].replace("PATTERN", &format!("/{pattern}/{flags}"));
    fuzzing::evaluate_everywhere(&call, None, &|name| (name == "text").then(|| Value::from(text)));
});

//! Pictures: the first byte chooses the function, eight bytes are a number, and lines of text the picture and
//! what goes with it.

#![no_main]

use json::Value;
use libfuzzer_sys::fuzz_target;

const CALLS: [&str; 8] = [
    "$formatNumber($n, $a)",
    "$formatNumber($n, $a, {'decimal-separator': $b, 'zero-digit': $c, 'grouping-separator': $d})",
    "$formatInteger($n, $a)",
    "$parseInteger($b, $a)",
    "$toMillis($b, $a)",
    "$fromMillis($n, $a, $b)",
    "$toMillis($fromMillis($n, $a), $a)",
    "[$formatBase($n, $count($a)), $round($n, $length($a)), $string($n), $number($a)]",
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let Some((number, data)) = data.split_first_chunk() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let number = f64::from_le_bytes(*number);
    let mut lines = text.split('\n');
    let [a, b, c, d] = [(); 4].map(|()| lines.next().unwrap_or_default());
    fuzzing::evaluate_everywhere(CALLS[usize::from(choice % 8)], None, &|name| {
        Some(match name {
            "n" if number.is_finite() => json::parse(&format!("{number:e}")).expect("a number"),
            "a" => Value::from(a),
            "b" => Value::from(b),
            "c" => Value::from(c),
            "d" => Value::from(d),
            _ => return None,
        })
    });
});

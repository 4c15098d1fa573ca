//! Writes the first corpus of each target, from the cases of this library: `cargo run --example seeds`.

use std::fs;
use std::path::Path;

use json::Value;

const PATTERNS: &[(&str, &str)] = &[
    ("(a+)+$", "aaaaaaaaaaaaaaab"),
    ("(?<year>\\d{4})-(?<month>\\d\\d)\\k<year>?", "2024-05"),
    ("(?<=\\$)\\d+(?!\\d|%)", "10% $25"),
    ("^\\s*([^,;]+?)\\s*(?:[,;]|$)", " a , b; c"),
    ("\\b(\\w)(\\w)?\\2\\1\\b", "abba aa"),
    ("[\\u00e0-\\u00ff\\D\\S\\W-]{2,5}?", "übér 12"),
    ("(z)((a+)?(b+)?(c))*", "zaacbbbcac"),
    ("(?=(a+))a*b\\1", "baaabac"),
    ("(?:a|ab)(?:c|bcd)(d*)", "abcd"),
    ("^.$|[^]\\0\\x41\\cA", "a\nb"),
];

const PICTURES: &[(u8, f64, &str)] = &[
    (0, 12345.678, "#,##0.00;(#,##0.00)"),
    (0, 0.0000123, "00.00e0"),
    (0, 0.14, "01%"),
    (1, -1234.5, "#.###.##0,00\n,\n0\n."),
    (2, 1999.0, "I"),
    (2, 1234567.0, "Ww;o"),
    (2, 123.0, "#,##0;o"),
    (3, 0.0, "w\none thousand and twelve"),
    (
        4,
        0.0,
        "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01]\n2024-02-29T01:02:03.004+05:30",
    ),
    (4, 0.0, "[FNn], [D1o] of [MNn], [YI]\nMonday, 3rd of May, MMXXI"),
    (
        5,
        1.7e12,
        "[h#1]:[m01][PN] [d] [W] [w] [X] [x] [FNn,3-3] [z] [C] [E]\n+0530",
    ),
    (6, 1.7e12, "[Yw] [Mw] [Dwo]"),
    (7, 1e21, "1234"),
];

fn main() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expressions = expressions(&fuzz.join("../tests"));
    save(fuzz, "expression", expressions);
    let pattern = |(place, (pattern, text)): (usize, &(&str, &str))| {
        let mut seed = vec![place as u8];
        seed.extend_from_slice(format!("{pattern}\0{text}").as_bytes());
        seed
    };
    save(fuzz, "regex", PATTERNS.iter().enumerate().map(pattern).collect());
    let picture = |(call, number, text): &(u8, f64, &str)| {
        let mut seed = vec![*call];
        seed.extend_from_slice(&number.to_le_bytes());
        seed.extend_from_slice(text.as_bytes());
        seed
    };
    save(fuzz, "picture", PICTURES.iter().map(picture).collect());
    // Decisions without a pattern: three lots of multiples of small primes.
    let lots = [7_u32, 31, 101].map(|prime| (0..600).map(|place| (place * prime % 251) as u8).collect());
    save(fuzz, "grammar", lots.to_vec());
}

/// Each case as an expression and, after a NUL, its input.
fn expressions(tests: &Path) -> Vec<Vec<u8>> {
    let read = |path: &Path| json::parse(&fs::read_to_string(path).expect("a file")).expect("JSON");
    let mut files: Vec<_> = fs::read_dir(tests.join("cases"))
        .expect("the folder of cases")
        .map(|entry| entry.expect("a case in the folder").path())
        .collect();
    files.sort();
    let mut cases: Vec<Value> = Vec::new();
    for file in files {
        cases.extend_from_slice(read(&file).as_array().expect("a list of cases"));
    }
    let errors = read(&tests.join("data/errors-2.0.6.json"));
    for topic in errors.as_object().expect("topics").values() {
        cases.extend_from_slice(topic.as_array().expect("a list of cases"));
    }
    let seed = |case: &Value| {
        let input = match case.get("on").and_then(Value::as_str) {
            Some(name) => Some(read(&tests.join(format!("data/inputs/{name}.json")))),
            None => case.get("input").cloned(),
        };
        let input = input.map_or(String::new(), |input| input.to_string());
        let expression = case.get("expr").and_then(Value::as_str).expect("an expression");
        format!("{expression}\0{input}").into_bytes()
    };
    cases.iter().map(seed).collect()
}

fn save(fuzz: &Path, target: &str, seeds: Vec<Vec<u8>>) {
    let folder = fuzz.join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    for (place, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{place:04}")), seed).expect("a file");
    }
    println!("{target}: {} seeds", seeds.len());
}

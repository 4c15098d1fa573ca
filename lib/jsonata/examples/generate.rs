//! Prints random expressions and inputs, a JSON object a line: `generate [SEED [COUNT [FIRST]]]`.
//! `generate 1 1 4711` prints case 4711 of seed 1, as the differential test names it.

#[path = "../tests/generator/mod.rs"]
mod generator;

use json::Object;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|argument| argument.parse().expect("a number"));
    let seed = arguments.next().unwrap_or(1);
    let count = arguments.next().unwrap_or(1000);
    let first = arguments.next().unwrap_or(0);
    for index in first..first + count {
        let case = generator::generate(seed, index);
        let mut line = Object::new();
        line.insert("expr", case.expr);
        if let Some(input) = case.input {
            line.insert("input", input);
        }
        println!("{}", json::Value::Object(line));
    }
}

//! Inputs: small documents whose members are named as the expressions name them.

use json::{Object, Value, json};

use crate::generator::Chance;

/// The names of members, most wanted first.
pub(crate) const NAMES: [&str; 12] = [
    "a", "b", "c", "items", "name", "price", "qty", "tags", "on", "note", "deep", "x y",
];

/// Strings with and without surprises.
pub(crate) const TEXTS: [&str; 16] = [
    "",
    "a",
    "b",
    "abc",
    "Hello World",
    "über",
    "ß",
    "𝒳y",
    "10",
    "-3.5",
    "2024-02-29",
    "x,y;z",
    "  pad ",
    "é\u{301}",
    "A1b2",
    "null",
];

/// A document, or now and then something else.
pub(crate) fn input(chance: &mut Chance) -> Option<Value> {
    match chance.below(20) {
        0 => None,
        1 => Some(value(chance, 2)),
        2 => Some((0..chance.below(4)).map(|_| record(chance, 2)).collect()),
        _ => Some(record(chance, 3)),
    }
}

fn record(chance: &mut Chance, depth: usize) -> Value {
    let mut members = Object::new();
    for name in NAMES {
        if chance.percent(70) {
            members.insert(name, member(name, chance, depth));
        }
    }
    Value::Object(members)
}

fn member(name: &str, chance: &mut Chance, depth: usize) -> Value {
    if depth == 0 || chance.percent(12) {
        return value(chance, depth.min(1));
    }
    match name {
        "name" => text(chance),
        "price" | "qty" => number(chance),
        "on" => Value::Bool(chance.percent(50)),
        "note" => Value::Null,
        "tags" => (0..chance.below(4)).map(|_| text(chance)).collect(),
        "items" => (0..chance.below(4)).map(|_| record(chance, depth - 1)).collect(),
        "deep" => record(chance, depth - 1),
        _ => value(chance, depth - 1),
    }
}

fn value(chance: &mut Chance, depth: usize) -> Value {
    match chance.below(if depth == 0 { 6 } else { 9 }) {
        0 | 1 => number(chance),
        2 | 3 => text(chance),
        4 => Value::Bool(chance.percent(50)),
        5 => Value::Null,
        6 | 7 => (0..chance.below(4)).map(|_| value(chance, depth - 1)).collect(),
        _ => Value::object([(NAMES[chance.below(4)], value(chance, depth - 1))]),
    }
}

fn text(chance: &mut Chance) -> Value {
    Value::from(TEXTS[chance.below(TEXTS.len())])
}

fn number(chance: &mut Chance) -> Value {
    match chance.below(8) {
        0 => json!(0),
        1 => json!(-7),
        2 => json!(2.5),
        3 => json!(0.1),
        4 => json!(1e21),
        5 => json!(-1.25e-7),
        _ => Value::from(chance.below(20)),
    }
}

//! The table of calls in `intrinsics.txt`, and limits that no line can show.

use std::cell::Cell;

use asl::template::Template;
use asl::{Env, Failure, Outside};
use json::{Value, json};

/// A context object, one variable, and numbers that count up.
struct World {
    context: Value,
    random: Cell<u64>,
}

impl Outside for World {
    fn context(&self) -> &Value {
        &self.context
    }

    fn variable(&self, name: &str) -> Option<Value> {
        (name == "v").then(|| json!({"w": 9}))
    }

    fn limits(&self) -> &asl::Limits {
        &asl::Limits::AWS
    }

    fn now_millis(&self) -> i64 {
        0
    }

    fn random(&self) -> u64 {
        self.random
            .set(self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        self.random.get()
    }
}

fn evaluate(call: &str, input: &Value) -> Option<Result<Value, Failure>> {
    let world = World {
        context: json!({"Name": "ctx"}),
        random: Cell::new(0),
    };
    let template = Template::compile_expression("out.$", call).ok()?;
    Some(template.evaluate(Env::new(input, &world)))
}

#[test]
fn calls_give_what_the_table_says() {
    let mut input = Value::Null;
    let mut cases = 0;
    let mut wrong = Vec::new();
    for line in include_str!("intrinsics.txt").lines() {
        if let Some(text) = line.strip_prefix("> ") {
            input = json::parse(text).unwrap();
            continue;
        }
        let Some((call, expected)) = line.split_once(" => ") else {
            continue;
        };
        cases += 1;
        let found = match evaluate(call, &input) {
            None => "?".to_owned(),
            Some(Ok(value)) => value.to_string(),
            Some(Err(failure)) => {
                assert_eq!(failure.error.as_deref(), Some("States.Runtime"), "{call}");
                format!("! {}", failure.cause.unwrap())
            }
        };
        let expected = expected.replace("$INPUT", &input.to_string());
        if found != expected {
            wrong.push(format!("{call}\n  expected {expected}\n     found {found}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {cases}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(cases > 180, "only {cases} cases were read");
}

#[test]
fn raw_line_breaks_may_stand_in_texts() {
    assert_eq!(
        evaluate("States.StringSplit('a\nb\tc', '\n\t')", &json!({})),
        Some(Ok(json!(["a", "b", "c"])))
    );
}

#[test]
fn encoding_and_hashing_take_ten_thousand_characters() {
    let input = |length| json!({"s": "ä".repeat(length), "b": "YWFh".repeat(length / 4)});
    for call in [
        "States.Base64Encode($.s)",
        "States.Hash($.s, 'MD5')",
        "States.Base64Decode($.b)",
    ] {
        assert!(evaluate(call, &input(10_000)).unwrap().is_ok(), "{call}");
        assert!(evaluate(call, &input(10_004)).unwrap().is_err(), "{call}");
    }
}

#[test]
fn texts_do_not_grow_without_end() {
    let input = json!({"s": "x".repeat(200_000)});
    let many = |count| format!("States.Format('{}'{})", "{}".repeat(count), ", $.s".repeat(count));
    assert!(evaluate(&many(5), &input).unwrap().is_ok());
    assert!(evaluate(&many(6), &input).unwrap().is_err());
    let call = format!("States.JsonToString(States.Array({}1))", "$.s, ".repeat(6));
    assert!(evaluate(&call, &input).unwrap().is_err());
}

#[test]
fn a_large_array_is_made_unique_quickly() {
    let input = json!({"list": (0..100_000).map(|n| n % 50_000).collect::<Vec<_>>()});
    let unique = evaluate("States.ArrayUnique($.list)", &input).unwrap().unwrap();
    assert_eq!(unique.as_array().map(<[Value]>::len), Some(50_000));
}

#[test]
fn random_numbers_differ_and_identifiers_are_version_4() {
    let call = "States.Array(States.MathRandom(0, 1000000), States.MathRandom(0, 1000000), States.UUID(), States.UUID())";
    let found = evaluate(call, &json!({})).unwrap().unwrap();
    assert_ne!(found.at(0), found.at(1));
    assert_ne!(found.at(2), found.at(3));
    let uuid = found.at(2).and_then(Value::as_str).unwrap();
    assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
    assert!("89ab".contains(&uuid[19..20]));
    assert_eq!(evaluate(call, &json!({})).unwrap().unwrap(), found);
}

#[test]
fn hostile_calls_are_refused() {
    for text in [
        "States.Array(".repeat(100_000),
        format!("States.Array({}", "'".repeat(100_000)),
        format!("States.Array($.a{})", "[".repeat(100_000)),
        format!("States.Array($.a{})", "[?(@".repeat(100_000)),
    ] {
        assert!(evaluate(&text, &json!({})).is_none());
    }
}

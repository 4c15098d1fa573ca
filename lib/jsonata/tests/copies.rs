//! What an expression copies of its input: nothing.
//!
//! Values are shared, so that a part of the input that comes out is the very part that went in, however large.

use json::Value;
use jsonata::{Budget, Dialect, Env, Expression, Outcome};

/// 100 KB and more under `a.b`, and beside it.
fn states() -> Value {
    let items: Vec<Value> = (0..2000)
        .map(|place: i64| json::json!({"id": place, "text": "some sixty characters of text, so that it amounts to something"}))
        .collect();
    let items = Value::from(items);
    assert!(items.to_string().len() > 100_000);
    json::json!({"input": {"a": {"b": items.clone()}, "other": items}})
}

fn evaluate(text: &str, states: &Value, bytes_max: usize) -> Value {
    let expression = Expression::compile(text, Dialect::V2_0_6).expect("a valid expression");
    let env = Env {
        variables: &|name| (name == "states").then(|| states.clone()),
        now_millis: 0,
        random: &mut || 0,
        budget: Budget {
            bytes_max,
            steps_max: 100,
            ..Budget::AWS
        },
    };
    match expression.evaluate(None, env) {
        Ok(Outcome::Value(value)) => value,
        other => panic!("{text} came to {other:?}"),
    }
}

#[test]
fn a_path_gives_the_part_of_the_input_itself() {
    let states = states();
    let whole = states.get("input").expect("the input");
    let part = whole.get("a").and_then(|a| a.get("b")).expect("the part");
    for text in [
        "$states.input.a.b",
        "$states.input.(a.b)",
        "($part := $states.input.a; $part.b)",
        "$states.input.a ~> $lookup('b')",
        "true ? $states.input.a.b : 1",
        "(function($input) { $input.a.b })($states.input)",
    ] {
        // A hundred steps and no memory to speak of are enough, however much is there.
        assert!(evaluate(text, &states, 1000).is_same(part), "{text}");
    }
    assert!(evaluate("$states.input", &states, 1000).is_same(whole));
    assert!(evaluate("$states.input.a.b[1999]", &states, 1000).is_same(part.at(1999).expect("the last")));
    let made = evaluate("{'part': $states.input.a.b}", &states, 1000);
    assert!(made.get("part").expect("the member").is_same(part));
}

#[test]
fn a_path_allocates_the_same_for_a_large_input_and_a_small_one() {
    let small = json::json!({"input": {"a": {"b": [{"id": 1}]}, "other": []}});
    let large = states();
    for text in [
        "$states.input.a.b",
        "$states.input",
        "$count($states.input.a.b)",
        "$states.input.a.b[0]",
    ] {
        let expression = Expression::compile(text, Dialect::V2_0_6).expect("a valid expression");
        let taken = |states: &Value| {
            let evaluate = || {
                let env = Env {
                    variables: &|name| (name == "states").then(|| states.clone()),
                    now_millis: 0,
                    random: &mut || 0,
                    budget: Budget::AWS,
                };
                expression.evaluate(None, env)
            };
            // The first evaluation makes what is made once.
            drop(evaluate());
            let info = allocation_counter::measure(|| drop(evaluate()));
            (info.count_total, info.bytes_total)
        };
        let (count, bytes) = taken(&large);
        assert_eq!((count, bytes), taken(&small), "{text}");
        assert!(bytes < 1000, "{text} takes {count} allocations, {bytes} bytes");
    }
}

//! A comparator whose two sides are one expression sorts as the same comparator does when it is called.

use jsonata::{Budget, Dialect, Env, Expression, Outcome};

const ITEMS: [&str; 9] = [
    r#"[{"k": 3, "n": 0}, {"k": 1, "n": 1}, {"k": 3, "n": 2}, {"k": 2, "n": 3}, {"k": 1, "n": 4}]"#,
    r#"[{"k": 3, "n": 0}, {"n": 1}, {"k": 3, "n": 2}, {"n": 3}, {"k": 1, "n": 4}, {"k": 0.5, "n": 5}]"#,
    r#"[{"n": 0}, {"k": "b", "n": 1}, {"k": "a", "n": 2}, {"n": 3}, {"k": "b", "n": 4}]"#,
    r#"[{"k": "𝒳", "n": 0}, {"k": "\ue000", "n": 1}, {"k": "é", "n": 2}]"#,
    r#"[{"k": 1, "n": 0}, {"k": "a", "n": 1}, {"k": 2, "n": 2}]"#,
    r#"[{"k": true, "n": 0}, {"k": 1, "n": 1}]"#,
    r#"[{"k": null}, {"k": {"a": 1}}, {"k": [1, 2]}]"#,
    r#"[{"k": [3]}, {"k": [{"k": 1}]}, {"k": 2}]"#,
    r#"[[{"k": 3}], [{"k": 1}], {"k": 2}, 7, "x"]"#,
];

const KEYS: [&str; 8] = [
    "ITEM.k",
    "ITEM.k * -1",
    "-ITEM.k",
    "$string(ITEM.k) & ITEM.n",
    "ITEM.k[0]",
    "$lowercase(ITEM.k)",
    "ITEM.(k ? k : 'none')",
    "$number(ITEM.k)",
];

const OPERATORS: [&str; 4] = ["<", "<=", ">", ">="];

fn outcome(text: &str, input: &json::Value) -> String {
    let env = Env {
        variables: &|_| None,
        now_millis: 0,
        random: &mut || 0,
        budget: Budget::AWS,
    };
    let expression = Expression::compile(text, Dialect::V2_0_6).expect("a valid expression");
    match expression.evaluate(Some(input), env) {
        Ok(Outcome::Value(value)) => value.to_string(),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn keys_sort_as_calls_do() {
    for items in ITEMS {
        let input = json::parse(items).unwrap();
        for key in KEYS {
            for operator in OPERATORS {
                for (first, second) in [("$a", "$b"), ("$b", "$a")] {
                    let body = format!(
                        "{} {operator} {}",
                        key.replace("ITEM", first),
                        key.replace("ITEM", second)
                    );
                    let keyed = format!("$sort($, function($a, $b) {{ ({body}) }})");
                    let called = format!("$sort($, function($a, $b) {{ ($called := 1; {body}) }})");
                    assert_eq!(
                        outcome(&keyed, &input),
                        outcome(&called, &input),
                        "{keyed} of {items}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_comparator_that_is_not_the_same_for_both_is_called() {
    let input = json::json!([{"k": 1, "m": 9}, {"k": 2, "m": 1}, {"k": 3, "m": 0}]);
    assert_eq!(
        outcome("$sort($, function($a, $b) { $a.k > $b.m }).k", &input),
        "[3,1,2]"
    );
    // A function of its own name, which is not the builtin.
    let shadowed =
        "($abs := function($x) { 0 - $x }; $sort($, function($a, $b) { $abs($a.k) > $abs($b.k) }).k)";
    assert_eq!(outcome(shadowed, &input), "[3,2,1]");
}

#[test]
fn sorting_by_keys_counts_steps() {
    let expression = Expression::compile(
        "$sort([1..10000], function($a, $b) { $a < $b })[0]",
        Dialect::V2_0_6,
    )
    .unwrap();
    let run = |steps_max| {
        let env = Env {
            variables: &|_| None,
            now_millis: 0,
            random: &mut || 0,
            budget: Budget {
                steps_max,
                ..Budget::AWS
            },
        };
        expression.evaluate(None, env)
    };
    assert_eq!(run(400_000).unwrap(), Outcome::Value(json::Value::from(10_000)));
    assert_eq!(run(100_000).unwrap_err().kind(), jsonata::Kind::Time);
}

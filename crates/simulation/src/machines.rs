//! Random machines: definitions made from a seed, all of them right.

use json::{Value, json};

use crate::world::Dice;

/// A flow of a few states, nested so many levels deep at the most.
pub(crate) fn flow(dice: &mut Dice, names: &mut u32, depth: u32) -> Value {
    let count = 1 + dice.roll(3);
    let first = *names;
    *names += count as u32;
    let states = (0..count).map(|place| {
        let next = (place + 1 < count).then(|| format!("S{}", u64::from(first) + place + 1));
        (
            format!("S{}", u64::from(first) + place),
            state(dice, names, depth, next),
        )
    });
    let states: Vec<(String, Value)> = states.collect();
    Value::object([
        ("StartAt", Value::from(format!("S{first}"))),
        ("States", Value::object(states)),
    ])
}

fn state(dice: &mut Dice, names: &mut u32, depth: u32, next: Option<String>) -> Value {
    if dice.roll(5) == 0 {
        return jsonata_state(dice, names, depth, next);
    }
    let mut state = match dice.roll(if depth == 0 { 6 } else { 9 }) {
        0 => json!({"Type": "Pass"}),
        1 => json!({"Type": "Wait", "Seconds": 3}),
        2 | 3 => {
            json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:F", "TimeoutSeconds": 5})
        }
        4 => {
            json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 4,
            "Parameters": {"FunctionName": "F", "Payload": {"token.$": "$$.Task.Token"}}})
        }
        5 => {
            json!({"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:A", "TimeoutSeconds": 9})
        }
        6 => {
            let branches: Vec<Value> = (0..1 + dice.roll(3))
                .map(|_| flow(dice, names, depth - 1))
                .collect();
            Value::object([
                ("Type", Value::from("Parallel")),
                ("Branches", Value::from(branches)),
            ])
        }
        _ => {
            let processor = flow(dice, names, depth - 1);
            Value::object([
                ("Type", Value::from("Map")),
                ("ItemProcessor", processor),
                ("MaxConcurrency", Value::from(dice.roll(3))),
            ])
        }
    };
    let kind = state
        .get("Type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Value::Object(members) = &mut state else {
        return state;
    };
    if matches!(kind.as_str(), "Task" | "Parallel" | "Map") {
        if kind == "Map" {
            members.insert(
                "Parameters",
                json!({"list": [1, 2], "item.$": "$$.Map.Item.Index"}),
            );
            members.insert("InputPath", "$$.Execution.Input.list");
        }
        members.insert("ResultPath", Value::Null);
        if dice.roll(2) == 0 {
            let retry = json!([{"ErrorEquals": ["Random", "States.Timeout"], "MaxAttempts": dice.roll(3), "IntervalSeconds": 2}]);
            members.insert("Retry", retry);
        }
        if let (0, Some(next)) = (dice.roll(2), &next) {
            let catch = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": next}]);
            members.insert("Catch", catch);
        }
    }
    match next {
        Some(next) => members.insert("Next", next),
        None => members.insert("End", true),
    }
    state
}

/// A state in JSONata, some of whose expressions fail with some inputs.
fn jsonata_state(dice: &mut Dice, names: &mut u32, depth: u32, next: Option<String>) -> Value {
    const CHANCY: [&str; 3] = [
        "{% $states.input %}",
        "{% $states.input.n > 0 ? $states.input : $none %}",
        "{% $random() < 0.7 ? $states.input : $none %}",
    ];
    let chancy = CHANCY[dice.roll(3) as usize];
    let mut state = match dice.roll(if depth == 0 { 3 } else { 5 }) {
        0 => json!({"Type": "Pass", "Output": chancy}),
        1 => json!({"Type": "Wait", "Seconds": "{% 1 + 2 %}", "Output": chancy}),
        2 => {
            json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:F",
            "Arguments": chancy, "TimeoutSeconds": "{% 2 + 3 %}"})
        }
        3 => Value::object([
            ("Type", Value::from("Parallel")),
            ("Arguments", Value::from(chancy)),
            ("Branches", Value::from(vec![flow(dice, names, depth - 1)])),
        ]),
        _ => Value::object([
            ("Type", Value::from("Map")),
            ("Items", Value::from("{% $states.context.Execution.Input.list %}")),
            ("ItemSelector", Value::from(chancy)),
            ("ItemProcessor", flow(dice, names, depth - 1)),
        ]),
    };
    let kind = state
        .get("Type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Value::Object(members) = &mut state else {
        return state;
    };
    members.insert("QueryLanguage", "JSONata");
    if matches!(kind.as_str(), "Task" | "Parallel" | "Map") {
        members.insert("Output", CHANCY[dice.roll(3) as usize]);
        if dice.roll(2) == 0 {
            let retry = json!([{"ErrorEquals": ["Random", "States.QueryEvaluationError"], "MaxAttempts": dice.roll(3), "IntervalSeconds": 2}]);
            members.insert("Retry", retry);
        }
        if let (0, Some(next)) = (dice.roll(2), &next) {
            let output = CHANCY[dice.roll(3) as usize];
            members.insert(
                "Catch",
                json!([{"ErrorEquals": ["States.ALL"], "Output": output, "Next": next}]),
            );
        }
    }
    match next {
        Some(next) => members.insert("Next", next),
        None => members.insert("End", true),
    }
    state
}

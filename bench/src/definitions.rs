//! definitions: the state machines that are measured.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A Wait of five seconds.
pub(crate) fn short_wait() -> Value {
    json!({ "StartAt": "Hold", "States": { "Hold": { "Type": "Wait", "Seconds": 5, "End": true } } })
}

/// `length` Pass states in a row, each with a payload template of four members.
pub(crate) fn pass_chain(length: usize) -> Value {
    chain(length, |step| {
        json!({
            "Type": "Pass",
            "Parameters": { "id.$": "$.id", "name.$": "$.name", "step": step, "previous.$": "$.step" },
        })
    })
}

/// States in a row, numbered from 1.
fn chain(length: usize, state: impl Fn(usize) -> Value) -> Value {
    let states: Map<String, Value> = (1..=length)
        .map(|step| {
            let mut state = state(step);
            if step == length {
                state["End"] = json!(true);
            } else {
                state["Next"] = json!(format!("Step{}", step + 1));
            }
            (format!("Step{step}"), state)
        })
        .collect();
    json!({ "StartAt": "Step1", "States": states })
}

/// The input of the `number`th pass chain.
pub(crate) fn pass_chain_input(number: usize) -> String {
    json!({ "id": format!("order-{number}"), "name": "Ada Lovelace", "step": 0 }).to_string()
}

/// A decision and a little arithmetic: what a request behind an HTTP endpoint does.
pub(crate) fn express_jsonpath() -> Value {
    let total = json!({ "id.$": "$.id", "kind": "bulk", "total.$": "States.MathAdd($.quantity, $.price)" });
    let mut single = total.clone();
    single["kind"] = json!("single");
    json!({
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [{ "Variable": "$.quantity", "NumericGreaterThan": 10, "Next": "Bulk" }],
                "Default": "Single",
            },
            "Bulk": { "Type": "Pass", "Parameters": total, "End": true },
            "Single": { "Type": "Pass", "Parameters": single, "End": true },
        },
    })
}

/// The same in JSONata.
pub(crate) fn express_jsonata() -> Value {
    let state = |kind: &str| {
        json!({
            "Type": "Pass",
            "Output": {
                "id": "{% $states.input.id %}",
                "kind": kind,
                "total": "{% $states.input.quantity * $states.input.price %}",
            },
            "End": true,
        })
    };
    json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [{ "Condition": "{% $states.input.quantity > 10 %}", "Next": "Bulk" }],
                "Default": "Single",
            },
            "Bulk": state("bulk"),
            "Single": state("single"),
        },
    })
}

/// The input of the `number`th express execution.
pub(crate) fn express_input(number: usize) -> String {
    json!({ "id": format!("order-{number}"), "quantity": number % 20, "price": 7 }).to_string()
}

/// An inline Map with a decision and a Pass for each item.
pub(crate) fn map() -> Value {
    json!({
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {
                    "StartAt": "Which",
                    "States": {
                        "Which": {
                            "Type": "Choice",
                            "Choices": [{ "Variable": "$", "NumericGreaterThan": 500, "Next": "Large" }],
                            "Default": "Small",
                        },
                        "Large": { "Type": "Pass", "End": true },
                        "Small": { "Type": "Pass", "End": true },
                    },
                },
                "ResultPath": null,
                "End": true,
            },
        },
    })
}

/// An input with so many items.
pub(crate) fn map_input(items: usize) -> String {
    json!({ "items": (0..items).map(|item| item % 1_000).collect::<Vec<_>>() }).to_string()
}

/// How many tasks follow one another in [`activity_steps`].
pub(crate) const STEPS: usize = 3;

/// Three tasks of an activity in a row, each told which it is.
pub(crate) fn activity_steps(activity: &str) -> Value {
    chain(STEPS, |step| {
        json!({
            "Type": "Task",
            "Resource": activity,
            "Parameters": { "id.$": "$.id", "step": step },
        })
    })
}

/// One task of an activity.
pub(crate) fn activity_step(activity: &str) -> Value {
    json!({
        "StartAt": "Step",
        "States": { "Step": { "Type": "Task", "Resource": activity, "End": true } },
    })
}

/// An execution that waits for ten days.
pub(crate) fn parked() -> Value {
    json!({
        "StartAt": "Hold",
        "States": {
            "Hold": { "Type": "Wait", "Seconds": 864_000, "Next": "Done" },
            "Done": { "Type": "Pass", "End": true },
        },
    })
}

/// An execution that waits until a moment.
pub(crate) fn wait_until(moment: Timestamp) -> Value {
    json!({
        "StartAt": "Hold",
        "States": {
            "Hold": { "Type": "Wait", "Timestamp": moment.to_string(), "Next": "Done" },
            "Done": { "Type": "Pass", "End": true },
        },
    })
}

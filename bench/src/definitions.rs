//! definitions: the state machines that are measured.

use serde_json::{Map, Value, json};

/// `length` Pass states in a row, each with a payload template of four members.
pub(crate) fn pass_chain(length: usize) -> Value {
    let states: Map<String, Value> = (1..=length)
        .map(|step| {
            let mut state = json!({
                "Type": "Pass",
                "Parameters": { "id.$": "$.id", "name.$": "$.name", "step": step, "previous.$": "$.step" },
            });
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
pub(crate) fn express() -> Value {
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

/// The input of the `number`th express execution.
pub(crate) fn express_input(number: usize) -> String {
    json!({ "id": format!("order-{number}"), "quantity": number % 20, "price": 7 }).to_string()
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

//! Context: the context object that a test gives its state.

use api::{ApiError, Text};
use asl::{Pattern, State, StateKind, Target};
use json::Value;

use crate::input;

/// Reads a context object for a state.
///
/// A state may see in it only what it could see in an execution: `Task` is for tasks that hand out a token, or
/// wait for a job.
pub(crate) fn read(text: &Text, state: &State) -> Result<Value, ApiError> {
    let given = input::payload(text).map_err(|fault| refused(&fault))?;
    let Value::Object(members) = given.value() else {
        return Err(refused("Context object must be a JSON object"));
    };
    if members.contains("Task") && !waits(state) {
        return Err(refused(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' \
             service integration pattern",
        ));
    }
    Ok(given.value().clone())
}

fn waits(state: &State) -> bool {
    let StateKind::Task(task) = &state.kind else {
        return false;
    };
    matches!(&task.resource.target, Target::Service { pattern, .. } if *pattern != Pattern::RequestResponse)
}

fn refused(fault: &str) -> ApiError {
    ApiError::validation_exception(format!("Invalid Context object provided: {fault}"))
}

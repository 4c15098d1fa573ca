//! SendTaskSuccess: a worker or a callback brings a task's result.

use api::{ApiError, Caller, SendTaskSuccessInput, SendTaskSuccessOutput};

use crate::{Server, input, refusals};

/// Ends a task with its result. It is saved when this answers.
pub(crate) async fn answer(
    server: &Server,
    _caller: &Caller,
    request: SendTaskSuccessInput,
) -> Result<SendTaskSuccessOutput, ApiError> {
    let _: ids::TaskToken = request.task_token.parse()?;
    let output = input::payload(&request.output)
        .map_err(|fault| ApiError::invalid_output(format!("Invalid Output: '{fault}'")))?;
    server
        .runtime
        .task_succeeded(&request.task_token, output)
        .await
        .map_err(refusals::of_token)?;
    Ok(SendTaskSuccessOutput {})
}

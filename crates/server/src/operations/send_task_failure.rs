//! SendTaskFailure: a worker or a callback gives a task up.

use api::{ApiError, Caller, SendTaskFailureInput, SendTaskFailureOutput, Text};
use engine::Ending;

use crate::{Server, refusals};

/// Ends a task with an error. It is saved when this answers.
pub(crate) async fn answer(
    server: &Server,
    _caller: &Caller,
    request: SendTaskFailureInput,
) -> Result<SendTaskFailureOutput, ApiError> {
    let ending = Ending {
        error: request.error.map(Text::into_arc),
        cause: request.cause.map(Text::into_arc),
    };
    server
        .runtime
        .task_failed(&request.task_token, ending)
        .await
        .map_err(refusals::of_token)?;
    Ok(SendTaskFailureOutput {})
}

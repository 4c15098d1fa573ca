//! RedriveExecution: an execution that ended without success goes on from where it was.

use api::{ApiError, Caller, RedriveExecutionInput, RedriveExecutionOutput, Text, Timestamp};

use crate::{Server, arns, refusals};

/// Redrives an execution. It runs again, and that is saved, when this answers.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: RedriveExecutionInput,
) -> Result<RedriveExecutionOutput, ApiError> {
    let text = &request.execution_arn;
    arns::standard_execution(caller, text)?;
    let token = request.client_token.map(Text::into_arc);
    let redriven = server.runtime.redrive(text, token).await;
    let redriven = redriven.map_err(|error| refusals::of_redrive(text, error))?;
    Ok(RedriveExecutionOutput {
        redrive_date: Timestamp::from_milliseconds(redriven.0),
    })
}

//! StopExecution: an execution ends now.

use api::{ApiError, Caller, StopExecutionInput, StopExecutionOutput, Text, Timestamp};
use engine::Ending;

use crate::{Server, arns, refusals};

/// Stops an execution; of one that has ended, tells when.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: StopExecutionInput,
) -> Result<StopExecutionOutput, ApiError> {
    let text = &request.execution_arn;
    arns::standard_execution(caller, text)?;
    let ending = Ending {
        error: request.error.map(Text::into_arc),
        cause: request.cause.map(Text::into_arc),
    };
    let stopped = server.runtime.stop(text, ending).await;
    let stopped = stopped.map_err(|error| refusals::of_execution(text, error))?;
    Ok(StopExecutionOutput {
        stop_date: Timestamp::from_milliseconds(stopped.0),
    })
}

//! SendTaskHeartbeat: a task is still being worked on.

use api::{ApiError, Caller, SendTaskHeartbeatInput, SendTaskHeartbeatOutput};

use crate::{Server, refusals};

/// Begins a task's heartbeat interval anew.
pub(crate) async fn answer(
    server: &Server,
    _caller: &Caller,
    request: SendTaskHeartbeatInput,
) -> Result<SendTaskHeartbeatOutput, ApiError> {
    server
        .runtime
        .heartbeat(&request.task_token)
        .await
        .map_err(refusals::of_token)?;
    Ok(SendTaskHeartbeatOutput {})
}

//! DeleteStateMachineVersion: a number that is never given again.

use api::{ApiError, Caller, DeleteStateMachineVersionInput, DeleteStateMachineVersionOutput};

use crate::{Server, arns, refusals};

/// Deletes the version, unless an alias leads to it. One that doesn't exist is no error; executions of it go
/// on.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DeleteStateMachineVersionInput,
) -> Result<DeleteStateMachineVersionOutput, ApiError> {
    if let Some(arn) = arns::version(caller, &request.state_machine_version_arn)? {
        let machine_arn = arn.state_machine.to_string();
        let deleted = server
            .runtime
            .catalog()
            .delete_version(&machine_arn, arn.version)
            .await;
        deleted.map_err(refusals::of_state_machine)?;
    }
    Ok(DeleteStateMachineVersionOutput {})
}

//! DeleteStateMachineAlias: a name that leads nowhere any more.

use api::{ApiError, Caller, DeleteStateMachineAliasInput, DeleteStateMachineAliasOutput};

use crate::{Server, arns, refusals};

/// Deletes the alias. The versions that it led to stay, and so do the executions that were started with it.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DeleteStateMachineAliasInput,
) -> Result<DeleteStateMachineAliasOutput, ApiError> {
    let arn = arns::alias(caller, &request.state_machine_alias_arn)?;
    let machine_arn = arn.state_machine.to_string();
    let deleted = server
        .runtime
        .catalog()
        .delete_alias(&machine_arn, arn.alias.as_str())
        .await;
    deleted.map_err(refusals::of_resource)?;
    Ok(DeleteStateMachineAliasOutput {})
}

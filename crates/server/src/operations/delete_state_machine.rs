//! DeleteStateMachine: no more starts, and the end of what runs.

use api::{ApiError, Caller, DeleteStateMachineInput, DeleteStateMachineOutput};
use ids::AnyStateMachineArn;
use runtime::CatalogError;

use crate::{Server, arns, refusals};

/// Deletes the state machine. One that doesn't exist, or is being deleted, is no error.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DeleteStateMachineInput,
) -> Result<DeleteStateMachineOutput, ApiError> {
    let text = &request.state_machine_arn;
    let arn = match arns::state_machine(caller, text) {
        Ok(arn) => arn,
        // Of a resource of somebody else, or of a kind that isn't there, nothing is told.
        Err(_) if matches!(text.parse(), Ok(AnyStateMachineArn::Unqualified(_))) => {
            return Ok(DeleteStateMachineOutput {});
        }
        Err(error) => return Err(error),
    };
    match server.runtime.catalog().delete_machine(&arn.to_string()).await {
        Ok(()) | Err(CatalogError::NotFound(_) | CatalogError::Deleting(_)) => {
            Ok(DeleteStateMachineOutput {})
        }
        Err(error) => Err(refusals::of_state_machine(error)),
    }
}

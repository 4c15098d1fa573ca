//! DeleteActivity: no more tasks for its workers.

use api::{ApiError, Caller, DeleteActivityInput, DeleteActivityOutput};
use ids::ActivityArn;
use runtime::CatalogError;

use crate::{Server, arns, refusals};

/// Deletes the activity. One that doesn't exist is no error.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DeleteActivityInput,
) -> Result<DeleteActivityOutput, ApiError> {
    request.activity_arn.parse::<ActivityArn>()?;
    let Ok(arn) = arns::activity(caller, &request.activity_arn) else {
        return Ok(DeleteActivityOutput {});
    };
    match server.runtime.catalog().delete_activity(&arn.to_string()).await {
        Ok(()) | Err(CatalogError::NotFound(_)) => Ok(DeleteActivityOutput {}),
        Err(error) => Err(refusals::of_activity(error)),
    }
}

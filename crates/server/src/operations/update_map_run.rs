//! UpdateMapRun: other bounds for a Map Run that is under way.

use api::{ApiError, Caller, UpdateMapRunInput, UpdateMapRunOutput, ValidationExceptionReason};

use runtime::MapRunUpdate;

use crate::{Server, arns, refusals};

/// Changes a Map Run that is under way. What is changed is saved when this answers.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: UpdateMapRunInput,
) -> Result<UpdateMapRunOutput, ApiError> {
    let text = &request.map_run_arn;
    arns::map_run(caller, text)?;
    let asks_for_something = request.max_concurrency.is_some()
        || request.tolerated_failure_percentage.is_some()
        || request.tolerated_failure_count.is_some();
    if !asks_for_something {
        let message = "At least one of maxConcurrency, toleratedFailurePercentage or toleratedFailureCount must be specified";
        return Err(ApiError::validation_exception(message)
            .with_reason(ValidationExceptionReason::MissingRequiredParameter));
    }
    let update = MapRunUpdate {
        max_concurrency: request.max_concurrency.and_then(|most| u64::try_from(most).ok()),
        tolerated_count: request
            .tolerated_failure_count
            .and_then(|count| u64::try_from(count).ok()),
        tolerated_percentage: request.tolerated_failure_percentage,
    };
    let updated = server.runtime.update_map_run(text, update).await;
    updated.map_err(|error| refusals::of_map_run(text, error))?;
    Ok(UpdateMapRunOutput {})
}

//! UpdateMapRun: other bounds for a Map Run that is under way.

use api::{ApiError, Caller, UpdateMapRunInput, UpdateMapRunOutput, ValidationExceptionReason};

use crate::{Server, arns, refusals};

/// Finds none: no execution starts Map Runs yet. The request must ask for something nevertheless.
pub(crate) async fn answer(
    _server: &Server,
    _caller: &Caller,
    request: UpdateMapRunInput,
) -> Result<UpdateMapRunOutput, ApiError> {
    let text = &request.map_run_arn;
    arns::map_run(text)?;
    let asks_for_something = request.max_concurrency.is_some()
        || request.tolerated_failure_percentage.is_some()
        || request.tolerated_failure_count.is_some();
    if !asks_for_something {
        let message = "At least one of maxConcurrency, toleratedFailurePercentage or toleratedFailureCount must be specified";
        return Err(ApiError::validation_exception(message)
            .with_reason(ValidationExceptionReason::MissingRequiredParameter));
    }
    Err(refusals::no_resource(text))
}

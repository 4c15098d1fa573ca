//! ListMapRuns: the Map Runs that an execution started.

use api::{ApiError, Caller, ListMapRunsInput, ListMapRunsOutput};

use crate::paging::Listing;
use crate::{Server, arns, refusals};

/// Lists none: no execution starts Map Runs yet. Which execution is meant is checked all the same.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: ListMapRunsInput,
) -> Result<ListMapRunsOutput, ApiError> {
    let text = &request.execution_arn;
    arns::standard_execution(caller, text)?;
    Listing(&["ListMapRuns", text]).position(request.next_token.as_ref())?;
    let described = server.runtime.describe(text).await;
    described.map_err(|error| refusals::of_execution(text, error))?;
    Ok(ListMapRunsOutput::default())
}

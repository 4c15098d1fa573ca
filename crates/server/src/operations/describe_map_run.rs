//! DescribeMapRun: how far a Map Run is.

use api::{ApiError, Caller, DescribeMapRunInput, DescribeMapRunOutput};

use crate::{Server, arns, refusals};

/// Finds none: no execution starts Map Runs yet.
pub(crate) async fn answer(
    _server: &Server,
    _caller: &Caller,
    request: DescribeMapRunInput,
) -> Result<DescribeMapRunOutput, ApiError> {
    let text = &request.map_run_arn;
    arns::map_run(text)?;
    Err(refusals::no_resource(text))
}

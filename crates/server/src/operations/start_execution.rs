//! StartExecution: a state machine begins to run.

use std::sync::Arc;

use api::{ApiError, Caller, StartExecutionInput, StartExecutionOutput, Text, Timestamp};
use ids::Name;
use json::Payload;
use runtime::{StartRequest, Target, Test, TestCaseError};

use crate::{Server, arns, input, refusals};

/// Starts an execution. It is saved when this answers.
///
/// A Standard execution of that name that still runs with the same input is answered as if it was started
/// now; any other execution of that name is in the way.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: StartExecutionInput,
) -> Result<StartExecutionOutput, ApiError> {
    let (target, test_case) = target(server, caller, &request.state_machine_arn).await?;
    server.count_start(target.revision.kind, caller)?;
    let start = StartRequest {
        test_case,
        name: name(request.name.as_ref())?,
        trace_header: trace_header(caller, request.trace_header),
        ..StartRequest::of(target, input(request.input.as_ref())?)
    };
    let started = server.runtime.start(start).await.map_err(refusals::of_start)?;
    Ok(StartExecutionOutput {
        execution_arn: Text::from(started.arn),
        start_date: Timestamp::from_milliseconds(started.started.0),
    })
}

/// What a start of a state machine, a version or an alias runs, and the test case that it is run as, which stands
/// behind a `#` in the ARN.
pub(crate) async fn target(
    server: &Server,
    caller: &Caller,
    text: &Text,
) -> Result<(Target, Option<Arc<str>>), ApiError> {
    let (arn, test_case) = test_case(server, caller, text).await?;
    arns::qualified(caller, &arn)?;
    let target = server.runtime.catalog().target(&arn).await;
    Ok((target.map_err(refusals::of_state_machine)?, test_case))
}

/// Without a mock configuration, a `#` is AWS's to refuse: the ARN is answered as it is.
async fn test_case(
    server: &Server,
    caller: &Caller,
    text: &Text,
) -> Result<(Text, Option<Arc<str>>), ApiError> {
    let (arn, Some(case)) = ids::arn::test_case(text) else {
        return Ok((text.clone(), None));
    };
    let arn = Text::from(arn);
    let machine = arns::qualified(caller, &arn)?.state_machine().name.text();
    let found = server
        .runtime
        .find_test(Test {
            machine: &machine,
            case,
        })
        .await;
    match found {
        Ok(()) => Ok((arn, Some(case.into()))),
        Err(error @ TestCaseError::NoFile) => {
            tracing::warn!(arn = %text, "the ARN names a test case, but {error}");
            Ok((text.clone(), None))
        }
        Err(error @ (TestCaseError::Unknown(_) | TestCaseError::Unusable(_))) => {
            Err(ApiError::validation_exception(error.to_string()))
        }
    }
}

/// The name that an execution shall have, if the request gives one.
pub(crate) fn name(given: Option<&Text>) -> Result<Option<Name>, ApiError> {
    Ok(given.map(|text| text.parse()).transpose()?)
}

/// The input of an execution: an empty object unless the request gives one.
pub(crate) fn input(given: Option<&Text>) -> Result<Payload, ApiError> {
    let Some(text) = given else {
        return Ok(input::empty());
    };
    input::payload(text).map_err(|fault| {
        ApiError::invalid_execution_input(format!("Invalid State Machine Execution Input: '{fault}'"))
    })
}

/// The X-Ray trace header: that of the request's headers wins over its member.
pub(crate) fn trace_header(caller: &Caller, given: Option<Text>) -> Option<Arc<str>> {
    caller.trace_header.clone().or(given).map(Text::into_arc)
}

//! StartExecution: a state machine begins to run.

use std::sync::Arc;

use api::{ApiError, Caller, StartExecutionInput, StartExecutionOutput, Text, Timestamp};
use ids::Name;
use json::Payload;
use runtime::{StartRequest, Target};

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
    let target = target(server, caller, &request.state_machine_arn).await?;
    let start = StartRequest {
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

/// What a start of a state machine, a version or an alias runs.
pub(crate) async fn target(server: &Server, caller: &Caller, text: &Text) -> Result<Target, ApiError> {
    arns::qualified(caller, text)?;
    let target = server.runtime.catalog().target(text).await;
    target.map_err(refusals::of_state_machine)
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

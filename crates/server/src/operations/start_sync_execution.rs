//! StartSyncExecution: an Express execution, awaited.

use api::{
    ApiError, BillingDetails, Caller, CloudWatchEventsExecutionDataDetails, StartSyncExecutionInput,
    StartSyncExecutionOutput, SyncExecutionStatus, Text, Timestamp,
};
use engine::Outcome;
use runtime::StartRequest;
use store::MachineKind;

use crate::operations::start_execution::{input, name, target, trace_header};
use crate::{Server, configuration, refusals};

/// What AWS bills time and memory by.
const BILLED_MILLIS: i64 = 100;
const BILLED_MEGABYTES: i64 = 64;

/// Runs an Express execution and answers with its end, whatever it is.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: StartSyncExecutionInput,
) -> Result<StartSyncExecutionOutput, ApiError> {
    let (target, test_case) = target(server, caller, &request.state_machine_arn).await?;
    if target.revision.kind != MachineKind::Express {
        return Err(refusals::wrong_type());
    }
    let hides_data = configuration::hides_data(request.included_data, &target.revision.record);
    let start = StartRequest {
        test_case,
        name: name(request.name.as_ref())?,
        trace_header: trace_header(caller, request.trace_header),
        ..StartRequest::of(target, input(request.input.as_ref())?)
    };
    let ended = server
        .runtime
        .start_sync(start)
        .await
        .map_err(refusals::of_start)?;
    let stopped = ended.stopped.unwrap_or(ended.started);
    let took = stopped.0.saturating_sub(ended.started.0).max(1);
    let included = CloudWatchEventsExecutionDataDetails {
        included: Some(!hides_data),
    };
    Ok(StartSyncExecutionOutput {
        execution_arn: Text::from(&ended.arn),
        state_machine_arn: Some(Text::from(&ended.machine_arn)),
        name: Some(Text::from(&ended.name)),
        start_date: Timestamp::from_milliseconds(ended.started.0),
        stop_date: Timestamp::from_milliseconds(stopped.0),
        status: match &ended.outcome {
            Some(Outcome::Succeeded(_)) => SyncExecutionStatus::Succeeded,
            Some(Outcome::TimedOut(_)) => SyncExecutionStatus::TimedOut,
            Some(Outcome::Failed(_) | Outcome::Aborted(_)) | None => SyncExecutionStatus::Failed,
        },
        error: ended
            .ending()
            .and_then(|ending| ending.error.as_ref())
            .map(Text::from),
        cause: ended
            .ending()
            .and_then(|ending| ending.cause.as_ref())
            .map(Text::from),
        input: (!hides_data).then(|| Text::from(ended.input.text())),
        input_details: Some(included.clone()),
        output: ended
            .output()
            .filter(|_| !hides_data)
            .map(|output| Text::from(output.text())),
        output_details: Some(included),
        trace_header: ended.trace_header.as_ref().map(Text::from),
        billing_details: Some(BillingDetails {
            billed_memory_used_in_m_b: Some(BILLED_MEGABYTES),
            billed_duration_in_milliseconds: Some((took + BILLED_MILLIS - 1) / BILLED_MILLIS * BILLED_MILLIS),
        }),
    })
}

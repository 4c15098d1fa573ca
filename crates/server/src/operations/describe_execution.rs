//! DescribeExecution: where an execution is, and what came of it.

use api::{
    ApiError, Caller, CloudWatchEventsExecutionDataDetails, DescribeExecutionInput, DescribeExecutionOutput,
    ExecutionRedriveStatus, ExecutionStatus, IncludedData, Text, Timestamp,
};
use engine::Outcome;
use runtime::{Described, NotRedrivable};

use crate::{Server, arns, configuration, refusals};

/// Describes an execution as of now. With `METADATA_ONLY`, data that is encrypted with a customer's key is left out.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DescribeExecutionInput,
) -> Result<DescribeExecutionOutput, ApiError> {
    let text = &request.execution_arn;
    arns::standard_execution(caller, text)?;
    let described = server.runtime.describe(text).await;
    let described = described.map_err(|error| refusals::of_execution(text, error))?;
    let refusal = server.runtime.redrive_refusal(&described).await;
    let refusal = refusal.map_err(|error| refusals::of_store(&error))?;
    let mut answer = shown(&described, refusal);
    if request.included_data == Some(IncludedData::MetadataOnly) {
        let revision = server.runtime.revision_of(text).await;
        let revision = revision.map_err(|error| refusals::of_execution(text, error))?;
        if configuration::hides_data(request.included_data, &revision.record) {
            leave_data_out(&mut answer);
        }
    }
    Ok(answer)
}

fn leave_data_out(answer: &mut DescribeExecutionOutput) {
    let left_out = CloudWatchEventsExecutionDataDetails {
        included: Some(false),
    };
    answer.output_details = answer.output.take().map(|_| left_out.clone());
    answer.input = None;
    answer.input_details = Some(left_out);
}

fn shown(described: &Described, refusal: Option<NotRedrivable>) -> DescribeExecutionOutput {
    let included = CloudWatchEventsExecutionDataDetails { included: Some(true) };
    let output = described.output();
    let ending = described.ending();
    let redrives = described.redriven.map_or(0, |redriven| redriven.count);
    let status = status(described.outcome.as_ref());
    DescribeExecutionOutput {
        execution_arn: Text::from(&described.arn),
        state_machine_arn: Text::from(&described.machine_arn),
        name: Some(Text::from(&described.name)),
        status,
        start_date: Timestamp::from_milliseconds(described.started.0),
        stop_date: described
            .stopped
            .map(|stopped| Timestamp::from_milliseconds(stopped.0)),
        input: Some(Text::from(described.input.text())),
        input_details: Some(included.clone()),
        output: output.map(|output| Text::from(output.text())),
        output_details: output.map(|_| included),
        trace_header: described.trace_header.as_ref().map(Text::from),
        map_run_arn: described.map_run_arn.as_ref().map(Text::from),
        error: ending.and_then(|ending| ending.error.as_ref()).map(Text::from),
        cause: ending.and_then(|ending| ending.cause.as_ref()).map(Text::from),
        state_machine_version_arn: described.version_arn.as_ref().map(Text::from),
        state_machine_alias_arn: described.alias_arn.as_ref().map(Text::from),
        redrive_count: Some(i32::try_from(redrives).unwrap_or(i32::MAX)),
        redrive_date: described
            .redriven
            .map(|redriven| Timestamp::from_milliseconds(redriven.at.0)),
        redrive_status: Some(match refusal {
            None => ExecutionRedriveStatus::Redrivable,
            Some(NotRedrivable::ByMapRun) => ExecutionRedriveStatus::RedrivableByMapRun,
            Some(_) => ExecutionRedriveStatus::NotRedrivable,
        }),
        redrive_status_reason: refusal
            .filter(|reason| *reason != NotRedrivable::ByMapRun)
            .map(|reason| Text::from(reason.to_string())),
    }
}

fn status(outcome: Option<&Outcome>) -> ExecutionStatus {
    match outcome {
        None => ExecutionStatus::Running,
        Some(Outcome::Succeeded(_)) => ExecutionStatus::Succeeded,
        Some(Outcome::Failed(_)) => ExecutionStatus::Failed,
        Some(Outcome::TimedOut(_)) => ExecutionStatus::TimedOut,
        Some(Outcome::Aborted(_)) => ExecutionStatus::Aborted,
    }
}

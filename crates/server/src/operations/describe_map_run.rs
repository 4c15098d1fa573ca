//! DescribeMapRun: how far a Map Run is.

use api::{
    ApiError, Caller, DescribeMapRunInput, DescribeMapRunOutput, MapRunExecutionCounts, MapRunItemCounts,
    MapRunStatus as Shown, Text, Timestamp,
};
use store::{MapRun, MapRunCounts, MapRunStatus};

use crate::{Server, arns, refusals};

/// Describes a Map Run as of now.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DescribeMapRunInput,
) -> Result<DescribeMapRunOutput, ApiError> {
    let text = &request.map_run_arn;
    arns::map_run(caller, text)?;
    let run = server.runtime.map_run(text).await;
    Ok(shown(run.map_err(|error| refusals::of_map_run(text, error))?))
}

fn shown(run: MapRun) -> DescribeMapRunOutput {
    let settings = run.settings;
    let percentage = settings
        .tolerated_percentage
        .map_or(0.0, |percentage| percentage.0);
    DescribeMapRunOutput {
        map_run_arn: Text::from(run.arn),
        execution_arn: Text::from(run.execution_arn),
        status: match run.status {
            MapRunStatus::Running => Shown::Running,
            MapRunStatus::Succeeded => Shown::Succeeded,
            MapRunStatus::Failed => Shown::Failed,
            MapRunStatus::Aborted => Shown::Aborted,
        },
        start_date: Timestamp::from_milliseconds(run.started.0),
        stop_date: run.stopped.map(|stopped| Timestamp::from_milliseconds(stopped.0)),
        max_concurrency: i32::try_from(settings.max_concurrency).unwrap_or(i32::MAX),
        tolerated_failure_percentage: percentage,
        tolerated_failure_count: whole(settings.tolerated_count.unwrap_or(0)),
        item_counts: items(&run.items),
        execution_counts: executions(&run.executions),
        redrive_count: run
            .redriven
            .map(|(count, _)| i32::try_from(count).unwrap_or(i32::MAX)),
        redrive_date: run.redriven.map(|(_, at)| Timestamp::from_milliseconds(at.0)),
    }
}

/// The members of a shape of counts, both of which AWS gives the same ones.
macro_rules! counts {
    ($shape:ident, $counts:expr) => {{
        let counts = $counts;
        $shape {
            pending: whole(counts.pending),
            running: whole(counts.running),
            succeeded: whole(counts.succeeded),
            failed: whole(counts.failed),
            timed_out: whole(counts.timed_out),
            aborted: whole(counts.aborted),
            total: whole(counts.total()),
            results_written: whole(counts.results_written),
            failures_not_redrivable: some(counts.failures_not_redrivable),
            pending_redrive: some(counts.pending_redrive),
        }
    }};
}

fn items(counts: &MapRunCounts) -> MapRunItemCounts {
    counts!(MapRunItemCounts, counts)
}

fn executions(counts: &MapRunCounts) -> MapRunExecutionCounts {
    counts!(MapRunExecutionCounts, counts)
}

/// AWS tells of redrives only where there are any.
fn some(count: u64) -> Option<i64> {
    (count > 0).then(|| whole(count))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

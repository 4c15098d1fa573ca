//! Counts: how many executions of state machines run, and how many failed lately.

use api::Caller;
use engine::Millis;
use serde::Serialize;
use store::{ExecutionQuery, Listed, MachineKind, Status};

use crate::Server;
use crate::extension::Refusal;
use crate::extension::query::Query;

/// Up to how many are counted: a list shows more as "99+".
const COUNTED_MAX: usize = 100;

/// How many state machines one request may ask about.
const MACHINES_MAX: usize = 100;

/// What counts as lately.
const LATELY_MILLIS: i64 = 24 * 60 * 60 * 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    counts: Vec<Counts>,
    /// From this number on, there may be more.
    counted_max: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    state_machine_arn: String,
    running: usize,
    /// Failed, timed out or aborted in the last 24 hours.
    failed: usize,
}

/// Counts for the state machines whose ARNs are given, joined by commas.
pub(crate) async fn answer(server: &Server, caller: &Caller, query: &Query<'_>) -> Result<Answer, Refusal> {
    let prefix = crate::arns::prefix(caller, "stateMachine");
    let machines = query.need("stateMachineArns")?;
    let own = machines.split(',').filter(|arn| arn.starts_with(&prefix));
    let since = Millis(server.runtime.now().0 - LATELY_MILLIS);
    let mut counts = Vec::new();
    for arn in own.take(MACHINES_MAX) {
        let Ok(machine) = server.runtime.catalog().machine(arn).await else {
            continue;
        };
        let counted = match machine.kind {
            MachineKind::Express => express(server, arn, since),
            MachineKind::Standard => standard(server, arn, since).await?,
        };
        counts.push(counted);
    }
    Ok(Answer {
        counts,
        counted_max: COUNTED_MAX,
    })
}

async fn standard(server: &Server, arn: &str, since: Millis) -> Result<Counts, Refusal> {
    let running = count(server, arn, Status::Running, Millis(i64::MIN)).await?;
    let mut failed = 0;
    for status in [Status::Failed, Status::TimedOut, Status::Aborted] {
        failed += count(server, arn, status, since).await?;
    }
    Ok(Counts {
        state_machine_arn: arn.to_owned(),
        running,
        failed: failed.min(COUNTED_MAX),
    })
}

async fn count(server: &Server, arn: &str, status: Status, since: Millis) -> Result<usize, Refusal> {
    let query = ExecutionQuery {
        of: Listed::Machine(arn.into()),
        status: Some(status),
        after: None,
        limit: COUNTED_MAX,
    };
    let found = server.runtime.executions(query).await;
    let found = found.map_err(|error| Refusal::failed(&error))?;
    Ok(found
        .iter()
        .filter(|execution| execution.position().at >= since)
        .count())
}

fn express(server: &Server, arn: &str, since: Millis) -> Counts {
    let ended = server.runtime.express_executions(arn, COUNTED_MAX);
    let is_failed = |status: &str| status != "SUCCEEDED" && status != "RUNNING";
    let failed = ended.iter().filter(|record| {
        is_failed(record.described.status()) && record.described.stopped.is_some_and(|at| at >= since)
    });
    Counts {
        state_machine_arn: arn.to_owned(),
        running: 0,
        failed: failed.count(),
    }
}

//! Stopping: an execution of a map run does not run on when nobody waits for its map run any more, or when more failed
//! than is tolerated.

use engine::{Detail, TaskKey};
use integrations::Call;
use json::Str;
use store::{Loaded, MapChild, MapRun, Status, Store};

use crate::checks::{Check, fold, must, read};
use crate::express::{self, Kind};
use crate::map_runs::is_exceeded;

/// Once nothing is on its way, only executions run whose map runs still need them. `calls`: those under way. `places`:
/// how many map runs may be under way at once.
pub(crate) fn nothing_runs_on<'c>(
    store: &dyn Store,
    calls: impl Iterator<Item = &'c Call>,
    places: usize,
) -> Check {
    let open = read(store.open_map_runs(None, usize::MAX))?;
    let takes_place = |run: &&MapRun| !is_labelled(&run.execution_arn);
    // One that waits for its turn has not looked at its executions yet.
    let all_begun = open.iter().filter(takes_place).count() <= places;
    let mut needed: Vec<&Str> = Vec::new();
    for run in &open {
        let children = read(store.map_children(&run.arn, None, usize::MAX))?;
        let is_running = children.iter().any(|child| child.status == Status::Running);
        if !is_running && !run.express {
            continue;
        }
        let parent = read(store.load(run.execution))?;
        let parent = parent.ok_or_else(|| format!("the execution of {} is gone", run.arn))?;
        let is_awaited = is_awaited(store, &parent, run)?;
        must(is_awaited || !is_running, || {
            format!("nobody waits for {}, and executions of it run", run.arn)
        })?;
        let has_failed = all_begun && has_failed(&parent, run, &children);
        must(!has_failed || !is_running, || {
            format!("more of {} failed than may, and executions of it run", run.arn)
        })?;
        if is_awaited && !has_failed {
            needed.push(&run.machine_arn);
        }
    }
    // Nothing is known of an Express execution before its end but what it calls.
    for call in calls.filter(|call| express::kind(&call.execution_arn) == Some(Kind::Child)) {
        must(needed.contains(&&call.machine_arn), || {
            format!("{} calls, and no map run needs it", call.execution_arn)
        })?;
    }
    Ok(())
}

/// Whether an execution is one of a map run.
fn is_labelled(execution_arn: &str) -> bool {
    execution_arn.contains('/')
}

fn is_awaited(store: &dyn Store, parent: &Loaded, run: &MapRun) -> Result<bool, String> {
    if parent.summary.status != Status::Running {
        return Ok(false);
    }
    let key = TaskKey {
        branch: run.branch,
        event: run.event,
    };
    let execution = fold(store, parent)?;
    Ok(execution.is_none_or(|execution| execution.open_map_runs().contains(&key)))
}

/// Whether more failed than is tolerated, as far as that is known while items may still be read.
fn has_failed(parent: &Loaded, run: &MapRun, children: &[MapChild]) -> bool {
    let start = parent.events.iter().find_map(|event| match &event.detail {
        Detail::MapRunStarted(start) if event.id == run.event => Some(start),
        _ => None,
    });
    let items = start
        .filter(|start| start.reader.is_none())
        .and_then(|start| start.items.value().as_array().map(<[_]>::len));
    let redriven = run.redriven.map(|(_, at)| at);
    let is_failure = |child: &&MapChild| {
        let is_again = redriven.is_some_and(|at| child.redriven.is_none_or(|last| last < at));
        matches!(child.status, Status::Failed | Status::TimedOut | Status::Aborted) && !is_again
    };
    let failed = children.iter().filter(is_failure).map(|child| child.seat.items);
    is_exceeded(&run.settings, failed.sum(), items)
}

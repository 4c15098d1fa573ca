//! Checks: what must be on disk when something was said, and stay there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::{Detail, Event, Execution, Head, Millis, TimerKind};
use ids::TaskToken;
use integrations::{ChildResult, Described};
use json::{Str, Value};
use store::{
    ExecId, ExecutionQuery, Listed, Loaded, MachineStatus, OpenRow, Status, Store, StoreError, Summary,
};

use crate::disk::at_once;
use crate::express;
use crate::laws;
use crate::machines::ACTIVITY;
use crate::map_runs::MapRuns;
use crate::plan::machine_arn;

pub(crate) type Check = Result<(), String>;

/// What was acknowledged.
#[derive(Default)]
pub(crate) struct Known {
    /// The definition that each state machine has; none when it was deleted.
    machines: BTreeMap<usize, Option<String>>,
    starts: Vec<Start>,
    /// Histories as they were on disk when they were looked at.
    histories: HashMap<String, Vec<Event>>,
}

struct Start {
    arn: String,
    input: Value,
    definition: String,
}

impl Known {
    pub(crate) fn define(&mut self, machine: usize, definition: String) {
        self.machines.insert(machine, Some(definition));
    }

    pub(crate) fn delete(&mut self, machine: usize) {
        self.machines.insert(machine, None);
    }

    /// An execution was started.
    pub(crate) fn start(&mut self, store: &dyn Store, arn: &str, machine: usize, input: &Value) -> Check {
        let definition = self.machines.get(&machine).cloned().flatten().unwrap_or_default();
        let start = Start {
            arn: arn.to_owned(),
            input: input.clone(),
            definition,
        };
        start.check(store)?;
        self.starts.push(start);
        Ok(())
    }

    /// State machines are as they were said to be.
    pub(crate) fn check_machines(&self, store: &dyn Store) -> Check {
        for (machine, definition) in &self.machines {
            let arn = machine_arn(*machine);
            let stored = read(store.machine(&arn))?;
            let Some(definition) = definition else {
                let is_gone = stored.is_none_or(|stored| stored.status == MachineStatus::Deleting);
                must(is_gone, || format!("{arn} was deleted and is there"))?;
                continue;
            };
            let Some(stored) = stored else {
                return Err(format!("{arn} is gone"));
            };
            let revision = read(store.revision(&arn, &stored.revision))?;
            let is_same = revision.is_some_and(|revision| *revision.definition == **definition);
            must(is_same, || {
                format!("{arn} has another definition than was acknowledged")
            })?;
        }
        Ok(())
    }

    /// Everything that was acknowledged is there, and no history has lost anything since it was looked at.
    pub(crate) fn check(&mut self, store: &dyn Store) -> Check {
        for start in &self.starts {
            start.check(store)?;
            let Some(loaded) = load(store, &start.arn)? else {
                return Err(format!("{} is gone", start.arn));
            };
            laws::check(&loaded.events).map_err(|what| format!("{}: {what}", start.arn))?;
            let known = self.histories.entry(start.arn.clone()).or_default();
            let goes_on = loaded.events.len() >= known.len() && loaded.events[..known.len()] == **known;
            must(goes_on, || {
                format!("{} has lost events that were on disk", start.arn)
            })?;
            *known = loaded.events;
        }
        Ok(())
    }
}

impl Start {
    fn check(&self, store: &dyn Store) -> Check {
        let Some(loaded) = load(store, &self.arn)? else {
            return Err(format!("{} was started, and is not on disk", self.arn));
        };
        let Some(Event {
            detail: Detail::ExecutionStarted { input, .. },
            ..
        }) = loaded.events.first()
        else {
            return Err(format!("{} does not begin with its start", self.arn));
        };
        must(*input.value() == self.input, || {
            format!("{} has another input", self.arn)
        })?;
        let created = &loaded.summary.created;
        match read(store.revision(&created.machine_arn, &created.revision))? {
            Some(revision) => must(*revision.definition == *self.definition, || {
                format!("{} runs another definition than its machine had", self.arn)
            }),
            // It went with its state machine.
            None => Ok(()),
        }
    }
}

/// The executions that have not ended.
pub(crate) fn open(store: &dyn Store) -> Vec<(ExecId, OpenRow)> {
    read(store.open(None, usize::MAX)).unwrap_or_default()
}

/// How many events an execution has on disk.
pub(crate) fn events(store: &dyn Store, arn: &str) -> u64 {
    load(store, arn)
        .ok()
        .flatten()
        .map_or(0, |loaded| loaded.summary.events)
}

/// What an execution ended with, in a line.
pub(crate) fn end(store: &dyn Store, arn: &str) -> Result<String, String> {
    let loaded = load(store, arn)?.ok_or_else(|| format!("{arn} is gone"))?;
    let Some(last) = loaded.events.iter().rfind(|event| event.detail.is_final()) else {
        return Err(format!("{arn} has no end"));
    };
    Ok(format!("{:?}", last.detail))
}

/// No execution waits for a moment that is past.
pub(crate) fn no_timer_is_late(store: &dyn Store, now: Millis) -> Check {
    for (id, row) in open(store) {
        if row.due.is_none_or(|due| due > now) {
            continue;
        }
        let Some(loaded) = read(store.load(id))? else {
            return Err(format!("{id} is open, and not on disk"));
        };
        // A heartbeat moves its timer, and is not saved.
        let is_late = match fold(store, &loaded)?.and_then(|execution| execution.next_timer()) {
            Some((due, key)) => due <= now && key.kind != TimerKind::Heartbeat,
            None => false,
        };
        must(!is_late, || {
            format!(
                "{} is due and nothing happens: {row:?}",
                loaded.summary.created.arn
            )
        })?;
    }
    Ok(())
}

/// What was said of an execution is on disk, and no less than what was there when it was asked.
pub(crate) fn described_on_disk(store: &dyn Store, described: &Described, at_least: u64) -> Check {
    let arn = &described.arn;
    let loaded = load(store, arn)?.ok_or_else(|| format!("{arn} is described, and is not on disk"))?;
    let events = loaded.summary.events;
    must(described.events <= events, || {
        format!(
            "{arn} is described with {} events, and {events} are on disk",
            described.events
        )
    })?;
    must(described.events >= at_least, || {
        format!(
            "{arn} is described with {} events, and {at_least} were on disk before",
            described.events
        )
    })?;
    if described.outcome.is_some() && described.events == events {
        return ended_on_disk(store, described);
    }
    Ok(())
}

/// An end that was told is on disk.
pub(crate) fn ended_on_disk(store: &dyn Store, described: &Described) -> Check {
    let arn = &described.arn;
    let loaded = load(store, arn)?.ok_or_else(|| format!("{arn} has ended, and is not on disk"))?;
    let summary = &loaded.summary;
    must(summary.stopped == described.stopped, || {
        format!(
            "{arn} ended at {:?}, and on disk at {:?}",
            described.stopped, summary.stopped
        )
    })?;
    let status = match described.status() {
        "SUCCEEDED" => Status::Succeeded,
        "FAILED" => Status::Failed,
        "TIMED_OUT" => Status::TimedOut,
        "ABORTED" => Status::Aborted,
        _ => Status::Running,
    };
    must(summary.status == status, || {
        format!("{arn} ended {status:?}, and on disk {:?}", summary.status)
    })
}

/// A redrive that was acknowledged is on disk.
pub(crate) fn redriven_on_disk(store: &dyn Store, arn: &str, count: u32, at: Millis) -> Check {
    let loaded = load(store, arn)?.ok_or_else(|| format!("{arn} is gone"))?;
    let is_it = |event: &Event| {
        event.at == at
            && matches!(event.detail, Detail::ExecutionRedriven { count: found, .. } if found == count)
    };
    must(loaded.events.iter().any(is_it), || {
        format!("redrive {count} of {arn} at {at:?} is not on disk")
    })
}

/// A stop that was acknowledged is on disk.
pub(crate) fn stopped_on_disk(store: &dyn Store, arn: &str, at: Millis) -> Check {
    let loaded = load(store, arn)?.ok_or_else(|| format!("{arn} is gone"))?;
    let is_it = |event: &Event| event.at == at && event.detail.is_final();
    must(loaded.events.iter().any(is_it), || {
        format!("the end of {arn} at {at:?} is not on disk")
    })
}

/// An activity task that was handed out is one whose start is on disk.
pub(crate) fn token_on_disk(store: &dyn Store, token: &str) -> Check {
    let (loaded, token) = of_token(store, token)?;
    let scheduled = loaded
        .events
        .iter()
        .find(|event| event.id == token.scheduled_event_id);
    let branch = scheduled
        .map(|event| event.branch)
        .ok_or("a task was handed out that is not on disk")?;
    let starts = |event: &&Event| {
        event.branch == branch
            && event.id > token.scheduled_event_id
            && matches!(event.detail, Detail::ActivityStarted { .. })
    };
    must(loaded.events.iter().any(|event| starts(&event)), || {
        "a task was handed out, and that is not on disk".into()
    })
}

/// A task whose result was acknowledged is over.
pub(crate) fn task_is_over_on_disk(store: &dyn Store, token: &str) -> Check {
    let (loaded, token) = of_token(store, token)?;
    let Some(execution) = fold(store, &loaded)? else {
        return Ok(());
    };
    must(execution.task_at(token.scheduled_event_id).is_none(), || {
        format!(
            "the result of task {} of {} was acknowledged and is not on disk",
            token.scheduled_event_id, loaded.summary.created.arn
        )
    })
}

pub(crate) fn activity_on_disk(store: &dyn Store) -> Check {
    must(read(store.activity(ACTIVITY))?.is_some(), || {
        "the activity is not on disk".into()
    })
}

/// After the end: histories are lawful, what is known of executions is what their histories say, map runs are what
/// their executions came to, and nothing else is left.
pub(crate) fn all(
    store: &dyn Store,
    machines: usize,
    map_runs: &MapRuns,
    results: &HashMap<Str, Vec<ChildResult>>,
) -> Check {
    let rows = open(store);
    must(rows.is_empty(), || {
        format!("all have ended, and these are open: {rows:?}")
    })?;
    let pending = read(store.express_pending(None, 1))?;
    must(pending.is_empty(), || "an Express execution is left".into())?;
    let open = read(store.open_map_runs(None, 1))?;
    must(open.is_empty(), || format!("a map run is left: {open:?}"))?;
    let mut left: Vec<Listed> = (0..machines)
        .map(|machine| Listed::Machine(machine_arn(machine).into()))
        .collect();
    while let Some(of) = left.pop() {
        for summary in executions(store, of)? {
            let loaded = check_ended(store, &summary)?;
            for run in read(store.map_runs(summary.id, None, usize::MAX))? {
                map_runs
                    .check(store, &loaded, &run, results)
                    .map_err(|what| format!("{}: {what}", run.arn))?;
                left.push(Listed::MapRun(run.arn));
            }
        }
    }
    Ok(())
}

/// All executions of something.
pub(crate) fn executions(store: &dyn Store, of: Listed) -> Result<Vec<Summary>, String> {
    let (status, after, limit) = (None, None, usize::MAX);
    read(store.executions(ExecutionQuery {
        of,
        status,
        after,
        limit,
    }))
}

fn check_ended(store: &dyn Store, summary: &Summary) -> Result<Loaded, String> {
    let arn = &summary.created.arn;
    let loaded = read(store.load(summary.id))?.ok_or_else(|| format!("{arn} is listed and gone"))?;
    laws::check(&loaded.events).map_err(|what| format!("{arn}: {what}"))?;
    let last = loaded.events.last().map(|event| (event.at, &event.detail));
    let status = match last {
        Some((_, Detail::ExecutionSucceeded { .. })) => Status::Succeeded,
        Some((_, Detail::ExecutionFailed(_))) => Status::Failed,
        Some((_, Detail::ExecutionAborted(_))) => Status::Aborted,
        Some((_, Detail::ExecutionTimedOut(_))) => Status::TimedOut,
        _ => Status::Running,
    };
    let stopped = last.map(|(at, _)| at);
    must(status == summary.status && summary.stopped == stopped, || {
        format!("{arn} ended {status:?} at {stopped:?}, and is known as {summary:?}")
    })?;
    if let Some(execution) = fold(store, &loaded)? {
        must(
            execution.outcome().is_some() && execution.next_timer().is_none(),
            || format!("{arn} has ended and waits for something"),
        )?;
    }
    Ok(loaded)
}

/// An execution as its history says; none when its state machine is gone, or when it is an Express one.
pub(crate) fn fold(store: &dyn Store, loaded: &Loaded) -> Result<Option<Execution>, String> {
    let created = &loaded.summary.created;
    if express::kind(&created.arn).is_some() {
        return Ok(None);
    }
    let of = ids::arn::without_label(&created.machine_arn);
    let Some(revision) = read(store.revision(of, &created.revision))? else {
        return Ok(None);
    };
    let Some(Event {
        detail: Detail::ExecutionStarted { input, role_arn, .. },
        ..
    }) = loaded.events.first()
    else {
        return Err(format!("{} does not begin with its start", created.arn));
    };
    let machine = asl::read(&revision.definition, asl::Rules::default()).machine;
    let machine = machine.ok_or("a stored definition is not right")?;
    let label = created
        .machine_arn
        .strip_prefix(of)
        .and_then(|rest| rest.strip_prefix('/'));
    let map = label.and_then(|label| machine.labelled(label));
    let head = Head {
        id: loaded.summary.id.0,
        arn: created.arn.clone(),
        name: created.name.clone(),
        machine_arn: created.machine_arn.clone(),
        machine_name: of.rsplit(':').next().map(Str::from).unwrap_or_default(),
        version_arn: None,
        alias_arn: None,
        role_arn: role_arn.clone(),
        region: "us-east-1".into(),
        started: created.started,
        express: false,
        flow: map.map_or(asl::StateMachine::TOP, |map| map.processor),
        machine: Arc::new(machine),
        input: input.clone(),
    };
    Execution::fold(head, &loaded.events)
        .map(Some)
        .map_err(|error| format!("{} does not fold: {error}", created.arn))
}

fn load(store: &dyn Store, arn: &str) -> Result<Option<Loaded>, String> {
    match read(store.find(arn))? {
        Some(id) => read(store.load(id)),
        None => Ok(None),
    }
}

/// The execution that a token belongs to.
fn of_token(store: &dyn Store, text: &str) -> Result<(Loaded, TaskToken), String> {
    let token: TaskToken = text.parse().map_err(|_| format!("{text} is no token"))?;
    let loaded = read(store.load(ExecId(token.execution_id)))?;
    Ok((loaded.ok_or("a token's execution is not on disk")?, token))
}

pub(crate) fn read<T>(reply: store::Reply<'_, T>) -> Result<T, String> {
    at_once(reply).map_err(|error: StoreError| error.to_string())
}

pub(crate) fn must(holds: bool, what: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(what()) }
}

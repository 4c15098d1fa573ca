//! Map runs: what must be true of them while they run, and once everything has ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use engine::{Detail, Event, MapRunStart, TOO_MANY_FAILED};
use integrations::ChildResult;
use json::{Str, Value};
use store::{Loaded, MapRun, MapRunCounts, MapRunSettings, MapRunStatus, Percentage, Status, Store};

use crate::checks::{Check, must, read};

/// What was seen of map runs.
#[derive(Default)]
pub(crate) struct MapRuns {
    /// Those that were open when somebody looked last.
    open: BTreeSet<Str>,
    /// How many executions of each may have run at once so far.
    widths: BTreeMap<Str, u64>,
    /// The settings that were acknowledged last; none while nobody knows.
    updated: BTreeMap<Str, Option<MapRunSettings>>,
}

impl MapRuns {
    /// Looks at them after a commit: no more executions run than may, and none when their map run has ended.
    pub(crate) fn look(&mut self, store: &dyn Store) -> Check {
        let open = read(store.open_map_runs(None, usize::MAX))?;
        let mut arns = BTreeSet::new();
        for run in open {
            let width = match run.settings.max_concurrency {
                0 => u64::MAX,
                width => width,
            };
            let most = self.widths.entry(run.arn.clone()).or_insert(width);
            *most = width.max(*most);
            let running = running(store, &run.arn)?;
            must(running <= *most, || {
                format!("{} executions of {} run, and {most} may", running, run.arn)
            })?;
            arns.insert(run.arn);
        }
        for arn in self.open.difference(&arns) {
            let running = running(store, arn)?;
            must(running == 0, || {
                format!("{arn} has ended, and {running} of its executions run")
            })?;
        }
        self.open = arns;
        Ok(())
    }

    /// Somebody asks for other settings.
    pub(crate) fn updating(&mut self, arn: &Str) {
        self.updated.insert(arn.clone(), None);
    }

    /// Other settings were acknowledged.
    pub(crate) fn updated(
        &mut self,
        store: &dyn Store,
        arn: &Str,
        is_new: impl Fn(&MapRunSettings) -> bool,
    ) -> Check {
        let run = read(store.map_run(arn))?.ok_or_else(|| format!("{arn} is gone"))?;
        must(is_new(&run.settings), || {
            format!("{arn} was updated, and has {:?} on disk", run.settings)
        })?;
        self.updated.insert(arn.clone(), Some(run.settings));
        Ok(())
    }

    /// Checks a map run after the end of everything. `results`: what was written elsewhere.
    pub(crate) fn check(
        &self,
        store: &dyn Store,
        parent: &Loaded,
        run: &MapRun,
        results: &HashMap<Str, Vec<ChildResult>>,
    ) -> Check {
        let events = &parent.events;
        let start = events.iter().find_map(|event| match &event.detail {
            Detail::MapRunStarted(start) if event.id == run.event => Some(&**start),
            _ => None,
        });
        let start = start.filter(|start| start.arn == run.arn);
        let start = start.ok_or("the execution that it is of has not started it")?;
        let (status, failure) = told(events, run);
        let redrives = check_redrives(events, run, &children(store, run)?)?;
        // A redrive that was over before anybody could begin with it, when the process went, has changed nothing.
        let has_begun = run.redrives() as usize == redrives;
        must(has_begun || status == MapRunStatus::Aborted, || {
            format!("it was redriven {redrives} times: {run:?}")
        })?;
        must(!has_begun || run.status == status, || {
            format!("it is {:?}, and {status:?} by the history", run.status)
        })?;
        must(run.stopped.is_some(), || "it has ended at no time".into())?;
        self.check_settings(run, start)?;
        let children = children(store, run)?;
        check_counts(run, &children)?;
        let items = items(start);
        check_inputs(start, &children, &items)?;
        let is_full = run.status == MapRunStatus::Failed && failure.as_deref() == Some(TOO_MANY_FAILED.0);
        if has_begun && (run.status == MapRunStatus::Succeeded || is_full) {
            // When too much failed, what was not read is not known of.
            let is_read = is_full && start.reader.is_some();
            let total = run.items.total();
            let all = items.len() as u64;
            must(total == all || (is_read && total <= all), || {
                format!("it has {all} items: {:?}", run.items)
            })?;
        }
        if has_begun
            && !self.updated.contains_key(&run.arn)
            && (run.status == MapRunStatus::Succeeded || is_full)
        {
            let failed = run.items.failures() + run.items.aborted;
            let is_exceeded = is_exceeded(&settings(start), failed, Some(items.len()));
            must(is_exceeded == is_full, || {
                format!(
                    "{failed} of {} items failed, and it is {:?}",
                    items.len(),
                    run.status
                )
            })?;
        }
        if run.status != MapRunStatus::Succeeded {
            return Ok(());
        }
        must(run.items.pending == 0, || {
            format!("it has left items: {:?}", run.items)
        })?;
        if start.writer.is_some() {
            let written = results.get(&run.arn).ok_or("its results were never written")?;
            check_written(written, &children)?;
        }
        match result(events, run) {
            Some(Value::Object(result)) if start.writer.is_some() => {
                let named = result.get("MapRunArn").and_then(Value::as_str);
                must(named == Some(&*run.arn), || "its result names another".into())
            }
            Some(result) => check_result(result, &children),
            None => Ok(()),
        }
    }

    fn check_settings(&self, run: &MapRun, start: &MapRunStart) -> Check {
        let expected = match self.updated.get(&run.arn) {
            Some(None) => return Ok(()),
            Some(Some(settings)) => *settings,
            None => settings(start),
        };
        must(run.settings == expected, || {
            format!("it has {:?}, and should have {expected:?}", run.settings)
        })
    }
}

/// An execution of a map run.
struct Child {
    index: u64,
    items: u64,
    loaded: Loaded,
}

impl Child {
    fn status(&self) -> Status {
        self.loaded.summary.status
    }

    fn input(&self) -> Option<&Value> {
        match &self.loaded.events.first()?.detail {
            Detail::ExecutionStarted { input, .. } => Some(input.value()),
            _ => None,
        }
    }

    fn output(&self) -> Option<&Value> {
        match &self.loaded.events.last()?.detail {
            Detail::ExecutionSucceeded { output } => Some(output.value()),
            _ => None,
        }
    }

    /// Whether a record that results give is about it.
    fn is_told_by(&self, record: &Value) -> bool {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        text("ExecutionArn") == Some(&*self.loaded.summary.created.arn)
            && text("Status") == Some(self.status().name())
    }
}

fn running(store: &dyn Store, arn: &str) -> Result<u64, String> {
    let children = read(store.map_children(arn, None, usize::MAX))?;
    let running = children.iter().filter(|child| child.status == Status::Running);
    Ok(running.count() as u64)
}

/// The executions of a map run in the order of its items.
fn children(store: &dyn Store, run: &MapRun) -> Result<Vec<Child>, String> {
    let mut children = Vec::new();
    for child in read(store.map_children(&run.arn, None, usize::MAX))? {
        let loaded = read(store.load(child.id))?.ok_or("an execution of it is gone")?;
        let created = &loaded.summary.created;
        let is_its = created.map_run_arn.as_ref() == Some(&run.arn) && created.machine_arn == run.machine_arn;
        must(is_its && loaded.summary.status == child.status, || {
            format!("{} is known as another's, or otherwise", created.arn)
        })?;
        children.push(Child {
            index: child.seat.index,
            items: child.seat.items,
            loaded,
        });
    }
    children.sort_by_key(|child| child.index);
    let is_twice = children.windows(2).any(|two| two[0].index == two[1].index);
    must(!is_twice, || "one of its executions was started twice".into())?;
    Ok(children)
}

/// Where a map run is by the history of its execution, and the error that it failed with.
fn told(events: &[Event], run: &MapRun) -> (MapRunStatus, Option<Str>) {
    let mut status = MapRunStatus::Aborted;
    let mut failure = None;
    let ours = events
        .iter()
        .filter(|event| event.branch == run.branch && event.id > run.event);
    for event in ours {
        match &event.detail {
            // The state is tried again, with another run.
            Detail::MapRunStarted(_) => break,
            Detail::MapRunSucceeded => status = MapRunStatus::Succeeded,
            Detail::MapRunFailed(ending) => {
                status = MapRunStatus::Failed;
                failure = ending.error.clone();
            }
            Detail::MapRunRedriven { .. } => status = MapRunStatus::Aborted,
            _ => {}
        }
    }
    (status, failure)
}

/// How often it was redriven by the history; no execution of it was more often.
fn check_redrives(events: &[Event], run: &MapRun, children: &[Child]) -> Result<usize, String> {
    let is_redrive =
        |event: &&Event| matches!(&event.detail, Detail::MapRunRedriven { arn, .. } if *arn == run.arn);
    let redrives = events.iter().filter(is_redrive).count();
    for child in children {
        let count = child.loaded.summary.redriven.map_or(0, |redriven| redriven.count);
        must(count as usize <= redrives, || {
            format!(
                "execution {} was redriven {count} times, and the map run {redrives}",
                child.index
            )
        })?;
    }
    Ok(redrives)
}

fn check_counts(run: &MapRun, children: &[Child]) -> Check {
    let mut executions = MapRunCounts::default();
    let mut items = MapRunCounts::default();
    for child in children {
        for (counts, by) in [(&mut executions, 1), (&mut items, child.items)] {
            *match child.status() {
                Status::Running => &mut counts.running,
                Status::Succeeded => &mut counts.succeeded,
                Status::Failed => &mut counts.failed,
                Status::TimedOut => &mut counts.timed_out,
                Status::Aborted => &mut counts.aborted,
                Status::PendingRedrive => &mut counts.pending_redrive,
            } += by;
        }
    }
    for (told, found) in [(run.executions, executions), (run.items, items)] {
        let failures = |counts: MapRunCounts| counts.failures() + counts.aborted + counts.pending_redrive;
        let is_same = told.running == 0
            && found.running == 0
            && told.succeeded == found.succeeded
            && failures(told) == failures(found)
            // What was to be redriven when it was stopped has failed before, in whatever way.
            && (told.pending_redrive > 0
                || (told.failed, told.timed_out, told.aborted)
                    == (found.failed, found.timed_out, found.aborted));
        must(is_same, || format!("it counts {told:?}, and there are {found:?}"))?;
    }
    Ok(())
}

/// The items of a map run, those that are read included.
fn items(start: &MapRunStart) -> Vec<Value> {
    let Some(reader) = &start.reader else {
        return start.items.value().as_array().unwrap_or_default().to_vec();
    };
    let key = reader
        .value()
        .get("Key")
        .and_then(Value::as_str)
        .unwrap_or_default();
    (0..items_of(key))
        .map(|number| Value::from(FIRST_READ + number))
        .collect()
}

/// The value of the first item that is read.
pub(crate) const FIRST_READ: u64 = 100;

/// How many items a key stands for: those that it has, and how many of them the state asks for.
fn items_of(key: &str) -> u64 {
    let (has, most) = key.split_once('-').unwrap_or((key, "0"));
    let [has, most] = [has, most].map(|number| number.parse().unwrap_or(0));
    if most == 0 { has } else { has.min(most) }
}

/// Each execution was given the items that are its, and each item was given to one.
fn check_inputs(start: &MapRunStart, children: &[Child], items: &[Value]) -> Check {
    let batch = start
        .batches
        .as_ref()
        .map(|batches| batches.items_max.unwrap_or(1));
    for child in children {
        let input = child.input().ok_or("an execution of it has no input")?;
        let given: Vec<&Value> = match batch {
            Some(_) => input
                .get("Items")
                .and_then(Value::as_array)
                .unwrap_or_default()
                .iter()
                .collect(),
            None => vec![input],
        };
        must(given.len() as u64 == child.items, || {
            format!(
                "execution {} has {} items, and was given {}",
                child.index,
                child.items,
                given.len()
            )
        })?;
        let first = child.index * batch.unwrap_or(1);
        for (index, given) in (first..).zip(given) {
            let item = usize::try_from(index).ok().and_then(|index| items.get(index));
            let is_it = given.get("index").and_then(Value::as_i64) == i64::try_from(index).ok()
                && item.is_some()
                && given.get("item") == item;
            must(is_it, || {
                format!(
                    "execution {} was given {} for item {index}",
                    child.index,
                    given.to_text()
                )
            })?;
        }
    }
    Ok(())
}

/// Whether so many failed items are more than is tolerated. Of a percentage nobody knows before all items are.
pub(crate) fn is_exceeded(settings: &MapRunSettings, failed: u64, total: Option<usize>) -> bool {
    match (settings.tolerated_count, settings.tolerated_percentage) {
        (None, None) => failed > 0,
        (count, percentage) => {
            let by_percentage =
                |most: Percentage| total.is_some_and(|total| failed as f64 * 100.0 > most.0 * total as f64);
            count.is_some_and(|most| failed > most) || percentage.is_some_and(by_percentage)
        }
    }
}

/// The settings that a map run begins with.
fn settings(start: &MapRunStart) -> MapRunSettings {
    MapRunSettings {
        max_concurrency: start.max_concurrency,
        tolerated_count: start.tolerated_count,
        tolerated_percentage: start.tolerated_percentage.map(Percentage),
    }
}

/// What the state of a map run gave as its result, where the definition keeps it.
fn result<'e>(events: &'e [Event], run: &MapRun) -> Option<&'e Value> {
    let left = events.iter().find_map(|event| match &event.detail {
        Detail::StateExited { name, output, .. } if event.branch == run.branch && event.id > run.event => {
            Some((name, output))
        }
        _ => None,
    });
    let (name, output) = left?;
    output.value().get(name)
}

/// The results are there in the order of the items.
fn check_result(result: &Value, children: &[Child]) -> Check {
    let results = result.as_array().ok_or("its result is no array")?;
    let is_same = results.len() == children.len()
        && results
            .iter()
            .zip(children)
            .all(|(result, child)| match child.output() {
                Some(output) => output == result,
                None => child.is_told_by(result),
            });
    must(is_same, || format!("its result is {}", result.to_text()))
}

fn check_written(written: &[ChildResult], children: &[Child]) -> Check {
    let is_same = written.len() == children.len()
        && written.iter().zip(children).all(|(written, child)| {
            child.is_told_by(&written.record)
                && written.output.as_ref().map(|output| output.value()) == child.output()
        });
    must(is_same, || format!("its results were written as {written:?}"))
}

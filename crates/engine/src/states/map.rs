//! Map: runs its processor once for every item.

use std::sync::Arc;

use asl::{Failure, Map, State, StateKind};
use json::{Payload, Value};

use crate::event::{BranchId, Detail};
use crate::execution::{Fork, Iterations, Parent, Phase};
use crate::probe::Stage;
use crate::states;
use crate::step::{Stepper, Work};
use crate::view::{View, ViewedItem};

pub(crate) fn begin(
    step: &mut Stepper<'_>,
    branch: BranchId,
    state: &State,
    map: &Map,
) -> Result<(), Failure> {
    if let Some(distributed) = &map.distributed {
        return states::map_run::begin(step, branch, state, map, distributed);
    }
    let Prepared {
        items,
        length,
        max_concurrency,
    } = prepare(step, branch, state, map, None)?;
    let started = step.record_next(
        branch,
        Detail::MapStateStarted {
            items,
            length,
            max_concurrency,
        },
    );
    let Some(iterations) = step.iterations(branch) else {
        return Ok(());
    };
    if iterations.length() == 0 {
        collect(step, branch, map, started);
    } else {
        fill(step, branch, started);
    }
    Ok(())
}

/// Has iterations begin, following from an event, until as many run as may, or all have begun.
fn fill(step: &mut Stepper<'_>, branch: BranchId, previous: u64) {
    let Some(iterations) = step.iterations(branch) else {
        return;
    };
    let running = iterations.running.len() as u32;
    let free = iterations
        .width(step.machine.limits.inline_map_concurrency)
        .saturating_sub(running);
    let next = iterations.next;
    let end = next.saturating_add(free).min(iterations.length());
    for slot in (next..end).rev() {
        step.work.push(Work::Iterate {
            map: branch,
            slot,
            previous,
        });
    }
}

/// A redriven Map goes on: with the iterations that had no success, with those that had not begun, and with
/// its results when all are there.
pub(crate) fn resume(step: &mut Stepper<'_>, branch: BranchId) {
    let Some(visit) = step.execution.visit(branch) else {
        return;
    };
    let StateKind::Map(map) = &step.machine.state(visit.state).kind else {
        return;
    };
    let previous = step.previous(branch);
    fill(step, branch, previous);
    let Some(iterations) = step.iterations(branch) else {
        return;
    };
    let running: Vec<BranchId> = iterations.running.iter().copied().collect();
    if running.is_empty() && iterations.next == iterations.length() {
        return collect(step, branch, map, previous);
    }
    running
        .into_iter()
        .rev()
        .for_each(|iteration| step.resume(iteration));
}

/// What a Map begins with.
pub(crate) struct Prepared {
    /// The items: an array, or an object, which only a Distributed Map iterates over.
    pub(crate) items: Payload,
    /// How many they are.
    pub(crate) length: u64,
    /// How many iterations may run at once; 0 sets no limit.
    pub(crate) max_concurrency: u64,
}

/// Finds the items, unless they were read elsewhere, and the limit.
pub(crate) fn prepare(
    step: &Stepper<'_>,
    branch: BranchId,
    state: &State,
    map: &Map,
    read: Option<Arc<[Value]>>,
) -> Result<Prepared, Failure> {
    let input = states::input(step, branch);
    let view = View::new(step, branch);
    let effective = state.input_path.select(view.env(input.value()))?;
    step.saw(Stage::InputPath, &effective);
    let env = view.env(&effective);
    let max_concurrency = map
        .max_concurrency
        .as_ref()
        .map_or(Ok(0), |limit| limit.resolve("MaxConcurrency", env))?;
    let items = match read {
        Some(items) => Value::Array(items),
        None => {
            let items = match &map.distributed {
                Some(_) => map.array_or_object(env)?,
                None => Value::Array(map.items(env)?),
            };
            step.saw(Stage::ItemsPath, &items);
            items
        }
    };
    let length = match &items {
        Value::Array(items) => items.len() as u64,
        Value::Object(members) => members.len() as u64,
        _ => 0,
    };
    Ok(Prepared {
        items: states::payload(step, &state.name, &input, items)?,
        length,
        max_concurrency,
    })
}

/// An iteration begins: its input is the item, or what ItemSelector makes of it.
pub(crate) fn iterate(step: &mut Stepper<'_>, branch: BranchId, slot: u32, previous: u64) {
    let Some(visit) = step.execution.visit(branch) else {
        return;
    };
    let state = step.machine.state(visit.state);
    let (StateKind::Map(map), Phase::Fork(Fork::Map(iterations))) = (&state.kind, &visit.phase) else {
        return;
    };
    let Some(item) = iterations.items.value().at(slot as usize).cloned() else {
        return;
    };
    let name = state.name.clone();
    let index = u64::from(slot);
    let iteration = BranchId(step.execution.next_branch);
    step.record(
        iteration,
        previous,
        Detail::MapIterationStarted {
            name,
            index,
            parent: branch,
        },
    );
    begin_iteration(step, iteration, state, map, Parent { branch, slot }, item);
}

/// An iteration that was redriven before it entered its first state begins.
pub(crate) fn resume_iteration(step: &mut Stepper<'_>, iteration: BranchId, parent: Parent) {
    let Some(visit) = step.execution.visit(parent.branch) else {
        return;
    };
    let state = step.machine.state(visit.state);
    let (StateKind::Map(map), Phase::Fork(Fork::Map(iterations))) = (&state.kind, &visit.phase) else {
        return;
    };
    if let Some(item) = iterations.items.value().at(parent.slot as usize).cloned() {
        begin_iteration(step, iteration, state, map, parent, item);
    }
}

fn begin_iteration(
    step: &mut Stepper<'_>,
    iteration: BranchId,
    state: &State,
    map: &Map,
    parent: Parent,
    item: Value,
) {
    let Parent { branch, slot } = parent;
    match select(step, branch, state, map, slot, item) {
        Ok(input) => {
            let state = step.machine.flow(map.processor).start_at;
            step.work.push(Work::Enter {
                branch: iteration,
                state,
                input,
            });
        }
        Err(failure) => {
            step.cancel_tasks_below(branch);
            step.drop_work_below(branch);
            step.fail_evaluating(branch, failure);
        }
    }
}

/// The input of an iteration.
pub(crate) fn select(
    step: &Stepper<'_>,
    branch: BranchId,
    state: &State,
    map: &Map,
    slot: u32,
    item: Value,
) -> Result<Payload, Failure> {
    let input = states::input(step, branch);
    let Some(selector) = &map.item_selector else {
        return states::payload(step, &state.name, &input, item);
    };
    let effective = states::effective_input(step, branch, state, &input)?;
    let view = View::new(step, branch).with_item(ViewedItem::inline(u64::from(slot), item));
    states::payload(
        step,
        &state.name,
        &input,
        selector.evaluate(view.env(&effective))?,
    )
}

/// An iteration came to its end; the next item follows, or the results are collected.
pub(crate) fn joined(step: &mut Stepper<'_>, iteration: BranchId, parent: Parent) {
    let branch = parent.branch;
    let Some(visit) = step.execution.visit(branch) else {
        return;
    };
    let state = step.machine.state(visit.state);
    let StateKind::Map(map) = &state.kind else { return };
    let last = step.previous(iteration);
    let index = u64::from(parent.slot);
    let succeeded = step.record(
        iteration,
        last,
        Detail::MapIterationSucceeded {
            name: state.name.clone(),
            index,
        },
    );
    let (waiting, place) = step.waiting_iterations(branch);
    let Some(iterations) = step.iterations(branch) else {
        return;
    };
    let next = iterations.next + waiting;
    if next < iterations.length() {
        // Behind those that are still to be begun in this step: iterations begin in the order of their items.
        let iterate = Work::Iterate {
            map: branch,
            slot: next,
            previous: last,
        };
        step.work.insert(place, iterate);
        return;
    }
    if waiting > 0 || !iterations.running.is_empty() {
        return;
    }
    collect(step, branch, map, succeeded);
}

/// All iterations have succeeded.
fn collect(step: &mut Stepper<'_>, branch: BranchId, map: &Map, previous: u64) {
    let Some(iterations) = step.iterations(branch) else {
        return;
    };
    let results: Vec<Value> = iterations
        .results
        .iter()
        .map(|result| {
            result
                .as_ref()
                .map_or(Value::Null, |result| result.value().clone())
        })
        .collect();
    step.record(branch, previous, Detail::MapStateSucceeded);
    states::complete_with(step, branch, &map.after, Value::from(results));
}

impl Stepper<'_> {
    fn iterations(&self, branch: BranchId) -> Option<&Iterations> {
        match &self.execution.visit(branch)?.phase {
            Phase::Fork(Fork::Map(iterations)) => Some(iterations),
            _ => None,
        }
    }

    /// How many iterations of a Map are still to be begun in this step, and the place in the work where the
    /// one after them belongs.
    fn waiting_iterations(&self, branch: BranchId) -> (u32, usize) {
        let is_waiting = |work: &Work| matches!(work, Work::Iterate { map, .. } if *map == branch);
        let count = self.work.iter().filter(|work| is_waiting(work)).count() as u32;
        let place = self.work.iter().position(is_waiting);
        (count, place.unwrap_or(self.work.len()))
    }
}

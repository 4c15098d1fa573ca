//! Map run: a Distributed Map has its items done by executions of their own.
//!
//! The state computes what the run needs and waits for its end; whoever drives executions starts the run's, by a
//! [`crate::MapRunPlan`].

use asl::{Distributed, Env, Failure, ItemBatcher, Map, State, StateKind, Tolerance};
use json::{Payload, Str, Value};

use crate::effect::Effect;
use crate::event::{BatchBounds, BranchId, Detail, MapRunStart};
use crate::execution::Execution;
use crate::input::{MapRunEnd, TaskKey};
use crate::map_plan::MapRunPlan;
use crate::states;
use crate::states::map::Prepared;
use crate::step::Stepper;
use crate::view::View;

pub(crate) fn begin(
    step: &mut Stepper<'_>,
    branch: BranchId,
    state: &State,
    map: &Map,
    distributed: &Distributed,
) -> Result<(), Failure> {
    let elsewhere = distributed.reader.as_ref().map(|_| [].into());
    let prepared = states::map::prepare(step, branch, state, map, elsewhere)?;
    let reader = distributed.reader.as_ref();
    let reader = reader.map(|reader| given(step, branch, state, reader.parameters.as_ref()));
    let writer = distributed
        .writer
        .as_ref()
        .and_then(|writer| writer.destination.as_ref());
    let writer = writer.map(|destination| given(step, branch, state, Some(destination)));
    let (reader, writer) = (reader.transpose()?, writer.transpose()?);
    let started = Detail::MapStateStarted {
        items: Value::Null.into(),
        length: prepared.length,
        max_concurrency: prepared.max_concurrency,
    };
    step.record_next(branch, started);
    // AWS looks at these once the state has started.
    let start = start(step, branch, state, map, distributed, prepared)?;
    let start = MapRunStart {
        reader,
        writer,
        ..start
    };
    let event = step.record_next(branch, Detail::MapRunStarted(Box::new(start)));
    let run = TaskKey { branch, event };
    if let Some(plan) = MapRunPlan::of(step.execution, run) {
        step.effects.push(Effect::StartMapRun(Box::new(plan)));
    }
    Ok(())
}

/// What is computed for the run as such.
fn start(
    step: &Stepper<'_>,
    branch: BranchId,
    state: &State,
    map: &Map,
    distributed: &Distributed,
    prepared: Prepared,
) -> Result<MapRunStart, Failure> {
    let input = states::input(step, branch);
    let effective = states::effective_input(step, branch, state, &input)?;
    let view = View::new(step, branch);
    let env = view.env(&effective);
    let (tolerated_count, tolerated_percentage) = tolerated(&map.tolerance, env)?;
    let batcher = distributed.batcher.as_ref();
    let batches = batcher.map(|batcher| bounds(step, batcher, env)).transpose()?;
    let label = state.label().unwrap_or_default();
    let uuid = asl::uuid_text(step.chance.next(), step.chance.next());
    Ok(MapRunStart {
        arn: arn(step.execution, &label, &uuid),
        items: prepared.items,
        reader: None,
        batches,
        writer: None,
        max_concurrency: prepared.max_concurrency,
        tolerated_count,
        tolerated_percentage,
        seed: step.chance.next(),
    })
}

/// `arn:aws:states:REGION:ACCOUNT:mapRun:NAME/LABEL:UUID`.
fn arn(execution: &Execution, label: &str, uuid: &str) -> Str {
    let head = execution.head();
    let scope = head
        .machine_arn
        .split(":stateMachine:")
        .next()
        .unwrap_or_default();
    format!("{scope}:mapRun:{}/{label}:{uuid}", head.machine_name).into()
}

/// What a reader or writer is given.
fn given(
    step: &Stepper<'_>,
    branch: BranchId,
    state: &State,
    parameters: Option<&asl::template::Template>,
) -> Result<Payload, Failure> {
    let input = states::input(step, branch);
    let effective = states::effective_input(step, branch, state, &input)?;
    let view = View::new(step, branch);
    let given = match parameters {
        Some(parameters) => parameters.evaluate(view.env(&effective))?,
        None => Value::empty_object(),
    };
    states::payload(step, &state.name, &input, given)
}

/// How much may fail: a number of items, and percent of them.
pub(crate) fn tolerated(tolerance: &Tolerance, env: Env<'_>) -> Result<(Option<u64>, Option<f64>), Failure> {
    let count = tolerance.count.as_ref();
    let percentage = tolerance.percentage.as_ref();
    Ok((
        count
            .map(|count| count.resolve("ToleratedFailureCount", env))
            .transpose()?,
        percentage.map(|percentage| percentage.resolve(env)).transpose()?,
    ))
}

/// How items are put into batches.
pub(crate) fn bounds(
    step: &Stepper<'_>,
    batcher: &ItemBatcher,
    env: Env<'_>,
) -> Result<BatchBounds, Failure> {
    let input = batcher.batch_input.as_ref();
    let bound = |whole: &Option<asl::Whole>, field| {
        let whole = whole.as_ref();
        whole.map(|whole| whole.resolve(field, env)).transpose()
    };
    let input = input.map(|input| input.evaluate(env)).transpose()?;
    let input = input.map(|input| Payload::within(input, step.machine.limits.payload_bytes));
    Ok(BatchBounds {
        input: input
            .transpose()
            .map_err(|reason| states::unprintable("BatchInput", reason))?,
        items_max: bound(&batcher.items_max, "MaxItemsPerBatch")?,
        bytes_max: bound(&batcher.bytes_max, "MaxInputBytesPerBatch")?,
    })
}

/// The members of an object as items; nothing for an array.
pub(crate) fn pairs(items: &Value) -> Option<Vec<Value>> {
    let pair = |(key, value): (&Str, &Value)| pair(key, value);
    Some(items.as_object()?.iter().map(pair).collect())
}

/// What an execution is given for a member of an object.
pub(crate) fn pair(key: &Str, value: &Value) -> Value {
    Value::object([("Key", Value::from(key.clone())), ("Value", value.clone())])
}

/// The run is over. False when nobody waits for it any more.
pub(crate) fn ended(step: &mut Stepper<'_>, run: TaskKey, end: MapRunEnd) -> bool {
    let branch = run.branch;
    if step.execution.map_run(run).is_none() {
        return false;
    }
    let Some(visit) = step.execution.visit(branch) else {
        return false;
    };
    let state = step.machine.state(visit.state);
    let StateKind::Map(map) = &state.kind else {
        return false;
    };
    match end {
        MapRunEnd::Succeeded(result) => {
            succeeded(step, branch);
            states::complete(step, branch, &map.after, &result);
        }
        MapRunEnd::TooLarge => {
            succeeded(step, branch);
            step.fail_evaluating(branch, states::too_large(&state.name));
        }
        MapRunEnd::Failed(ending) => {
            let ending = ending.cut();
            step.record_next(branch, Detail::MapRunFailed(ending.clone()));
            step.fail(branch, Failure::from(ending).into());
        }
        MapRunEnd::Aborted => {
            step.record_next(branch, Detail::MapRunAborted);
            step.abort();
        }
    }
    true
}

fn succeeded(step: &mut Stepper<'_>, branch: BranchId) {
    let succeeded = step.record_next(branch, Detail::MapRunSucceeded);
    step.record(branch, succeeded, Detail::MapStateSucceeded);
}

/// A redriven execution goes on with its map run.
pub(crate) fn resume(step: &mut Stepper<'_>, branch: BranchId, arn: Str, count: u32) {
    step.record_next(branch, Detail::MapRunRedriven { arn, count });
    let runs = step.execution.open_map_runs();
    let run = runs.into_iter().find(|run| run.branch == branch);
    let plan = run.and_then(|run| MapRunPlan::of(step.execution, run));
    step.effects
        .extend(plan.map(|plan| Effect::RedriveMapRun(Box::new(plan))));
}

//! What each type of state does.

pub(crate) mod batch;
pub(crate) mod choice;
pub(crate) mod fail;
pub(crate) mod map;
pub(crate) mod map_run;
pub(crate) mod parallel;
pub(crate) mod pass;
pub(crate) mod succeed;
pub(crate) mod task;
pub(crate) mod wait;

use asl::{After, Failure, QueryLanguage, State, StateId, StateKind, Transition};
use json::{Payload, Str, Unprintable, Value};

use crate::event::{BranchId, Detail, StateType};
use crate::probe::Stage;
use crate::step::{Stepper, Work};
use crate::view::View;

impl StateType {
    pub(crate) fn of(kind: &StateKind) -> Self {
        match kind {
            StateKind::Pass(_) => Self::Pass,
            StateKind::Task(_) => Self::Task,
            StateKind::Choice(_) => Self::Choice,
            StateKind::Wait(_) => Self::Wait,
            StateKind::Succeed => Self::Succeed,
            StateKind::Fail(_) => Self::Fail,
            StateKind::Parallel(_) => Self::Parallel,
            StateKind::Map(_) => Self::Map,
        }
    }
}

/// A branch goes into a state.
pub(crate) fn enter(step: &mut Stepper<'_>, branch: BranchId, id: StateId, input: Payload) {
    let state = step.machine.state(id);
    let kind = StateType::of(&state.kind);
    step.record_next(
        branch,
        Detail::StateEntered {
            kind,
            state: id.0,
            name: state.name.clone(),
            input,
        },
    );
    begin(step, branch, id);
}

/// The state that a branch is in begins its work, for the first time or once more.
pub(crate) fn begin(step: &mut Stepper<'_>, branch: BranchId, id: StateId) {
    let state = step.machine.state(id);
    let begun = match &state.kind {
        StateKind::Pass(pass) => pass::begin(step, branch, state, pass),
        StateKind::Task(task) => task::begin(step, branch, state, task),
        StateKind::Choice(choice) => choice::begin(step, branch, state, choice),
        StateKind::Wait(wait) => wait::begin(step, branch, state, wait),
        StateKind::Succeed => succeed::begin(step, branch, state),
        StateKind::Fail(fail) => return fail::begin(step, branch, fail),
        StateKind::Parallel(parallel) => parallel::begin(step, branch, state, parallel),
        StateKind::Map(map) => map::begin(step, branch, state, map),
    };
    if let Err(failure) = begun {
        step.fail_beginning(branch, failure);
    }
}

/// A state ends: its variables are set, its output goes on.
pub(crate) fn leave(
    step: &mut Stepper<'_>,
    branch: BranchId,
    output: Payload,
    assigned: Vec<(Str, Value)>,
    transition: Transition,
) {
    let Some(visit) = step.execution.visit(branch) else {
        return;
    };
    let id = visit.state;
    let state = step.machine.state(id);
    let assigned = match variables(step, assigned) {
        Ok(assigned) => assigned,
        Err(failure) => return step.fail_evaluating(branch, failure),
    };
    let exited = Detail::StateExited {
        kind: StateType::of(&state.kind),
        state: id.0,
        name: state.name.clone(),
        output: output.clone(),
        assigned,
    };
    step.record_next(branch, exited);
    match transition {
        Transition::Next(next) => step.work.push(Work::Enter {
            branch,
            state: next,
            input: output,
        }),
        Transition::End => step.work.push(Work::Ended { branch }),
    }
}

/// The input of the state that a branch is in.
pub(crate) fn input(step: &Stepper<'_>, branch: BranchId) -> Payload {
    step.execution
        .visit(branch)
        .map(|visit| visit.input.clone())
        .unwrap_or_else(|| Value::Null.into())
}

/// What the state takes of its input: `InputPath`.
pub(crate) fn effective_input(
    step: &Stepper<'_>,
    branch: BranchId,
    state: &State,
    input: &Payload,
) -> Result<Value, Failure> {
    let view = View::new(step, branch);
    let effective = state.input_path.select(view.env(input.value()))?;
    step.saw(Stage::InputPath, &effective);
    Ok(effective)
}

/// What the state gives of its data, or of its input in JSONata: `OutputPath`, `Output`.
pub(crate) fn output(
    step: &Stepper<'_>,
    branch: BranchId,
    state: &State,
    input: &Payload,
    data: Value,
) -> Result<Payload, Failure> {
    let view = View::new(step, branch);
    let env = view.env(&data);
    let output = match &state.output {
        Some(output) => output.evaluate(env)?,
        None => state.output_path.select(env)?,
    };
    payload(step, &state.name, input, output)
}

/// A Task, Parallel or Map has its result: ResultSelector, Assign, ResultPath, OutputPath, and on; in JSONata
/// Assign and Output, which see the same.
pub(crate) fn complete(step: &mut Stepper<'_>, branch: BranchId, after: &After, result: &Payload) {
    let completed = completed(step, branch, after, result);
    match completed {
        Ok((output, assigned)) => leave(step, branch, output, assigned, after.transition),
        Err(failure) => step.fail_evaluating(branch, failure),
    }
}

/// The same with a result that was just put together.
pub(crate) fn complete_with(step: &mut Stepper<'_>, branch: BranchId, after: &After, result: Value) {
    let Some(visit) = step.execution.visit(branch) else {
        return;
    };
    let name = &step.machine.state(visit.state).name;
    match Payload::within(result, step.machine.limits.payload_bytes) {
        Ok(result) => complete(step, branch, after, &result),
        Err(reason) => step.fail_evaluating(branch, unprintable(name, reason)),
    }
}

type Completed = (Payload, Vec<(Str, Value)>);

fn completed(
    step: &Stepper<'_>,
    branch: BranchId,
    after: &After,
    result: &Payload,
) -> Result<Completed, Failure> {
    let Some(visit) = step.execution.visit(branch) else {
        return Err(Failure::runtime("the state is not running"));
    };
    let state = step.machine.state(visit.state);
    let view = View::new(step, branch);
    if state.query_language == QueryLanguage::Jsonata {
        let env = view.env(visit.input.value()).with_result(result.value());
        let assigned = state.assign.evaluate(env)?;
        let output = match &state.output {
            Some(output) => output.evaluate(env)?,
            None => return Ok((result.clone(), assigned)),
        };
        return Ok((payload(step, &state.name, result, output)?, assigned));
    }
    let selected = match &after.result_selector {
        Some(selector) => selector.evaluate(view.env(result.value()))?,
        None => result.value().clone(),
    };
    step.saw(Stage::ResultSelector, &selected);
    let assigned = state.assign.evaluate(view.env(&selected))?;
    let data = after.result_path.place(visit.input.value(), selected)?;
    step.saw(Stage::ResultPath, &data);
    let output = state.output_path.select(view.env(&data))?;
    let base = if result.value().is_same(&output) {
        result
    } else {
        &visit.input
    };
    Ok((payload(step, &state.name, base, output)?, assigned))
}

/// The payload of a value that a state made, sharing the text of the one it may have come from.
pub(crate) fn payload(
    step: &Stepper<'_>,
    name: &str,
    base: &Payload,
    value: Value,
) -> Result<Payload, Failure> {
    base.carry(value, step.machine.limits.payload_bytes)
        .map_err(|reason| unprintable(name, reason))
}

/// The failure of a value that is too large or nests too deep to be a payload.
pub(crate) fn unprintable(name: &str, reason: Unprintable) -> Failure {
    match reason {
        Unprintable::TooLong => too_large(name),
        Unprintable::TooDeep => {
            Failure::runtime(format!("The data nests deeper than {} levels.", json::DEPTH_MAX))
        }
    }
}

/// The failure of a result or an output over AWS's limit.
pub(crate) fn too_large(name: &str) -> Failure {
    let cause = format!(
        "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    Failure::new("States.DataLimitExceeded", cause)
}

/// The variables as they are stored. `Assign` has checked each for itself; the limit here is the execution's.
fn variables(step: &Stepper<'_>, assigned: Vec<(Str, Value)>) -> Result<Vec<(Str, Payload)>, Failure> {
    let limits = &step.machine.limits;
    let mut total = step.execution.variable_bytes;
    let mut stored = Vec::with_capacity(assigned.len());
    for (name, value) in assigned {
        let payload =
            Payload::within(value, limits.variable_bytes).map_err(|reason| unprintable(&name, reason))?;
        total += payload.bytes();
        stored.push((name, payload));
    }
    if total > limits.variables_bytes {
        let limit = limits.variables_bytes;
        return Err(Failure::runtime(format!(
            "The variables of the execution are larger than the limit of {limit} bytes."
        )));
    }
    Ok(stored)
}

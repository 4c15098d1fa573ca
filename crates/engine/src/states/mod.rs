//! What each type of state does.

pub(crate) mod choice;
pub(crate) mod fail;
pub(crate) mod map;
pub(crate) mod parallel;
pub(crate) mod pass;
pub(crate) mod succeed;
pub(crate) mod task;
pub(crate) mod wait;

use asl::{After, Failure, State, StateId, StateKind, Transition, limits};
use json::{Payload, Str, Value};

use crate::event::{BranchId, Detail, StateType};
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
        step.fail_evaluating(branch, failure);
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
    if output.bytes() > limits::PAYLOAD_BYTES_MAX {
        return step.fail(branch, too_large(&state.name).into());
    }
    let assigned: Vec<(Str, Payload)> = assigned
        .into_iter()
        .map(|(name, value)| (name, Payload::from(value)))
        .collect();
    if let Err(failure) = check_variables(step, &assigned) {
        return step.fail_evaluating(branch, failure);
    }
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
    let view = View::new(step.execution, &step.chance, branch);
    state.input_path.select(view.env(input.value()))
}

/// What the state gives of its data: `OutputPath`.
pub(crate) fn output(
    step: &Stepper<'_>,
    branch: BranchId,
    state: &State,
    input: &Payload,
    data: Value,
) -> Result<Payload, Failure> {
    let view = View::new(step.execution, &step.chance, branch);
    Ok(input.carry(state.output_path.select(view.env(&data))?))
}

/// A Task, Parallel or Map has its result: ResultSelector, Assign, ResultPath, OutputPath, and on.
pub(crate) fn complete(step: &mut Stepper<'_>, branch: BranchId, after: &After, result: &Payload) {
    let completed = completed(step, branch, after, result);
    match completed {
        Ok((output, assigned)) => leave(step, branch, output, assigned, after.transition),
        Err(failure) => step.fail_evaluating(branch, failure),
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
    let view = View::new(step.execution, &step.chance, branch);
    let selected = match &after.result_selector {
        Some(selector) => selector.evaluate(view.env(result.value()))?,
        None => result.value().clone(),
    };
    let assigned = state.assign.evaluate(view.env(&selected))?;
    let data = after.result_path.place(visit.input.value(), selected)?;
    let output = state.output_path.select(view.env(&data))?;
    let output = if result.value().is_same(&output) {
        result.carry(output)
    } else {
        visit.input.carry(output)
    };
    Ok((output, assigned))
}

/// The failure of a result or an output over AWS's limit.
pub(crate) fn too_large(name: &str) -> Failure {
    let cause = format!(
        "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    Failure::new("States.DataLimitExceeded", cause)
}

fn check_variables(step: &Stepper<'_>, assigned: &[(Str, Payload)]) -> Result<(), Failure> {
    if assigned.is_empty() {
        return Ok(());
    }
    let total: usize = assigned.iter().map(|(_, payload)| payload.bytes()).sum();
    for (name, payload) in assigned {
        if payload.bytes() > limits::VARIABLE_BYTES_MAX {
            return Err(Failure::new(
                "States.DataLimitExceeded",
                format!("The variable '{name}' exceeds the maximum number of bytes service limit."),
            ));
        }
    }
    if total > limits::ASSIGN_BYTES_MAX {
        return Err(Failure::new(
            "States.DataLimitExceeded",
            "The variables of one Assign field exceed the maximum number of bytes service limit.",
        ));
    }
    if step.execution.variable_bytes + total > limits::VARIABLES_BYTES_MAX {
        return Err(Failure::new(
            "States.DataLimitExceeded",
            "The variables of the execution exceed the maximum number of bytes service limit.",
        ));
    }
    Ok(())
}

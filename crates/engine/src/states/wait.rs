//! Wait: holds the execution until a moment in time.

use asl::{Failure, State, StateKind, Wait};

use crate::event::{BranchId, Detail};
use crate::moment::Millis;
use crate::states;
use crate::step::Stepper;
use crate::view::View;

/// Waits until its moment, which may already be past.
pub(crate) fn begin(
    step: &mut Stepper<'_>,
    branch: BranchId,
    state: &State,
    wait: &Wait,
) -> Result<(), Failure> {
    let input = states::input(step, branch);
    let effective = states::effective_input(step, branch, state, &input)?;
    let view = View::new(step, branch);
    let until = Millis(wait.until.resolve(step.moment.now.0, view.env(&effective))?);
    if until > step.now() {
        step.record_next(branch, Detail::WaitScheduled { until });
        return Ok(());
    }
    end(step, branch, state, wait)
}

/// The moment has come.
pub(crate) fn over(step: &mut Stepper<'_>, branch: BranchId) {
    let Some(visit) = step.execution.visit(branch) else {
        return;
    };
    let state = step.machine.state(visit.state);
    let StateKind::Wait(wait) = &state.kind else {
        return;
    };
    if let Err(failure) = end(step, branch, state, wait) {
        step.fail_evaluating(branch, failure);
    }
}

fn end(step: &mut Stepper<'_>, branch: BranchId, state: &State, wait: &Wait) -> Result<(), Failure> {
    let input = states::input(step, branch);
    let effective = states::effective_input(step, branch, state, &input)?;
    let view = View::new(step, branch);
    let assigned = state.assign.evaluate(view.env(&effective))?;
    let output = states::output(step, branch, state, &input, effective)?;
    states::leave(step, branch, output, assigned, wait.transition);
    Ok(())
}

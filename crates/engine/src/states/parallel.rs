//! Parallel: runs its branches at once and collects their results.

use asl::{Failure, Parallel, State, StateKind};
use json::{Payload, Value};

use crate::event::{BranchId, Detail};
use crate::execution::{At, Fork, Phase};
use crate::probe::Stage;
use crate::states;
use crate::step::{Stepper, Work};
use crate::view::View;

pub(crate) fn begin(
    step: &mut Stepper<'_>,
    branch: BranchId,
    state: &State,
    parallel: &Parallel,
) -> Result<(), Failure> {
    let given = given(step, branch, state, parallel)?;
    let started = step.record_next(branch, Detail::ParallelStateStarted { input: given.clone() });
    let first = step.execution.next_branch;
    for slot in 0..parallel.branches.len() as u32 {
        step.record(
            BranchId(first + slot),
            started,
            Detail::BranchStarted { slot, parent: branch },
        );
    }
    for (slot, flow) in parallel.branches.iter().enumerate().rev() {
        let state = step.machine.flow(*flow).start_at;
        let branch = BranchId(first + slot as u32);
        step.work.push(Work::Enter {
            branch,
            state,
            input: given.clone(),
        });
    }
    Ok(())
}

/// What the branches are given.
pub(crate) fn given(
    step: &Stepper<'_>,
    branch: BranchId,
    state: &State,
    parallel: &Parallel,
) -> Result<Payload, Failure> {
    let input = states::input(step, branch);
    let view = View::new(step, branch);
    let effective = state.input_path.select(view.env(input.value()))?;
    let given = match &parallel.parameters {
        Some(parameters) => {
            let given = parameters.evaluate(view.env(&effective))?;
            step.saw(Stage::Parameters, &given);
            step.saw(Stage::Arguments, &given);
            given
        }
        None => effective,
    };
    states::payload(step, &state.name, &input, given)
}

/// A branch came to its end; when it was the last, the results are collected.
pub(crate) fn joined(step: &mut Stepper<'_>, child: BranchId, branch: BranchId) {
    let Some(visit) = step.execution.visit(branch) else {
        return;
    };
    let Phase::Fork(Fork::Parallel(branches)) = &visit.phase else {
        return;
    };
    let mut results = Vec::with_capacity(branches.children.len());
    for child in &branches.children {
        match step.execution.branches.get(child).map(|child| &child.at) {
            Some(At::Left(output)) if !step.is_on_its_way(*child) => results.push(output.value().clone()),
            _ => return,
        }
    }
    let state = step.machine.state(visit.state);
    let StateKind::Parallel(parallel) = &state.kind else {
        return;
    };
    let previous = step.previous(child);
    step.record(branch, previous, Detail::ParallelStateSucceeded);
    states::complete_with(step, branch, &parallel.after, Value::from(results));
}

/// A redriven Parallel goes on: with the branches that had no success, or with its results when all had.
pub(crate) fn resume(step: &mut Stepper<'_>, branch: BranchId) {
    let Some(Phase::Fork(Fork::Parallel(branches))) = step.execution.visit(branch).map(|visit| &visit.phase)
    else {
        return;
    };
    let children = branches.children.clone();
    let has_ended = |child: &BranchId| {
        let child = step.execution.branches.get(child);
        child.is_some_and(|child| matches!(child.at, At::Left(_)))
    };
    let open: Vec<BranchId> = children
        .iter()
        .copied()
        .filter(|child| !has_ended(child))
        .collect();
    if let (true, Some(last)) = (open.is_empty(), children.last()) {
        return step.work.push(Work::Ended { branch: *last });
    }
    open.into_iter().rev().for_each(|child| step.resume(child));
}

impl Stepper<'_> {
    /// Whether a branch stands between two states, with the next one still to be entered in this step.
    fn is_on_its_way(&self, child: BranchId) -> bool {
        self.work.iter().any(|work| match work {
            Work::Enter { branch, .. } | Work::Ended { branch } => *branch == child,
            Work::Iterate { .. } | Work::Resume { .. } => false,
        })
    }
}

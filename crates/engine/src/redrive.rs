//! Redrive: an execution that ended without success goes on from where it was.
//!
//! One event says so, and its fold reopens the branches that had no success, each in the state that it was in
//! (see `branches.rs`). What is here has those states do their work: what has been left stays left, with its
//! results and variables.

use asl::StateKind;
use json::Str;

use crate::effect::Outcome;
use crate::event::{BranchId, Detail};
use crate::execution::{At, Fork, Phase};
use crate::states;
use crate::step::{Stepper, Work};

impl Stepper<'_> {
    /// Goes on from where the execution ended; not when it runs, has succeeded, is an Express execution, or
    /// has a history without room for what would follow.
    pub(crate) fn redrive(&mut self, token: Option<Str>) -> bool {
        let is_redrivable = match &self.execution.outcome {
            Some(Outcome::Failed(_) | Outcome::TimedOut(_) | Outcome::Aborted(_)) => {
                !self.execution.head.express
                    && self.execution.last_event < self.machine.limits.redrive_events()
            }
            Some(Outcome::Succeeded(_)) | None => false,
        };
        if !is_redrivable {
            return false;
        }
        let count = self.execution.redriven().map_or(0, |redriven| redriven.count) + 1;
        let previous = self.execution.last_event;
        self.record(
            BranchId::ROOT,
            previous,
            Detail::ExecutionRedriven { count, token },
        );
        self.resume(BranchId::ROOT);
        true
    }

    /// Has a reopened branch go on, with all that was reopened in it.
    pub(crate) fn resume(&mut self, branch: BranchId) {
        let Some(content) = self.execution.branches.get(&branch) else {
            return;
        };
        let phase = match &content.at {
            At::In(visit) => Some(&visit.phase),
            At::Start => None,
            At::Left(_) => return self.work.push(Work::Ended { branch }),
        };
        match phase {
            Some(Phase::Fork(Fork::Parallel(_))) => states::parallel::resume(self, branch),
            Some(Phase::Fork(Fork::Map(_))) => states::map::resume(self, branch),
            Some(_) | None => self.work.push(Work::Resume { branch }),
        }
    }

    /// The turn of a reopened branch has come: its state does its work anew, or its first state is entered.
    pub(crate) fn resume_state(&mut self, branch: BranchId) {
        let Some(content) = self.execution.branches.get(&branch) else {
            return;
        };
        match &content.at {
            At::In(visit) => {
                if let Phase::MapRun(run) = &visit.phase {
                    let (arn, count) = (run.start.arn.clone(), run.redrives + 1);
                    return states::map_run::resume(self, branch, arn, count);
                }
                let (state, input) = (visit.state, visit.input.clone());
                // AWS enters a Fail state again, as opposed to any other.
                if let StateKind::Fail(_) = self.machine.state(state).kind {
                    self.work.push(Work::Enter { branch, state, input });
                } else {
                    states::begin(self, branch, state);
                }
            }
            At::Start => self.resume_at_start(branch),
            At::Left(_) => {}
        }
    }

    /// A sibling's failure kept the branch from entering its first state.
    fn resume_at_start(&mut self, branch: BranchId) {
        let Some(content) = self.execution.branches.get(&branch) else {
            return;
        };
        let state = self.machine.flow(content.flow).start_at;
        let Some(parent) = content.parent else {
            let input = self.execution.head.input.clone();
            return self.work.push(Work::Enter { branch, state, input });
        };
        match self.execution.visit(parent.branch).map(|visit| &visit.phase) {
            Some(Phase::Fork(Fork::Parallel(branches))) => {
                let input = branches.input.clone();
                self.work.push(Work::Enter { branch, state, input });
            }
            Some(Phase::Fork(Fork::Map(_))) => states::map::resume_iteration(self, branch, parent),
            _ => {}
        }
    }
}

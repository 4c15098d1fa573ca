//! Branches: how the fold begins, ends, keeps and reopens lines of states.
//!
//! A branch that comes to no success leaves [`Execution::branches`], where things happen, for
//! [`Execution::closed`], where nothing does. There it stays as it was last until the state that it belongs
//! to is left or tried again, or until a redrive takes it up.

use asl::{FlowId, StateKind};

use crate::effect::Outcome;
use crate::event::{BranchId, Event};
use crate::execution::{At, Branch, Execution, Fork, Parent, Phase};

/// The error that makes a redrive run a Parallel or Map again as a whole.
const TOO_LARGE: &str = "States.DataLimitExceeded";

impl Execution {
    pub(crate) fn start_branch(&mut self, event: &Event, slot: u32, parent: BranchId) -> Option<()> {
        let state = self.visit(parent)?.state;
        let StateKind::Parallel(parallel) = &self.head.machine.state(state).kind else {
            return None;
        };
        let flow = *parallel.branches.get(slot as usize)?;
        let Phase::Fork(Fork::Parallel(branches)) = &mut self.visit_mut(parent)?.phase else {
            return None;
        };
        branches.children.push(event.branch);
        self.insert(
            event.branch,
            flow,
            Parent { branch: parent, slot },
            event.previous,
        );
        Some(())
    }

    pub(crate) fn start_iteration(&mut self, event: &Event, slot: u32, parent: BranchId) -> Option<()> {
        let state = self.visit(parent)?.state;
        let StateKind::Map(map) = &self.head.machine.state(state).kind else {
            return None;
        };
        let flow = map.processor;
        let iterations = self.iterations(parent)?;
        if slot >= iterations.length() {
            return None;
        }
        iterations.next = iterations.next.max(slot + 1);
        iterations.running.insert(event.branch);
        self.insert(event.branch, flow, Parent { branch: parent, slot }, event.id);
        Some(())
    }

    fn insert(&mut self, id: BranchId, flow: FlowId, parent: Parent, previous: u64) {
        self.next_branch = self.next_branch.max(id.0 + 1);
        let branch = Branch {
            flow,
            parent: Some(parent),
            previous,
            variables: Vec::new(),
            at: At::Start,
        };
        self.branches.insert(id, branch);
    }

    /// An iteration does not run any more; its Map goes on from the event given.
    pub(crate) fn end_iteration(&mut self, branch: BranchId, previous: u64) -> Option<Parent> {
        let parent = self.branches.get(&branch)?.parent?;
        self.iterations(parent.branch)?.running.remove(&branch);
        self.branches.get_mut(&parent.branch)?.previous = previous;
        Some(parent)
    }

    /// An iteration came to no success.
    pub(crate) fn lose_iteration(&mut self, branch: BranchId, previous: u64) -> Option<()> {
        let parent = self.end_iteration(branch, previous)?;
        self.iterations(parent.branch)?.lost.insert(branch);
        self.close(branch);
        Some(())
    }

    /// A Parallel or Map is over, with success or without: nothing happens in it any more.
    pub(crate) fn end_fork(&mut self, branch: BranchId) -> Option<()> {
        let visit = self.visit_mut(branch)?;
        match std::mem::replace(&mut visit.phase, Phase::Idle) {
            Phase::Fork(fork) => {
                let children = fork.children();
                visit.phase = Phase::Over(fork);
                children.into_iter().for_each(|child| self.close(child));
                Some(())
            }
            // A redrive takes it up.
            phase @ Phase::MapRun(_) => {
                visit.phase = phase;
                Some(())
            }
            phase => {
                visit.phase = phase;
                self.set_phase(branch, Phase::Idle)
            }
        }
    }

    /// Sets how far the visit of a branch is: moves its timers, and throws away the branches of a fork that
    /// is not needed any more.
    pub(crate) fn set_phase(&mut self, branch: BranchId, phase: Phase) -> Option<()> {
        let timers = phase.timers(branch);
        let Some(visit) = self.visit_mut(branch) else {
            // A branch between two states has no timers and no children.
            return matches!(phase, Phase::Idle).then_some(());
        };
        let old = std::mem::replace(&mut visit.phase, phase);
        for timer in old.timers(branch) {
            self.timers.remove(&timer);
        }
        self.discard_fork(old);
        self.timers.extend(timers);
        Some(())
    }

    fn discard_fork(&mut self, phase: Phase) {
        if let Phase::Fork(fork) | Phase::Over(fork) = phase {
            fork.children().into_iter().for_each(|child| self.discard(child));
        }
    }

    /// Throws a branch away with all that runs or ran in it.
    pub(crate) fn discard(&mut self, id: BranchId) {
        let open = self.take_out(id);
        if let Some(branch) = open.or_else(|| self.closed.remove(&id))
            && let At::In(visit) = branch.at
        {
            self.discard_fork(visit.phase);
        }
    }

    /// Keeps a branch as it is, with all that runs in it, for the case that it is redriven.
    fn close(&mut self, id: BranchId) {
        let Some(branch) = self.take_out(id) else { return };
        if let At::In(visit) = &branch.at
            && let Phase::Fork(fork) = &visit.phase
        {
            fork.children().into_iter().for_each(|child| self.close(child));
        }
        self.closed.insert(id, branch);
    }

    /// Takes a branch from where things happen.
    fn take_out(&mut self, id: BranchId) -> Option<Branch> {
        let branch = self.branches.remove(&id)?;
        self.variable_bytes -= branch.variable_bytes();
        if let At::In(visit) = &branch.at {
            for timer in visit.phase.timers(id) {
                self.timers.remove(&timer);
            }
        }
        Some(branch)
    }

    /// What had no success when the execution ended happens again from here on, following from an event.
    pub(crate) fn reopen(&mut self, outcome: &Outcome, event: u64) -> Option<()> {
        self.reopen_branch(BranchId::ROOT, event)?;
        debug_assert!(
            self.closed.is_empty(),
            "all that is kept belongs to a state that is open"
        );
        self.closed.clear();
        // AWS runs a Parallel or Map as a whole again when its data became too large.
        if let Outcome::Failed(ending) = outcome
            && ending.error.as_deref() == Some(TOO_LARGE)
            && let At::In(_) = self.branches.get(&BranchId::ROOT)?.at
        {
            self.set_phase(BranchId::ROOT, Phase::Idle)?;
        }
        Some(())
    }

    fn reopen_branch(&mut self, id: BranchId, event: u64) -> Option<()> {
        let mut branch = self.closed.remove(&id)?;
        branch.previous = event;
        self.variable_bytes += branch.variable_bytes();
        if let At::In(visit) = &mut branch.at {
            visit.attempts.clear();
            visit.retries = 0;
            visit.phase = match std::mem::replace(&mut visit.phase, Phase::Idle) {
                Phase::Fork(mut fork) | Phase::Over(mut fork) => {
                    for child in fork.children() {
                        self.reopen_branch(child, event)?;
                    }
                    fork.run_lost();
                    Phase::Fork(fork)
                }
                phase @ Phase::MapRun(_) => phase,
                Phase::Idle | Phase::Waiting { .. } | Phase::Backoff { .. } | Phase::Task(_) => Phase::Idle,
            };
        }
        self.branches.insert(id, branch);
        Some(())
    }
}

impl Branch {
    fn variable_bytes(&self) -> usize {
        self.variables.iter().map(|variable| variable.bytes).sum()
    }
}

impl Fork {
    /// The branches and iterations that are known of.
    fn children(&self) -> Vec<BranchId> {
        match self {
            Self::Parallel(branches) => branches.children.clone(),
            Self::Map(iterations) => iterations.running.union(&iterations.lost).copied().collect(),
        }
    }

    /// Iterations that came to no success run again.
    fn run_lost(&mut self) {
        if let Self::Map(iterations) = self {
            iterations.running.append(&mut iterations.lost);
        }
    }
}

//! Folding: how an event changes an execution. The only place where one changes.

use std::collections::BTreeSet;
use std::fmt;

use asl::{StateId, StateKind};
use json::{Payload, Str};

use crate::effect::Outcome;
use crate::event::{BranchId, Detail, Event, Scheduled};
use crate::execution::{At, Attempt, Branch, Execution, Head, Iterations, Parent, Phase, Variable, Visit};
use crate::input::{TaskKey, TimerKey, TimerKind};
use crate::moment::Millis;

/// A history that does not fit its state machine: it was damaged, or belongs to another revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldError {
    /// The event that does not fit.
    pub event: u64,
}

impl fmt::Display for FoldError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "history event {} does not fit the execution's state",
            self.event
        )
    }
}

impl std::error::Error for FoldError {}

impl Execution {
    /// The state that a history leads to.
    pub fn fold<'a>(head: Head, events: impl IntoIterator<Item = &'a Event>) -> Result<Self, FoldError> {
        let mut execution = Self::new(head);
        for event in events {
            execution.apply(event)?;
        }
        Ok(execution)
    }

    /// Makes an event true.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), FoldError> {
        self.change(event).ok_or(FoldError { event: event.id })?;
        self.last_event = event.id;
        Ok(())
    }

    fn change(&mut self, event: &Event) -> Option<()> {
        let (id, branch, at) = (event.id, event.branch, event.at);
        match &event.detail {
            Detail::ExecutionStarted { .. } => {
                let root = Branch {
                    flow: asl::StateMachine::TOP,
                    parent: None,
                    previous: 0,
                    variables: Vec::new(),
                    at: At::Start,
                };
                self.branches.insert(BranchId::ROOT, root);
                let key = TimerKey {
                    branch: BranchId::ROOT,
                    kind: TimerKind::Execution,
                    event: id,
                };
                self.timers.insert((self.head.deadline(at), key));
            }
            Detail::ExecutionSucceeded { output } => self.end(Outcome::Succeeded(output.clone()), at),
            Detail::ExecutionFailed(ending) => self.end(Outcome::Failed(ending.clone()), at),
            Detail::ExecutionAborted(ending) => self.end(Outcome::Aborted(ending.clone()), at),
            Detail::ExecutionTimedOut(ending) => self.end(Outcome::TimedOut(ending.clone()), at),
            Detail::ExecutionRedriven { .. } | Detail::EvaluationFailed { .. } => self.follow(branch, id)?,

            Detail::StateEntered { state, input, .. } => self.enter(event, StateId(*state), input)?,
            Detail::StateExited { output, assigned, .. } => self.leave(event, output, assigned)?,

            Detail::TaskScheduled { scheduled, .. }
            | Detail::LambdaFunctionScheduled { scheduled, .. }
            | Detail::ActivityScheduled { scheduled, .. } => self.schedule(event, scheduled)?,
            Detail::TaskStarted { .. } | Detail::LambdaFunctionStarted | Detail::ActivityStarted { .. } => {
                self.follow(branch, id)?;
                self.change_attempt(branch, |attempt| attempt.started = Some(at))?;
            }
            Detail::TaskSubmitted { output, .. } => {
                self.follow(branch, id)?;
                self.change_attempt(branch, |attempt| attempt.submitted = Some(output.clone()))?;
            }
            Detail::TaskStartFailed { .. }
            | Detail::TaskSubmitFailed { .. }
            | Detail::TaskSucceeded { .. }
            | Detail::TaskFailed { .. }
            | Detail::TaskTimedOut { .. }
            | Detail::LambdaFunctionScheduleFailed(_)
            | Detail::LambdaFunctionStartFailed(_)
            | Detail::LambdaFunctionSucceeded { .. }
            | Detail::LambdaFunctionFailed(_)
            | Detail::LambdaFunctionTimedOut(_)
            | Detail::ActivityScheduleFailed(_)
            | Detail::ActivitySucceeded { .. }
            | Detail::ActivityFailed(_)
            | Detail::ActivityTimedOut(_) => {
                self.follow(branch, id)?;
                self.set_phase(branch, Phase::Idle)?;
            }
            Detail::TaskStateAborted | Detail::WaitStateAborted => self.set_phase(branch, Phase::Idle)?,

            Detail::ParallelStateStarted => {
                self.follow(branch, id)?;
                self.set_phase(branch, Phase::Parallel { children: Vec::new() })?;
            }
            Detail::BranchStarted { slot, parent } => self.start_branch(event, *slot, *parent)?,
            Detail::MapStateStarted {
                items,
                length,
                max_concurrency,
            } => {
                self.follow(branch, id)?;
                let iterations = Iterations {
                    items: items.clone(),
                    max_concurrency: *max_concurrency,
                    next: 0,
                    running: BTreeSet::new(),
                    results: vec![None; usize::try_from(*length).ok()?],
                };
                self.set_phase(branch, Phase::Map(iterations))?;
            }
            Detail::MapIterationStarted { index, parent, .. } => {
                self.start_iteration(event, u32::try_from(*index).ok()?, *parent)?;
            }
            Detail::MapIterationSucceeded { .. } => {
                let At::Left(output) = &self.branches.get(&branch)?.at else {
                    return None;
                };
                let output = output.clone();
                let parent = self.end_iteration(branch, id)?;
                self.iterations(parent.branch)?.results[parent.slot as usize] = Some(output);
            }
            Detail::MapIterationFailed { .. } => {
                self.end_iteration(branch, event.previous)?;
            }
            Detail::MapIterationAborted { .. } => {
                let parent = self.branches.get(&branch)?.parent?;
                let previous = self.branches.get(&parent.branch)?.previous;
                self.end_iteration(branch, previous)?;
            }
            Detail::ParallelStateSucceeded | Detail::MapStateSucceeded => {
                self.branches.get_mut(&branch)?.previous = event.previous;
                self.set_phase(branch, Phase::Idle)?;
            }
            Detail::ParallelStateFailed | Detail::MapStateFailed => {
                self.follow(branch, id)?;
                self.set_phase(branch, Phase::Idle)?;
            }
            Detail::ParallelStateAborted | Detail::MapStateAborted => self.set_phase(branch, Phase::Idle)?,

            Detail::WaitScheduled { until } => {
                self.set_phase(
                    branch,
                    Phase::Waiting {
                        until: *until,
                        event: id,
                    },
                )?;
            }
            Detail::RetryScheduled { retrier, until } => {
                self.branches.get_mut(&branch)?.previous = event.previous;
                let visit = self.visit_mut(branch)?;
                visit.retries += 1;
                match visit.attempts.iter_mut().find(|(index, _)| index == retrier) {
                    Some((_, count)) => *count += 1,
                    None => visit.attempts.push((*retrier, 1)),
                }
                self.set_phase(
                    branch,
                    Phase::Backoff {
                        until: *until,
                        event: id,
                    },
                )?;
            }
        }
        Some(())
    }

    /// A task is still being worked on: its heartbeat starts anew. The one change that is no event.
    pub(crate) fn hear(&mut self, task: TaskKey, now: Millis) {
        if self.attempt(task).is_some() {
            self.change_attempt(task.branch, |attempt| attempt.heard = Some(now));
        }
    }

    fn end(&mut self, outcome: Outcome, at: Millis) {
        self.outcome = Some(outcome);
        self.ended = Some(at);
        self.branches.clear();
        self.timers.clear();
        self.variable_bytes = 0;
        self.paused.clear();
    }

    fn enter(&mut self, event: &Event, state: StateId, input: &Payload) -> Option<()> {
        self.head.machine.states.get(state.0 as usize)?;
        let branch = self.branches.get_mut(&event.branch)?;
        branch.previous = event.id;
        branch.at = At::In(Box::new(Visit {
            state,
            entered: event.id,
            before: event.previous,
            entered_at: event.at,
            input: input.clone(),
            attempts: Vec::new(),
            retries: 0,
            phase: Phase::Idle,
        }));
        Some(())
    }

    fn leave(&mut self, event: &Event, output: &Payload, assigned: &[(Str, Payload)]) -> Option<()> {
        self.set_phase(event.branch, Phase::Idle)?;
        let branch = self.branches.get_mut(&event.branch)?;
        branch.previous = event.id;
        branch.at = At::Left(output.clone());
        for (name, payload) in assigned {
            let (value, bytes) = (payload.value().clone(), payload.bytes());
            let variable = Variable {
                name: name.clone(),
                value,
                bytes,
            };
            self.variable_bytes += bytes;
            match branch.variables.iter_mut().find(|known| known.name == *name) {
                Some(old) => {
                    self.variable_bytes -= old.bytes;
                    *old = variable;
                }
                None => branch.variables.push(variable),
            }
        }
        Some(())
    }

    fn schedule(&mut self, event: &Event, scheduled: &Scheduled) -> Option<()> {
        self.follow(event.branch, event.id)?;
        let attempt = Attempt {
            event: event.id,
            scheduled: scheduled.clone(),
            started: None,
            heard: None,
            submitted: None,
        };
        self.set_phase(event.branch, Phase::Task(attempt))
    }

    fn start_branch(&mut self, event: &Event, slot: u32, parent: BranchId) -> Option<()> {
        let state = self.visit(parent)?.state;
        let StateKind::Parallel(parallel) = &self.head.machine.state(state).kind else {
            return None;
        };
        let flow = *parallel.branches.get(slot as usize)?;
        let Phase::Parallel { children } = &mut self.visit_mut(parent)?.phase else {
            return None;
        };
        children.push(event.branch);
        self.insert(
            event.branch,
            flow,
            Parent { branch: parent, slot },
            event.previous,
        );
        Some(())
    }

    fn start_iteration(&mut self, event: &Event, slot: u32, parent: BranchId) -> Option<()> {
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

    /// Takes an iteration away; its Map goes on from the event given.
    fn end_iteration(&mut self, branch: BranchId, previous: u64) -> Option<Parent> {
        let parent = self.branches.get(&branch)?.parent?;
        self.remove(branch);
        self.iterations(parent.branch)?.running.remove(&branch);
        self.branches.get_mut(&parent.branch)?.previous = previous;
        Some(parent)
    }

    fn insert(&mut self, id: BranchId, flow: asl::FlowId, parent: Parent, previous: u64) {
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

    /// Removes a branch with all that runs in it.
    fn remove(&mut self, id: BranchId) {
        let _ = self.set_phase(id, Phase::Idle);
        if let Some(branch) = self.branches.remove(&id) {
            self.variable_bytes -= branch
                .variables
                .iter()
                .map(|variable| variable.bytes)
                .sum::<usize>();
        }
    }

    /// Sets how far the visit of a branch is: moves its timers, and removes the branches of a fork that is over.
    fn set_phase(&mut self, branch: BranchId, phase: Phase) -> Option<()> {
        let timers = phase.timers(branch);
        let Some(visit) = self.visit_mut(branch) else {
            // A branch between two states has no timers and no children.
            return matches!(phase, Phase::Idle).then_some(());
        };
        let old = std::mem::replace(&mut visit.phase, phase);
        for timer in old.timers(branch) {
            self.timers.remove(&timer);
        }
        match old {
            Phase::Parallel { children } => children.into_iter().for_each(|child| self.remove(child)),
            Phase::Map(iterations) => iterations
                .running
                .into_iter()
                .for_each(|child| self.remove(child)),
            Phase::Idle | Phase::Waiting { .. } | Phase::Backoff { .. } | Phase::Task(_) => {}
        }
        self.timers.extend(timers);
        Some(())
    }

    fn change_attempt(&mut self, branch: BranchId, change: impl FnOnce(&mut Attempt)) -> Option<()> {
        let Phase::Task(attempt) = &self.visit(branch)?.phase else {
            return None;
        };
        let mut attempt = attempt.clone();
        change(&mut attempt);
        self.set_phase(branch, Phase::Task(attempt))
    }

    fn follow(&mut self, branch: BranchId, event: u64) -> Option<()> {
        self.branches.get_mut(&branch)?.previous = event;
        Some(())
    }

    fn visit_mut(&mut self, branch: BranchId) -> Option<&mut Visit> {
        match &mut self.branches.get_mut(&branch)?.at {
            At::In(visit) => Some(visit),
            At::Start | At::Left(_) => None,
        }
    }

    fn iterations(&mut self, branch: BranchId) -> Option<&mut Iterations> {
        match &mut self.visit_mut(branch)?.phase {
            Phase::Map(iterations) => Some(iterations),
            _ => None,
        }
    }
}

impl Head {
    /// When the whole execution times out: by its own `TimeoutSeconds`, or by AWS's limit.
    fn deadline(&self, started: Millis) -> Millis {
        let longest = if self.express {
            asl::limits::EXPRESS_SECONDS_MAX
        } else {
            asl::limits::STANDARD_SECONDS_MAX
        };
        started.after_seconds(self.machine.timeout_seconds.unwrap_or(longest).min(longest))
    }
}

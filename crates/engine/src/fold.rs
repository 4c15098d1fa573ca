//! Folding: how an event changes an execution. The only place where one changes.

use std::collections::BTreeSet;
use std::fmt;

use asl::StateId;
use json::{Payload, Str};

use crate::effect::Outcome;
use crate::event::{BranchId, Detail, Event, Scheduled};
use crate::execution::{
    At, Attempt, Branch, Branches, Execution, Fork, Head, Iterations, MapRun, Phase, Redrive, Variable, Visit,
};
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
                    flow: self.head.flow,
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
            Detail::ExecutionRedriven { token, .. } => self.redrive(event, token.clone())?,
            Detail::EvaluationFailed { .. } => self.follow(branch, id)?,

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

            Detail::ParallelStateStarted { input } => {
                self.follow(branch, id)?;
                let branches = Branches {
                    input: input.clone(),
                    children: Vec::new(),
                };
                self.set_phase(branch, Phase::Fork(Fork::Parallel(branches)))?;
            }
            Detail::BranchStarted { slot, parent } => self.start_branch(event, *slot, *parent)?,
            Detail::MapStateStarted {
                items,
                length,
                max_concurrency,
            } => {
                self.follow(branch, id)?;
                if self.is_distributed(branch)? {
                    return self.set_phase(branch, Phase::Idle);
                }
                let iterations = Iterations {
                    items: items.clone(),
                    max_concurrency: *max_concurrency,
                    next: 0,
                    running: BTreeSet::new(),
                    lost: BTreeSet::new(),
                    results: vec![None; usize::try_from(*length).ok()?],
                };
                self.set_phase(branch, Phase::Fork(Fork::Map(iterations)))?;
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
                self.discard(branch);
            }
            Detail::MapIterationFailed { .. } => self.lose_iteration(branch, event.previous)?,
            Detail::MapIterationAborted { .. } => {
                let parent = self.branches.get(&branch)?.parent?;
                let previous = self.branches.get(&parent.branch)?.previous;
                self.lose_iteration(branch, previous)?;
            }
            Detail::ParallelStateSucceeded | Detail::MapStateSucceeded => {
                self.follow(branch, event.previous)?;
                if let Phase::MapRun(run) = &self.visit(branch)?.phase {
                    // AWS links the exit to where the run began ever since it has JSONata and variables. What does
                    // without them was recorded before.
                    if self.head.machine.has_jsonata_or_variables() {
                        self.follow(branch, run.event)?;
                    }
                    return self.set_phase(branch, Phase::Idle);
                }
                self.end_fork(branch)?;
            }
            Detail::ParallelStateFailed | Detail::MapStateFailed => {
                self.follow(branch, id)?;
                self.end_fork(branch)?;
            }
            Detail::ParallelStateAborted | Detail::MapStateAborted => self.end_fork(branch)?,

            Detail::MapRunStarted(start) => {
                self.follow(branch, id)?;
                let run = MapRun {
                    event: id,
                    start: (**start).clone(),
                    redrives: 0,
                    is_over: false,
                };
                self.set_phase(branch, Phase::MapRun(Box::new(run)))?;
            }
            Detail::MapRunSucceeded | Detail::MapRunFailed(_) | Detail::MapRunAborted => {
                self.follow(branch, id)?;
                self.change_map_run(branch)?.is_over = true;
            }
            Detail::MapRunRedriven { count, .. } => {
                self.follow(branch, id)?;
                let run = self.change_map_run(branch)?;
                run.redrives = *count;
                run.is_over = false;
            }

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

    /// What came to no success is kept, for a redrive.
    fn end(&mut self, outcome: Outcome, at: Millis) {
        match outcome {
            Outcome::Succeeded(_) => {
                self.branches.clear();
                self.closed.clear();
            }
            Outcome::Failed(_) | Outcome::TimedOut(_) | Outcome::Aborted(_) => {
                self.closed.append(&mut self.branches);
            }
        }
        self.outcome = Some(outcome);
        self.ended = Some(at);
        self.timers.clear();
        self.variable_bytes = 0;
        self.paused.clear();
    }

    /// The execution goes on with what had no success when it ended. Its own time begins anew; it must
    /// nevertheless be over within the longest time that AWS lets an execution be open.
    fn redrive(&mut self, event: &Event, token: Option<Str>) -> Option<()> {
        let outcome = self.outcome.take()?;
        self.ended = None;
        self.reopen(&outcome, event.id)?;
        let key = TimerKey {
            branch: BranchId::ROOT,
            kind: TimerKind::Execution,
            event: event.id,
        };
        let longest = self
            .head
            .started
            .after_seconds(self.head.machine.limits.standard_seconds);
        let deadline = self.head.deadline(event.at).min(longest);
        self.timers.insert((deadline, key));
        self.redrives.push(Redrive { at: event.at, token });
        Some(())
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

    fn change_attempt(&mut self, branch: BranchId, change: impl FnOnce(&mut Attempt)) -> Option<()> {
        let Phase::Task(attempt) = &self.visit(branch)?.phase else {
            return None;
        };
        let mut attempt = attempt.clone();
        change(&mut attempt);
        self.set_phase(branch, Phase::Task(attempt))
    }

    fn is_distributed(&self, branch: BranchId) -> Option<bool> {
        match &self.head.machine.state(self.visit(branch)?.state).kind {
            asl::StateKind::Map(map) => Some(map.distributed.is_some()),
            _ => None,
        }
    }

    fn change_map_run(&mut self, branch: BranchId) -> Option<&mut MapRun> {
        match &mut self.visit_mut(branch)?.phase {
            Phase::MapRun(run) => Some(run),
            _ => None,
        }
    }

    fn follow(&mut self, branch: BranchId, event: u64) -> Option<()> {
        self.branches.get_mut(&branch)?.previous = event;
        Some(())
    }

    pub(crate) fn visit_mut(&mut self, branch: BranchId) -> Option<&mut Visit> {
        match &mut self.branches.get_mut(&branch)?.at {
            At::In(visit) => Some(visit),
            At::Start | At::Left(_) => None,
        }
    }

    pub(crate) fn iterations(&mut self, branch: BranchId) -> Option<&mut Iterations> {
        match &mut self.visit_mut(branch)?.phase {
            Phase::Fork(Fork::Map(iterations)) => Some(iterations),
            _ => None,
        }
    }
}

impl Head {
    /// When the whole execution times out: by its own `TimeoutSeconds`, or by AWS's limit.
    fn deadline(&self, started: Millis) -> Millis {
        let limits = &self.machine.limits;
        let longest = if self.express {
            limits.express_seconds
        } else {
            limits.standard_seconds
        };
        // `TimeoutSeconds` is the state machine's own, not that of the executions of its Distributed Maps.
        let own = self
            .machine
            .timeout_seconds
            .filter(|_| self.flow == asl::StateMachine::TOP);
        started.after_seconds(own.unwrap_or(longest).min(longest))
    }
}

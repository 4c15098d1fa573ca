//! Failing: Retry, then Catch, then whatever contains the state.

use asl::{After, Catcher, Failure, QueryLanguage, Retrier, StateKind};
use json::{Payload, Str, Value};

use crate::event::{BranchId, Detail, Ending, StateType};
use crate::execution::{At, Fork, Phase, Visit};
use crate::moment::Millis;
use crate::states;
use crate::step::Stepper;
use crate::view::View;

/// Errors that neither Retry nor Catch sees: AWS treats them as faults of the definition.
const TERMINAL: &str = "States.Runtime";

/// Errors whose causes AWS gives without its opening words.
const PLAIN: [&str; 2] = ["States.DataLimitExceeded", "States.ReferencePathConflict"];

/// An error that a heartbeat may be caught by, beside the `States.Timeout` that history shows.
const HEARTBEAT: &str = "States.HeartbeatTimeout";

/// A failure on its way from a state outwards.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) failure: Failure,
    /// Whether a missed heartbeat is behind it.
    pub(crate) heartbeat: bool,
    /// Whether JSONata kept a Parallel or Map from starting, which AWS records as its failure nevertheless.
    pub(crate) kept_from_starting: bool,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            heartbeat: false,
            kept_from_starting: false,
        }
    }
}

impl Trouble {
    fn is_terminal(&self) -> bool {
        self.failure.error.as_deref() == Some(TERMINAL)
    }

    /// Whether one of these names means it.
    fn is_one_of(&self, names: &[Str]) -> bool {
        let error = self.failure.error.as_deref();
        names.iter().any(|name| match &**name {
            "States.ALL" => true,
            "States.TaskFailed" => error != Some("States.Timeout"),
            HEARTBEAT if self.heartbeat => true,
            name => error == Some(name),
        })
    }

    /// What Catch puts into the data. Where there is no cause AWS writes `null`, but for a time-out an empty text.
    fn output(&self) -> Value {
        let text = |part: &Option<Str>| part.clone().map_or(Value::Null, Value::from);
        let is_timeout = self.failure.error.as_deref() == Some("States.Timeout");
        let cause = match &self.failure.cause {
            None if is_timeout => Value::from(""),
            cause => text(cause),
        };
        Value::object([("Error", text(&self.failure.error)), ("Cause", cause)])
    }
}

impl Stepper<'_> {
    /// A state failed while its expressions were evaluated: the cause says where.
    pub(crate) fn fail_evaluating(&mut self, branch: BranchId, failure: Failure) {
        let explained = self.explain(branch, failure);
        self.record_evaluation_failed(branch, &explained);
        self.fail(branch, explained.into());
    }

    /// The same before the work of the state began.
    pub(crate) fn fail_beginning(&mut self, branch: BranchId, failure: Failure) {
        let failure = self.explain(branch, failure);
        let kept_from_starting = self.record_evaluation_failed(branch, &failure);
        self.fail(
            branch,
            Trouble {
                failure,
                heartbeat: false,
                kept_from_starting,
            },
        );
    }

    /// Records a failure of JSONata; whether it is one.
    fn record_evaluation_failed(&mut self, branch: BranchId, failure: &Failure) -> bool {
        if failure.error.as_deref() != Some(Failure::QUERY_EVALUATION_ERROR) {
            return false;
        }
        let Some(visit) = self.execution.visit(branch) else {
            return false;
        };
        // As AWS links it: when nothing happened in the state yet, to the event before the state.
        let last = self.previous(branch);
        let previous = if last == visit.entered { visit.before } else { last };
        let detail = Detail::EvaluationFailed {
            state: self.state_name(branch),
            location: failure.location.clone(),
            ending: failure.clone().into(),
        };
        self.record(branch, previous, detail);
        true
    }

    /// The failure with AWS's opening words: which state, and the event that entered it.
    pub(crate) fn explain(&self, branch: BranchId, failure: Failure) -> Failure {
        let Some(visit) = self.execution.visit(branch) else {
            return failure;
        };
        // A state that is tested fails without them: there is nothing else that it could be.
        if self.probe.is_some() {
            return failure;
        }
        if failure
            .error
            .as_deref()
            .is_some_and(|error| PLAIN.contains(&error))
        {
            return failure;
        }
        let name = &self.machine.state(visit.state).name;
        let cause = failure.cause.as_deref().unwrap_or_default();
        let cause = format!(
            "An error occurred while executing the state '{name}' (entered at the event id #{}). {cause}",
            visit.entered
        );
        Failure {
            cause: Some(cause.into()),
            ..failure
        }
    }

    /// The state that a branch is in failed: it is tried again, caught, or takes its surroundings along.
    pub(crate) fn fail(&mut self, branch: BranchId, trouble: Trouble) {
        let previous = self.previous(branch);
        self.fail_after(branch, previous, trouble);
    }

    /// The same, following from an event of a branch inside.
    fn fail_after(&mut self, branch: BranchId, previous: u64, mut trouble: Trouble) {
        // A catcher sees what history shows.
        trouble.failure = Ending::from(trouble.failure).into();
        let Some(visit) = self.execution.visit(branch) else {
            return;
        };
        let state = self.machine.state(visit.state);
        self.saw_failure(&trouble.failure);
        let after = match &state.kind {
            StateKind::Task(task) => Some(&task.after),
            StateKind::Parallel(parallel) => Some(&parallel.after),
            StateKind::Map(map) => Some(&map.after),
            StateKind::Pass(_)
            | StateKind::Choice(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_) => None,
        };
        if let Some(after) = after.filter(|_| !trouble.is_terminal()) {
            if self.schedule_retry(branch, previous, after, &trouble) {
                return;
            }
            self.record_fork_failed(branch, previous, &trouble);
            if self.catch(branch, after, &trouble) {
                return;
            }
        } else {
            self.record_fork_failed(branch, previous, &trouble);
        }
        self.fail_branch(branch, trouble);
    }

    /// Takes up a failed state again: its time has come.
    pub(crate) fn retry(&mut self, branch: BranchId) {
        let Some(visit) = self.execution.visit(branch) else {
            return;
        };
        let state = visit.state;
        states::begin(self, branch, state);
    }

    fn schedule_retry(&mut self, branch: BranchId, previous: u64, after: &After, trouble: &Trouble) -> bool {
        let found = after
            .retry
            .iter()
            .enumerate()
            .find(|(_, retrier)| trouble.is_one_of(&retrier.error_equals));
        let Some((index, retrier)) = found else {
            return false;
        };
        self.saw_retrier(index);
        let Some(visit) = self.execution.visit(branch) else {
            return false;
        };
        let used = visit
            .attempts
            .iter()
            .find(|(known, _)| *known == index as u32)
            .map_or(0, |(_, count)| *count);
        if used >= retrier.max_attempts {
            return false;
        }
        let delay = retrier.delay_millis(used, self.chance.fraction());
        self.saw_backoff(delay);
        let until = self.now().plus(delay);
        self.cancel_tasks_below(branch);
        self.record(
            branch,
            previous,
            Detail::RetryScheduled {
                retrier: index as u32,
                until,
            },
        );
        true
    }

    fn catch(&mut self, branch: BranchId, after: &After, trouble: &Trouble) -> bool {
        let found = after
            .catch
            .iter()
            .enumerate()
            .find(|(_, catcher)| trouble.is_one_of(&catcher.error_equals));
        let Some((index, catcher)) = found else {
            return false;
        };
        self.saw_catcher(index);
        let Some(visit) = self.execution.visit(branch) else {
            return false;
        };
        let error = trouble.output();
        match self.caught(branch, visit, catcher, &error) {
            Ok((output, assigned)) => {
                states::leave(
                    self,
                    branch,
                    output,
                    assigned,
                    asl::Transition::Next(catcher.next),
                );
            }
            Err(failure) => self.fail_branch_explained(branch, failure),
        }
        true
    }

    /// What a catcher makes of an error: the state's output, and the variables that it sets.
    fn caught(
        &self,
        branch: BranchId,
        visit: &Visit,
        catcher: &Catcher,
        error: &Value,
    ) -> Result<(Payload, Vec<(Str, Value)>), Failure> {
        let state = self.machine.state(visit.state);
        let input = visit.input.value();
        let view = View::new(self, branch);
        let (output, assigned) = match state.query_language {
            QueryLanguage::JsonPath => (
                catcher.result_path.place(input, error.clone())?,
                catcher.assign.evaluate(view.env(error))?,
            ),
            QueryLanguage::Jsonata => {
                let env = view.env(input).with_error(error);
                let output = match &catcher.output {
                    Some(output) => output.evaluate(env)?,
                    None => error.clone(),
                };
                (output, catcher.assign.evaluate(env)?)
            }
        };
        Ok((
            states::payload(self, &state.name, &visit.input, output)?,
            assigned,
        ))
    }

    fn fail_branch_explained(&mut self, branch: BranchId, failure: Failure) {
        let explained = self.explain(branch, failure);
        self.record_evaluation_failed(branch, &explained);
        self.fail_branch(branch, explained.into());
    }

    /// Nothing in the branch caught the failure: the execution fails, or the Parallel or Map around it.
    fn fail_branch(&mut self, branch: BranchId, trouble: Trouble) {
        let previous = self.previous(branch);
        let Some(parent) = self
            .execution
            .branches
            .get(&branch)
            .and_then(|branch| branch.parent)
        else {
            return self.finish_failed(trouble.failure, previous);
        };
        self.cancel_tasks_below(branch);
        if let Some(Phase::Fork(Fork::Map(_))) = self.execution.visit(parent.branch).map(|visit| &visit.phase)
        {
            let name = self.state_name(parent.branch);
            self.record(
                branch,
                previous,
                Detail::MapIterationFailed {
                    name,
                    index: u64::from(parent.slot),
                },
            );
        }
        self.drop_work_below(parent.branch);
        self.cancel_tasks_below(parent.branch);
        self.abort_children(parent.branch);
        self.fail_after(parent.branch, previous, trouble);
    }

    /// Records that a Parallel or Map failed, while its branches or iterations ran or before.
    fn record_fork_failed(&mut self, branch: BranchId, previous: u64, trouble: &Trouble) {
        let Some(visit) = self.execution.visit(branch) else {
            return;
        };
        let detail = match (&self.machine.state(visit.state).kind, &visit.phase) {
            (_, Phase::Fork(Fork::Parallel(_))) => Detail::ParallelStateFailed,
            (_, Phase::Fork(Fork::Map(_))) => Detail::MapStateFailed,
            (_, Phase::MapRun(_)) => Detail::MapStateFailed,
            (StateKind::Parallel(_), _) if trouble.kept_from_starting => Detail::ParallelStateFailed,
            (StateKind::Map(_), _) if trouble.kept_from_starting => Detail::MapStateFailed,
            _ => return,
        };
        self.record(branch, previous, detail);
    }

    /// Records what is aborted inside a Parallel or Map that failed.
    fn abort_children(&mut self, branch: BranchId) {
        let Some(visit) = self.execution.visit(branch) else {
            return;
        };
        match &visit.phase {
            Phase::Fork(Fork::Parallel(branches)) => {
                for child in branches.children.clone() {
                    self.abort_state(child);
                }
            }
            Phase::Fork(Fork::Map(iterations)) => {
                for child in iterations.running.clone() {
                    self.abort_state(child);
                    let Some(parent) = self
                        .execution
                        .branches
                        .get(&child)
                        .and_then(|branch| branch.parent)
                    else {
                        continue;
                    };
                    let name = self.state_name(parent.branch);
                    let index = u64::from(parent.slot);
                    self.record_next(child, Detail::MapIterationAborted { name, index });
                }
            }
            Phase::Idle
            | Phase::Waiting { .. }
            | Phase::Backoff { .. }
            | Phase::Task(_)
            | Phase::Over(_)
            | Phase::MapRun(_) => {}
        }
    }

    /// Records that the state which a branch is in was aborted, where AWS has an event for it.
    fn abort_state(&mut self, branch: BranchId) {
        self.abort_children(branch);
        if self.execution.has_open_map_run(branch) {
            self.record_next(branch, Detail::MapRunAborted);
            self.record_next(branch, Detail::MapStateAborted);
            return;
        }
        let Some(At::In(visit)) = self.execution.branches.get(&branch).map(|branch| &branch.at) else {
            return;
        };
        let aborted = match (StateType::of(&self.machine.state(visit.state).kind), &visit.phase) {
            // A Task that failed is aborted like one that still runs, as AWS records it.
            (StateType::Task, _) => Detail::TaskStateAborted,
            (StateType::Wait, _) => Detail::WaitStateAborted,
            // A Parallel or Map that failed itself has said so already.
            (StateType::Parallel, Phase::Fork(_) | Phase::Backoff { .. }) => Detail::ParallelStateAborted,
            (StateType::Map, Phase::Fork(_) | Phase::Backoff { .. }) => Detail::MapStateAborted,
            _ => return,
        };
        self.record_next(branch, aborted);
    }

    fn state_name(&self, branch: BranchId) -> Str {
        self.execution
            .visit(branch)
            .map(|visit| self.machine.state(visit.state).name.clone())
            .unwrap_or_default()
    }
}

trait Backoff {
    /// How long to wait before a retry, in milliseconds: `min(MaxDelaySeconds, IntervalSeconds × BackoffRate^n)`
    /// after n earlier ones, and with full jitter a part of it.
    fn delay_millis(&self, used: u64, fraction: f64) -> i64;
}

impl Backoff for Retrier {
    fn delay_millis(&self, used: u64, fraction: f64) -> i64 {
        let power = i32::try_from(used).unwrap_or(i32::MAX);
        let seconds = self.interval_seconds as f64 * self.backoff_rate.powi(power);
        let bounded = self
            .max_delay_seconds
            .map_or(seconds, |most| seconds.min(most as f64));
        let drawn = if self.full_jitter {
            bounded * fraction
        } else {
            bounded
        };
        (drawn * 1000.0).min(Millis::MAX_DELAY as f64) as i64
    }
}

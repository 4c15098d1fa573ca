//! One step: from an input, as far as the execution can go by itself.

use std::sync::Arc;

use asl::{Failure, StateId, StateMachine};
use json::Payload;

use crate::effect::{Effect, Outcome};
use crate::event::{BranchId, Detail, Ending, Event};
use crate::execution::{At, Execution, Fork, Phase};
use crate::input::{Input, TaskKey, TimerKey, TimerKind};
use crate::moment::{Chance, Millis, Moment};
use crate::probe::Probe;
use crate::states;

/// What a step did.
#[derive(Debug, Default)]
pub struct Step {
    /// What became true, in order.
    pub events: Vec<Event>,
    /// What must be done outside, once the events are saved.
    pub effects: Vec<Effect>,
    /// Whether the input still meant something. A late result, an old timer, anything after the end
    /// does not, and changes nothing.
    pub taken: bool,
}

/// Decides what follows from an input, and makes it true in the execution.
///
/// The step runs as far as it can: through any number of states, until only outside things can move
/// the execution on. Deterministic: the same execution, input and moment give the same step.
pub fn decide(execution: &mut Execution, input: Input, moment: Moment<'_>) -> Step {
    let machine = Arc::clone(&execution.head.machine);
    let mut stepper = Stepper::new(&machine, execution, moment, None);
    let taken = stepper.take(input);
    if taken {
        stepper.run();
    }
    Step {
        events: stepper.events,
        effects: stepper.effects,
        taken,
    }
}

/// Events after which a step of an Express execution, whose history has no limit, pauses: an endless loop
/// of states must neither hold up others nor outlive its five minutes.
const EXPRESS_STEP_EVENTS_MAX: usize = 4096;

/// How long such a pause is.
const PAUSE_MILLIS: i64 = 1;

/// What is still to be done in this step, the last first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Work {
    /// A branch goes into a state.
    Enter {
        branch: BranchId,
        state: StateId,
        input: Payload,
    },
    /// An iteration of a Map begins, following from an event.
    Iterate { map: BranchId, slot: u32, previous: u64 },
    /// A redriven branch begins the work of its state once more, or that of the iteration which it is.
    Resume { branch: BranchId },
    /// A branch other than the execution's own came to its end.
    Ended { branch: BranchId },
}

pub(crate) struct Stepper<'s> {
    pub(crate) machine: &'s StateMachine,
    pub(crate) execution: &'s mut Execution,
    pub(crate) chance: Chance,
    pub(crate) moment: Moment<'s>,
    pub(crate) room: usize,
    /// How many tasks this step has sent through each lane.
    pub(crate) lanes: Vec<(json::Str, usize)>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) work: Vec<Work>,
    /// Who watches, when a state is tested.
    pub(crate) probe: Option<&'s Probe>,
    events: Vec<Event>,
    full: bool,
    /// Whether the state machine is being deleted, so that there is no next state.
    deleted: bool,
}

impl<'s> Stepper<'s> {
    pub(crate) fn new(
        machine: &'s StateMachine,
        execution: &'s mut Execution,
        moment: Moment<'s>,
        probe: Option<&'s Probe>,
    ) -> Self {
        let deleted = moment.world.is_deleting(&execution.head.machine_arn);
        Self {
            machine,
            chance: Chance::new(moment.seed),
            room: moment.room,
            lanes: Vec::new(),
            moment,
            execution,
            events: Vec::new(),
            effects: Vec::new(),
            work: Vec::new(),
            probe,
            full: false,
            deleted,
        }
    }
}

impl Stepper<'_> {
    pub(crate) fn now(&self) -> Millis {
        self.moment.now
    }

    /// Makes an event true and gives its number. The one way in which a step changes an execution.
    pub(crate) fn record(&mut self, branch: BranchId, previous: u64, detail: Detail) -> u64 {
        let last = self.execution.last_event;
        let id = if detail.is_silent() { last } else { last + 1 };
        let is_last_place = id >= self.machine.limits.history_events && !detail.is_silent();
        if self.full || (is_last_place && !detail.is_final() && !self.execution.head.express) {
            self.full = true;
            return last;
        }
        let event = Event {
            id,
            previous,
            at: self.moment.now,
            branch,
            detail,
        };
        let applied = self.execution.apply(&event);
        debug_assert!(applied.is_ok(), "an event that was decided must fit: {event:?}");
        self.events.push(event);
        id
    }

    /// Records an event that follows from the branch's last one.
    pub(crate) fn record_next(&mut self, branch: BranchId, detail: Detail) -> u64 {
        let previous = self.previous(branch);
        self.record(branch, previous, detail)
    }

    pub(crate) fn previous(&self, branch: BranchId) -> u64 {
        self.execution
            .branches
            .get(&branch)
            .map_or(0, |branch| branch.previous)
    }

    fn take(&mut self, input: Input) -> bool {
        if let Input::Redrive { token } = input {
            return self.redrive(token);
        }
        if self.execution.outcome.is_some()
            || (self.execution.last_event == 0) != matches!(input, Input::Start)
        {
            return false;
        }
        match input {
            Input::Redrive { .. } => return false,
            Input::Start => self.start(),
            Input::Timer(key) => return self.timer(key),
            Input::Stop(ending) => self.finish(Detail::ExecutionAborted(ending), 0),
            Input::TaskStarting(task) => return states::task::start_queued(self, task),
            Input::ActivityStarted { task, worker } => {
                return states::task::activity_started(self, task, worker);
            }
            Input::TaskSubmitted { task, output } => return states::task::submitted(self, task, output),
            Input::TaskSucceeded { task, output } => return states::task::succeeded(self, task, output),
            Input::CallFailed { task, ending } => return states::task::call_failed(self, task, ending),
            Input::TaskFailed { task, ending } => return states::task::failed(self, task, ending),
            Input::Heartbeat(task) => return self.heartbeat(task),
            Input::MapRunEnded { run, end } => return states::map_run::ended(self, run, end),
        }
        true
    }

    fn start(&mut self) {
        let head = Arc::clone(&self.execution.head);
        let started = Detail::ExecutionStarted {
            input: head.input.clone(),
            role_arn: head.role_arn.clone(),
            version_arn: head.version_arn.clone(),
            alias_arn: head.alias_arn.clone(),
        };
        self.record(BranchId::ROOT, 0, started);
        let state = self.machine.flow(head.flow).start_at;
        self.work.push(Work::Enter {
            branch: BranchId::ROOT,
            state,
            input: head.input.clone(),
        });
    }

    fn timer(&mut self, key: TimerKey) -> bool {
        let due = self
            .execution
            .timers
            .iter()
            .find(|(_, known)| *known == key)
            .map(|(due, _)| *due);
        if due.is_none_or(|due| due > self.moment.now) {
            return false;
        }
        let task = TaskKey {
            branch: key.branch,
            event: key.event,
        };
        match key.kind {
            TimerKind::Execution => {
                self.finish(Detail::ExecutionTimedOut(Ending::default()), 0);
            }
            TimerKind::Wait => states::wait::over(self, key.branch),
            TimerKind::Retry if self.deleted => self.abort(),
            TimerKind::Retry => self.retry(key.branch),
            TimerKind::Continue => self.go_on(key),
            TimerKind::Timeout => states::task::timed_out(self, task, false),
            TimerKind::Heartbeat => states::task::timed_out(self, task, true),
        }
        true
    }

    fn heartbeat(&mut self, task: TaskKey) -> bool {
        let known = self.execution.attempt(task).is_some();
        self.execution.hear(task, self.moment.now);
        known
    }

    /// Does what is to be done until nothing is left.
    fn run(&mut self) {
        while self.execution.outcome.is_none() {
            if self.full {
                let cause = format!(
                    "The execution reached the maximum number of history events ({}).",
                    self.machine.limits.history_events
                );
                let previous = self.execution.last_event;
                self.full = false;
                self.finish(Detail::ExecutionFailed(Failure::runtime(cause).into()), previous);
                return;
            }
            if self.execution.head.express
                && self.events.len() >= EXPRESS_STEP_EVENTS_MAX
                && !self.work.is_empty()
            {
                return self.pause();
            }
            let Some(work) = self.work.pop() else { return };
            match work {
                Work::Enter { .. } if self.deleted => self.abort(),
                Work::Enter { branch, state, input } => states::enter(self, branch, state, input),
                Work::Iterate { map, slot, previous } => states::map::iterate(self, map, slot, previous),
                Work::Resume { branch } => self.resume_state(branch),
                Work::Ended { branch } => self.ended(branch),
            }
        }
    }

    /// Keeps what is left for a next step, which a timer asks for soon.
    fn pause(&mut self) {
        self.execution.paused = std::mem::take(&mut self.work);
        let key = TimerKey {
            branch: BranchId::ROOT,
            kind: TimerKind::Continue,
            event: self.execution.last_event,
        };
        self.execution
            .timers
            .insert((self.moment.now.plus(PAUSE_MILLIS), key));
    }

    fn go_on(&mut self, key: TimerKey) {
        self.execution.timers.retain(|(_, known)| *known != key);
        self.work = std::mem::take(&mut self.execution.paused);
    }

    /// A branch behind its last state: the execution succeeds, or its Parallel or Map takes the result.
    fn ended(&mut self, branch: BranchId) {
        let Some(content) = self.execution.branches.get(&branch) else {
            return;
        };
        let Some(parent) = content.parent else {
            let At::Left(output) = &content.at else { return };
            let (output, previous) = (output.clone(), content.previous);
            return self.finish(Detail::ExecutionSucceeded { output }, previous);
        };
        match self.execution.visit(parent.branch).map(|visit| &visit.phase) {
            Some(Phase::Fork(Fork::Parallel(_))) => states::parallel::joined(self, branch, parent.branch),
            Some(Phase::Fork(Fork::Map(_))) => states::map::joined(self, branch, parent),
            _ => {}
        }
    }

    /// Ends the execution: what is still under way is cancelled, what was to be sent stays here.
    pub(crate) fn finish(&mut self, detail: Detail, previous: u64) {
        self.cancel_tasks_below(BranchId::ROOT);
        self.work.clear();
        self.record(BranchId::ROOT, previous, detail);
        if let Some(outcome) = self.execution.outcome.clone() {
            self.effects.push(Effect::Finished(outcome));
        }
    }

    /// Ends the execution because its state machine is being deleted.
    pub(crate) fn abort(&mut self) {
        self.finish(Detail::ExecutionAborted(Ending::default()), 0);
    }

    /// Ends the execution with a failure that nothing caught.
    pub(crate) fn finish_failed(&mut self, failure: Failure, previous: u64) {
        self.finish(Detail::ExecutionFailed(failure.into()), previous);
    }

    /// Cancels the tasks of a branch and of all branches that run in it.
    pub(crate) fn cancel_tasks_below(&mut self, branch: BranchId) {
        let Some(visit) = self.execution.visit(branch) else {
            return;
        };
        match &visit.phase {
            Phase::Task(attempt) => {
                let task = TaskKey {
                    branch,
                    event: attempt.event,
                };
                self.cancel(task);
            }
            Phase::Fork(Fork::Parallel(branches)) => {
                for child in branches.children.clone() {
                    self.cancel_tasks_below(child);
                }
            }
            Phase::Fork(Fork::Map(iterations)) => {
                for child in iterations.running.clone() {
                    self.cancel_tasks_below(child);
                }
            }
            Phase::MapRun(run) if !run.is_over => {
                self.effects.push(Effect::AbortMapRun(run.start.arn.clone()));
            }
            Phase::Idle
            | Phase::Waiting { .. }
            | Phase::Backoff { .. }
            | Phase::Over(_)
            | Phase::MapRun(_) => {}
        }
    }

    /// Forgets what was still to be done in the branches of a Parallel or Map that is over.
    pub(crate) fn drop_work_below(&mut self, branch: BranchId) {
        let execution = &*self.execution;
        self.work.retain(|work| match work {
            Work::Enter { branch: at, .. } | Work::Resume { branch: at } | Work::Ended { branch: at } => {
                !execution.is_below(*at, branch)
            }
            Work::Iterate { map, .. } => *map != branch && !execution.is_below(*map, branch),
        });
    }

    /// Cancels a task; one that this very step was to send is just not sent.
    pub(crate) fn cancel(&mut self, task: TaskKey) {
        let before = self.effects.len();
        self.effects.retain(|effect| match effect {
            Effect::Send(order) | Effect::Offer(order) => order.task != task,
            Effect::Queue(queued) => *queued != task,
            Effect::Follow(..)
            | Effect::Cancel(_)
            | Effect::Finished(_)
            | Effect::StartMapRun(_)
            | Effect::RedriveMapRun(_)
            | Effect::AbortMapRun(_) => true,
        });
        if self.effects.len() == before {
            self.effects.push(Effect::Cancel(task));
        }
    }
}

/// How an execution ended, as a failure that its parent sees; `None` when it succeeded.
impl Outcome {
    /// The status as AWS names it.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
            Self::TimedOut(_) => "TIMED_OUT",
            Self::Aborted(_) => "ABORTED",
        }
    }
}

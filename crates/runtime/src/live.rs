//! A live execution: its state, and what is under way for it.

use std::sync::Arc;

use asl::{FlowId, Pattern, StateMachine, Target};
use engine::{Effect, Event, Execution, Head, Millis, Order, Outcome, Progress, TaskKey};
use ids::TaskToken;
use integrations::{Call, Described};
use json::{Payload, Str};
use store::{Created, ExecId, MapSeat, OpenRow, Parent, PayloadTable, Redriven, Status};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::catalog::Revision;
use crate::dispatcher::LanePlace;
use crate::shared::Shared;
use crate::test_run::TestRun;

/// An execution in memory.
pub(crate) struct Live {
    pub(crate) id: ExecId,
    pub(crate) execution: Execution,
    pub(crate) revision: Arc<Revision>,
    pub(crate) origin: Origin,
    pub(crate) kind: Kind,
    /// When its worker's timers will call it.
    pub(crate) due: Option<Millis>,
    /// Until when it is not called although it is due, because its account has no state transitions left.
    pub(crate) held: Option<Millis>,
    /// The open row as it was decided last.
    pub(crate) open: Option<OpenRow>,
    /// What is known of its tasks' mocked responses, if it is a test.
    pub(crate) test_run: Option<Box<TestRun>>,
    /// How many of its steps are not yet saved.
    pub(crate) uncommitted: usize,
    /// How many of its steps are saved, and what they asked for is about to be done.
    pub(crate) releasing: usize,
    /// The tasks that these steps cancel: none of them is sent any more.
    pub(crate) cancelled: Vec<TaskKey>,
    /// About how many bytes its history has.
    pub(crate) weight: usize,
    /// Tasks that were sent and have not answered.
    pub(crate) running: Vec<Running>,
    /// Places in lanes for tasks that are to be sent.
    pub(crate) places: Vec<(TaskKey, LanePlace)>,
    /// Nested executions that tasks wait for.
    pub(crate) children: Vec<(TaskKey, Str)>,
    /// Ends of nested executions that came before their start was answered.
    pub(crate) early: Vec<(TaskKey, Arc<Described>)>,
    /// When it came to rest, by its worker's count; none while it is busy.
    pub(crate) rest: Option<u64>,
}

/// A task that was sent and has not answered.
pub(crate) struct Running {
    pub(crate) task: TaskKey,
    pub(crate) abort: AbortHandle,
    /// Whether it starts a nested execution and waits for its end.
    pub(crate) child: bool,
    /// The job whose end is waited for.
    pub(crate) job: Option<Job>,
}

/// A job that a service accepted.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) call: Call,
    /// What the service answered.
    pub(crate) accepted: Payload,
}

impl Drop for Running {
    fn drop(&mut self) {
        // A start that is under way can't be taken back: its answer will name the child to stop.
        if !self.child {
            self.abort.abort();
        }
    }
}

/// What is known of a start beside what the engine knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) map_run_arn: Option<Str>,
    pub(crate) map_seat: Option<MapSeat>,
    /// How often it was run before, when it is an Express execution that a redriven map run runs again.
    pub(crate) again: Option<Redriven>,
    pub(crate) parent: Option<Parent>,
    pub(crate) trace_header: Option<Str>,
    pub(crate) test_case: Option<Str>,
}

impl Origin {
    /// What a start has that is saved, or would be.
    pub(crate) fn of(created: &Created) -> Self {
        Self {
            map_run_arn: created.map_run_arn.clone(),
            map_seat: created.map_seat,
            again: None,
            parent: created.parent,
            trace_header: created.trace_header.clone(),
            test_case: created.test_case.clone(),
        }
    }
}

/// How an execution is kept.
pub(crate) enum Kind {
    /// Every step is saved.
    Standard(PayloadTable),
    /// No step is saved.
    Express {
        /// What happened so far.
        events: Vec<Event>,
        /// Who waits for its end.
        waiter: Option<oneshot::Sender<Arc<Described>>>,
        /// Whether its start was saved, to be run again after a crash.
        saved: bool,
    },
}

impl Live {
    pub(crate) fn new(id: ExecId, head: Head, revision: Arc<Revision>, origin: Origin, kind: Kind) -> Self {
        Self::of(id, Execution::new(head), revision, origin, kind)
    }

    /// One whose history was folded.
    pub(crate) fn of(
        id: ExecId,
        execution: Execution,
        revision: Arc<Revision>,
        origin: Origin,
        kind: Kind,
    ) -> Self {
        let weight = 512 + execution.head().input.bytes();
        let machine = &execution.head().machine_name;
        let test_run = origin
            .test_case
            .as_ref()
            .map(|case| Box::new(TestRun::new(machine.clone(), case.clone())));
        Self {
            id,
            execution,
            revision,
            origin,
            kind,
            due: None,
            held: None,
            open: None,
            test_run,
            uncommitted: 0,
            releasing: 0,
            cancelled: Vec::new(),
            weight,
            running: Vec::new(),
            places: Vec::new(),
            children: Vec::new(),
            early: Vec::new(),
            rest: None,
        }
    }

    pub(crate) fn is_express(&self) -> bool {
        matches!(self.kind, Kind::Express { .. })
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.execution.outcome().is_some()
    }

    /// Whether all that can move it on is a timer or somebody outside, and all of it is saved.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.uncommitted == 0
            && self.running.is_empty()
            && self.early.is_empty()
            && !self.is_express()
            && !self.has_ended()
    }

    /// Stops asking for jobs whose tasks were ended by their tokens: they go on by themselves.
    pub(crate) fn forget_jobs_of_others(&mut self) {
        if self.uncommitted > 0 || self.running.iter().all(|running| running.job.is_none()) {
            return;
        }
        let execution = &self.execution;
        self.running
            .retain(|running| running.job.is_none() || execution.open_task(running.task).is_some());
    }

    /// What is saved with its first step.
    pub(crate) fn created(&self) -> Created {
        let head = self.execution.head();
        Created {
            arn: head.arn.clone(),
            name: head.name.clone(),
            machine_arn: head.machine_arn.clone(),
            revision: self.revision.record.id.clone(),
            version_arn: head.version_arn.clone(),
            alias_arn: head.alias_arn.clone(),
            map_run_arn: self.origin.map_run_arn.clone(),
            map_seat: self.origin.map_seat,
            started: head.started,
            parent: self.origin.parent,
            trace_header: self.origin.trace_header.clone(),
            test_case: self.origin.test_case.clone(),
        }
    }

    /// Takes notice of what became true.
    pub(crate) fn see(&mut self, events: &[Event]) {
        if let Some(test_run) = &mut self.test_run {
            test_run.see(events);
        }
    }

    /// Whether a task is not done for real.
    pub(crate) fn is_mocked(&self, shared: &Shared, task: TaskKey) -> bool {
        let test_run = self.test_run.as_ref();
        test_run.is_some_and(|test_run| test_run.mocks(shared, task))
    }

    /// What recovery must know of it, after a step with these effects.
    pub(crate) fn open_row(&self, effects: &[Effect], shared: &Shared) -> OpenRow {
        let asks = |effect: &Effect| matches!(effect, Effect::Send(_) | Effect::Queue(_) | Effect::Offer(_));
        let wake =
            !self.execution.open_map_runs().is_empty()
                || effects.iter().any(asks)
                || !self.running.is_empty()
                || self.execution.open_tasks().iter().any(|(order, progress)| {
                    !just_waits(order, progress) || self.is_mocked(shared, order.task)
                });
        OpenRow {
            due: self.execution.next_timer().map(|(due, _)| due),
            wake,
        }
    }

    /// What `DescribeExecution` tells of it.
    pub(crate) fn described(&self) -> Described {
        let head = self.execution.head();
        Described {
            arn: head.arn.clone(),
            name: head.name.clone(),
            machine_arn: head.machine_arn.clone(),
            version_arn: head.version_arn.clone(),
            alias_arn: head.alias_arn.clone(),
            map_run_arn: self.origin.map_run_arn.clone(),
            trace_header: self.origin.trace_header.clone(),
            started: head.started,
            stopped: self.execution.ended(),
            input: head.input.clone(),
            outcome: self.execution.outcome().cloned(),
            redriven: self.origin.again.or(self.execution.redriven()),
            events: self.execution.last_event(),
        }
    }

    /// A task as the integrations see it.
    pub(crate) fn call(&self, order: Order) -> Call {
        let head = self.execution.head();
        let scope = &self.revision.arn.scope;
        let token = has_token(&order).then(|| self.token(order.task, order.nonce));
        Call {
            execution: self.id.0,
            execution_arn: head.arn.clone(),
            machine_arn: head.machine_arn.clone(),
            role_arn: head.role_arn.clone(),
            state: self.execution.state_of(order.task).cloned().unwrap_or_default(),
            token,
            account: Arc::clone(&scope.account),
            region: Arc::clone(&scope.region),
            limits: head.machine.limits,
            order,
        }
    }

    /// The text of a task's token.
    pub(crate) fn token(&self, task: TaskKey, nonce: u64) -> Str {
        let token = TaskToken {
            execution_id: self.id.0,
            scheduled_event_id: task.event,
            nonce,
        };
        token.to_string().into()
    }

    /// The place that is held for a task to be sent.
    pub(crate) fn take_place(&mut self, task: TaskKey) -> Option<LanePlace> {
        let at = self.places.iter().position(|(known, _)| *known == task)?;
        Some(self.places.swap_remove(at).1)
    }

    /// Forgets that a task runs.
    pub(crate) fn not_running(&mut self, task: TaskKey) -> Option<Running> {
        let place = self.running.iter().position(|running| running.task == task)?;
        Some(self.running.swap_remove(place))
    }
}

/// Says in the log that an execution is a test, so that nobody takes its results for real ones.
pub(crate) fn log_test(arn: &str, origin: &Origin) {
    if let Some(test_case) = &origin.test_case {
        tracing::info!(execution = arn, %test_case, "a test begins: its tasks get mocked responses");
    }
}

/// The head of an execution that runs a revision.
pub(crate) fn head(
    id: ExecId,
    revision: &Revision,
    created: &Created,
    role_arn: Str,
    input: Payload,
    express: bool,
) -> Head {
    Head {
        id: id.0,
        arn: created.arn.clone(),
        name: created.name.clone(),
        machine_arn: created.machine_arn.clone(),
        machine_name: revision.arn.name.text(),
        version_arn: created.version_arn.clone(),
        alias_arn: created.alias_arn.clone(),
        role_arn,
        region: Arc::clone(&revision.arn.scope.region),
        started: created.started,
        express,
        machine: Arc::clone(&revision.states),
        flow: flow(revision, created),
        input,
    }
}

/// The flow that an execution runs: the whole state machine, or the processor of the Map whose child it is.
fn flow(revision: &Revision, created: &Created) -> FlowId {
    let label = created.map_run_arn.as_deref().and_then(crate::map_runs::label);
    let map = label.and_then(|label| revision.states.labelled(label));
    map.map_or(StateMachine::TOP, |map| map.processor)
}

/// Whether a task waits for the end of a nested execution.
pub(crate) fn awaits_child(order: &Order) -> bool {
    matches!(&order.target, Target::Service { service, pattern, .. }
        if &**service == "states" && matches!(pattern, Pattern::Sync | Pattern::Sync2))
}

fn has_token(order: &Order) -> bool {
    matches!(&order.target, Target::Service { pattern, .. } if *pattern != Pattern::RequestResponse)
}

/// Whether a task starts a nested execution: a start that is made again is the first one.
pub(crate) fn starts_child(order: &Order) -> bool {
    matches!(&order.target, Target::Service { service, action, .. }
        if &**service == "states" && &**action == "startExecution")
}

/// Whether an open task just goes on waiting when the server starts again: somebody outside has it, and
/// reports its result. Of a callback whose call was under way nobody knows whether its token went out, so that
/// one is lost like any other call.
pub(crate) fn just_waits(order: &Order, progress: &Progress) -> bool {
    match (&order.target, progress) {
        (Target::Activity, Progress::Started) => true,
        (Target::Service { pattern, .. }, Progress::Submitted(_)) => *pattern == Pattern::WaitForTaskToken,
        _ => false,
    }
}

/// The status that an outcome is stored as.
pub(crate) fn status(outcome: &Outcome) -> Status {
    match outcome {
        Outcome::Succeeded(_) => Status::Succeeded,
        Outcome::Failed(_) => Status::Failed,
        Outcome::TimedOut(_) => Status::TimedOut,
        Outcome::Aborted(_) => Status::Aborted,
    }
}

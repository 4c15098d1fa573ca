//! An execution: what is known of it at a moment.
//!
//! Nothing here decides. The state changes by [`Execution::apply`] alone (in `fold.rs`), and what can be
//! derived from it (timers, open tasks) is derived.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use asl::{FlowId, StateId, StateMachine, limits};
use json::{Payload, Str, Value};
use serde::{Deserialize, Serialize};

use crate::effect::{Order, Outcome};
use crate::event::{BranchId, MapRunStart, Scheduled};
use crate::input::{TaskKey, TimerKey, TimerKind};
use crate::moment::Millis;
use crate::step::Work;

/// What an execution is, as opposed to what happens to it.
#[derive(Debug, Clone)]
pub struct Head {
    /// The number that it is stored under, and that its task tokens carry.
    pub id: u64,
    /// Its ARN.
    pub arn: Str,
    /// Its name.
    pub name: Str,
    /// The state machine's ARN, without version or alias.
    pub machine_arn: Str,
    /// The state machine's name.
    pub machine_name: Str,
    /// The version that it was started with.
    pub version_arn: Option<Str>,
    /// The alias that it was started with.
    pub alias_arn: Option<Str>,
    /// The role that it runs in.
    pub role_arn: Str,
    /// The region, as history shows it.
    pub region: Str,
    /// When it was started.
    pub started: Millis,
    /// Whether it is an Express execution.
    pub express: bool,
    /// The revision that it runs.
    pub machine: Arc<StateMachine>,
    /// The flow of it that it runs: [`StateMachine::TOP`], or the processor of the Distributed Map whose child it is.
    pub flow: FlowId,
    /// What it was given.
    pub input: Payload,
}

/// An execution at a moment.
#[derive(Debug, Clone)]
pub struct Execution {
    pub(crate) head: Arc<Head>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) ended: Option<Millis>,
    pub(crate) last_event: u64,
    pub(crate) next_branch: u32,
    pub(crate) branches: BTreeMap<BranchId, Branch>,
    /// Branches that came to no success, as they were last: what a redrive takes up.
    pub(crate) closed: BTreeMap<BranchId, Branch>,
    pub(crate) redrives: Vec<Redrive>,
    pub(crate) timers: BTreeSet<(Millis, TimerKey)>,
    pub(crate) variable_bytes: usize,
    /// What a long step left to do; always empty in executions that are saved.
    pub(crate) paused: Vec<Work>,
}

/// A line of states in motion.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Branch {
    pub(crate) flow: FlowId,
    pub(crate) parent: Option<Parent>,
    /// The event that the next one of this branch follows from.
    pub(crate) previous: u64,
    pub(crate) variables: Vec<Variable>,
    pub(crate) at: At,
}

/// A variable and how many bytes its JSON text has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    pub(crate) name: Str,
    pub(crate) value: Value,
    pub(crate) bytes: usize,
}

/// Where a branch or iteration belongs: the branch whose Parallel or Map it runs for, and its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Parent {
    pub(crate) branch: BranchId,
    pub(crate) slot: u32,
}

/// Where a branch is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum At {
    /// Before its first state.
    Start,
    /// In a state.
    In(Box<Visit>),
    /// Behind a state, with its output: behind the last one, this is the branch's result.
    Left(Payload),
}

/// One visit of a state, from Entered to Exited, retries included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Visit {
    pub(crate) state: StateId,
    /// The number of its Entered event.
    pub(crate) entered: u64,
    /// The event that the Entered event follows from.
    pub(crate) before: u64,
    pub(crate) entered_at: Millis,
    pub(crate) input: Payload,
    /// How often each retrier was used.
    pub(crate) attempts: Vec<(u32, u64)>,
    pub(crate) retries: u64,
    pub(crate) phase: Phase,
}

/// How far a visit is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Phase {
    /// Nothing was asked for, or the answer is there.
    Idle,
    /// A Wait waits.
    Waiting { until: Millis, event: u64 },
    /// A failed state waits to be tried again.
    Backoff { until: Millis, event: u64 },
    /// A task is under way.
    Task(Attempt),
    /// The branches of a Parallel or the iterations of a Map run.
    Fork(Fork),
    /// They have succeeded or failed, and what was in them is kept in [`Execution::closed`] as long as a
    /// redrive may need it: until the state is tried again or left.
    Over(Fork),
    /// A run of a Distributed Map is under way, or has ended without success and may be redriven.
    MapRun(Box<MapRun>),
}

/// A run of a Distributed Map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapRun {
    /// The number of its Started event.
    pub(crate) event: u64,
    pub(crate) start: MapRunStart,
    pub(crate) redrives: u32,
    pub(crate) is_over: bool,
}

/// What a Parallel or Map consists of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fork {
    /// The branches of a Parallel.
    Parallel(Branches),
    /// The iterations of a Map.
    Map(Iterations),
}

/// The branches of a Parallel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Branches {
    /// What each of them is given.
    pub(crate) input: Payload,
    pub(crate) children: Vec<BranchId>,
}

/// One attempt of a task.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The number of its Scheduled event.
    pub(crate) event: u64,
    pub(crate) scheduled: Scheduled,
    /// When it was sent, or taken by a worker.
    pub(crate) started: Option<Millis>,
    /// When it was last heard of.
    pub(crate) heard: Option<Millis>,
    /// Whether its job or callback was accepted and only the result is awaited.
    pub(crate) submitted: Option<Payload>,
}

/// The iterations of a Map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Iterations {
    pub(crate) items: Payload,
    pub(crate) max_concurrency: u64,
    /// The next item to be started.
    pub(crate) next: u32,
    pub(crate) running: BTreeSet<BranchId>,
    /// Those that failed or were aborted.
    pub(crate) lost: BTreeSet<BranchId>,
    pub(crate) results: Vec<Option<Payload>>,
}

impl Iterations {
    pub(crate) fn length(&self) -> u32 {
        self.results.len() as u32
    }

    /// How many iterations may run at once, where so many may at the most.
    pub(crate) fn width(&self, most: u32) -> u32 {
        match u32::try_from(self.max_concurrency) {
            Ok(0) | Err(_) => most,
            Ok(limit) => limit.min(most),
        }
    }
}

/// One redrive: when, and by a request with which client token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Redrive {
    pub(crate) at: Millis,
    pub(crate) token: Option<Str>,
}

/// How often and when last an execution was redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redriven {
    /// How many times by now.
    pub count: u32,
    /// When last.
    pub at: Millis,
}

/// How far an open task is.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Scheduled, not sent: it may be sent now.
    Scheduled,
    /// Sent, or taken by a worker; nothing was heard of its acceptance.
    Started,
    /// Accepted, with what the service answered; the result comes later.
    Submitted(Payload),
}

impl Execution {
    /// An execution to which nothing has happened yet. Feed [`crate::Input::Start`] next.
    pub fn new(head: Head) -> Self {
        Self {
            head: Arc::new(head),
            outcome: None,
            ended: None,
            last_event: 0,
            next_branch: 1,
            branches: BTreeMap::new(),
            closed: BTreeMap::new(),
            redrives: Vec::new(),
            timers: BTreeSet::new(),
            variable_bytes: 0,
            paused: Vec::new(),
        }
    }

    /// What it is.
    pub fn head(&self) -> &Arc<Head> {
        &self.head
    }

    /// How it ended; `None` while it runs.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// When it ended.
    pub fn ended(&self) -> Option<Millis> {
        self.ended
    }

    /// How often and when last it was redriven, if it was.
    pub fn redriven(&self) -> Option<Redriven> {
        let last = self.redrives.last()?;
        Some(Redriven {
            count: u32::try_from(self.redrives.len()).unwrap_or(u32::MAX),
            at: last.at,
        })
    }

    /// When a request with this client token redrove it, if it was one of the last ten and its token still
    /// counts.
    pub fn redriven_by(&self, token: &str, now: Millis) -> Option<Millis> {
        let known = self.redrives.iter().rev().take(limits::REDRIVE_TOKENS_MAX);
        known
            .filter(|redrive| now < redrive.at.after_seconds(limits::REDRIVE_TOKEN_SECONDS))
            .find(|redrive| redrive.token.as_deref() == Some(token))
            .map(|redrive| redrive.at)
    }

    /// The number of its last event that is shown.
    pub fn last_event(&self) -> u64 {
        self.last_event
    }

    /// The next timer, if there is any: feed [`crate::Input::Timer`] when it is due.
    pub fn next_timer(&self) -> Option<(Millis, TimerKey)> {
        self.timers.first().copied()
    }

    /// All timers, the earliest first.
    pub fn timers(&self) -> impl Iterator<Item = (Millis, TimerKey)> {
        self.timers.iter().copied()
    }

    /// The tasks that are under way, each with how far it is: what recovery takes up again.
    pub fn open_tasks(&self) -> Vec<(Order, Progress)> {
        let open = |(id, branch): (&BranchId, &Branch)| match &branch.at {
            At::In(visit) => self.open_in(*id, visit),
            At::Start | At::Left(_) => None,
        };
        self.branches.iter().filter_map(open).collect()
    }

    /// A task that is under way, with how far it is.
    pub fn open_task(&self, task: TaskKey) -> Option<(Order, Progress)> {
        let open = self.open_in(task.branch, self.visit(task.branch)?)?;
        (open.0.task == task).then_some(open)
    }

    fn open_in(&self, branch: BranchId, visit: &Visit) -> Option<(Order, Progress)> {
        let Phase::Task(attempt) = &visit.phase else {
            return None;
        };
        let progress = match (&attempt.submitted, attempt.started) {
            (Some(output), _) => Progress::Submitted(output.clone()),
            (None, Some(_)) => Progress::Started,
            (None, None) => Progress::Scheduled,
        };
        Some((self.order(branch, visit, attempt)?, progress))
    }

    /// Whether a task is still under way, and its token's secret part fits.
    pub fn awaits(&self, task: TaskKey, nonce: u64) -> bool {
        self.attempt(task)
            .is_some_and(|attempt| attempt.scheduled.nonce == nonce)
    }

    /// The task whose Scheduled event has this number, if it is still under way.
    pub fn task_at(&self, event: u64) -> Option<TaskKey> {
        self.branches
            .iter()
            .find_map(|(branch, content)| match &content.at {
                At::In(visit) => match &visit.phase {
                    Phase::Task(attempt) if attempt.event == event => Some(TaskKey {
                        branch: *branch,
                        event,
                    }),
                    _ => None,
                },
                _ => None,
            })
    }

    /// The map runs that are under way.
    pub fn open_map_runs(&self) -> Vec<TaskKey> {
        let open = |(branch, content): (&BranchId, &Branch)| match &content.at {
            At::In(visit) => match &visit.phase {
                Phase::MapRun(run) if !run.is_over => Some(TaskKey {
                    branch: *branch,
                    event: run.event,
                }),
                _ => None,
            },
            At::Start | At::Left(_) => None,
        };
        self.branches.iter().filter_map(open).collect()
    }

    /// Whether a branch waits for a map run.
    pub(crate) fn has_open_map_run(&self, branch: BranchId) -> bool {
        let visit = self.visit(branch);
        visit.is_some_and(|visit| matches!(&visit.phase, Phase::MapRun(run) if !run.is_over))
    }

    /// A map run that is under way.
    pub(crate) fn map_run(&self, run: TaskKey) -> Option<&MapRun> {
        match &self.visit(run.branch)?.phase {
            Phase::MapRun(known) if known.event == run.event && !known.is_over => Some(known),
            _ => None,
        }
    }

    /// The state that a task belongs to, by name.
    pub fn state_of(&self, task: TaskKey) -> Option<&Str> {
        let visit = self.visit(task.branch)?;
        Some(&self.head.machine.state(visit.state).name)
    }

    pub(crate) fn order(&self, branch: BranchId, visit: &Visit, attempt: &Attempt) -> Option<Order> {
        let asl::StateKind::Task(task) = &self.head.machine.state(visit.state).kind else {
            return None;
        };
        Some(Order {
            task: TaskKey {
                branch,
                event: attempt.event,
            },
            resource: task.resource.arn.clone(),
            target: task.resource.target.clone(),
            parameters: attempt.scheduled.parameters.clone(),
            role_arn: attempt.scheduled.role_arn.clone(),
            nonce: attempt.scheduled.nonce,
            deadline: attempt.deadline(),
        })
    }

    pub(crate) fn visit(&self, branch: BranchId) -> Option<&Visit> {
        match &self.branches.get(&branch)?.at {
            At::In(visit) => Some(visit),
            At::Start | At::Left(_) => None,
        }
    }

    pub(crate) fn attempt(&self, task: TaskKey) -> Option<&Attempt> {
        match &self.visit(task.branch)?.phase {
            Phase::Task(attempt) if attempt.event == task.event => Some(attempt),
            _ => None,
        }
    }

    /// Whether a branch runs inside the Parallel or Map that another one is in.
    pub(crate) fn is_below(&self, branch: BranchId, outer: BranchId) -> bool {
        let mut parent = self.branches.get(&branch).and_then(|branch| branch.parent);
        while let Some(above) = parent {
            if above.branch == outer {
                return true;
            }
            parent = self.branches.get(&above.branch).and_then(|branch| branch.parent);
        }
        false
    }

    /// The value of a variable as a branch sees it: its own, or the nearest outer one.
    pub(crate) fn variable(&self, branch: BranchId, name: &str) -> Option<&Value> {
        let mut scope = self.branches.get(&branch);
        while let Some(branch) = scope {
            if let Some(variable) = branch.variables.iter().find(|variable| &*variable.name == name) {
                return Some(&variable.value);
            }
            scope = branch.parent.and_then(|parent| self.branches.get(&parent.branch));
        }
        None
    }
}

impl PartialEq for Attempt {
    /// When a task was last heard of does not count: a heartbeat is no event, and starts anew after a restart.
    fn eq(&self, other: &Self) -> bool {
        self.event == other.event
            && self.scheduled == other.scheduled
            && self.started == other.started
            && self.submitted == other.submitted
    }
}

impl Attempt {
    /// When it times out: its time is counted from its start.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        Some(self.started?.after_seconds(self.scheduled.timeout_seconds?))
    }

    fn heartbeat_due(&self) -> Option<Millis> {
        Some(
            self.heard
                .max(self.started)?
                .after_seconds(self.scheduled.heartbeat_seconds?),
        )
    }
}

impl Phase {
    /// The timers that a branch in this phase needs.
    pub(crate) fn timers(&self, branch: BranchId) -> Vec<(Millis, TimerKey)> {
        let key = |kind, event| TimerKey { branch, kind, event };
        match self {
            Self::Idle | Self::Fork(_) | Self::Over(_) | Self::MapRun(_) => Vec::new(),
            Self::Waiting { until, event } => vec![(*until, key(TimerKind::Wait, *event))],
            Self::Backoff { until, event } => vec![(*until, key(TimerKind::Retry, *event))],
            Self::Task(attempt) => {
                let timeout = attempt
                    .deadline()
                    .map(|due| (due, key(TimerKind::Timeout, attempt.event)));
                let heartbeat = attempt
                    .heartbeat_due()
                    .map(|due| (due, key(TimerKind::Heartbeat, attempt.event)));
                timeout.into_iter().chain(heartbeat).collect()
            }
        }
    }
}

impl PartialEq for Execution {
    /// Whether both are in the same state: what the fold of a history is compared by. Heartbeats do not
    /// count, since they are no events.
    fn eq(&self, other: &Self) -> bool {
        let without_heartbeats = |execution: &Self| -> Vec<(Millis, TimerKey)> {
            execution
                .timers()
                .filter(|(_, key)| key.kind != TimerKind::Heartbeat)
                .collect()
        };
        self.head.arn == other.head.arn
            && self.outcome == other.outcome
            && self.ended == other.ended
            && self.last_event == other.last_event
            && self.next_branch == other.next_branch
            && self.branches == other.branches
            && self.closed == other.closed
            && self.redrives == other.redrives
            && without_heartbeats(self) == without_heartbeats(other)
            && self.variable_bytes == other.variable_bytes
    }
}

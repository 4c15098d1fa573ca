//! What is known of an execution, and how to ask for it.

pub use engine::Redriven;
use engine::{BranchId, Event, Millis};
use json::{Payload, Str};
use serde::{Deserialize, Serialize};

use crate::codec::PayloadTable;
use crate::id::ExecId;
use crate::map_run::MapSeat;

/// Where an execution is, as lists and descriptions say.
///
/// Stored by position: append, never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as AWS names them")]
pub enum Status {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
    PendingRedrive,
}

impl Status {
    /// All of them, by position.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Aborted,
        Self::PendingRedrive,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
            Self::PendingRedrive => "PENDING_REDRIVE",
        }
    }
}

/// What is known of an execution from its start and never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Its ARN.
    pub arn: Str,
    /// Its name.
    pub name: Str,
    /// The state machine, without version or alias.
    pub machine_arn: Str,
    /// The revision of the state machine that it runs.
    pub revision: Str,
    /// The version that it was started with, itself or through an alias.
    pub version_arn: Option<Str>,
    /// The alias that it was started with.
    pub alias_arn: Option<Str>,
    /// The Map Run that it is a child of.
    pub map_run_arn: Option<Str>,
    /// Which of the Map Run's executions it is.
    pub map_seat: Option<MapSeat>,
    /// When it started.
    pub started: Millis,
    /// The execution that waits for it.
    pub parent: Option<Parent>,
    /// The X-Ray trace header it was given.
    pub trace_header: Option<Str>,
    /// The test case whose mocked responses its tasks get instead of being done.
    pub test_case: Option<Str>,
}

/// The task that started an execution and waits for its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent execution.
    pub id: ExecId,
    /// The branch in it.
    pub branch: BranchId,
    /// The event that scheduled the task.
    pub event: u64,
}

/// How and when an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Its status; anything but [`Status::Running`].
    pub status: Status,
    /// When.
    pub stopped: Millis,
}

/// What recovery needs to know of an execution that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRow {
    /// When its earliest timer is due.
    pub due: Option<Millis>,
    /// Whether it must be loaded when the server starts: it has tasks in flight, offers or children.
    /// Otherwise it only waits for `due` or for a token.
    pub wake: bool,
}

/// What is known of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its number.
    pub id: ExecId,
    /// What is known from its start.
    pub created: Created,
    /// Where it is.
    pub status: Status,
    /// When it ended, if it has.
    pub stopped: Option<Millis>,
    /// How often and when last it was redriven, if it was.
    pub redriven: Option<Redriven>,
    /// The number of its last event.
    pub events: u64,
}

impl Summary {
    /// When it counts as of in lists: a running one since it started or was redriven, any other since it
    /// stopped.
    pub fn position(&self) -> Position {
        let began = self.redriven.map_or(self.created.started, |redriven| redriven.at);
        Position {
            at: self.stopped.unwrap_or(began),
            id: self.id,
        }
    }
}

/// An execution whole.
#[derive(Debug)]
pub struct Loaded {
    /// What is known of it.
    pub summary: Summary,
    /// Its events, silent ones included, in order.
    pub events: Vec<Event>,
    /// Its large payloads, for encoding what comes next.
    pub payloads: PayloadTable,
}

/// What a call of [`Store::expire`](crate::Store::expire) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// How many executions it removed.
    pub executions: usize,
    /// What there is to do next.
    pub next: NextExpiry,
}

/// What [`Store::expire`](crate::Store::expire) has to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextExpiry {
    /// There is more to remove now.
    More,
    /// Nothing, until the execution that ended then is old enough.
    At(Millis),
    /// Nothing: no execution that ended is left.
    Nothing,
}

/// Which part of a history to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryPage {
    /// The number of the event to begin with. Backwards, one past the end begins at the end.
    pub from_event: u64,
    /// How many numbers at most. Silent events don't count: each comes along with the event whose number
    /// it has.
    pub limit: usize,
    /// Whether to go from later events to earlier ones.
    pub reverse: bool,
}

impl HistoryPage {
    /// A page forward from an event.
    pub fn forward(from_event: u64, limit: usize) -> Self {
        Self {
            from_event,
            limit,
            reverse: false,
        }
    }

    /// A page backwards from an event.
    pub fn backward(from_event: u64, limit: usize) -> Self {
        Self {
            from_event,
            limit,
            reverse: true,
        }
    }

    /// The lowest and highest number in the page of a history that ends with event `last`.
    pub(crate) fn range(self, last: u64) -> Option<(u64, u64)> {
        let more = u64::try_from(self.limit).unwrap_or(u64::MAX).checked_sub(1)?;
        let (low, high) = if self.reverse {
            let high = self.from_event.min(last);
            (high.saturating_sub(more).max(1), high)
        } else {
            let low = self.from_event.max(1);
            (low, low.saturating_add(more).min(last))
        };
        (low <= high).then_some((low, high))
    }

    /// Leaves the events of the page, in its order.
    pub(crate) fn arrange(self, (low, high): (u64, u64), events: &mut Vec<Event>) {
        events.retain(|event| (low..=high).contains(&event.id));
        if self.reverse {
            events.reverse();
        }
    }
}

/// Whose executions to list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    /// Those of a state machine, by its ARN.
    Machine(Str),
    /// Those started with a version, by its ARN.
    Version(Str),
    /// Those started with an alias, by its ARN.
    Alias(Str),
    /// The children of a Map Run, by its ARN.
    MapRun(Str),
}

impl Listed {
    /// Whether an execution is one of them.
    pub(crate) fn has(&self, created: &Created) -> bool {
        match self {
            Self::Machine(arn) => created.machine_arn == *arn,
            Self::Version(arn) => created.version_arn.as_ref() == Some(arn),
            Self::Alias(arn) => created.alias_arn.as_ref() == Some(arn),
            Self::MapRun(arn) => created.map_run_arn.as_ref() == Some(arn),
        }
    }
}

/// Which executions to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionQuery {
    /// Whose.
    pub of: Listed,
    /// Only those with this status.
    pub status: Option<Status>,
    /// Only those after this position: the last of the page before.
    pub after: Option<Position>,
    /// How many at most.
    pub limit: usize,
}

/// A place in a list of executions, which is in falling order of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// See [`Summary::position`].
    pub at: Millis,
    /// The execution, where several are of the same moment.
    pub id: ExecId,
}

/// An asynchronous Express execution that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpressStart {
    /// Its number.
    pub id: ExecId,
    /// What is known from its start.
    pub created: Created,
    /// Its input.
    pub input: Payload,
}

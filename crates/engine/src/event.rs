//! History events: what became true of an execution.
//!
//! These are AWS's events with a few members more, so that folding them gives the execution back.
//! Three kinds are ours alone ([`Detail::is_silent`]): they carry what AWS's history leaves out, take
//! no number, and are never shown.

use asl::limits;
use json::{Payload, Str};
use serde::{Deserialize, Serialize};

use crate::effect::Outcome;
use crate::moment::Millis;

/// One thing that became true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number, from 1 without gaps. A silent event has the number of the one before it.
    pub id: u64,
    /// The number of the event that led to it; 0 for the first ones.
    pub previous: u64,
    /// When.
    pub at: Millis,
    /// The branch that it happened in.
    pub branch: BranchId,
    /// What.
    pub detail: Detail,
}

/// A line of states in motion: the execution's own is [`BranchId::ROOT`], every Parallel branch and
/// Map iteration has one, numbered in the order in which they began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BranchId(pub u32);

impl BranchId {
    /// The execution's own line.
    pub const ROOT: Self = Self(0);
}

/// The type of a state, as history names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as in the language")]
pub enum StateType {
    Pass,
    Task,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}

/// An error's name and cause, each where there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The error's name.
    pub error: Option<Str>,
    /// The cause.
    pub cause: Option<Str>,
}

/// What a Task asked for: the members of `TaskScheduled`, and what the fold needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scheduled {
    /// What the task is given.
    pub parameters: Payload,
    /// `TimeoutSeconds` as computed, if the state has one.
    pub timeout_seconds: Option<u64>,
    /// `HeartbeatSeconds` as computed, if the state has one.
    pub heartbeat_seconds: Option<u64>,
    /// The role of `Credentials`, if the state has one.
    pub role_arn: Option<Str>,
    /// What makes the task's token unguessable.
    pub nonce: u64,
}

/// What a run of a Distributed Map begins with: its ARN, and what it needs that was computed for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRunStart {
    /// The run's ARN.
    pub arn: Str,
    /// The items, an array or an object; an empty array when they are read elsewhere.
    pub items: Payload,
    /// What the `ItemReader` is given, if there is one.
    pub reader: Option<Payload>,
    /// How items are put into batches, if they are.
    pub batches: Option<BatchBounds>,
    /// What the `ResultWriter` is given, if there is one that writes elsewhere.
    pub writer: Option<Payload>,
    /// How many executions may run at once; 0 sets no limit.
    pub max_concurrency: u64,
    /// How many items may fail, if the state says so.
    pub tolerated_count: Option<u64>,
    /// How many percent of the items may fail, if the state says so.
    pub tolerated_percentage: Option<f64>,
    /// What the chance of its executions' inputs is drawn from, so that they are always the same.
    pub seed: u64,
}

/// `ItemBatcher` as computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchBounds {
    /// How many items a batch may have, if that is bounded.
    pub items_max: Option<u64>,
    /// How many bytes its JSON text may have, if that is bounded.
    pub bytes_max: Option<u64>,
    /// What all batches are given.
    pub input: Option<Payload>,
}

/// What happened. Named as AWS's event types; members are those of the event's details.
///
/// Stored by position: append variants, never reorder or remove them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described as AWS's history events are")]
pub enum Detail {
    ExecutionStarted {
        input: Payload,
        role_arn: Str,
        version_arn: Option<Str>,
        alias_arn: Option<Str>,
    },
    ExecutionSucceeded {
        output: Payload,
    },
    ExecutionFailed(Ending),
    ExecutionAborted(Ending),
    ExecutionTimedOut(Ending),
    /// `token` is the client token of the request, which makes it idempotent.
    ExecutionRedriven {
        count: u32,
        token: Option<Str>,
    },

    StateEntered {
        kind: StateType,
        state: u32,
        name: Str,
        input: Payload,
    },
    StateExited {
        kind: StateType,
        state: u32,
        name: Str,
        output: Payload,
        assigned: Vec<(Str, Payload)>,
    },

    TaskScheduled {
        resource_type: Str,
        resource: Str,
        region: Str,
        scheduled: Scheduled,
    },
    TaskStarted {
        resource_type: Str,
        resource: Str,
    },
    TaskStartFailed {
        resource_type: Str,
        resource: Str,
        ending: Ending,
    },
    TaskSubmitted {
        resource_type: Str,
        resource: Str,
        output: Payload,
    },
    TaskSubmitFailed {
        resource_type: Str,
        resource: Str,
        ending: Ending,
    },
    TaskSucceeded {
        resource_type: Str,
        resource: Str,
        output: Payload,
    },
    TaskFailed {
        resource_type: Str,
        resource: Str,
        ending: Ending,
    },
    TaskTimedOut {
        resource_type: Str,
        resource: Str,
        ending: Ending,
    },
    TaskStateAborted,

    LambdaFunctionScheduled {
        resource: Str,
        scheduled: Scheduled,
    },
    LambdaFunctionScheduleFailed(Ending),
    LambdaFunctionStarted,
    LambdaFunctionStartFailed(Ending),
    LambdaFunctionSucceeded {
        output: Payload,
    },
    LambdaFunctionFailed(Ending),
    LambdaFunctionTimedOut(Ending),

    ActivityScheduled {
        resource: Str,
        scheduled: Scheduled,
    },
    ActivityScheduleFailed(Ending),
    ActivityStarted {
        worker: Option<Str>,
    },
    ActivitySucceeded {
        output: Payload,
    },
    ActivityFailed(Ending),
    ActivityTimedOut(Ending),

    WaitStateAborted,

    /// `input` is what every branch is given.
    ParallelStateStarted {
        input: Payload,
    },
    ParallelStateSucceeded,
    ParallelStateFailed,
    ParallelStateAborted,

    /// `items` are the items of an inline Map; AWS shows how many. Those of a Distributed Map are its run's.
    MapStateStarted {
        items: Payload,
        length: u64,
        max_concurrency: u64,
    },
    /// `branch` of the event is the iteration's own, `parent` the Map's.
    MapIterationStarted {
        name: Str,
        index: u64,
        parent: BranchId,
    },
    MapIterationSucceeded {
        name: Str,
        index: u64,
    },
    MapIterationFailed {
        name: Str,
        index: u64,
    },
    MapIterationAborted {
        name: Str,
        index: u64,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapStateAborted,

    EvaluationFailed {
        state: Str,
        location: Option<Str>,
        ending: Ending,
    },

    /// Silent: a Wait waits until a moment.
    WaitScheduled {
        until: Millis,
    },
    /// Silent: the state will be tried again.
    RetryScheduled {
        retrier: u32,
        until: Millis,
    },
    /// Silent: a Parallel branch began; `branch` of the event is its own, `parent` the Parallel's.
    BranchStarted {
        slot: u32,
        parent: BranchId,
    },

    /// AWS shows the ARN.
    MapRunStarted(Box<MapRunStart>),
    MapRunSucceeded,
    MapRunFailed(Ending),
    MapRunAborted,
    MapRunRedriven {
        arn: Str,
        count: u32,
    },
}

impl Detail {
    /// The event that an execution ends with.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome.clone() {
            Outcome::Succeeded(output) => Self::ExecutionSucceeded { output },
            Outcome::Failed(ending) => Self::ExecutionFailed(ending),
            Outcome::TimedOut(ending) => Self::ExecutionTimedOut(ending),
            Outcome::Aborted(ending) => Self::ExecutionAborted(ending),
        }
    }

    /// Whether AWS's history does not show it.
    pub fn is_silent(&self) -> bool {
        matches!(
            self,
            Self::WaitScheduled { .. } | Self::RetryScheduled { .. } | Self::BranchStarted { .. }
        )
    }

    /// Whether it ends the execution.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::ExecutionSucceeded { .. }
                | Self::ExecutionFailed(_)
                | Self::ExecutionAborted(_)
                | Self::ExecutionTimedOut(_)
        )
    }
}

impl Ending {
    /// With no more of the error's name and cause than AWS shows: what is beyond 256 and 32,768 characters is cut off,
    /// as it may come from a service, a function or the data.
    pub(crate) fn cut(self) -> Self {
        let cut = |text: Option<Str>, most: usize| {
            text.map(|text| match text.char_indices().nth(most) {
                Some((end, _)) => Str::from(&text[..end]),
                None => text,
            })
        };
        Self {
            error: cut(self.error, limits::ERROR_CHARS_MAX),
            cause: cut(self.cause, limits::CAUSE_CHARS_MAX),
        }
    }
}

impl From<asl::Failure> for Ending {
    fn from(failure: asl::Failure) -> Self {
        Self {
            error: failure.error,
            cause: failure.cause,
        }
        .cut()
    }
}

impl From<Ending> for asl::Failure {
    fn from(ending: Ending) -> Self {
        Self {
            error: ending.error,
            cause: ending.cause,
            location: None,
        }
    }
}

//! Inputs: what may happen to an execution.

use json::{Payload, Str};

use crate::event::{BranchId, Ending};

/// What may happen to an execution.
#[derive(Debug, Clone)]
pub enum Input {
    /// It begins.
    Start,
    /// A timer is due.
    Timer(TimerKey),
    /// A task that was scheduled without room is about to be sent now.
    TaskStarting(TaskKey),
    /// A worker took an activity task.
    ActivityStarted {
        /// The task.
        task: TaskKey,
        /// The name that the worker gave.
        worker: Option<Str>,
    },
    /// A job or a callback task was accepted; its result comes later.
    TaskSubmitted {
        /// The task.
        task: TaskKey,
        /// What the service answered.
        output: Payload,
    },
    /// A task's result is there.
    TaskSucceeded {
        /// The task.
        task: TaskKey,
        /// Its result.
        output: Payload,
    },
    /// The call failed that does a task, or that has it accepted.
    CallFailed {
        /// The task.
        task: TaskKey,
        /// With what.
        ending: Ending,
    },
    /// A task failed, as whoever has it says.
    TaskFailed {
        /// The task.
        task: TaskKey,
        /// With what.
        ending: Ending,
    },
    /// A task is still being worked on.
    Heartbeat(TaskKey),
    /// A map run is over.
    MapRunEnded {
        /// Which: its branch, and the number of its Started event.
        run: TaskKey,
        /// How.
        end: MapRunEnd,
    },
    /// Somebody stops the execution.
    Stop(Ending),
    /// An execution that ended without success goes on from where it was.
    Redrive {
        /// The client token of the request, which makes it idempotent.
        token: Option<Str>,
    },
}

/// How a map run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum MapRunEnd {
    /// With its result.
    Succeeded(Payload),
    /// With success, but with a result that is too large for a payload.
    TooLarge,
    /// With an error: more failed than is tolerated, or something could not be read or written.
    Failed(Ending),
    /// Its state machine is being deleted, so that no executions could be started any more.
    Aborted,
}

/// One attempt of a Task state, or a map run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskKey {
    /// The branch that the state runs in.
    pub branch: BranchId,
    /// The number of its Scheduled event, which no other attempt shares.
    pub event: u64,
}

/// A timer of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerKey {
    /// The branch that it belongs to.
    pub branch: BranchId,
    /// What it is for.
    pub kind: TimerKind,
    /// The number of the event that set it; a timer of an older event is stale.
    pub event: u64,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimerKind {
    /// The whole execution's time is over.
    Execution,
    /// A Wait is over.
    Wait,
    /// A failed state is tried again.
    Retry,
    /// A task's time is over.
    Timeout,
    /// A heartbeat is missed.
    Heartbeat,
    /// A long step of an Express execution paused, and goes on.
    Continue,
}

//! Effects: what must be done outside once the step is saved.

use asl::{Pattern, Target};
use json::{Payload, Str};

use crate::event::Ending;
use crate::input::TaskKey;
use crate::map_plan::MapRunPlan;
use crate::moment::Millis;

/// What must be done outside, after the events of the step are safe.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Do a task, now: its Started event is in the history.
    Send(Order),
    /// A task waits for room: feed [`crate::Input::TaskStarting`] when there is some.
    Queue(TaskKey),
    /// Offer an activity task to the workers of its activity.
    Offer(Order),
    /// A job was accepted with this answer: ask until it has ended.
    Follow(Order, Payload),
    /// Begin a map run: feed [`crate::Input::MapRunEnded`] when it is over.
    StartMapRun(Box<MapRunPlan>),
    /// A map run that ended without success goes on with what had none.
    RedriveMapRun(Box<MapRunPlan>),
    /// The map run of this ARN is no longer wanted: stop its executions.
    AbortMapRun(Str),
    /// A task is no longer wanted: stop what can be stopped.
    Cancel(TaskKey),
    /// The execution ended: answer who waits for it, wake its parent.
    Finished(Outcome),
}

/// A task to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Which one.
    pub task: TaskKey,
    /// The resource's ARN as written.
    pub resource: Str,
    /// What the ARN names.
    pub target: Target,
    /// What it is given.
    pub parameters: Payload,
    /// The role to act in.
    pub role_arn: Option<Str>,
    /// Its token's secret part.
    pub nonce: u64,
    /// When it times out.
    pub deadline: Option<Millis>,
}

impl Order {
    /// Whether its end has to be asked for: a job of another service, as opposed to a nested execution, which
    /// tells its end itself.
    pub fn is_job(&self) -> bool {
        matches!(&self.target, Target::Service { service, pattern, .. }
            if *pattern == Pattern::Sync && &**service != "states")
    }
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With its output.
    Succeeded(Payload),
    /// With an error.
    Failed(Ending),
    /// Its time was over.
    TimedOut(Ending),
    /// Somebody stopped it.
    Aborted(Ending),
}

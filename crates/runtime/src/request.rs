//! Requests: what the runtime is asked, and how it refuses.

use std::sync::Arc;

use engine::Millis;
use ids::Name;
use integrations::NotRedrivable;
use json::{Payload, Str};
use store::{MapRunSettings, Parent, Percentage, StoreError};

use crate::catalog::{Revision, Target};

/// A start of an execution.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// What it runs.
    pub machine: Arc<Revision>,
    /// Its name; without one, a UUID is drawn.
    pub name: Option<Name>,
    /// Its input.
    pub input: Payload,
    /// The version that was named, or that the alias chose.
    pub version_arn: Option<Str>,
    /// The alias that was named.
    pub alias_arn: Option<Str>,
    /// The task that waits for its end.
    pub parent: Option<Parent>,
    /// The X-Ray trace header.
    pub trace_header: Option<Str>,
    /// The test case of the mock configuration that it is run as; somebody has checked that there is one.
    pub test_case: Option<Str>,
}

impl StartRequest {
    /// A start with a name that is drawn, and nothing but an input.
    pub fn new(machine: Arc<Revision>, input: Payload) -> Self {
        Self {
            machine,
            name: None,
            input,
            version_arn: None,
            alias_arn: None,
            parent: None,
            trace_header: None,
            test_case: None,
        }
    }

    /// The same, of a state machine, version or alias.
    pub fn of(target: Target, input: Payload) -> Self {
        Self {
            version_arn: target.version_arn,
            alias_arn: target.alias_arn,
            ..Self::new(target.revision, input)
        }
    }
}

/// An execution that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Its ARN.
    pub arn: Str,
    /// When it started.
    pub started: Millis,
}

/// Why an execution was not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The name is taken: by an execution that ended, or by one with another input.
    #[error("there is an execution {0} already")]
    AlreadyExists(Str),
    /// The state machine is being deleted, or is gone.
    #[error("{0} is being deleted")]
    Deleting(Str),
    /// Too many executions are open.
    #[error("{0} executions are open, and no more are allowed")]
    LimitExceeded(usize),
    /// Too much is asked at once: try again a little later.
    #[error("more is asked than can be done")]
    Throttled,
    /// The runtime is shutting down.
    #[error("the server is shutting down")]
    Closing,
    /// It could not be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an execution was not stopped or waited for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// There is none of that ARN.
    #[error("there is no such execution")]
    NotFound,
    /// Too much is asked at once: try again a little later.
    #[error("more is asked than can be done")]
    Throttled,
    /// The runtime is shutting down.
    #[error("the server is shutting down")]
    Closing,
    /// It could not be read or saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ExecutionError {
    /// Whether the same may succeed a little later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Throttled => true,
            Self::Store(error) => error.may_pass(),
            Self::NotFound | Self::Closing => false,
        }
    }
}

/// Why an execution was not redriven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedriveError {
    /// It can't be.
    #[error(transparent)]
    NotRedrivable(#[from] NotRedrivable),
    /// Too many executions are open.
    #[error("{0} executions are open, and no more are allowed")]
    LimitExceeded(usize),
    /// There is none, or it could not be asked.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
}

/// Other settings for a map run that is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MapRunUpdate {
    /// How many executions may run at once; 0 sets no limit.
    pub max_concurrency: Option<u64>,
    /// How many items may fail.
    pub tolerated_count: Option<u64>,
    /// How many percent of the items may fail: from 0 to 100.
    pub tolerated_percentage: Option<f64>,
}

impl MapRunUpdate {
    pub(crate) fn apply(self, settings: &mut MapRunSettings) {
        settings.max_concurrency = self.max_concurrency.unwrap_or(settings.max_concurrency);
        settings.tolerated_count = self.tolerated_count.or(settings.tolerated_count);
        let percentage = self.tolerated_percentage.map(Percentage);
        settings.tolerated_percentage = percentage.or(settings.tolerated_percentage);
    }
}

/// Why a map run was not described or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapRunError {
    /// There is none of that ARN.
    #[error("there is no such map run")]
    NotFound,
    /// It has ended.
    #[error("the map run has ended")]
    Completed,
    /// It could not be read or saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why what a task token reports was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The text was never a token. AWS: `InvalidToken`.
    #[error("this is not a task token")]
    Malformed,
    /// There never was such a task. AWS: `TaskDoesNotExist`.
    #[error("there is no such task")]
    Unknown,
    /// The task is over, or the whole execution. AWS: `TaskTimedOut`.
    #[error("the task is over")]
    TimedOut,
    /// Too much is asked at once: try again a little later.
    #[error("more is asked than can be done")]
    Throttled,
    /// The runtime is shutting down.
    #[error("the server is shutting down")]
    Closing,
    /// It could not be read or saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An activity task, handed to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityTask {
    /// Its token.
    pub token: Str,
    /// Its input.
    pub input: Payload,
}

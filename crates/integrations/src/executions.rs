//! Executions: what tasks need of the runtime that drives them.

use engine::{Ending, Millis, Outcome, Redriven, TaskKey};
use json::{Payload, Str};

use crate::call::BoxFuture;

/// Starts, describes and stops executions: the runtime, as `states:startExecution` sees it.
pub trait Executions: Send + Sync {
    /// Starts an execution as `StartExecution` does. It is saved when this answers.
    ///
    /// A start with a drawn name that is repeated is the first one: so one whose answer was lost in a crash can
    /// be made again. The same holds with a given name when the task waits for the end.
    fn start(&self, start: NestedStart) -> BoxFuture<'_, Result<NestedStarted, NestedError>>;

    /// What is known of an execution.
    fn described(&self, arn: &str) -> BoxFuture<'_, Option<Described>>;

    /// Stops an execution that still runs.
    fn stop(&self, arn: &str, ending: Ending) -> BoxFuture<'_, ()>;
}

/// The task that starts an execution and waits for its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ParentTask {
    /// The number of the parent execution.
    pub execution: u64,
    /// The task in it.
    pub task: TaskKey,
}

/// A start of one execution by another.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedStart {
    /// The state machine, version or alias, as the task's parameters name it.
    pub machine_arn: Str,
    /// The name that the execution shall have.
    pub name: NestedName,
    /// The input.
    pub input: Payload,
    /// Who waits for the end; nobody for a request-response or callback task.
    pub parent: Option<ParentTask>,
    /// The X-Ray trace header.
    pub trace_header: Option<Str>,
    /// The account of the starting execution.
    pub account: Str,
    /// The region of the starting execution.
    pub region: Str,
}

/// The name of a nested execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NestedName {
    /// The task's parameters say it; it may be taken, or no name at all.
    Given(Str),
    /// It was drawn for this attempt of this task, which gets the same one whenever it is asked: an execution
    /// of that name is the one that was to be started.
    Drawn(Str),
}

/// A nested execution that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NestedStarted {
    /// Its ARN.
    pub arn: Str,
    /// When it started.
    pub started: Millis,
}

/// Why a nested execution was not started: the error of `StartExecution`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NestedError {
    /// AWS's code, such as `StateMachineDoesNotExist`.
    pub code: Str,
    /// AWS's message.
    pub message: Str,
}

/// What `DescribeExecution` tells of an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Its ARN.
    pub arn: Str,
    /// Its name.
    pub name: Str,
    /// The ARN of its state machine, without version or alias.
    pub machine_arn: Str,
    /// The version that it was started with, itself or through an alias.
    pub version_arn: Option<Str>,
    /// The alias that it was started with.
    pub alias_arn: Option<Str>,
    /// The Map Run that it is a child of.
    pub map_run_arn: Option<Str>,
    /// The X-Ray trace header it was given.
    pub trace_header: Option<Str>,
    /// When it started.
    pub started: Millis,
    /// When it ended, if it has.
    pub stopped: Option<Millis>,
    /// Its input.
    pub input: Payload,
    /// How it ended; none while it runs.
    pub outcome: Option<Outcome>,
    /// How often and when last it was redriven, if it was.
    pub redriven: Option<Redriven>,
    /// The number of its last event.
    pub events: u64,
}

impl Described {
    /// Its status as AWS names it.
    pub fn status(&self) -> &'static str {
        self.outcome.as_ref().map_or("RUNNING", Outcome::status)
    }

    /// Its output, if it succeeded.
    pub fn output(&self) -> Option<&Payload> {
        match &self.outcome {
            Some(Outcome::Succeeded(output)) => Some(output),
            _ => None,
        }
    }

    /// Its error and cause, if it ended without success.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.outcome {
            Some(Outcome::Failed(ending) | Outcome::TimedOut(ending) | Outcome::Aborted(ending)) => {
                Some(ending)
            }
            Some(Outcome::Succeeded(_)) | None => None,
        }
    }
}

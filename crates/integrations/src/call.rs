//! A task that is to be done, and what came of it.

use std::future::Future;
use std::pin::Pin;

use asl::Limits;
use engine::{Ending, Order};
use json::{Payload, Str};

/// A future that can be kept and sent to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A task that is to be done, and on whose behalf.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is to be done.
    pub order: Order,
    /// The number of the execution, by which a nested execution finds its parent.
    pub execution: u64,
    /// The ARN of the execution.
    pub execution_arn: Str,
    /// The ARN of its state machine.
    pub machine_arn: Str,
    /// The role of the state machine.
    pub role_arn: Str,
    /// The name of the state.
    pub state: Str,
    /// The task's token, if it has one.
    pub token: Option<Str>,
    /// The account of the execution.
    pub account: Str,
    /// The region of the execution.
    pub region: Str,
    /// What the execution keeps to.
    pub limits: Limits,
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is done, with this result.
    Succeeded(Payload),
    /// The job or the callback was accepted; the result comes later.
    Submitted(Payload),
    /// It failed.
    Failed(Ending),
}

impl Answer {
    /// A failure with a name and a cause.
    pub(crate) fn failed(error: impl Into<Str>, cause: impl Into<Str>) -> Self {
        Self::Failed(ending(error, cause))
    }
}

/// An error's name and cause.
pub(crate) fn ending(error: impl Into<Str>, cause: impl Into<Str>) -> Ending {
    Ending {
        error: Some(error.into()),
        cause: Some(cause.into()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use asl::Target;
    use engine::{BranchId, TaskKey};
    use json::Value;

    use super::*;

    /// A call of a resource with parameters, on behalf of some execution.
    pub(crate) fn call(resource: &str, parameters: Value) -> Call {
        Call {
            order: Order {
                task: TaskKey {
                    branch: BranchId::ROOT,
                    event: 3,
                },
                resource: resource.into(),
                target: Target::Function,
                parameters: Payload::from(parameters),
                role_arn: None,
                nonce: 7,
                deadline: None,
            },
            execution: 1,
            execution_arn: "arn:aws:states:us-east-1:000000000000:execution:m:e".into(),
            machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m".into(),
            role_arn: "arn:aws:iam::000000000000:role/r".into(),
            state: "S".into(),
            token: None,
            account: "000000000000".into(),
            region: "us-east-1".into(),
            limits: Limits::AWS,
        }
    }
}

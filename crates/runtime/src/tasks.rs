//! Tasks: what the runtime needs of the integrations.

use std::sync::Arc;

use asl::Resource;
use engine::{Ending, Order};
use integrations::{Answer, BoxFuture, Call, Described, Executions, Integrations};
use json::{Payload, Value};

/// Does tasks: [`Integrations`], or a script in tests.
pub trait Tasks: Send + Sync {
    /// Says once who starts nested executions. What is given does not own the runtime.
    fn connect(&self, executions: Arc<dyn Executions>);

    /// AWS's reason not even to schedule a task with these parameters.
    fn refuse(&self, resource: &Resource, parameters: &Value) -> Option<String>;

    /// Does a task. Dropping the future cancels what can be cancelled.
    fn perform(&self, call: Call) -> BoxFuture<'static, Answer>;

    /// The error of a call that was lost in a crash, when nobody knows whether it was done.
    fn lost(&self, order: &Order) -> Ending;

    /// What a finished child means to its parent's `.sync` or `.sync:2` task.
    fn nested_end(&self, order: &Order, child: &Described) -> Result<Payload, Ending>;
}

impl Tasks for Integrations {
    fn connect(&self, executions: Arc<dyn Executions>) {
        self.set_executions(executions);
    }

    fn refuse(&self, resource: &Resource, parameters: &Value) -> Option<String> {
        Self::refuse(self, resource, parameters)
    }

    fn perform(&self, call: Call) -> BoxFuture<'static, Answer> {
        Self::perform(self, call)
    }

    fn lost(&self, order: &Order) -> Ending {
        Self::lost(self, order)
    }

    fn nested_end(&self, order: &Order, child: &Described) -> Result<Payload, Ending> {
        integrations::nested_end(order, child)
    }
}

//! Tasks: what the runtime needs of the integrations.

use std::sync::Arc;

use asl::{Limits, Resource, Target};
use engine::{Ending, Order};
use integrations::{
    Answer, BoxFuture, Call, Described, Exchange, Executions, Integrations, MapRunIo, Mock, Nowhere, Test,
    TestCaseError, without_file,
};
use json::{Payload, Str, Value};

/// Does tasks: [`Integrations`], or a script in tests.
pub trait Tasks: Send + Sync {
    /// Says once who starts nested executions. What is given does not own the runtime.
    fn connect(&self, executions: Arc<dyn Executions>);

    /// AWS's reason not even to schedule a task with these parameters.
    fn refuse(&self, resource: &Resource, parameters: &Value) -> Option<String>;

    /// The lane that a task goes through, by its name, and how many tasks it takes at once. More wait, unsent.
    fn lane(&self, _target: &Target, _arn: &str, _parameters: &Value) -> Option<(Str, usize)> {
        None
    }

    /// Does a task. Dropping the future cancels what can be cancelled.
    fn perform(&self, call: Call) -> BoxFuture<'static, Answer>;

    /// The same, along with the HTTP exchange that the task was, if it was one. `reveal`: with its secrets.
    fn perform_shown(&self, call: Call, _reveal: bool) -> BoxFuture<'static, (Answer, Option<Exchange>)> {
        let performed = self.perform(call);
        Box::pin(async move { (performed.await, None) })
    }

    /// Waits for the end of a job that a service accepted with this answer. Dropping the future ends the asking, not
    /// the job. After a restart it is asked for again.
    fn follow(&self, call: Call, accepted: Payload) -> BoxFuture<'static, Answer>;

    /// Ends a job that is no longer wanted, as well as that can be done.
    fn abandon(&self, call: Call, accepted: Payload) -> BoxFuture<'static, ()>;

    /// The error of a call that was lost in a crash, when nobody knows whether it was done.
    fn lost(&self, order: &Order) -> Ending;

    /// What a finished child means to the `.sync` or `.sync:2` task of its parent, which keeps to these limits.
    fn nested_end(&self, order: &Order, child: &Described, limits: &Limits) -> Result<Payload, Ending>;

    /// Where items of Distributed Maps are read and their results written.
    fn map_run_io(&self) -> Arc<dyn MapRunIo> {
        Arc::new(Nowhere)
    }

    /// Checks that executions can be started as this test.
    fn find_test<'a>(&'a self, _: Test<'a>) -> BoxFuture<'a, Result<(), TestCaseError>> {
        Box::pin(std::future::ready(Err(TestCaseError::NoFile)))
    }

    /// Whether a Task state of a test is done for real; the reason why nobody knows.
    fn is_real(&self, test: Test<'_>, _state: &str) -> Result<bool, String> {
        Err(without_file(test))
    }

    /// What a Task state of a test gets at its n-th invocation, counted from 0.
    fn mock(&self, test: Test<'_>, _state: &str, _invocation: u64) -> Mock {
        Mock::Missing(without_file(test))
    }
}

impl Tasks for Integrations {
    fn connect(&self, executions: Arc<dyn Executions>) {
        self.set_executions(executions);
    }

    fn refuse(&self, resource: &Resource, parameters: &Value) -> Option<String> {
        Self::refuse(self, resource, parameters)
    }

    fn lane(&self, target: &Target, arn: &str, parameters: &Value) -> Option<(Str, usize)> {
        Self::lane(self, target, arn, parameters)
    }

    fn perform(&self, call: Call) -> BoxFuture<'static, Answer> {
        Self::perform(self, call)
    }

    fn perform_shown(&self, call: Call, reveal: bool) -> BoxFuture<'static, (Answer, Option<Exchange>)> {
        Self::perform_shown(self, call, reveal)
    }

    fn follow(&self, call: Call, accepted: Payload) -> BoxFuture<'static, Answer> {
        Self::follow(self, call, accepted)
    }

    fn abandon(&self, call: Call, accepted: Payload) -> BoxFuture<'static, ()> {
        Self::abandon(self, call, accepted)
    }

    fn lost(&self, order: &Order) -> Ending {
        Self::lost(self, order)
    }

    fn nested_end(&self, order: &Order, child: &Described, limits: &Limits) -> Result<Payload, Ending> {
        integrations::nested_end(order, child, limits)
    }

    fn map_run_io(&self) -> Arc<dyn MapRunIo> {
        Self::map_run_io(self)
    }

    fn find_test<'a>(&'a self, test: Test<'a>) -> BoxFuture<'a, Result<(), TestCaseError>> {
        Box::pin(Self::find_test(self, test))
    }

    fn is_real(&self, test: Test<'_>, state: &str) -> Result<bool, String> {
        Self::is_real(self, test, state)
    }

    fn mock(&self, test: Test<'_>, state: &str, invocation: u64) -> Mock {
        Self::mock(self, test, state, invocation)
    }
}

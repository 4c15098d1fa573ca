//! Tasks as the world does them: each waits until the simulation answers it, or never is.

use std::sync::Arc;

use asl::{Pattern, Resource, Target};
use engine::{Ending, Order};
use integrations::{Answer, BoxFuture, Call, Described, Executions, Integrations, MapRunIo};
use json::{Payload, Str, Value};
use runtime::Tasks;
use tokio::sync::oneshot;

use crate::bucket::Bucket;
use crate::machines::LOST;
use crate::world::{CallKind, Pending, Token, World};

/// The tasks of one runtime.
pub(crate) struct Script {
    world: Arc<World>,
    nested: Integrations,
    /// How many calls of the function are made at once, if not any number.
    lane: Option<usize>,
}

impl Script {
    pub(crate) fn new(world: Arc<World>, lane: Option<usize>) -> Self {
        let functions = functions::Functions::new([], functions::Settings::new("000000000000", "us-east-1"));
        Self {
            world,
            nested: Integrations::new(functions),
            lane,
        }
    }

    fn wait(&self, kind: CallKind, call: Call) -> BoxFuture<'static, Answer> {
        let (reply, answer) = oneshot::channel();
        self.world.state().calls.push(Pending { kind, call, reply });
        Box::pin(async move {
            match answer.await {
                Ok(answer) => answer,
                Err(_) => std::future::pending().await,
            }
        })
    }
}

impl Tasks for Script {
    fn connect(&self, executions: Arc<dyn Executions>) {
        self.nested.set_executions(executions);
    }

    fn refuse(&self, _: &Resource, _: &Value) -> Option<String> {
        None
    }

    fn lane(&self, target: &Target, _: &str, _: &Value) -> Option<(Str, usize)> {
        let width = self.lane?;
        (*target == Target::Function).then(|| ("F".into(), width))
    }

    fn perform(&self, call: Call) -> BoxFuture<'static, Answer> {
        let Target::Service { service, pattern, .. } = &call.order.target else {
            self.world.sent(&call, "the function", false);
            return self.wait(CallKind::Function, call);
        };
        if &**service == "states" {
            // A start that is made again is the first one.
            self.world.sent(&call, "startExecution", true);
            return self.nested.perform(call);
        }
        if *pattern == Pattern::Sync {
            self.world.sent(&call, "a job", false);
            return self.wait(CallKind::Submit, call);
        }
        self.world.sent(&call, "a callback", false);
        self.world
            .state()
            .tokens
            .extend(call.token.clone().map(|text| Token {
                text,
                given: call.order.parameters.clone(),
                verdict: None,
                is_told: false,
                is_over: false,
            }));
        self.wait(CallKind::Callback, call)
    }

    fn follow(&self, call: Call, _: Payload) -> BoxFuture<'static, Answer> {
        self.world.trace(format!(
            "job {} #{} is followed",
            call.state, call.order.task.event
        ));
        self.wait(CallKind::Follow, call)
    }

    fn abandon(&self, call: Call, _: Payload) -> BoxFuture<'static, ()> {
        self.world.trace(format!(
            "job {} #{} is abandoned",
            call.state, call.order.task.event
        ));
        Box::pin(std::future::ready(()))
    }

    fn lost(&self, order: &Order) -> Ending {
        self.world.trace(format!("#{} was lost", order.task.event));
        Ending {
            error: Some(LOST.into()),
            cause: Some("in a crash".into()),
        }
    }

    fn map_run_io(&self) -> Arc<dyn MapRunIo> {
        Arc::new(Bucket(Arc::clone(&self.world)))
    }

    fn nested_end(&self, order: &Order, child: &Described, limits: &asl::Limits) -> Result<Payload, Ending> {
        integrations::nested_end(order, child, limits)
    }
}

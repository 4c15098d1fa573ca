//! The integrations together: finds the one that a task names.

use std::sync::{Arc, OnceLock};

use asl::{Limits, Pattern, Resource, Target};
use aws::Client;
use engine::{Ending, Order};
use functions::Functions;
use json::{Payload, Str, Value};

use crate::call::{Answer, BoxFuture, Call, ending};
use crate::executions::{Described, Executions};
use crate::http::Web;
use crate::http::exchange::Exchange;
use crate::map_runs::s3::S3;
use crate::map_runs::{MapRunIo, Nowhere};
use crate::mocks::{Mock, Mocks, Test, TestCaseError, without_file};
use crate::sfn::OwnApi;
use crate::{agentcore, apigateway, bedrock, eks, http, lambda, optimised, sdk, sfn, states};

/// All that tasks can be done with. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Integrations(Arc<Inner>);

struct Inner {
    functions: Functions,
    executions: OnceLock<Arc<dyn Executions>>,
    own_api: OnceLock<Arc<dyn OwnApi>>,
    aws: OnceLock<Client>,
    /// The same without what this very process answers.
    elsewhere: OnceLock<Client>,
    mocks: OnceLock<Mocks>,
    web: OnceLock<Web>,
    map_run_io: OnceLock<Arc<dyn MapRunIo>>,
}

impl Integrations {
    /// Integrations that call these functions.
    pub fn new(functions: Functions) -> Self {
        Self(Arc::new(Inner {
            functions,
            executions: OnceLock::new(),
            own_api: OnceLock::new(),
            aws: OnceLock::new(),
            elsewhere: OnceLock::new(),
            mocks: OnceLock::new(),
            web: OnceLock::new(),
            map_run_io: OnceLock::new(),
        }))
    }

    /// Sets who starts nested executions. The first one counts.
    ///
    /// It is kept as long as these integrations: a runtime that owns them should give something that
    /// doesn't own the runtime.
    pub fn set_executions(&self, executions: Arc<dyn Executions>) {
        self.0.executions.get_or_init(|| executions);
    }

    /// Sets who answers the calls of `aws-sdk:sfn`. The first one counts; it should not own the server.
    pub fn set_own_api(&self, own_api: Arc<dyn OwnApi>) {
        self.0.own_api.get_or_init(|| own_api);
    }

    /// Sets who calls AWS services. The first one counts; without any they cannot be called.
    pub fn set_aws(&self, client: Client) {
        self.0.elsewhere.get_or_init(|| client.elsewhere());
        self.0.aws.get_or_init(|| client);
    }

    /// Sets what HTTP tasks are done with, once. Without, they reach no private address and know no connection.
    pub fn set_web(&self, web: Web) {
        self.0.web.get_or_init(|| web);
    }

    /// Does a task, and gives the HTTP exchange that it was, if it was one. `reveal`: with what the connection adds.
    pub fn perform_shown(&self, call: Call, reveal: bool) -> BoxFuture<'static, (Answer, Option<Exchange>)> {
        match &call.order.target {
            Target::Service { service, action, .. } if &**service == "http" && &**action == "invoke" => {
                Box::pin(http::invoke(self.web(), self.0.aws.get().cloned(), call, reveal))
            }
            _ => {
                let performed = self.perform(call);
                Box::pin(async move { (performed.await, None) })
            }
        }
    }

    /// Sets where items of Distributed Maps are read and their results written. The first one counts; without any it
    /// is S3, if AWS services can be called.
    pub fn set_map_run_io(&self, io: Arc<dyn MapRunIo>) {
        self.0.map_run_io.get_or_init(|| io);
    }

    /// Where items of Distributed Maps are read and their results written.
    pub fn map_run_io(&self) -> Arc<dyn MapRunIo> {
        let made = self.0.map_run_io.get_or_init(|| match self.0.aws.get() {
            Some(client) => Arc::new(S3::new(client.clone())),
            None => Arc::new(Nowhere),
        });
        Arc::clone(made)
    }

    fn web(&self) -> Web {
        self.0.web.get_or_init(Web::default).clone()
    }

    /// Sets where tests get their mocked responses from. The first one counts.
    pub fn set_mocks(&self, mocks: Mocks) {
        self.0.mocks.get_or_init(|| mocks);
    }

    /// Checks that executions can be started as this test.
    pub async fn find_test(&self, test: Test<'_>) -> Result<(), TestCaseError> {
        let mocks = self.0.mocks.get().ok_or(TestCaseError::NoFile)?;
        mocks.find(test).await
    }

    /// Whether a Task state of a test is done for real; the reason why nobody knows.
    pub fn is_real(&self, test: Test<'_>, state: &str) -> Result<bool, String> {
        let mocks = self.0.mocks.get().ok_or_else(|| without_file(test))?;
        mocks.is_real(test, state)
    }

    /// What a Task state of a test gets at its n-th invocation, counted from 0.
    pub fn mock(&self, test: Test<'_>, state: &str, invocation: u64) -> Mock {
        match self.0.mocks.get() {
            Some(mocks) => mocks.mock(test, state, invocation),
            None => Mock::Missing(without_file(test)),
        }
    }

    /// AWS's reason not even to schedule a task with these parameters.
    pub fn refuse(&self, resource: &Resource, parameters: &Value) -> Option<String> {
        let Target::Service { service, action, .. } = &resource.target else {
            return None;
        };
        let fields = match (&**service, &**action) {
            ("lambda", "invoke") => &lambda::FIELDS,
            ("states", "startExecution") => &states::FIELDS,
            ("http", "invoke") => return http::refuse(parameters),
            ("apigateway", "invoke") => return apigateway::refuse(parameters),
            ("bedrock", "invokeModel") => return bedrock::refuse(parameters),
            ("bedrockagentcore", "invokeHarness") => return agentcore::refuse(parameters),
            (service, action) if eks::is_of_kubernetes(service, action) => {
                return eks::refuse(action, parameters);
            }
            _ => {
                return match optimised::find(service, action) {
                    Some((service, action)) => optimised::refuse(service, action, parameters),
                    None => sdk::refuse(service, action, parameters),
                };
            }
        };
        fields.refuse(parameters)
    }

    /// The lane that a task goes through, and how many tasks it takes at once: a local function's workers.
    pub fn lane(&self, target: &Target, arn: &str, parameters: &Value) -> Option<(Str, usize)> {
        let function = match target {
            Target::Function => arn,
            Target::Service { service, action, .. } if (&**service, &**action) == ("lambda", "invoke") => {
                parameters.get("FunctionName").and_then(Value::as_str)?
            }
            Target::Service { .. } | Target::Activity => return None,
        };
        let (name, concurrency) = self.0.functions.concurrency(function)?;
        Some((name.into(), concurrency))
    }

    /// Does a task. Dropping the future cancels what can be cancelled.
    ///
    /// It never answers when nobody can know what became of the task, as during a shutdown.
    pub fn perform(&self, call: Call) -> BoxFuture<'static, Answer> {
        let Inner {
            functions,
            executions,
            own_api,
            aws,
            elsewhere,
            ..
        } = &*self.0;
        match call.order.target.clone() {
            Target::Function => {
                let remote = lambda::Remote::of(elsewhere.get(), &call);
                Box::pin(lambda::call_function(functions.clone(), remote, call))
            }
            Target::Activity => Box::pin(std::future::pending()),
            Target::Service {
                service,
                action,
                pattern,
                ..
            } => match (&*service, &*action) {
                ("lambda", "invoke") => {
                    let remote = lambda::Remote::of(elsewhere.get(), &call);
                    Box::pin(lambda::invoke(functions.clone(), remote, call, pattern))
                }
                ("states", "startExecution") => {
                    Box::pin(states::start_execution(executions.get().cloned(), call, pattern))
                }
                ("http", "invoke") => {
                    let (web, aws) = (self.web(), aws.get().cloned());
                    Box::pin(async move { http::invoke(web, aws, call, false).await.0 })
                }
                ("apigateway", "invoke") => {
                    Box::pin(apigateway::invoke(self.web(), aws.get().cloned(), call, pattern))
                }
                ("bedrock", "invokeModel") => {
                    Box::pin(bedrock::invoke_model(aws.get().cloned(), call, pattern))
                }
                ("bedrockagentcore", "invokeHarness") => {
                    Box::pin(agentcore::invoke_harness(aws.get().cloned(), call))
                }
                (service, action) if eks::is_of_kubernetes(service, action) => {
                    let (web, aws, action) = (self.web(), aws.get().cloned(), Str::from(action));
                    Box::pin(async move { eks::perform(web, aws, call, &action, pattern).await })
                }
                ("aws-sdk:sfn", _) => Box::pin(sfn::call(own_api.get().cloned(), call, action, pattern)),
                (sdk, _) if sdk.starts_with("aws-sdk:") => {
                    Box::pin(sdk::call(aws.get().cloned(), call, service, action, pattern))
                }
                _ => match (optimised::find(&service, &action), aws.get().cloned()) {
                    (Some((service, action)), Some(client)) => {
                        Box::pin(optimised::perform(client, call, service, action, pattern))
                    }
                    _ => {
                        let answer = unknown(&call.order);
                        Box::pin(std::future::ready(answer))
                    }
                },
            },
        }
    }

    /// Waits for the end of a job that a service accepted with this answer. Dropping the future ends the asking, not
    /// the job.
    pub fn follow(&self, call: Call, accepted: Payload) -> BoxFuture<'static, Answer> {
        match self.0.aws.get().cloned() {
            aws if is_of_kubernetes(&call.order) => Box::pin(eks::follow(self.web(), aws, call, accepted)),
            Some(client) => Box::pin(optimised::follow(client, call, accepted)),
            None => Box::pin(std::future::ready(unknown(&call.order))),
        }
    }

    /// Ends a job that is no longer wanted, as well as that can be done.
    pub fn abandon(&self, call: Call, accepted: Payload) -> BoxFuture<'static, ()> {
        match self.0.aws.get().cloned() {
            aws if is_of_kubernetes(&call.order) => Box::pin(eks::abandon(self.web(), aws, call, accepted)),
            Some(client) => Box::pin(optimised::abandon(client, call, accepted)),
            None => Box::pin(std::future::ready(())),
        }
    }

    /// The error of a call that was lost in a crash, when nobody knows whether it was done.
    pub fn lost(&self, order: &Order) -> Ending {
        let error = match &order.target {
            Target::Function | Target::Activity => "Lambda.SdkClientException".to_owned(),
            Target::Service { service, .. } if &**service == "http" => "States.Http.Socket".to_owned(),
            Target::Service { service, .. } => format!("{}.SdkClientException", client_name(service)),
        };
        ending(
            error,
            "The call was under way when the server stopped, and its result is not known.",
        )
    }
}

/// What a finished child means to the `.sync` or `.sync:2` task of its parent, which keeps to these limits.
pub fn nested_end(order: &Order, child: &Described, limits: &Limits) -> Result<Payload, Ending> {
    let parsed = matches!(
        &order.target,
        Target::Service {
            pattern: Pattern::Sync2,
            ..
        }
    );
    states::nested_end(child, parsed, limits)
}

fn is_of_kubernetes(order: &Order) -> bool {
    matches!(&order.target, Target::Service { service, action, .. } if eks::is_of_kubernetes(service, action))
}

fn unknown(order: &Order) -> Answer {
    let resource = &order.resource;
    Answer::failed(
        "States.TaskFailed",
        format!("This version of Stepwell does not call the resource '{resource}' yet."),
    )
}

/// What AWS calls the client of a service in error names.
fn client_name(service: &str) -> String {
    let own = match service {
        "lambda" => Some("Lambda"),
        "states" => Some("StepFunctions"),
        "apigateway" => Some("ApiGateway"),
        "bedrockagentcore" => Some("BedrockAgentCore"),
        _ => optimised::prefix(service),
    };
    match (own, sdk::service(service)) {
        (Some(own), _) => own.to_owned(),
        (None, Some(service)) => service.error_prefix.to_string(),
        (None, None) => service.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use aws::{Mode, Settings};
    use functions::Functions;
    use json::json;

    use super::*;
    use crate::call::tests::call;

    #[tokio::test]
    async fn every_integration_that_a_definition_may_name_is_done() {
        let settings = functions::Settings::new("000000000000", "us-east-1");
        let integrations = Integrations::new(Functions::new([], settings));
        let mut closed = Settings::default();
        closed.mode = Mode::Off;
        integrations.set_aws(Client::new(closed));
        let mut count = 0;
        for (service, action) in asl::optimised_actions() {
            let mut task = call("arn", json!({}));
            task.order.target = Target::Service {
                service: service.into(),
                action: action.into(),
                pattern: Pattern::RequestResponse,
                resource: action.into(),
            };
            let Answer::Failed(failed) = integrations.perform(task).await else {
                panic!("{service}:{action} cannot have succeeded");
            };
            let cause = failed.cause.unwrap_or_default();
            assert!(
                !cause.contains("This version of Stepwell"),
                "{service}:{action}: {cause}"
            );
            // Its errors begin with a name that is not the one in resources.
            assert!(service == "http" || client_name(service) != service, "{service}");
            count += 1;
        }
        assert_eq!(count, 64);
    }
}

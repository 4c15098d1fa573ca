//! Does one task: calls a function or a service, and tells what became of it.
//!
//! [`Integrations::perform`] does what an [`engine::Order`] says. What a task needs of the server that it
//! runs in comes through two traits, set once that server stands: [`Executions`] starts and describes
//! nested executions, [`OwnApi`] answers the API calls of `aws-sdk:sfn`.
//!
//! - [`call`]: a task and what came of it.
//! - [`executions`]: what nested executions need of the runtime.
//! - `lambda`, `states`, `sfn`, `http`, `apigateway`: the integrations. `web`: what those over HTTP have in common.
//! - `eks`: Kubernetes, whose API is not AWS's.
//! - `bedrock`, `agentcore`: models and agents, whose bodies are no parameters.
//! - `optimised`: services with an integration of their own; `sdk`: every AWS service.
//! - [`map_runs`]: where items of Distributed Maps are read, and where their results are written.
//! - [`mocks`]: results from a mock configuration file, in place of tasks that are done.
//! - `parameters`: what is wrong with a task's parameters.
//! - [`redrive`]: whether an execution can be redriven.
//! - `metadata`: the `SdkHttpMetadata` of results, and the causes of service errors.

mod agentcore;
mod apigateway;
mod bedrock;
pub mod call;
mod eks;
pub mod executions;
mod http;
mod integrations;
mod lambda;
pub mod map_runs;
mod metadata;
pub mod mocks;
mod optimised;
mod parameters;
pub mod redrive;
mod sdk;
mod sfn;
mod states;
mod web;

pub use apigateway::Routes;
pub use call::{Answer, BoxFuture, Call};
pub use executions::{
    Described, Executions, NestedError, NestedName, NestedStart, NestedStarted, ParentTask,
};
pub use http::Web;
pub use http::connections::{ConnectionError, Connections};
pub use http::exchange::{Exchange, ReceivedResponse, SentRequest};
pub use integrations::{Integrations, nested_end};
pub use map_runs::s3::item_format;
pub use map_runs::{
    ChildResult, ChildStatus, Item, ItemSource, ItemsOrder, MapRunIo, MapRunScope, Nowhere, ResultSink,
    ResultsOrder,
};
pub use mocks::{Mock, MockFileError, Mocks, Test, TestCaseError, mocked_answers, without_file};
pub use optimised::{job_is_asked_for_by, service_id};
pub use redrive::NotRedrivable;
pub use sdk::is_sdk_action;
pub use sfn::{OwnAnswer, OwnApi, OwnRequest};

//! api: the wire contract of AWS Step Functions (AWS JSON 1.0).
//!
//! A server implements [`StepFunctions`], one method per operation, and hands each request's target and body
//! to [`dispatch`]: it decodes the request, checks its constraints as AWS does, calls the method and encodes
//! what it answers.
//!
//! ```
//! use api::{ApiError, Caller, StartExecutionInput, StartExecutionOutput, StepFunctions, Timestamp, dispatch};
//!
//! struct Server;
//!
//! impl StepFunctions for Server {
//!     async fn start_execution(
//!         &self,
//!         caller: &Caller,
//!         request: StartExecutionInput,
//!     ) -> Result<StartExecutionOutput, ApiError> {
//!         let machine: ids::StateMachineArn = request.state_machine_arn.parse()?;
//!         let execution = machine.execution(request.name.as_deref().unwrap_or("first").parse()?);
//!         assert_eq!(caller.region(), "us-east-1");
//!         let start_date = Timestamp::from_milliseconds(1_700_000_000_123);
//!         Ok(StartExecutionOutput { execution_arn: execution.to_string().into(), start_date })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let body = br#"{"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Orders"}"#;
//! let response = dispatch(&Server, &Caller::default(), "AWSStepFunctions.StartExecution", body).await;
//! assert_eq!(response.status, 200);
//! assert!(response.body.starts_with(br#"{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:Orders:first""#));
//! # }
//! ```
//!
//! - [`text`], [`timestamp`]: the two values that every shape is made of.
//! - [`requests`], [`answers`], [`shapes`], [`enums`], [`history`]: what is asked and answered.
//! - [`constraint`]: what is wrong with a request, in AWS's words.
//! - [`limits`]: how much a request may carry.
//! - [`wire`]: bytes to request, answer to bytes.
//! - [`error`]: what an operation may answer instead.
//! - [`caller`]: who asks.
//! - [`permission`]: what a request is done to, as policies name it.
//! - [`operations`]: the operations themselves.
//!
//! What is under `generated` comes from `model/stepfunctions.json` by `cargo xtask codegen`.

pub mod caller;
pub mod constraint;
pub mod error;
mod generated;
pub mod limits;
mod pattern;
pub mod permission;
pub mod text;
pub mod timestamp;
pub mod wire;

pub use caller::Caller;
pub use error::ApiError;
pub use generated::answers::{self, *};
pub use generated::enums::{self, *};
pub use generated::errors::ErrorCode;
pub use generated::history::{self, *};
pub use generated::operations::{self, Operation, StepFunctions, dispatch};
pub use generated::requests::{self, *};
pub use generated::shapes::{self, *};
pub use limits::Limits;
pub use permission::{Permission, Target};
pub use text::Text;
pub use timestamp::Timestamp;
pub use wire::Response;

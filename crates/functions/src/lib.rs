//! Local Lambda functions: worker processes behind the Lambda Runtime API.
//!
//! A function is a directory with a handler. Its workers are ordinary processes that ask this host for events over
//! the same HTTP interface that Lambda gives to its runtimes, so that whatever runs there runs here. Workers stay
//! warm, take one event at a time, and are killed with everything they started when they run out of time, have
//! nothing to do, or this process ends.
//!
//! ```no_run
//! use functions::{FunctionConfig, Functions, Invocation, Outcome, Runtime, Settings};
//!
//! # async fn example() {
//! let mut greet = FunctionConfig::new("greet", Runtime::Python, "/srv/functions/greet");
//! greet.handler = Some("app.handler".to_owned());
//! let functions = Functions::new([greet], Settings::new("000000000000", "us-east-1"));
//!
//! match functions.invoke(Invocation::new("greet", r#"{"name": "Ada"}"#)).await {
//!     Outcome::Success { payload, .. } => println!("{payload}"),
//!     Outcome::FunctionError { error_type, payload, .. } => {
//!         eprintln!("{}: {payload}", error_type.as_deref().unwrap_or("Lambda.Unknown"));
//!     }
//!     other => eprintln!("{other:?}"),
//! }
//! functions.shutdown().await;
//! # }
//! ```

mod config;
mod folder;
mod functions;
mod names;
mod outcome;

mod code;
mod command;
mod log;
mod pool;
mod runtime_api;
mod supervisor;
mod worker;

pub use crate::config::{ConfigError, FunctionConfig, FunctionTable, Runtime, from_toml};
pub use crate::folder::load_folder;
pub use crate::functions::{AccessKey, FunctionRef, Functions, Invocation, Settings};
pub use crate::log::WorkerLog;
pub use crate::names::{Named, end_of as end_of_name, parse as parse_name};
pub use crate::outcome::{EXECUTED_VERSION, FUNCTION_ERROR, Outcome, RESPONSE_BYTES_MAX};

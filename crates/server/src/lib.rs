//! Answers the API of Step Functions over HTTP.
//!
//! - [`serve`]: the HTTP side: connections, limits, shutdown.
//! - [`Server`]: the operations, each in a file of its own under `operations`.
//! - `own_api`: the same operations for tasks that call `aws-sdk:sfn`.
//! - `arns`, `input`, `configuration`, `definition`, `routes`, `tags`: what requests say, checked.
//! - `history`, `paging`: what answers show.
//! - `testing`: what a test of one state is given, and what it shows.
//! - `permits`: what callers may do.
//! - `refusals`: the errors of the rooms below in AWS's words.
//! - [`logs`]: what state machines log, in files.
//! - [`Extension`]: what AWS's API has no operation for, for the web console.
//! - [`Gate`]: who may ask, and as whom.
//! - `throttle`: how often an account may call an operation.

mod arns;
mod configuration;
mod crowd;
mod definition;
mod extension;
mod gate;
mod history;
mod http;
mod input;
pub mod logs;
mod operations;
mod own_api;
mod paging;
mod permits;
mod refusals;
mod routes;
mod service;
mod tags;
mod testing;
mod throttle;

pub use crowd::Bounds;
pub use extension::Extension;
pub use gate::Gate;
pub use http::{BindError, Site, bind, serve};
pub use logs::Logs;
pub use service::Server;
pub use throttle::{Region, Throttling};

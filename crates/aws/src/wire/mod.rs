//! Wire: turns a task's parameters into a request, and an answer into the task's result, as each protocol has it.
//!
//! Nothing here knows of hosts, credentials or time, so that every operation can be tested without a network.

mod cbor;
mod json_body;
mod moment;
mod naming;
mod query;
mod refusal;
mod request;
mod rest;
mod result;
mod scalar;
mod stream;
pub(crate) mod uri;
mod xml;

pub use naming::Naming;
pub use refusal::Refusal;
pub use request::{Answer, BadAnswer, BadParameter, Request, build};
pub use result::parse;
pub use stream::{Message, messages};

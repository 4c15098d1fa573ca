//! Testing: what a test of one state is given, checked in AWS's words, and what it shows.
//!
//! - `request`: the request as a whole. `context`, `mock`, `items`: parts of it.
//! - `schema`: what a mocked call could answer.
//! - `verdict`: the answer.

mod context;
mod items;
mod mock;
mod request;
mod schema;
mod verdict;

pub(crate) use request::Request;

//! HTTP requests to hosts outside, and which of them may be reached.
//!
//! A workflow's definition says where its requests go, and whoever writes one must not reach with it what only
//! this machine can: its own ports, or the address where a cloud hands out its credentials. So every address is checked
//! when it is connected to, after names are resolved, and redirects are answers like any other.
//!
//! - [`guard`]: which addresses may be reached.
//! - [`client`]: sends a request, and reads the answer within its limits.
//! - `connector`: connects to a host, if the guard lets it.
//! - `tap`: how the names of headers were really written.

pub mod client;
mod connector;
pub mod guard;
mod tap;

pub use client::{BadCertificates, Client, Failure, Limits, Request, Response};
pub use guard::{Block, Guard, InvalidBlock, Purpose};

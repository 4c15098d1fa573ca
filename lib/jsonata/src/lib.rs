//! JSONata over the shared JSON value.

pub mod error;
mod functions;
mod number;

pub use error::{Error, Kind};

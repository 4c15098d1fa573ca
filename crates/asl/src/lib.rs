//! Amazon States Language: what a definition says, and what its expressions are worth.
//!
//! A definition is read once into a [`StateMachine`], in which names are indexes and every path,
//! template and rule is compiled; running a state parses nothing. Nothing here knows a clock, a
//! random number, a file or a socket: what an expression may see comes in as [`Env`].

pub mod choice;
mod diagnostics;
mod document;
mod env;
mod evaluate;
mod failure;
mod intrinsics;
pub mod limits;
mod model;
mod parse;
pub mod path;
mod query;
mod references;
pub mod template;
#[cfg(test)]
mod testing;
pub mod timestamp;
mod validate;

pub use diagnostics::{Code, Diagnostic, Place, Severity, definition_message, refusal};
pub use env::{Env, Outside, Produced};
pub use failure::Failure;
pub use intrinsics::uuid_text;
pub use limits::Limits;
pub use model::*;
pub use parse::{
    LONE_STATE, Reading, Rules, SdkActions, optimised_actions, read, read_lone_state, read_yaml,
};
pub use query::Query;

//! ids: ARNs, names and task tokens; parse, check, print.
//!
//! Text that comes from a client becomes one of these types at the door and is trusted from there on.
//! Every type prints (`Display`) exactly the text it was parsed from (`FromStr`), and is cheap to clone.
//!
//! - [`name`]: what a state machine, an execution, an activity or an alias may be called.
//! - [`arn`]: the ARNs of one kind of resource each.
//! - [`task_token`]: the token that a callback brings back.

pub mod arn;
pub mod name;
pub mod task_token;

pub use arn::{
    ActivityArn, AliasArn, AnyStateMachineArn, ExecutionArn, ExecutionKind, InvalidArn, LabelledArn,
    MapRunArn, Scope, StateMachineArn, VersionArn,
};
pub use name::{InvalidName, Name};
pub use task_token::{InvalidToken, TaskToken};

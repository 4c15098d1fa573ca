//! The interpreter: an execution and an input in, events and effects out.
//!
//! [`decide`] takes what happened ([`Input`]) and gives what became true ([`Event`]s) and what must be
//! done outside ([`Effect`]s). Events are the only way an [`Execution`] changes, so folding a history
//! ([`Execution::fold`]) gives its state back. There is no clock here, no chance and no I/O: both time
//! and chance come in as a [`Moment`].

mod branches;
mod effect;
mod event;
mod execution;
mod failing;
mod fold;
mod input;
mod map_plan;
mod moment;
mod probe;
mod redrive;
mod states;
mod step;
mod trial;
mod view;

pub use effect::{Effect, Order, Outcome};
pub use event::{BatchBounds, BranchId, Detail, Ending, Event, MapRunStart, Scheduled, StateType};
pub use execution::{Execution, Head, Progress, Redriven};
pub use fold::FoldError;
pub use input::{Input, MapRunEnd, TaskKey, TimerKey, TimerKind};
pub use map_plan::{ItemReading, MapItem, MapRunPlan, STATE_DATA};
pub use moment::{Lane, Millis, Moment, Refusal, World};
pub use probe::{Handled, Stage};
pub use states::batch::Batcher;
pub use step::{Step, decide};
pub use trial::{MapFigures, Mock, Setup, TOO_MANY_FAILED, Trial, Verdict, VerdictStatus};

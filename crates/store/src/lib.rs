//! Saving executions and loading them again.
//!
//! Everything that must outlive the process goes through the [`Store`] trait: a [`Batch`] of steps is
//! saved whole or not at all, and once [`Store::commit`] has answered, it is on disk. Histories are
//! encoded by [`codec`], in the thread that decided them, so that a backend only moves bytes.
//!
//! - [`id`]: the number of an execution.
//! - [`record`]: what is known of an execution, and how to ask for it.
//! - [`catalog`]: state machines, their revisions, versions and aliases, activities.
//! - [`map_run`]: runs of Distributed Maps.
//! - [`batch`]: what is saved together.
//! - [`codec`]: events to bytes and back.
//! - [`error`]: what can go wrong.
//! - [`MemoryStore`]: a backend that forgets.
//! - [`EmbeddedStore`]: a backend in a folder on disk. [`check`]: whether all in it is whole.
//! - [`conformance`]: the suite that every backend passes.

pub mod batch;
pub mod catalog;
pub mod codec;
pub mod conformance;
mod embedded;
pub mod error;
pub mod id;
pub mod map_run;
mod memory;
pub mod record;
mod store;

pub use batch::{Batch, CatalogChange, Commit, ExpressChange};
pub use catalog::{
    Activity, Alias, Machine, MachineKind, MachineStatus, Published, Revision, Route, Tags, Version,
};
pub use codec::{Blob, LargePayload, PayloadTable};
pub use embedded::{Checked, EmbeddedOptions, EmbeddedStore, OpenError, Telling, check};
pub use error::StoreError;
pub use id::{ExecId, IdClock, shard_of};
pub use map_run::{MapChild, MapRun, MapRunCounts, MapRunSettings, MapRunStatus, MapSeat, Percentage};
pub use memory::MemoryStore;
pub use record::{
    Closed, Created, ExecutionQuery, Expired, ExpressStart, HistoryPage, Listed, Loaded, NextExpiry, OpenRow,
    Parent, Position, Redriven, Status, Summary,
};
pub use store::{Reply, Store};

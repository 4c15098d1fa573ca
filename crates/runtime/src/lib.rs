//! Drives executions: decides, commits, dispatches, recovers.
//!
//! The shell round the engine. Each execution belongs to one of 256 shards, by the hash of its ARN, and
//! each shard to a worker, which decides everything that happens to it. What is decided is saved in groups;
//! only then is anything done or answered. An execution that only waits leaves memory.
//!
//! - [`runtime`]: the facade. [`request`]: what it is asked. [`settings`], [`limits`], [`rate`], [`log`], [`clock`].
//! - [`catalog`]: state machines, compiled once, and activities.
//! - `calls`: the ways from the facade to workers and store. `mailbox`: what workers are told.
//! - `worker`: the life of executions: `start`, `work`, `step`, `release`, `load`, `redrive`.
//! - `live`, `load`, `timers`, `recent`: what a worker keeps.
//! - `committer`: many steps, one commit.
//! - `dispatcher`, [`tasks`]: doing tasks. `activities`: having them done by workers outside.
//! - `test_run`: executions whose tasks get mocked responses.
//! - `trial`: tests of single states.
//! - `health`: whether what is decided can be saved.
//! - `retention`: forgetting what ended long ago.
//! - [`changes`]: which executions went on, for whoever watches.
//! - `map_runs`: executions that Distributed Maps start for their items.
//! - `nested`: executions that executions start. [`express`]: those that are not saved.

mod activities;
mod calls;
pub mod catalog;
mod chance;
pub mod changes;
pub mod clock;
mod committer;
mod dispatcher;
pub mod express;
mod health;
pub mod limits;
mod live;
mod load;
pub mod log;
mod mailbox;
mod map_runs;
mod nested;
pub mod rate;
mod recent;
pub mod request;
mod retention;
pub mod runtime;
pub mod settings;
mod shared;
pub mod tasks;
mod test_run;
mod timers;
mod trial;
mod worker;

pub use activities::ActivityQueue;
pub use catalog::{Catalog, CatalogError, Creation, NewAlias, NewRevision, Revision, Target, Update};
pub use changes::{Changed, Watch};
pub use clock::{Clock, ManualClock, SystemClock};
pub use express::ExpressRecord;
pub use integrations::{Described, Exchange, NotRedrivable, Test, TestCaseError};
pub use limits::Limits;
pub use log::{EventLog, Logged, Witness};
pub use rate::{Bucket, Buckets, Rate};
pub use request::{
    ActivityTask, ExecutionError, MapRunError, MapRunUpdate, RedriveError, StartError, StartRequest, Started,
    TokenError,
};
pub use runtime::Runtime;
pub use settings::Settings;
pub use tasks::Tasks;
pub use trial::StateTest;

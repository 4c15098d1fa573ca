//! Settings: how much of everything, each with AWS's value or a sensible one.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use store::StoreError;

use crate::limits::Limits;
use crate::log::{EventLog, Witness};

/// How a runtime is set up.
#[derive(Clone)]
pub struct Settings {
    /// How many workers share the 256 shards.
    pub workers: usize,
    /// How many requests, and apart from them how many starts, may wait for a worker.
    pub mailbox: usize,
    /// How long a request waits for a place in a full mailbox before it is throttled, and a start until it is begun,
    /// in milliseconds.
    pub wait_millis: i64,
    /// How many tasks may be under way at once. It is overrun only by what several workers send in the
    /// same moment.
    pub max_tasks: usize,
    /// AWS's quotas.
    pub limits: Limits,
    /// How long an execution is known after its end; for ever when nothing is said.
    pub retention: Option<Duration>,
    /// How many changes one commit holds at most.
    pub batch_changes: usize,
    /// How many bytes one commit holds at most, the last change aside.
    pub batch_bytes: usize,
    /// How many bytes may wait for their commit before a worker takes no more requests.
    pub uncommitted_bytes: usize,
    /// How long a step may wait for its commit before its worker takes no more requests, in milliseconds.
    pub uncommitted_millis: i64,
    /// How many executions that only wait stay in memory, for the case that something happens soon.
    pub warm_executions: usize,
    /// How many bytes they may have together, by the size of their histories.
    pub warm_bytes: usize,
    /// How many ended executions are described from memory.
    pub recent_executions: usize,
    /// How many bytes they may have together.
    pub recent_bytes: usize,
    /// How many Express executions are kept to be looked at.
    pub express_executions: usize,
    /// How many bytes their histories may have together.
    pub express_bytes: usize,
    /// How long after a failed commit what was thrown away is tried again, in milliseconds.
    pub retry_millis: i64,
    /// How long a worker that asks for an activity task waits, in milliseconds.
    pub poll_millis: i64,
    /// How long a shutdown waits for the tasks under way.
    pub grace: Duration,
    /// Who keeps the logs of executions; nobody when there is none.
    pub event_log: Option<Arc<dyn EventLog>>,
    /// Who sees executions whenever all of them is saved; nobody outside of tests.
    pub witness: Option<Arc<dyn Witness>>,
    /// Makes chance repeatable, for tests.
    pub seed: Option<u64>,
    /// Called once when nobody knows any more what is on disk: it must end the process.
    pub on_fatal: Arc<dyn Fn(&StoreError) + Send + Sync>,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
        Self {
            workers: (2 * cores).min(64),
            mailbox: 1024,
            wait_millis: 1000,
            max_tasks: 1000,
            limits: Limits::default(),
            retention: Some(Duration::from_secs(90 * 24 * 3600)),
            batch_changes: 1024,
            batch_bytes: 4 << 20,
            uncommitted_bytes: 32 << 20,
            uncommitted_millis: 500,
            warm_executions: 4096,
            warm_bytes: 32 << 20,
            recent_executions: 4096,
            recent_bytes: 8 << 20,
            express_executions: 1000,
            express_bytes: 16 << 20,
            retry_millis: 1000,
            poll_millis: 60_000,
            grace: Duration::from_secs(5),
            event_log: None,
            witness: None,
            seed: None,
            on_fatal: Arc::new(|error| {
                tracing::error!(%error, "the store failed; ending");
                std::process::abort();
            }),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Settings")
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

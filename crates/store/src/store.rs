//! The store: what every backend can do.

use std::future::Future;
use std::pin::Pin;

use engine::Millis;
use json::Str;

use crate::batch::Batch;
use crate::catalog::{Activity, Alias, Machine, Revision, Version};
use crate::error::StoreError;
use crate::id::ExecId;
use crate::map_run::{MapChild, MapRun};
use crate::record::{ExecutionQuery, Expired, ExpressStart, HistoryPage, Loaded, OpenRow, Summary};

/// An answer on its way.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Saves executions and loads them again.
///
/// A read sees every batch whose commit was answered before it, and never a part of one.
pub trait Store: Send + Sync {
    /// Saves a batch whole or not at all. Once it has answered `Ok`, the batch outlives any crash; after
    /// a crash before that, all of it is there or nothing.
    ///
    /// Batches are saved in the order of the calls, whether or not their answers are awaited. After an
    /// error the batch has left nothing behind and the next may succeed, except after
    /// [`StoreError::Fatal`]: then nobody knows, and the process must end. Saving a run of batches again
    /// changes nothing, as long as it goes on to the last one.
    fn commit(&self, batch: Batch) -> Reply<'static, ()>;

    /// Removes executions that ended before a moment, those that ended first coming first, with all that is stored
    /// of them; their names are free from then on. What is open or ended later stays as it is, and so do the executions
    /// of a Map Run until the execution that the run belongs to has been removed.
    ///
    /// A call does a bounded amount of work, so that a commit that waits for it hardly notices. What it has
    /// removed may be there again after a crash, and is then removed again.
    fn expire(&self, before: Millis) -> Reply<'static, Expired>;

    /// Writes so many bytes as a commit would, and takes them away again: whether commits can succeed now.
    fn probe(&self, bytes: usize) -> Reply<'static, ()>;

    /// Why nothing new should be begun, when there is hardly any room left: what is there is the reserve of what
    /// has begun. Answers at once, with what was so at most a second ago.
    fn low(&self) -> Option<StoreError> {
        None
    }

    /// The execution of that ARN, which is found from its first commit on.
    fn find(&self, arn: &str) -> Reply<'_, Option<ExecId>>;

    /// What is known of an execution as of its last commit.
    fn summary(&self, id: ExecId) -> Reply<'_, Option<Summary>>;

    /// An execution whole: after a crash, its events up to the last commit, without gaps.
    fn load(&self, id: ExecId) -> Reply<'_, Option<Loaded>>;

    /// A page of an execution's events; none for an execution that isn't stored.
    fn history(&self, id: ExecId, page: HistoryPage) -> Reply<'_, Vec<engine::Event>>;

    /// Executions in the order of lists, newest first. Positions hold across restarts and while new
    /// executions arrive.
    fn executions(&self, query: ExecutionQuery) -> Reply<'_, Vec<Summary>>;

    /// Executions that have not ended, in the order of their ids: exactly those that the commits say, so
    /// that reading them all is what recovery needs.
    fn open(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<(ExecId, OpenRow)>>;

    /// The highest id that was ever saved, of executions and Express starts that are still known. New ids
    /// begin above it, whatever the clock says after a restart.
    fn latest(&self) -> Reply<'_, Option<ExecId>>;

    /// Asynchronous Express executions that were started and whose end was not saved, in the order of
    /// their ids: after a crash they run again.
    fn express_pending(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<ExpressStart>>;

    /// A state machine, as of its last change.
    fn machine(&self, arn: &str) -> Reply<'_, Option<Machine>>;

    /// State machines in the order of their ARNs.
    fn machines(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Machine>>;

    /// A revision of a state machine, which stays until the machine is removed.
    fn revision(&self, machine_arn: &str, revision: &str) -> Reply<'_, Option<Revision>>;

    /// A version of a state machine, which stays until it or the machine is removed.
    fn version(&self, machine_arn: &str, number: u64) -> Reply<'_, Option<Version>>;

    /// Versions of a state machine that were published before the one of a number, newest first.
    fn versions(&self, machine_arn: &str, before: Option<u64>, limit: usize) -> Reply<'_, Vec<Version>>;

    /// An alias of a state machine, as of its last change.
    fn alias(&self, machine_arn: &str, name: &str) -> Reply<'_, Option<Alias>>;

    /// Aliases of a state machine in the order of their names.
    fn aliases(&self, machine_arn: &str, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Alias>>;

    /// An activity, as of its last change.
    fn activity(&self, arn: &str) -> Reply<'_, Option<Activity>>;

    /// A map run, as of its last change.
    fn map_run(&self, arn: &str) -> Reply<'_, Option<MapRun>>;

    /// The map runs of an execution that were started before the one of an event, newest first.
    fn map_runs(&self, execution: ExecId, before: Option<u64>, limit: usize) -> Reply<'_, Vec<MapRun>>;

    /// Map runs that have not ended, in the order of their ARNs.
    fn open_map_runs(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<MapRun>>;

    /// The executions of a map run in the order of their ids.
    fn map_children(&self, map_run: &str, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<MapChild>>;

    /// Activities in the order of their ARNs.
    fn activities(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Activity>>;
}

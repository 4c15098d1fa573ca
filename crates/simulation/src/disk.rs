//! The disk: a store whose commits and reads happen when the simulation says, or fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use engine::{Event, Millis};
use json::Str;
use store::{
    Activity, Alias, Batch, ExecId, ExecutionQuery, Expired, ExpressStart, HistoryPage, Loaded, Machine,
    MapChild, MapRun, OpenRow, Reply, Revision, Store, StoreError, Summary, Version,
};
use tokio::sync::oneshot;

use crate::dice::Dice;

/// What befalls a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is saved.
    Saved,
    /// There is no room, and nothing is saved.
    Full,
    /// Writing fails, and nothing is saved.
    Failed,
    /// It is not saved, and nobody knows.
    LostUnsaved,
    /// It is saved, and nobody knows.
    LostSaved,
}

/// A store between a runtime and what keeps its data.
pub(crate) struct Disk {
    inner: Arc<dyn Store>,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    commits: VecDeque<(Batch, oneshot::Sender<Result<(), StoreError>>)>,
    reads: Vec<oneshot::Sender<Result<(), StoreError>>>,
    dice: Dice,
    /// One in so many reads waits; none when it is 0.
    slow: u64,
}

impl Disk {
    /// A disk whose commits wait until they are let go.
    pub(crate) fn new(inner: Arc<dyn Store>, dice: Dice) -> Self {
        let waiting = Waiting {
            commits: VecDeque::new(),
            reads: Vec::new(),
            dice,
            slow: 0,
        };
        Self {
            inner,
            waiting: Mutex::new(waiting),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting
            .lock()
            .expect("nothing panics while it holds the lock")
    }

    pub(crate) fn commits(&self) -> usize {
        self.waiting().commits.len()
    }

    pub(crate) fn reads(&self) -> usize {
        self.waiting().reads.len()
    }

    /// From now on one in so many reads waits until it is let go; none when it is 0.
    pub(crate) fn set_slow(&self, slow: u64) {
        self.waiting().slow = slow;
    }

    /// Takes the oldest commit that waits.
    pub(crate) fn next_commit(&self) -> Option<(Batch, oneshot::Sender<Result<(), StoreError>>)> {
        self.waiting().commits.pop_front()
    }

    /// Lets a read go on, or fail.
    pub(crate) fn let_read(&self, number: usize, answer: Result<(), StoreError>) {
        let read = self.waiting().reads.swap_remove(number);
        let _ = read.send(answer);
    }

    fn read<'a, T: Send + 'a>(&'a self, read: impl Fn() -> Reply<'a, T> + Send + 'a) -> Reply<'a, T> {
        let mut waiting = self.waiting();
        let slow = waiting.slow;
        if slow == 0 || !waiting.dice.one_in(slow) {
            drop(waiting);
            return read();
        }
        let (go, gate) = oneshot::channel();
        waiting.reads.push(go);
        // What it sees is as of its beginning, or as of its end.
        let sees_early = waiting.dice.one_in(2);
        drop(waiting);
        let seen = sees_early.then(|| at_once(read()));
        Box::pin(async move {
            gate.await
                .unwrap_or_else(|_| Err(StoreError::Io("cut off".into())))?;
            match seen {
                Some(seen) => seen,
                None => read().await,
            }
        })
    }
}

/// The answer of a store that does not wait.
pub(crate) fn at_once<T>(mut reply: Reply<'_, T>) -> Result<T, StoreError> {
    match reply.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(StoreError::Io("the store below does not answer at once".into())),
    }
}

impl Store for Disk {
    fn commit(&self, batch: Batch) -> Reply<'static, ()> {
        let (reply, answer) = oneshot::channel();
        self.waiting().commits.push_back((batch, reply));
        let lost = || StoreError::Fatal("the power is gone".into());
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(lost())) })
    }

    fn expire(&self, before: Millis) -> Reply<'static, Expired> {
        self.inner.expire(before)
    }

    fn probe(&self, bytes: usize) -> Reply<'static, ()> {
        self.inner.probe(bytes)
    }

    fn find(&self, arn: &str) -> Reply<'_, Option<ExecId>> {
        let arn = Str::from(arn);
        self.read(move || self.inner.find(&arn))
    }

    fn summary(&self, id: ExecId) -> Reply<'_, Option<Summary>> {
        self.read(move || self.inner.summary(id))
    }

    fn load(&self, id: ExecId) -> Reply<'_, Option<Loaded>> {
        self.read(move || self.inner.load(id))
    }

    fn history(&self, id: ExecId, page: HistoryPage) -> Reply<'_, Vec<Event>> {
        self.read(move || self.inner.history(id, page))
    }

    fn executions(&self, query: ExecutionQuery) -> Reply<'_, Vec<Summary>> {
        self.read(move || self.inner.executions(query.clone()))
    }

    fn open(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<(ExecId, OpenRow)>> {
        self.read(move || self.inner.open(after, limit))
    }

    fn latest(&self) -> Reply<'_, Option<ExecId>> {
        self.read(move || self.inner.latest())
    }

    fn express_pending(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<ExpressStart>> {
        self.read(move || self.inner.express_pending(after, limit))
    }

    fn machine(&self, arn: &str) -> Reply<'_, Option<Machine>> {
        let arn = Str::from(arn);
        self.read(move || self.inner.machine(&arn))
    }

    fn machines(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Machine>> {
        self.read(move || self.inner.machines(after.clone(), limit))
    }

    fn revision(&self, machine_arn: &str, revision: &str) -> Reply<'_, Option<Revision>> {
        let (machine_arn, revision) = (Str::from(machine_arn), Str::from(revision));
        self.read(move || self.inner.revision(&machine_arn, &revision))
    }

    fn version(&self, machine_arn: &str, number: u64) -> Reply<'_, Option<Version>> {
        let machine_arn = Str::from(machine_arn);
        self.read(move || self.inner.version(&machine_arn, number))
    }

    fn versions(&self, machine_arn: &str, before: Option<u64>, limit: usize) -> Reply<'_, Vec<Version>> {
        let machine_arn = Str::from(machine_arn);
        self.read(move || self.inner.versions(&machine_arn, before, limit))
    }

    fn alias(&self, machine_arn: &str, name: &str) -> Reply<'_, Option<Alias>> {
        let (machine_arn, name) = (Str::from(machine_arn), Str::from(name));
        self.read(move || self.inner.alias(&machine_arn, &name))
    }

    fn aliases(&self, machine_arn: &str, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Alias>> {
        let machine_arn = Str::from(machine_arn);
        self.read(move || self.inner.aliases(&machine_arn, after.clone(), limit))
    }

    fn map_run(&self, arn: &str) -> Reply<'_, Option<MapRun>> {
        let arn = Str::from(arn);
        self.read(move || self.inner.map_run(&arn))
    }

    fn map_runs(&self, execution: ExecId, before: Option<u64>, limit: usize) -> Reply<'_, Vec<MapRun>> {
        self.read(move || self.inner.map_runs(execution, before, limit))
    }

    fn open_map_runs(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<MapRun>> {
        self.read(move || self.inner.open_map_runs(after.clone(), limit))
    }

    fn map_children(&self, map_run: &str, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<MapChild>> {
        let map_run = Str::from(map_run);
        self.read(move || self.inner.map_children(&map_run, after, limit))
    }

    fn activity(&self, arn: &str) -> Reply<'_, Option<Activity>> {
        let arn = Str::from(arn);
        self.read(move || self.inner.activity(&arn))
    }

    fn activities(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Activity>> {
        self.read(move || self.inner.activities(after.clone(), limit))
    }
}

//! Map runs: those under way, each with a supervisor that starts its executions and counts their ends.
//!
//! What is true of a map run is in the store: its record, and its executions, each of which says which item it is for.
//! A supervisor keeps only what it can find there again, so that after a crash another one goes on where it was.
//!
//! - `supervisor`: the life of a map run. `inputs`: what its executions are given. `results`: what comes of them.
//! - `tally`: counts, and how much may fail. `seats`: the names of its executions.

mod inputs;
mod results;
mod seats;
mod supervisor;
mod tally;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use engine::{Head, MapRunPlan, Millis};
use integrations::Described;
use json::Str;
use store::{
    CatalogChange, ExecId, MapRun, MapRunCounts, MapRunSettings, MapRunStatus, MapSeat, Percentage,
    StoreError,
};
use tokio::sync::{Mutex as TurnMutex, Semaphore, mpsc};
use tokio::task::AbortHandle;

use crate::catalog::Revision;
use crate::load;
use crate::request::{MapRunError, MapRunUpdate, StartError};
use crate::shared::Shared;

pub(crate) use seats::{ChildOf, label};

/// The map runs under way.
pub(crate) struct MapRuns {
    runs: Mutex<HashMap<Str, Arc<Handle>>>,
    /// How many of them may be under way at once, those of executions of map runs aside: they could wait for each
    /// other.
    places: Arc<Semaphore>,
    /// Whether nothing begins any more.
    is_closed: AtomicBool,
}

/// The way to a supervisor, and what it tells of its map run.
pub(crate) struct Handle {
    told: mpsc::UnboundedSender<Told>,
    record: Mutex<MapRun>,
    /// Changes of what is saved take turns; whether the end has been decided.
    turn: TurnMutex<bool>,
    /// What begins once this is over, one after the other.
    next: Mutex<Vec<Begin>>,
    supervisor: Mutex<Option<AbortHandle>>,
}

/// What a supervisor is told.
pub(crate) enum Told {
    /// An execution was started, or was not.
    Started(u64, Result<(), StartError>),
    /// An execution has ended, and that is saved.
    Ended(u64, Arc<Described>),
    /// An execution has ended, but that could not be saved, so that it must run again.
    Lost(u64),
    /// The settings have changed.
    Changed,
    /// Nobody waits for the map run any more.
    Abort,
    /// The end of the map run, which was redriven so often by then, means nothing to its execution any more.
    Refused(u32),
    /// The end of the map run is saved.
    Done,
}

/// Why a supervisor begins.
pub(crate) enum Begin {
    /// The map run has started, or goes on after a crash.
    Run(Box<Setting>),
    /// It goes on with what had no success.
    Redrive(Box<Setting>),
    /// What is left of it is stopped.
    Abort,
}

/// What a supervisor starts executions with.
pub(crate) struct Setting {
    pub(crate) plan: MapRunPlan,
    pub(crate) revision: Arc<Revision>,
    /// The test case that the execution is run as.
    pub(crate) test_case: Option<Str>,
}

impl MapRuns {
    pub(crate) fn new(places: usize) -> Self {
        Self {
            runs: Mutex::default(),
            places: Arc::new(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS))),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Tells a supervisor something. Where there is none, nobody needs to know.
    pub(crate) fn tell(&self, arn: &str, told: Told) {
        if let Some(handle) = self.get(arn) {
            handle.tell(told);
        }
    }

    /// Whether somebody supervises a map run.
    pub(crate) fn has(&self, arn: &str) -> bool {
        self.runs().contains_key(arn)
    }

    fn get(&self, arn: &str) -> Option<Arc<Handle>> {
        self.runs().get(arn).cloned()
    }

    /// Begins to supervise a map run, unless somebody does.
    pub(crate) fn begin(&self, shared: &Arc<Shared>, arn: Str, begin: Begin) {
        let mut runs = self.runs();
        if self.is_closed.load(Ordering::SeqCst) {
            return;
        }
        if let Some(handle) = runs.get(&arn) {
            match begin {
                Begin::Run(_) => {}
                // The last one is about to end.
                Begin::Redrive(_) => lock(&handle.next).push(begin),
                Begin::Abort => {
                    let mut next = lock(&handle.next);
                    match next.is_empty() {
                        true => handle.tell(Told::Abort),
                        false => next.push(begin),
                    }
                }
            }
            return;
        }
        let (told, inbox) = mpsc::unbounded_channel();
        let handle = Arc::new(Handle {
            told,
            record: Mutex::new(unknown(arn.clone())),
            turn: TurnMutex::new(false),
            next: Mutex::default(),
            supervisor: Mutex::default(),
        });
        let supervised = supervisor::supervise(Arc::clone(shared), Arc::clone(&handle), inbox, begin);
        let task = tokio::spawn(supervised);
        *lock(&handle.supervisor) = Some(task.abort_handle());
        runs.insert(arn, handle);
    }

    /// Ends all supervisors where they are, as in a crash.
    pub(crate) fn stop_all(&self) {
        let mut runs = self.runs();
        self.is_closed.store(true, Ordering::SeqCst);
        for (_, handle) in runs.drain() {
            if let Some(task) = lock(&handle.supervisor).take() {
                task.abort();
            }
        }
    }

    /// A supervisor is at its end.
    fn forget(&self, shared: &Arc<Shared>, arn: &Str) {
        let handle = self.runs().remove(arn);
        let next = handle.map(|handle| std::mem::take(&mut *lock(&handle.next)));
        for begin in next.into_iter().flatten() {
            self.begin(shared, arn.clone(), begin);
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<Str, Arc<Handle>>> {
        lock(&self.runs)
    }
}

impl Handle {
    pub(crate) fn tell(&self, told: Told) {
        // A supervisor that is gone needs to know nothing.
        let _ = self.told.send(told);
    }

    fn record(&self) -> MutexGuard<'_, MapRun> {
        lock(&self.record)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds the lock")
}

/// What is known of a map run before its record was read.
fn unknown(arn: Str) -> MapRun {
    MapRun {
        arn,
        execution: ExecId(0),
        execution_arn: Str::default(),
        branch: engine::BranchId::ROOT,
        event: 0,
        machine_arn: Str::default(),
        express: false,
        started: Millis(0),
        stopped: None,
        status: MapRunStatus::Running,
        settings: MapRunSettings {
            max_concurrency: 0,
            tolerated_count: None,
            tolerated_percentage: None,
        },
        redriven: None,
        items: MapRunCounts::default(),
        executions: MapRunCounts::default(),
    }
}

/// The record of a map run that starts.
pub(crate) fn record(
    id: ExecId,
    head: &Head,
    run: engine::TaskKey,
    start: &engine::MapRunStart,
    started: Millis,
) -> MapRun {
    let machine_arn = ids::arn::without_label(&head.machine_arn);
    let label = label(&start.arn).unwrap_or_default();
    MapRun {
        execution: id,
        execution_arn: head.arn.clone(),
        branch: run.branch,
        event: run.event,
        machine_arn: format!("{machine_arn}/{label}").into(),
        express: head
            .machine
            .labelled(label)
            .and_then(|map| map.distributed.as_ref())
            .is_some_and(|distributed| distributed.children == asl::ChildType::Express),
        started,
        settings: MapRunSettings {
            max_concurrency: start.max_concurrency,
            tolerated_count: start.tolerated_count,
            tolerated_percentage: start.tolerated_percentage.map(Percentage),
        },
        ..unknown(start.arn.clone())
    }
}

impl Shared {
    /// What is known of a map run, as of now.
    pub(crate) async fn describe_map_run(&self, arn: &str) -> Result<MapRun, MapRunError> {
        if let Some(handle) = self.map_runs.get(arn) {
            let record = handle.record().clone();
            if record.event > 0 {
                return Ok(record);
            }
        }
        let record = self.store.map_run(arn).await?;
        record.ok_or(MapRunError::NotFound)
    }

    /// Changes a map run that is under way, and answers once that is saved.
    pub(crate) async fn update_map_run(&self, arn: &str, update: MapRunUpdate) -> Result<(), MapRunError> {
        let Some(handle) = self.map_runs.get(arn) else {
            let known = self.store.map_run(arn).await?;
            return Err(known.map_or(MapRunError::NotFound, |_| MapRunError::Completed));
        };
        let turn = handle.turn.lock().await;
        if *turn {
            return Err(MapRunError::Completed);
        }
        let mut changed = self.store.map_run(arn).await?.ok_or(MapRunError::NotFound)?;
        if changed.status != MapRunStatus::Running {
            return Err(MapRunError::Completed);
        }
        update.apply(&mut changed.settings);
        let settings = changed.settings;
        self.committer
            .catalog(vec![CatalogChange::PutMapRun(Box::new(changed))])
            .await?;
        handle.record().settings = settings;
        handle.tell(Told::Changed);
        Ok(())
    }

    /// Takes up, or stops, the map runs that were under way when the server stopped. What can't be read is read later.
    pub(crate) async fn take_up_map_runs(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = match self.store.open_map_runs(after.clone(), PAGE).await {
                Err(error) if error.may_pass() => {
                    self.until_retry().await;
                    continue;
                }
                read => read?,
            };
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.arn.clone());
            for run in page {
                let key = engine::TaskKey {
                    branch: run.branch,
                    event: run.event,
                };
                let work = crate::mailbox::Work::MapRunOpen {
                    run: key,
                    arn: run.arn,
                };
                self.mailboxes.send(run.execution, work);
            }
        }
    }

    /// Waits until what failed and may pass is tried again.
    async fn until_retry(&self) {
        let now = self.clock.now();
        let later = Millis(now.0.saturating_add(self.settings.retry_millis));
        self.clock.sleep_until(later).await;
    }

    /// What the store knows of an execution of a map run, asked over and over while it can't be read.
    async fn described_child(&self, arn: &str) -> Result<Option<Described>, StoreError> {
        loop {
            match load::described(&*self.store, arn).await {
                Err(error) if error.may_pass() => self.until_retry().await,
                read => return read,
            }
        }
    }

    /// Tells a map run that one of its executions has ended.
    pub(crate) fn child_ended(&self, map_run_arn: &str, seat: MapSeat, child: Arc<Described>) {
        self.map_runs.tell(map_run_arn, Told::Ended(seat.index, child));
    }
}

/// How many records are read at a time.
const PAGE: usize = 1000;

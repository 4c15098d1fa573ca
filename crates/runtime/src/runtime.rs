//! The runtime: what the server and the command line see of it all.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use engine::{Ending, Event, Millis, Verdict};
use integrations::{Described, Exchange, NotRedrivable, Test, TestCaseError};
use json::{Payload, Str};
use store::{ExecId, ExecutionQuery, ExpressStart, HistoryPage, MapRun, OpenRow, Store, StoreError, Summary};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::activities::{Activities, ActivityQueue};
use crate::catalog::{Catalog, CatalogError, Revision};
use crate::chance::Chance;
use crate::changes::{Changes, Watch};
use crate::clock::Clock;
use crate::committer::Committer;
use crate::dispatcher::Dispatcher;
use crate::express::{ExpressRecord, ExpressRing};
use crate::health::Health;
use crate::limits::Limits;
use crate::mailbox::{Mailboxes, Message, Report};
use crate::map_runs::MapRuns;
use crate::nested::Nested;
use crate::rate::Buckets;
use crate::request::{
    ActivityTask, ExecutionError, MapRunError, MapRunUpdate, RedriveError, StartError, StartRequest, Started,
    TokenError,
};
use crate::retention;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::tasks::Tasks;
use crate::trial::StateTest;
use crate::worker::Worker;

/// How many open rows are read at a time when the server starts.
const SCAN: usize = 4096;

/// Drives all executions of a store. Cheap to clone; when the last clone is dropped, everything stops where
/// it is, as in a crash.
#[derive(Clone)]
pub struct Runtime(Arc<Running>);

struct Running {
    shared: Arc<Shared>,
    background: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.map_runs.stop_all();
        let background = self
            .background
            .get_mut()
            .expect("nothing panics while it holds the lock");
        background.iter().for_each(JoinHandle::abort);
    }
}

impl Runtime {
    /// Opens a store and takes up what was under way. It answers at once: executions that must be read for
    /// that are read in the background, or when somebody asks for them.
    pub async fn open(
        store: Arc<dyn Store>,
        tasks: Arc<dyn Tasks>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let (mailboxes, inboxes) = Mailboxes::open(settings.workers, settings.mailbox);
        let mailboxes = Arc::new(mailboxes);
        let health = Arc::new(Health::default());
        let (committer, saver) = Committer::open(
            Arc::clone(&store),
            Arc::clone(&mailboxes),
            &settings,
            Arc::clone(&health),
        );
        let chance = Arc::new(Chance::new(settings.seed));
        let (opened_store, opened_clock) = (Arc::clone(&store), Arc::clone(&clock));
        let catalog = Catalog::open(
            opened_store,
            committer.clone(),
            opened_clock,
            Arc::clone(&chance),
            settings.limits.clone(),
        )
        .await?;
        let latest = store.latest().await?;
        let rows = open_rows(&*store).await?;
        let express = express_pending(&*store).await?;
        let shared = Arc::new(Shared {
            dispatcher: Arc::new(Dispatcher::new(
                Arc::clone(&tasks),
                Arc::clone(&mailboxes),
                settings.max_tasks,
            )),
            activities: Arc::new(Activities::new(Arc::clone(&mailboxes))),
            express: ExpressRing::new(settings.express_executions, settings.express_bytes),
            changes: Changes::new(),
            map_runs: MapRuns::new(settings.limits.open_map_runs),
            open: AtomicUsize::new(rows.len()),
            express_started: AtomicU64::new(0),
            transitions: Buckets::default(),
            closing: AtomicBool::new(false),
            opened: clock.now(),
            store,
            tasks,
            clock,
            settings,
            chance,
            mailboxes,
            committer,
            health,
            catalog,
        });
        shared.tasks.connect(Arc::new(Nested(Arc::downgrade(&shared))));

        let number = inboxes.len();
        let new_worker = |(place, inbox)| Worker::new(place, Arc::clone(&shared), inbox, latest);
        let mut workers: Vec<Worker> = inboxes.into_iter().enumerate().map(new_worker).collect();
        for (id, row) in rows {
            workers[usize::from(id.shard()) % number].remember(id, row);
        }
        let mut background = vec![tokio::spawn(saver.run())];
        background.extend(workers.into_iter().map(|worker| tokio::spawn(worker.run())));
        background.push(tokio::spawn(retention::keep(Arc::downgrade(&shared))));
        background.push(tokio::spawn(take_up_the_rest(Arc::clone(&shared), express)));
        let telling = Arc::clone(&shared);
        background.push(tokio::spawn(async move { telling.changes.tell().await }));
        Ok(Self(Arc::new(Running {
            shared,
            background: Mutex::new(background),
        })))
    }

    /// What it keeps to.
    pub fn limits(&self) -> &Limits {
        &self.0.shared.settings.limits
    }

    /// State machines and activities.
    pub fn catalog(&self) -> &Catalog {
        &self.0.shared.catalog
    }

    /// Starts an execution, and answers when that is saved. A Standard execution's name is its own: see
    /// [`StartError::AlreadyExists`]. An Express execution runs at least once, after a crash once more. When
    /// there is hardly any room left, it is kept for what has begun.
    pub async fn start(&self, request: StartRequest) -> Result<Started, StartError> {
        if let Some(low) = self.0.shared.store.low() {
            return Err(StartError::Store(low));
        }
        let shared = &self.0.shared;
        shared.start_by(request, shared.patience()).await
    }

    /// Whether what is decided can be saved, and something new be begun; else why not. Asks the store again when
    /// the last commit failed.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.0.shared.health.check(&*self.0.shared.store).await
    }

    /// Checks that executions can be started as this test: there is a mock configuration, and it has the test
    /// case. The file is read again if it has changed.
    pub async fn find_test(&self, test: Test<'_>) -> Result<(), TestCaseError> {
        self.0.shared.tasks.find_test(test).await
    }

    /// Runs an Express execution to its end, at most once: nothing of it is saved.
    pub async fn start_sync(&self, request: StartRequest) -> Result<Arc<Described>, StartError> {
        self.0.shared.start_sync(request).await
    }

    /// Tests one state. Its task is done unless a mock answers for it; nothing is saved.
    pub async fn test_state(&self, test: StateTest) -> Result<Verdict, StartError> {
        let (verdict, _) = self.0.shared.test_state(test, false).await?;
        Ok(verdict)
    }

    /// The same, along with the HTTP exchange that the task was, if it was one. `reveal`: with what the connection
    /// adds to it.
    pub async fn test_state_shown(
        &self,
        test: StateTest,
        reveal: bool,
    ) -> Result<(Verdict, Option<Exchange>), StartError> {
        self.0.shared.test_state(test, reveal).await
    }

    /// Stops an execution, and answers with the moment of its end when that is saved. One that ended before
    /// answers with the end that it had.
    pub async fn stop(&self, arn: &str, ending: Ending) -> Result<Millis, ExecutionError> {
        self.0.shared.stop(arn, ending).await
    }

    /// Has a Standard execution that ended without success go on from where it was, and answers with the
    /// moment of that when it is saved. A repeated request with the same client token is answered like the
    /// first for a while.
    pub async fn redrive(&self, arn: &str, token: Option<Str>) -> Result<Millis, RedriveError> {
        self.0.shared.redrive(arn, token).await
    }

    /// Why an execution as it was described cannot be redriven now.
    pub async fn redrive_refusal(&self, described: &Described) -> Result<Option<NotRedrivable>, StoreError> {
        self.0.shared.redrive_refusal(described).await
    }

    /// What is known of an execution: everything whose answer was given before the call, and nothing that is
    /// not saved. Express executions are known for a while after their end.
    pub async fn describe(&self, arn: &str) -> Result<Arc<Described>, ExecutionError> {
        self.0.shared.describe(arn).await
    }

    /// The revision that a Standard execution runs, or ran. Gone with its state machine.
    pub async fn revision_of(&self, arn: &str) -> Result<Arc<Revision>, ExecutionError> {
        let shared = &self.0.shared;
        let id = shared.store.find(arn).await?.ok_or(ExecutionError::NotFound)?;
        let summary = shared.store.summary(id).await?.ok_or(ExecutionError::NotFound)?;
        let created = summary.created;
        let revision = shared
            .catalog
            .revision(ids::arn::without_label(&created.machine_arn), &created.revision)
            .await;
        revision.map_err(|error| match error {
            CatalogError::Store(error) => ExecutionError::Store(error),
            _ => ExecutionError::NotFound,
        })
    }

    /// What is known of a map run, as of now.
    pub async fn map_run(&self, arn: &str) -> Result<MapRun, MapRunError> {
        self.0.shared.describe_map_run(arn).await
    }

    /// The map runs of a Standard execution that were started before the one of an event, newest first.
    pub async fn map_runs(
        &self,
        execution_arn: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<MapRun>, ExecutionError> {
        let store = &self.0.shared.store;
        let id = store.find(execution_arn).await?.ok_or(ExecutionError::NotFound)?;
        Ok(store.map_runs(id, before, limit).await?)
    }

    /// Changes the settings of a map run that is under way, and answers once that is saved.
    pub async fn update_map_run(&self, arn: &str, update: MapRunUpdate) -> Result<(), MapRunError> {
        self.0.shared.update_map_run(arn, update).await
    }

    /// Waits for the end of a Standard execution.
    pub async fn ended(&self, arn: &str) -> Result<Arc<Described>, ExecutionError> {
        self.0.shared.ended(arn).await
    }

    /// A page of an execution's history, silent events included.
    pub async fn history(&self, arn: &str, page: HistoryPage) -> Result<Vec<Event>, ExecutionError> {
        self.0.shared.history(arn, page).await
    }

    /// Standard executions, newest first.
    pub async fn executions(&self, query: ExecutionQuery) -> Result<Vec<Summary>, StoreError> {
        self.0.shared.store.executions(query).await
    }

    /// The Express executions of a state machine that ended last and are still known, newest first.
    pub fn express_executions(&self, machine_arn: &str, limit: usize) -> Vec<Arc<ExpressRecord>> {
        self.0.shared.express.of_machine(machine_arn, limit)
    }

    /// A task of an activity, whose start is saved; `None` when there was none for the whole wait. A caller
    /// that goes away leaves the task to the next.
    pub async fn take_activity_task(
        &self,
        activity_arn: &str,
        worker: Option<Str>,
    ) -> Result<Option<ActivityTask>, StoreError> {
        self.0
            .shared
            .take_activity_task(&activity_arn.into(), worker)
            .await
    }

    /// Reports a task's result, and answers when that is saved.
    pub async fn task_succeeded(&self, token: &str, output: Payload) -> Result<(), TokenError> {
        self.0.shared.report(token, Report::Succeeded(output)).await
    }

    /// Reports a task's failure, and answers when that is saved.
    pub async fn task_failed(&self, token: &str, ending: Ending) -> Result<(), TokenError> {
        self.0.shared.report(token, Report::Failed(ending)).await
    }

    /// Reports that a task is still being worked on. After a restart its time starts anew.
    pub async fn heartbeat(&self, token: &str) -> Result<(), TokenError> {
        self.0.shared.report(token, Report::Heartbeat).await
    }

    /// Who is with an activity: tasks on offer, and workers that wait for one.
    pub fn activity_queue(&self, activity_arn: &str) -> ActivityQueue {
        self.0.shared.activities.queue_of(activity_arn)
    }

    /// Tells which executions go on from now on.
    pub fn watch(&self) -> Watch {
        self.0.shared.changes.watch()
    }

    /// The ARN of the execution with this number.
    pub async fn arn_of(&self, id: ExecId) -> Result<Option<Str>, StoreError> {
        let summary = self.0.shared.store.summary(id).await?;
        Ok(summary.map(|summary| summary.created.arn))
    }

    /// The number of a Standard execution, which its task tokens have in them.
    pub async fn find(&self, arn: &str) -> Result<Option<ExecId>, StoreError> {
        self.0.shared.store.find(arn).await
    }

    /// The execution whose task started a Standard execution and waits for it.
    pub async fn parent(&self, arn: &str) -> Result<Option<Str>, StoreError> {
        let store = &self.0.shared.store;
        let Some(id) = store.find(arn).await? else {
            return Ok(None);
        };
        let parent = store
            .summary(id)
            .await?
            .and_then(|summary| summary.created.parent);
        match parent {
            Some(parent) => Ok(store.summary(parent.id).await?.map(|parent| parent.created.arn)),
            None => Ok(None),
        }
    }

    /// What time it is.
    pub fn now(&self) -> Millis {
        self.0.shared.clock.now()
    }

    /// How many Standard executions are open.
    pub fn open_executions(&self) -> usize {
        self.0.shared.open.load(Ordering::Relaxed)
    }

    /// Ends it all in order: takes nothing new, gives the tasks under way the time of the settings, saves
    /// what was decided. What is open goes on when the store is opened again.
    pub async fn shutdown(&self) {
        let shared = &self.0.shared;
        shared.closing.store(true, Ordering::SeqCst);
        shared.map_runs.stop_all();
        shared.dispatcher.close();
        let _ = tokio::time::timeout(shared.settings.grace, shared.dispatcher.idle()).await;
        for mailbox in shared.mailboxes.all() {
            let (reply, closed) = oneshot::channel();
            if mailbox.messages.send(Message::Close(reply)).is_ok() {
                let _ = closed.await;
            }
        }
        let background = std::mem::take(
            &mut *self
                .0
                .background
                .lock()
                .expect("nothing panics while it holds the lock"),
        );
        for task in background {
            task.abort();
            // Once it is over, nothing holds the store but the clones of this.
            let _ = task.await;
        }
    }
}

async fn open_rows(store: &dyn Store) -> Result<Vec<(ExecId, OpenRow)>, StoreError> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = store.open(after, SCAN).await?;
        let Some((last, _)) = page.last() else {
            return Ok(rows);
        };
        after = Some(*last);
        rows.extend(page);
    }
}

async fn express_pending(store: &dyn Store) -> Result<Vec<ExpressStart>, StoreError> {
    let mut pending = Vec::new();
    let mut after = None;
    loop {
        let page = store.express_pending(after, SCAN).await?;
        let Some(last) = page.last() else {
            return Ok(pending);
        };
        after = Some(last.id);
        pending.extend(page);
    }
}

/// Runs again the Express executions that had not ended, and removes what was being deleted.
async fn take_up_the_rest(shared: Arc<Shared>, express: Vec<ExpressStart>) {
    for start in express {
        let created = &start.created;
        let mailbox = &shared.mailboxes.of_shard(start.id.shard()).messages;
        let revision = loop {
            let revision = shared
                .catalog
                .revision(&created.machine_arn, &created.revision)
                .await;
            match &revision {
                Err(CatalogError::Store(error)) if error.may_pass() => {
                    let retry = shared.settings.retry_millis;
                    let until = Millis(shared.clock.now().0.saturating_add(retry));
                    shared.clock.sleep_until(until).await;
                }
                _ => break revision,
            }
        };
        match revision {
            Ok(revision) => {
                let _ = mailbox.send(Message::ExpressAgain(Box::new(start), revision));
            }
            Err(CatalogError::NotFound(_)) => {
                tracing::warn!(arn = %created.arn, "an Express execution ends with its state machine, which was deleted");
                let _ = mailbox.send(Message::ExpressGone(start.id));
            }
            Err(error) => {
                tracing::error!(arn = %created.arn, %error, "an Express execution can't be run again")
            }
        }
    }
    if let Err(error) = shared.take_up_map_runs().await {
        tracing::error!(%error, "the map runs that were under way can't be read");
    }
    for machine_arn in shared.catalog.deleting() {
        shared.remove_deleted(machine_arn);
    }
}

//! A supervisor: starts the executions of one map run, as many at once as may run, and decides its end.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use engine::{Ending, MapRunEnd, MapRunPlan, Millis, TOO_MANY_FAILED};
use integrations::{Described, ResultsOrder};
use json::{Payload, Str};
use store::{
    CatalogChange, ExecId, MapChild, MapRun, MapRunCounts, MapRunStatus, MapSeat, Redriven, Status,
    StoreError, shard_of,
};
use tokio::sync::mpsc;

use crate::live::status;
use crate::mailbox::{ReplyTo, Start, StartReply, Work};
use crate::map_runs::inputs::{Given, Inputs};
use crate::map_runs::results::{self, Gathered};
use crate::map_runs::seats::{ChildOf, Seats, label};
use crate::map_runs::{Begin, Handle, PAGE, Setting, Told, tally};
use crate::request::{ExecutionError, RedriveError, StartError, StartRequest};
use crate::shared::Shared;

/// How many results are gathered at a time.
const RESULTS: usize = 64;

/// Takes care of a map run until its end.
pub(super) async fn supervise(
    shared: Arc<Shared>,
    handle: Arc<Handle>,
    inbox: mpsc::UnboundedReceiver<Told>,
    begin: Begin,
) {
    let arn = handle.record().arn.clone();
    let mut supervisor = Supervisor {
        seats: Seats::new(&arn, false),
        shared,
        handle,
        inbox,
        arn,
        running: BTreeMap::new(),
        known: Known::default(),
        again: VecDeque::new(),
        redriven: VecDeque::new(),
        retry: None,
        gathered: None,
        is_aborted: false,
        failure: None,
        is_deleted: false,
    };
    let done = supervisor.run(begin).await;
    let Supervisor { shared, arn, .. } = supervisor;
    // What may pass was tried again; what is damaged stays so, and is left to the operator.
    if let Err(error) = done {
        tracing::error!(%arn, %error, "a map run can't be read or saved");
    }
    shared.map_runs.forget(&shared, &arn);
}

struct Supervisor {
    shared: Arc<Shared>,
    handle: Arc<Handle>,
    inbox: mpsc::UnboundedReceiver<Told>,
    arn: Str,
    seats: Seats,
    /// The executions that run, by their number, in whose order they are stopped: the same in each run of a seed.
    running: BTreeMap<u64, Running>,
    /// Those that were started at some time.
    known: Known,
    /// What is to be started once more, because its start or its end could not be saved.
    again: VecDeque<Given>,
    /// Executions that are to be redriven.
    redriven: VecDeque<(u64, u64)>,
    /// When something that could not be saved is tried again.
    retry: Option<Millis>,
    /// Results, as long as they are the state's.
    gathered: Option<Gathered>,
    is_aborted: bool,
    /// Why it fails: nothing more is started, and what runs is stopped.
    failure: Option<Ending>,
    is_deleted: bool,
}

struct Running {
    items: u64,
    /// What it was given, until it need not be given again.
    input: Option<Payload>,
    /// What an Express execution runs again.
    again: Option<(ExecId, Redriven)>,
    /// Whether it is known to have begun, so that it can be stopped.
    is_begun: bool,
}

/// A set of numbers, nearly all of which follow each other.
#[derive(Default)]
struct Known {
    /// All below are in it.
    below: u64,
    above: HashSet<u64>,
}

impl Known {
    fn insert(&mut self, number: u64) {
        if number >= self.below {
            self.above.insert(number);
        }
        while self.above.remove(&self.below) {
            self.below += 1;
        }
    }

    fn contains(&self, number: u64) -> bool {
        number < self.below || self.above.contains(&number)
    }

    /// One past the highest.
    fn end(&self) -> u64 {
        self.above.iter().max().map_or(self.below, |highest| highest + 1)
    }
}

impl Supervisor {
    async fn run(&mut self, begin: Begin) -> Result<(), StoreError> {
        let handle = Arc::clone(&self.handle);
        // Nobody changes it between here and where it is known.
        let turn = handle.turn.lock().await;
        let Some(record) = self.record().await? else {
            return Ok(());
        };
        self.seats = Seats::new(&self.arn, record.express);
        *self.handle.record() = record;
        drop(turn);
        let setting = match begin {
            Begin::Abort => return self.abort().await,
            Begin::Run(setting) | Begin::Redrive(setting) => setting,
        };
        let Setting { plan, revision, .. } = &*setting;
        self.reopen(plan.redrives()).await?;
        self.gathered = match plan.start().writer {
            Some(_) => None,
            None => Some(Gathered::new(plan)),
        };
        self.scan().await?;
        let _place = match self.place().await {
            Place::Free(place) => place,
            Place::Aborted => return self.abort().await,
        };
        let io = self.shared.tasks.map_run_io();
        let scope = results::scope(&self.arn, revision);
        let mut inputs = match Inputs::open(plan, &*io, scope).await {
            Ok(inputs) => Some(inputs),
            Err(ending) => {
                self.failure = Some(ending);
                None
            }
        };
        self.work(&setting, inputs.as_mut()).await?;
        if self.is_aborted {
            return self.close_aborted().await;
        }
        let end = self.end(&setting, inputs).await;
        self.conclude(plan, end).await
    }

    /// Reads the record, over and over while it can't be read.
    async fn record(&self) -> Result<Option<MapRun>, StoreError> {
        loop {
            match self.shared.store.map_run(&self.arn).await {
                Err(error) if error.may_pass() => self.shared.clock.sleep_until(self.later()).await,
                read => return read,
            }
        }
    }

    /// Waits until it may begin.
    async fn place(&mut self) -> Place {
        let is_nested = label(&self.handle.record().execution_arn).is_some();
        if is_nested {
            return Place::Free(None);
        }
        let places = Arc::clone(&self.shared.map_runs.places);
        let mut place = std::pin::pin!(places.acquire_owned());
        loop {
            tokio::select! {
                biased;
                place = &mut place => return Place::Free(place.ok()),
                told = self.inbox.recv() => match told {
                    Some(Told::Abort) | None => return Place::Aborted,
                    // Executions from before a crash may end meanwhile.
                    Some(told) => self.hear(told),
                },
            }
        }
    }

    /// Takes stock of the executions that are known, and of their results. When the map run was redriven, those that
    /// had no success and were not redriven since are to be redriven.
    async fn scan(&mut self) -> Result<(), StoreError> {
        let redriven = self.handle.record().redriven.map(|(_, at)| at);
        let mut counts = (MapRunCounts::default(), MapRunCounts::default());
        std::mem::swap(&mut self.handle.record().executions, &mut counts.0);
        std::mem::swap(&mut self.handle.record().items, &mut counts.1);
        let mut after = None;
        loop {
            let page = self.children(after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            tokio::task::yield_now().await;
            for child in page {
                let MapSeat { index, items } = child.seat;
                self.known.insert(index);
                let is_again = matches!(child.status, Status::Failed | Status::TimedOut | Status::Aborted)
                    && redriven.is_some_and(|at| child.redriven.is_none_or(|last| last < at));
                let status = if is_again {
                    Status::PendingRedrive
                } else {
                    child.status
                };
                tally::add(&mut self.handle.record(), status, items);
                match child.status {
                    Status::Running => {
                        let running = Running {
                            items,
                            input: None,
                            again: None,
                            is_begun: true,
                        };
                        self.running.insert(index, running);
                    }
                    _ if is_again => self.redriven.push_back((index, items)),
                    _ => self.gather_stored(index).await?,
                }
            }
        }
    }

    /// Reads a page of executions, over and over while it can't be read.
    async fn children(&self, after: Option<ExecId>) -> Result<Vec<MapChild>, StoreError> {
        loop {
            match self.shared.store.map_children(&self.arn, after, PAGE).await {
                Err(error) if error.may_pass() => self.shared.clock.sleep_until(self.later()).await,
                read => return read,
            }
        }
    }

    /// Looks an execution up, over and over while that can't be done.
    async fn child_id(&self, arn: &str) -> Result<Option<ExecId>, StoreError> {
        loop {
            match self.shared.store.find(arn).await {
                Err(error) if error.may_pass() => self.shared.clock.sleep_until(self.later()).await,
                read => return read,
            }
        }
    }

    async fn gather_stored(&mut self, index: u64) -> Result<(), StoreError> {
        let Some(gathered) = self.gathered.as_mut().filter(|gathered| !gathered.is_full()) else {
            return Ok(());
        };
        if let Some(child) = self.shared.described_child(&self.seats.arn(index)).await? {
            gathered.add(index, &child);
        }
        Ok(())
    }

    /// Starts executions and counts their ends, until none is left.
    async fn work(&mut self, setting: &Setting, mut inputs: Option<&mut Inputs>) -> Result<(), StoreError> {
        let mut is_stopping = false;
        loop {
            while let Ok(told) = self.inbox.try_recv() {
                self.hear(told);
            }
            self.take_stock(inputs.as_deref());
            if !self.is_ending() && self.has_room() && self.start_next(setting, &mut inputs).await? {
                continue;
            }
            // That there are no more items may have been seen just now.
            self.take_stock(inputs.as_deref());
            if self.is_ending() && !is_stopping {
                is_stopping = true;
                self.stop_running();
            }
            if self.running.is_empty() && (self.is_ending() || self.retry.is_none()) {
                return Ok(());
            }
            self.wait().await;
        }
    }

    fn is_ending(&self) -> bool {
        self.is_aborted || self.is_deleted || self.failure.is_some()
    }

    fn has_room(&self) -> bool {
        let ceiling = self.shared.settings.limits.map_run_executions as u64;
        let width = match self.handle.record().settings.max_concurrency {
            0 => ceiling,
            most => most.min(ceiling),
        };
        (self.running.len() as u64) < width
    }

    /// Waits until something happens.
    async fn wait(&mut self) {
        let shared = Arc::clone(&self.shared);
        let ring = async {
            match self.retry {
                Some(at) => shared.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            told = self.inbox.recv() => match told {
                Some(told) => self.hear(told),
                None => self.is_aborted = true,
            },
            () = ring => self.retry = None,
        }
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Started(index, Ok(())) => self.started(index),
            Told::Started(index, Err(error)) => self.not_started(index, &error),
            Told::Lost(index) => self.try_again(index),
            Told::Ended(index, child) => self.ended(index, &child),
            Told::Abort => self.is_aborted = true,
            // That was for the one before.
            Told::Refused(_) => {}
            Told::Changed | Told::Done => {}
        }
    }

    fn started(&mut self, index: u64) {
        let (is_express, is_ending) = (self.seats.is_express(), self.is_ending());
        let Some(running) = self.running.get_mut(&index) else {
            return;
        };
        running.is_begun = true;
        if !is_express {
            running.input = None;
        }
        if is_ending {
            self.shared.stop_child(self.seats.arn(index));
        }
    }

    fn not_started(&mut self, index: u64, error: &StartError) {
        match error {
            StartError::Deleting(_) => {
                self.is_deleted = true;
                if let Some(Running { items, again, .. }) = self.forget(index) {
                    self.is_as_before(items, again);
                }
            }
            // The server goes, and takes this along; the next one goes on.
            StartError::Closing => {}
            _ => self.try_again(index),
        }
    }

    /// An execution is to be started once more, a little later.
    fn try_again(&mut self, index: u64) {
        if let Some(Running {
            items,
            input: Some(input),
            again,
            ..
        }) = self.forget(index)
        {
            self.is_as_before(items, again);
            if again.is_some() {
                self.redriven.push_back((index, items));
            } else {
                self.again.push_back(Given {
                    index,
                    items,
                    input,
                    again,
                });
            }
            self.retry = Some(self.later());
        }
    }

    /// An execution was not started. One that was to run again still is.
    fn is_as_before(&self, items: u64, again: Option<(ExecId, Redriven)>) {
        if again.is_some() {
            tally::add(&mut self.handle.record(), Status::PendingRedrive, items);
        }
    }

    /// When something that could not be saved is tried again.
    fn later(&self) -> Millis {
        let now = self.shared.clock.now();
        Millis(now.0.saturating_add(self.shared.settings.retry_millis))
    }

    fn forget(&mut self, index: u64) -> Option<Running> {
        let running = self.running.remove(&index)?;
        tally::take(&mut self.handle.record(), Status::Running, running.items);
        Some(running)
    }

    fn ended(&mut self, index: u64, child: &Described) {
        let Some(running) = self.forget(index) else {
            return;
        };
        let status = child.outcome.as_ref().map_or(Status::Aborted, status);
        tally::add(&mut self.handle.record(), status, running.items);
        if let Some(gathered) = &mut self.gathered {
            gathered.add(index, child);
        }
    }

    /// Fails the map run when more failed than is tolerated.
    fn judge(&mut self, total: Option<u64>) {
        if self.is_ending() {
            return;
        }
        let record = self.handle.record();
        let failed = record.items.failures() + record.items.aborted;
        if tally::is_exceeded(&record.settings, failed, total) {
            let (error, cause) = TOO_MANY_FAILED;
            self.failure = Some(Ending {
                error: Some(error.into()),
                cause: Some(cause.into()),
            });
        }
    }

    /// Looks how much failed, and how much is not begun.
    fn take_stock(&mut self, inputs: Option<&Inputs>) {
        let Some(inputs) = inputs else { return };
        self.judge(inputs.total());
        let mut record = self.handle.record();
        record.items.pending = 0;
        let begun = record.items.total();
        // After a crash, more may have begun than has been read again.
        let pending = inputs.known().saturating_sub(begun);
        record.items.pending = pending;
        record.executions.pending = match inputs.has_batches() {
            true => self.again.len() as u64,
            false => pending,
        };
    }

    /// Starts what comes next. False when there is nothing now.
    async fn start_next(
        &mut self,
        setting: &Setting,
        inputs: &mut Option<&mut Inputs>,
    ) -> Result<bool, StoreError> {
        if self.retry.is_none()
            && let Some((index, items)) = self.redriven.pop_front()
        {
            self.redrive(setting, index, items).await?;
            return Ok(true);
        }
        if self.retry.is_none()
            && let Some(given) = self.again.pop_front()
        {
            self.start(setting, given).await;
            return Ok(true);
        }
        let Some(inputs) = inputs else { return Ok(false) };
        match inputs
            .next(&setting.plan, |index| self.known.contains(index))
            .await
        {
            Ok(Some(given)) => {
                self.start(setting, given).await;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(ending) => {
                self.failure = Some(ending);
                Ok(true)
            }
        }
    }

    /// Has an execution started. Waits while the worker that shall drive it has too much to do.
    async fn start(&mut self, setting: &Setting, given: Given) {
        let Given {
            index, items, input, ..
        } = given;
        let revision = &setting.revision;
        let Some(starting) = revision.life.start() else {
            self.is_deleted = true;
            self.is_as_before(items, given.again);
            return;
        };
        let seat = MapSeat { index, items };
        let child = ChildOf {
            map_run_arn: self.arn.clone(),
            machine_arn: self.handle.record().machine_arn.clone(),
            express: self.seats.is_express(),
            seat,
            again: given.again,
        };
        let arn = self.seats.arn(index);
        let shard = shard_of(&arn);
        let start = Box::new(Start {
            request: StartRequest {
                test_case: setting.test_case.clone(),
                ..StartRequest::new(Arc::clone(revision), input.clone())
            },
            arn,
            shard,
            name: self.seats.name(index).into(),
            drawn: true,
            until: Millis(i64::MAX),
            child: Some(Box::new(child)),
            reply: StartReply {
                to: ReplyTo::MapRun(Arc::clone(&self.handle), index),
                starting,
            },
        });
        self.known.insert(index);
        self.running(index, items, Some(input), given.again);
        let mailbox = &self.shared.mailboxes.of_shard(shard).starts;
        // Nobody takes it any more only at the end of the process.
        let _ = mailbox.send(start).await;
    }

    fn running(&mut self, index: u64, items: u64, input: Option<Payload>, again: Option<(ExecId, Redriven)>) {
        let is_begun = input.is_none();
        let running = Running {
            items,
            input,
            again,
            is_begun,
        };
        self.running.insert(index, running);
        tally::add(&mut self.handle.record(), Status::Running, items);
    }

    /// Has an execution go on that had no success, or an Express one run anew.
    async fn redrive(&mut self, setting: &Setting, index: u64, items: u64) -> Result<(), StoreError> {
        tally::take(&mut self.handle.record(), Status::PendingRedrive, items);
        let since = self.handle.record().redriven.map_or(Millis(0), |(_, at)| at);
        let arn = self.seats.arn(index);
        let Some(child) = self.shared.described_child(&arn).await? else {
            return Ok(());
        };
        if self.seats.is_express() {
            let count = child.redriven.map_or(0, |redriven| redriven.count) + 1;
            // The clock may have been set back: no execution is redriven before its map run is.
            let at = self.shared.clock.now().max(since);
            let id = self.child_id(&arn).await?;
            let given = Given {
                index,
                items,
                input: child.input,
                again: id.map(|id| (id, Redriven { count, at })),
            };
            self.start(setting, given).await;
            return Ok(());
        }
        self.running(index, items, None, None);
        if let Err(error) = self.shared.redrive_child(&arn, since).await {
            if let RedriveError::Execution(error) = &error
                && (error.may_pass() || *error == ExecutionError::Closing)
            {
                self.forget(index);
                tally::add(&mut self.handle.record(), Status::PendingRedrive, items);
                self.redriven.push_back((index, items));
                self.retry = Some(self.later());
                return Ok(());
            }
            tracing::warn!(%arn, %error, "an execution of a map run can't be redriven");
            let mut record = self.handle.record();
            record.executions.failures_not_redrivable += 1;
            record.items.failures_not_redrivable += items;
            drop(record);
            self.ended(index, &child);
        }
        Ok(())
    }

    fn stop_running(&self) {
        // The others are stopped when they have begun.
        for (index, _) in self.running.iter().filter(|(_, running)| running.is_begun) {
            self.shared.stop_child(self.seats.arn(*index));
        }
    }

    /// The end, and the result, of a map run whose executions have all ended.
    async fn end(&mut self, setting: &Setting, inputs: Option<Inputs>) -> MapRunEnd {
        let plan = &setting.plan;
        if self.is_deleted {
            return MapRunEnd::Aborted;
        }
        let exported = match (&plan.start().writer, plan.writer(), inputs) {
            (Some(parameters), Some(writer), Some(mut inputs)) => {
                let order = ResultsOrder {
                    scope: results::scope(&self.arn, &setting.revision),
                    writer: writer.clone(),
                    parameters: parameters.value().clone(),
                };
                let pending = match self.failure {
                    Some(_) => self.pending(plan, &mut inputs).await,
                    None => Vec::new(),
                };
                let unstarted: HashSet<u64> = self.again.iter().map(|given| given.index).collect();
                let started = (0..self.known.end()).filter(move |index| !unstarted.contains(index));
                Some(results::export(&self.shared, order, &self.seats, started, pending).await)
            }
            _ => None,
        };
        if let Some(failure) = self.failure.take() {
            return MapRunEnd::Failed(failure);
        }
        let mut record = self.handle.record();
        let written = record.executions.succeeded + record.executions.failures() + record.executions.aborted;
        record.executions.results_written = written;
        record.items.results_written =
            record.items.succeeded + record.items.failures() + record.items.aborted;
        drop(record);
        match (exported, &self.gathered) {
            (Some(Ok(result)), _) => MapRunEnd::Succeeded(result),
            (Some(Err(ending)), _) => MapRunEnd::Failed(ending),
            (None, Some(gathered)) => gathered.end(),
            (None, None) => MapRunEnd::TooLarge,
        }
    }

    /// The inputs of executions that were never started.
    async fn pending(&self, plan: &MapRunPlan, inputs: &mut Inputs) -> Vec<Payload> {
        let mut pending: Vec<Payload> = self.again.iter().map(|given| given.input.clone()).collect();
        while pending.len() < RESULTS * PAGE
            && let Ok(Some(given)) = inputs.next(plan, |index| self.known.contains(index)).await
        {
            pending.push(given.input);
        }
        pending
    }

    /// Tells the execution of the end, and waits until that is saved.
    async fn conclude(&mut self, plan: &MapRunPlan, end: MapRunEnd) -> Result<(), StoreError> {
        let handle = Arc::clone(&self.handle);
        let mut is_decided = handle.turn.lock().await;
        *is_decided = true;
        let mut record = self.handle.record().clone();
        record.status = match end {
            MapRunEnd::Succeeded(_) | MapRunEnd::TooLarge => MapRunStatus::Succeeded,
            MapRunEnd::Failed(_) => MapRunStatus::Failed,
            MapRunEnd::Aborted => MapRunStatus::Aborted,
        };
        let id = record.execution;
        let redrives = record.redrives();
        let (run, record) = (plan.run(), Box::new(record));
        self.shared
            .mailboxes
            .send(id, Work::MapRunEnded { run, end, record });
        loop {
            match self.inbox.recv().await {
                Some(Told::Done) | None => return Ok(()),
                Some(Told::Abort) => break,
                Some(Told::Refused(of)) if of == redrives => break,
                Some(_) => {}
            }
        }
        drop(is_decided);
        self.close_aborted().await
    }

    /// Stops what is left of a map run that nobody waits for.
    async fn abort(&mut self) -> Result<(), StoreError> {
        self.is_aborted = true;
        if self.handle.record().status != MapRunStatus::Running {
            return Ok(());
        }
        if self.known.end() == 0 {
            self.scan().await?;
        }
        self.stop_running();
        while !self.running.is_empty() {
            self.wait().await;
        }
        self.close_aborted().await
    }

    async fn close_aborted(&mut self) -> Result<(), StoreError> {
        let mut is_decided = self.handle.turn.lock().await;
        *is_decided = true;
        let mut record = self.handle.record().clone();
        record.status = MapRunStatus::Aborted;
        record.stopped = Some(self.shared.clock.now());
        let machine_arn = record.machine_arn.clone();
        self.save(record).await?;
        self.shared.machine_may_go(ids::arn::without_label(&machine_arn));
        Ok(())
    }

    /// A map run that was redriven so often goes on, if its record does not say so yet: that it has ended, or, after a
    /// crash, that it is about to be stopped.
    async fn reopen(&mut self, count: u32) -> Result<(), StoreError> {
        let handle = Arc::clone(&self.handle);
        let _turn = handle.turn.lock().await;
        let mut record = self.handle.record().clone();
        if record.status == MapRunStatus::Running && record.redrives() >= count {
            return Ok(());
        }
        record.status = MapRunStatus::Running;
        record.stopped = None;
        // Later than the last time, so that executions which were redriven then are told from those that were since.
        let later = record.redriven.map(|(_, at)| Millis(at.0.saturating_add(1)));
        let now = self.shared.clock.now();
        record.redriven = Some((count, later.map_or(now, |later| later.max(now))));
        self.save(record).await
    }

    /// Saves the record, over and over while there is no room for it.
    async fn save(&self, record: MapRun) -> Result<(), StoreError> {
        loop {
            let change = CatalogChange::PutMapRun(Box::new(record.clone()));
            match self.shared.committer.catalog(vec![change]).await {
                Ok(()) => break,
                Err(error) if error.may_pass() => self.shared.clock.sleep_until(self.later()).await,
                Err(error) => return Err(error),
            }
        }
        *self.handle.record() = record;
        Ok(())
    }
}

enum Place {
    Free(Option<tokio::sync::OwnedSemaphorePermit>),
    Aborted,
}

//! Calls: what callers ask of the runtime, each on its way to the worker or the store that knows.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{Ending, Event, Input, Millis, Moment, decide};
use ids::TaskToken;
use integrations::{Described, NotRedrivable};
use json::Str;
use store::{ExecId, HistoryPage, shard_of};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Permit, Sender};
use tokio::sync::oneshot;

use crate::live::{Kind, Live, Origin, head, log_test};
use crate::load;
use crate::mailbox::{Message, RedrivenBy, ReplyTo, Report, Request, Start, StartReply, Work};
use crate::request::{
    ActivityTask, ExecutionError, RedriveError, StartError, StartRequest, Started, TokenError,
};
use crate::shared::Shared;
use crate::test_run::Surroundings;
use crate::worker::created;

/// Why there is no place in a mailbox.
enum NoPlace {
    Busy,
    Closing,
}

/// Makes an error of it, wherever one can say both.
macro_rules! no_place {
    ($($error:ident)*) => {
        $(
            impl From<NoPlace> for $error {
                fn from(reason: NoPlace) -> Self {
                    match reason {
                        NoPlace::Busy => Self::Throttled,
                        NoPlace::Closing => Self::Closing,
                    }
                }
            }
        )*
    };
}

no_place!(StartError ExecutionError TokenError);

impl Shared {
    /// A start from within, which waits until there is time for it.
    pub(crate) async fn start(&self, request: StartRequest) -> Result<Started, StartError> {
        self.start_by(request, Millis(i64::MAX)).await
    }

    /// A start that is throttled when there is no time for it until then.
    pub(crate) async fn start_by(&self, request: StartRequest, until: Millis) -> Result<Started, StartError> {
        if self.closing.load(Ordering::Relaxed) {
            return Err(StartError::Closing);
        }
        let starting = request.machine.life.start();
        let starting = starting.ok_or_else(|| StartError::Deleting(request.machine.machine_arn.clone()))?;
        let (name, drawn) = self.name(&request);
        let arn = self.execution_arn(&request, &name);
        let shard = shard_of(&arn);
        let (to, answer) = oneshot::channel();
        let reply = StartReply {
            to: ReplyTo::Caller(to),
            starting,
        };
        let start = Box::new(Start {
            request,
            arn,
            shard,
            name,
            drawn,
            until,
            child: None,
            reply,
        });
        let mailbox = &self.mailboxes.of_shard(shard).starts;
        self.place(mailbox, until).await?.send(start);
        answer.await.unwrap_or(Err(StartError::Closing))
    }

    /// Runs an Express execution to its end. Nothing of it is saved.
    pub(crate) async fn start_sync(&self, request: StartRequest) -> Result<Arc<Described>, StartError> {
        if self.closing.load(Ordering::Relaxed) {
            return Err(StartError::Closing);
        }
        if request.machine.life.is_over() {
            return Err(StartError::Deleting(request.machine.machine_arn.clone()));
        }
        let (name, _) = self.name(&request);
        let arn = self.execution_arn(&request, &name);
        let id = self.unsaved_id();
        let now = self.clock.now();
        let created = created(&request, None, arn, name, now);
        let revision = request.machine;
        let role_arn = revision.record.role_arn.clone();
        let head = head(id, &revision, &created, role_arn, request.input, true);
        let origin = Origin::of(&created);
        let kind = Kind::Express {
            events: Vec::new(),
            waiter: None,
            saved: false,
        };
        log_test(&created.arn, &origin);
        let mut live = Box::new(Live::new(id, head, revision, origin, kind));

        // The first step is made here: an execution without tasks is over with it.
        let seed = self.chance.next();
        let moment = Moment {
            now,
            seed,
            room: self.dispatcher.room(),
            world: &Surroundings {
                shared: self,
                test_run: live.test_run.as_deref(),
            },
        };
        let step = decide(&mut live.execution, Input::Start, moment);
        live.see(&step.events);
        self.take_places(&mut live, &step.effects, 0);
        self.log(self.logged(&live.execution, &live.revision, &step.events));
        if live.has_ended() {
            let described = Arc::new(live.described());
            self.changes.note(&described.arn, &described.machine_arn);
            self.express
                .push(Arc::clone(&described), step.events, live.weight);
            return Ok(described);
        }
        let (reply, end) = oneshot::channel();
        live.kind = Kind::Express {
            events: step.events,
            waiter: Some(reply),
            saved: false,
        };
        let mailbox = &self.mailboxes.of_shard(id.shard()).messages;
        mailbox
            .send(Message::Adopt(live, step.effects))
            .map_err(|_| StartError::Closing)?;
        end.await.map_err(|_| StartError::Closing)
    }

    fn name(&self, request: &StartRequest) -> (Str, bool) {
        match &request.name {
            Some(name) => (name.text(), false),
            None => (self.chance.uuid().to_string().into(), true),
        }
    }

    fn execution_arn(&self, request: &StartRequest, name: &str) -> Str {
        let prefix = &request.machine.execution_prefix;
        match request.machine.kind {
            store::MachineKind::Standard => load::arn(prefix, name),
            store::MachineKind::Express => format!("{prefix}{name}:{}", self.chance.uuid()).into(),
        }
    }

    pub(crate) async fn describe(&self, arn: &str) -> Result<Arc<Described>, ExecutionError> {
        if let Some(record) = self.express.get(arn) {
            return Ok(Arc::clone(&record.described));
        }
        let (reply, answer) = oneshot::channel();
        let mailbox = &self.mailboxes.of_shard(shard_of(arn)).requests;
        match self.place(mailbox, self.patience()).await {
            Ok(place) => {
                place.send(Request::Describe {
                    arn: arn.into(),
                    reply,
                });
                if let Ok(Some(described)) = answer.await {
                    return Ok(described);
                }
            }
            // At the end, the store knows.
            Err(NoPlace::Closing) => {}
            Err(NoPlace::Busy) => return Err(ExecutionError::Throttled),
        }
        let described = load::described(&*self.store, arn).await?;
        described.map(Arc::new).ok_or(ExecutionError::NotFound)
    }

    pub(crate) async fn stop(&self, arn: &str, ending: Ending) -> Result<Millis, ExecutionError> {
        let (reply, answer) = oneshot::channel();
        self.ask(arn, Work::Stop { ending, reply }).await?;
        answer.await.unwrap_or(Err(ExecutionError::Closing))
    }

    pub(crate) async fn redrive(&self, arn: &str, token: Option<Str>) -> Result<Millis, RedriveError> {
        if self.closing.load(Ordering::Relaxed) {
            return Err(ExecutionError::Closing.into());
        }
        let by = RedrivenBy::Caller;
        let (reply, answer) = oneshot::channel();
        self.ask(arn, Work::Redrive { token, by, reply }).await?;
        answer.await.unwrap_or(Err(ExecutionError::Closing.into()))
    }

    /// Has an execution of a map run go on, which itself goes on since then.
    pub(crate) async fn redrive_child(&self, arn: &str, since: Millis) -> Result<Millis, RedriveError> {
        let (token, by) = (None, RedrivenBy::MapRun(since));
        let (reply, answer) = oneshot::channel();
        self.ask(arn, Work::Redrive { token, by, reply }).await?;
        answer.await.unwrap_or(Err(ExecutionError::Closing.into()))
    }

    pub(crate) async fn redrive_refusal(
        &self,
        described: &Described,
    ) -> Result<Option<NotRedrivable>, store::StoreError> {
        let limits = self.settings.redrive_limits();
        let refusal = described.redrive_refusal(self.clock.now(), &limits);
        if refusal.is_some() {
            return Ok(refusal);
        }
        if described.map_run_arn.is_some() {
            return Ok(Some(NotRedrivable::ByMapRun));
        }
        let machine = self.store.machine(&described.machine_arn).await?;
        // One that was created later has nothing but the name of the one that it ran.
        let is_there = machine.is_some_and(|machine| {
            machine.status == store::MachineStatus::Active && machine.created <= described.started
        });
        Ok((!is_there).then_some(NotRedrivable::Deleting))
    }

    /// Waits for an execution's end.
    pub(crate) async fn ended(&self, arn: &str) -> Result<Arc<Described>, ExecutionError> {
        let (reply, answer) = oneshot::channel();
        self.ask(arn, Work::Await { reply }).await?;
        match answer.await {
            Ok(Some(described)) => Ok(described),
            Ok(None) => match load::described(&*self.store, arn).await? {
                Some(described) if described.outcome.is_some() => Ok(Arc::new(described)),
                _ => Err(ExecutionError::NotFound),
            },
            Err(_) => Err(ExecutionError::Closing),
        }
    }

    /// Until when somebody who asks now waits for the worker to have time.
    pub(crate) fn patience(&self) -> Millis {
        Millis(self.clock.now().0.saturating_add(self.settings.wait_millis))
    }

    /// A place in a mailbox, if there is one by then: under overload, whoever comes is told so instead of waiting.
    async fn place<'m, T>(&self, mailbox: &'m Sender<T>, until: Millis) -> Result<Permit<'m, T>, NoPlace> {
        match mailbox.try_reserve() {
            Ok(place) => return Ok(place),
            Err(TrySendError::Closed(())) => return Err(NoPlace::Closing),
            Err(TrySendError::Full(())) => {}
        }
        let place = mailbox.reserve();
        tokio::pin!(place);
        loop {
            tokio::select! {
                biased;
                place = &mut place => return place.map_err(|_| NoPlace::Closing),
                () = self.clock.sleep_until(until) => {
                    if self.clock.now() >= until {
                        return Err(NoPlace::Busy);
                    }
                }
            }
        }
    }

    /// Sends work to the worker of an execution that is named by its ARN.
    async fn ask(&self, arn: &str, work: Work) -> Result<(), ExecutionError> {
        let (back, returned) = oneshot::channel();
        let mailbox = &self.mailboxes.of_shard(shard_of(arn)).requests;
        let named = Request::Named {
            arn: arn.into(),
            work,
            back,
        };
        self.place(mailbox, self.patience()).await?.send(named);
        // It comes back when the execution is not in memory and its number must be looked up.
        let Ok(work) = returned.await else { return Ok(()) };
        let id = self.store.find(arn).await?.ok_or(ExecutionError::NotFound)?;
        self.place(mailbox, self.patience())
            .await?
            .send(Request::Work(id, work));
        Ok(())
    }

    pub(crate) async fn report(&self, token: &str, report: Report) -> Result<(), TokenError> {
        let token: TaskToken = token.parse().map_err(|_| TokenError::Malformed)?;
        let id = ExecId(token.execution_id);
        if id > ExecId::MAX {
            return Err(TokenError::Unknown);
        }
        let (reply, answer) = oneshot::channel();
        let work = Work::Report {
            event: token.scheduled_event_id,
            nonce: token.nonce,
            report,
            reply,
        };
        let mailbox = &self.mailboxes.of_shard(id.shard()).requests;
        self.place(mailbox, self.patience())
            .await?
            .send(Request::Work(id, work));
        answer.await.unwrap_or(Err(TokenError::Closing))
    }

    pub(crate) async fn take_activity_task(
        &self,
        activity: &Str,
        worker: Option<Str>,
    ) -> Result<Option<ActivityTask>, store::StoreError> {
        if self.closing.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let until = Millis(self.clock.now().0.saturating_add(self.settings.poll_millis));
        let mut waiting = self.activities.poll(activity, worker);
        loop {
            tokio::select! {
                biased;
                task = waiting.task() => return task,
                () = self.clock.sleep_until(until) => {
                    if self.clock.now() >= until {
                        return Ok(None);
                    }
                }
            }
        }
    }

    pub(crate) async fn history(&self, arn: &str, page: HistoryPage) -> Result<Vec<Event>, ExecutionError> {
        if let Some(record) = self.express.get(arn) {
            return Ok(page_of(&record.events, page));
        }
        let id = self.store.find(arn).await?.ok_or(ExecutionError::NotFound)?;
        Ok(self.store.history(id, page).await?)
    }
}

/// A page of events that are all in memory.
fn page_of(events: &[Event], page: HistoryPage) -> Vec<Event> {
    let limit = u64::try_from(page.limit).unwrap_or(u64::MAX);
    if page.reverse {
        let low = page.from_event.saturating_sub(limit);
        events
            .iter()
            .rev()
            .filter(|event| event.id > low && event.id <= page.from_event)
            .cloned()
            .collect()
    } else {
        let high = page.from_event.saturating_add(limit);
        events
            .iter()
            .filter(|event| event.id >= page.from_event && event.id < high)
            .cloned()
            .collect()
    }
}

//! A worker: owns every n-th shard, and all that happens to its executions happens here, one after the other.
//!
//! In a round it empties its mailboxes, decides, encodes what became true, and hands it to the committer.
//! It goes on deciding on top of what is not saved yet; effects and replies wait in `pending` until
//! the committer says that what led to them is safe.

mod delay;
mod load;
mod map_run;
mod redrive;
mod release;
mod start;
mod step;
mod unneeded;
mod work;

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use engine::{Effect, Millis, TaskKey};
use integrations::{BoxFuture, Described};
use json::Str;
use store::{ExecId, IdClock, OpenRow, StoreError};
use tokio::sync::oneshot;

use crate::committer::Chunk;
use crate::live::{Live, Running};
use crate::log::Logged;
use crate::mailbox::{Inbox, Message, Request, Start, Work};
use crate::recent::Recent;
use crate::shared::Shared;
use crate::timers::Timers;

use delay::Delayed;

pub(crate) use release::Release;
pub(crate) use start::created;

/// How much of each kind a round takes up at most.
const MESSAGES: usize = 512;
const REQUESTS: usize = 128;
const STARTS: usize = 64;
const TIMERS: usize = 256;
const RECOVERED: usize = 32;

/// A round is over when so much is decided.
const CHUNK_STEPS: usize = 256;
const CHUNK_BYTES: usize = 1 << 20;

pub(crate) struct Worker {
    number: usize,
    shared: Arc<Shared>,
    inbox: Inbox,

    /// Executions in memory.
    live: HashMap<ExecId, Box<Live>>,
    /// The same by their ARNs, Express ones aside.
    by_arn: HashMap<Str, ExecId>,
    recent: Recent,
    timers: Timers,
    ids: Vec<IdClock>,
    waiters: HashMap<ExecId, Vec<oneshot::Sender<Option<Arc<Described>>>>>,

    /// Executions at rest in the order in which they came to it, by a count of theirs.
    resting: VecDeque<(ExecId, u64)>,
    rests: u64,
    rest_count: usize,
    rest_bytes: usize,
    /// When tasks were last heard of, which no event says.
    heard: HashMap<ExecId, Vec<(TaskKey, Millis)>>,

    /// What waits for an execution that is being read.
    loading: HashMap<ExecId, Vec<Work>>,
    /// Starts that wait until somebody has looked whether their name is taken.
    looking: HashMap<Str, Vec<Start>>,
    /// Executions that are to be taken up after a restart.
    recovering: HashSet<ExecId>,
    recovery: VecDeque<ExecId>,

    /// Steps that were decided and are not saved, the oldest first.
    pending: VecDeque<Pending>,
    /// The steps of this round.
    chunk: Chunk,
    uncommitted_bytes: usize,
    generation: u64,

    /// Tasks under way of executions that were thrown out of memory when a commit failed.
    orphans: HashMap<ExecId, Vec<Running>>,
    /// What led to steps that could not be saved, to be tried again after `hold`.
    redo: VecDeque<(ExecId, Work)>,
    hold: Option<Millis>,
    /// Why nothing can be saved, until `hold`.
    trouble: Option<StoreError>,

    /// What waits until its account has state transitions left.
    delayed: Delayed,

    closing: Option<oneshot::Sender<()>>,
    is_dead: bool,
}

/// A step that is not saved yet.
struct Pending {
    id: ExecId,
    /// When it was decided.
    since: Millis,
    /// What it begins, if anything.
    begins: Begins,
    bytes: usize,
    effects: Vec<Effect>,
    /// What is told to whoever keeps logs.
    logged: Option<Logged>,
    releases: Vec<Release>,
    /// What to do again when it can't be saved.
    redo: Option<Work>,
}

/// What a step begins: an execution counts as open from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    Nothing,
    /// The execution itself.
    Execution,
    /// A redrive of it.
    Redrive,
}

impl Worker {
    pub(crate) fn new(number: usize, shared: Arc<Shared>, inbox: Inbox, latest: Option<ExecId>) -> Self {
        let settings = &shared.settings;
        let workers = shared.mailboxes.all().len();
        let ids = (number..256)
            .step_by(workers)
            .map(|shard| IdClock::new(shard as u8, latest))
            .collect();
        let recent = Recent::new(
            settings.recent_executions / workers,
            settings.recent_bytes / workers,
        );
        Self {
            number,
            inbox,
            live: HashMap::new(),
            by_arn: HashMap::new(),
            recent,
            timers: Timers::default(),
            ids,
            waiters: HashMap::new(),
            resting: VecDeque::new(),
            rests: 0,
            rest_count: 0,
            rest_bytes: 0,
            heard: HashMap::new(),
            loading: HashMap::new(),
            looking: HashMap::new(),
            recovering: HashSet::new(),
            recovery: VecDeque::new(),
            pending: VecDeque::new(),
            chunk: Chunk {
                worker: number,
                ..Chunk::default()
            },
            uncommitted_bytes: 0,
            generation: 0,
            orphans: HashMap::new(),
            redo: VecDeque::new(),
            hold: None,
            trouble: None,
            delayed: Delayed::default(),
            closing: None,
            is_dead: false,
            shared,
        }
    }

    /// An execution that was open when the server started.
    pub(crate) fn remember(&mut self, id: ExecId, row: OpenRow) {
        if let Some(due) = row.due {
            self.timers.add(id, due);
        }
        if row.wake {
            self.recovering.insert(id);
            self.recovery.push_back(id);
        }
    }

    pub(crate) async fn run(mut self) {
        let mut alarm: Option<(Millis, BoxFuture<'static, ()>)> = None;
        while !self.is_over() {
            // What came with the first, for which it waited, is done in the same round.
            let worked = self.round();
            if !self.chunk_is_empty() {
                self.hand_over().await;
            }
            if worked {
                tokio::task::yield_now().await;
            } else if !self.is_over() {
                self.arm(&mut alarm);
                self.wait(&mut alarm).await;
            }
        }
        if let Some(closed) = self.closing.take() {
            let _ = closed.send(());
        }
    }

    fn is_over(&self) -> bool {
        self.is_dead || (self.closing.is_some() && self.pending.is_empty() && self.chunk_is_empty())
    }

    /// Does some of all that there is to do. False when there was nothing.
    fn round(&mut self) -> bool {
        let mut worked = false;
        for _ in 0..MESSAGES {
            if self.chunk_is_full() {
                return worked;
            }
            let Ok(message) = self.inbox.messages.try_recv() else {
                break;
            };
            worked = true;
            self.message(message);
        }
        if self.closing.is_some() {
            return worked;
        }
        worked |= self.call_due();
        for _ in 0..REQUESTS {
            if self.chunk_is_full() || self.is_behind() {
                return worked;
            }
            let Ok(request) = self.inbox.requests.try_recv() else {
                break;
            };
            worked = true;
            self.request(request);
        }
        for _ in 0..STARTS {
            if self.chunk_is_full() || self.is_behind() {
                return worked;
            }
            let Ok(start) = self.inbox.starts.try_recv() else {
                break;
            };
            worked = true;
            self.start(*start);
        }
        for _ in 0..RECOVERED {
            if self.chunk_is_full() || self.is_behind() || self.hold.is_some() {
                break;
            }
            let Some(id) = self.recovery.pop_front() else {
                break;
            };
            worked = true;
            if self.recovering.contains(&id) {
                self.apply(id, Work::TakeUp);
            }
        }
        worked
    }

    /// Calls the executions that are due, and tries again what could not be saved.
    fn call_due(&mut self) -> bool {
        let now = self.now();
        // A clock that was set back makes nothing wait longer than it should.
        let longest = self.shared.settings.retry_millis;
        if self
            .hold
            .is_some_and(|hold| now < hold && hold.0 - now.0 <= longest)
        {
            return false;
        }
        self.hold = None;
        self.trouble = None;
        let mut worked = false;
        for _ in 0..self.redo.len() {
            let Some((id, work)) = self.redo.pop_front() else {
                break;
            };
            worked = true;
            match work {
                Work::Room { task, place } => {
                    drop(place);
                    self.shared.dispatcher.queue(id, task, None);
                }
                Work::ExpressOver => self.express_over(id),
                work => self.apply(id, work),
            }
        }
        worked |= self.call_delayed(now);
        for _ in 0..TIMERS {
            if self.chunk_is_full() || self.hold.is_some() {
                break;
            }
            let Some((_, id)) = self.timers.take_due(now) else {
                break;
            };
            worked = true;
            self.apply(id, Work::Due);
        }
        worked
    }

    /// Sets the alarm to the next moment at which there is something to do.
    fn arm(&self, alarm: &mut Option<(Millis, BoxFuture<'static, ()>)>) {
        let wanted = match self.hold {
            _ if self.closing.is_some() => None,
            Some(hold) => Some(hold),
            None => self.timers.next().into_iter().chain(self.delayed.next()).min(),
        };
        if alarm.as_ref().map(|(due, _)| *due) != wanted {
            *alarm = wanted.map(|due| (due, self.shared.clock.sleep_until(due)));
        }
    }

    /// Waits until there is something to do, and does it.
    async fn wait(&mut self, alarm: &mut Option<(Millis, BoxFuture<'static, ()>)>) {
        let is_open = self.closing.is_none() && !self.is_behind();
        let ring = async {
            match alarm {
                Some((_, sleep)) => sleep.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            message = self.inbox.messages.recv() => match message {
                Some(message) => self.message(message),
                None => self.is_dead = true,
            },
            () = ring => *alarm = None,
            Some(request) = self.inbox.requests.recv(), if is_open => self.request(request),
            Some(start) = self.inbox.starts.recv(), if is_open => self.start(*start),
        }
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Work(id, work) => self.apply(id, work),
            Message::Fetched(id, fetched) => {
                let works = self.loading.remove(&id).unwrap_or_default();
                self.fetched(id, fetched, works);
            }
            Message::Found(arn, found) => self.found(arn, found),
            Message::Committed(steps) => self.committed(steps),
            Message::CommitFailed(generation, error) => self.commit_failed(generation, error),
            Message::Adopt(mut live, effects) => {
                self.release_effects(&mut live, effects);
                self.put(live);
            }
            Message::ExpressAgain(start, revision) => self.begin_express_again(*start, revision),
            Message::ExpressGone(id) => self.express_over(id),
            Message::Close(reply) => {
                self.closing = Some(reply);
                self.call_all_delayed();
            }
        }
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Work(id, work) => self.apply(id, work),
            Request::Named { arn, work, back } => match self.by_arn.get(&arn) {
                Some(id) => self.apply(*id, work),
                None => {
                    let _ = back.send(work);
                }
            },
            Request::Describe { arn, reply } => self.describe(&arn, reply),
        }
    }

    fn describe(&mut self, arn: &str, reply: oneshot::Sender<Option<Arc<Described>>>) {
        let live = self.by_arn.get(arn).and_then(|id| self.live.get(id));
        if let Some(live) = live {
            let described = Arc::new(live.described());
            return self.after_all(Release::Describe(reply, described));
        }
        let forgotten = self.shared.settings.forgotten(self.now());
        let is_known =
            |described: &&Arc<Described>| forgotten.is_none_or(|moment| described.stopped > Some(moment));
        let _ = reply.send(self.recent.get(arn).filter(is_known).cloned());
    }

    fn now(&self) -> Millis {
        self.shared.clock.now()
    }

    /// Whether too much waits for its commit to take on more, or has waited for too long: whoever is accepted is to be
    /// answered soon.
    fn is_behind(&self) -> bool {
        let settings = &self.shared.settings;
        let share = settings.uncommitted_bytes / self.shared.mailboxes.all().len();
        let has_waited = |oldest: &Pending| self.now().0 - oldest.since.0 > settings.uncommitted_millis;
        self.uncommitted_bytes > share || self.pending.front().is_some_and(has_waited)
    }

    fn chunk_is_empty(&self) -> bool {
        self.chunk.steps == 0
    }

    fn chunk_is_full(&self) -> bool {
        self.chunk.steps >= CHUNK_STEPS || self.chunk.bytes >= CHUNK_BYTES
    }

    /// Hands this round's steps to the committer.
    async fn hand_over(&mut self) {
        let empty = Chunk {
            worker: self.number,
            generation: self.generation,
            ..Chunk::default()
        };
        let chunk = std::mem::replace(&mut self.chunk, empty);
        self.shared.committer.hand_over(chunk).await;
    }

    /// Gives what a future comes to if that is at once; else its outcome comes as a message.
    fn at_once<T: Send + 'static>(
        &self,
        mut future: Pin<Box<dyn Future<Output = T> + Send>>,
        message: impl FnOnce(T) -> Message + Send + 'static,
    ) -> Option<T> {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(outcome);
        }
        let mailbox = self.shared.mailboxes.all()[self.number].messages.clone();
        tokio::spawn(async move {
            let _ = mailbox.send(message(future.await));
        });
        None
    }
}

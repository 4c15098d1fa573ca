//! Dispatcher: how many tasks may be under way, who waits for room, and the tasks themselves.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::Poll;

use engine::{Ending, TaskKey};
use integrations::{Answer, BoxFuture, Call, Exchange};
use json::Str;
use store::ExecId;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::live::{Job, awaits_child};
use crate::mailbox::{Mailboxes, Work};
use crate::tasks::Tasks;

/// Sends tasks, and counts those that are under way.
///
/// A place is taken when a Started event is decided and given back when the task is over; a place that
/// somebody queues for goes from hand to hand and stays taken. Beside the places that all tasks share there are
/// those of lanes: a task whose function has no worker free stays unsent, so that a crash does not lose it.
pub(crate) struct Dispatcher {
    tasks: Arc<dyn Tasks>,
    mailboxes: Arc<Mailboxes>,
    max: usize,
    taken: AtomicUsize,
    waiting: AtomicUsize,
    queue: Mutex<VecDeque<Queued>>,
    lanes: Mutex<HashMap<Str, LaneState>>,
    closing: AtomicBool,
    idle: Notify,
}

impl Dispatcher {
    pub(crate) fn new(tasks: Arc<dyn Tasks>, mailboxes: Arc<Mailboxes>, max: usize) -> Self {
        Self {
            tasks,
            mailboxes,
            max,
            taken: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            queue: Mutex::default(),
            lanes: Mutex::default(),
            closing: AtomicBool::new(false),
            idle: Notify::new(),
        }
    }

    /// How many tasks may be sent now. Nobody overtakes those that queue.
    pub(crate) fn room(&self) -> usize {
        if self.closing.load(Ordering::Relaxed) || self.waiting.load(Ordering::Relaxed) > 0 {
            return 0;
        }
        self.max.saturating_sub(self.taken.load(Ordering::Relaxed))
    }

    /// Waits until no task is under way.
    pub(crate) async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.taken.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Sends nothing new from now on: what is decided from now on queues, and is sent after a restart.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    /// Takes places for tasks that a step decided to send, beside those that it held already.
    pub(crate) fn take(&self, sends: usize, held: usize) {
        if sends > held {
            self.taken.fetch_add(sends - held, Ordering::SeqCst);
        } else if held > sends {
            self.give_back(held - sends);
        }
    }

    /// Gives places back, to those that queue first.
    pub(crate) fn give_back(&self, places: usize) {
        if places == 0 {
            return;
        }
        if self.taken.fetch_sub(places, Ordering::SeqCst) == places {
            self.idle.notify_waiters();
        }
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.let_in();
        }
    }

    /// Queues a task until there is room in its lane, which takes so many at once, and then for one task more.
    pub(crate) fn queue(self: &Arc<Self>, id: ExecId, task: TaskKey, lane: Option<(Str, usize)>) {
        let place = match lane {
            Some((name, width)) => {
                let mut lanes = self.lanes();
                let lane = lanes.entry(name.clone()).or_default();
                lane.width = width;
                if lane.taken >= width || !lane.waiting.is_empty() {
                    return lane.waiting.push_back((id, task));
                }
                lane.taken += 1;
                Some(self.lane_place(name))
            }
            None => None,
        };
        self.line_up(Queued { id, task, place });
    }

    fn line_up(&self, queued: Queued) {
        let mut queue = self.queue.lock().expect("nothing panics while it holds the lock");
        queue.push_back(queued);
        self.waiting.store(queue.len(), Ordering::SeqCst);
        drop(queue);
        // Room may have come between the decision and now.
        self.let_in();
    }

    fn let_in(&self) {
        let mut let_in = Vec::new();
        let mut queue = self.queue.lock().expect("nothing panics while it holds the lock");
        while !queue.is_empty() && self.take_place() {
            let_in.extend(queue.pop_front());
        }
        self.waiting.store(queue.len(), Ordering::SeqCst);
        drop(queue);
        // A worker that is gone drops what it is sent, and with it the place in the lane.
        for Queued { id, task, place } in let_in {
            self.mailboxes.send(id, Work::Room { task, place });
        }
    }

    /// How many tasks may be sent through a lane now. Nobody overtakes those that wait for it.
    pub(crate) fn lane_room(&self, name: &str, width: usize) -> usize {
        match self.lanes().get(name) {
            Some(lane) if lane.waiting.is_empty() => width.saturating_sub(lane.taken),
            Some(_) => 0,
            None => width,
        }
    }

    /// Takes a place in a lane for a task that is to be sent: there was room, or it is sent in any case.
    pub(crate) fn enter(self: &Arc<Self>, name: Str, width: usize) -> LanePlace {
        let mut lanes = self.lanes();
        let lane = lanes.entry(name.clone()).or_default();
        lane.width = width;
        lane.taken += 1;
        self.lane_place(name)
    }

    /// A place in a lane is free: the next task of those that wait gets it.
    fn leave(self: &Arc<Self>, name: &Str) {
        let mut lanes = self.lanes();
        let Some(lane) = lanes.get_mut(name) else { return };
        lane.taken -= 1;
        let next = if lane.taken < lane.width {
            lane.waiting.pop_front()
        } else {
            None
        };
        match next {
            Some((id, task)) => {
                lane.taken += 1;
                drop(lanes);
                let place = Some(self.lane_place(name.clone()));
                self.line_up(Queued { id, task, place });
            }
            None if lane.taken == 0 && lane.waiting.is_empty() => drop(lanes.remove(name)),
            None => {}
        }
    }

    fn lane_place(self: &Arc<Self>, name: Str) -> LanePlace {
        let dispatcher = Arc::downgrade(self);
        LanePlace { dispatcher, name }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Str, LaneState>> {
        self.lanes.lock().expect("nothing panics while it holds the lock")
    }

    fn take_place(&self) -> bool {
        let more = |taken: usize| (taken < self.max).then_some(taken + 1);
        !self.closing.load(Ordering::SeqCst)
            && self
                .taken
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more)
                .is_ok()
    }

    /// Does a task for the caller, who waits for the answer; dropping the future drops the call.
    /// `reveal`: the HTTP exchange that it was, if it was one, comes back with its secrets.
    pub(crate) async fn perform(self: &Arc<Self>, call: Call, reveal: bool) -> (Answer, Option<Exchange>) {
        self.take(1, 0);
        let place = Place(Arc::clone(self));
        let performed = place.0.tasks.perform_shown(call, reveal);
        guarded(performed, |failed| (failed, None)).await
    }

    /// Does a task for which places were taken; the answer goes to the execution's worker. Aborting it
    /// drops the call, and no answer comes.
    pub(crate) fn send(
        self: &Arc<Self>,
        id: ExecId,
        call: Call,
        lane_place: Option<LanePlace>,
    ) -> AbortHandle {
        let place = Place(Arc::clone(self));
        let task = call.order.task;
        let child = awaits_child(&call.order);
        let sent = tokio::spawn(async move {
            let dispatcher = &place.0;
            let answer = guarded(dispatcher.tasks.perform(call), |failed| failed).await;
            drop(lane_place);
            dispatcher
                .mailboxes
                .send(id, Work::Answer { task, answer, child });
        });
        sent.abort_handle()
    }

    /// Waits for the end of a job, which takes no place; the answer goes to the execution's worker.
    pub(crate) fn follow(self: &Arc<Self>, id: ExecId, job: Job) -> AbortHandle {
        let dispatcher = Arc::clone(self);
        let task = job.call.order.task;
        let followed = tokio::spawn(async move {
            let followed = dispatcher.tasks.follow(job.call, job.accepted);
            let answer = guarded(followed, |failed| failed).await;
            let child = false;
            dispatcher
                .mailboxes
                .send(id, Work::Answer { task, answer, child });
        });
        followed.abort_handle()
    }

    /// Has a job ended that nobody wants any longer.
    pub(crate) fn abandon(&self, job: Job) {
        tokio::spawn(self.tasks.abandon(job.call, job.accepted));
    }
}

/// A task that waits for room, with its place in its lane.
struct Queued {
    id: ExecId,
    task: TaskKey,
    place: Option<LanePlace>,
}

/// A lane, as long as somebody is in it.
#[derive(Default)]
struct LaneState {
    width: usize,
    taken: usize,
    waiting: VecDeque<(ExecId, TaskKey)>,
}

/// A place in a lane, which goes with its task from hand to hand and is free when it is dropped.
pub(crate) struct LanePlace {
    dispatcher: Weak<Dispatcher>,
    name: Str,
}

impl Drop for LanePlace {
    fn drop(&mut self) {
        if let Some(dispatcher) = self.dispatcher.upgrade() {
            dispatcher.leave(&self.name);
        }
    }
}

/// A place that is given back when the task is over, however it ends.
struct Place(Arc<Dispatcher>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back(1);
    }
}

/// A panic fails the task, and nothing else.
async fn guarded<T>(mut call: BoxFuture<'static, T>, failed: impl Fn(Answer) -> T) -> T {
    std::future::poll_fn(move |context| {
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context)));
        polled.unwrap_or_else(|_| {
            tracing::error!("an integration panicked");
            let error = Some("States.Runtime".into());
            let cause = Some("The integration failed unexpectedly.".into());
            Poll::Ready(failed(Answer::Failed(Ending { error, cause })))
        })
    })
    .await
}

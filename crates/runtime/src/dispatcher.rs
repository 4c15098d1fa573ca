//! Dispatcher: how many tasks may be under way, who waits for room, and the tasks themselves.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use engine::{Ending, TaskKey};
use integrations::{Answer, BoxFuture, Call, Exchange};
use store::ExecId;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::live::{Job, awaits_child};
use crate::mailbox::{Mailboxes, Work};
use crate::tasks::Tasks;

/// Sends tasks, and counts those that are under way.
///
/// A place is taken when a Started event is decided and given back when the task is over; a place that
/// somebody queues for goes from hand to hand and stays taken.
pub(crate) struct Dispatcher {
    tasks: Arc<dyn Tasks>,
    mailboxes: Arc<Mailboxes>,
    max: usize,
    taken: AtomicUsize,
    waiting: AtomicUsize,
    queue: Mutex<VecDeque<(ExecId, TaskKey)>>,
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
            queue: Mutex::new(VecDeque::new()),
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

    /// Queues a task until there is room.
    pub(crate) fn queue(&self, id: ExecId, task: TaskKey) {
        let mut queue = self.queue.lock().expect("nothing panics while it holds the lock");
        queue.push_back((id, task));
        self.waiting.store(queue.len(), Ordering::SeqCst);
        drop(queue);
        // Room may have come between the decision and now.
        self.let_in();
    }

    fn let_in(&self) {
        let mut queue = self.queue.lock().expect("nothing panics while it holds the lock");
        while !queue.is_empty() && self.take_place() {
            if let Some((id, task)) = queue.pop_front() {
                self.mailboxes.send(id, Work::Room { task });
            }
        }
        self.waiting.store(queue.len(), Ordering::SeqCst);
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

    /// Does a task for which a place was taken; the answer goes to the execution's worker. Aborting it
    /// drops the call, and no answer comes.
    pub(crate) fn send(self: &Arc<Self>, id: ExecId, call: Call) -> AbortHandle {
        let place = Place(Arc::clone(self));
        let task = call.order.task;
        let child = awaits_child(&call.order);
        let sent = tokio::spawn(async move {
            let dispatcher = &place.0;
            let answer = guarded(dispatcher.tasks.perform(call), |failed| failed).await;
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

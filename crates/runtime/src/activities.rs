//! Activities: tasks on offer, and the workers that ask for them.
//!
//! What holds: a task is given to one poll only, and only after its ActivityStarted is saved. A poll that
//! goes away before that leaves the task on offer; one that goes away after it, before the answer was
//! taken, puts it back to the front of the queue, and the next poll gets it, with the same token and
//! without a second ActivityStarted. Once the answer was taken by whoever polled, it is theirs to lose:
//! then the task's timeout or heartbeat decides, as on AWS.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use engine::TaskKey;
use json::Str;
use store::{ExecId, StoreError};
use tokio::sync::oneshot;

use crate::mailbox::{Mailboxes, Work};
use crate::request::ActivityTask;

/// The middle of the queue's numbers: tasks that come back go before it, new ones after it.
const MIDDLE: u64 = 1 << 63;

/// All activities' queues.
pub(crate) struct Activities {
    queues: Mutex<Queues>,
    mailboxes: Arc<Mailboxes>,
}

#[derive(Default)]
struct Queues {
    by_arn: HashMap<Str, Queue>,
    /// Where the offer of a task stands.
    places: HashMap<(ExecId, TaskKey), (Str, u64)>,
    polls: u64,
}

struct Queue {
    offers: BTreeMap<u64, (ExecId, TaskKey)>,
    first: u64,
    last: u64,
    polls: VecDeque<Poll>,
}

/// Who is with an activity at a moment.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ActivityQueue {
    /// How many tasks no worker has taken yet.
    pub waiting_tasks: usize,
    /// The workers that wait for a task, by the name that they gave.
    pub waiting_workers: Vec<Option<Str>>,
}

/// A task as it is given to a poll.
pub(crate) struct Given {
    pub(crate) task: ActivityTask,
    pub(crate) id: ExecId,
    pub(crate) key: TaskKey,
}

type Answer = Result<Given, StoreError>;

/// A worker that waits for a task.
pub(crate) struct Poll {
    number: u64,
    /// The name that it gave.
    pub(crate) worker: Option<Str>,
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// A task on its way to a poll.
pub(crate) struct HandOut {
    pub(crate) activity: Str,
    pub(crate) poll: Poll,
}

impl Activities {
    pub(crate) fn new(mailboxes: Arc<Mailboxes>) -> Self {
        Self {
            queues: Mutex::default(),
            mailboxes,
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues
            .lock()
            .expect("nothing panics while it holds the lock")
    }

    /// Who is with an activity now.
    pub(crate) fn queue_of(&self, activity: &str) -> ActivityQueue {
        let queues = self.queues();
        let Some(queue) = queues.by_arn.get(activity) else {
            return ActivityQueue::default();
        };
        let polls = queue.polls.iter().filter(|poll| !poll.reply.is_closed());
        ActivityQueue {
            waiting_tasks: queue.offers.len(),
            waiting_workers: polls.map(|poll| poll.worker.clone()).collect(),
        }
    }

    /// Offers a task to the workers of an activity.
    pub(crate) fn offer(&self, activity: &Str, id: ExecId, task: TaskKey) {
        self.put(activity, id, task, false);
    }

    /// Offers a task again, before all others.
    pub(crate) fn put_back(&self, activity: &Str, id: ExecId, task: TaskKey) {
        self.put(activity, id, task, true);
    }

    fn put(&self, activity: &Str, id: ExecId, task: TaskKey, front: bool) {
        let mut queues = self.queues();
        if queues.places.contains_key(&(id, task)) {
            return;
        }
        let queue = queues.queue(activity);
        while let Some(poll) = queue.polls.pop_front() {
            if !poll.reply.is_closed() {
                let activity = activity.clone();
                self.mailboxes.send(
                    id,
                    Work::HandOut {
                        task,
                        to: HandOut { activity, poll },
                    },
                );
                return;
            }
        }
        let place = if front {
            queue.first -= 1;
            queue.first
        } else {
            queue.last += 1;
            queue.last
        };
        queue.offers.insert(place, (id, task));
        queues.places.insert((id, task), (activity.clone(), place));
    }

    /// A worker asks for a task: it gets the oldest, or waits.
    pub(crate) fn poll(self: &Arc<Self>, activity: &Str, worker: Option<Str>) -> Waiting {
        let (reply, answer) = oneshot::channel();
        let mut queues = self.queues();
        queues.polls += 1;
        let number = queues.polls;
        let poll = Poll {
            number,
            worker,
            reply,
        };
        self.give(&mut queues, activity, poll);
        Waiting {
            activities: Arc::clone(self),
            activity: activity.clone(),
            number,
            answer,
        }
    }

    /// What a poll was to get is gone: it gets the next.
    pub(crate) fn poll_again(&self, to: HandOut) {
        if !to.poll.reply.is_closed() {
            self.give(&mut self.queues(), &to.activity, to.poll);
        }
    }

    fn give(&self, queues: &mut Queues, activity: &Str, poll: Poll) {
        let queue = queues.queue(activity);
        match queue.offers.pop_first() {
            Some((_, (id, task))) => {
                queues.places.remove(&(id, task));
                let activity = activity.clone();
                self.mailboxes.send(
                    id,
                    Work::HandOut {
                        task,
                        to: HandOut { activity, poll },
                    },
                );
            }
            None => queue.polls.push_back(poll),
        }
        queues.tidy(activity);
    }

    /// A task is no longer wanted.
    pub(crate) fn withdraw(&self, id: ExecId, task: TaskKey) {
        let mut queues = self.queues();
        if let Some((activity, place)) = queues.places.remove(&(id, task)) {
            queues.queue(&activity).offers.remove(&place);
            queues.tidy(&activity);
        }
    }
}

impl Queues {
    fn queue(&mut self, activity: &Str) -> &mut Queue {
        self.by_arn.entry(activity.clone()).or_insert_with(|| Queue {
            offers: BTreeMap::new(),
            first: MIDDLE,
            last: MIDDLE,
            polls: VecDeque::new(),
        })
    }

    /// Forgets a queue that nobody is in.
    fn tidy(&mut self, activity: &Str) {
        if self
            .by_arn
            .get(activity)
            .is_some_and(|queue| queue.offers.is_empty() && queue.polls.is_empty())
        {
            self.by_arn.remove(activity);
        }
    }
}

/// A worker's wait for a task. Dropped before it has taken its answer, it leaves the task to the next.
pub(crate) struct Waiting {
    activities: Arc<Activities>,
    activity: Str,
    number: u64,
    answer: oneshot::Receiver<Answer>,
}

impl Waiting {
    /// Waits for a task. An error means that what was on its way could not be saved.
    pub(crate) async fn task(&mut self) -> Result<Option<ActivityTask>, StoreError> {
        match (&mut self.answer).await {
            Ok(given) => given.map(|given| Some(given.task)),
            Err(_) => Ok(None),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.answer.close();
        if let Ok(Ok(given)) = self.answer.try_recv() {
            self.activities.put_back(&self.activity, given.id, given.key);
        }
        let mut queues = self.activities.queues();
        if let Some(queue) = queues.by_arn.get_mut(&self.activity) {
            queue.polls.retain(|poll| poll.number != self.number);
        }
        queues.tidy(&self.activity);
    }
}

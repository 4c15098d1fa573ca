//! Mailboxes: what a worker is told and asked.
//!
//! Each worker has three: messages from within (answers, room, commits), whose number is bounded by what
//! is under way; requests; and starts, which come last.

use std::sync::Arc;

use engine::{Effect, Ending, MapRunEnd, Millis, TaskKey};
use integrations::{Answer, Described};
use json::{Payload, Str};
use store::{ExecId, ExpressStart, MapRun, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::activities::HandOut;
use crate::catalog::{Revision, Starting};
use crate::dispatcher::LanePlace;
use crate::live::Live;
use crate::load::{Existing, Fetched};
use crate::map_runs::{ChildOf, Handle, Told};
use crate::request::{ExecutionError, RedriveError, StartError, StartRequest, Started, TokenError};

/// From within.
pub(crate) enum Message {
    /// Something happened to an execution.
    Work(ExecId, Work),
    /// An execution was read.
    Fetched(ExecId, Result<Fetched, StoreError>),
    /// A name was looked up.
    Found(Str, Result<Option<Existing>, StoreError>),
    /// The oldest changes that were handed over are saved: so many.
    Committed(usize),
    /// A commit failed, and with it all that was handed over in this generation.
    CommitFailed(u64, StoreError),
    /// An Express execution that has begun elsewhere.
    Adopt(Box<Live>, Vec<Effect>),
    /// An asynchronous Express execution that runs again after a crash.
    ExpressAgain(Box<ExpressStart>, Arc<Revision>),
    /// One that does not, because its state machine was deleted.
    ExpressGone(ExecId),
    /// The end: save what is decided, then answer.
    Close(oneshot::Sender<()>),
}

/// What happens to one execution, wherever it is.
pub(crate) enum Work {
    /// A task was answered. `child`: it was to start a nested execution and wait for its end.
    Answer {
        task: TaskKey,
        answer: Answer,
        child: bool,
    },
    /// A scheduled task queues until there is room for it.
    Queue { task: TaskKey },
    /// There is room for a task that queued; its place is taken, and that in its lane.
    Room { task: TaskKey, place: Option<LanePlace> },
    /// A worker asks for the activity task.
    HandOut { task: TaskKey, to: HandOut },
    /// A nested execution has ended.
    ChildEnded { task: TaskKey, child: Arc<Described> },
    /// Somebody reports on a task.
    Report {
        event: u64,
        nonce: u64,
        report: Report,
        reply: oneshot::Sender<Result<(), TokenError>>,
    },
    /// Somebody stops it.
    Stop {
        ending: Ending,
        reply: oneshot::Sender<Result<Millis, ExecutionError>>,
    },
    /// Somebody wants it to go on from where it ended.
    Redrive {
        token: Option<Str>,
        by: RedrivenBy,
        reply: oneshot::Sender<Result<Millis, RedriveError>>,
    },
    /// Somebody waits for its end; gets nothing when it had ended before.
    Await {
        reply: oneshot::Sender<Option<Arc<Described>>>,
    },
    /// A map run is over; its record is as it is saved then.
    MapRunEnded {
        run: TaskKey,
        end: MapRunEnd,
        record: Box<MapRun>,
    },
    /// A map run was under way when the server stopped.
    MapRunOpen { run: TaskKey, arn: Str },
    /// It was an asynchronous Express execution and is over: that is saved, so that it never runs again.
    ExpressOver,
    /// A timer is due.
    Due,
    /// The server was started again: what was under way is taken up.
    TakeUp,
}

/// Who wants an execution to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedrivenBy {
    /// Somebody outside, who can have no executions of map runs go on.
    Caller,
    /// The map run that it is an execution of, which goes on since then.
    MapRun(Millis),
}

/// What somebody says of a task.
#[derive(Debug, Clone)]
pub(crate) enum Report {
    Succeeded(Payload),
    Failed(Ending),
    Heartbeat,
}

/// From outside.
pub(crate) enum Request {
    /// About an execution by its number.
    Work(ExecId, Work),
    /// About an execution by its ARN, if it is in memory; else the sender gets the work back.
    Named {
        arn: Str,
        work: Work,
        back: oneshot::Sender<Work>,
    },
    /// What is known of an execution, if it is in memory.
    Describe {
        arn: Str,
        reply: oneshot::Sender<Option<Arc<Described>>>,
    },
}

/// A start on its way.
pub(crate) struct Start {
    pub(crate) request: StartRequest,
    pub(crate) arn: Str,
    /// The shard that its ARN falls to.
    pub(crate) shard: u8,
    pub(crate) name: Str,
    /// Whether the name was drawn, so that nobody else can have it.
    pub(crate) drawn: bool,
    /// A start that the worker comes to only later is throttled.
    pub(crate) until: Millis,
    /// The map run that it is an execution of, if it is.
    pub(crate) child: Option<Box<ChildOf>>,
    pub(crate) reply: StartReply,
}

/// The way back of a start: while it is under way, its state machine does not go.
pub(crate) struct StartReply {
    pub(crate) to: ReplyTo,
    pub(crate) starting: Starting,
}

/// Who waits for a start.
pub(crate) enum ReplyTo {
    Caller(oneshot::Sender<Result<Started, StartError>>),
    /// A map run, whose execution has this number.
    MapRun(Arc<Handle>, u64),
}

impl StartReply {
    /// Answers. Whoever does not wait any more misses nothing.
    pub(crate) fn send(self, answer: Result<Started, StartError>) {
        match self.to {
            ReplyTo::Caller(caller) => drop(caller.send(answer)),
            ReplyTo::MapRun(run, index) => run.tell(Told::Started(index, answer.map(|_| ()))),
        }
        drop(self.starting);
    }
}

/// The ways to one worker.
pub(crate) struct Mailbox {
    pub(crate) messages: mpsc::UnboundedSender<Message>,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) starts: mpsc::Sender<Box<Start>>,
}

/// A worker's ends of its mailboxes.
pub(crate) struct Inbox {
    pub(crate) messages: mpsc::UnboundedReceiver<Message>,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) starts: mpsc::Receiver<Box<Start>>,
}

/// The ways to all workers.
pub(crate) struct Mailboxes(Vec<Mailbox>);

impl Mailboxes {
    /// Mailboxes for so many workers, each with so many places for requests and for starts.
    pub(crate) fn open(workers: usize, places: usize) -> (Self, Vec<Inbox>) {
        let pair = |_| {
            let (messages, from_messages) = mpsc::unbounded_channel();
            let (requests, from_requests) = mpsc::channel(places.max(1));
            let (starts, from_starts) = mpsc::channel(places.max(1));
            let inbox = Inbox {
                messages: from_messages,
                requests: from_requests,
                starts: from_starts,
            };
            (
                Mailbox {
                    messages,
                    requests,
                    starts,
                },
                inbox,
            )
        };
        let (boxes, inboxes) = (0..workers.clamp(1, 256)).map(pair).unzip();
        (Self(boxes), inboxes)
    }

    pub(crate) fn all(&self) -> &[Mailbox] {
        &self.0
    }

    /// The worker that a shard belongs to.
    pub(crate) fn of_shard(&self, shard: u8) -> &Mailbox {
        &self.0[usize::from(shard) % self.0.len()]
    }

    /// Tells an execution's worker. One that is gone, at the end of the process, hears nothing.
    pub(crate) fn send(&self, id: ExecId, work: Work) {
        let _ = self.of_shard(id.shard()).messages.send(Message::Work(id, work));
    }
}

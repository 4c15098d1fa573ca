//! Releasing: what is done once a step is safe, and what is undone when it could not be saved.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{Effect, Millis, TaskKey};
use integrations::Described;
use json::{Payload, Str};
use store::{ExecId, ExpressChange, ExpressStart, StoreError};
use tokio::sync::oneshot;

use crate::activities::{Given, HandOut};
use crate::catalog::Starting;
use crate::committer::Chunk;
use crate::live::{Job, Kind, Live, Running};
use crate::mailbox::{RedrivenBy, StartReply, Work};
use crate::map_runs::{Begin, Told};
use crate::request::{ActivityTask, ExecutionError, RedriveError, StartError, Started, TokenError};
use crate::worker::map_run::ChildEnd;
use crate::worker::{Begins, Pending, Worker};

/// An answer that waits for a commit.
pub(crate) enum Release {
    Start(StartReply, Result<Started, StartError>),
    Stop(oneshot::Sender<Result<Millis, ExecutionError>>, Millis),
    Redrive(
        oneshot::Sender<Result<Millis, RedriveError>>,
        Result<Millis, RedriveError>,
        Option<Starting>,
    ),
    /// A redrive of an execution whose end is not saved yet.
    RedriveLater {
        id: ExecId,
        token: Option<Str>,
        by: RedrivenBy,
        reply: oneshot::Sender<Result<Millis, RedriveError>>,
    },
    Report(oneshot::Sender<Result<(), TokenError>>, Result<(), TokenError>),
    Describe(oneshot::Sender<Option<Arc<Described>>>, Arc<Described>),
    /// A task for a worker.
    HandOut {
        id: ExecId,
        task: TaskKey,
        to: HandOut,
        given: ActivityTask,
    },
    /// An Express execution whose start is saved.
    Express(Box<Live>),
    /// An Express execution of a map run whose end is saved.
    ChildEnded(ChildEnd),
    /// A map run whose end is saved.
    MapRunDone(Str),
    /// What an execution had no use for as it was by then.
    Unneeded(ExecId, Work),
}

impl Worker {
    /// Releases an answer once everything that was decided until now is saved.
    pub(super) fn after_all(&mut self, release: Release) {
        match self.pending.back_mut() {
            Some(last) => last.releases.push(release),
            None => self.release(release),
        }
    }

    /// The oldest steps are saved: what they asked for is done.
    pub(super) fn committed(&mut self, steps: usize) {
        for pending in self.pending.iter().take(steps) {
            if let Some(live) = self.live.get_mut(&pending.id) {
                live.releasing += 1;
                live.cancelled
                    .extend(pending.effects.iter().filter_map(|effect| match effect {
                        Effect::Cancel(task) => Some(*task),
                        _ => None,
                    }));
            }
        }
        for _ in 0..steps {
            let Some(pending) = self.pending.pop_front() else {
                return;
            };
            self.uncommitted_bytes -= pending.bytes;
            self.shared.log(pending.logged);
            for release in pending.releases {
                self.release(release);
            }
            if let Some(mut live) = self.live.remove(&pending.id) {
                live.uncommitted = live.uncommitted.saturating_sub(1);
                live.releasing = live.releasing.saturating_sub(1);
                let head = live.execution.head();
                self.shared.changes.note(&head.arn, &head.machine_arn);
                if live.uncommitted == 0
                    && !live.is_express()
                    && let Some(witness) = &self.shared.settings.witness
                {
                    witness.saved(&live.execution);
                }
                self.release_effects(&mut live, pending.effects);
                live.forget_jobs_of_others();
                if live.releasing == 0 {
                    live.cancelled.clear();
                }
                self.put(live);
            }
        }
    }

    fn release(&mut self, release: Release) {
        // Whoever does not wait any more misses nothing.
        match release {
            Release::Start(reply, answer) => reply.send(answer),
            Release::Stop(reply, stopped) => drop(reply.send(Ok(stopped))),
            Release::Redrive(reply, answer, starting) => {
                let _ = reply.send(answer);
                drop(starting);
            }
            Release::RedriveLater { id, token, by, reply } => {
                self.shared.mailboxes.send(id, Work::Redrive { token, by, reply });
            }
            Release::Report(reply, answer) => drop(reply.send(answer)),
            Release::Describe(reply, described) => drop(reply.send(Some(described))),
            Release::HandOut { id, task, to, given } => {
                if to
                    .poll
                    .reply
                    .send(Ok(Given {
                        task: given,
                        id,
                        key: task,
                    }))
                    .is_err()
                {
                    self.shared.activities.put_back(&to.activity, id, task);
                }
            }
            Release::Express(live) => self.begin_express(live),
            Release::ChildEnded(end) => self.shared.child_ended(&end.map_run_arn, end.seat, end.child),
            Release::MapRunDone(arn) => self.shared.map_runs.tell(&arn, Told::Done),
            Release::Unneeded(_, work) => self.pass_over(work),
        }
    }

    /// Does what steps asked for, now that they are safe.
    pub(super) fn release_effects(&mut self, live: &mut Live, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(order) => self.send(live, order),
                Effect::Queue(task) => self.work(live, Work::Queue { task }),
                Effect::Offer(order) => self.shared.activities.offer(&order.resource, live.id, order.task),
                Effect::Follow(order, accepted) => self.follow(live, order, accepted),
                Effect::StartMapRun(plan) => self.begin_map_run(live, *plan, false),
                Effect::RedriveMapRun(plan) => self.begin_map_run(live, *plan, true),
                Effect::AbortMapRun(arn) => self.shared.map_runs.begin(&self.shared, arn, Begin::Abort),
                Effect::Cancel(task) => self.cancel(live, task),
                Effect::Finished(_) => self.finish(live),
            }
        }
    }

    pub(super) fn queue(&self, live: &Live, task: TaskKey) {
        let lane = live
            .execution
            .open_task(task)
            .and_then(|(order, _)| self.shared.lane_of(live, &order));
        self.shared.dispatcher.queue(live.id, task, lane);
    }

    pub(super) fn send(&self, live: &mut Live, order: engine::Order) {
        let task = order.task;
        let place = live.take_place(task);
        if live.cancelled.contains(&task) {
            return self.shared.dispatcher.give_back(1);
        }
        let test_run = live.test_run.as_ref();
        if let Some(answers) = test_run.and_then(|test_run| test_run.answers(&self.shared, &order)) {
            for answer in answers {
                let child = false;
                let answer = Work::Answer { task, answer, child };
                self.shared.mailboxes.send(live.id, answer);
            }
            return self.shared.dispatcher.give_back(1);
        }
        let child = crate::live::awaits_child(&order);
        let abort = self.shared.dispatcher.send(live.id, live.call(order), place);
        live.running.push(Running {
            task,
            abort,
            child,
            job: None,
        });
    }

    /// Waits for the end of a job, unless it is mocked. Where the task is over already, what ended it ends the job, too.
    pub(super) fn follow(&self, live: &mut Live, order: engine::Order, accepted: Payload) {
        let task = order.task;
        if live.is_mocked(&self.shared, task) {
            return;
        }
        let call = live.call(order);
        let job = Job { call, accepted };
        live.running.push(Running {
            task,
            abort: self.shared.dispatcher.follow(live.id, job.clone()),
            child: false,
            job: Some(job),
        });
    }

    fn cancel(&self, live: &mut Live, task: TaskKey) {
        if let Some(mut running) = live.not_running(task) {
            // Dropping it aborts the call, or the asking.
            if let Some(job) = running.job.take() {
                self.shared.dispatcher.abandon(job);
            }
        } else if let Some(place) = live.children.iter().position(|(known, _)| *known == task) {
            self.shared.stop_child(live.children.swap_remove(place).1);
        } else {
            self.shared.activities.withdraw(live.id, task);
        }
    }

    /// An execution has ended: whoever waits for it is told.
    fn finish(&mut self, live: &mut Live) {
        let described = Arc::new(live.described());
        self.heard.remove(&live.id);
        for waiter in self.waiters.remove(&live.id).unwrap_or_default() {
            let _ = waiter.send(Some(Arc::clone(&described)));
        }
        if let Some(parent) = live.origin.parent {
            let task = TaskKey {
                branch: parent.branch,
                event: parent.event,
            };
            let child = Arc::clone(&described);
            self.shared
                .mailboxes
                .send(parent.id, Work::ChildEnded { task, child });
        }
        self.shared.finish_deleting(&described);
        if let (Some(map_run_arn), Some(seat)) = (live.origin.map_run_arn.clone(), live.origin.map_seat) {
            let child = Arc::clone(&described);
            let end = ChildEnd {
                map_run_arn,
                seat,
                child,
            };
            if live.is_express() {
                self.save_express_child(live, end);
            } else {
                self.shared.child_ended(&end.map_run_arn, seat, end.child);
            }
        }
        match &mut live.kind {
            Kind::Standard(_) => {
                self.shared
                    .open
                    .fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
                self.recent.push(described);
            }
            Kind::Express {
                events,
                waiter,
                saved,
            } => {
                if let Some(waiter) = waiter.take() {
                    let _ = waiter.send(Arc::clone(&described));
                }
                self.shared.changes.note(&described.arn, &described.machine_arn);
                self.shared
                    .express
                    .push(described, std::mem::take(events), live.weight);
                if std::mem::take(saved) {
                    self.express_over(live.id);
                }
            }
        }
    }

    /// Has the start of an asynchronous Express execution saved.
    pub(super) fn express_started(&mut self, start: ExpressStart, releases: Vec<Release>) {
        let (id, bytes) = (start.id, 512 + start.input.bytes());
        self.express_change(id, ExpressChange::Started(start), bytes, releases, None);
    }

    /// Has the end of an asynchronous Express execution saved, over and over until it is.
    pub(super) fn express_over(&mut self, id: ExecId) {
        let change = ExpressChange::Finished(id);
        self.express_change(id, change, 16, Vec::new(), Some(Work::ExpressOver));
    }

    fn express_change(
        &mut self,
        id: ExecId,
        change: ExpressChange,
        bytes: usize,
        releases: Vec<Release>,
        redo: Option<Work>,
    ) {
        self.chunk.express.push(change);
        self.push(Pending {
            id,
            since: self.now(),
            begins: Begins::Nothing,
            bytes,
            effects: Vec::new(),
            logged: None,
            releases,
            redo,
        });
    }

    /// A commit failed: everything that was decided and is not saved is thrown away, nothing of it is
    /// done, and the executions are read again when something happens to them.
    pub(super) fn commit_failed(&mut self, generation: u64, error: StoreError) {
        if generation != self.generation {
            return;
        }
        tracing::debug!(%error, steps = self.pending.len(), "steps could not be saved and are taken back");
        self.generation += 1;
        self.chunk = Chunk {
            worker: self.number,
            generation: self.generation,
            ..Chunk::default()
        };
        self.uncommitted_bytes = 0;
        let retry = Millis(self.now().0.saturating_add(self.shared.settings.retry_millis));
        self.hold = Some(retry);
        self.trouble = Some(error.clone()).filter(StoreError::may_pass);
        let pending = std::mem::take(&mut self.pending);
        let begun: HashMap<ExecId, Begins> = pending
            .iter()
            .filter(|step| step.begins != Begins::Nothing)
            .rev()
            .map(|step| (step.id, step.begins))
            .collect();
        for step in pending {
            let sends = step
                .effects
                .iter()
                .filter(|effect| matches!(effect, Effect::Send(_)))
                .count();
            self.shared.dispatcher.give_back(sends);
            let begins = begun.get(&step.id).copied().unwrap_or(Begins::Nothing);
            if begins == Begins::Nothing {
                self.redo.extend(step.redo.map(|work| (step.id, work)));
            }
            for release in step.releases {
                self.refuse(release, &error);
            }
            self.forget(step.id, retry, begins);
        }
        if matches!(error, StoreError::Fatal(_)) {
            self.is_dead = true;
        }
    }

    /// Throws an execution out of memory whose last steps are not true.
    fn forget(&mut self, id: ExecId, retry: Millis, begins: Begins) {
        let Some(mut live) = self.live.remove(&id) else {
            return;
        };
        self.stir(&mut live);
        self.by_arn.remove(&live.execution.head().arn);
        self.timers.set(id, &mut live.due, None);
        if begins != Begins::Nothing {
            self.shared
                .open
                .fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
            for waiter in self.waiters.remove(&id).unwrap_or_default() {
                let _ = waiter.send(None);
            }
            return;
        }
        self.timers.add(id, retry);
        let early = std::mem::take(&mut live.early).into_iter();
        self.redo
            .extend(early.map(|(task, child)| (id, Work::ChildEnded { task, child })));
        let heard = std::mem::take(&mut live.running);
        if !heard.is_empty() {
            self.orphans.insert(id, heard);
        }
    }

    fn refuse(&mut self, release: Release, error: &StoreError) {
        match release {
            Release::Start(reply, _) => reply.send(Err(StartError::Store(error.clone()))),
            Release::Stop(reply, _) => drop(reply.send(Err(ExecutionError::Store(error.clone())))),
            Release::Redrive(reply, ..) | Release::RedriveLater { reply, .. } => {
                drop(reply.send(Err(ExecutionError::Store(error.clone()).into())));
            }
            Release::Report(reply, _) => drop(reply.send(Err(TokenError::Store(error.clone())))),
            Release::Describe(reply, _) => drop(reply.send(None)),
            Release::HandOut { id, task, to, .. } => {
                let _ = to.poll.reply.send(Err(error.clone()));
                self.shared.activities.put_back(&to.activity, id, task);
            }
            Release::ChildEnded(end) => {
                self.shared
                    .map_runs
                    .tell(&end.map_run_arn, Told::Lost(end.seat.index));
            }
            Release::Unneeded(id, work) => self.needed_again(id, work, error),
            Release::Express(_) | Release::MapRunDone(_) => {}
        }
    }
}

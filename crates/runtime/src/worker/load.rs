//! Loading and resting: executions come into memory when something happens to them, and leave it when
//! they only wait.

use std::sync::Arc;

use engine::{Input, Millis, Moment, Progress, TaskKey, decide};
use integrations::{Answer, Described, NotRedrivable};
use store::{ExecId, StoreError};

use crate::live::{Live, awaits_child, just_waits, starts_child};
use crate::load::{Fetched, fetch};
use crate::mailbox::{Message, Work};
use crate::request::{ExecutionError, TokenError};
use crate::worker::Worker;

impl Worker {
    /// Does a work on an execution, which is read first when it is not in memory.
    pub(super) fn apply(&mut self, id: ExecId, work: Work) {
        if let Some(mut live) = self.live.remove(&id) {
            self.stir(&mut live);
            self.work(&mut live, work);
            return self.put(live);
        }
        if let Some(waiting) = self.loading.get_mut(&id) {
            return waiting.push(work);
        }
        if id > ExecId::MAX {
            // An Express execution that was not saved and is over.
            return self.refuse_work(id, work, &Fetched::Absent);
        }
        self.read(id, work);
    }

    /// Reads an execution for a work on it.
    fn read(&mut self, id: ExecId, work: Work) {
        let shared = Arc::clone(&self.shared);
        let even_ended = matches!(work, Work::Redrive { .. });
        let reading = Box::pin(async move { fetch(&*shared.store, &shared.catalog, id, even_ended).await });
        match self.at_once(reading, move |fetched| Message::Fetched(id, fetched)) {
            Some(fetched) => self.fetched(id, fetched, vec![work]),
            None => drop(self.loading.insert(id, vec![work])),
        }
    }

    /// An execution was read: all that waited for it happens.
    pub(super) fn fetched(&mut self, id: ExecId, fetched: Result<Fetched, StoreError>, works: Vec<Work>) {
        match fetched {
            Ok(Fetched::Open(mut live)) => {
                self.restore(&mut live);
                if self.recovering.remove(&id) {
                    self.take_up(&mut live);
                }
                for work in works {
                    self.work(&mut live, work);
                }
                self.put(live);
            }
            Ok(Fetched::Ended(live)) => self.fetched_ended(live, works),
            Ok(gone) => {
                self.recovering.remove(&id);
                self.orphans.remove(&id);
                works
                    .into_iter()
                    .for_each(|work| self.refuse_work(id, work, &gone));
            }
            Err(error) => {
                tracing::error!(%id, %error, "an execution can't be read");
                works.into_iter().for_each(|work| self.postpone(id, work, &error));
            }
        }
    }

    /// Puts back what memory knew of an execution and its history does not say.
    fn restore(&mut self, live: &mut Live) {
        self.by_arn.insert(live.execution.head().arn.clone(), live.id);
        live.running = self.orphans.remove(&live.id).unwrap_or_default();
        let opened = self.shared.opened;
        let heard = self.heard.get(&live.id).cloned().unwrap_or_default();
        for (order, progress) in live.execution.open_tasks() {
            if progress == Progress::Scheduled {
                continue;
            }
            let known = heard.iter().find(|(task, _)| *task == order.task);
            let last = known.map_or(opened, |(_, last)| *last);
            self.hear(live, order.task, last);
            let awaits_child = awaits_child(&order) && !live.is_mocked(&self.shared, order.task);
            if let (true, Progress::Submitted(output)) = (awaits_child, progress)
                && let Some(child) = output.value().get("ExecutionArn").and_then(json::Value::as_str)
            {
                live.children.push((order.task, child.into()));
            }
        }
    }

    /// A task was heard of at a moment, which changes nothing but when its heartbeat is missed.
    pub(super) fn hear(&self, live: &mut Live, task: TaskKey, at: Millis) {
        let moment = Moment {
            now: at,
            seed: 0,
            room: 0,
            world: &*self.shared,
        };
        decide(&mut live.execution, Input::Heartbeat(task), moment);
    }

    /// Takes up what was under way when the server stopped. Nothing is done twice: what nobody can be
    /// asked about has failed.
    pub(super) fn take_up(&mut self, live: &mut Live) {
        self.take_up_map_runs(live);
        for (order, progress) in live.execution.open_tasks() {
            let task = order.task;
            let is_mocked = live.is_mocked(&self.shared, task);
            match progress {
                // A mocked response can be given again: nothing was done for it.
                Progress::Started | Progress::Submitted(_) if is_mocked => {
                    self.shared.dispatcher.take(1, 0);
                    self.send(live, order);
                }
                _ if just_waits(&order, &progress) => {}
                Progress::Scheduled if order.target == asl::Target::Activity => {
                    self.shared.activities.offer(&order.resource, live.id, task);
                }
                Progress::Scheduled => {
                    let lane = self.shared.lane_of(live, &order);
                    self.shared.dispatcher.queue(live.id, task, lane);
                }
                Progress::Started if starts_child(&order) => {
                    self.shared.dispatcher.take(1, 0);
                    self.send(live, order);
                }
                Progress::Submitted(_) if awaits_child(&order) => self.ask_child(live, task),
                Progress::Submitted(accepted) if order.is_job() => self.follow(live, order, accepted),
                Progress::Started | Progress::Submitted(_) => {
                    let ending = self.shared.tasks.lost(&order);
                    let redo = Work::Answer {
                        task,
                        answer: Answer::Failed(ending.clone()),
                        child: false,
                    };
                    self.step(live, Input::CallFailed { task, ending }, 0, Some(redo));
                }
            }
        }
    }

    /// Asks what became of a nested execution. If it still runs, it will say so itself when it ends.
    fn ask_child(&self, live: &Live, task: TaskKey) {
        let Some((_, arn)) = live.children.iter().find(|(known, _)| *known == task) else {
            return;
        };
        self.shared.ask_child(live.id, task, arn.clone());
    }

    /// Takes an execution back into memory after something happened to it, if it is to stay there.
    pub(super) fn put(&mut self, mut live: Box<Live>) {
        if live.has_ended() {
            self.timers.set(live.id, &mut live.due, None);
            if live.uncommitted > 0 {
                self.live.insert(live.id, live);
            } else {
                self.by_arn.remove(&live.execution.head().arn);
            }
            return;
        }
        let next = live.execution.next_timer().map(|(due, _)| due);
        let next = next.map(|due| live.held.map_or(due, |held| due.max(held)));
        self.timers.set(live.id, &mut live.due, next);
        if live.is_at_rest() && live.rest.is_none() {
            self.rests += 1;
            live.rest = Some(self.rests);
            self.rest_count += 1;
            self.rest_bytes += live.weight;
            self.resting.push_back((live.id, self.rests));
        }
        self.live.insert(live.id, live);
        self.make_room();
    }

    /// An execution at rest is needed.
    pub(super) fn stir(&mut self, live: &mut Live) {
        if live.rest.take().is_some() {
            self.rest_count -= 1;
            self.rest_bytes -= live.weight;
        }
    }

    /// Lets the executions that have been at rest the longest leave memory. What stays is their timer.
    fn make_room(&mut self) {
        let settings = &self.shared.settings;
        let workers = self.shared.mailboxes.all().len();
        let (count_max, bytes_max) = (settings.warm_executions / workers, settings.warm_bytes / workers);
        while self.rest_count > count_max || self.rest_bytes > bytes_max {
            let Some((id, rest)) = self.resting.pop_front() else {
                break;
            };
            if self.live.get(&id).is_none_or(|live| live.rest != Some(rest)) {
                continue;
            }
            if let Some(mut live) = self.live.remove(&id) {
                self.stir(&mut live);
                self.by_arn.remove(&live.execution.head().arn);
            }
        }
        // Those that were needed again left their old places behind.
        if self.resting.len() > 2 * self.rest_count + 64 {
            let live = &self.live;
            self.resting
                .retain(|(id, rest)| live.get(id).is_some_and(|live| live.rest == Some(*rest)));
        }
    }

    /// What is asked of an execution that does not run.
    pub(super) fn refuse_work(&mut self, id: ExecId, work: Work, gone: &Fetched) {
        match work {
            Work::Room { .. } => self.shared.dispatcher.give_back(1),
            Work::Report { reply, .. } => {
                let answer = match gone.stopped() {
                    Some(_) => TokenError::TimedOut,
                    None => TokenError::Unknown,
                };
                let _ = reply.send(Err(answer));
            }
            Work::Stop { reply, .. } => {
                let _ = reply.send(gone.stopped().ok_or(ExecutionError::NotFound));
            }
            Work::Redrive { token, by, reply } => match gone {
                // It was read for something else, which does not ask for executions that have ended.
                Fetched::Closed(_) => self.apply(id, Work::Redrive { token, by, reply }),
                Fetched::Retired(_) => drop(reply.send(Err(NotRedrivable::Deleting.into()))),
                _ => drop(reply.send(Err(ExecutionError::NotFound.into()))),
            },
            Work::Await { reply } => {
                let _ = reply.send(None::<Arc<Described>>);
            }
            Work::ExpressOver => self.express_over(id),
            work => self.pass_over(work),
        }
        self.heard.remove(&id);
    }

    /// What is asked of an execution that can't be read now: callers are told, all else is tried again.
    fn postpone(&mut self, id: ExecId, work: Work, error: &StoreError) {
        let is_damaged = matches!(
            error,
            StoreError::Corrupt { .. } | StoreError::CorruptRecord { .. }
        );
        match work {
            Work::HandOut { to, task } => {
                let _ = to.poll.reply.send(Err(error.clone()));
                if !is_damaged {
                    self.shared.activities.put_back(&to.activity, id, task);
                }
            }
            Work::Report { reply, .. } => drop(reply.send(Err(TokenError::Store(error.clone())))),
            Work::Stop { reply, .. } => drop(reply.send(Err(ExecutionError::Store(error.clone())))),
            Work::Redrive { reply, .. } => {
                drop(reply.send(Err(ExecutionError::Store(error.clone()).into())));
            }
            Work::Await { reply } => drop(reply.send(None)),
            Work::Room { .. } if is_damaged => self.shared.dispatcher.give_back(1),
            // What is damaged stays so, and is left to the operator.
            _ if is_damaged => {}
            work => {
                if let Work::Room { .. } = work {
                    self.shared.dispatcher.give_back(1);
                }
                self.redo.push_back((id, work));
                let retry = Millis(self.now().0.saturating_add(self.shared.settings.retry_millis));
                self.hold = Some(retry);
            }
        }
    }
}

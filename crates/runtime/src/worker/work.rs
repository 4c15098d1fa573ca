//! Work: what happens to one live execution.

use std::sync::Arc;

use engine::{Input, Progress, TaskKey};
use integrations::{Answer, Described};
use json::Value;

use crate::activities::HandOut;
use crate::live::Live;
use crate::mailbox::{Report, Work};
use crate::request::{ActivityTask, TokenError};
use crate::worker::{Release, Worker};

impl Worker {
    pub(super) fn work(&mut self, live: &mut Live, work: Work) {
        if let Some(until) = self.must_wait(live, &work) {
            if matches!(work, Work::Due) {
                // Its timer stays what says when to look again, also when it leaves memory.
                live.due = None;
                live.held = Some(until);
                return;
            }
            return self.delayed.add(until, live.id, work);
        }
        match work {
            Work::Answer { task, answer, child } => self.answered(live, task, answer, child),
            Work::Queue { task } => self.queue(live, task),
            Work::Room { task, place } => {
                live.places.extend(place.map(|place| (task, place)));
                let redo = Work::Room { task, place: None };
                if !self.step(live, Input::TaskStarting(task), 1, Some(redo)) {
                    live.take_place(task);
                }
            }
            Work::HandOut { task, to } => self.hand_out(live, task, to),
            Work::ChildEnded { task, child } => self.child_ended(live, task, child),
            Work::Report {
                event,
                nonce,
                report,
                reply,
            } => {
                let answer = self.report(live, event, nonce, report);
                self.after_all(Release::Report(reply, answer));
            }
            Work::Stop { ending, reply } => {
                self.step(live, Input::Stop(ending), 0, None);
                let stopped = live.execution.ended().unwrap_or_default();
                self.after_all(Release::Stop(reply, stopped));
            }
            Work::Redrive { token, by, reply } => self.redrive(live, token, by, reply),
            Work::Await { reply } => {
                let waiters = self.waiters.entry(live.id).or_default();
                waiters.retain(|waiter| !waiter.is_closed());
                waiters.push(reply);
            }
            Work::MapRunEnded { run, end, record } => self.map_run_ended(live, run, end, record),
            Work::MapRunOpen { run, arn } => self.take_up_map_run(live, run, arn),
            Work::ExpressOver => self.express_over(live.id),
            Work::Due => self.call_timers(live),
            Work::TakeUp => {
                if self.recovering.remove(&live.id) {
                    self.take_up(live);
                }
            }
        }
    }

    fn answered(&mut self, live: &mut Live, task: TaskKey, answer: Answer, child: bool) {
        live.not_running(task);
        let redo = Some(Work::Answer {
            task,
            answer: answer.clone(),
            child,
        });
        match answer {
            Answer::Succeeded(output) => {
                self.step(live, Input::TaskSucceeded { task, output }, 0, redo);
            }
            Answer::Failed(ending) => {
                self.step(live, Input::CallFailed { task, ending }, 0, redo);
            }
            Answer::Submitted(output) => {
                let started = output
                    .value()
                    .get("ExecutionArn")
                    .and_then(Value::as_str)
                    .map(json::Str::from);
                let taken = self.step(live, Input::TaskSubmitted { task, output }, 0, redo);
                match started {
                    Some(arn) if child && taken => {
                        live.children.push((task, arn));
                        let early = live.early.iter().position(|(known, _)| *known == task);
                        if let Some(place) = early {
                            let (_, ended) = live.early.swap_remove(place);
                            self.child_ended(live, task, ended);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// A nested execution has ended. The task goes on once it is known to have been submitted.
    fn child_ended(&mut self, live: &mut Live, task: TaskKey, child: Arc<Described>) {
        match live.execution.open_task(task) {
            None => self.unneeded(live, Work::ChildEnded { task, child }),
            Some((order, Progress::Submitted(_))) => {
                let limits = &live.execution.head().machine.limits;
                let input = match self.shared.tasks.nested_end(&order, &child, limits) {
                    Ok(output) => Input::TaskSucceeded { task, output },
                    Err(ending) => Input::TaskFailed { task, ending },
                };
                live.children.retain(|(known, _)| *known != task);
                self.step(live, input, 0, Some(Work::ChildEnded { task, child }));
            }
            Some((_, Progress::Scheduled | Progress::Started)) => live.early.push((task, child)),
        }
    }

    /// Hands an activity task to a worker, unless the task is gone or the worker is.
    fn hand_out(&mut self, live: &mut Live, task: TaskKey, to: HandOut) {
        if to.poll.reply.is_closed() {
            return self.shared.activities.put_back(&to.activity, live.id, task);
        }
        let Some((order, _)) = live.execution.open_task(task) else {
            return self.unneeded(live, Work::HandOut { task, to });
        };
        let given = ActivityTask {
            token: live.token(task, order.nonce),
            input: order.parameters,
        };
        // A task that came back from a worker which went away has started already.
        let worker = to.poll.worker.clone();
        self.step(live, Input::ActivityStarted { task, worker }, 0, None);
        self.after_all(Release::HandOut {
            id: live.id,
            task,
            to,
            given,
        });
    }

    fn report(&mut self, live: &mut Live, event: u64, nonce: u64, report: Report) -> Result<(), TokenError> {
        let over = if event <= live.execution.last_event() {
            TokenError::TimedOut
        } else {
            TokenError::Unknown
        };
        let Some(task) = live.execution.task_at(event) else {
            return Err(over);
        };
        if !live.execution.awaits(task, nonce) {
            return Err(TokenError::Unknown);
        }
        let input = match report {
            Report::Succeeded(output) => Input::TaskSucceeded { task, output },
            Report::Failed(ending) => Input::TaskFailed { task, ending },
            Report::Heartbeat => {
                let now = self.now();
                let heard = self.heard.entry(live.id).or_default();
                heard.retain(|(known, _)| live.execution.task_at(known.event).is_some() && *known != task);
                heard.push((task, now));
                Input::Heartbeat(task)
            }
        };
        if !self.step(live, input, 0, None) {
            return Err(over);
        }
        Ok(())
    }

    fn call_timers(&mut self, live: &mut Live) {
        live.due = None;
        live.held = None;
        let now = self.now();
        while let Some((_, key)) = live.execution.next_timer().filter(|(due, _)| *due <= now) {
            if !self.step(live, Input::Timer(key), 0, None) {
                let execution = &live.execution.head().arn;
                tracing::error!(%execution, ?key, "a timer that was due was refused");
                return;
            }
        }
    }
}

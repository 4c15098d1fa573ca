//! Laws: what holds of every history, whatever happened.

use std::collections::HashMap;

use engine::{BranchId, Detail, Event, Millis, StateType};

/// Checks a history, silent events included, and says what is wrong with it.
pub fn check(history: &[Event]) -> Result<(), String> {
    let mut reader = Reader::default();
    for event in history {
        reader
            .read(event)
            .map_err(|what| format!("event {} {:?}: {what}", event.id, event.detail))?;
    }
    reader.end()
}

/// What the events so far say.
#[derive(Default)]
struct Reader {
    last: u64,
    is_over: bool,
    succeeded: bool,
    redrives: u32,
    /// The state that each branch is in.
    inside: HashMap<BranchId, u32>,
    /// The task that each branch waits for.
    tasks: HashMap<BranchId, Task>,
    /// When each branch may go on at the earliest.
    held: HashMap<BranchId, Millis>,
}

/// One attempt of a task.
struct Task {
    seconds: Option<u64>,
    started: Option<Millis>,
    submitted: bool,
}

type Check = Result<(), String>;

impl Reader {
    fn read(&mut self, event: &Event) -> Check {
        self.number(event)?;
        let is_redrive = matches!(event.detail, Detail::ExecutionRedriven { .. });
        match (self.is_over, is_redrive) {
            (true, false) => return Err("it happened after the end".into()),
            (false, true) => return Err("a redrive before the end".into()),
            _ => {}
        }
        if event.detail.is_final() {
            self.is_over = true;
            self.succeeded = matches!(event.detail, Detail::ExecutionSucceeded { .. });
            self.tasks.clear();
            self.held.clear();
            return Ok(());
        }
        if let Detail::ExecutionRedriven { count, .. } = event.detail {
            if self.succeeded {
                return Err("a redrive after success".into());
            }
            self.is_over = false;
            self.redrives += 1;
            return must(count == self.redrives, "its count is another");
        }
        self.visit(event)?;
        self.task(event)
    }

    /// Events are numbered without gaps, and each follows from an earlier one.
    fn number(&mut self, event: &Event) -> Check {
        if event.detail.is_silent() {
            return must(
                event.id == self.last,
                "a silent event has the number of the one before",
            );
        }
        must(event.id == self.last + 1, "its number does not follow")?;
        self.last = event.id;
        must(event.previous < event.id, "it follows from a later one")?;
        let is_first = matches!(event.detail, Detail::ExecutionStarted { .. });
        must(
            is_first == (event.id == 1),
            "the first event, and no other, is the start",
        )
    }

    /// A state is left once for each time that it was entered, nothing but a Fail state is entered again before
    /// it was left, and nothing goes on before its time.
    fn visit(&mut self, event: &Event) -> Check {
        let branch = event.branch;
        match &event.detail {
            Detail::StateEntered { kind, state, .. } => {
                let before = self.inside.insert(branch, *state);
                let is_again = *kind == StateType::Fail && before == Some(*state);
                must(before.is_none() || is_again, "another state was not left")
            }
            Detail::StateExited { state, .. } => {
                let held = self.held.remove(&branch);
                self.tasks.remove(&branch);
                must(held.is_none_or(|until| event.at >= until), "it goes on too early")?;
                must(
                    self.inside.remove(&branch) == Some(*state),
                    "it is left and was not entered",
                )
            }
            Detail::WaitScheduled { until } | Detail::RetryScheduled { until, .. } => {
                self.held.insert(branch, *until);
                Ok(())
            }
            // A Map is tried again with another map run, or begins.
            Detail::MapRunStarted(_) => {
                let held = self.held.remove(&branch);
                must(
                    held.is_none_or(|until| event.at >= until),
                    "it is tried again too early",
                )
            }
            // A Parallel or Map is tried again, or begins.
            Detail::BranchStarted { parent, .. } | Detail::MapIterationStarted { parent, .. } => {
                let held = self.held.remove(parent);
                must(
                    held.is_none_or(|until| event.at >= until),
                    "its parent goes on too early",
                )
            }
            _ => Ok(()),
        }
    }

    /// A task is scheduled, started, submitted and ended in this order, and once.
    fn task(&mut self, event: &Event) -> Check {
        let branch = event.branch;
        let at = event.at;
        match &event.detail {
            Detail::TaskScheduled { scheduled, .. }
            | Detail::LambdaFunctionScheduled { scheduled, .. }
            | Detail::ActivityScheduled { scheduled, .. } => {
                let held = self.held.remove(&branch);
                must(
                    held.is_none_or(|until| at >= until),
                    "it is tried again too early",
                )?;
                must(self.inside.contains_key(&branch), "no state asked for it")?;
                let seconds = [scheduled.timeout_seconds, scheduled.heartbeat_seconds];
                let task = Task {
                    seconds: seconds.into_iter().flatten().min(),
                    started: None,
                    submitted: false,
                };
                must(
                    self.tasks.insert(branch, task).is_none(),
                    "the task before it has not ended",
                )
            }
            Detail::TaskStarted { .. } | Detail::LambdaFunctionStarted | Detail::ActivityStarted { .. } => {
                let task = self.tasks.get_mut(&branch).ok_or("it was not scheduled")?;
                must(task.started.is_none(), "it started twice")?;
                task.started = Some(at);
                Ok(())
            }
            Detail::TaskSubmitted { .. } => {
                let task = self.tasks.get_mut(&branch).ok_or("it was not scheduled")?;
                must(
                    task.started.is_some() && !task.submitted,
                    "it was submitted twice or not started",
                )?;
                task.submitted = true;
                Ok(())
            }
            Detail::TaskSucceeded { .. }
            | Detail::TaskFailed { .. }
            | Detail::TaskSubmitFailed { .. }
            | Detail::LambdaFunctionSucceeded { .. }
            | Detail::LambdaFunctionFailed(_)
            | Detail::ActivitySucceeded { .. }
            | Detail::ActivityFailed(_) => {
                let task = self
                    .tasks
                    .remove(&branch)
                    .ok_or("it has ended or was not scheduled")?;
                must(task.started.is_some(), "it was not started")
            }
            Detail::TaskTimedOut { .. } | Detail::LambdaFunctionTimedOut(_) | Detail::ActivityTimedOut(_) => {
                let task = self
                    .tasks
                    .remove(&branch)
                    .ok_or("it has ended or was not scheduled")?;
                let (Some(started), Some(seconds)) = (task.started, task.seconds) else {
                    return must(task.seconds.is_some(), "it has no time-out");
                };
                must(at >= started.after_seconds(seconds), "it timed out too early")
            }
            Detail::TaskStartFailed { .. }
            | Detail::LambdaFunctionStartFailed(_)
            | Detail::LambdaFunctionScheduleFailed(_)
            | Detail::ActivityScheduleFailed(_)
            | Detail::TaskStateAborted => {
                self.tasks.remove(&branch);
                self.held.remove(&branch);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&self) -> Check {
        must(self.last > 0, "it is empty")?;
        must(
            !self.succeeded || !self.inside.contains_key(&BranchId::ROOT),
            "the execution succeeded inside a state",
        )
    }
}

fn must(holds: bool, what: &str) -> Check {
    if holds { Ok(()) } else { Err(what.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u64, at: i64, detail: Detail) -> Event {
        Event {
            id,
            previous: id.saturating_sub(1),
            at: Millis(at),
            branch: BranchId::ROOT,
            detail,
        }
    }

    fn entered(id: u64) -> Event {
        let input = json::Payload::from(json::Value::Null);
        event(
            id,
            0,
            Detail::StateEntered {
                kind: StateType::Wait,
                state: 0,
                name: "W".into(),
                input,
            },
        )
    }

    fn start() -> Event {
        let started = Detail::ExecutionStarted {
            input: json::Payload::from(json::Value::Null),
            role_arn: "r".into(),
            version_arn: None,
            alias_arn: None,
        };
        event(1, 0, started)
    }

    fn left(id: u64, at: i64) -> Event {
        let exited = Detail::StateExited {
            kind: StateType::Wait,
            state: 0,
            name: "W".into(),
            output: json::Payload::from(json::Value::Null),
            assigned: Vec::new(),
        };
        event(id, at, exited)
    }

    fn wait(at: i64) -> Vec<Event> {
        let until = Millis(5000);
        vec![
            start(),
            entered(2),
            event(2, 0, Detail::WaitScheduled { until }),
            left(3, at),
        ]
    }

    #[test]
    fn a_wait_that_is_over_is_lawful() {
        assert_eq!(check(&wait(5000)), Ok(()));
    }

    #[test]
    fn what_is_against_the_law_is_found() {
        assert!(check(&[]).is_err(), "nothing at all");
        assert!(check(&wait(4999)).is_err(), "too early");
        let gap = [start(), entered(3)];
        assert!(check(&gap).is_err(), "a gap");
        let twice = [start(), entered(2), entered(3)];
        assert!(check(&twice).is_err(), "entered twice");
        let stop = |id| event(id, 0, Detail::ExecutionAborted(engine::Ending::default()));
        assert!(check(&[start(), stop(2), stop(3)]).is_err(), "two ends");
        let started = event(3, 0, Detail::LambdaFunctionStarted);
        assert!(check(&[start(), entered(2), started]).is_err(), "never scheduled");
    }
}

//! Waiting: what each open state of an execution waits for, and how to answer it.

use std::collections::BTreeMap;

use engine::{BranchId, Detail, Event, Millis};
use ids::TaskToken;
use json::Str;
use serde::Serialize;
use store::HistoryPage;

use crate::Server;
use crate::extension::Refusal;
use crate::extension::query::Query;
use crate::extension::rights::machine_of;
use crate::gate::Who;

const PAGE_EVENTS: usize = 5000;

/// How many waits are shown: as many as can be looked at.
const SHOWN_MAX: usize = 1000;

#[derive(Serialize)]
pub(crate) struct Answer {
    waiting: Vec<Wait>,
}

#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Wait {
    state: String,
    /// The event that entered the state.
    event: u64,
    #[serde(flatten)]
    what: What,
}

/// What is waited for. Times are milliseconds since 1970.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
enum What {
    /// A moment.
    Timer { until: i64 },
    /// The next try.
    Retry { until: i64 },
    /// A callback with this token, which those are told who may answer it.
    Callback {
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    },
    /// An activity's worker: to take the task, or to finish it once it has a name or is `taken`.
    Activity {
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        activity_arn: String,
        taken: bool,
        worker: Option<String>,
    },
    /// The end of a job that was started.
    Job { resource: String },
    /// A call's answer.
    Call { resource: String },
    /// Room to make the call.
    Queue { resource: String },
}

/// What an open execution waits for, in the order of its branches.
pub(crate) async fn answer(server: &Server, who: &Who, query: &Query<'_>) -> Result<Answer, Refusal> {
    let (text, _) = query.execution(&who.caller)?;
    let found = server.runtime.find(&text).await;
    let Some(id) = found.map_err(|error| Refusal::failed(&error))? else {
        return Ok(Answer { waiting: Vec::new() });
    };
    let mut open = Open::default();
    let mut from_event = 1;
    loop {
        let page = HistoryPage::forward(from_event, PAGE_EVENTS);
        let events = server.runtime.history(&text, page).await;
        let events = events.map_err(|error| Refusal::failed(&error))?;
        events.iter().for_each(|event| open.take(event));
        match events.last() {
            Some(last) if last.id + 1 >= from_event + PAGE_EVENTS as u64 => from_event = last.id + 1,
            _ => break,
        }
    }
    let mut waiting: Vec<Wait> = open.waits(id.0).take(SHOWN_MAX).collect();
    let machine = machine_of(&text);
    for wait in &mut waiting {
        wait.what.hide_token(who, &machine);
    }
    Ok(Answer { waiting })
}

impl What {
    /// Whoever has a token can answer the task: it is told to those alone who may.
    fn hide_token(&mut self, who: &Who, machine: &str) {
        let (token, owner) = match self {
            Self::Callback { token } => (token, machine),
            Self::Activity {
                token, activity_arn, ..
            } => (token, &**activity_arn),
            _ => return,
        };
        if who.check("states:SendTaskSuccess", owner).is_err() {
            *token = None;
        }
    }
}

/// The lines of states that are in motion, as far as what they wait for goes.
#[derive(Default)]
struct Open {
    branches: BTreeMap<BranchId, Branch>,
    is_over: bool,
}

#[derive(Default)]
struct Branch {
    parent: Option<BranchId>,
    state: Option<(Str, u64)>,
    wait: Option<Waits>,
}

/// What a branch waits for, as its last event says.
enum Waits {
    Timer(Millis),
    Retry(Millis),
    Task(Task),
}

struct Task {
    event: u64,
    nonce: u64,
    resource: Str,
    pattern: Pattern,
    phase: Phase,
    worker: Option<Str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    Call,
    Job,
    Callback,
    Activity,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Scheduled,
    Started,
    Submitted,
}

impl Open {
    fn take(&mut self, event: &Event) {
        let branch = self.branches.entry(event.branch).or_default();
        match &event.detail {
            Detail::StateEntered { name, .. } => {
                branch.state = Some((name.clone(), event.id));
                branch.wait = None;
            }
            Detail::StateExited { .. } => {
                branch.state = None;
                branch.wait = None;
                self.end_inside(event.branch);
            }
            Detail::WaitScheduled { until } => branch.wait = Some(Waits::Timer(*until)),
            Detail::RetryScheduled { until, .. } => {
                branch.wait = Some(Waits::Retry(*until));
                self.end_inside(event.branch);
            }
            Detail::BranchStarted { parent, .. } | Detail::MapIterationStarted { parent, .. } => {
                branch.parent = Some(*parent);
            }
            Detail::LambdaFunctionScheduled { resource, scheduled } => {
                branch.wait = Some(task(event.id, scheduled.nonce, resource.clone(), Pattern::Call));
            }
            Detail::ActivityScheduled { resource, scheduled } => {
                branch.wait = Some(task(
                    event.id,
                    scheduled.nonce,
                    resource.clone(),
                    Pattern::Activity,
                ));
            }
            Detail::TaskScheduled {
                resource_type,
                resource,
                scheduled,
                ..
            } => {
                let pattern = match resource.split_once('.') {
                    Some((_, "waitForTaskToken")) => Pattern::Callback,
                    Some((_, suffix)) if suffix.starts_with("sync") => Pattern::Job,
                    _ => Pattern::Call,
                };
                let name = Str::from(format!("{resource_type}:{resource}"));
                branch.wait = Some(task(event.id, scheduled.nonce, name, pattern));
            }
            Detail::LambdaFunctionStarted | Detail::TaskStarted { .. } => branch.reach(Phase::Started, None),
            Detail::ActivityStarted { worker } => branch.reach(Phase::Started, worker.clone()),
            Detail::TaskSubmitted { .. } => branch.reach(Phase::Submitted, None),
            Detail::MapIterationSucceeded { .. }
            | Detail::MapIterationFailed { .. }
            | Detail::MapIterationAborted { .. }
            | Detail::TaskStateAborted
            | Detail::WaitStateAborted => branch.wait = None,
            Detail::ParallelStateFailed
            | Detail::ParallelStateAborted
            | Detail::ParallelStateSucceeded
            | Detail::MapStateFailed
            | Detail::MapStateAborted
            | Detail::MapStateSucceeded => self.end_inside(event.branch),
            Detail::ExecutionRedriven { .. } => self.is_over = false,
            detail if detail.is_final() => {
                self.is_over = true;
                self.branches.values_mut().for_each(|branch| branch.wait = None);
            }
            detail if ends_a_task(detail) => branch.wait = None,
            _ => {}
        }
    }

    /// Nothing inside of a branch goes on.
    fn end_inside(&mut self, parent: BranchId) {
        // Branches are numbered in the order in which they began, so children come after their parents.
        let mut over = vec![parent];
        for (id, branch) in self.branches.range_mut(parent..) {
            if branch.parent.is_some_and(|parent| over.contains(&parent)) {
                branch.wait = None;
                branch.state = None;
                branch.parent = None;
                over.push(*id);
            }
        }
    }

    fn waits(&self, execution_id: u64) -> impl Iterator<Item = Wait> {
        let branches = self.branches.values().filter(|_| !self.is_over);
        branches.filter_map(move |branch| {
            let (state, event) = branch.state.as_ref()?;
            Some(Wait {
                state: state.to_string(),
                event: *event,
                what: branch.wait.as_ref()?.shown(execution_id),
            })
        })
    }
}

impl Branch {
    fn reach(&mut self, phase: Phase, worker: Option<Str>) {
        if let Some(Waits::Task(task)) = &mut self.wait {
            task.phase = phase;
            task.worker = worker;
        }
    }
}

impl Waits {
    fn shown(&self, execution_id: u64) -> What {
        let task = match self {
            Self::Timer(until) => return What::Timer { until: until.0 },
            Self::Retry(until) => return What::Retry { until: until.0 },
            Self::Task(task) => task,
        };
        let resource = task.resource.to_string();
        let token = || {
            let token = TaskToken {
                execution_id,
                scheduled_event_id: task.event,
                nonce: task.nonce,
            };
            Some(token.to_string())
        };
        match (task.pattern, task.phase) {
            (Pattern::Activity, phase) => What::Activity {
                token: token(),
                activity_arn: resource,
                taken: phase == Phase::Started,
                worker: task.worker.as_ref().map(|worker| worker.to_string()),
            },
            (_, Phase::Scheduled) => What::Queue { resource },
            (Pattern::Callback, _) => What::Callback { token: token() },
            (Pattern::Job, Phase::Submitted) => What::Job { resource },
            (Pattern::Job | Pattern::Call, _) => What::Call { resource },
        }
    }
}

fn task(event: u64, nonce: u64, resource: Str, pattern: Pattern) -> Waits {
    Waits::Task(Task {
        event,
        nonce,
        resource,
        pattern,
        phase: Phase::Scheduled,
        worker: None,
    })
}

fn ends_a_task(detail: &Detail) -> bool {
    matches!(
        detail,
        Detail::TaskSucceeded { .. }
            | Detail::TaskFailed { .. }
            | Detail::TaskTimedOut { .. }
            | Detail::TaskStartFailed { .. }
            | Detail::TaskSubmitFailed { .. }
            | Detail::LambdaFunctionSucceeded { .. }
            | Detail::LambdaFunctionFailed(_)
            | Detail::LambdaFunctionTimedOut(_)
            | Detail::LambdaFunctionStartFailed(_)
            | Detail::ActivitySucceeded { .. }
            | Detail::ActivityFailed(_)
            | Detail::ActivityTimedOut(_)
    )
}

#[cfg(test)]
mod tests {
    use engine::{Scheduled, StateType};
    use json::Payload;

    use super::*;

    fn payload() -> Payload {
        Payload::parse("{}").unwrap()
    }

    fn entered(name: &str) -> Detail {
        Detail::StateEntered {
            kind: StateType::Task,
            state: 0,
            name: name.into(),
            input: payload(),
        }
    }

    fn scheduled() -> Scheduled {
        Scheduled {
            parameters: payload(),
            timeout_seconds: None,
            heartbeat_seconds: None,
            role_arn: None,
            nonce: 7,
        }
    }

    fn called(resource: &str) -> [Detail; 2] {
        let (resource_type, resource): (Str, Str) = ("lambda".into(), resource.into());
        [
            Detail::TaskScheduled {
                resource_type: resource_type.clone(),
                resource: resource.clone(),
                region: "us-east-1".into(),
                scheduled: scheduled(),
            },
            Detail::TaskStarted {
                resource_type,
                resource,
            },
        ]
    }

    fn submitted() -> Detail {
        Detail::TaskSubmitted {
            resource_type: "lambda".into(),
            resource: "invoke".into(),
            output: payload(),
        }
    }

    fn waits(events: impl IntoIterator<Item = (u32, Detail)>) -> Vec<Wait> {
        let mut open = Open::default();
        for (place, (branch, detail)) in events.into_iter().enumerate() {
            open.take(&Event {
                id: place as u64 + 1,
                previous: 0,
                at: Millis(0),
                branch: BranchId(branch),
                detail,
            });
        }
        open.waits(9).collect()
    }

    #[test]
    fn callback_has_its_token() {
        let [scheduled, started] = called("invoke.waitForTaskToken");
        let told = waits([
            (0, entered("Ask")),
            (0, scheduled),
            (0, started),
            (0, submitted()),
        ]);
        let token = TaskToken {
            execution_id: 9,
            scheduled_event_id: 2,
            nonce: 7,
        };
        let token = Some(token.to_string());
        assert_eq!(
            told,
            [Wait {
                state: "Ask".into(),
                event: 1,
                what: What::Callback { token }
            }]
        );
    }

    #[test]
    fn job_is_a_call_until_it_is_accepted() {
        let [scheduled, started] = called("invoke.sync");
        let kinds: Vec<bool> = [false, true]
            .into_iter()
            .map(|accepted| {
                let events = [(0, entered("Run")), (0, scheduled.clone()), (0, started.clone())];
                let more = accepted.then(|| (0, submitted()));
                let told = waits(events.into_iter().chain(more));
                matches!(told[0].what, What::Job { .. })
            })
            .collect();
        assert_eq!(kinds, [false, true]);
    }

    #[test]
    fn next_try_is_told_with_its_moment() {
        let [scheduled, started] = called("invoke");
        let failed = Detail::LambdaFunctionFailed(engine::Ending::default());
        let retry = Detail::RetryScheduled {
            retrier: 0,
            until: Millis(5),
        };
        let told = waits([
            (0, entered("A")),
            (0, scheduled),
            (0, started),
            (0, failed),
            (0, retry),
        ]);
        assert_eq!(told[0].what, What::Retry { until: 5 });
    }

    #[test]
    fn branches_of_a_failed_parallel_wait_for_nothing() {
        let until = Millis(60);
        let began = |slot| Detail::BranchStarted {
            slot,
            parent: BranchId::ROOT,
        };
        let events = [
            (0, entered("P")),
            (1, began(0)),
            (1, entered("A")),
            (1, Detail::WaitScheduled { until }),
            (2, began(1)),
            (2, entered("B")),
            (2, Detail::WaitScheduled { until }),
        ];
        assert_eq!(waits(events.clone()).len(), 2);
        let failed = (0, Detail::ParallelStateFailed);
        assert_eq!(waits(events.into_iter().chain([failed])), []);
    }

    #[test]
    fn nothing_waits_after_the_end() {
        let told = waits([
            (0, entered("W")),
            (0, Detail::WaitScheduled { until: Millis(9) }),
            (0, Detail::ExecutionAborted(engine::Ending::default())),
        ]);
        assert_eq!(told, []);
    }
}

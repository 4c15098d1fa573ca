//! Writes down what a step did.

use std::fmt::Write as _;

use engine::{Detail, Effect, Ending, Event, Execution, MapRunPlan, Millis, Step, TimerKey, TimerKind};
use json::Value;

use super::{START, Teller};

impl Teller {
    pub(super) fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    pub(super) fn write(&mut self, step: &Step, before: &Execution, timers_before: &[(Millis, TimerKey)]) {
        if !step.taken {
            return self.line("  (too late: nothing changes)");
        }
        let events: Vec<&Event> = step
            .events
            .iter()
            .filter(|event| !event.detail.is_silent())
            .collect();
        for (place, event) in events.iter().enumerate() {
            if events.len() <= EVENTS_SHOWN_MAX || !(5..events.len() - 5).contains(&place) {
                self.line(&cut(shown(event)));
            } else if place == 5 {
                self.line(&format!("  … {} events …", events.len() - 10));
            }
        }
        for effect in &step.effects {
            let line = match effect {
                Effect::Send(order) => {
                    format!("send    {} {}", self.name(before, order.task), order.parameters)
                }
                Effect::Offer(order) => {
                    format!("offer   {} {}", self.name(before, order.task), order.parameters)
                }
                Effect::Queue(task) => format!("queue   {}", self.name(before, *task)),
                Effect::Follow(order, accepted) => {
                    format!("follow  {} {accepted}", self.name(before, order.task))
                }
                Effect::StartMapRun(plan) => {
                    format!("run     {}{}", self.name(before, plan.run()), inputs(plan))
                }
                Effect::RedriveMapRun(plan) => format!("redrive {}", self.name(before, plan.run())),
                Effect::AbortMapRun(arn) => format!("abort   {arn}"),
                Effect::Cancel(task) => format!("cancel  {}", self.name(before, *task)),
                Effect::Finished(outcome) => format!("finish  {}", outcome.status()),
            };
            self.line(&cut(format!("  ~ {line}")));
        }
        let timers: Vec<_> = self.execution.timers().collect();
        for (due, key) in timers.iter().filter(|timer| !timers_before.contains(timer)) {
            if due.0 - START >= 300_000_000 {
                continue;
            }
            let name = timer_name(&self.execution, *key);
            self.line(&format!("  ~ timer   {name} at {}", clock(*due)));
        }
    }

    fn name(&self, before: &Execution, task: engine::TaskKey) -> String {
        let state = self.execution.state_of(task).or_else(|| before.state_of(task));
        state.map_or_else(|| format!("task {}", task.event), |state| state.to_string())
    }
}

/// What a map run gives to its executions.
fn inputs(plan: &MapRunPlan) -> String {
    let items = plan.items().unwrap_or_default();
    let inputs = (0..)
        .zip(&items)
        .map(|(index, item)| match plan.select(index, item) {
            Ok(input) => input,
            Err(failure) => Value::from(Ending::from(failure).cause.unwrap_or_default()),
        });
    let mut text = format!("  {}", Value::from(inputs.collect::<Vec<Value>>()));
    let start = plan.start();
    if let Some(bounds) = &start.batches {
        let _ = write!(
            text,
            "  batches of {:?} items, {:?} bytes",
            bounds.items_max, bounds.bytes_max
        );
    }
    let tolerated = (start.tolerated_count, start.tolerated_percentage);
    if start.max_concurrency > 0 || tolerated != (None, None) {
        let _ = write!(
            text,
            "  at most {}, tolerates {tolerated:?}",
            start.max_concurrency
        );
    }
    text
}

fn timer_name(execution: &Execution, key: TimerKey) -> String {
    let kind = match key.kind {
        TimerKind::Execution => return "execution timeout".to_owned(),
        TimerKind::Continue => return "going on".to_owned(),
        TimerKind::Wait => "wait",
        TimerKind::Retry => "retry",
        TimerKind::Timeout => "timeout",
        TimerKind::Heartbeat => "heartbeat",
    };
    let task = engine::TaskKey {
        branch: key.branch,
        event: key.event,
    };
    let state = execution
        .state_of(task)
        .map(|state| state.to_string())
        .unwrap_or_default();
    format!("{kind} of {state}")
}

fn clock(moment: Millis) -> String {
    let millis = moment.0 - START;
    let (minutes, seconds, rest) = (millis / 60_000, millis / 1000 % 60, millis % 1000);
    if rest == 0 {
        format!("{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}.{rest:03}")
    }
}

/// Steps with more events than this are abridged.
const EVENTS_SHOWN_MAX: usize = 200;

/// A line of bearable length.
fn cut(line: String) -> String {
    match line.char_indices().nth(300) {
        Some((place, _)) => format!("{}… ({} bytes)", &line[..place], line.len()),
        None => line,
    }
}

fn shown(event: &Event) -> String {
    let mut line = format!("  {:>2} <{:>2}  ", event.id, event.previous);
    let (kind, rest) = kind_and_rest(&event.detail);
    let _ = write!(line, "{kind:<24} {rest}");
    line.trim_end().to_owned()
}

fn kind_and_rest(detail: &Detail) -> (String, String) {
    let debug = format!("{detail:?}");
    let variant: String = debug
        .chars()
        .take_while(|character| character.is_alphanumeric())
        .collect();
    match detail {
        Detail::ExecutionStarted { input, .. } => (variant, input.to_string()),
        Detail::ExecutionSucceeded { output }
        | Detail::LambdaFunctionSucceeded { output }
        | Detail::ActivitySucceeded { output } => (variant, output.to_string()),
        Detail::ExecutionFailed(ending)
        | Detail::ExecutionAborted(ending)
        | Detail::ExecutionTimedOut(ending)
        | Detail::LambdaFunctionScheduleFailed(ending)
        | Detail::LambdaFunctionStartFailed(ending)
        | Detail::LambdaFunctionFailed(ending)
        | Detail::LambdaFunctionTimedOut(ending)
        | Detail::ActivityScheduleFailed(ending)
        | Detail::ActivityFailed(ending)
        | Detail::ActivityTimedOut(ending)
        | Detail::MapRunFailed(ending) => (variant, words(ending)),
        Detail::MapRunStarted(start) => (variant, start.arn.to_string()),
        Detail::MapRunRedriven { arn, count } => (variant, format!("{arn} {count}")),
        Detail::StateEntered {
            kind, name, input, ..
        } => (format!("{kind:?}StateEntered"), format!("{name}  {input}")),
        Detail::StateExited {
            kind,
            name,
            output,
            assigned,
            ..
        } => {
            let mut rest = format!("{name}  {output}");
            for (variable, value) in assigned {
                let _ = write!(rest, "  ${variable}={value}");
            }
            (format!("{kind:?}StateExited"), rest)
        }
        Detail::TaskScheduled {
            resource_type,
            resource,
            scheduled,
            ..
        } => (
            variant,
            format!(
                "{resource_type}:{resource}  {}{}",
                scheduled.parameters,
                limits(scheduled)
            ),
        ),
        Detail::LambdaFunctionScheduled { resource, scheduled }
        | Detail::ActivityScheduled { resource, scheduled } => {
            let name = resource.rsplit(':').next().unwrap_or_default();
            (
                variant,
                format!("{name}  {}{}", scheduled.parameters, limits(scheduled)),
            )
        }
        Detail::TaskStarted {
            resource_type,
            resource,
        } => (variant, format!("{resource_type}:{resource}")),
        Detail::TaskSubmitted { output, .. } | Detail::TaskSucceeded { output, .. } => {
            (variant, output.to_string())
        }
        Detail::TaskStartFailed { ending, .. }
        | Detail::TaskSubmitFailed { ending, .. }
        | Detail::TaskFailed { ending, .. }
        | Detail::TaskTimedOut { ending, .. } => (variant, words(ending)),
        Detail::ActivityStarted { worker } => (variant, worker.as_deref().unwrap_or_default().to_owned()),
        Detail::ExecutionRedriven { count, .. } => (variant, count.to_string()),
        Detail::MapStateStarted { length, .. } => (variant, length.to_string()),
        Detail::MapIterationStarted { name, index, .. }
        | Detail::MapIterationSucceeded { name, index }
        | Detail::MapIterationFailed { name, index }
        | Detail::MapIterationAborted { name, index } => (variant, format!("{name}[{index}]")),
        Detail::EvaluationFailed { location, .. } => {
            (variant, location.as_deref().unwrap_or("(no location)").to_owned())
        }
        _ => (variant, String::new()),
    }
}

fn limits(scheduled: &engine::Scheduled) -> String {
    let mut text = String::new();
    if let Some(seconds) = scheduled.timeout_seconds {
        let _ = write!(text, "  timeout={seconds}");
    }
    if let Some(seconds) = scheduled.heartbeat_seconds {
        let _ = write!(text, "  heartbeat={seconds}");
    }
    if let Some(role) = &scheduled.role_arn {
        let _ = write!(text, "  role={role}");
    }
    text
}

fn words(ending: &Ending) -> String {
    match (&ending.error, &ending.cause) {
        (None, None) => String::new(),
        (error, None) => error.as_deref().unwrap_or_default().to_owned(),
        (error, Some(cause)) => format!("{}: {cause}", error.as_deref().unwrap_or_default()),
    }
}

//! Task: has work done outside, and takes what comes back.

use asl::{Failure, QueryLanguage, Resource, State, StateKind, Target, Task};
use json::{Payload, Str, Value};

use crate::effect::Effect;
use crate::event::{BranchId, Detail, Ending, Scheduled};
use crate::execution::Phase;
use crate::failing::Trouble;
use crate::input::TaskKey;
use crate::moment::Refusal;
use crate::probe::Stage;
use crate::states;
use crate::step::Stepper;
use crate::view::{self, View};

/// Schedules the task, and has it sent at once when there is room.
pub(crate) fn begin(
    step: &mut Stepper<'_>,
    branch: BranchId,
    state: &State,
    task: &Task,
) -> Result<(), Failure> {
    let scheduled = prepare(step, branch, state, task)?;
    match step
        .moment
        .world
        .refuse(&state.name, &task.resource, scheduled.parameters.value())
    {
        None => {}
        Some(Refusal::Explained(reason)) => return Err(Failure::runtime(reason)),
        Some(Refusal::Plain(cause)) => {
            step.fail(branch, Failure::runtime(cause).into());
            return Ok(());
        }
    }

    let has_room = step.has_room(&task.resource, scheduled.parameters.value());
    let detail = match &task.resource.target {
        Target::Function => Detail::LambdaFunctionScheduled {
            resource: task.resource.arn.clone(),
            scheduled,
        },
        Target::Activity => Detail::ActivityScheduled {
            resource: task.resource.arn.clone(),
            scheduled,
        },
        Target::Service {
            service, resource, ..
        } => Detail::TaskScheduled {
            resource_type: service.clone(),
            resource: resource.clone(),
            region: step.execution.head.region.clone(),
            scheduled,
        },
    };
    let event = step.record_next(branch, detail);
    let key = TaskKey { branch, event };
    if task.resource.target == Target::Activity {
        step.push_order(key, Effect::Offer);
    } else if has_room {
        start(step, key, &task.resource);
    } else {
        step.effects.push(Effect::Queue(key));
    }
    Ok(())
}

fn prepare(step: &Stepper<'_>, branch: BranchId, state: &State, task: &Task) -> Result<Scheduled, Failure> {
    let input = states::input(step, branch);
    let nonce = step.chance.next();
    // The number that the Scheduled event will have: the token names it.
    let event = step.execution.last_event + 1;
    let token =
        view::has_token(&task.resource.target).then(|| view::token(step.execution.head.id, event, nonce));
    let view = View::new(step, branch).with_token(token);
    let effective = state.input_path.select(view.env(input.value()))?;
    step.saw(Stage::InputPath, &effective);
    let env = view.env(&effective);
    let timeout_seconds = task
        .timeout
        .as_ref()
        .map(|timeout| timeout.resolve("TimeoutSeconds", env))
        .transpose()?;
    let heartbeat_seconds = task
        .heartbeat
        .as_ref()
        .map(|beat| beat.resolve("HeartbeatSeconds", env))
        .transpose()?;
    let role_arn = match &task.credentials {
        Some(credentials) => match credentials.evaluate(env)?.get("RoleArn") {
            Some(Value::String(role)) => Some(role.clone()),
            Some(other) if state.query_language == QueryLanguage::Jsonata => {
                return Err(credentials.unexpected("Credentials/RoleArn", "string", other));
            }
            _ => None,
        },
        None => None,
    };
    let parameters = match &task.parameters {
        Some(parameters) => parameters.evaluate(env)?,
        None => effective,
    };
    step.saw(Stage::Parameters, &parameters);
    step.saw(Stage::Arguments, &parameters);
    let parameters = states::payload(step, &state.name, &input, parameters)?;
    Ok(Scheduled {
        parameters,
        timeout_seconds,
        heartbeat_seconds,
        role_arn,
        nonce,
    })
}

/// Records the promise that the task may be sent from now on, and has it sent.
fn start(step: &mut Stepper<'_>, key: TaskKey, resource: &Resource) {
    let started = match &resource.target {
        Target::Function => Detail::LambdaFunctionStarted,
        Target::Activity => return,
        Target::Service {
            service, resource, ..
        } => Detail::TaskStarted {
            resource_type: service.clone(),
            resource: resource.clone(),
        },
    };
    step.record_next(key.branch, started);
    step.push_order(key, Effect::Send);
}

/// There is room now for a task that was scheduled without.
pub(crate) fn start_queued(step: &mut Stepper<'_>, key: TaskKey) -> bool {
    let Some(resource) = step.running(key).map(|(_, task)| task.resource.clone()) else {
        return false;
    };
    if step
        .execution
        .attempt(key)
        .is_none_or(|attempt| attempt.started.is_some())
    {
        return false;
    }
    start(step, key, &resource);
    true
}

/// A worker took the task.
pub(crate) fn activity_started(step: &mut Stepper<'_>, key: TaskKey, worker: Option<Str>) -> bool {
    if step
        .execution
        .attempt(key)
        .is_none_or(|attempt| attempt.started.is_some())
    {
        return false;
    }
    step.record_next(key.branch, Detail::ActivityStarted { worker });
    true
}

/// A service accepted the job, or the call that carries the token.
pub(crate) fn submitted(step: &mut Stepper<'_>, key: TaskKey, output: Payload) -> bool {
    let Some((_, task)) = step.running(key) else {
        return false;
    };
    let Target::Service {
        service, resource, ..
    } = &task.resource.target
    else {
        return false;
    };
    if step
        .execution
        .attempt(key)
        .is_none_or(|attempt| attempt.submitted.is_some())
    {
        return false;
    }
    let (resource_type, resource) = (service.clone(), resource.clone());
    step.record_next(
        key.branch,
        Detail::TaskSubmitted {
            resource_type,
            resource,
            output: output.clone(),
        },
    );
    if let Some((order, _)) = step.execution.open_task(key).filter(|(order, _)| order.is_job()) {
        step.effects.push(Effect::Follow(order, output));
    }
    true
}

/// The result is there.
pub(crate) fn succeeded(step: &mut Stepper<'_>, key: TaskKey, output: Payload) -> bool {
    let Some((_, task)) = step.running(key) else {
        return false;
    };
    if output.bytes() > step.machine.limits.payload_bytes {
        let name = match &task.resource.target {
            Target::Service { service, .. } => service,
            Target::Function | Target::Activity => &task.resource.arn,
        };
        return failed(step, key, states::too_large(name).into());
    }
    let succeeded = match &task.resource.target {
        Target::Function => Detail::LambdaFunctionSucceeded {
            output: output.clone(),
        },
        Target::Activity => Detail::ActivitySucceeded {
            output: output.clone(),
        },
        Target::Service {
            service, resource, ..
        } => Detail::TaskSucceeded {
            resource_type: service.clone(),
            resource: resource.clone(),
            output: output.clone(),
        },
    };
    step.record_next(key.branch, succeeded);
    step.saw(Stage::Result, output.value());
    states::complete(step, key.branch, &task.after, &output);
    true
}

/// The call failed: a job or a callback that was not accepted yet has not been submitted.
pub(crate) fn call_failed(step: &mut Stepper<'_>, key: TaskKey, ending: Ending) -> bool {
    let ending = ending.cut();
    let was_submitted = step
        .execution
        .attempt(key)
        .is_some_and(|attempt| attempt.submitted.is_some());
    let target = step.running(key).map(|(_, task)| &task.resource.target);
    match target {
        Some(Target::Service {
            service,
            resource,
            pattern,
            ..
        }) if *pattern != asl::Pattern::RequestResponse && !was_submitted => {
            let submit_failed = Detail::TaskSubmitFailed {
                resource_type: service.clone(),
                resource: resource.clone(),
                ending: ending.clone(),
            };
            step.record_next(key.branch, submit_failed);
            step.fail(key.branch, Failure::from(ending).into());
            true
        }
        _ => failed(step, key, ending),
    }
}

/// The task failed.
pub(crate) fn failed(step: &mut Stepper<'_>, key: TaskKey, ending: Ending) -> bool {
    let ending = ending.cut();
    let Some((_, task)) = step.running(key) else {
        return false;
    };
    let failed = match &task.resource.target {
        Target::Function => Detail::LambdaFunctionFailed(ending.clone()),
        Target::Activity => Detail::ActivityFailed(ending.clone()),
        Target::Service {
            service, resource, ..
        } => Detail::TaskFailed {
            resource_type: service.clone(),
            resource: resource.clone(),
            ending: ending.clone(),
        },
    };
    step.record_next(key.branch, failed);
    step.fail(key.branch, Failure::from(ending).into());
    true
}

/// The task's time is over, or a heartbeat was missed: AWS records both as `States.Timeout`.
pub(crate) fn timed_out(step: &mut Stepper<'_>, key: TaskKey, heartbeat: bool) {
    let Some((_, task)) = step.running(key) else {
        return;
    };
    let ending = Ending {
        error: Some("States.Timeout".into()),
        cause: None,
    };
    let timed_out = match &task.resource.target {
        Target::Function => Detail::LambdaFunctionTimedOut(ending.clone()),
        Target::Activity => Detail::ActivityTimedOut(ending.clone()),
        Target::Service {
            service, resource, ..
        } => Detail::TaskTimedOut {
            resource_type: service.clone(),
            resource: resource.clone(),
            ending: ending.clone(),
        },
    };
    step.cancel(key);
    step.record_next(key.branch, timed_out);
    step.fail(
        key.branch,
        Trouble {
            failure: ending.into(),
            heartbeat,
            kept_from_starting: false,
        },
    );
}

impl<'s> Stepper<'s> {
    /// Takes a place for a task to be sent at once, if there is one.
    fn has_room(&mut self, resource: &Resource, parameters: &Value) -> bool {
        if self.room == 0 || resource.target == Target::Activity {
            return false;
        }
        if let Some(lane) = self.moment.world.lane(resource, parameters) {
            let place = self.lanes.iter().position(|(name, _)| *name == lane.name);
            let place = place.unwrap_or_else(|| {
                self.lanes.push((lane.name, 0));
                self.lanes.len() - 1
            });
            let (_, sent) = &mut self.lanes[place];
            if *sent >= lane.room {
                return false;
            }
            *sent += 1;
        }
        self.room -= 1;
        true
    }

    /// The state that a task under way belongs to.
    fn running(&self, key: TaskKey) -> Option<(&'s State, &'s Task)> {
        self.execution.attempt(key)?;
        let visit = self.execution.visit(key.branch)?;
        let state = self.machine.state(visit.state);
        match &state.kind {
            StateKind::Task(task) => Some((state, task)),
            _ => None,
        }
    }

    fn push_order(&mut self, key: TaskKey, effect: impl FnOnce(crate::effect::Order) -> Effect) {
        let Some(visit) = self.execution.visit(key.branch) else {
            return;
        };
        let Phase::Task(attempt) = &visit.phase else {
            return;
        };
        if let Some(order) = self.execution.order(key.branch, visit, attempt) {
            self.effects.push(effect(order));
        }
    }
}

//! Following: asks for a job until it has ended, and ends it when nobody wants it any longer.

use std::time::Duration;

use asl::Target;
use aws::{Client, Failure, Naming, Services};
use json::{Payload, Value};

use crate::call::{Answer, Call, ending};
use crate::optimised::find;
use crate::optimised::jobs::{Ask, Job, State};
use crate::sdk::caller;

/// How long to wait before a job is asked for first, and at most.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses between the times that a job is asked for.
pub(crate) struct Pauses(Duration);

impl Pauses {
    pub(crate) fn new() -> Self {
        Self(FIRST)
    }

    /// Waits until it is time to ask again.
    pub(crate) async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = LONGEST.min(self.0 * 3 / 2);
    }
}

/// What the calls about a job say when it isn't there.
const GONE: [&str; 4] = [
    "ResourceNotFoundException",
    "EntityNotFoundException",
    "NotFoundException",
    "ResourceNotFound",
];

/// Asks for a job until it has ended. A call that fails is made again: that a service can't be asked is no end of
/// the job.
pub(crate) async fn follow(client: Client, call: Call, accepted: Payload) -> Answer {
    let Some(job) = job_of(&call) else {
        return Answer::failed("States.Runtime", "The job is of a kind that can't be followed.");
    };
    let Some(parameters) = job
        .ask
        .parameters(call.order.parameters.value(), accepted.value())
    else {
        return Answer::failed(
            "States.TaskFailed",
            format!("The service did not say which job it has accepted: {accepted}"),
        );
    };
    let mut pauses = Pauses::new();
    loop {
        pauses.next().await;
        let answer = match ask(&client, &call, &job.ask, &parameters).await {
            Ok(answer) => answer,
            Err(failure) if is_gone(&failure) => {
                if job.ends_by_vanishing() {
                    return Answer::Succeeded(Payload::from(Value::empty_object()));
                }
                return Answer::failed(
                    "States.TaskFailed",
                    format!("The job is gone: {}", told(&failure)),
                );
            }
            Err(failure) => {
                tracing::warn!(execution = %call.execution_arn, state = %call.state, "a job can't be asked for: {}", told(&failure));
                continue;
            }
        };
        match job.state(&answer) {
            State::Running => {}
            State::Succeeded(result) => return Answer::Succeeded(Payload::from(result)),
            State::Failed(cause) => {
                return Answer::Failed(ending("States.TaskFailed", cause.to_text()));
            }
        }
    }
}

/// Ends a job, if AWS would and the service lets it.
pub(crate) async fn abandon(client: Client, call: Call, accepted: Payload) {
    let Some(cancel) = job_of(&call).and_then(|job| job.cancel.as_ref()) else {
        return;
    };
    let Some(parameters) = cancel.parameters(call.order.parameters.value(), accepted.value()) else {
        return;
    };
    if let Err(failure) = ask(&client, &call, cancel, &parameters).await {
        tracing::warn!(execution = %call.execution_arn, state = %call.state, "a job was not ended: {}", told(&failure));
    }
}

fn job_of(call: &Call) -> Option<&'static Job> {
    match &call.order.target {
        Target::Service { service, action, .. } => {
            find(service, action)?;
            Job::of(service, action)
        }
        Target::Function | Target::Activity => None,
    }
}

async fn ask(client: &Client, call: &Call, ask: &Ask, parameters: &Value) -> Result<Value, Failure> {
    let found = Services::embedded()
        .find(ask.service, ask.action)
        .map_err(|unknown| Failure::Client(unknown.to_string()))?;
    let reply = client
        .call(&found, parameters, Naming::Api, &caller(call))
        .await?;
    Ok(reply.value)
}

fn is_gone(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused { refusal, .. } if GONE.contains(&refusal.code.as_str()))
}

/// A failure in words, without what the call was given.
fn told(failure: &Failure) -> String {
    match failure {
        Failure::Refused { refusal, .. } => {
            format!(
                "{} {}",
                refusal.code,
                refusal.message.as_deref().unwrap_or_default()
            )
        }
        Failure::BadParameter(bad) => bad.to_string(),
        Failure::Client(message) | Failure::Role { message, .. } => message.clone(),
        Failure::TooLarge => "its answer is too large".to_owned(),
    }
}

//! Optimised integrations: services of AWS that have one of their own, with its shape of parameters, results and errors.
//!
//! - `services`: which service and operation an action is.
//! - `shape`: what is changed of parameters and results.
//! - `emr`: the actions that find what they change by its name.
//! - `jobs`: how a job that was accepted is asked for.
//! - `follow`: the asking.

mod emr;
mod follow;
mod jobs;
mod services;
mod shape;

use asl::Pattern;
use aws::{Client, Failure, Naming, Reply, Services};
use engine::Ending;
use json::{Payload, Value};

use crate::call::{Answer, Call, ending};
use crate::{metadata, parameters, sdk};

pub(crate) use follow::{Pauses, abandon, follow};
pub use jobs::job_is_asked_for_by;
pub use services::service_id;
pub(crate) use services::{Action, Service, find, prefix};

/// AWS's reason not even to schedule a task with these parameters.
pub(crate) fn refuse(service: &Service, action: &Action, given: &Value) -> Option<String> {
    match &action.parameters {
        Some(fields) => {
            let faults = parameters::faults(given, &fields.required, &fields.all);
            parameters::refusal(given, &faults)
        }
        None => sdk::refuse_named(service.id, action.operation, given, Naming::Api),
    }
}

/// Calls the service.
pub(crate) async fn perform(
    client: Client,
    call: Call,
    service: &'static Service,
    action: &'static Action,
    pattern: Pattern,
) -> Answer {
    let mut parameters = shape::parameters(service, action, &call, pattern);
    if let Some(lookup) = emr::Lookup::of(service, action) {
        parameters = match find_by_name(&client, &call, service, lookup, &parameters).await {
            Ok(parameters) => parameters,
            Err(ending) => return Answer::Failed(ending),
        };
    }
    let reply = match send(&client, &call, service, action.operation, &parameters).await {
        Ok(reply) => reply,
        Err(ending) => return Answer::Failed(ending),
    };
    match shape::result(service, action, reply, pattern) {
        Err(ending) => Answer::Failed(ending),
        Ok(result) if pattern == Pattern::RequestResponse => Answer::Succeeded(Payload::from(result)),
        Ok(result) => Answer::Submitted(Payload::from(result)),
    }
}

/// The parameters with the id of what they name, which the service is asked for page by page.
async fn find_by_name(
    client: &Client,
    call: &Call,
    service: &Service,
    lookup: &emr::Lookup,
    parameters: &Value,
) -> Result<Value, Ending> {
    let mut marker = None;
    loop {
        let page = lookup.page(parameters, marker);
        let reply = send(client, call, service, lookup.operation, &page).await?;
        if let Some(id) = lookup.find(parameters, &reply.value) {
            return Ok(lookup.with_id(parameters, id));
        }
        marker = reply
            .value
            .get("Marker")
            .filter(|marker| !marker.is_null())
            .cloned();
        if marker.is_none() {
            return Err(lookup.not_found(service, parameters));
        }
    }
}

/// Calls an operation of the service, on behalf of a task.
async fn send(
    client: &Client,
    call: &Call,
    service: &Service,
    operation: &str,
    parameters: &Value,
) -> Result<Reply, Ending> {
    let found = Services::embedded()
        .find(service.id, operation)
        .map_err(|unknown| ending("States.Runtime", unknown.to_string()))?;
    client
        .call(&found, parameters, Naming::Api, &sdk::caller(call))
        .await
        .map_err(|failure| error(service, found.service(), call, failure))
}

/// The error that a task fails with when its service gives no result.
pub(crate) fn error(service: &Service, model: &aws::Service, call: &Call, failure: Failure) -> Ending {
    let prefix = service.prefix;
    if let Failure::Refused { refusal, .. } = &failure {
        let class = match model.failure(&refusal.code) {
            Some(declared) => &*declared.name,
            None => service.base,
        };
        let cause = metadata::cause(
            service.client,
            refusal.status,
            &refusal.code,
            refusal.message.as_deref().unwrap_or("null"),
            refusal.request_id.as_deref(),
        );
        return ending(format!("{prefix}.{class}"), cause);
    }
    sdk::common_failure(&failure, call, service.name).unwrap_or_else(|| {
        let (_, cause) = failure.error(model);
        ending(format!("{prefix}.SdkClientException"), cause)
    })
}

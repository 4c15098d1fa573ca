//! Nested: executions that tasks of other executions start.

use std::sync::{Arc, Weak};

use engine::Ending;
use ids::{AnyStateMachineArn, Name};
use integrations::{
    BoxFuture, Described, Executions, NestedError, NestedName, NestedStart, NestedStarted, Test,
};
use json::Str;
use store::{ExecId, Parent, StoreError};

use crate::catalog::CatalogError;
use crate::request::{ExecutionError, StartError, StartRequest};
use crate::shared::Shared;

/// The runtime as the integrations see it. It does not keep the runtime alive.
pub(crate) struct Nested(pub(crate) Weak<Shared>);

impl Executions for Nested {
    fn start(&self, start: NestedStart) -> BoxFuture<'_, Result<NestedStarted, NestedError>> {
        Box::pin(async move {
            let mut shared = self.0.upgrade();
            loop {
                let Some(here) = shared.take() else {
                    // The start is made after the restart: until then it has no answer.
                    return std::future::pending().await;
                };
                match start_nested(&here, start.clone()).await {
                    Ok(started) => return Ok(started),
                    Err(Refusal::Told(error)) => return Err(error),
                    Err(Refusal::Closing) => {}
                    // What keeps this server from it is none of AWS's errors: the task waits until that is over, or its
                    // own time is.
                    Err(Refusal::Throttled) => shared = here.a_little_later().await,
                    Err(Refusal::Store(error)) if error.may_pass() => shared = here.a_little_later().await,
                    Err(Refusal::Store(error)) => {
                        return Err(told("InternalServerException", error.to_string()));
                    }
                }
            }
        })
    }

    fn described(&self, arn: &str) -> BoxFuture<'_, Option<Described>> {
        let arn = Str::from(arn);
        Box::pin(async move {
            let shared = self.0.upgrade()?;
            let described = shared.describe(&arn).await.ok()?;
            Some(Arc::unwrap_or_clone(described))
        })
    }

    fn stop(&self, arn: &str, ending: Ending) -> BoxFuture<'_, ()> {
        let arn = Str::from(arn);
        Box::pin(async move {
            if let Some(shared) = self.0.upgrade() {
                let _ = shared.stop(&arn, ending).await;
            }
        })
    }
}

/// Why a nested execution was not started.
enum Refusal {
    /// As AWS would say.
    Told(NestedError),
    /// The store failed.
    Store(StoreError),
    /// More is asked of the server than it can do.
    Throttled,
    /// The server is shutting down.
    Closing,
}

async fn start_nested(shared: &Shared, start: NestedStart) -> Result<NestedStarted, Refusal> {
    let (machine_text, test_case) = ids::arn::test_case(&start.machine_arn);
    let machine_arn: AnyStateMachineArn = machine_text
        .parse()
        .map_err(|error: ids::InvalidArn| refused("InvalidArn", error.to_string()))?;
    if let AnyStateMachineArn::Labelled(_) = machine_arn {
        return Err(no_machine(&start.machine_arn));
    }
    if let Some(case) = test_case {
        let machine = &*machine_arn.state_machine().name.text();
        let found = shared.tasks.find_test(Test { machine, case }).await;
        found.map_err(|error| refused("ValidationException", error.to_string()))?;
    }
    let target = shared
        .catalog
        .target(machine_text)
        .await
        .map_err(|error| match error {
            CatalogError::NotFound(_) => no_machine(&start.machine_arn),
            CatalogError::Deleting(arn) => deleting(&arn),
            CatalogError::Store(error) => Refusal::Store(error),
            error => refused("InternalServerException", error.to_string()),
        })?;
    let (name, is_drawn) = match start.name {
        NestedName::Given(name) => (name, false),
        NestedName::Drawn(name) => (name, true),
    };
    let name = Name::try_from(name).map_err(|error| refused("InvalidName", error.to_string()))?;
    let parent = start.parent.map(|parent| Parent {
        id: ExecId(parent.execution),
        branch: parent.task.branch,
        event: parent.task.event,
    });
    let request = StartRequest {
        name: Some(name),
        parent,
        trace_header: start.trace_header,
        test_case: test_case.map(Str::from),
        ..StartRequest::of(target, start.input)
    };
    match shared.start(request).await {
        Ok(started) => Ok(NestedStarted {
            arn: started.arn,
            started: started.started,
        }),
        // This start was made before, and its answer lost.
        Err(StartError::AlreadyExists(arn)) if is_drawn => match shared.describe(&arn).await {
            Ok(first) => Ok(NestedStarted {
                arn,
                started: first.started,
            }),
            Err(ExecutionError::Store(error)) => Err(Refusal::Store(error)),
            Err(ExecutionError::Closing) => Err(Refusal::Closing),
            Err(ExecutionError::Throttled) => Err(Refusal::Throttled),
            Err(error) => Err(refused("InternalServerException", error.to_string())),
        },
        Err(StartError::AlreadyExists(arn)) => Err(refused(
            "ExecutionAlreadyExists",
            format!("Execution Already Exists: '{arn}'"),
        )),
        Err(StartError::Deleting(arn)) => Err(deleting(&arn)),
        Err(error @ StartError::LimitExceeded(_)) => {
            Err(refused("ExecutionLimitExceeded", error.to_string()))
        }
        Err(StartError::Throttled) => Err(Refusal::Throttled),
        Err(StartError::Closing) => Err(Refusal::Closing),
        Err(StartError::Store(error)) => Err(Refusal::Store(error)),
    }
}

fn no_machine(arn: &str) -> Refusal {
    refused(
        "StateMachineDoesNotExist",
        format!("State Machine Does Not Exist: '{arn}'"),
    )
}

fn deleting(arn: &str) -> Refusal {
    refused(
        "StateMachineDeleting",
        format!("State Machine is deleting: '{arn}'"),
    )
}

fn refused(code: &str, message: String) -> Refusal {
    Refusal::Told(told(code, message))
}

fn told(code: &str, message: String) -> NestedError {
    NestedError {
        code: code.into(),
        message: message.into(),
    }
}

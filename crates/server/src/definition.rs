//! Definitions: read once when they come in, refused in AWS's words.

use std::sync::Arc;

use api::{ApiError, Text};
use asl::{Rules, SdkActions, StateMachine};
use store::MachineKind;

use crate::Server;

/// A definition as it was given, and compiled.
pub(crate) struct Definition {
    pub(crate) text: Text,
    pub(crate) states: Arc<StateMachine>,
}

/// Reads a definition by the rules of its state machine's type.
///
/// It may be as long as a request, so that it is read where others don't wait for it.
pub(crate) async fn read(text: Text, rules: Rules) -> Result<Definition, ApiError> {
    let given = text.clone();
    let reading = off_the_loop(move || asl::read(&given, rules)).await?;
    match reading.machine {
        Some(states) => Ok(Definition {
            text,
            states: Arc::new(states),
        }),
        None => {
            let message = asl::refusal(&reading.diagnostics, &text);
            Err(ApiError::invalid_definition(message))
        }
    }
}

impl Server {
    /// What is allowed in a definition of a type.
    pub(crate) fn rules(&self, kind: MachineKind) -> Rules {
        Rules {
            express: kind == MachineKind::Express,
            sdk_actions: SdkActions(integrations::is_sdk_action),
            limits: self.runtime.limits().executions,
        }
    }
}

/// Does work that may take long on a thread where no request waits for it.
pub(crate) async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a definition could not be read");
        ApiError::internal_failure("")
    })
}

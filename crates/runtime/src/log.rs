//! Logs: what becomes true is told to whoever keeps logs, once it is saved.

use std::sync::Arc;

use engine::{Event, Execution};
use json::Str;

use crate::catalog::Revision;

/// Keeps the logs of executions whose state machines ask for it.
pub trait EventLog: Send + Sync {
    /// Takes events. It must not wait: executions go on meanwhile.
    fn write(&self, logged: Logged);
}

/// Sees executions as memory has them. A simulation compares them with what is saved.
pub trait Witness: Send + Sync {
    /// Everything that was decided of a Standard execution is saved now. It must not wait.
    fn saved(&self, execution: &Execution);
}

/// Events of one execution that became true together.
#[derive(Debug, Clone)]
pub struct Logged {
    /// The execution.
    pub execution_arn: Str,
    /// What it runs, whose logging configuration counts.
    pub revision: Arc<Revision>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// What became true, silent events included.
    pub events: Vec<Event>,
}

impl Logged {
    /// Events of an execution, if its state machine logs any.
    pub(crate) fn of(execution: &Execution, revision: &Arc<Revision>, events: &[Event]) -> Option<Self> {
        revision.is_logged().then(|| Self {
            execution_arn: execution.head().arn.clone(),
            revision: Arc::clone(revision),
            redrive_count: execution.redriven().map_or(0, |redriven| redriven.count),
            events: events.to_vec(),
        })
    }
}

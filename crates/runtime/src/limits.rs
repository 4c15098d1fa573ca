//! Limits: AWS's quotas, as settings whose defaults are AWS's values.

use crate::rate::Rate;

/// How much an account may have in a region, and how fast its executions may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// State machines of an account in a region, those that are being deleted included.
    pub state_machines: usize,
    /// Activities of an account in a region.
    pub activities: usize,
    /// Standard executions that may be open.
    pub open_executions: usize,
    /// How long after its end an execution can be redriven, in seconds.
    pub redrivable_seconds: u64,
    /// State transitions of an account's Standard executions in a region; nothing delays them when there is none.
    pub state_transitions: Option<Rate>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            state_machines: 100_000,
            activities: 100_000,
            open_executions: 1_000_000,
            redrivable_seconds: asl::limits::REDRIVABLE_SECONDS,
            state_transitions: None,
        }
    }
}

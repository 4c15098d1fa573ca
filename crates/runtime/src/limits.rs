//! Limits: AWS's quotas, as settings whose defaults are AWS's values.

use crate::rate::Rate;

/// How large everything may be, how much an account may have in a region, and how fast its executions may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// What definitions and executions keep to.
    pub executions: asl::Limits,
    /// The body of a request, in bytes.
    pub request_bytes: usize,
    /// State machines of an account in a region, those that are being deleted included.
    pub state_machines: usize,
    /// Activities of an account in a region.
    pub activities: usize,
    /// Standard executions that may be open.
    pub open_executions: usize,
    /// Versions of a state machine.
    pub versions: usize,
    /// Aliases of a state machine.
    pub aliases: usize,
    /// Tags of a state machine or an activity.
    pub tags: usize,
    /// The longest that the test of a state may take, in seconds.
    pub test_state_seconds: u64,
    /// Map runs that may be under way; more wait for their turn.
    pub open_map_runs: usize,
    /// Executions of one map run that may run at once.
    pub map_run_executions: usize,
    /// State transitions of an account's Standard executions in a region; nothing delays them when there is none.
    pub state_transitions: Option<Rate>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            executions: asl::Limits::AWS,
            request_bytes: 1 << 20,
            state_machines: 100_000,
            activities: 100_000,
            open_executions: 1_000_000,
            versions: 1000,
            aliases: 100,
            tags: 50,
            test_state_seconds: 300,
            open_map_runs: 1000,
            map_run_executions: 10_000,
            state_transitions: None,
        }
    }
}

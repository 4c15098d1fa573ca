//! The limits of the language, each with one name: those that can be set, and those that cannot.

/// How large definitions and executions may be, and how long executions may last.
///
/// Everything that keeps to these takes them as a value: a definition is read with them
/// ([`crate::Rules::limits`]), and its executions find them in [`crate::StateMachine::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A payload: input or output of a task, a state or an execution, in bytes of JSON text.
    pub payload_bytes: usize,
    /// A definition, in bytes.
    pub definition_bytes: usize,
    /// Events in the history of a Standard execution.
    pub history_events: u64,
    /// One variable, in bytes of JSON text.
    pub variable_bytes: usize,
    /// What one `Assign` may store, in bytes of JSON text.
    pub assign_bytes: usize,
    /// All variables of an execution, in bytes of JSON text.
    pub variables_bytes: usize,
    /// Iterations of an inline Map that run at once.
    pub inline_map_concurrency: u32,
    /// The longest a Standard execution may be open, in seconds.
    pub standard_seconds: u64,
    /// The longest an Express execution may take, in seconds.
    pub express_seconds: u64,
    /// How long after its end an execution can be redriven, in seconds.
    pub redrivable_seconds: u64,
    /// The longest an HTTP task may take, in seconds.
    pub http_task_seconds: u64,
}

impl Limits {
    /// AWS's own.
    pub const AWS: Self = Self {
        payload_bytes: 262_144,
        definition_bytes: 1_048_576,
        history_events: 25_000,
        variable_bytes: 262_144,
        assign_bytes: 262_144,
        variables_bytes: 10 * 1024 * 1024,
        inline_map_concurrency: 40,
        standard_seconds: 365 * 86_400,
        express_seconds: 300,
        redrivable_seconds: 14 * 86_400,
        http_task_seconds: 60,
    };

    /// A history with as many events or more cannot be redriven: that takes two at least.
    pub fn redrive_events(&self) -> u64 {
        self.history_events - 1
    }

    /// Text that an intrinsic function may make, in bytes: room for more than a payload, so that what is
    /// too large fails as a payload does.
    pub(crate) fn intrinsic_bytes(&self) -> usize {
        self.payload_bytes.saturating_mul(4)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::AWS
    }
}

/// How many client tokens of redrives an execution remembers.
pub const REDRIVE_TOKENS_MAX: usize = 10;

/// How long a client token of a redrive is remembered, in seconds.
pub const REDRIVE_TOKEN_SECONDS: u64 = 15 * 60;

/// The name of an error, in characters.
pub const ERROR_CHARS_MAX: usize = 256;

/// The cause of an error, in characters.
pub const CAUSE_CHARS_MAX: usize = 32_768;

/// The name of a state, in characters.
pub const STATE_NAME_CHARS_MAX: usize = 80;

/// The name of a variable, in characters.
pub const VARIABLE_NAME_CHARS_MAX: usize = 80;

/// Nested intrinsic function calls.
pub const INTRINSIC_DEPTH_MAX: usize = 10;

/// Elements that `States.ArrayRange` may make.
pub const ARRAY_RANGE_MAX: usize = 1000;

/// Characters that the Base64 and hash functions take.
pub const INTRINSIC_TEXT_CHARS_MAX: usize = 10_000;

/// Steps of one JSONata expression, for the one second that AWS allows: roughly, evaluated nodes.
pub const JSONATA_STEPS_MAX: u64 = 4_000_000;

/// JSON text of a value that the message about its type shows, in bytes.
pub const JSONATA_VALUE_BYTES_MAX: usize = 16_384;

/// The timeout of a task and the interval of a heartbeat when none is given, in seconds.
pub const TIMEOUT_SECONDS_DEFAULT: u64 = 99_999_999;

/// How deep states may nest in Parallel branches and Map processors.
pub const STATE_NESTING_MAX: usize = 100;

/// How deep choice rules may nest in one another.
pub const CHOICE_NESTING_MAX: usize = 100;

/// Seconds that a definition may write down: a wait, a timeout, a heartbeat, a retry's interval.
pub const SECONDS_MAX: u64 = 99_999_999;

/// Attempts that a retrier may make.
pub const MAX_ATTEMPTS_MAX: u64 = 99_999_999;

/// The longest delay between two attempts, in seconds.
pub const MAX_DELAY_SECONDS_MAX: u64 = 31_622_400;

/// The label of a Distributed Map, in characters.
pub const LABEL_CHARS_MAX: usize = 40;

/// Items that a Distributed Map may read from a file.
pub const MAP_ITEMS_MAX: u64 = 100_000_000;

/// What one batch of a Distributed Map may hold, in bytes of JSON text.
pub const BATCH_BYTES_MAX: u64 = 262_144;

/// Values in a YAML definition, those that an alias repeats included.
pub const YAML_NODES_MAX: usize = 250_000;

/// Faults of one payload template that are kept.
pub const TEMPLATE_ERRORS_MAX: usize = 100;

/// Findings about one definition that are kept.
pub const FINDINGS_MAX: usize = 1000;

/// Findings about one definition that are kept, in bytes of their words.
pub const FINDINGS_BYTES_MAX: usize = 1_048_576;

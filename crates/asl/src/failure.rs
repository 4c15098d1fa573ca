//! Failures: an error name and, mostly, a cause.

use json::Str;

/// Why a state failed: what Retry and Catch see, and what history shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error's name, such as `States.Runtime`; absent where a Fail state gives none.
    pub error: Option<Str>,
    /// What happened, in words or as JSON text.
    pub cause: Option<Str>,
    /// The field whose evaluation failed: `Output/result`, `Choices[1]/Condition`. JSONata only.
    pub location: Option<Str>,
}

impl Failure {
    /// A failure with a name and a cause.
    pub fn new(error: impl Into<Str>, cause: impl Into<Str>) -> Self {
        Self {
            error: Some(error.into()),
            cause: Some(cause.into()),
            location: None,
        }
    }

    /// `States.QueryEvaluationError`: JSONata that does not give what its field needs. Retried and caught like others.
    pub fn query(cause: impl Into<Str>, location: Option<Str>) -> Self {
        Self {
            location,
            ..Self::new(Self::QUERY_EVALUATION_ERROR, cause)
        }
    }

    /// The name of errors of JSONata.
    pub const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";

    /// `States.Runtime`: a path or a value that does not fit. Neither retried nor caught.
    pub fn runtime(cause: impl Into<Str>) -> Self {
        Self::new("States.Runtime", cause)
    }

    /// `States.IntrinsicFailure`: an intrinsic function that cannot do what it was asked.
    pub fn intrinsic(cause: impl Into<Str>) -> Self {
        Self::new("States.IntrinsicFailure", cause)
    }
}

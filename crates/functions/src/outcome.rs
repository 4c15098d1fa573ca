//! What became of a call, in the form in which AWS reports it.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The version of a function that ran: local functions have no other.
pub const EXECUTED_VERSION: &str = "$LATEST";

/// What AWS says in `FunctionError` for every kind of [`Outcome::FunctionError`].
pub const FUNCTION_ERROR: &str = "Unhandled";

/// The largest response of a function, in bytes; AWS's own figure.
pub const RESPONSE_BYTES_MAX: usize = 6_291_556;

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function returned.
    Success {
        /// The function's result, as the JSON text that it sent.
        payload: String,
        /// The last 4 KiB that the function printed during this call.
        log_tail: String,
    },
    /// The function failed, or the process that ran it.
    FunctionError {
        /// The payload's `errorType`; without one AWS's error name is `Lambda.Unknown`.
        error_type: Option<String>,
        /// JSON text with `errorMessage`, `errorType` and what else the runtime told.
        payload: String,
        /// How many bytes the function returned, if it returned what is no JSON.
        refused_bytes: Option<usize>,
        /// The last 4 KiB that the function printed during this call.
        log_tail: String,
    },
    /// No worker came free before the call's deadline: AWS's `TooManyRequestsException`.
    Throttled,
    /// No function has this name: AWS's `ResourceNotFoundException`.
    NotFound,
    /// The machine had no resources to start a worker: AWS's `ServiceException`. The function did not run.
    ServiceFailure {
        /// What the operating system said.
        message: String,
    },
    /// The functions were shut down. Nobody knows how far the call came, so nothing should be recorded of it.
    Closed,
}

/// A failure with the name and text that AWS gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error_type: Option<String>,
    pub(crate) payload: String,
    pub(crate) refused_bytes: Option<usize>,
}

impl Failure {
    /// The handler took longer than the function's time-out.
    pub(crate) fn timed_out(request_id: &str, timeout: Duration) -> Self {
        let seconds = timeout.as_secs_f64();
        Self::of_platform(
            request_id,
            "Sandbox.Timedout",
            &format!("Task timed out after {seconds:.2} seconds"),
        )
    }

    /// The process ended while it owed an answer.
    pub(crate) fn exited(request_id: &str, status: Option<ExitStatus>) -> Self {
        let message = match status.map(describe) {
            Some(Some(reason)) => format!("Runtime exited with error: {reason}"),
            Some(None) | None => "Runtime exited without providing a reason".to_owned(),
        };
        Self::of_platform(request_id, "Runtime.ExitError", &message)
    }

    /// The function's program can't be started.
    pub(crate) fn no_program(request_id: &str, program: &str, reason: &str) -> Self {
        let message = format!("fork/exec {program}: {reason}");
        Self::of_platform(request_id, "Runtime.InvalidEntrypoint", &message)
    }

    /// The response is longer than [`RESPONSE_BYTES_MAX`].
    pub(crate) fn response_too_large() -> Self {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes)."
        );
        Self::new("Function.ResponseSizeTooLarge", &message)
    }

    /// The response is not JSON, so no state could go on with it.
    pub(crate) fn invalid_response(request_id: &str, response: &[u8], reason: &str) -> Self {
        let message = format!("The function's response is not valid JSON: {reason}");
        Self {
            refused_bytes: Some(response.len()),
            ..Self::of_platform(request_id, "Runtime.InvalidResponse", &message)
        }
    }

    /// What the function itself reported. A text that is no JSON is wrapped, so that a payload always is.
    pub(crate) fn reported(body: &[u8], header: Option<&str>) -> Self {
        match json_text(body) {
            Ok(payload) => Self {
                error_type: error_type_of(payload),
                payload: payload.to_owned(),
                refused_bytes: None,
            },
            Err(_) => {
                let message = String::from_utf8_lossy(body);
                match header {
                    Some(kind) => Self::new(kind, &message),
                    None => Self {
                        error_type: None,
                        payload: serde_json::json!({ "errorMessage": message }).to_string(),
                        refused_bytes: None,
                    },
                }
            }
        }
    }

    fn of_platform(request_id: &str, error_type: &str, message: &str) -> Self {
        Self::new(error_type, &format!("RequestId: {request_id} Error: {message}"))
    }

    fn new(error_type: &str, message: &str) -> Self {
        let payload = serde_json::json!({ "errorType": error_type, "errorMessage": message }).to_string();
        Self {
            error_type: Some(error_type.to_owned()),
            payload,
            refused_bytes: None,
        }
    }
}

/// The bytes as JSON text, or why they are none. Nothing is built of it, and its depth does not matter.
pub(crate) fn json_text(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| error.to_string())?;
    Ok(text)
}

fn error_type_of(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Payload {
        #[serde(rename = "errorType", default)]
        error_type: Kind,
    }
    #[derive(Deserialize, Default)]
    #[serde(untagged)]
    enum Kind {
        Name(String),
        #[default]
        Other,
    }
    match serde_json::from_str(payload) {
        Ok(Payload {
            error_type: Kind::Name(name),
        }) if !name.is_empty() => Some(name),
        _ => None,
    }
}

/// How Go, in which Lambda's host is written, prints the way a process ended; `None` for an exit with status 0.
fn describe(status: ExitStatus) -> Option<String> {
    if let Some(code) = status.code() {
        return (code != 0).then(|| format!("exit status {code}"));
    }
    let signal = match status.signal() {
        Some(1) => "hangup".to_owned(),
        Some(2) => "interrupt".to_owned(),
        Some(3) => "quit".to_owned(),
        Some(4) => "illegal instruction".to_owned(),
        Some(5) => "trace/breakpoint trap".to_owned(),
        Some(6) => "aborted".to_owned(),
        Some(7) => "bus error".to_owned(),
        Some(8) => "floating point exception".to_owned(),
        Some(9) => "killed".to_owned(),
        Some(11) => "segmentation fault".to_owned(),
        Some(13) => "broken pipe".to_owned(),
        Some(14) => "alarm clock".to_owned(),
        Some(15) => "terminated".to_owned(),
        Some(other) => format!("signal {other}"),
        None => return None,
    };
    let core = if status.core_dumped() {
        " (core dumped)"
    } else {
        ""
    };
    Some(format!("signal: {signal}{core}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_read_as_on_aws() {
        assert_eq!(
            Failure::timed_out("r1", Duration::from_secs(3)).payload,
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r1 Error: Task timed out after 3.00 seconds"}"#
        );
        assert_eq!(
            Failure::exited("r1", Some(ExitStatus::from_raw(1 << 8))).payload,
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r1 Error: Runtime exited with error: exit status 1"}"#
        );
        assert_eq!(
            Failure::exited("r1", Some(ExitStatus::from_raw(9))).payload,
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r1 Error: Runtime exited with error: signal: killed"}"#
        );
        assert_eq!(
            Failure::exited("r1", Some(ExitStatus::from_raw(0))).payload,
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r1 Error: Runtime exited without providing a reason"}"#
        );
        assert_eq!(
            Failure::response_too_large().payload,
            r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#
        );
    }

    #[test]
    fn a_reported_payload_is_kept_as_it_is() {
        let payload = r#"{ "errorType" : "Boom", "more": [1.0, 1e400] }"#;
        let failure = Failure::reported(payload.as_bytes(), Some("ignored"));
        assert_eq!(
            failure,
            Failure {
                error_type: Some("Boom".into()),
                payload: payload.into(),
                refused_bytes: None,
            }
        );
    }

    #[test]
    fn a_payload_without_a_type_has_none() {
        for payload in [
            "{}",
            "[]",
            "7",
            r#"{"errorType": 7}"#,
            r#"{"errorType": ""}"#,
            r#"{"errorType": null}"#,
        ] {
            assert_eq!(
                Failure::reported(payload.as_bytes(), None).error_type,
                None,
                "{payload}"
            );
        }
    }

    #[test]
    fn a_reported_text_becomes_json() {
        let failure = Failure::reported(b"it \"broke\"", Some("Function.Broken"));
        assert_eq!(
            failure.payload,
            r#"{"errorType":"Function.Broken","errorMessage":"it \"broke\""}"#
        );
        assert_eq!(Failure::reported(b"\xff", None).error_type, None);
    }

    #[test]
    fn depth_of_a_response_does_not_matter() {
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert!(json_text(deep.as_bytes()).is_ok());
        let deep = format!(r#"{{"errorType": {deep}}}"#);
        assert_eq!(Failure::reported(deep.as_bytes(), None).error_type, None);
    }
}

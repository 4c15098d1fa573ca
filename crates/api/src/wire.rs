//! Wire: bytes to request, answer to bytes.
//!
//! A good request is decoded straight from its bytes into its type. Only when that fails, or a constraint
//! doesn't hold, is the body read again as plain JSON to tell what is wrong with it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::constraint::{Constrained, violations};
use crate::{ApiError, ErrorCode, Limits};

/// What goes back to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The JSON text of the answer or the error.
    pub body: Vec<u8>,
    /// Which error it is, if it is one.
    pub error: Option<ErrorCode>,
}

impl Response {
    /// The response that carries what an operation answered.
    pub fn of<T: Serialize>(answer: Result<T, ApiError>) -> Self {
        match answer {
            Ok(output) => Self {
                status: 200,
                body: encode(&output),
                error: None,
            },
            Err(error) => Self::from(error),
        }
    }
}

impl From<ApiError> for Response {
    fn from(error: ApiError) -> Self {
        Self {
            status: error.status(),
            body: encode(&error),
            error: Some(error.code),
        }
    }
}

/// Writes an answer as JSON text.
pub fn encode<T: Serialize>(answer: &T) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    serde_json::to_writer(&mut body, answer).expect("shapes have text keys and are written to memory");
    body
}

/// Reads a request and checks its constraints.
///
/// Members that the request's shape doesn't know are ignored; of a member that occurs twice the last one counts.
///
/// # Errors
///
/// - `RequestEntityTooLargeException` when the body has more than [`Limits::request_bytes`].
/// - `SerializationException` when the body isn't JSON in UTF-8, or a member is of another type than the model
///   says. Members that are ignored may be nested as deep as they like; a body that is refused for another
///   reason is told so only down to 127 levels, the depth that `serde_json` reads.
/// - `ValidationException` when a constraint of the model doesn't hold.
pub fn decode<T: DeserializeOwned + Constrained>(body: &[u8], limits: &Limits) -> Result<T, ApiError> {
    if body.len() > limits.request_bytes {
        return Err(ApiError::body_too_large(limits));
    }
    match serde_json::from_slice::<T>(body) {
        Ok(request) if request.holds(limits) => Ok(request),
        _ => decode_again(body, limits),
    }
}

/// Reads a request that didn't decode at once, to say why or to take it after all.
#[cold]
fn decode_again<T: DeserializeOwned + Constrained>(body: &[u8], limits: &Limits) -> Result<T, ApiError> {
    // AWS has no words for a body that is no JSON.
    let malformed = |_| ApiError::serialization_exception("");
    let body: Value = serde_json::from_slice(body).map_err(malformed)?;
    let violations = violations(T::SHAPE, &body, limits)?;
    if violations.is_empty() {
        return serde_json::from_value(body).map_err(malformed);
    }
    let errors = if violations.len() == 1 { "error" } else { "errors" };
    let message = format!(
        "{} validation {errors} detected: {}",
        violations.len(),
        violations.join("; ")
    );
    Err(ApiError::constraint_violation(message))
}

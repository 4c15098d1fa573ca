//! Error: what an operation answers when it can't do what was asked.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::{ErrorCode, Limits, ValidationExceptionReason};

/// An error as AWS answers it: a code, a message and, for a few codes, one member more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Which error it is.
    pub code: ErrorCode,
    /// What a person reads; left out of the answer when empty.
    pub message: String,
    /// The resource that `ResourceNotFound` and `TooManyTags` are about.
    pub resource_name: Option<String>,
    /// Why `ValidationException` was answered, when AWS says so.
    pub reason: Option<ValidationExceptionReason>,
    /// The state of the key that `KmsInvalidStateException` is about.
    pub kms_key_state: Option<String>,
}

impl ApiError {
    /// An error with a code and a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            resource_name: None,
            reason: None,
            kms_key_state: None,
        }
    }

    /// The same error, naming the resource it is about.
    pub fn with_resource_name(self, name: impl Into<String>) -> Self {
        Self {
            resource_name: Some(name.into()),
            ..self
        }
    }

    /// The same error, saying why.
    pub fn with_reason(self, reason: ValidationExceptionReason) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    /// The same error, telling the state of the key it is about.
    pub fn with_kms_key_state(self, state: impl Into<String>) -> Self {
        Self {
            kms_key_state: Some(state.into()),
            ..self
        }
    }

    /// The HTTP status it is answered with.
    pub fn status(&self) -> u16 {
        self.code.status()
    }

    /// The target names no operation, or one that isn't served; AWS says no more than that.
    pub fn no_such_operation() -> Self {
        Self::unknown_operation_exception("")
    }

    /// The body of a request is longer than it may be.
    pub fn body_too_large(limits: &Limits) -> Self {
        let message = format!("Request body is larger than {} bytes", limits.request_bytes);
        Self::request_entity_too_large_exception(message)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name())?;
        if self.message.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.message)
        }
    }
}

impl std::error::Error for ApiError {}

impl Serialize for ApiError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("__type", &QualifiedName(self.code))?;
        if !self.message.is_empty() {
            map.serialize_entry("message", &self.message)?;
        }
        if let Some(name) = &self.resource_name {
            map.serialize_entry("resourceName", name)?;
        }
        if let Some(reason) = &self.reason {
            map.serialize_entry("reason", reason)?;
        }
        if let Some(state) = &self.kms_key_state {
            map.serialize_entry("kmsKeyState", state)?;
        }
        map.end()
    }
}

/// `namespace#Code`, as AWS writes it; clients cut it at the `#`.
struct QualifiedName(ErrorCode);

impl Serialize for QualifiedName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}#{}", self.0.namespace(), self.0.name()))
    }
}

impl From<ids::InvalidArn> for ApiError {
    fn from(refused: ids::InvalidArn) -> Self {
        Self::invalid_arn(refused.to_string())
    }
}

impl From<ids::InvalidName> for ApiError {
    fn from(refused: ids::InvalidName) -> Self {
        Self::invalid_name(refused.to_string())
    }
}

impl From<ids::InvalidToken> for ApiError {
    fn from(refused: ids::InvalidToken) -> Self {
        Self::invalid_token(refused.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(error: &ApiError) -> String {
        serde_json::to_string(error).unwrap()
    }

    #[test]
    fn error_has_type_and_message() {
        let error = ApiError::execution_does_not_exist("Execution Does Not Exist: 'x'");
        assert_eq!(
            json(&error),
            r#"{"__type":"com.amazonaws.swf.service.v2.model#ExecutionDoesNotExist","message":"Execution Does Not Exist: 'x'"}"#
        );
        assert_eq!(error.status(), 400);
    }

    #[test]
    fn broken_constraint_comes_from_the_framework() {
        let error = ApiError::constraint_violation("1 validation error detected");
        assert_eq!(
            json(&error),
            r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected"}"#
        );
    }

    #[test]
    fn further_members_are_written_when_there_are_any() {
        let error = ApiError::validation_exception("no")
            .with_reason(ValidationExceptionReason::InvalidRoutingConfiguration);
        assert_eq!(
            json(&error),
            r#"{"__type":"com.amazonaws.swf.service.v2.model#ValidationException","message":"no","reason":"INVALID_ROUTING_CONFIGURATION"}"#
        );
        let error = ApiError::resource_not_found("no").with_resource_name("arn");
        assert!(json(&error).ends_with(r#""resourceName":"arn"}"#));
        let error = ApiError::kms_invalid_state_exception("no").with_kms_key_state("DISABLED");
        assert!(json(&error).ends_with(r#""kmsKeyState":"DISABLED"}"#));
    }

    #[test]
    fn unknown_operation_has_no_message() {
        assert_eq!(
            json(&ApiError::no_such_operation()),
            r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#
        );
    }

    #[test]
    fn refused_ids_become_errors_with_their_words() {
        let arn = ApiError::from("x".parse::<ids::ActivityArn>().unwrap_err());
        assert_eq!(
            arn.to_string(),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'"
        );
        let name = ApiError::from("a b".parse::<ids::Name>().unwrap_err());
        assert_eq!(name.to_string(), "InvalidName: Invalid Name: 'a b'");
        let token = ApiError::from("x".parse::<ids::TaskToken>().unwrap_err());
        assert_eq!(token.to_string(), "InvalidToken: Invalid Token: 'Invalid token'");
    }

    #[test]
    fn framework_errors_have_their_own_status() {
        assert_eq!(ApiError::internal_failure("").status(), 500);
        assert_eq!(ApiError::request_entity_too_large_exception("").status(), 413);
        assert_eq!(ApiError::throttling_exception("Rate exceeded").status(), 400);
    }
}

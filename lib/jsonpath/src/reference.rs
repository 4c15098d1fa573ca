//! Reference paths: paths that name exactly one place, to read and to write.

use json::Value;

use crate::error::{SyntaxError, WriteError};

/// A path of names and indexes only.
#[derive(Debug, Clone)]
pub struct ReferencePath {}

impl ReferencePath {
    /// Reads a reference path, which starts with `$`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        if !text.starts_with('$') {
            return Err(SyntaxError::new(0, "a path starts with $"));
        }
        Ok(Self {})
    }

    /// The value at that place.
    pub fn read<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        Some(root)
    }

    /// The root with a value written into that place; what lies beside it is shared, missing objects are made.
    pub fn write(&self, _root: &Value, value: Value) -> Result<Value, WriteError> {
        Ok(value)
    }
}

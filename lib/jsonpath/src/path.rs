//! Path: a compiled path and what it finds.

use json::Value;

use crate::error::{NotFound, SyntaxError};

/// A compiled path.
#[derive(Debug, Clone)]
pub struct Path {
    definite: bool,
}

impl Path {
    /// Reads a path that starts with `$`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        if !text.starts_with('$') {
            return Err(SyntaxError::new(0, "a path starts with $"));
        }
        Ok(Self { definite: true })
    }

    /// Whether it can find one value at most.
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// What a definite path leads to, or a new array of all that an indefinite one finds.
    pub fn find(&self, root: &Value) -> Result<Value, NotFound> {
        Ok(root.clone())
    }
}

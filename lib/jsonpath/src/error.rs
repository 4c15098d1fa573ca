//! What can go wrong: a path that is none, a path that leads nowhere, a place that cannot be written.

use std::fmt;

/// Text that is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong with it.
    pub message: String,
    /// Where, in bytes from its start.
    pub offset: usize,
}

impl SyntaxError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at character {}", self.message, self.offset)
    }
}

impl std::error::Error for SyntaxError {}

/// A definite path that leads nowhere, in Jayway's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    pub(crate) message: String,
}

impl fmt::Display for NotFound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for NotFound {}

/// A place that a reference path cannot be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteError {
    pub(crate) message: String,
}

impl fmt::Display for WriteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for WriteError {}

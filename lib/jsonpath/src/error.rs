//! What can go wrong: a path that is none, a path that leads nowhere, a place that cannot be written.

use std::fmt;

use json::Str;

/// Text that is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong with it.
    pub message: String,
    /// Where, in bytes from its start.
    pub offset: usize,
}

impl SyntaxError {
    /// An error at a place in the text.
    pub fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            offset,
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at offset {}", self.message, self.offset)
    }
}

impl std::error::Error for SyntaxError {}

/// A path that leads nowhere; displayed in Jayway's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    pub(crate) message: String,
    pub(crate) step: Option<Str>,
}

impl NotFound {
    /// The step that could not be taken, without quotes or brackets: a member's name or an index.
    pub fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }
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
    /// The step that stands in the way, without quotes or brackets: a member's name or an index.
    pub step: Str,
}

impl fmt::Display for WriteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "unable to apply step \"{}\"", self.step)
    }
}

impl std::error::Error for WriteError {}

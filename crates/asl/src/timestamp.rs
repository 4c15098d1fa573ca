//! Timestamps: RFC 3339 text to an instant.

/// An instant: nanoseconds since 1970.
pub fn parse(_text: &str) -> Option<i128> {
    None
}

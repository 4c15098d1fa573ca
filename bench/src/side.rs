//! side: what is measured: a server of our own, or somebody else's.

use std::path::PathBuf;

/// One of those that are compared.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) name: String,
    /// What it keeps when the power fails, as whoever runs the comparison says.
    pub(crate) keeps: Option<String>,
    pub(crate) target: Target,
}

/// Where it is.
#[derive(Clone)]
pub(crate) enum Target {
    /// A server of our own, started afresh for each row.
    Binary(PathBuf),
    /// Somebody else's server.
    Endpoint { authority: String, pid: Option<u32> },
}

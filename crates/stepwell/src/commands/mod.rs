//! The commands.

pub(crate) mod check;
pub(crate) mod definition;
pub(crate) mod logs;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod validate;

use clap::ValueEnum;

/// The exit code when a command could not do its work: bad arguments, a file that cannot be read, a port that is taken.
pub(crate) const EXIT_UNUSABLE: u8 = 2;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For scripts: JSON on standard output.
    Json,
}

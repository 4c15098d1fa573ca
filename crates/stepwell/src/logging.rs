//! The process's own log: lines on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts the log. `STEPWELL_LOG` says what is logged, as in `info,functions=debug`; JSON lines when asked.
pub(crate) fn start(default_level: &str, json: bool) {
    let filter = EnvFilter::try_from_env("STEPWELL_LOG").unwrap_or_else(|_| EnvFilter::new(default_level));
    let colour = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour)
        .with_writer(std::io::stderr);
    // A second start, as in tests, leaves the first log in place.
    let _ = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}

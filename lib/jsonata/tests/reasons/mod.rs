//! Reasons for which an outcome may differ from jsonata-js's. Each has its section in DIFFERENCES.md.

use crate::outcome::{Case, Outcome};

/// Why the outcomes of a case differ, if that is known and meant.
pub(crate) fn reason(_case: &Case, _theirs: &Outcome, ours: &Outcome) -> Option<&'static str> {
    match ours {
        Outcome::Limit(_) => Some("a limit is passed"),
        _ => None,
    }
}

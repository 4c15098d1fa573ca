//! What this version reads but does not run: JSONata states and Distributed Map.
//!
//! Everything that refuses them stands here. When one of them runs, its arm goes, and with it the
//! [`Unsupported`] that the parser notes.

use crate::diagnostics::{Code, Diagnostic, Findings, Severity};
use crate::validate::{Outline, Unsupported};

/// Refuses what does not run yet, in a definition that is right otherwise.
pub(crate) fn report(outline: &Outline, findings: &Findings) {
    for feature in &outline.unsupported {
        let (message, location, place) = match feature {
            Unsupported::JsonataMachine { place } => (
                "This version of Stepwell does not run JSONata states yet",
                "/QueryLanguage".to_owned(),
                place,
            ),
            Unsupported::JsonataState { state, place } => (
                "This version of Stepwell does not run JSONata states yet",
                format!("{}/QueryLanguage", outline.location(*state)),
                place,
            ),
            Unsupported::DistributedMap { state, place } => (
                "This version of Stepwell does not run Distributed Map yet",
                outline.location(*state),
                place,
            ),
        };
        findings.add(Severity::Error, || {
            Diagnostic::new(
                Code::SchemaValidationFailed,
                message,
                Some(location),
                Some(*place),
            )
        });
    }
}

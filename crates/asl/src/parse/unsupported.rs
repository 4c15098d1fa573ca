//! What this version reads but does not run: Distributed Map.
//!
//! Everything that refuses it stands here. When it runs, its arm goes, and with it the [`Unsupported`] that the
//! parser notes.

use crate::diagnostics::{Code, Diagnostic, Findings, Severity};
use crate::validate::{Outline, Unsupported};

const DISTRIBUTED_MAP: &str = "This version of Stepwell does not run Distributed Map yet";

/// Refuses what does not run yet, in a definition that is right otherwise.
pub(crate) fn report(outline: &Outline, findings: &Findings) {
    for feature in &outline.unsupported {
        findings.add(Severity::Error, || {
            let (message, location, place) = match feature {
                Unsupported::DistributedMap { state, place } => {
                    (DISTRIBUTED_MAP, outline.location(*state), *place)
                }
            };
            Diagnostic::new(Code::SchemaValidationFailed, message, Some(location), Some(place))
        });
    }
}

//! What this version reads but does not run: JSONata states and Distributed Map.
//!
//! Everything that refuses them stands here. When one of them runs, its arm goes, and with it the
//! [`Unsupported`] that the parser notes.

use crate::diagnostics::{Code, Diagnostic, Findings, Severity};
use crate::validate::{Outline, Unsupported};

const JSONATA: &str = "This version of Stepwell does not run JSONata states yet";
const DISTRIBUTED_MAP: &str = "This version of Stepwell does not run Distributed Map yet";

/// Refuses what does not run yet, in a definition that is right otherwise.
pub(crate) fn report(outline: &Outline, findings: &Findings) {
    for feature in &outline.unsupported {
        findings.add(Severity::Error, || {
            let (message, location, place) = match feature {
                Unsupported::JsonataMachine { place } => (JSONATA, "/QueryLanguage".to_owned(), *place),
                Unsupported::JsonataState { state, place } => (
                    JSONATA,
                    format!("{}/QueryLanguage", outline.location(*state)),
                    *place,
                ),
                Unsupported::DistributedMap { state, place } => {
                    (DISTRIBUTED_MAP, outline.location(*state), *place)
                }
            };
            Diagnostic::new(Code::SchemaValidationFailed, message, Some(location), Some(place))
        });
    }
}

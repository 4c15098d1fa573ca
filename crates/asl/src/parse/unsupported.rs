//! What this version reads but does not run: Distributed Maps whose items are in Parquet.

use crate::diagnostics::{Code, Diagnostic, Findings, Severity};
use crate::validate::Outline;

const PARQUET: &str =
    "This version of Stepwell does not read items from PARQUET; it reads CSV, JSON and JSONL";

/// Refuses what does not run, in a definition that is right otherwise. It can be tested all the same.
pub(crate) fn report(outline: &Outline, findings: &Findings) {
    for (state, place) in &outline.parquet {
        findings.add(Severity::Error, || {
            let location = format!("{}/ItemReader", outline.location(*state));
            Diagnostic::new(
                Code::SchemaValidationFailed,
                PARQUET,
                Some(location),
                Some(*place),
            )
        });
    }
}

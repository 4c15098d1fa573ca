//! Diagnostics: what is wrong with a definition, in AWS's codes and words, and where.

use std::cell::{Cell, RefCell};
use std::fmt;

use crate::limits::{FINDINGS_BYTES_MAX, FINDINGS_MAX};

/// A finding about a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the definition from being used.
    pub severity: Severity,
    /// What kind of finding it is.
    pub code: Code,
    /// The finding in words; AWS's where they are known.
    pub message: String,
    /// The field it is about, as AWS writes it: `/`, `/States/X/Next`, `/States/P/Branches[0]/States/Y`.
    ///
    /// Absent where AWS gives none: text that is no JSON, and a workflow without a terminal state.
    pub location: Option<String>,
    /// Where that field stands in the text.
    pub place: Option<Place>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The definition can be used nevertheless.
    Warning,
    /// The definition is refused.
    Error,
}

impl Severity {
    /// The severity as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// The kinds of findings that AWS lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The text is no JSON.
    InvalidJsonDescription,
    /// There is no text.
    MissingDescription,
    /// A field is missing, unknown, or has a value it may not have.
    SchemaValidationFailed,
    /// No state ends the workflow.
    MissingEndState,
    /// A state's name stands twice in the machine.
    DuplicateStateName,
    /// A state's name breaks the rules for names.
    InvalidStateName,
    /// A Distributed Map's label stands twice in the machine.
    DuplicateLabelName,
    /// A Distributed Map's label breaks the rules for labels.
    InvalidLabelName,
    /// A transition leads nowhere, or none leads to a state.
    MissingTransitionTarget,
    /// States or rules nest deeper than allowed.
    TooDeeplyNested,
    /// A value that looks like a path stands in a member whose name does not end in `.$`.
    NoDollar,
    /// A value that looks like a path stands in a field whose name does not end in `Path`.
    NoPath,
    /// The `Result` of a Pass state holds something that looks computed, but is not.
    PassResultIsStatic,
    /// A JSONata expression that is no JSONata.
    InvalidJsonataExpression,
    /// A JSONata expression that refers to what is not there.
    UnsupportedJsonataExpression,
}

impl Code {
    /// The code as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJsonDescription => "INVALID_JSON_DESCRIPTION",
            Self::MissingDescription => "MISSING_DESCRIPTION",
            Self::SchemaValidationFailed => "SCHEMA_VALIDATION_FAILED",
            Self::MissingEndState => "MISSING_END_STATE",
            Self::DuplicateStateName => "DUPLICATE_STATE_NAME",
            Self::InvalidStateName => "INVALID_STATE_NAME",
            Self::DuplicateLabelName => "DUPLICATE_LABEL_NAME",
            Self::InvalidLabelName => "INVALID_LABEL_NAME",
            Self::MissingTransitionTarget => "MISSING_TRANSITION_TARGET",
            Self::TooDeeplyNested => "TOO_DEEPLY_NESTED",
            Self::NoDollar => "NO_DOLLAR",
            Self::NoPath => "NO_PATH",
            Self::PassResultIsStatic => "PASS_RESULT_IS_STATIC",
            Self::InvalidJsonataExpression => "INVALID_JSONATA_EXPRESSION",
            Self::UnsupportedJsonataExpression => "UNSUPPORTED_JSONATA_EXPRESSION",
        }
    }

    /// How bad a finding of this kind is.
    pub fn severity(self) -> Severity {
        match self {
            Self::NoDollar | Self::NoPath | Self::PassResultIsStatic => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// A place in the text of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in that line, in characters, from 1.
    pub column: u32,
}

impl Diagnostic {
    pub(crate) fn new(
        code: Code,
        message: impl Into<String>,
        location: Option<String>,
        place: Option<Place>,
    ) -> Self {
        Self {
            severity: code.severity(),
            code,
            message: message.into(),
            location,
            place,
        }
    }
}

impl fmt::Display for Diagnostic {
    /// Writes the finding as AWS does in the message of `InvalidDefinition`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location.as_deref().unwrap_or("null");
        write!(out, "{}: {} at {location}", self.code.as_str(), self.message)
    }
}

/// The message of `InvalidDefinition`: all errors among the findings, warnings left out.
pub fn definition_message(findings: &[Diagnostic]) -> String {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<String> = errors.map(Diagnostic::to_string).collect();
    format!("Invalid State Machine Definition: '{}'", errors.join(", "))
}

/// The message of AWS's refusal of a definition with these findings, where it is created or changed.
///
/// That is [`definition_message`], except for the label of a Distributed Map, whose refusal is recorded in another form:
/// an error's name and arguments, and the text of the definition.
pub fn refusal(findings: &[Diagnostic], definition: &str) -> String {
    let label = findings
        .iter()
        .find(|finding| finding.code == Code::InvalidLabelName);
    match label {
        Some(finding) => format!(
            "Error=ValueError Args=[{}] in definition '{definition}'.",
            quoted(&finding.message)
        ),
        None => definition_message(findings),
    }
}

/// A text in quotes as that form has it: in single ones, unless the text has only those.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', r"\\");
    if text.contains('\'') && !text.contains('"') {
        format!("\"{escaped}\"")
    } else {
        format!("'{}'", escaped.replace('\'', r"\'"))
    }
}

/// Collects findings while a definition is read; keeps so many that a hostile text cannot fill the memory.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: RefCell<Vec<Diagnostic>>,
    warnings: Room,
    errors: Room,
}

/// How much was found of one severity.
#[derive(Debug, Default)]
struct Room {
    found: Cell<usize>,
    bytes: Cell<usize>,
}

impl Room {
    fn is_full(&self) -> bool {
        self.found.get() > FINDINGS_MAX || self.bytes.get() >= FINDINGS_BYTES_MAX
    }
}

impl Findings {
    /// Adds a finding; `render` is asked for its words only when there is still room for them.
    ///
    /// The first error always finds room.
    pub(crate) fn add(&self, severity: Severity, render: impl FnOnce() -> Diagnostic) {
        let room = match severity {
            Severity::Warning => &self.warnings,
            Severity::Error => &self.errors,
        };
        room.found.set(room.found.get() + 1);
        if room.is_full() {
            return;
        }
        let finding = render();
        let bytes = finding.message.len() + finding.location.as_ref().map_or(0, String::len);
        room.bytes.set(room.bytes.get() + bytes);
        self.list.borrow_mut().push(finding);
    }

    /// Whether an error is among them.
    pub(crate) fn failed(&self) -> bool {
        self.errors.found.get() > 0
    }

    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.list.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_joins_errors_and_leaves_warnings_out() {
        let at = |location: &str| Some(location.to_owned());
        let findings = [
            Diagnostic::new(
                Code::SchemaValidationFailed,
                "Value cannot be empty",
                at("/States"),
                None,
            ),
            Diagnostic::new(Code::NoDollar, "quiet", at("/States/X"), None),
            Diagnostic::new(
                Code::MissingEndState,
                "Workflow has no terminal state",
                None,
                None,
            ),
        ];
        assert_eq!(
            definition_message(&findings),
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States, \
             MISSING_END_STATE: Workflow has no terminal state at null'"
        );
    }

    #[test]
    fn a_label_is_refused_in_words_of_its_own() {
        let refused = |message: &str| {
            let other = Diagnostic::new(Code::MissingEndState, "x", None, None);
            let label = Diagnostic::new(Code::InvalidLabelName, message, None, None);
            refusal(&[other, label], "{}")
        };
        assert_eq!(
            refused("Label cannot be empty"),
            "Error=ValueError Args=['Label cannot be empty'] in definition '{}'."
        );
        assert_eq!(
            refused(r"Label contains invalid character: '\x9e'"),
            r#"Error=ValueError Args=["Label contains invalid character: '\\x9e'"] in definition '{}'."#
        );
        assert_eq!(
            refused(r#"Label contains invalid character: '"'"#),
            r#"Error=ValueError Args=['Label contains invalid character: \'"\''] in definition '{}'."#
        );
    }

    #[test]
    fn findings_are_bounded() {
        let findings = Findings::default();
        for _ in 0..FINDINGS_MAX + 5 {
            findings.add(Severity::Warning, || {
                Diagnostic::new(Code::NoPath, "x", None, None)
            });
        }
        assert!(!findings.failed());
        findings.add(Severity::Error, || {
            Diagnostic::new(Code::MissingEndState, "x", None, None)
        });
        assert!(findings.failed());
        assert_eq!(findings.into_list().len(), FINDINGS_MAX + 1);

        let findings = Findings::default();
        let long = "x".repeat(FINDINGS_BYTES_MAX);
        findings.add(Severity::Error, || {
            Diagnostic::new(Code::NoPath, long, None, None)
        });
        findings.add(Severity::Error, || unreachable!("there is no room left"));
        assert_eq!(findings.into_list().len(), 1);
    }
}

//! Reading: the text of a definition to a checked, compiled [`StateMachine`], or to what is wrong with it.

mod after;
mod assign;
mod choice;
mod distributed;
mod fail;
mod fields;
mod flow;
mod lone;
mod map;
mod parallel;
mod pass;
mod paths;
mod queries;
mod resource;
mod state;
mod task;
mod unsupported;
mod wait;

use std::fmt;

use crate::diagnostics::{Code, Diagnostic, Findings, Place, Severity};
use crate::document::{Malformed, Node, json_text, yaml_text};
use crate::limits::Limits;
use crate::model::StateMachine;
use crate::validate;

use flow::Reader;

pub use lone::LONE_STATE;
pub use resource::optimised_actions;

/// What a definition is read for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// For an Express state machine, which may not wait for activities, jobs and callbacks.
    pub express: bool,
    /// Which actions of the AWS SDK there are.
    pub sdk_actions: SdkActions,
    /// What it and its executions keep to.
    pub limits: Limits,
}

/// Knows whether a service of the AWS SDK has an action, both as a resource names them.
#[derive(Clone, Copy)]
pub struct SdkActions(pub fn(&str, &str) -> bool);

impl Default for SdkActions {
    /// Takes everything that looks like an action.
    fn default() -> Self {
        Self(|_, _| true)
    }
}

impl fmt::Debug for SdkActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SdkActions")
    }
}

/// What came of reading a definition.
#[derive(Debug)]
pub struct Reading {
    /// The machine; present exactly when there is no error among the findings.
    pub machine: Option<StateMachine>,
    /// All findings: those about single fields in the order of the text, then those about the whole.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a definition written in JSON.
pub fn read(text: &str, rules: Rules) -> Reading {
    read_text(text, rules, json_text::parse, |root| {
        read_document(root, rules, Purpose::Run)
    })
}

/// Reads a definition written in YAML.
pub fn read_yaml(text: &str, rules: Rules) -> Reading {
    read_text(text, rules, yaml_text::parse, |root| {
        read_document(root, rules, Purpose::Run)
    })
}

/// Reads one state that is to be tested by itself.
///
/// It is the first state of the machine, under the name [`LONE_STATE`]; where it goes to are states that only have
/// their names.
pub fn read_lone_state(text: &str, limits: Limits) -> Reading {
    let rules = Rules {
        limits,
        ..Rules::default()
    };
    read_text(text, rules, json_text::parse, |root| {
        read_document(root, rules, Purpose::TestLone)
    })
}

/// What becomes of a definition.
#[derive(Clone, Copy, PartialEq)]
enum Purpose {
    /// Executions of it run, or one of its states is tested.
    Run,
    /// It is one state, which is tested.
    TestLone,
}

fn read_text(
    text: &str,
    rules: Rules,
    parse: fn(&str) -> Result<Option<Node>, Malformed>,
    read: impl FnOnce(&Node) -> Reading,
) -> Reading {
    let limit = rules.limits.definition_bytes;
    if text.len() > limit {
        let message = format!("The definition has {} bytes; the limit is {limit}", text.len());
        return refused(Code::SchemaValidationFailed, message, None);
    }
    match parse(text) {
        Ok(Some(root)) => read(&root),
        Ok(None) => refused(
            Code::MissingDescription,
            "Received a null or empty workflow input".into(),
            None,
        ),
        Err(malformed) => refused(
            Code::InvalidJsonDescription,
            malformed.message,
            Some(malformed.place),
        ),
    }
}

fn refused(code: Code, message: String, place: Option<Place>) -> Reading {
    Reading {
        machine: None,
        diagnostics: vec![Diagnostic::new(code, message, None, place)],
    }
}

fn read_document(root: &Node, rules: Rules, purpose: Purpose) -> Reading {
    let findings = Findings::default();
    let whole = Findings::default();
    let mut reader = Reader::new(&findings, &whole, rules);
    let head = match purpose {
        Purpose::Run => reader.machine(root),
        Purpose::TestLone => reader.lone_state(root),
    };
    validate::check(&reader.outline, &findings, &whole);
    if matches!(purpose, Purpose::Run) {
        unsupported::report(&reader.outline, &findings);
    }
    let machine = if findings.failed() || whole.failed() {
        None
    } else {
        reader.finish(head)
    };

    let mut diagnostics = findings.into_list();
    diagnostics.sort_by_key(|finding| finding.place);
    diagnostics.extend(whole.into_list());
    debug_assert!(
        machine.is_some()
            || diagnostics
                .iter()
                .any(|finding| finding.severity == Severity::Error),
        "a definition without errors gives a machine"
    );
    Reading { machine, diagnostics }
}

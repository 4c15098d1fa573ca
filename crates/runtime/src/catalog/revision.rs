//! Revisions: what a state machine is between two updates, compiled.

use std::str::FromStr;
use std::sync::Arc;

use asl::{Limits, Rules, StateMachine};
use ids::StateMachineArn;
use json::Str;
use store::MachineKind;

use crate::catalog::{CatalogError, Life};

/// What the id of a state machine's first revision begins with. AWS never shows that one.
const FIRST: &str = "INITIAL-";

/// What stands for the first revision where clients must name one.
const FIRST_SHOWN: &str = "INITIAL";

/// A revision of a state machine, ready to be run.
#[derive(Debug)]
pub struct Revision {
    /// The state machine's ARN.
    pub arn: StateMachineArn,
    /// The same as text.
    pub machine_arn: Str,
    /// The state machine's type.
    pub kind: MachineKind,
    /// What is stored of it.
    pub record: store::Revision,
    /// The definition, compiled.
    pub states: Arc<StateMachine>,
    /// Whether its logging configuration asks for any log.
    is_logged: bool,
    /// What the ARNs of its executions begin with, the last colon included.
    pub(crate) execution_prefix: String,
    /// Whether it can still be started.
    pub(crate) life: Arc<Life>,
}

impl Revision {
    /// Whether its executions are logged at all.
    pub fn is_logged(&self) -> bool {
        self.is_logged
    }

    /// The id as clients see it: the first revision has none.
    pub fn shown_id(&self) -> Option<&Str> {
        (!is_first(&self.record.id)).then_some(&self.record.id)
    }

    /// Compiles a revision's definition, however long: it was checked when it was given.
    pub(super) fn compile(
        machine_arn: &Str,
        kind: MachineKind,
        record: store::Revision,
        life: Arc<Life>,
        limits: Limits,
    ) -> Result<Self, CatalogError> {
        let rules = Rules {
            express: kind == MachineKind::Express,
            limits: Limits {
                definition_bytes: usize::MAX,
                ..limits
            },
            ..Rules::default()
        };
        let reading = asl::read(&record.definition, rules);
        match reading.machine {
            Some(states) => Self::compiled(machine_arn, kind, record, Arc::new(states), life),
            None => Err(CatalogError::Broken {
                machine_arn: machine_arn.clone(),
                what: asl::definition_message(&reading.diagnostics),
            }),
        }
    }

    /// A revision whose definition is compiled already.
    pub(super) fn compiled(
        machine_arn: &Str,
        kind: MachineKind,
        record: store::Revision,
        states: Arc<StateMachine>,
        life: Arc<Life>,
    ) -> Result<Self, CatalogError> {
        let arn = StateMachineArn::from_str(machine_arn).map_err(|error| CatalogError::Broken {
            machine_arn: machine_arn.clone(),
            what: error.to_string(),
        })?;
        let resource = match kind {
            MachineKind::Standard => "execution",
            MachineKind::Express => "express",
        };
        let scope = &arn.scope;
        let execution_prefix = format!(
            "arn:aws:states:{}:{}:{resource}:{}:",
            scope.region,
            scope.account,
            arn.name.as_str()
        );
        Ok(Self {
            arn,
            machine_arn: machine_arn.clone(),
            kind,
            is_logged: record.logging.as_deref().is_some_and(asks_for_logs),
            record,
            states,
            execution_prefix,
            life,
        })
    }
}

/// Whether a logging configuration has a level that logs something.
fn asks_for_logs(configuration: &str) -> bool {
    let level = json::parse(configuration).ok().and_then(|value| {
        let level = value.get("level")?.as_str()?;
        Some(level != "OFF")
    });
    level.unwrap_or(false)
}

/// What a revision says, as clients give it.
#[derive(Debug, Clone)]
pub struct NewRevision {
    /// The definition as it was given.
    pub definition: Str,
    /// The same, compiled.
    pub states: Arc<StateMachine>,
    /// The role.
    pub role_arn: Str,
    /// `loggingConfiguration` as JSON text.
    pub logging: Option<Str>,
    /// `tracingConfiguration` as JSON text.
    pub tracing: Option<Str>,
    /// `encryptionConfiguration` as JSON text.
    pub encryption: Option<Str>,
}

/// The id of a state machine's first revision, made of one that nothing else has.
pub(super) fn first(id: &str) -> Str {
    format!("{FIRST}{id}").into()
}

fn is_first(id: &str) -> bool {
    id.starts_with(FIRST)
}

/// A revision's id as clients name it: `INITIAL` is the first.
pub(super) fn named(id: &Str) -> Str {
    if is_first(id) {
        FIRST_SHOWN.into()
    } else {
        id.clone()
    }
}

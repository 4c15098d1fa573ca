//! The catalogue: state machines, their revisions, activities.
//!
//! These records are few and small, and are stored as JSON: a new member needs a `serde(default)` and
//! nothing else.

use engine::Millis;
use json::Str;
use serde::{Deserialize, Serialize};

/// Tags: keys and values, in the order in which they were given.
pub type Tags = Vec<(Str, Str)>;

/// The type of a state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "named as AWS names them")]
pub enum MachineKind {
    Standard,
    Express,
}

/// Whether a state machine can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "named as AWS names them")]
pub enum MachineStatus {
    Active,
    Deleting,
}

/// A state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its ARN.
    pub arn: Str,
    /// Its name.
    pub name: Str,
    /// Its type, which never changes.
    pub kind: MachineKind,
    /// Whether it can be used.
    pub status: MachineStatus,
    /// When it was created.
    pub created: Millis,
    /// The revision that starts use.
    pub revision: Str,
    /// Its tags.
    pub tags: Tags,
}

/// What a state machine was between two updates. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Its id. That of the first is never shown.
    pub id: Str,
    /// The definition as it was given.
    pub definition: Str,
    /// The role.
    pub role_arn: Str,
    /// `loggingConfiguration` as JSON text.
    pub logging: Option<Str>,
    /// `tracingConfiguration` as JSON text.
    pub tracing: Option<Str>,
    /// `encryptionConfiguration` as JSON text.
    pub encryption: Option<Str>,
    /// When it came to be.
    pub updated: Millis,
}

/// An activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Its ARN.
    pub arn: Str,
    /// Its name.
    pub name: Str,
    /// When it was created.
    pub created: Millis,
    /// `encryptionConfiguration` as JSON text.
    pub encryption: Option<Str>,
    /// Its tags.
    pub tags: Tags,
}

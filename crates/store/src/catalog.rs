//! The catalogue: state machines, their revisions, versions and aliases, activities.
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
    /// What its creation published; nothing when it was created without a version.
    #[serde(default)]
    pub published: Option<Published>,
    /// The number of the version that was published last, 0 before the first. Numbers are never given
    /// again, whatever is deleted.
    #[serde(default)]
    pub last_version: u64,
}

/// A version that was published together with what it is a version of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// What was said of it.
    pub description: Option<Str>,
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

/// A revision of a state machine under a number. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The state machine.
    pub machine_arn: Str,
    /// Its number: they count from 1, in the order of publishing.
    pub number: u64,
    /// The revision.
    pub revision: Str,
    /// What was said of it when it was published.
    pub description: Option<Str>,
    /// When it was published.
    pub created: Millis,
}

/// A name for one version of a state machine, or for two of them by weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The state machine.
    pub machine_arn: Str,
    /// Its name, which no other alias of the state machine has.
    pub name: Str,
    /// What was said of it last.
    pub description: Option<Str>,
    /// Where it leads: one route or two, whose weights sum up to 100.
    pub routes: Vec<Route>,
    /// When it was created.
    pub created: Millis,
    /// When it was changed last.
    pub updated: Millis,
}

/// One of the versions that an alias leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The version's number.
    pub version: u64,
    /// How many of a hundred starts it gets.
    pub weight: u8,
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

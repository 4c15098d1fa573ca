//! What is saved together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use json::Str;
use serde::{Deserialize, Serialize};

use crate::catalog::{Activity, Alias, Machine, Revision, Version};
use crate::codec::{Blob, LargePayload};
use crate::error::StoreError;
use crate::id::ExecId;
use crate::map_run::MapRun;
use crate::record::{Closed, Created, ExpressStart, OpenRow, Redriven};

/// What is saved whole or not at all, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Changes of the catalogue.
    pub catalog: Vec<CatalogChange>,
    /// Steps of Standard executions; those of one execution in their order.
    pub executions: Vec<Commit>,
    /// Starts and ends of asynchronous Express executions.
    pub express: Vec<ExpressChange>,
}

/// One or several steps of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Which.
    pub id: ExecId,
    /// With the first step.
    pub created: Option<Created>,
    /// What happened.
    pub events: Option<Blob>,
    /// Large payloads that `events` refers to and that were not saved before.
    pub payloads: Vec<LargePayload>,
    /// The execution had ended and goes on. Comes before `closed`, if that is there too.
    pub redriven: Option<Redriven>,
    /// While it is running: replaces what was said before.
    pub open: Option<OpenRow>,
    /// With the last step.
    pub closed: Option<Closed>,
}

/// A change of what is known of asynchronous Express executions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::large_enum_variant,
    reason = "half of them are starts, and few of them are there at once"
)]
pub enum ExpressChange {
    /// One was started, and will run again after a crash.
    Started(ExpressStart),
    /// One has ended, and will not run again.
    Finished(ExecId),
}

/// A change of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CatalogChange {
    /// A state machine is new or has changed.
    PutMachine(Machine),
    /// A state machine is gone, with all its revisions, versions and aliases.
    RemoveMachine(Str),
    /// A state machine has a new revision.
    PutRevision {
        /// The state machine's ARN.
        machine_arn: Str,
        /// The revision.
        revision: Revision,
    },
    /// A version of a state machine is new.
    PutVersion(Version),
    /// A version is gone. Its revision stays.
    RemoveVersion {
        /// The state machine's ARN.
        machine_arn: Str,
        /// The version's number.
        number: u64,
    },
    /// An alias of a state machine is new or has changed.
    PutAlias(Alias),
    /// An alias is gone.
    RemoveAlias {
        /// The state machine's ARN.
        machine_arn: Str,
        /// The alias's name.
        name: Str,
    },
    /// An activity is new or has changed.
    PutActivity(Activity),
    /// An activity is gone.
    RemoveActivity(Str),
    /// A map run is new or has changed.
    PutMapRun(Box<MapRun>),
}

impl Commit {
    /// A commit that says nothing yet.
    pub fn new(id: ExecId) -> Self {
        Self {
            id,
            created: None,
            events: None,
            payloads: Vec::new(),
            redriven: None,
            open: None,
            closed: None,
        }
    }

    /// Adds a later commit of the same execution, so that both are saved as one.
    pub fn add(&mut self, later: Self) -> Result<(), StoreError> {
        if let Some(events) = later.events {
            match &mut self.events {
                Some(earlier) => earlier.append(&events).map_err(|what| conflict(self.id, what))?,
                none => *none = Some(events),
            }
        }
        self.created = self.created.take().or(later.created);
        self.payloads.extend(later.payloads);
        if later.redriven.is_some() {
            self.redriven = later.redriven;
            self.closed = None;
        }
        if later.open.is_some() || later.closed.is_some() {
            self.open = later.open;
            self.closed = later.closed;
        }
        Ok(())
    }
}

impl Batch {
    /// Whether there is nothing to save.
    pub fn is_empty(&self) -> bool {
        self.executions.is_empty() && self.express.is_empty() && self.catalog.is_empty()
    }

    /// Joins the commits of each execution into one, and sorts them by id, which is the order on disk.
    /// Refuses ids that can't be stored.
    pub(crate) fn join_commits(&mut self) -> Result<(), StoreError> {
        let starts = self.express.iter().filter_map(|change| match change {
            ExpressChange::Started(start) => Some(start.id),
            ExpressChange::Finished(_) => None,
        });
        let mut ids = self.executions.iter().map(|commit| commit.id).chain(starts);
        if let Some(id) = ids.find(|id| *id > ExecId::MAX) {
            return Err(conflict(id, "its number is too high to be saved"));
        }
        let rising = self.executions.is_sorted_by(|one, next| one.id < next.id);
        if rising {
            return Ok(());
        }
        let mut places = HashMap::with_capacity(self.executions.len());
        let mut joined: Vec<Commit> = Vec::with_capacity(self.executions.len());
        for commit in self.executions.drain(..) {
            match places.entry(commit.id) {
                Entry::Vacant(place) => {
                    place.insert(joined.len());
                    joined.push(commit);
                }
                Entry::Occupied(place) => joined[*place.get()].add(commit)?,
            }
        }
        joined.sort_unstable_by_key(|commit| commit.id);
        self.executions = joined;
        Ok(())
    }
}

/// The error for a batch that contradicts what is stored.
pub(crate) fn conflict(id: ExecId, what: impl Into<String>) -> StoreError {
    StoreError::Conflict {
        execution: id.to_string(),
        what: what.into(),
    }
}

//! Media: what is left when the power goes.

use std::sync::Arc;

use store::{Batch, MemoryStore, Store, StoreError};

use crate::dice::Dice;
use crate::disk::at_once;

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fallout {
    /// With nothing being saved.
    None,
    /// Perhaps in the middle of a commit.
    Power,
}

/// What keeps the data.
pub(crate) enum Media {
    /// Memory that outlives the process.
    Memory(Arc<MemoryStore>),
}

impl Media {
    pub(crate) fn memory() -> Self {
        Self::Memory(Arc::new(MemoryStore::new()))
    }

    /// The store as it is, past everything that goes wrong with it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::clone(store) as _,
        }
    }

    /// Saves a batch.
    pub(crate) fn save(&mut self, batch: Batch) -> Result<(), StoreError> {
        match self {
            Self::Memory(store) => at_once(store.commit(batch)),
        }
    }

    /// The power goes while a batch is being saved, if one is: it is there whole or not at all. Says which.
    pub(crate) fn crash(&mut self, saving: Option<Batch>, dice: &mut Dice) -> Option<String> {
        let batch = saving?;
        match self {
            Self::Memory(_) => {
                let is_saved = dice.one_in(2);
                if is_saved {
                    let _ = self.save(batch);
                }
                Some(format!(
                    "what was being saved is {}",
                    if is_saved { "there" } else { "not there" }
                ))
            }
        }
    }
}

//! Media: what is left when the power goes.

use std::sync::Arc;

use store::{Batch, MemoryStore, Store, StoreError};

use crate::dice::Dice;
use crate::disk::at_once;
use crate::folder::Folder;

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
    /// A folder on a disk, which forgets what was not synced.
    Folder(Box<Folder>),
}

impl Media {
    pub(crate) fn memory() -> Self {
        Self::Memory(Arc::new(MemoryStore::new()))
    }

    pub(crate) fn folder() -> Self {
        Self::Folder(Box::new(Folder::new()))
    }

    /// The store as it is, past everything that goes wrong with it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::clone(store) as _,
            Self::Folder(folder) => folder.store(),
        }
    }

    /// Saves a batch.
    pub(crate) fn save(&mut self, batch: Batch) -> Result<(), StoreError> {
        match self {
            Self::Memory(store) => at_once(store.commit(batch)),
            Self::Folder(folder) => folder.save(batch),
        }
    }

    /// The power goes, perhaps while a batch is being saved: it is there whole or not at all. Says what is left.
    pub(crate) fn crash(&mut self, saving: Option<Batch>, dice: &mut Dice) -> Result<String, String> {
        match self {
            Self::Memory(_) => {
                let is_saved = dice.one_in(2);
                match saving {
                    None => return Ok("nothing was being saved".into()),
                    Some(batch) if is_saved => drop(self.save(batch)),
                    Some(_) => {}
                }
                Ok(format!("was it saved: {is_saved}"))
            }
            Self::Folder(folder) => folder.crash(saving, dice),
        }
    }
}

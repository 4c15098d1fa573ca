//! A folder on a disk that loses its power: what was synced is there, and of what was not some sectors are and some
//! are not.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use store::{Batch, EmbeddedOptions, EmbeddedStore, ExecId, Store, StoreError};
use tempfile::TempDir;

use crate::dice::Dice;
use crate::disk::at_once;

const DATABASE: &str = "stepwell.db";
const LOG: &str = "stepwell.db-wal";

/// What a disk writes whole.
const SECTOR: usize = 512;

/// How long the head of the write-ahead log is.
const LOG_HEAD: usize = 32;

/// A data folder, and the store that has it open.
pub(crate) struct Folder {
    store: Arc<EmbeddedStore>,
    path: TempDir,
    /// Waits for the thread that writes.
    waiting: tokio::runtime::Runtime,
}

/// The files of a folder at a moment when nothing is being written.
struct Files {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Folder {
    /// A new one.
    pub(crate) fn new() -> Self {
        let path = tempfile::tempdir().expect("a folder can be made");
        Self {
            store: Arc::new(open(path.path()).expect("an empty folder opens")),
            path,
            waiting: tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime can be built"),
        }
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    pub(crate) fn save(&self, batch: Batch) -> Result<(), StoreError> {
        self.waiting.block_on(self.store.commit(batch))
    }

    /// The power goes. What was acknowledged was synced; of the batch that is being saved, and of the checkpoint that
    /// follows it, some sectors may have been written.
    pub(crate) fn crash(&mut self, saving: Option<Batch>, dice: &mut Dice) -> Result<String, String> {
        let ids: Vec<ExecId> = saving
            .iter()
            .flat_map(|batch| batch.executions.iter().map(|commit| commit.id))
            .collect();
        let before = self.quiet_files();
        let without = events(&*self.store, &ids);
        if let Some(batch) = saving {
            let _ = self.save(batch);
        }
        let after = self.quiet_files();
        let with = events(&*self.store, &ids);
        let (left, how) = torn(&before, &after, dice);

        let path = tempfile::tempdir().expect("a folder can be made");
        fs::write(path.path().join(DATABASE), &left.database).expect("there is room");
        fs::write(path.path().join(LOG), &left.log).expect("there is room");
        self.store = Arc::new(open(path.path()).map_err(|error| format!("{how}: {error}"))?);
        self.path = path;
        let found = events(&*self.store, &ids);
        let is_whole = found == with || found == without;
        if is_whole {
            return Ok(how);
        }
        Err(format!(
            "{how}: a batch is half there: {found:?}, before {without:?}, after {with:?}"
        ))
    }

    /// The files, once everything that was to be done after the last commit is done.
    fn quiet_files(&self) -> Files {
        let _ = self.save(Batch::default());
        let read = |name| fs::read(self.path.path().join(name)).unwrap_or_default();
        Files {
            database: read(DATABASE),
            log: read(LOG),
        }
    }
}

fn open(path: &Path) -> Result<EmbeddedStore, store::OpenError> {
    // Checkpoints come often, so that many crashes meet one.
    let options = EmbeddedOptions {
        readers: 1,
        checkpoint_bytes: 40_000,
        ..EmbeddedOptions::default()
    };
    EmbeddedStore::open(path, &options)
}

/// How many events each execution has.
fn events(store: &dyn Store, ids: &[ExecId]) -> HashMap<ExecId, Option<u64>> {
    let count = |id: &ExecId| {
        at_once(store.load(*id))
            .ok()
            .flatten()
            .map(|loaded| loaded.summary.events)
    };
    ids.iter().map(|id| (*id, count(id))).collect()
}

/// What a disk may have between two moments: the log is written first, and the database once the log is safe.
fn torn(before: &Files, after: &Files, dice: &mut Dice) -> (Files, String) {
    let is_checkpoint = before.database != after.database && dice.one_in(2);
    if is_checkpoint {
        let (database, how) = mixed(&before.database, &after.database, 0, dice);
        let log = after.log.clone();
        return (
            Files { database, log },
            format!("the checkpoint is written {how}"),
        );
    }
    // The head of a log that begins anew is synced before anything else of it is written.
    let head = before.log.get(..LOG_HEAD) != after.log.get(..LOG_HEAD);
    let (log, how) = mixed(&before.log, &after.log, if head { LOG_HEAD } else { 0 }, dice);
    let database = before.database.clone();
    (Files { database, log }, format!("the log is written {how}"))
}

/// A file some of whose sectors were written; if any, then its first bytes, so many.
fn mixed(before: &[u8], after: &[u8], first: usize, dice: &mut Dice) -> (Vec<u8>, String) {
    let sectors = after.len().div_ceil(SECTOR);
    let sector = |file: &[u8], number: usize| {
        let end = file.len().min((number + 1) * SECTOR);
        file.get(number * SECTOR..end).unwrap_or_default().to_vec()
    };
    let changed: Vec<usize> = (0..sectors)
        .filter(|number| sector(before, *number) != sector(after, *number))
        .collect();
    let (written, how): (Vec<usize>, &str) = match dice.roll(5) {
        0 => (Vec::new(), "not at all"),
        1 => (changed, "whole"),
        2 => {
            let count = dice.roll(changed.len() as u64 + 1) as usize;
            (changed[..count].to_vec(), "up to a place")
        }
        3 => {
            let missing = dice.roll(changed.len().max(1) as u64) as usize;
            let kept = changed.iter().enumerate().filter(|(place, _)| *place != missing);
            (kept.map(|(_, number)| *number).collect(), "but for a sector")
        }
        _ => (
            changed.into_iter().filter(|_| dice.one_in(2)).collect(),
            "here and there",
        ),
    };
    let mut file = before.to_vec();
    if written.is_empty() {
        return (file, how.to_owned());
    }
    let mut put = |from: usize, bytes: &[u8]| {
        if file.len() < from + bytes.len() {
            file.resize(from + bytes.len(), 0);
        }
        file[from..from + bytes.len()].copy_from_slice(bytes);
    };
    put(0, &after[..first.min(after.len())]);
    for number in written {
        put(number * SECTOR, &sector(after, number));
    }
    (file, how.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_file_has_sectors_of_both() {
        let before = vec![1; 3 * SECTOR];
        let after = vec![2; 5 * SECTOR];
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let (file, how) = mixed(&before, &after, 0, &mut Dice::new(seed));
            assert!(
                file.chunks(SECTOR)
                    .all(|sector| sector.iter().all(|byte| *byte == sector[0]))
            );
            assert!(how != "whole" || file == after);
            assert!(how != "not at all" || file == before);
            seen.insert(how);
        }
        assert_eq!(seen.len(), 5);
    }

    #[test]
    fn the_head_of_a_new_log_comes_first() {
        let (before, after) = (vec![1; 4 * SECTOR], vec![2; 4 * SECTOR]);
        for seed in 0..200 {
            let (file, _) = mixed(&before, &after, LOG_HEAD, &mut Dice::new(seed));
            assert!(file[0] == 2 || !file.contains(&2));
        }
    }
}

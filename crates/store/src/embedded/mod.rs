//! Embedded: a SQLite database in a folder of its own.
//!
//! One thread writes ([`writer`]): a batch is a transaction and an fsync. Reads are answered on the
//! caller's thread, by one of a few connections ([`reader`]); they see the last batch that was saved, and
//! neither wait for the writer nor hold it up.

mod catalog;
mod check;
mod expiry;
mod folder;
mod journal;
mod place;
mod presence;
mod reader;
mod room;
mod schema;
mod sum;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use engine::{Event, Millis};
use json::Str;
use rusqlite::{Connection, OpenFlags};

use crate::batch::Batch;
use crate::catalog::{Activity, Alias, Machine, Revision, Version};
use crate::embedded::folder::Folder;
use crate::embedded::presence::Presence;
use crate::embedded::reader::Reader;
use crate::embedded::room::Room;
use crate::embedded::writer::{Job, Waiting, Writer};
use crate::error::StoreError;
use crate::id::ExecId;
use crate::map_run::{MapChild, MapRun};
use crate::record::{ExecutionQuery, Expired, ExpressStart, HistoryPage, Loaded, OpenRow, Summary};
use crate::store::{Reply, Store};

pub use check::{Checked, Telling, check};

/// Why a data folder can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it open.
    #[error(
        "another stepwell{} uses the data folder {folder}; stop it or give another --data",
        .process.map(|id| format!(" (process {id})")).unwrap_or_default()
    )]
    InUse {
        /// The folder.
        folder: String,
        /// The other process, where its number could be read.
        process: Option<u32>,
    },
    /// It has something else in it.
    #[error("{0} is no data folder of stepwell and is not empty; give an empty or a new folder with --data")]
    Foreign(String),
    /// It was written by a later version.
    #[error(
        "the data folder {folder} has format {found}, and this stepwell knows formats up to {known}; \
         use the stepwell that wrote it or a newer one"
    )]
    Newer {
        /// The folder.
        folder: String,
        /// Its format.
        found: i64,
        /// The newest that we know.
        known: i64,
    },
    /// It was written by a version that is too old.
    #[error(
        "the data folder {folder} has format {found}, and this stepwell reads format {known} only; \
         use the stepwell that wrote it, or give a new folder with --data"
    )]
    Older {
        /// The folder.
        folder: String,
        /// Its format.
        found: i64,
        /// The one that we know.
        known: i64,
    },
    /// What was saved last is not there.
    #[error(
        "the write-ahead log {0}/stepwell.db-wal is missing, though the server did not end in order, and with it what was \
         saved last; put it back, or delete {0}/lock to go on without"
    )]
    LogMissing(String),
    /// What was saved last can't be read.
    #[error(
        "the write-ahead log {folder}/stepwell.db-wal is damaged: {what}; restore the folder from a backup, or delete the \
         log and {folder}/lock to go on without what was saved last"
    )]
    LogDamaged {
        /// The folder.
        folder: String,
        /// How.
        what: String,
    },
    /// The end of the database is missing.
    #[error("the database {0}/stepwell.db is shorter than it says; restore the folder from a backup")]
    Truncated(String),
    /// It can't be created, read or written.
    #[error("the data folder {folder} can't be used: {error}")]
    Unusable {
        /// The folder.
        folder: String,
        /// Why.
        error: String,
    },
    /// It is not on a disk of this machine.
    #[error("the data folder {0} is on a network file system, which can lose data; use a local disk")]
    Remote(String),
    /// The SQLite that we were built with has a bug that loses data.
    #[error("this stepwell was built with SQLite {0}; at least 3.51.3 is needed")]
    OldSqlite(String),
    /// SQLite failed.
    #[error(transparent)]
    Store(StoreError),
}

/// How an embedded store is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// How many reads are answered at once.
    pub readers: usize,
    /// The write-ahead log is copied into the database when it has this many bytes.
    pub checkpoint_bytes: u64,
    /// The database is full when it has this many bytes.
    pub database_bytes_max: Option<u64>,
    /// Nothing new should be begun when the disk has fewer bytes left.
    pub reserve_bytes: u64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            readers: cores.clamp(2, 8),
            checkpoint_bytes: 64 << 20,
            database_bytes_max: None,
            reserve_bytes: 64 << 20,
        }
    }
}

/// The connections that read, each of them used by one thread at a time.
type Readers = Arc<[Mutex<Reader>]>;

/// Keeps executions in a folder on disk.
#[derive(Debug)]
pub struct EmbeddedStore {
    readers: Readers,
    next_reader: AtomicUsize,
    jobs: Option<Sender<Job>>,
    saved: Arc<AtomicU64>,
    writer: Option<JoinHandle<()>>,
    room: Room,
    folder: Folder,
}

impl EmbeddedStore {
    /// Opens the folder, or creates it.
    pub fn open(path: &Path, options: &EmbeddedOptions) -> Result<Self, OpenError> {
        schema::check_sqlite()?;
        let mut folder = Folder::claim(path)?;
        let unusable = |error: rusqlite::Error| OpenError::Unusable {
            folder: folder.shown.clone(),
            error: error.to_string(),
        };
        let io_unusable = |error: std::io::Error| OpenError::Unusable {
            folder: folder.shown.clone(),
            error: error.to_string(),
        };
        folder.renew_log().map_err(io_unusable)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(&folder.database, flags | OpenFlags::SQLITE_OPEN_CREATE)
                .map_err(unusable)?;
        schema::prepare_writer(&mut connection, &folder.shown)?;
        let mut readers = Vec::new();
        for _ in 0..options.readers.max(1) {
            let connection = Connection::open_with_flags(&folder.database, flags).map_err(unusable)?;
            schema::prepare_reader(&connection).map_err(unusable)?;
            readers.push(Mutex::new(Reader::new(connection)));
        }
        let readers = Readers::from(readers);
        let presence = Presence::of(path).map_err(io_unusable)?;
        let folder_path = path.to_owned();
        let writer = Writer::new(connection, Arc::clone(&readers), folder_path, presence, options)
            .map_err(unusable)?;
        let saved = writer.saved();
        let (jobs, queue) = channel();
        let writer = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run(&queue))
            .map_err(io_unusable)?;
        folder.note_open().map_err(|error| OpenError::Unusable {
            folder: folder.shown.clone(),
            error: error.to_string(),
        })?;
        Ok(Self {
            readers,
            next_reader: AtomicUsize::new(0),
            jobs: Some(jobs),
            saved,
            writer: Some(writer),
            room: Room::new(path.to_owned(), options.reserve_bytes),
            folder,
        })
    }

    /// How many batches were saved since it was opened, each with a sync of its own.
    pub fn saved(&self) -> u64 {
        self.saved.load(Ordering::Relaxed)
    }

    /// A reader that is free, or the next one in turn once it is.
    fn reader(&self) -> MutexGuard<'_, Reader> {
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed);
        for place in 0..self.readers.len() {
            if let Ok(reader) = self.readers[(turn + place) % self.readers.len()].try_lock() {
                return reader;
            }
        }
        lock(&self.readers[turn % self.readers.len()])
    }

    /// Hands a job to the thread that writes, whether or not its answer is awaited.
    fn write<T: Send + 'static>(&self, job: impl FnOnce(Waiting<T>) -> Job) -> Reply<'static, T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let stopped = || StoreError::Fatal("the thread that writes has stopped".to_owned());
        let sent = self
            .jobs
            .as_ref()
            .is_some_and(|jobs| jobs.send(job(reply)).is_ok());
        Box::pin(async move {
            if !sent {
                return Err(stopped());
            }
            answer.await.unwrap_or_else(|_| Err(stopped()))
        })
    }

    fn read<'a, T: Send + 'a>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Reply<'a, T> {
        Box::pin(std::future::ready(read(&mut self.reader())))
    }
}

/// Waits for a reader. One that was left in the middle of a read has ended it by being dropped.
fn lock(reader: &Mutex<Reader>) -> MutexGuard<'_, Reader> {
    reader.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for EmbeddedStore {
    /// Lets the writer finish what it was given.
    fn drop(&mut self) {
        if let Err(error) = self.folder.note_closing() {
            tracing::warn!(%error, "failed to note in {}/lock that the server ends", self.folder.shown);
        }
        self.readers = Arc::new([]);
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the writer was answered to whoever waited for it.
            let _ = writer.join();
        }
    }
}

impl Store for EmbeddedStore {
    fn commit(&self, batch: Batch) -> Reply<'static, ()> {
        self.write(|reply| Job::Commit(batch, reply))
    }

    fn probe(&self, bytes: usize) -> Reply<'static, ()> {
        self.write(|reply| Job::Probe(bytes, reply))
    }

    fn low(&self) -> Option<StoreError> {
        self.room.low()
    }

    fn expire(&self, before: Millis) -> Reply<'static, Expired> {
        self.write(|reply| Job::Expire(before, reply))
    }

    fn find(&self, arn: &str) -> Reply<'_, Option<ExecId>> {
        self.read(|reader| reader.find(arn))
    }

    fn summary(&self, id: ExecId) -> Reply<'_, Option<Summary>> {
        self.read(|reader| reader.summary(id))
    }

    fn load(&self, id: ExecId) -> Reply<'_, Option<Loaded>> {
        self.read(|reader| reader.load(id))
    }

    fn history(&self, id: ExecId, page: HistoryPage) -> Reply<'_, Vec<Event>> {
        self.read(|reader| reader.history(id, page))
    }

    fn executions(&self, query: ExecutionQuery) -> Reply<'_, Vec<Summary>> {
        self.read(|reader| reader.executions(&query))
    }

    fn open(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<(ExecId, OpenRow)>> {
        self.read(|reader| reader.open(after, limit))
    }

    fn latest(&self) -> Reply<'_, Option<ExecId>> {
        self.read(|reader| reader.latest())
    }

    fn express_pending(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<ExpressStart>> {
        self.read(|reader| reader.express_pending(after, limit))
    }

    fn machine(&self, arn: &str) -> Reply<'_, Option<Machine>> {
        self.read(|reader| catalog::record(reader, "machine", arn))
    }

    fn machines(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Machine>> {
        self.read(|reader| catalog::records(reader, "machine", after, limit))
    }

    fn revision(&self, machine_arn: &str, revision: &str) -> Reply<'_, Option<Revision>> {
        self.read(|reader| catalog::revision(reader, machine_arn, revision))
    }

    fn version(&self, machine_arn: &str, number: u64) -> Reply<'_, Option<Version>> {
        self.read(|reader| catalog::version(reader, machine_arn, number))
    }

    fn versions(&self, machine_arn: &str, before: Option<u64>, limit: usize) -> Reply<'_, Vec<Version>> {
        self.read(|reader| catalog::versions(reader, machine_arn, before, limit))
    }

    fn alias(&self, machine_arn: &str, name: &str) -> Reply<'_, Option<Alias>> {
        self.read(|reader| catalog::alias(reader, machine_arn, name))
    }

    fn aliases(&self, machine_arn: &str, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Alias>> {
        self.read(|reader| catalog::aliases(reader, machine_arn, after, limit))
    }

    fn map_run(&self, arn: &str) -> Reply<'_, Option<MapRun>> {
        self.read(|reader| catalog::record(reader, "map_run", arn))
    }

    fn map_runs(&self, execution: ExecId, before: Option<u64>, limit: usize) -> Reply<'_, Vec<MapRun>> {
        self.read(|reader| catalog::map_runs(reader, execution, before, limit))
    }

    fn open_map_runs(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<MapRun>> {
        self.read(|reader| catalog::open_map_runs(reader, after, limit))
    }

    fn map_children(&self, map_run: &str, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<MapChild>> {
        self.read(|reader| reader.map_children(map_run, after, limit))
    }

    fn activity(&self, arn: &str) -> Reply<'_, Option<Activity>> {
        self.read(|reader| catalog::record(reader, "activity", arn))
    }

    fn activities(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Activity>> {
        self.read(|reader| catalog::records(reader, "activity", after, limit))
    }
}

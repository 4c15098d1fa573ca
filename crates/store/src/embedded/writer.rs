//! The thread that writes: a batch is a transaction.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;

use engine::Millis;
use rusqlite::config::DbConfig;
use rusqlite::wal::CheckpointMode;
use rusqlite::{CachedStatement, Connection, TransactionBehavior, params};
use tokio::sync::oneshot;

use crate::batch::{Batch, Commit, ExpressChange, conflict};
use crate::codec::{Blob, decode_created, encode_created, encode_payload};
use crate::embedded::place;
use crate::embedded::presence::Presence;
use crate::embedded::schema::write_error;
use crate::embedded::sum::{self, seal, unseal};
use crate::embedded::{EmbeddedOptions, Readers, catalog, expiry, lock, room};
use crate::error::StoreError;
use crate::id::{ArnHash, ExecId};
use crate::record::{Created, Expired, Status};

const PAGE_BYTES: u64 = 4096;

/// Who waits for a job to be done.
pub(super) type Waiting<T> = oneshot::Sender<Result<T, StoreError>>;

/// What there is to do, in the order in which it came.
#[derive(Debug)]
pub(super) enum Job {
    /// A batch to save.
    Commit(Batch, Waiting<()>),
    /// A slice of what ended before a moment to remove.
    Expire(Millis, Waiting<Expired>),
    /// So many bytes to write and to take away again.
    Probe(usize, Waiting<()>),
}

/// Owns the connection that writes.
pub(super) struct Writer {
    /// Dropped first, so that the connection that writes is closed last: that makes a checkpoint.
    readers: Readers,
    connection: Connection,
    folder: PathBuf,
    presence: Presence,
    /// How long the write-ahead log is.
    log_bytes: Arc<AtomicU64>,
    checkpoint_bytes: u64,
    /// How long the log may become before it is copied (again).
    checkpoint_at: u64,
    /// How long it was when it was last looked at.
    log_bytes_seen: u64,
    expiry: expiry::Progress,
    /// The last transaction was not followed by an fsync.
    has_unsynced: bool,
    /// How many batches are saved.
    saved: Arc<AtomicU64>,
    /// After this, nothing is written any more.
    fatal: Option<StoreError>,
}

impl Writer {
    pub(super) fn new(
        mut connection: Connection,
        readers: Readers,
        folder: PathBuf,
        presence: Presence,
        options: &EmbeddedOptions,
    ) -> Result<Self, rusqlite::Error> {
        let log_bytes = Arc::new(AtomicU64::new(0));
        let noted = Arc::clone(&log_bytes);
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            noted.store(u64::try_from(pages).unwrap_or(0) * PAGE_BYTES, Ordering::Relaxed);
            Ok(())
        }))?;
        if let Some(bytes) = options.database_bytes_max {
            let pages = i64::try_from(bytes / PAGE_BYTES).unwrap_or(i64::MAX);
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(Self {
            readers,
            connection,
            folder,
            presence,
            log_bytes,
            checkpoint_bytes: options.checkpoint_bytes,
            checkpoint_at: options.checkpoint_bytes,
            log_bytes_seen: 0,
            expiry: expiry::Progress::default(),
            has_unsynced: false,
            saved: Arc::default(),
            fatal: None,
        })
    }

    /// Counts the batches that are saved.
    pub(super) fn saved(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.saved)
    }

    /// Does what comes until nobody can send any more.
    pub(super) fn run(mut self, queue: &Receiver<Job>) {
        while let Ok(job) = queue.recv() {
            // Who no longer waits doesn't want to know.
            match job {
                Job::Commit(batch, reply) => drop(reply.send(self.save(batch))),
                Job::Expire(before, reply) => drop(reply.send(self.expire(before))),
                Job::Probe(bytes, reply) => drop(reply.send(self.probe(bytes))),
            }
            self.checkpoint_if_due();
        }
        if self.presence.check().is_err() {
            self.leave();
        }
    }

    /// Brings all to the database's own file, wherever that is now, and leaves the names in the folder to whoever has
    /// them: SQLite would remove a log that is not ours.
    fn leave(&self) {
        let checkpoint = self
            .connection
            .wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE);
        if let Err(error) = checkpoint {
            tracing::error!(%error, "failed to checkpoint a database that was moved or replaced");
        }
        // It only sets a flag.
        let _ = self
            .connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    fn save(&mut self, mut batch: Batch) -> Result<(), StoreError> {
        self.alive()?;
        batch.join_commits()?;
        self.transact(|connection| write(connection, &batch))?;
        self.saved.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// A slice is lost when the power fails before the next commit, which does no harm: so it costs no fsync of its
    /// own. Only one in a row is left like this, so that damage of the log can be told from an unfinished write.
    fn expire(&mut self, before: Millis) -> Result<Expired, StoreError> {
        self.alive()?;
        let mut progress = std::mem::take(&mut self.expiry);
        let is_synced = self.has_unsynced;
        if !is_synced {
            self.set("synchronous", "NORMAL")?;
        }
        let expired = self.transact(|connection| Ok(expiry::slice(connection, before, &mut progress)?));
        if !is_synced {
            self.set("synchronous", "FULL")?;
            self.has_unsynced = true;
        }
        // After a failure, slices begin anew.
        if expired.is_ok() {
            self.expiry = progress;
        }
        expired
    }

    fn probe(&mut self, bytes: usize) -> Result<(), StoreError> {
        self.alive()?;
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.transact(|connection| {
            let sql = "INSERT OR REPLACE INTO meta VALUES ('probe', zeroblob(?1))";
            connection.prepare_cached(sql)?.execute([bytes])?;
            Ok(())
        })?;
        self.transact(|connection| {
            connection
                .prepare_cached("DELETE FROM meta WHERE name = 'probe'")?
                .execute([])?;
            Ok(())
        })
    }

    fn set(&mut self, pragma: &str, value: &str) -> Result<(), StoreError> {
        let set = self.connection.pragma_update(None, pragma, value);
        // Without it, commits would not be safe.
        set.map_err(|error| StoreError::Fatal(format!("failed to set {pragma}: {error}")))
    }

    fn alive(&self) -> Result<(), StoreError> {
        self.fatal.clone().map_or(Ok(()), Err)
    }

    fn note<T>(&mut self, result: &Result<T, StoreError>) {
        if let Err(fatal @ StoreError::Fatal(_)) = result {
            self.fatal = Some(fatal.clone());
        }
    }

    /// Does a piece of work whole or not at all.
    fn transact<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        self.presence.check()?;
        let result = self.try_transact(work).map_err(|failure| match failure {
            Failure::Store(error) => error,
            Failure::Sql(error) => self.explain(write_error(&error)),
        });
        // What was removed meanwhile took the transaction with it, or did not: nobody knows.
        let result = result.and_then(|done| match self.presence.check() {
            Ok(()) => Ok(done),
            Err(gone) => Err(StoreError::Fatal(gone.to_string())),
        });
        self.note(&result);
        result
    }

    /// Says what the operating system says of the folder: SQLite keeps that to itself.
    fn explain(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::DiskFull(_) | StoreError::Io(_) => match room::trouble(&self.folder) {
                Some(trouble) => trouble,
                None => error,
            },
            error => error,
        }
    }

    fn try_transact<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        self.has_unsynced = false;
        Ok(done)
    }

    /// Copies the write-ahead log into the database once it is long. Readers that are at work keep the log
    /// from starting over, and so does a full disk; then it is tried again after a while, and when the log
    /// has become very long, readers are waited for.
    fn checkpoint_if_due(&mut self) {
        let bytes = self.log_bytes.load(Ordering::Relaxed);
        let started_over = bytes < self.log_bytes_seen;
        self.log_bytes_seen = bytes;
        if started_over {
            self.checkpoint_at = self.checkpoint_bytes;
        }
        if bytes < self.checkpoint_at || self.fatal.is_some() {
            return;
        }
        self.checkpoint_at = bytes.saturating_add(self.checkpoint_bytes / 4);
        let result = self
            .checkpoint(bytes)
            .map_err(|error| self.explain(write_error(&error)));
        if let Err(error) = &result {
            tracing::error!(%error, "failed to checkpoint");
        }
        self.note(&result);
    }

    fn checkpoint(&self, bytes: u64) -> Result<(), rusqlite::Error> {
        self.connection
            .wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE)?;
        if bytes >= self.checkpoint_bytes.saturating_mul(4) {
            let _all: Vec<_> = self.readers.iter().map(lock).collect();
            self.connection
                .wal_checkpoint_v2(None::<&str>, CheckpointMode::RESTART)?;
        }
        Ok(())
    }
}

enum Failure {
    Sql(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn write(connection: &Connection, batch: &Batch) -> Result<(), Failure> {
    for change in &batch.catalog {
        catalog::change(connection, change)?;
    }
    if !batch.executions.is_empty() {
        let mut statements = Statements::prepare(connection)?;
        for commit in &batch.executions {
            statements.write(connection, commit)?;
        }
    }
    for change in &batch.express {
        match change {
            ExpressChange::Started(start) => {
                let sql = "INSERT OR REPLACE INTO express VALUES (?1, ?2, ?3)";
                let created = seal(encode_created(&start.created));
                let input = encode_payload(&start.input)?;
                connection
                    .prepare_cached(sql)?
                    .execute(params![start.id.row(), created, input])?;
            }
            ExpressChange::Finished(id) => {
                connection
                    .prepare_cached("DELETE FROM express WHERE id = ?1")?
                    .execute([id.row()])?;
            }
        }
    }
    Ok(())
}

/// What writing an execution takes, prepared once for a batch.
struct Statements<'c> {
    insert_execution: CachedStatement<'c>,
    insert_name: CachedStatement<'c>,
    insert_history: CachedStatement<'c>,
    insert_payload: CachedStatement<'c>,
    redrive: CachedStatement<'c>,
    close: CachedStatement<'c>,
    put_open: CachedStatement<'c>,
    remove_open: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            insert_execution: connection.prepare_cached(
                "INSERT INTO execution (id, status, machine, listed, created, stopped, version, alias, map_run, sum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
            )?,
            insert_name: connection.prepare_cached("INSERT INTO name VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            insert_history: connection
                .prepare_cached("INSERT INTO history VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?,
            insert_payload: connection.prepare_cached("INSERT INTO payload VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            redrive: connection.prepare_cached(
                "UPDATE execution SET status = ?2, listed = ?3, stopped = NULL, redrives = ?4, redriven = ?3, sum = ?5
                 WHERE id = ?1",
            )?,
            close: connection
                .prepare_cached("UPDATE execution SET status = ?2, listed = ?3, stopped = ?3, sum = ?4 WHERE id = ?1")?,
            put_open: connection.prepare_cached(
                "INSERT INTO open VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET due = excluded.due, wake = excluded.wake, sum = excluded.sum",
            )?,
            remove_open: connection.prepare_cached("DELETE FROM open WHERE id = ?1")?,
        })
    }

    fn write(&mut self, connection: &Connection, commit: &Commit) -> Result<(), Failure> {
        let id = commit.id;
        let is_new = match &commit.created {
            Some(created) => self.write_created(connection, commit, created)?,
            None => false,
        };
        if let Some(blob) = &commit.events {
            self.write_events(connection, id, blob)?;
        }
        for payload in &commit.payloads {
            self.insert_payload
                .execute(params![id.key(payload.number), payload.bytes])?;
        }
        if let Some(redriven) = &commit.redriven {
            let running = Status::Running as i64;
            let sum = execution_sum(id.row(), running, redriven.at.0, None);
            let changed =
                self.redrive
                    .execute(params![id.row(), running, redriven.at.0, redriven.count, sum])?;
            must_be_stored(id, changed)?;
        }
        match (&commit.closed, &commit.open) {
            // One that ends with the step it began with was never open.
            (Some(_), _) if is_new && commit.redriven.is_none() => {}
            (Some(closed), _) => {
                let (status, stopped) = (closed.status as i64, closed.stopped.0);
                let sum = execution_sum(id.row(), status, stopped, Some(stopped));
                let changed = self.close.execute(params![id.row(), status, stopped, sum])?;
                must_be_stored(id, changed)?;
                self.remove_open.execute([id.row()])?;
            }
            (None, Some(open)) => {
                let due = open.due.map(|due| due.0);
                let sum = open_sum(id.row(), due, open.wake);
                self.put_open.execute(params![id.row(), due, open.wake, sum])?;
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// Whether the execution was not stored before.
    fn write_created(
        &mut self,
        connection: &Connection,
        commit: &Commit,
        created: &Created,
    ) -> Result<bool, Failure> {
        let id = commit.id;
        let stopped = commit.closed.map(|closed| closed.stopped.0);
        let status = commit.closed.map_or(Status::Running, |closed| closed.status);
        let listed = stopped.unwrap_or(created.started.0);
        let short = |arn: &Option<json::Str>| arn.as_ref().map(|arn| ArnHash::of(arn).short());
        let changed = self.insert_execution.execute(params![
            id.row(),
            status as i64,
            ArnHash::of(&created.machine_arn).short(),
            listed,
            seal(encode_created(created)),
            stopped,
            short(&created.version_arn),
            short(&created.alias_arn),
            short(&created.map_run_arn),
            execution_sum(id.row(), status as i64, listed, stopped),
        ])?;
        let hash = ArnHash::of(&created.arn).0;
        if self.insert_name.execute(params![hash, id.row()])? == 0 {
            let sql = "SELECT id FROM name WHERE hash = ?1";
            let other: i64 = connection
                .prepare_cached(sql)?
                .query_row([hash], |row| row.get(0))?;
            if other != id.row() && leads_nowhere(connection, other)? {
                let sql = "UPDATE name SET id = ?2 WHERE hash = ?1";
                connection.prepare_cached(sql)?.execute(params![hash, id.row()])?;
            } else if other != id.row() {
                return Err(conflict(id, format!("there is another execution {}", created.arn)).into());
            }
        }
        if changed == 0 {
            let sql = "SELECT created FROM execution WHERE id = ?1";
            let bytes: Vec<u8> = connection
                .prepare_cached(sql)?
                .query_row([id.row()], |row| row.get(0))?;
            if unseal(&bytes).and_then(decode_created).as_ref() != Ok(created) {
                return Err(conflict(id, "another execution has this number").into());
            }
        }
        Ok(changed == 1)
    }

    fn write_events(&mut self, connection: &Connection, id: ExecId, blob: &Blob) -> Result<(), Failure> {
        let place = place::of(blob.first.into());
        let (key, first) = (id.key(place), place::start(place));
        let count = blob.end().saturating_sub(first);
        if self.insert_history.execute(params![key, count, blob.bytes])? == 1 {
            return Ok(());
        }
        let sql = "SELECT count, bytes FROM history WHERE key = ?1";
        let stored = connection.prepare_cached(sql)?.query_row([key], |row| {
            Ok(Blob {
                first,
                count: row.get(0)?,
                bytes: row.get(1)?,
            })
        })?;
        let follows = stored.end() == blob.first && (blob.count > 0 || !stored.holds(blob));
        let merged = if place::is_shared(place) && follows {
            stored.joined(blob)
        } else {
            let bytes = blob.bytes.clone();
            stored.merge(&Blob { first, count, bytes })
        };
        let merged = merged.map_err(|what| conflict(id, what))?;
        if merged != stored {
            let sql = "UPDATE history SET count = ?2, bytes = ?3 WHERE key = ?1";
            connection
                .prepare_cached(sql)?
                .execute(params![key, merged.count, merged.bytes])?;
        }
        Ok(())
    }
}

/// The checksum of an execution's row: of what its status and its place in lists are.
pub(super) fn execution_sum(row: i64, status: i64, listed: i64, stopped: Option<i64>) -> i64 {
    sum::of_row(&[Some(row), Some(status), Some(listed), stopped])
}

/// The checksum of an open execution's row.
pub(super) fn open_sum(row: i64, due: Option<i64>, wake: bool) -> i64 {
    sum::of_row(&[Some(row), due, Some(i64::from(wake))])
}

/// Whether there is no execution in that row any more: a damaged one was removed and left its name behind.
fn leads_nowhere(connection: &Connection, row: i64) -> Result<bool, rusqlite::Error> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM execution WHERE id = ?1)";
    connection.prepare_cached(sql)?.query_row([row], |row| row.get(0))
}

fn must_be_stored(id: ExecId, changed: usize) -> Result<(), StoreError> {
    if changed == 0 {
        Err(conflict(id, "it is not stored"))
    } else {
        Ok(())
    }
}

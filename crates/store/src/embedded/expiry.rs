//! Expiry: removes executions that ended long ago, a slice at a time.
//!
//! An execution goes from sight at once, with its row and its name. Its events and payloads go in the same slice as
//! long as the slice may do so much, else the table `removed` remembers it and later slices go on.

use engine::Millis;
use rusqlite::{Connection, OptionalExtension, params};

use crate::codec::decode_created;
use crate::embedded::sum::unseal;
use crate::id::{ArnHash, ExecId};
use crate::record::{Expired, NextExpiry};

/// How much the smallest slice removes. A commit may have to wait for a slice, so the largest is a few milliseconds' work:
/// each execution's name stands on a page of its own, which is written to the log.
const ROWS: usize = 64;
const BYTES: i64 = 256 << 10;
const EXECUTIONS: usize = 16;

/// A slice is as many times larger as removing is behind by so much, so that it settles where it keeps up with what
/// comes of age.
const BEHIND_MILLIS: i64 = 2_000;
const TIMES_MAX: i64 = 16;

/// What a slice may still do.
struct Budget {
    executions: usize,
    rows: usize,
    bytes: i64,
}

impl Budget {
    /// For a slice when what should be removed first ended so long before what need not be removed yet.
    fn behind(millis: i64) -> Self {
        let times = (millis / BEHIND_MILLIS).clamp(1, TIMES_MAX);
        let count = usize::try_from(times).unwrap_or(1);
        Self {
            executions: EXECUTIONS * count,
            rows: ROWS * count,
            bytes: BYTES * times,
        }
    }

    fn is_spent(&self) -> bool {
        self.executions == 0 || self.rows == 0 || self.bytes <= 0
    }

    fn spend(&mut self, bytes: i64) {
        self.rows = self.rows.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// How far slices have come: the moment and the row of the last execution that was left where it is. From time to
/// time they begin anew.
#[derive(Debug, Default)]
pub(super) struct Progress(Option<(i64, i64)>);

/// Removes some of what ended before a moment.
///
/// Executions of a Map Run stay as long as the run is known, which is as long as the execution that it belongs to:
/// when that goes on, or is redriven, it must know which items are done.
pub(super) fn slice(
    connection: &Connection,
    before: Millis,
    progress: &mut Progress,
) -> Result<Expired, rusqlite::Error> {
    let first = oldest(connection, progress)?.map_or(before, |ended| ended.stopped);
    let mut budget = Budget::behind(before.0.saturating_sub(first.0));
    while let Some(row) = half_removed(connection)? {
        if !clear(connection, row, &mut budget)? {
            return Ok(Expired {
                executions: 0,
                next: NextExpiry::More,
            });
        }
        let sql = "DELETE FROM removed WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([row])?;
    }
    let mut executions = 0;
    let next = loop {
        let Some(ended) = oldest(connection, progress)? else {
            *progress = Progress::default();
            break NextExpiry::Nothing;
        };
        if ended.stopped >= before {
            *progress = Progress::default();
            break NextExpiry::At(ended.stopped);
        }
        if budget.is_spent() {
            break NextExpiry::More;
        }
        if is_spared(connection, &ended)? {
            budget.spend(0);
            progress.0 = Some((ended.stopped.0, ended.row));
            continue;
        }
        budget.executions = budget.executions.saturating_sub(1);
        remove(connection, ended.row, &mut budget)?;
        executions += 1;
    };
    Ok(Expired { executions, next })
}

/// An execution that has ended.
struct Ended {
    row: i64,
    stopped: Millis,
    is_map_child: bool,
}

/// The execution that ended first, of those that were not left where they are.
fn oldest(connection: &Connection, progress: &Progress) -> Result<Option<Ended>, rusqlite::Error> {
    let sql = "SELECT id, stopped, map_run IS NOT NULL FROM execution INDEXED BY execution_ended
               WHERE stopped IS NOT NULL AND (stopped, id) > (?1, ?2) ORDER BY stopped, id LIMIT 1";
    let (stopped, row) = progress.0.unwrap_or((i64::MIN, i64::MIN));
    connection
        .prepare_cached(sql)?
        .query_row([stopped, row], |row| {
            Ok(Ended {
                row: row.get(0)?,
                stopped: Millis(row.get(1)?),
                is_map_child: row.get(2)?,
            })
        })
        .optional()
}

/// Whether an execution belongs to a Map Run that is still known.
fn is_spared(connection: &Connection, ended: &Ended) -> Result<bool, rusqlite::Error> {
    if !ended.is_map_child {
        return Ok(false);
    }
    let sql = "SELECT created FROM execution WHERE id = ?1";
    let created: Vec<u8> = connection
        .prepare_cached(sql)?
        .query_row([ended.row], |row| row.get(0))?;
    let Some(map_run) = unseal(&created)
        .and_then(decode_created)
        .ok()
        .and_then(|created| created.map_run_arn)
    else {
        return Ok(false);
    };
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM map_run WHERE arn = ?1)")?
        .query_row([&*map_run], |row| row.get(0))
}

fn half_removed(connection: &Connection) -> Result<Option<i64>, rusqlite::Error> {
    let sql = "SELECT id FROM removed LIMIT 1";
    connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))
        .optional()
}

fn remove(connection: &Connection, row: i64, budget: &mut Budget) -> Result<(), rusqlite::Error> {
    let sql = "DELETE FROM execution WHERE id = ?1 RETURNING created";
    let created: Vec<u8> = connection
        .prepare_cached(sql)?
        .query_row([row], |row| row.get(0))?;
    budget.spend(0);
    // The name of a damaged record leads nowhere from now on, and whoever wants it gets it.
    if let Ok(created) = unseal(&created).and_then(decode_created) {
        let sql = "DELETE FROM name WHERE hash = ?1 AND id = ?2";
        let hash = ArnHash::of(&created.arn).0;
        connection.prepare_cached(sql)?.execute(params![hash, row])?;
    }
    let sql = "DELETE FROM map_run WHERE execution = ?1";
    connection.prepare_cached(sql)?.execute([row])?;
    if !clear(connection, row, budget)? {
        let sql = "INSERT OR IGNORE INTO removed VALUES (?1)";
        connection.prepare_cached(sql)?.execute([row])?;
    }
    Ok(())
}

/// Removes events and payloads as long as the budget lasts; whether all are gone.
fn clear(connection: &Connection, row: i64, budget: &mut Budget) -> Result<bool, rusqlite::Error> {
    let Some(id) = ExecId::from_row(row) else {
        // What is no number of an execution has nothing.
        return Ok(true);
    };
    Ok(clear_table(connection, "history", id, budget)? && clear_table(connection, "payload", id, budget)?)
}

fn clear_table(
    connection: &Connection,
    table: &str,
    id: ExecId,
    budget: &mut Budget,
) -> Result<bool, rusqlite::Error> {
    let (low, high) = (id.key(0), id.key(u16::MAX));
    let mut last = None;
    let mut all = true;
    {
        let sql = format!("SELECT key, length(bytes) FROM {table} WHERE key BETWEEN ?1 AND ?2 ORDER BY key");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![low, high])?;
        while let Some(row) = rows.next()? {
            if budget.is_spent() {
                all = false;
                break;
            }
            last = Some(row.get::<_, i64>(0)?);
            budget.spend(row.get(1)?);
        }
    }
    if let Some(last) = last {
        let sql = format!("DELETE FROM {table} WHERE key BETWEEN ?1 AND ?2");
        connection.prepare_cached(&sql)?.execute(params![low, last])?;
    }
    Ok(all)
}

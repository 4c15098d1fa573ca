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

/// How much a slice removes. A commit may have to wait for one, so it is a few milliseconds' work.
const ROWS_MAX: usize = 512;
const BYTES_MAX: i64 = 1 << 20;
const EXECUTIONS_MAX: usize = 128;

/// What a slice may still do.
struct Budget {
    rows: usize,
    bytes: i64,
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.rows == 0 || self.bytes <= 0
    }

    fn spend(&mut self, bytes: i64) {
        self.rows = self.rows.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// Removes some of what ended before a moment.
pub(super) fn slice(connection: &Connection, before: Millis) -> Result<Expired, rusqlite::Error> {
    let mut budget = Budget {
        rows: ROWS_MAX,
        bytes: BYTES_MAX,
    };
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
        match oldest(connection)? {
            None => break NextExpiry::Nothing,
            Some((_, stopped)) if stopped >= before => break NextExpiry::At(stopped),
            Some(_) if budget.is_spent() || executions == EXECUTIONS_MAX => break NextExpiry::More,
            Some((row, _)) => remove(connection, row, &mut budget)?,
        }
        executions += 1;
    };
    Ok(Expired { executions, next })
}

/// The row of the execution that ended first, and when that was.
fn oldest(connection: &Connection) -> Result<Option<(i64, Millis)>, rusqlite::Error> {
    let sql = "SELECT id, stopped FROM execution INDEXED BY execution_ended WHERE stopped IS NOT NULL
               ORDER BY stopped LIMIT 1";
    connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok((row.get(0)?, Millis(row.get(1)?))))
        .optional()
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

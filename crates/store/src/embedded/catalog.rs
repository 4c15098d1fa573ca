//! The catalogue's tables: records as JSON, by ARN.

use json::Str;
use rusqlite::{Connection, Params, ToSql, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batch::CatalogChange;
use crate::catalog::{Alias, Revision, Version};
use crate::embedded::reader::Reader;
use crate::embedded::schema::read_error;
use crate::embedded::sum::{seal_text, unseal_text};
use crate::error::StoreError;
use crate::id::ExecId;
use crate::map_run::{MapRun, MapRunStatus};

/// Changes the tables.
pub(super) fn change(connection: &Connection, change: &CatalogChange) -> Result<(), rusqlite::Error> {
    match change {
        CatalogChange::PutMachine(machine) => put(connection, "machine", &machine.arn, machine),
        CatalogChange::RemoveMachine(arn) => {
            for table in ["revision", "version", "alias"] {
                connection.execute(&format!("DELETE FROM {table} WHERE machine_arn = ?1"), [arn])?;
            }
            remove(connection, "machine", arn)
        }
        CatalogChange::PutRevision {
            machine_arn,
            revision,
        } => put_part(connection, "revision", machine_arn, &revision.id, revision),
        CatalogChange::PutVersion(version) => put_part(
            connection,
            "version",
            &version.machine_arn,
            row(version.number),
            version,
        ),
        CatalogChange::RemoveVersion { machine_arn, number } => {
            let sql = "DELETE FROM version WHERE machine_arn = ?1 AND number = ?2";
            connection.execute(sql, params![machine_arn, row(*number)])?;
            Ok(())
        }
        CatalogChange::PutAlias(alias) => {
            put_part(connection, "alias", &alias.machine_arn, &alias.name, alias)
        }
        CatalogChange::RemoveAlias { machine_arn, name } => {
            let sql = "DELETE FROM alias WHERE machine_arn = ?1 AND name = ?2";
            connection.execute(sql, params![machine_arn, name])?;
            Ok(())
        }
        CatalogChange::PutMapRun(run) => {
            let sql = "INSERT OR REPLACE INTO map_run VALUES (?1, ?2, ?3, ?4, ?5)";
            let open = run.status == MapRunStatus::Running;
            connection.prepare_cached(sql)?.execute(params![
                run.arn,
                run.execution.row(),
                row(run.event),
                open,
                text(run)
            ])?;
            Ok(())
        }
        CatalogChange::PutActivity(activity) => put(connection, "activity", &activity.arn, activity),
        CatalogChange::RemoveActivity(arn) => remove(connection, "activity", arn),
    }
}

fn put(
    connection: &Connection,
    table: &str,
    arn: &str,
    record: &impl Serialize,
) -> Result<(), rusqlite::Error> {
    let sql = format!("INSERT OR REPLACE INTO {table} VALUES (?1, ?2)");
    connection
        .prepare_cached(&sql)?
        .execute(params![arn, text(record)])?;
    Ok(())
}

/// Puts what belongs to a state machine and has a key of its own within it.
fn put_part(
    connection: &Connection,
    table: &str,
    machine_arn: &str,
    key: impl ToSql,
    record: &impl Serialize,
) -> Result<(), rusqlite::Error> {
    let sql = format!("INSERT OR REPLACE INTO {table} VALUES (?1, ?2, ?3)");
    connection
        .prepare_cached(&sql)?
        .execute(params![machine_arn, key, text(record)])?;
    Ok(())
}

/// The number of a version as SQLite takes it.
fn row(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn remove(connection: &Connection, table: &str, arn: &str) -> Result<(), rusqlite::Error> {
    connection.execute(&format!("DELETE FROM {table} WHERE arn = ?1"), [arn])?;
    Ok(())
}

fn text(record: &impl Serialize) -> String {
    seal_text(&serde_json::to_string(record).expect("records have string keys"))
}

/// The record of an ARN.
pub(super) fn record<T: DeserializeOwned>(
    reader: &Reader,
    table: &'static str,
    arn: &str,
) -> Result<Option<T>, StoreError> {
    let sql = format!("SELECT arn, record FROM {table} WHERE arn = ?1");
    one(reader, &sql, [arn])
}

/// The records after an ARN.
pub(super) fn records<T: DeserializeOwned>(
    reader: &Reader,
    table: &'static str,
    after: Option<Str>,
    limit: usize,
) -> Result<Vec<T>, StoreError> {
    let sql = format!("SELECT arn, record FROM {table} WHERE arn > ?1 ORDER BY arn");
    list(reader, &sql, [after.unwrap_or_default()], limit)
}

/// A revision of a state machine.
pub(super) fn revision(reader: &Reader, machine_arn: &str, id: &str) -> Result<Option<Revision>, StoreError> {
    let sql = "SELECT machine_arn, record FROM revision WHERE machine_arn = ?1 AND id = ?2";
    one(reader, sql, [machine_arn, id])
}

/// A version of a state machine.
pub(super) fn version(
    reader: &Reader,
    machine_arn: &str,
    number: u64,
) -> Result<Option<Version>, StoreError> {
    let sql = "SELECT machine_arn, record FROM version WHERE machine_arn = ?1 AND number = ?2";
    one(reader, sql, params![machine_arn, row(number)])
}

/// The versions of a state machine before a number, from the highest on.
pub(super) fn versions(
    reader: &Reader,
    machine_arn: &str,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Version>, StoreError> {
    let sql = "SELECT machine_arn, record FROM version WHERE machine_arn = ?1 AND number < ?2
               ORDER BY number DESC";
    let before = before.map_or(i64::MAX, row);
    list(reader, sql, params![machine_arn, before], limit)
}

/// An alias of a state machine.
pub(super) fn alias(reader: &Reader, machine_arn: &str, name: &str) -> Result<Option<Alias>, StoreError> {
    let sql = "SELECT machine_arn, record FROM alias WHERE machine_arn = ?1 AND name = ?2";
    one(reader, sql, [machine_arn, name])
}

/// The aliases of a state machine after a name.
pub(super) fn aliases(
    reader: &Reader,
    machine_arn: &str,
    after: Option<Str>,
    limit: usize,
) -> Result<Vec<Alias>, StoreError> {
    let sql = "SELECT machine_arn, record FROM alias WHERE machine_arn = ?1 AND name > ?2
               ORDER BY name";
    list(
        reader,
        sql,
        params![machine_arn, after.unwrap_or_default()],
        limit,
    )
}

/// The map runs of an execution that were started before the one of an event, newest first.
pub(super) fn map_runs(
    reader: &Reader,
    execution: ExecId,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<MapRun>, StoreError> {
    let sql = "SELECT arn, record FROM map_run WHERE execution = ?1 AND event < ?2 ORDER BY event DESC";
    let before = before.map_or(i64::MAX, row);
    list(reader, sql, params![execution.row(), before], limit)
}

/// The open map runs after an ARN.
pub(super) fn open_map_runs(
    reader: &Reader,
    after: Option<Str>,
    limit: usize,
) -> Result<Vec<MapRun>, StoreError> {
    let sql = "SELECT arn, record FROM map_run WHERE open AND arn > ?1 ORDER BY arn";
    list(reader, sql, [after.unwrap_or_default()], limit)
}

/// A record with the ARN that it belongs to, if it is there.
fn one<T: DeserializeOwned>(
    reader: &Reader,
    sql: &str,
    parameters: impl Params,
) -> Result<Option<T>, StoreError> {
    let mut found = None;
    each(reader, sql, parameters, |arn, text| {
        found = Some(parse(arn, text)?);
        Ok(false)
    })?;
    Ok(found)
}

/// So many records at most. Damaged ones are left out: whoever asks for one of them is told.
fn list<T: DeserializeOwned>(
    reader: &Reader,
    sql: &str,
    parameters: impl Params,
    limit: usize,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    each(reader, sql, parameters, |arn, text| {
        match parse(arn, text) {
            Ok(record) => found.push(record),
            Err(error) => tracing::error!(%error, "a record is left out of a list"),
        }
        Ok(found.len() < limit)
    })?;
    Ok(found)
}

/// Shows ARNs with the texts of their records as long as more are wanted.
pub(super) fn each(
    reader: &Reader,
    sql: &str,
    parameters: impl Params,
    mut show: impl FnMut(&str, &str) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut statement = reader
        .connection
        .prepare_cached(sql)
        .map_err(|error| read_error(&error))?;
    let mut rows = statement.query(parameters).map_err(|error| read_error(&error))?;
    while let Some(row) = rows.next().map_err(|error| read_error(&error))? {
        let (arn, text) = row
            .get(0)
            .and_then(|arn: String| Ok((arn, row.get::<_, String>(1)?)))
            .map_err(|error| read_error(&error))?;
        if !show(&arn, &text)? {
            break;
        }
    }
    Ok(())
}

pub(super) fn parse<T: DeserializeOwned>(arn: &str, text: &str) -> Result<T, StoreError> {
    let record = unseal_text(text)
        .and_then(|text| serde_json::from_str(text).map_err(|error: serde_json::Error| error.to_string()));
    record.map_err(|what| StoreError::CorruptRecord {
        record: arn.to_owned(),
        what,
    })
}

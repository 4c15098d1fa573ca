//! The catalogue's tables: records as JSON, by ARN.

use json::Str;
use rusqlite::{Connection, Params, ToSql, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batch::CatalogChange;
use crate::catalog::{Alias, Revision, Version};
use crate::embedded::reader::{Reader, count};
use crate::embedded::schema::read_error;
use crate::error::StoreError;

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
    serde_json::to_string(record).expect("records have string keys")
}

/// The record of an ARN.
pub(super) fn record<T: DeserializeOwned>(
    reader: &Reader,
    table: &'static str,
    arn: &str,
) -> Result<Option<T>, StoreError> {
    let sql = format!("SELECT arn, record FROM {table} WHERE arn = ?1");
    Ok(query(reader, &sql, [arn])?.pop())
}

/// The records after an ARN.
pub(super) fn records<T: DeserializeOwned>(
    reader: &Reader,
    table: &'static str,
    after: Option<Str>,
    limit: usize,
) -> Result<Vec<T>, StoreError> {
    let sql = format!("SELECT arn, record FROM {table} WHERE arn > ?1 ORDER BY arn LIMIT ?2");
    query(reader, &sql, params![after.unwrap_or_default(), count(limit)])
}

/// A revision of a state machine.
pub(super) fn revision(reader: &Reader, machine_arn: &str, id: &str) -> Result<Option<Revision>, StoreError> {
    let sql = "SELECT machine_arn, record FROM revision WHERE machine_arn = ?1 AND id = ?2";
    Ok(query(reader, sql, [machine_arn, id])?.pop())
}

/// A version of a state machine.
pub(super) fn version(
    reader: &Reader,
    machine_arn: &str,
    number: u64,
) -> Result<Option<Version>, StoreError> {
    let sql = "SELECT machine_arn, record FROM version WHERE machine_arn = ?1 AND number = ?2";
    Ok(query(reader, sql, params![machine_arn, row(number)])?.pop())
}

/// The versions of a state machine before a number, from the highest on.
pub(super) fn versions(
    reader: &Reader,
    machine_arn: &str,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Version>, StoreError> {
    let sql = "SELECT machine_arn, record FROM version WHERE machine_arn = ?1 AND number < ?2
               ORDER BY number DESC LIMIT ?3";
    let before = before.map_or(i64::MAX, row);
    query(reader, sql, params![machine_arn, before, count(limit)])
}

/// An alias of a state machine.
pub(super) fn alias(reader: &Reader, machine_arn: &str, name: &str) -> Result<Option<Alias>, StoreError> {
    let sql = "SELECT machine_arn, record FROM alias WHERE machine_arn = ?1 AND name = ?2";
    Ok(query(reader, sql, [machine_arn, name])?.pop())
}

/// The aliases of a state machine after a name.
pub(super) fn aliases(
    reader: &Reader,
    machine_arn: &str,
    after: Option<Str>,
    limit: usize,
) -> Result<Vec<Alias>, StoreError> {
    let sql = "SELECT machine_arn, record FROM alias WHERE machine_arn = ?1 AND name > ?2
               ORDER BY name LIMIT ?3";
    query(
        reader,
        sql,
        params![machine_arn, after.unwrap_or_default(), count(limit)],
    )
}

/// Records with the ARNs that they belong to.
fn query<T: DeserializeOwned>(
    reader: &Reader,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<T>, StoreError> {
    let mut statement = reader
        .connection
        .prepare_cached(sql)
        .map_err(|error| read_error(&error))?;
    let mut rows = statement.query(parameters).map_err(|error| read_error(&error))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(|error| read_error(&error))? {
        let (arn, text) = row
            .get(0)
            .and_then(|arn: String| Ok((arn, row.get::<_, String>(1)?)))
            .map_err(|error| read_error(&error))?;
        found.push(parse(&arn, &text)?);
    }
    Ok(found)
}

fn parse<T: DeserializeOwned>(arn: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::CorruptRecord {
        record: arn.to_owned(),
        what: error.to_string(),
    })
}

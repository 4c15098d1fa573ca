//! The catalogue's tables: records as JSON, by ARN.

use json::Str;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batch::CatalogChange;
use crate::catalog::Revision;
use crate::embedded::reader::{Reader, count};
use crate::embedded::schema::read_error;
use crate::error::StoreError;

/// Changes the tables.
pub(super) fn change(connection: &Connection, change: &CatalogChange) -> Result<(), rusqlite::Error> {
    match change {
        CatalogChange::PutMachine(machine) => put(connection, "machine", &machine.arn, machine),
        CatalogChange::RemoveMachine(arn) => {
            connection.execute("DELETE FROM revision WHERE machine_arn = ?1", [arn])?;
            remove(connection, "machine", arn)
        }
        CatalogChange::PutRevision {
            machine_arn,
            revision,
        } => {
            let mut statement =
                connection.prepare_cached("INSERT OR REPLACE INTO revision VALUES (?1, ?2, ?3)")?;
            statement.execute(params![machine_arn, revision.id, text(revision)])?;
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
    let sql = format!("SELECT record FROM {table} WHERE arn = ?1");
    let mut statement = reader
        .connection
        .prepare_cached(&sql)
        .map_err(|error| read_error(&error))?;
    let text: Option<String> = statement
        .query_row([arn], |row| row.get(0))
        .optional()
        .map_err(|error| read_error(&error))?;
    text.map(|text| parse(arn, &text)).transpose()
}

/// The records after an ARN.
pub(super) fn records<T: DeserializeOwned>(
    reader: &Reader,
    table: &'static str,
    after: Option<Str>,
    limit: usize,
) -> Result<Vec<T>, StoreError> {
    let sql = format!("SELECT arn, record FROM {table} WHERE arn > ?1 ORDER BY arn LIMIT ?2");
    let mut statement = reader
        .connection
        .prepare_cached(&sql)
        .map_err(|error| read_error(&error))?;
    let after = after.unwrap_or_default();
    let mut rows = statement
        .query(params![after, count(limit)])
        .map_err(|error| read_error(&error))?;
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

/// A revision of a state machine.
pub(super) fn revision(reader: &Reader, machine_arn: &str, id: &str) -> Result<Option<Revision>, StoreError> {
    let sql = "SELECT record FROM revision WHERE machine_arn = ?1 AND id = ?2";
    let mut statement = reader
        .connection
        .prepare_cached(sql)
        .map_err(|error| read_error(&error))?;
    let text: Option<String> = statement
        .query_row([machine_arn, id], |row| row.get(0))
        .optional()
        .map_err(|error| read_error(&error))?;
    text.map(|text| parse(machine_arn, &text)).transpose()
}

fn parse<T: DeserializeOwned>(arn: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::CorruptRecord {
        record: arn.to_owned(),
        what: error.to_string(),
    })
}

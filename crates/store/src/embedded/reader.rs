//! A connection that reads.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use engine::{Event, Millis};
use json::Payload;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Rows, params};

use crate::codec::{self, Damage, PayloadTable, decode_created, decode_payload};
use crate::embedded::place;
use crate::embedded::schema::{is_damage, read_error};
use crate::embedded::sum::unseal;
use crate::embedded::writer::{execution_sum, open_sum};
use crate::error::StoreError;
use crate::id::{ArnHash, ExecId};
use crate::map_run::MapChild;
use crate::record::{
    Created, ExecutionQuery, ExpressStart, HistoryPage, Listed, Loaded, OpenRow, Position, Redriven, Status,
    Summary,
};

/// Answers reads, one at a time.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) connection: Connection,
}

/// What went wrong, before anybody says whose data it is.
enum Failure {
    Sql(rusqlite::Error),
    Damage(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => Self::Damage(error.to_string()),
            error if is_damage(&error) => Self::Damage(error.to_string()),
            error => Self::Sql(error),
        }
    }
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Self::Damage(what)
    }
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    pub(super) fn find(&self, arn: &str) -> Result<Option<ExecId>, StoreError> {
        let sql = "SELECT name.id, created FROM name LEFT JOIN execution USING (id) WHERE hash = ?1";
        let found = self.one(sql, [ArnHash::of(arn).0], |row| {
            let created = row.get_ref(1)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
            match created.map(created_of).transpose()? {
                Some(created) if *created.arn != *arn => {
                    Err(Failure::Damage(format!("its name leads to {}", created.arn)))
                }
                Some(_) => id(row, 0).map(Some),
                // A damaged one was removed.
                None => Ok(None),
            }
        });
        found.map(Option::flatten).map_err(|failure| match failure {
            Failure::Sql(error) => read_error(&error),
            Failure::Damage(what) => StoreError::Corrupt {
                execution: arn.to_owned(),
                what,
            },
        })
    }

    pub(super) fn summary(&mut self, id: ExecId) -> Result<Option<Summary>, StoreError> {
        self.in_snapshot(id, |reader| reader.read_summary(id))
    }

    pub(super) fn load(&mut self, id: ExecId) -> Result<Option<Loaded>, StoreError> {
        self.in_snapshot(id, |reader| {
            let Some(summary) = reader.read_summary(id)? else {
                return Ok(None);
            };
            let (payloads, large) = reader.read_payloads(id)?;
            let mut events = Vec::new();
            reader.read_events(id, place::ALL, &mut events, &mut |number| {
                large
                    .get(&number)
                    .cloned()
                    .ok_or_else(|| Failure::Damage(format!("payload {number} is missing")))
            })?;
            codec::check_whole(&events, summary.events)?;
            Ok(Some(Loaded {
                summary,
                events,
                payloads,
            }))
        })
    }

    pub(super) fn history(&mut self, id: ExecId, page: HistoryPage) -> Result<Vec<Event>, StoreError> {
        self.in_snapshot(id, |reader| {
            let Some((low, high)) = page.range(reader.last_event(id)?) else {
                return Ok(Vec::new());
            };
            let sql = "SELECT key FROM history WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1";
            let before = params![id.key(0), id.key(place::at_or_before(low))];
            let first: Option<i64> = reader.one(sql, before, |row| Ok(row.get(0)?))?;
            let first = first.map_or(0, place::of_key);
            let mut large = HashMap::new();
            let mut events = Vec::new();
            // Silent events that follow the last one may be at the beginning of the next blob.
            reader.read_events(id, (first, place::of(high + 1)), &mut events, &mut |number| {
                if let Some(payload) = large.get(&number) {
                    return Ok(Payload::clone(payload));
                }
                let sql = "SELECT bytes FROM payload WHERE key = ?1";
                let payload = reader.one(sql, [id.key(number)], |row| {
                    Ok(decode_payload(
                        row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?,
                    )?)
                })?;
                let payload = payload.ok_or_else(|| format!("payload {number} is missing"))?;
                large.insert(number, payload.clone());
                Ok(payload)
            })?;
            page.arrange((low, high), &mut events);
            check_page(&events, (low, high), page.reverse)?;
            Ok(events)
        })
    }

    pub(super) fn executions(&mut self, query: &ExecutionQuery) -> Result<Vec<Summary>, StoreError> {
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(|error| read_error(&error))?;
        let positions = self.positions(query).map_err(|failure| match failure {
            Failure::Sql(error) => read_error(&error),
            Failure::Damage(what) => StoreError::CorruptRecord {
                record: "a list of executions".to_owned(),
                what,
            },
        })?;
        let mut found = Vec::with_capacity(positions.len());
        for position in positions {
            let summary = match self.read_summary(position.id) {
                Ok(summary) => summary,
                Err(Failure::Damage(what)) => {
                    // Whoever asks for it is told; the others are listed.
                    let error = self.name(position.id, Failure::Damage(what));
                    tracing::error!(%error, "an execution is left out of a list");
                    None
                }
                Err(failure) => return Err(self.name(position.id, failure)),
            };
            // Lists are keyed by a hash, which another ARN may share.
            found.extend(summary.filter(|summary| query.of.has(&summary.created)));
        }
        transaction.finish().map_err(|error| read_error(&error))?;
        Ok(found)
    }

    /// Merges the ranges of the statuses asked for, from the newest on.
    fn positions(&self, query: &ExecutionQuery) -> Result<Vec<Position>, Failure> {
        let (column, arn) = match &query.of {
            Listed::Machine(arn) => ("machine", arn),
            Listed::Version(arn) => ("version", arn),
            Listed::Alias(arn) => ("alias", arn),
            Listed::MapRun(arn) => ("map_run", arn),
        };
        let sql = format!(
            "SELECT listed, id FROM execution INDEXED BY execution_of_{column}
             WHERE status = ?1 AND {column} = ?2 AND (listed, id) < (?3, ?4) ORDER BY listed DESC, id DESC"
        );
        let after = query
            .after
            .map_or((i64::MAX, i64::MAX), |after| (after.at.0, after.id.row()));
        let statuses = query
            .status
            .as_ref()
            .map_or(&Status::ALL[..], std::slice::from_ref);
        let mut statements = Vec::with_capacity(statuses.len());
        for _ in statuses {
            statements.push(self.connection.prepare_cached(&sql)?);
        }
        let mut ranges = Vec::with_capacity(statuses.len());
        for (statement, status) in statements.iter_mut().zip(statuses) {
            ranges.push(statement.query(params![
                *status as i64,
                ArnHash::of(arn).short(),
                after.0,
                after.1
            ])?);
        }
        let next = |rows: &mut Rows<'_>| -> Result<Option<Position>, Failure> {
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            Ok(Some(Position {
                at: Millis(row.get(0)?),
                id: id(row, 1)?,
            }))
        };
        let mut heads = BinaryHeap::new();
        for (place, rows) in ranges.iter_mut().enumerate() {
            heads.extend(next(rows)?.map(|position| (position, Reverse(place))));
        }
        let mut merged = Vec::new();
        while merged.len() < query.limit
            && let Some((position, Reverse(place))) = heads.pop()
        {
            merged.push(position);
            heads.extend(next(&mut ranges[place])?.map(|position| (position, Reverse(place))));
        }
        Ok(merged)
    }

    pub(super) fn open(
        &self,
        after: Option<ExecId>,
        limit: usize,
    ) -> Result<Vec<(ExecId, OpenRow)>, StoreError> {
        self.rows("open", after, limit, |row| {
            let (due, wake) = (row.get(1)?, row.get(2)?);
            let id = id(row, 0)?;
            let is_whole = open_sum(row.get(0)?, due, wake) == row.get::<_, i64>(3)?;
            let open = if is_whole {
                OpenRow {
                    due: due.map(Millis),
                    wake,
                }
            } else {
                // Its history says what the row should.
                tracing::error!(execution = %id, "the row of an open execution is damaged, so its history is read");
                OpenRow { due: None, wake: true }
            };
            Ok((id, open))
        })
    }

    pub(super) fn latest(&self) -> Result<Option<ExecId>, StoreError> {
        let sql = "SELECT max(coalesce((SELECT max(id) FROM execution), -1), coalesce((SELECT max(id) FROM express), -1))";
        let row: i64 = self
            .connection
            .query_row(sql, [], |row| row.get(0))
            .map_err(|error| read_error(&error))?;
        Ok(ExecId::from_row(row))
    }

    pub(super) fn express_pending(
        &self,
        after: Option<ExecId>,
        limit: usize,
    ) -> Result<Vec<ExpressStart>, StoreError> {
        self.rows("express", after, limit, |row| {
            let created = created_of(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
            let input = decode_payload(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
            Ok(ExpressStart {
                id: id(row, 0)?,
                created,
                input,
            })
        })
    }

    pub(super) fn map_children(
        &self,
        map_run: &str,
        after: Option<ExecId>,
        limit: usize,
    ) -> Result<Vec<MapChild>, StoreError> {
        let damaged = |failure| match failure {
            Failure::Sql(error) => read_error(&error),
            Failure::Damage(what) => StoreError::CorruptRecord {
                record: map_run.to_owned(),
                what,
            },
        };
        self.read_map_children(map_run, after, limit).map_err(damaged)
    }

    fn read_map_children(
        &self,
        map_run: &str,
        after: Option<ExecId>,
        limit: usize,
    ) -> Result<Vec<MapChild>, Failure> {
        let sql =
            "SELECT id, status, created, redriven, listed, stopped, sum FROM execution INDEXED BY map_child
                   WHERE map_run = ?1 AND id > ?2 ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let after = after.map_or(-1, ExecId::row);
        let mut rows = statement.query(params![ArnHash::of(map_run).short(), after])?;
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(row) = rows.next()?
        {
            let sum = execution_sum(row.get(0)?, row.get(1)?, row.get(4)?, row.get(5)?);
            if sum != row.get::<_, i64>(6)? {
                return Err(Failure::Damage("the checksum of a row is wrong".to_owned()));
            }
            let created = created_of(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
            let Some(seat) = created
                .map_seat
                .filter(|_| created.map_run_arn.as_deref() == Some(map_run))
            else {
                continue;
            };
            found.push(MapChild {
                id: id(row, 0)?,
                seat,
                status: status(row, 1)?,
                redriven: row.get::<_, Option<i64>>(3)?.map(Millis),
            });
        }
        Ok(found)
    }

    /// The rows of a table that is keyed by id, after one. Damaged ones are left out.
    fn rows<T>(
        &self,
        table: &'static str,
        after: Option<ExecId>,
        limit: usize,
        mut give: impl FnMut(&Row<'_>) -> Result<T, Failure>,
    ) -> Result<Vec<T>, StoreError> {
        let sql = format!("SELECT * FROM {table} WHERE id > ?1 ORDER BY id");
        let after = after.map_or(-1, ExecId::row);
        let mut statement = self
            .connection
            .prepare_cached(&sql)
            .map_err(|error| read_error(&error))?;
        let mut rows = statement.query([after]).map_err(|error| read_error(&error))?;
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(row) = rows.next().map_err(|error| read_error(&error))?
        {
            match give(row) {
                Ok(row) => found.push(row),
                Err(Failure::Sql(error)) => return Err(read_error(&error)),
                Err(Failure::Damage(what)) => {
                    let number: i64 = row.get(0).unwrap_or(-1);
                    tracing::error!(table, number, what, "a damaged row is left out");
                }
            }
        }
        Ok(found)
    }

    fn read_summary(&self, id: ExecId) -> Result<Option<Summary>, Failure> {
        let sql =
            "SELECT status, created, stopped, redrives, redriven, listed, sum FROM execution WHERE id = ?1";
        let events = self.last_event(id)?;
        self.one(sql, [id.row()], |row| {
            let status = status(row, 0)?;
            let created = created_of(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
            let stopped: Option<i64> = row.get(2)?;
            if execution_sum(id.row(), row.get(0)?, row.get(5)?, stopped) != row.get::<_, i64>(6)? {
                return Err(Failure::Damage("the checksum of its row is wrong".to_owned()));
            }
            let redriven = match (row.get(3)?, row.get(4)?) {
                (Some(count), Some(at)) => Some(Redriven {
                    count,
                    at: Millis(at),
                }),
                _ => None,
            };
            Ok(Summary {
                id,
                created,
                status,
                stopped: stopped.map(Millis),
                redriven,
                events,
            })
        })
    }

    fn last_event(&self, id: ExecId) -> Result<u64, Failure> {
        let sql = "SELECT key, count FROM history WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1";
        let last = self.one(sql, params![id.key(0), id.key(u16::MAX)], |row| {
            let (key, count): (i64, u32) = (row.get(0)?, row.get(1)?);
            Ok(u64::from(place::start(place::of_key(key))) + u64::from(count))
        })?;
        Ok(last.unwrap_or(0).saturating_sub(1))
    }

    fn read_payloads(&self, id: ExecId) -> Result<(PayloadTable, HashMap<u16, Payload>), Failure> {
        let sql = "SELECT key, bytes FROM payload WHERE key BETWEEN ?1 AND ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![id.key(0), id.key(u16::MAX)])?;
        let (mut table, mut large) = (PayloadTable::default(), HashMap::new());
        while let Some(row) = rows.next()? {
            let number = (row.get::<_, i64>(0)? & 0xffff) as u16;
            let payload = decode_payload(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
            table.insert(number, &payload);
            large.insert(number, payload);
        }
        Ok((table, large))
    }

    /// Decodes the blobs in a range of places.
    fn read_events(
        &self,
        id: ExecId,
        range: (u16, u16),
        events: &mut Vec<Event>,
        large: &mut dyn FnMut(u16) -> Result<Payload, Failure>,
    ) -> Result<(), Failure> {
        let sql = "SELECT key, bytes, count FROM history WHERE key BETWEEN ?1 AND ?2 ORDER BY key";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![id.key(range.0), id.key(range.1)])?;
        while let Some(row) = rows.next()? {
            let first = place::start(place::of_key(row.get(0)?));
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let before = events.len();
            codec::decode(bytes, large, events).map_err(|failure| match failure {
                Failure::Damage(what) => Failure::Damage(format!("the events from {first} on: {what}")),
                failure => failure,
            })?;
            let mut numbered = events[before..].iter().filter(|event| !event.detail.is_silent());
            let end = numbered.next_back().map_or(u64::from(first), |last| last.id + 1);
            let expected = u64::from(first) + u64::from(row.get::<_, u32>(2)?);
            if end != expected {
                let what =
                    format!("the events from {first} on: they end before {end} and not before {expected}");
                return Err(Failure::Damage(what));
            }
        }
        Ok(())
    }

    /// Shows every row that a query gives.
    pub(super) fn each_row(
        &self,
        sql: &str,
        mut show: impl FnMut(&Row<'_>) -> Result<(), rusqlite::Error>,
    ) -> Result<(), rusqlite::Error> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            show(row)?;
        }
        Ok(())
    }

    fn one<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        give: impl FnOnce(&Row<'_>) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let mut statement: CachedStatement<'_> = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        rows.next()?.map(give).transpose()
    }

    /// Reads as of one moment, and says whose data it was when something is wrong.
    fn in_snapshot<T>(
        &self,
        id: ExecId,
        read: impl FnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(|error| read_error(&error))?;
        let answer = read(self).map_err(|failure| self.name(id, failure))?;
        transaction.finish().map_err(|error| read_error(&error))?;
        Ok(answer)
    }

    /// The error that names the execution: by its ARN if that can be read.
    fn name(&self, id: ExecId, failure: Failure) -> StoreError {
        let what = match failure {
            Failure::Sql(error) => return read_error(&error),
            Failure::Damage(what) => what,
        };
        let sql = "SELECT created FROM execution WHERE id = ?1";
        let created: Option<Vec<u8>> = self
            .connection
            .query_row(sql, [id.row()], |row| row.get(0))
            .optional()
            .unwrap_or_default();
        let arn = created
            .and_then(|bytes| created_of(&bytes).ok())
            .map(|created| created.arn.to_string());
        StoreError::Corrupt {
            execution: arn.unwrap_or_else(|| id.to_string()),
            what,
        }
    }
}

/// The record in a column.
fn created_of(bytes: &[u8]) -> Result<Created, Damage> {
    unseal(bytes).and_then(decode_created)
}

/// Whether a page has all events that it should have.
fn check_page(events: &[Event], (low, high): (u64, u64), reverse: bool) -> Result<(), Damage> {
    let mut numbered = events.iter().filter(|event| !event.detail.is_silent());
    for offset in 0..=high - low {
        let expected = if reverse { high - offset } else { low + offset };
        if numbered.next().is_none_or(|event| event.id != expected) {
            return Err(format!("event {expected} is missing"));
        }
    }
    Ok(())
}

/// The id in a column.
fn id(row: &Row<'_>, column: usize) -> Result<ExecId, Failure> {
    let number: i64 = row.get(column)?;
    ExecId::from_row(number).ok_or_else(|| Failure::Damage(format!("{number} is no execution's number")))
}

/// The status in a column.
fn status(row: &Row<'_>, column: usize) -> Result<Status, Failure> {
    let place = usize::try_from(row.get::<_, i64>(column)?).ok();
    let status = place.and_then(|place| Status::ALL.get(place));
    Ok(*status.ok_or_else(|| "its status is unknown".to_owned())?)
}

//! Check: reads all that is in a data folder, and says what is damaged.

use std::fmt;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::catalog::{Activity, Alias, Machine, Revision, Version};
use crate::embedded::folder::Folder;
use crate::embedded::reader::Reader;
use crate::embedded::{OpenError, catalog, schema};
use crate::id::ExecId;
use crate::map_run::MapRun;
use crate::record::HistoryPage;

/// How many findings are told of; a folder with so many is not worth reading on.
const FINDINGS_MAX: usize = 1000;

/// How many executions are checked between two words about it.
const TELL_EVERY: u64 = 10_000;

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Executions, with all their events and payloads.
    pub executions: u64,
    /// Events of theirs.
    pub events: u64,
    /// Records of the catalogue.
    pub records: u64,
    /// What was found to be wrong.
    pub findings: usize,
}

/// What a check says while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling<'a> {
    /// What it does now.
    Looking(&'a str),
    /// How many executions it has read, of how many.
    Read(u64, u64),
    /// Something is wrong.
    Finding(&'a str),
}

/// Reads everything in a data folder that no server uses, without changing it. Damage is told and counted; an error
/// is what keeps it from being looked for.
pub fn check(path: &Path, tell: &mut dyn FnMut(Telling<'_>)) -> Result<Checked, OpenError> {
    schema::check_sqlite()?;
    if !path.join("stepwell.db").exists() {
        return Err(OpenError::Unusable {
            folder: path.display().to_string(),
            error: "there is no stepwell.db in it".to_owned(),
        });
    }
    let folder = Folder::claim(path)?;
    let unusable = |error: rusqlite::Error| OpenError::Unusable {
        folder: folder.shown.clone(),
        error: error.to_string(),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&folder.database, flags).map_err(unusable)?;
    // The log stays as it is, so that nothing is lost whatever is found.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(unusable)?;
    schema::prepare_reader(&connection).map_err(unusable)?;
    schema::check_format(&connection, &folder.shown)?;
    let mut check = Check {
        reader: Reader::new(connection),
        checked: Checked::default(),
        tell,
    };
    check.run();
    Ok(check.checked)
}

struct Check<'a> {
    reader: Reader,
    checked: Checked,
    tell: &'a mut dyn FnMut(Telling<'_>),
}

impl Check<'_> {
    fn run(&mut self) {
        self.pages();
        self.catalog();
        self.executions();
        self.open();
        self.orphans();
    }

    fn is_enough(&self) -> bool {
        self.checked.findings >= FINDINGS_MAX
    }

    fn find(&mut self, what: impl fmt::Display) {
        if self.is_enough() {
            return;
        }
        self.checked.findings += 1;
        (self.tell)(Telling::Finding(&what.to_string()));
    }

    /// SQLite's own look at each table: its pages, and whether its indexes say the same.
    fn pages(&mut self) {
        for table in self.texts("SELECT name FROM sqlite_schema WHERE type = 'table'") {
            (self.tell)(Telling::Looking(&format!("the pages of table {table}")));
            for what in self.texts(&format!("PRAGMA integrity_check('{table}')")) {
                if what != "ok" {
                    self.find(format!("table {table}: {what}"));
                }
            }
        }
    }

    fn catalog(&mut self) {
        (self.tell)(Telling::Looking("state machines and activities"));
        self.records::<Machine>("machine", "arn");
        self.records::<Revision>("revision", "machine_arn");
        self.records::<Version>("version", "machine_arn");
        self.records::<Alias>("alias", "machine_arn");
        self.records::<Activity>("activity", "arn");
        self.records::<MapRun>("map_run", "arn");
    }

    fn records<T: serde::de::DeserializeOwned>(&mut self, table: &str, arn: &str) {
        let mut found = Vec::new();
        let mut count = 0;
        let sql = format!("SELECT {arn}, record FROM {table}");
        let read = catalog::each(&self.reader, &sql, [], |arn, text| {
            count += 1;
            found.extend(catalog::parse::<T>(arn, text).err());
            Ok(true)
        });
        self.checked.records += count;
        found.extend(read.err());
        for error in found {
            self.find(format!("{table}: {error}"));
        }
    }

    fn executions(&mut self) {
        (self.tell)(Telling::Looking("executions"));
        let count = self.numbers("SELECT count(*) FROM execution");
        let count = count
            .first()
            .map_or(0, |count| u64::try_from(*count).unwrap_or(0));
        let mut after = -1;
        while !self.is_enough() {
            let sql = format!("SELECT id FROM execution WHERE id > {after} ORDER BY id LIMIT 1000");
            let rows = self.numbers(&sql);
            let Some(last) = rows.last() else { return };
            after = *last;
            for row in rows {
                self.execution(row);
                if self.checked.executions.is_multiple_of(TELL_EVERY) {
                    (self.tell)(Telling::Read(self.checked.executions, count));
                }
            }
        }
    }

    fn execution(&mut self, row: i64) {
        self.checked.executions += 1;
        let Some(id) = ExecId::from_row(row) else {
            return self.find(format!("an execution has the number {row}, which none can have"));
        };
        let loaded = match self.reader.load(id) {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return,
            Err(error) => return self.find(error),
        };
        self.checked.events += loaded.summary.events;
        let arn = &loaded.summary.created.arn;
        match self.reader.find(arn) {
            Ok(Some(found)) if found == id => {}
            Ok(_) => self.find(format!("execution {arn} can't be found by its name")),
            Err(error) => self.find(error),
        }
        // Pages are read in another way than whole histories.
        if let Err(error) = self.reader.history(id, HistoryPage::forward(1, 1)) {
            self.find(error);
        }
    }

    /// Recovery relies on it that exactly those that run have a row.
    fn open(&mut self) {
        (self.tell)(Telling::Looking("open executions"));
        let running = "SELECT id FROM execution WHERE status = 0 AND id NOT IN (SELECT id FROM open)";
        for row in self.numbers(running) {
            self.find(format!("execution {row:012x} runs, and is not known to be open"));
        }
        let ended = "SELECT id FROM open WHERE id NOT IN (SELECT id FROM execution WHERE status = 0)";
        for row in self.numbers(ended) {
            self.find(format!(
                "execution {row:012x} is said to be open, and does not run"
            ));
        }
        if let Err(error) = self.reader.express_pending(None, usize::MAX) {
            self.find(error);
        }
    }

    /// Events and payloads of executions that are not there, and are not being removed.
    fn orphans(&mut self) {
        for table in ["history", "payload"] {
            (self.tell)(Telling::Looking(&format!("whose {table} is there")));
            let sql = format!(
                "SELECT DISTINCT key >> 16 FROM {table}
                 WHERE key >> 16 NOT IN (SELECT id FROM execution) AND key >> 16 NOT IN (SELECT id FROM removed)"
            );
            for row in self.numbers(&sql) {
                self.find(format!("{table} of execution {row:012x}, which is not there"));
            }
        }
    }

    fn numbers(&mut self, sql: &str) -> Vec<i64> {
        self.column(sql)
    }

    fn texts(&mut self, sql: &str) -> Vec<String> {
        self.column(sql)
    }

    /// What a query gives; what can't be read is a finding.
    fn column<T: rusqlite::types::FromSql>(&mut self, sql: &str) -> Vec<T> {
        let mut found = Vec::new();
        let read = self.reader.each_row(sql, |row| {
            found.push(row.get(0)?);
            Ok(())
        });
        if let Err(error) = read {
            self.find(format!("{sql}: {error}"));
        }
        found
    }
}

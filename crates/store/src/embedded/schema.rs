//! The tables, and what every connection is set to.

use rusqlite::Connection;

use crate::embedded::OpenError;
use crate::error::StoreError;

/// Marks a database file as ours: "STEP".
pub(super) const APPLICATION_ID: i32 = 0x5354_4550;

/// The newest layout this version reads and writes.
const FORMAT: i64 = 3;

/// Earlier ones could lose committed data when the write-ahead log was reset.
const SQLITE_MIN: i32 = 3_051_003;

/// `execution.machine`, `.version`, `.alias` and `.map_run` are hashes of ARNs; `.listed` is the moment
/// that lists are ordered by. Expiry reads `execution_ended` from its beginning; `created` says the name's hash,
/// and the keys of history and payloads begin with the id. `removed` has executions that are gone but for some of
/// their events and payloads.
///
/// Whatever has no frame has a checksum: `sum` of the numbers that matter, the others at the end of `created` and
/// at the beginning of `record`.
const TABLES: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE execution (
        id INTEGER PRIMARY KEY,
        status INT NOT NULL,
        machine INT NOT NULL,
        listed INT NOT NULL,
        created BLOB NOT NULL,
        stopped INT,
        sum INT NOT NULL,
        version INT,
        alias INT,
        map_run INT,
        redrives INT,
        redriven INT
    ) STRICT;
    CREATE INDEX execution_of_machine ON execution (status, machine, listed);
    CREATE INDEX execution_of_version ON execution (status, version, listed) WHERE version IS NOT NULL;
    CREATE INDEX execution_of_alias ON execution (status, alias, listed) WHERE alias IS NOT NULL;
    CREATE INDEX map_child ON execution (map_run, id) WHERE map_run IS NOT NULL;
    CREATE INDEX execution_of_map_run ON execution (status, map_run, listed) WHERE map_run IS NOT NULL;
    CREATE INDEX execution_ended ON execution (stopped) WHERE stopped IS NOT NULL;

    CREATE TABLE removed (id INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE name (hash BLOB PRIMARY KEY, id INT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE open (id INTEGER PRIMARY KEY, due INT, wake INT NOT NULL, sum INT NOT NULL) STRICT;
    CREATE TABLE history (key INTEGER PRIMARY KEY, count INT NOT NULL, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE payload (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE express (id INTEGER PRIMARY KEY, created BLOB NOT NULL, input BLOB NOT NULL) STRICT;

    CREATE TABLE machine (arn TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
    CREATE TABLE revision (
        machine_arn TEXT NOT NULL,
        id TEXT NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (machine_arn, id)
    ) STRICT;
    CREATE TABLE version (
        machine_arn TEXT NOT NULL,
        number INT NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (machine_arn, number)
    ) STRICT;
    CREATE TABLE alias (
        machine_arn TEXT NOT NULL,
        name TEXT NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (machine_arn, name)
    ) STRICT;
    CREATE TABLE activity (arn TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;

    CREATE TABLE map_run (
        arn TEXT PRIMARY KEY,
        execution INT NOT NULL,
        event INT NOT NULL,
        open INT NOT NULL,
        record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX map_run_of_execution ON map_run (execution, event);
    CREATE INDEX open_map_run ON map_run (arn) WHERE open;
";

/// How many statements a connection keeps prepared: more than there are.
const STATEMENTS: usize = 64;

/// Refuses a SQLite that is too old.
pub(super) fn check_sqlite() -> Result<(), OpenError> {
    let number = rusqlite::version_number();
    if number < SQLITE_MIN {
        return Err(OpenError::OldSqlite(rusqlite::version().to_owned()));
    }
    Ok(())
}

/// Sets a connection up for writing. Creates the tables when the file is empty; refuses what is not ours
/// or newer than we are.
pub(super) fn prepare_writer(connection: &mut Connection, folder: &str) -> Result<(), OpenError> {
    let foreign = |_| OpenError::Foreign(folder.to_owned());
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(foreign)?;
    if tables == 0 {
        create(connection).map_err(|error| OpenError::Store(write_error(&error)))?;
    }
    check_format(connection, folder)?;
    // Checkpoints are ours to make, on this connection alone, and never in the way of an answer. A larger cache makes
    // commits slower: whenever pages were exchanged in a balance, the end of the transaction looks at all that it holds.
    let set = connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -16384;
         PRAGMA temp_store = MEMORY;",
    );
    set.map_err(|error| OpenError::Store(write_error(&error)))
}

/// Refuses a format that is not ours.
pub(super) fn check_format(connection: &Connection, folder: &str) -> Result<(), OpenError> {
    let format: i64 = connection
        .query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| {
            row.get(0)
        })
        .map_err(|_| OpenError::Foreign(folder.to_owned()))?;
    if format < FORMAT {
        return Err(OpenError::Older {
            folder: folder.to_owned(),
            found: format,
            known: FORMAT,
        });
    }
    if format > FORMAT {
        return Err(OpenError::Newer {
            folder: folder.to_owned(),
            found: format,
            known: FORMAT,
        });
    }
    Ok(())
}

/// All tables or none. The application id is in the file itself, not in the write-ahead log, so that the
/// folder is known as ours from here on.
fn create(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch("PRAGMA page_size = 4096;")?;
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute("INSERT INTO meta VALUES ('format', ?1)", [FORMAT])?;
    transaction.commit()
}

/// Sets a connection up for reading.
pub(super) fn prepare_reader(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(
        // Nothing is mapped into memory: a page that can't be read must be an error and not the end of the process.
        "PRAGMA query_only = ON;
         PRAGMA cache_size = -4096;
         PRAGMA mmap_size = 0;
         PRAGMA wal_autocheckpoint = 0;",
    )
}

/// What an error while writing means.
pub(super) fn write_error(error: &rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode;
    use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};
    let Some(code) = error.sqlite_error() else {
        return StoreError::Io(format!("failed to write: {error}"));
    };
    match code.code {
        ErrorCode::DiskFull => StoreError::DiskFull(error.to_string()),
        // After a sync that failed nobody knows what is on disk. Whatever else fails leaves no commit behind.
        ErrorCode::SystemIoFailure
            if [SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC].contains(&code.extended_code) =>
        {
            StoreError::Fatal(format!("failed to write: {error}"))
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => damaged(error),
        _ => StoreError::Io(format!("failed to write: {error}")),
    }
}

/// Pages of the database are not what they should be, and nobody can say whose data was in them.
fn damaged(error: &rusqlite::Error) -> StoreError {
    StoreError::CorruptRecord {
        record: "the database".to_owned(),
        what: format!("{error}; stop the server and run `stepwell check`"),
    }
}

/// Whether an error means that pages of the database are not what they should be.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode;
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// What an error while reading means.
pub(super) fn read_error(error: &rusqlite::Error) -> StoreError {
    if is_damage(error) {
        return damaged(error);
    }
    StoreError::Io(format!("failed to read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn meaning(code: i32) -> StoreError {
        write_error(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_full_disk_can_be_survived() {
        assert!(matches!(meaning(ffi::SQLITE_FULL), StoreError::DiskFull(_)));
        for code in [
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_IOERR_TRUNCATE,
            ffi::SQLITE_IOERR_READ,
        ] {
            assert!(matches!(meaning(code), StoreError::Io(_)), "{code}");
        }
    }

    #[test]
    fn a_failed_sync_can_not() {
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC] {
            assert!(matches!(meaning(code), StoreError::Fatal(_)), "{code}");
        }
    }

    #[test]
    fn damage_is_called_damage() {
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            let meaning = meaning(code);
            assert!(matches!(&meaning, StoreError::CorruptRecord { .. }), "{meaning}");
        }
    }

    /// Otherwise `fdatasync` is not used, which no option tells.
    #[test]
    fn the_bundled_sqlite_is_built_as_the_configuration_of_cargo_says() {
        let connection = Connection::open_in_memory().unwrap();
        let sql = "SELECT sqlite_compileoption_used('OMIT_SHARED_CACHE')";
        let is_used: bool = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert!(is_used, "LIBSQLITE3_FLAGS of .cargo/config.toml are not in force");
    }

    #[test]
    fn the_bundled_sqlite_is_new_enough() {
        assert!(check_sqlite().is_ok());
    }
}

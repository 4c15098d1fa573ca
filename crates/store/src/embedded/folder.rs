//! The data folder: ours alone while the store is open.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::embedded::schema::APPLICATION_ID;
use crate::embedded::{OpenError, journal};

pub(super) const DATABASE: &str = "stepwell.db";
const JOURNAL: &str = "stepwell.db-journal";
pub(super) const LOG: &str = "stepwell.db-wal";
const LOCK: &str = "lock";

/// Stands in the lock file as long as there must be a write-ahead log.
const OPEN: &str = "open";

/// How long somebody else may still have the folder, and how often that is tried.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);

/// A folder that is locked until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) database: PathBuf,
    /// Its path, for messages.
    pub(super) shown: String,
    lock: File,
    /// Locked as well, since the lock file can be removed.
    _itself: File,
}

impl Folder {
    /// Creates the folder or takes an existing one. One that has something else in it is left as it is.
    pub(super) fn claim(path: &Path) -> Result<Self, OpenError> {
        let shown = path.display().to_string();
        let unusable = |error: io::Error| OpenError::Unusable {
            folder: shown.clone(),
            error: error.to_string(),
        };
        create(path).map_err(unusable)?;
        if !is_ours(path).map_err(unusable)? {
            return Err(OpenError::Foreign(shown));
        }
        if is_remote(path) {
            return Err(OpenError::Remote(shown));
        }
        let itself = File::open(path).map_err(unusable)?;
        let lock = path.join(LOCK);
        let mut lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(lock)
            .map_err(unusable)?;
        if !lock_patiently(&itself, &lock).map_err(unusable)? {
            // The owner may be about to write its number.
            let noted = noted(&mut lock).unwrap_or_default();
            let process = noted.lines().next();
            return Err(OpenError::InUse {
                folder: shown,
                process: process.and_then(|process| process.parse().ok()),
            });
        }
        let was_open = noted(&mut lock).map_err(unusable)?.lines().nth(1) == Some(OPEN);
        let log = path.join(LOG);
        if was_open && !log.try_exists().map_err(unusable)? {
            return Err(OpenError::LogMissing(shown));
        }
        if let Some(what) = journal::damage(&log).map_err(unusable)? {
            return Err(OpenError::LogDamaged { folder: shown, what });
        }
        let database = path.join(DATABASE);
        if !log.exists() && is_truncated(&database).map_err(unusable)? {
            return Err(OpenError::Truncated(shown));
        }
        let mut folder = Self {
            database,
            shown: shown.clone(),
            lock,
            _itself: itself,
        };
        folder.note("").map_err(unusable)?;
        Ok(folder)
    }

    /// Writes the write-ahead log once more, where there is one: what it has need not be on disk.
    pub(super) fn renew_log(&self) -> io::Result<()> {
        journal::renew(&self.database.with_file_name(LOG))
    }

    /// Notes that there is a write-ahead log from now on: if it is not there the next time, something that was
    /// saved is missing.
    pub(super) fn note_open(&mut self) -> io::Result<()> {
        if let Some(folder) = self.database.parent() {
            File::open(folder)?.sync_all()?;
        }
        self.note(OPEN)?;
        self.lock.sync_all()
    }

    /// Notes that the write-ahead log may go.
    pub(super) fn note_closing(&mut self) -> io::Result<()> {
        self.note("")?;
        self.lock.sync_all()
    }

    /// Notes who uses the folder, and how.
    fn note(&mut self, how: &str) -> io::Result<()> {
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        writeln!(self.lock, "{}\n{how}", std::process::id())
    }
}

/// Creates the folder so that it outlives a crash, and so that only its owner sees what is in it.
fn create(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

/// Whether the folder is empty or has our database in it.
fn is_ours(path: &Path) -> io::Result<bool> {
    let mut header = [0; 72];
    match File::open(path.join(DATABASE)) {
        Ok(mut database) => match database.read_exact(&mut header) {
            Ok(()) => {
                let application = [header[68], header[69], header[70], header[71]];
                let marked = i32::from_be_bytes(application) == APPLICATION_ID;
                // A crash while the tables were created leaves a file that SQLite will make empty.
                Ok(header.starts_with(b"SQLite format 3\0") && (marked || path.join(JOURNAL).exists()))
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(database.metadata()?.len() == 0),
            Err(error) => Err(error),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            for entry in fs::read_dir(path)? {
                if entry?.file_name() != LOCK {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

/// Whether the folder is on a network file system, where locks and shared memory can't be relied on.
#[cfg(target_os = "linux")]
fn is_remote(path: &Path) -> bool {
    const NFS: u64 = 0x6969;
    const CIFS: u64 = 0xff53_4d42;
    const SMB2: u64 = 0xfe53_4d42;
    const SMB: u64 = 0x517b;
    rustix::fs::statfs(path).is_ok_and(|stat| {
        // The type is a signed word on some machines.
        let kind = (stat.f_type as u64) & 0xffff_ffff;
        [NFS, CIFS, SMB2, SMB].contains(&kind)
    })
}

#[cfg(not(target_os = "linux"))]
fn is_remote(_: &Path) -> bool {
    false
}

/// Locks the folder and its lock file, or says that somebody else has them.
///
/// Who was killed while it began a process leaves its locks to that one, until it runs a program of its own.
fn lock_patiently(folder: &File, lock: &File) -> io::Result<bool> {
    let begun = Instant::now();
    let mut is_free = false;
    loop {
        // Not every system can lock a folder.
        is_free = is_free || !matches!(folder.try_lock(), Err(TryLockError::WouldBlock));
        match lock.try_lock() {
            Ok(()) if is_free => return Ok(true),
            Ok(()) => lock.unlock()?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if begun.elapsed() > PATIENCE {
            return Ok(false);
        }
        std::thread::sleep(PAUSE);
    }
}

/// What the lock file says.
fn noted(lock: &mut File) -> io::Result<String> {
    let mut noted = Vec::new();
    lock.rewind()?;
    lock.take(40).read_to_end(&mut noted)?;
    Ok(String::from_utf8_lossy(&noted).into_owned())
}

/// Whether a database is shorter than it says. Where there is a write-ahead log, that may have the rest.
fn is_truncated(database: &Path) -> io::Result<bool> {
    let mut header = [0; 32];
    let mut file = match File::open(database) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        Err(error) => return Err(error),
    }
    let page_bytes = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65_536,
        bytes => bytes,
    };
    let pages = u64::from(u32::from_be_bytes([
        header[28], header[29], header[30], header[31],
    ]));
    Ok(file.metadata()?.len() < pages * page_bytes)
}

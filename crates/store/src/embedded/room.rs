//! Room: how much the disk of a folder has left, and what is wrong when it takes nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::StoreError;

/// How long what was found is good.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Written to find out why nothing can be written.
const PROBE: &str = "probe";
const PROBE_BYTES: usize = 64 << 10;

/// Watches how much room there is. Nobody looks unless somebody asks.
#[derive(Debug)]
pub(super) struct Room {
    folder: PathBuf,
    reserve_bytes: u64,
    seen: Mutex<Option<(Instant, Option<StoreError>)>>,
}

impl Room {
    pub(super) fn new(folder: PathBuf, reserve_bytes: u64) -> Self {
        Self {
            folder,
            reserve_bytes,
            seen: Mutex::new(None),
        }
    }

    /// What is wrong, when there is less room than the reserve.
    pub(super) fn low(&self) -> Option<StoreError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &*seen {
            Some((at, low)) if at.elapsed() < LOOK_AGAIN => low.clone(),
            _ => {
                let low = self.look();
                *seen = Some((Instant::now(), low.clone()));
                low
            }
        }
    }

    fn look(&self) -> Option<StoreError> {
        let free = free_bytes(&self.folder)?;
        (free < self.reserve_bytes).then(|| {
            StoreError::DiskFull(format!(
                "the disk of {} has {free} bytes left, and the last {} are kept for what has begun",
                self.folder.display(),
                self.reserve_bytes
            ))
        })
    }
}

/// Why nothing can be written to a folder, as far as can be found out by trying.
pub(super) fn trouble(folder: &Path) -> Option<StoreError> {
    let file = folder.join(PROBE);
    let written = fs::write(&file, vec![0; PROBE_BYTES]);
    let _ = fs::remove_file(&file);
    let shown = folder.display();
    match written {
        Err(error) if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            Some(StoreError::DiskFull(format!("{shown}: {error}")))
        }
        Err(error) => Some(StoreError::Io(format!("failed to write to {shown}: {error}"))),
        Ok(()) => file_bytes_max().map(|limit| {
            StoreError::Io(format!(
                "failed to write to {shown}: files may have at most {limit} bytes there; raise the limit (`ulimit -f`)"
            ))
        }),
    }
}

#[cfg(target_os = "linux")]
fn free_bytes(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(target_os = "linux")]
fn file_bytes_max() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Fsize).current
}

#[cfg(not(target_os = "linux"))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn file_bytes_max() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_less_than_the_reserve_is_low() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let room = |reserve| Room::new(folder.path().to_owned(), reserve);
        assert_eq!(room(0).low(), None);
        let low = room(u64::MAX).low().expect("no disk has so much");
        assert!(low.to_string().contains("bytes left"), "{low}");
    }

    #[test]
    fn a_folder_that_takes_what_is_written_has_no_trouble() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        assert_eq!(trouble(folder.path()), None);
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
        let gone = folder.path().join("gone");
        let error = trouble(&gone).expect("there is no such folder").to_string();
        assert!(error.starts_with("failed to write to "), "{error}");
    }
}

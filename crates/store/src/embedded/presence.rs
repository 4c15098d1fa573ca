//! Presence: whether the files that are written to are still those in the folder.
//!
//! A file that is removed while it is open takes all that is written to it, and nobody finds that again.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::embedded::folder::{DATABASE, LOG};
use crate::error::StoreError;

/// The files that commits go to, as they were when they were opened.
#[derive(Debug)]
pub(super) struct Presence([(PathBuf, Identity); 2]);

impl Presence {
    /// Of a folder whose files are open.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let identified = |name| {
            let path = folder.join(name);
            let identity = identity(&fs::metadata(&path)?);
            io::Result::Ok((path, identity))
        };
        Ok(Self([identified(DATABASE)?, identified(LOG)?]))
    }

    /// Fails when a file was removed, moved or replaced.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        for (path, known) in &self.0 {
            let shown = path.display();
            match fs::metadata(path) {
                Ok(metadata) if identity(&metadata) == *known => {}
                Ok(_) => {
                    let what = format!("{shown} was replaced while it was used; put the old file back");
                    return Err(StoreError::Io(what));
                }
                Err(error) => {
                    let what = format!("{shown} is gone: {error}; put it back, or end the server");
                    return Err(StoreError::Io(what));
                }
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

//! Archive: unpacks a function's deployment package, within bounds.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;
use zip::read::ZipFile;

/// The most bytes that a package sent with a request may have: AWS's figure.
pub(crate) const ARCHIVE_BYTES_MAX: usize = 52_428_800;

/// The most bytes that a package may have unpacked: AWS's figure.
pub(crate) const UNPACKED_BYTES_MAX: u64 = 262_144_000;

/// The most files, folders and links in a package. AWS names no figure.
const ENTRIES_MAX: usize = 100_000;

/// The longest target of a link.
const LINK_BYTES_MAX: u64 = 4096;

const UNREADABLE: &str = "Could not unzip uploaded file. Please check your file, then try to upload again.";

/// Why a package was not unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The package itself is wrong: AWS's text where it has one.
    #[error("{0}")]
    Refused(String),
    /// The disk is.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl ArchiveError {
    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }

    /// What went wrong with an entry: the package's fault, not the disk's, if no disk could hold such names.
    fn with_entry(self, name: &Path) -> Self {
        use io::ErrorKind::{AlreadyExists, InvalidFilename, InvalidInput, IsADirectory, NotADirectory};
        match self {
            Self::Disk(error)
                if matches!(
                    error.kind(),
                    AlreadyExists | InvalidFilename | InvalidInput | IsADirectory | NotADirectory
                ) =>
            {
                Self::Refused(format!(
                    "The package's entry {:?} can't be unpacked: {error}",
                    name.display()
                ))
            }
            other => other,
        }
    }
}

/// Unpacks a zip file into a new folder, and makes it outlive a crash.
///
/// Nothing is ever written outside the folder: names that lead out of it, and links that do, are refused. Sizes are
/// counted while they are unpacked, whatever the archive says of itself.
pub(crate) fn unpack(archive: &[u8], folder: &Path) -> Result<(), ArchiveError> {
    unpack_within(archive, folder, UNPACKED_BYTES_MAX)
}

fn unpack_within(archive: &[u8], folder: &Path, limit: u64) -> Result<(), ArchiveError> {
    if archive.is_empty() {
        return Err(ArchiveError::refused("Uploaded file must be a non-empty zip"));
    }
    if archive.len() > ARCHIVE_BYTES_MAX {
        return Err(ArchiveError::refused(format!(
            "Zipped size must be smaller than {ARCHIVE_BYTES_MAX} bytes"
        )));
    }
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|_| ArchiveError::refused(UNREADABLE))?;
    if archive.is_empty() {
        return Err(ArchiveError::refused("Uploaded file must be a non-empty zip"));
    }
    if archive.len() > ENTRIES_MAX {
        return Err(ArchiveError::refused(format!(
            "The package holds more than {ENTRIES_MAX} files"
        )));
    }
    fs::create_dir(folder)?;
    let mut left = limit;
    // Links come last, so that nothing is ever written through one.
    let mut links = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|_| ArchiveError::refused(UNREADABLE))?;
        let name = inside(&entry)?;
        let path = folder.join(&name);
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(|error| ArchiveError::from(error).with_entry(&name))?;
        } else if entry.is_symlink() {
            links.push((name, link_target(&mut entry)?));
        } else {
            write(&mut entry, &path, &mut left, limit).map_err(|error| error.with_entry(&name))?;
        }
    }
    for (name, target) in links {
        link(folder, &name, &target).map_err(|error| error.with_entry(&name))?;
    }
    sync(folder)?;
    Ok(())
}

/// The entry's name, if it stays inside the package.
fn inside<R: Read>(entry: &ZipFile<'_, R>) -> Result<PathBuf, ArchiveError> {
    let refused = || {
        let name = String::from_utf8_lossy(entry.name_raw());
        ArchiveError::refused(format!("The package's entry {name:?} leads out of it"))
    };
    let name = entry.enclosed_name().ok_or_else(refused)?;
    let is_plain = name
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    is_plain.then_some(name).ok_or_else(refused)
}

fn write<R: Read>(
    entry: &mut ZipFile<'_, R>,
    path: &Path,
    left: &mut u64,
    limit: u64,
) -> Result<(), ArchiveError> {
    use std::os::unix::fs::OpenOptionsExt;

    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let is_program = entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(if is_program { 0o755 } else { 0o644 })
        .open(path)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = entry
            .read(&mut buffer)
            .map_err(|_| ArchiveError::refused(UNREADABLE))?;
        if count == 0 {
            break;
        }
        *left = left.checked_sub(count as u64).ok_or_else(|| {
            ArchiveError::refused(format!("Unzipped size must be smaller than {limit} bytes"))
        })?;
        file.write_all(&buffer[..count])?;
    }
    Ok(())
}

fn link_target<R: Read>(entry: &mut ZipFile<'_, R>) -> Result<String, ArchiveError> {
    let mut target = String::new();
    entry
        .take(LINK_BYTES_MAX)
        .read_to_string(&mut target)
        .map_err(|_| ArchiveError::refused(UNREADABLE))?;
    Ok(target)
}

/// Makes a link that stays inside the folder.
fn link(folder: &Path, name: &Path, target: &str) -> Result<(), ArchiveError> {
    let mut depth = name.components().count().saturating_sub(1);
    for part in Path::new(target).components() {
        let next = match part {
            Component::Normal(_) => Some(depth + 1),
            Component::CurDir => Some(depth),
            Component::ParentDir => depth.checked_sub(1),
            Component::RootDir | Component::Prefix(_) => None,
        };
        depth = next.ok_or_else(|| {
            ArchiveError::refused(format!("The package's link {:?} leads out of it", name.display()))
        })?;
    }
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match std::os::unix::fs::symlink(target, &path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => Ok(made?),
    }
}

/// Makes all that is in a folder outlive a crash: at once, since a package may have many thousand files.
#[cfg(target_os = "linux")]
fn sync(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()? {
            kind if kind.is_dir() => sync(&entry.path())?,
            kind if kind.is_file() => File::open(entry.path())?.sync_all()?,
            _ => {}
        }
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
pub(crate) mod tests {
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// A zip file of these names and contents; a content after `->` is the target of a link.
    pub(crate) fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            let mode = if name.ends_with("bootstrap") { 0o755 } else { 0o644 };
            let options = SimpleFileOptions::default().unix_permissions(mode);
            match content.strip_prefix(b"->") {
                Some(target) => {
                    let target = std::str::from_utf8(target).unwrap();
                    writer.add_symlink(*name, target, options).unwrap();
                }
                None => {
                    writer.start_file(*name, options).unwrap();
                    writer.write_all(content).unwrap();
                }
            }
        }
        writer.finish().unwrap().into_inner()
    }

    fn unpacked(archive: &[u8]) -> Result<tempfile::TempDir, String> {
        let folder = tempfile::tempdir().unwrap();
        unpack(archive, &folder.path().join("code")).map_err(|error| error.to_string())?;
        Ok(folder)
    }

    #[test]
    fn files_folders_programs_and_links_are_unpacked() {
        use std::os::unix::fs::PermissionsExt;

        let archive = zipped(&[
            ("bootstrap", b"#!/bin/sh"),
            ("lib/a.py", b"x = 1"),
            ("lib/b.py", b"->a.py"),
        ]);
        let folder = unpacked(&archive).unwrap();
        let code = folder.path().join("code");
        assert_eq!(fs::read(code.join("lib/b.py")).unwrap(), b"x = 1");
        let mode = |name: &str| fs::metadata(code.join(name)).unwrap().permissions().mode() & 0o111;
        assert_ne!(mode("bootstrap"), 0);
        assert_eq!(mode("lib/a.py"), 0);
    }

    #[test]
    fn nothing_is_written_outside_the_package() {
        for (name, content) in [
            ("../out", &b"x"[..]),
            ("a/../../out", b"x"),
            ("/etc/out", b"x"),
            ("out", b"->/etc/passwd"),
            ("a/out", b"->../../etc"),
        ] {
            let refusal = unpacked(&zipped(&[(name, content)]));
            // A leading slash is taken off by some tools; what matters is where the file lands.
            if let Ok(folder) = &refusal {
                assert!(
                    folder
                        .path()
                        .join("code")
                        .join(name.trim_start_matches('/'))
                        .exists()
                );
                continue;
            }
            assert!(refusal.unwrap_err().contains("leads out of it"), "{name}");
        }
        let through = zipped(&[("a", b"->b"), ("b/c", b"x"), ("a/d", b"y")]);
        let folder = unpacked(&through).unwrap();
        assert!(folder.path().join("code/a/d").exists());
        assert!(!folder.path().join("code/b/d").exists());
    }

    #[test]
    fn a_name_that_leads_out_is_told_as_it_is() {
        assert_eq!(
            unpacked(&zipped(&[("../out", b"x")])).unwrap_err(),
            "The package's entry \"../out\" leads out of it"
        );
    }

    #[test]
    fn names_that_no_folder_can_hold_are_the_package_s_fault() {
        let long = "x".repeat(300);
        for entries in [
            &[("a/b", &b"x"[..]), ("a", b"y")][..],
            &[("a", b"x"), ("a/b", b"y")],
            &[("a", b"x"), ("a/b/c", b"->d")],
            &[(&long, b"x")],
            &[(&long, b"->a")],
        ] {
            let folder = tempfile::tempdir().unwrap();
            let refusal = unpack(&zipped(entries), &folder.path().join("code")).unwrap_err();
            assert!(
                matches!(&refusal, ArchiveError::Refused(reason) if reason.contains("can't be unpacked")),
                "{refusal:?}"
            );
        }
    }

    #[test]
    fn what_is_no_archive_is_refused_with_the_words_of_aws() {
        let refused = |archive: &[u8]| unpacked(archive).unwrap_err();
        assert_eq!(refused(b""), "Uploaded file must be a non-empty zip");
        assert_eq!(refused(&zipped(&[])), "Uploaded file must be a non-empty zip");
        assert_eq!(refused(b"not a zip"), UNREADABLE);
        let whole = zipped(&[("a.py", &[b'x'; 5000])]);
        assert_eq!(refused(&whole[..whole.len() / 2]), UNREADABLE);
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let zeros = vec![0; 1 << 20];
        let bomb = zipped(&[("a", &zeros), ("b", &zeros), ("c", &zeros)]);
        assert!(bomb.len() < 1 << 14);
        let folder = tempfile::tempdir().unwrap();
        let within = |name: &str, limit| unpack_within(&bomb, &folder.path().join(name), limit);
        assert!(within("fits", 3 << 20).is_ok());
        assert_eq!(
            within("bursts", 2_500_000).unwrap_err().to_string(),
            "Unzipped size must be smaller than 2500000 bytes"
        );
    }
}

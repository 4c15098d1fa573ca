//! Notices that a function's code has changed.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;

/// How many directory entries are looked at; what lies beyond can change unnoticed.
const ENTRIES_MAX: usize = 1000;
const DEPTH_MAX: usize = 8;
/// Folders of installed packages and caches, which nobody edits and which can be huge.
const UNWATCHED: [&str; 6] = [
    "node_modules",
    "__pycache__",
    "site-packages",
    "target",
    "venv",
    "dist-info",
];

/// A fingerprint of the names, sizes and times of the files under a code directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// Looks at the directory as it is now. What can't be read counts as absent.
    pub(crate) fn of(code: &Path) -> Self {
        let mut hasher = DefaultHasher::new();
        let mut left = ENTRIES_MAX;
        add_folder(code, 0, &mut left, &mut hasher);
        Self(hasher.finish())
    }
}

fn add_folder(folder: &Path, depth: usize, left: &mut usize, hasher: &mut DefaultHasher) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().take(*left).collect();
    *left -= entries.len();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let unwatched = name
            .to_str()
            .is_some_and(|name| name.starts_with('.') || UNWATCHED.contains(&name));
        // Follows links: a function's folder may be made of them.
        let Ok(data) = fs::metadata(entry.path()) else {
            continue;
        };
        if unwatched {
            continue;
        }
        name.hash(hasher);
        if data.is_dir() {
            if depth < DEPTH_MAX {
                add_folder(&entry.path(), depth + 1, left, hasher);
            }
        } else {
            (data.len(), data.modified().ok()).hash(hasher);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_noticed_and_caches_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("inner")).unwrap();
        fs::write(path.join("inner/a.py"), "1").unwrap();
        let first = Stamp::of(path);
        assert_eq!(first, Stamp::of(path));

        fs::create_dir(path.join("__pycache__")).unwrap();
        fs::write(path.join("__pycache__/a.pyc"), "1").unwrap();
        assert_eq!(first, Stamp::of(path));

        fs::write(path.join("inner/a.py"), "12").unwrap();
        assert_ne!(first, Stamp::of(path));
    }

    #[test]
    fn a_folder_that_contains_itself_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        Stamp::of(folder.path());
    }
}

//! Files of logs: one for each log group, and a few older ones behind it.
//!
//! A group's file is named after account, region and group, so that two groups never share one and no name leads
//! out of the folder. When it is full it becomes the first of the older ones, and the last of them goes.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The bytes of a group's escaped name that a file's name holds; a longer one is cut, with a checksum of the whole.
const NAME_BYTES_MAX: usize = 160;

/// How many files are kept open.
const OPEN_MAX: usize = 64;

const ENDING: &str = ".jsonl";

/// How much of a group's log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How large a file gets before the next one begins, in bytes; a single entry may be larger.
    pub file_bytes: u64,
    /// How many files a group has at most, the one that is written included.
    pub files: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            file_bytes: 16 << 20,
            files: 5,
        }
    }
}

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Group {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The group's name, as in `/aws/vendedlogs/states/orders`.
    pub name: String,
}

impl Group {
    /// The group that an ARN names, as in `arn:aws:logs:us-east-1:123456789012:log-group:NAME:*`; with or without
    /// the `:*`.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(7, ':');
        let [
            Some("arn"),
            Some(_),
            Some("logs"),
            Some(region),
            Some(account),
            Some("log-group"),
            Some(name),
        ] = std::array::from_fn(|_| parts.next())
        else {
            return None;
        };
        let name = name.strip_suffix(":*").unwrap_or(name);
        (!name.is_empty()).then(|| Self {
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
        })
    }

    fn file_name(&self) -> String {
        let (account, region) = (escaped(&self.account), escaped(&self.region));
        format!("{account}@{region}@{}{ENDING}", escaped(&self.name))
    }
}

/// A text as part of a file's name: letters, digits, `.`, `-` and `_` as they are, other bytes as `%XX`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    if escaped.len() > NAME_BYTES_MAX {
        escaped.truncate(NAME_BYTES_MAX);
        escaped.push_str(&format!("~{:016x}", checksum(text)));
    }
    escaped
}

/// FNV-1a.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The files of all groups, being written.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    bounds: Bounds,
    open: HashMap<String, Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
}

impl Files {
    pub(super) fn new(folder: PathBuf, bounds: Bounds) -> Self {
        Self {
            folder,
            bounds,
            open: HashMap::new(),
        }
    }

    /// Writes lines to the end of a group's log. The system has them when this answers.
    pub(super) fn append(&mut self, group: &Group, lines: &str) -> io::Result<()> {
        let name = group.file_name();
        let path = self.folder.join(&name);
        let bytes = lines.len() as u64;
        let mut open = match self.open.remove(&name) {
            Some(open) => open,
            None => open_file(&self.folder, &path)?,
        };
        if open.bytes > 0 && open.bytes + bytes > self.bounds.file_bytes {
            drop(open);
            rotate(&path, self.bounds.files)?;
            open = open_file(&self.folder, &path)?;
        }
        open.file.write_all(lines.as_bytes())?;
        open.bytes += bytes;
        if self.open.len() >= OPEN_MAX {
            self.open.clear();
        }
        self.open.insert(name, open);
        Ok(())
    }
}

fn open_file(folder: &Path, path: &Path) -> io::Result<Open> {
    fs::create_dir_all(folder)?;
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let bytes = file.metadata()?.len();
    Ok(Open { file, bytes })
}

fn older(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Moves every file one place back; the last one goes.
fn rotate(path: &Path, files: usize) -> io::Result<()> {
    let kept = files.saturating_sub(1);
    if kept == 0 {
        return fs::remove_file(path);
    }
    for number in (1..kept).rev() {
        match fs::rename(older(path, number), older(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(path, older(path, 1))
}

/// The files of every group in a folder that was written to, each group's oldest first; all groups' or those of one.
///
/// A group is named by its ARN or its name alone, which may be that of several accounts' groups.
pub fn files_of(folder: &Path, group: Option<&str>) -> io::Result<Vec<Vec<PathBuf>>> {
    let wanted = group.map(|group| match Group::of_arn(group) {
        Some(group) => group.file_name(),
        None => format!("@{}{ENDING}", escaped(group)),
    });
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut current = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let is_wanted = wanted
            .as_ref()
            .is_none_or(|wanted| name.ends_with(wanted.as_str()));
        if name.ends_with(ENDING) && is_wanted {
            current.push(path);
        }
    }
    current.sort();
    let with_older = |path: PathBuf| {
        let numbers = (1..).take_while(|number| older(&path, *number).exists());
        let mut files: Vec<PathBuf> = numbers.map(|number| older(&path, number)).collect();
        files.reverse();
        files.push(path);
        files
    };
    Ok(current.into_iter().map(with_older).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> Group {
        let arn = format!("arn:aws:logs:us-east-1:000000000000:log-group:{name}:*");
        Group::of_arn(&arn).unwrap()
    }

    #[test]
    fn arns_name_groups() {
        assert_eq!(group("/aws/x").name, "/aws/x");
        assert_eq!(
            Group::of_arn("arn:aws:logs:us-east-1:0:log-group:/aws/x")
                .unwrap()
                .name,
            "/aws/x"
        );
        for arn in [
            "",
            "/aws/x",
            "arn:aws:logs:us-east-1:0:log-group::*",
            "arn:aws:s3:::log-group:x",
        ] {
            assert_eq!(Group::of_arn(arn), None, "{arn}");
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder_and_no_two_share_a_file() {
        let long = "x".repeat(600);
        let names = [
            "a",
            "a/b",
            "a%2Fb",
            "a_b",
            "../../etc/passwd",
            "..",
            "a@b",
            "ä",
            &long,
            &format!("{long}y"),
        ];
        let mut files: Vec<String> = names.iter().map(|name| group(name).file_name()).collect();
        for file in &files {
            assert!(
                !file.contains('/') && file.len() <= 255 && file.starts_with("000000000000@"),
                "{file}"
            );
        }
        files.sort();
        files.dedup();
        assert_eq!(files.len(), names.len());
    }

    #[test]
    fn full_files_move_back_and_the_last_one_goes() {
        let folder = tempfile::tempdir().unwrap();
        let bounds = Bounds {
            file_bytes: 10,
            files: 3,
        };
        let mut files = Files::new(folder.path().join("logs"), bounds);
        for number in 0..8 {
            files.append(&group("g"), &format!("line {number}\n")).unwrap();
        }
        let found = files_of(&folder.path().join("logs"), Some("g")).unwrap();
        let texts: Vec<String> = found[0]
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        assert_eq!(texts, ["line 5\n", "line 6\n", "line 7\n"]);
    }

    #[test]
    fn a_file_goes_on_where_it_was_and_large_entries_have_room() {
        let folder = tempfile::tempdir().unwrap();
        let bounds = Bounds {
            file_bytes: 10,
            files: 1,
        };
        let append = |lines: &str| Files::new(folder.path().to_owned(), bounds).append(&group("g"), lines);
        append("a\n").unwrap();
        append("b\n").unwrap();
        let file = folder.path().join(group("g").file_name());
        assert_eq!(fs::read_to_string(&file).unwrap(), "a\nb\n");
        append("much longer than a file\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "much longer than a file\n");
    }

    #[test]
    fn groups_are_found_by_name_and_by_arn() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::new(folder.path().to_owned(), Bounds::default());
        let other = Group {
            account: "111122223333".into(),
            ..group("/aws/g")
        };
        for group in [&group("/aws/g"), &other, &group("g")] {
            files.append(group, "x\n").unwrap();
        }
        let count = |wanted| files_of(folder.path(), wanted).unwrap().len();
        assert_eq!(count(None), 3);
        assert_eq!(count(Some("/aws/g")), 2);
        assert_eq!(
            count(Some("arn:aws:logs:us-east-1:111122223333:log-group:/aws/g:*")),
            1
        );
        assert_eq!(count(Some("aws/g")), 0);
        assert!(files_of(&folder.path().join("none"), None).unwrap().is_empty());
    }
}

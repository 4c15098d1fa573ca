//! `stepwell logs`: what state machines logged.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use server::logs::files::files_of;

use crate::commands::serve::{LOGS, MEMORY};
use crate::config::ConfigFile;

/// How often `--follow` looks for more.
const PAUSE: Duration = Duration::from_millis(200);

/// Show what state machines logged, as JSON lines.
///
/// State machines log what their loggingConfiguration asks for. Prints the entries of a log group, or those of a
/// state machine from all groups, the oldest first in each group.
#[derive(Args)]
pub(crate) struct Logs {
    /// A log group or a state machine, by its name or its ARN.
    #[arg(value_name = "GROUP|STATE_MACHINE")]
    of: String,

    /// Go on and print what is logged from now on.
    #[arg(long, short)]
    follow: bool,

    /// Data folder of the server. [default: ./.stepwell]
    #[arg(long, env = "STEPWELL_DATA", value_name = "DIR")]
    data: Option<String>,

    /// Configuration file. [default: stepwell.toml, if it is there]
    #[arg(long, env = "STEPWELL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) fn logs(arguments: &Logs) -> anyhow::Result<ExitCode> {
    let config = ConfigFile::read(arguments.config.as_deref())?;
    let data = arguments.data.clone().or(config.data);
    let data = data.unwrap_or_else(|| "./.stepwell".to_owned());
    if data == MEMORY {
        bail!("a server that keeps nothing writes no logs; give it a data folder with --data");
    }
    let mut reader = Reader::new(Path::new(&data).join(LOGS), &arguments.of);
    let mut out = std::io::stdout().lock();
    let mut printed = reader.print(&mut out)?;
    if printed == 0 && !arguments.follow {
        eprintln!(
            "nothing was logged for {} in {}; does its loggingConfiguration have a level and a destination?",
            arguments.of,
            reader.folder.display()
        );
        return Ok(ExitCode::FAILURE);
    }
    if !arguments.follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        out.flush().context("failed to write to standard output")?;
        if printed == 0 {
            std::thread::sleep(PAUSE);
        }
        printed = reader.print(&mut out)?;
    }
}

/// Reads logs on from where it was.
struct Reader {
    folder: PathBuf,
    of: String,
    /// The files that are being read, with how far each was read.
    known: Vec<Known>,
}

struct Known {
    file: BufReader<File>,
    identity: (u64, u64),
    read: u64,
}

impl Reader {
    fn new(folder: PathBuf, of: &str) -> Self {
        Self {
            folder,
            of: of.to_owned(),
            known: Vec::new(),
        }
    }

    /// Prints what is new; how many entries that were.
    ///
    /// A file keeps its identity when it becomes an older one, so that nothing is printed twice or left out.
    fn print(&mut self, out: &mut impl Write) -> anyhow::Result<usize> {
        let mut groups = self.files(Some(&self.of))?;
        // What is no group that was ever written to is a state machine.
        let machine = groups.is_empty().then(|| machine_name(&self.of));
        if machine.is_some() {
            groups = self.files(None)?;
        }
        let mut printed = 0;
        let mut seen = Vec::new();
        for path in groups.into_iter().flatten() {
            let Ok(file) = File::open(&path) else {
                // It went away in between.
                continue;
            };
            let identity = identity(&file)?;
            let place = self.known.iter().position(|known| known.identity == identity);
            let mut known = match place {
                Some(place) => self.known.swap_remove(place),
                None => Known {
                    file: BufReader::new(file),
                    identity,
                    read: 0,
                },
            };
            printed += known.print(machine, out)?;
            seen.push(known);
        }
        self.known = seen;
        Ok(printed)
    }

    fn files(&self, group: Option<&str>) -> anyhow::Result<Vec<Vec<PathBuf>>> {
        files_of(&self.folder, group).with_context(|| format!("failed to read {}", self.folder.display()))
    }
}

impl Known {
    fn print(&mut self, machine: Option<&str>, out: &mut impl Write) -> anyhow::Result<usize> {
        let mut printed = 0;
        let mut line = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.read))
            .context("failed to read a log")?;
        loop {
            line.clear();
            let bytes = self
                .file
                .read_until(b'\n', &mut line)
                .context("failed to read a log")?;
            // An entry that is being written has no end yet.
            if bytes == 0 || line.last() != Some(&b'\n') {
                return Ok(printed);
            }
            self.read += bytes as u64;
            if machine.is_none_or(|machine| is_of(machine, &line)) {
                out.write_all(&line)
                    .context("failed to write to standard output")?;
                printed += 1;
            }
        }
    }
}

#[cfg(unix)]
fn identity(file: &File) -> anyhow::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().context("failed to read a log")?;
    Ok((metadata.dev(), metadata.ino()))
}

/// The name of a state machine that is given by its name or its ARN.
fn machine_name(of: &str) -> &str {
    of.split_once(":stateMachine:").map_or(of, |(_, name)| {
        name.split_once(':').map_or(name, |(name, _version)| name)
    })
}

/// Whether an entry is of an execution of a state machine.
fn is_of(machine: &str, line: &[u8]) -> bool {
    let Ok(entry) = serde_json::from_slice::<serde_json::Value>(line) else {
        return false;
    };
    let arn = entry["execution_arn"].as_str().unwrap_or_default();
    let name = arn.split(':').nth(6).unwrap_or_default();
    name.split_once('/').map_or(name, |(name, _label)| name) == machine
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const FILE: &str = "000000000000@us-east-1@%2Faws%2Fg.jsonl";

    fn entry(machine: &str, id: u32) -> String {
        format!(
            "{{\"id\":\"{id}\",\"execution_arn\":\"arn:aws:states:us-east-1:000000000000:execution:{machine}:e\"}}\n"
        )
    }

    fn print(reader: &mut Reader) -> String {
        let mut out = Vec::new();
        reader.print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn groups_and_machines_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let text = entry("m", 1) + &entry("n", 2);
        fs::write(folder.path().join(FILE), &text).unwrap();
        let all = |of| print(&mut Reader::new(folder.path().to_owned(), of));
        assert_eq!(all("/aws/g"), text);
        assert_eq!(
            all("arn:aws:logs:us-east-1:000000000000:log-group:/aws/g:*"),
            text
        );
        assert_eq!(all("n"), entry("n", 2));
        assert_eq!(
            all("arn:aws:states:us-east-1:000000000000:stateMachine:m"),
            entry("m", 1)
        );
        assert_eq!(all("nobody"), "");
    }

    #[test]
    fn following_prints_each_entry_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut reader = Reader::new(folder.path().to_owned(), "/aws/g");
        assert_eq!(print(&mut reader), "");
        let half = entry("m", 2);
        let (start, end) = half.split_at(9);
        fs::write(&path, entry("m", 1) + start).unwrap();
        assert_eq!(print(&mut reader), entry("m", 1), "the second is not whole yet");
        fs::write(&path, entry("m", 1) + start + end).unwrap();
        assert_eq!(print(&mut reader), entry("m", 2));
        fs::rename(&path, folder.path().join(format!("{FILE}.1"))).unwrap();
        fs::write(&path, entry("m", 3)).unwrap();
        assert_eq!(
            print(&mut reader),
            entry("m", 3),
            "what became older is not printed again"
        );
        assert_eq!(print(&mut reader), "");
    }
}

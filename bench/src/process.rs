//! process: what Linux tells of a process and everything below it, and of the machine.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Trouble;

/// `/proc` counts time in hundredths of a second on every Linux that Rust runs on (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// A process and its descendants.
#[derive(Clone, Copy)]
pub(crate) struct Tree {
    pid: u32,
}

impl Tree {
    pub(crate) fn of(pid: u32) -> Self {
        Self { pid }
    }

    /// CPU seconds used so far, in user and kernel mode. Descendants that have ended are left out.
    pub(crate) fn cpu_seconds(self) -> Result<f64, Trouble> {
        self.sum("stat", |stat| {
            // The name, in parentheses, may hold anything; fields are counted behind it.
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            let user: f64 = fields.get(11)?.parse().ok()?;
            let kernel: f64 = fields.get(12)?.parse().ok()?;
            Some((user + kernel) / TICKS_PER_SECOND)
        })
    }

    /// Memory in KiB, pages that processes share counted once (proportional set size).
    pub(crate) fn memory_kib(self) -> Result<f64, Trouble> {
        self.sum("smaps_rollup", |rollup| {
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.trim().trim_end_matches("kB").trim().parse().ok()
        })
    }

    /// How many files, sockets and the like the process itself has open.
    pub(crate) fn open_files(self) -> Result<usize, Trouble> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.pid))?.count())
    }

    /// Memory in KiB once it has stopped changing by more than one percent in half a second, or after ten seconds.
    pub(crate) async fn settled_memory_kib(self) -> Result<f64, Trouble> {
        let mut before = self.memory_kib()?;
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now = self.memory_kib()?;
            if (now - before).abs() <= before / 100.0 {
                return Ok(now);
            }
            before = now;
        }
        Ok(before)
    }

    fn sum(self, file: &str, value: impl Fn(&str) -> Option<f64>) -> Result<f64, Trouble> {
        let read = |pid: u32| {
            let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
            value(&text)
        };
        let own = read(self.pid).ok_or_else(|| format!("/proc/{}/{file} cannot be read", self.pid))?;
        Ok(own + descendants(self.pid).into_iter().filter_map(read).sum::<f64>())
    }
}

fn descendants(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut open = vec![pid];
    while let Some(pid) = open.pop() {
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for thread in threads.flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            let children: Vec<u32> = children
                .split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect();
            open.extend(&children);
            found.extend(children);
        }
    }
    found
}

/// Measures CPU time over an interval: the server's, and that of everybody who is neither server nor generator.
pub(crate) struct Meter {
    begun: Instant,
    server: Option<Tree>,
    server_before: f64,
    own_before: f64,
    machine_before: f64,
}

/// What a [`Meter`] saw.
pub(crate) struct Usage {
    /// CPU seconds of the server, unless its process is unknown.
    pub(crate) server_seconds: Option<f64>,
    /// Cores that others kept busy meanwhile; about half a core and more spoils rates and latencies.
    pub(crate) others_cores: f64,
}

impl Meter {
    pub(crate) fn start(server: Option<Tree>) -> Result<Self, Trouble> {
        Ok(Self {
            server,
            server_before: server.map_or(Ok(0.0), Tree::cpu_seconds)?,
            own_before: Tree::of(std::process::id()).own_cpu_seconds()?,
            machine_before: busy_seconds()?,
            begun: Instant::now(),
        })
    }

    pub(crate) fn stop(self) -> Result<Usage, Trouble> {
        let elapsed = self.begun.elapsed().as_secs_f64();
        let server_seconds = match self.server {
            Some(server) => Some(server.cpu_seconds()? - self.server_before),
            None => None,
        };
        let own = Tree::of(std::process::id()).own_cpu_seconds()? - self.own_before;
        let machine = busy_seconds()? - self.machine_before;
        let others_cores = ((machine - own - server_seconds.unwrap_or(0.0)) / elapsed).max(0.0);
        Ok(Usage {
            server_seconds,
            others_cores,
        })
    }
}

impl Tree {
    /// CPU seconds of the process alone, without descendants.
    fn own_cpu_seconds(self) -> Result<f64, Trouble> {
        let below: f64 = descendants(self.pid)
            .into_iter()
            .filter_map(|pid| Tree::of(pid).cpu_seconds().ok())
            .sum();
        Ok(self.cpu_seconds()? - below)
    }
}

/// CPU seconds that all processes together have used since the machine started.
fn busy_seconds() -> Result<f64, Trouble> {
    let text = fs::read_to_string("/proc/stat")?;
    let first = text.lines().next().ok_or("/proc/stat is empty")?;
    let ticks: Vec<f64> = first
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    Ok((ticks.iter().take(8).sum::<f64>() - idle) / TICKS_PER_SECOND)
}

/// Bytes that a folder's files occupy on disk.
pub(crate) fn occupied_bytes(folder: &Path) -> Result<u64, Trouble> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        // stat counts blocks of 512 bytes whatever the file system's own are.
        bytes += if metadata.is_dir() {
            occupied_bytes(&entry.path())?
        } else {
            metadata.blocks() * 512
        };
    }
    Ok(bytes)
}

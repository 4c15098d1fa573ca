//! server: the real binary on a temporary folder.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::Trouble;
use crate::services::Addresses;

const ANNOUNCEMENT: &str = "listening on http://";

/// A server that ends, and whose folder goes, when this is dropped.
pub(crate) struct Server {
    process: Child,
    authority: String,
    mocks: PathBuf,
    folder: TempDir,
}

impl Server {
    /// Starts a server on a free port and waits until it answers. Its tasks call the services, if there are any.
    pub(crate) fn start(binary: &Path, services: Option<&Addresses>) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        let mocks = folder.path().join("mocks.json");
        std::fs::write(&mocks, "{}")?;
        let log = std::fs::File::create(log_of(&folder))?;
        let mut process = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .arg("--mock-config")
            .arg(&mocks)
            .envs(services.into_iter().flat_map(|addresses| {
                let Addresses { services, gateway } = addresses;
                [
                    ("AWS_ENDPOINT_URL", services),
                    ("AWS_ENDPOINT_URL_API_GATEWAY", gateway),
                ]
            }))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let Some(authority) = line.trim().strip_prefix(ANNOUNCEMENT) else {
            process.kill()?;
            process.wait()?;
            return Err(format!("the server didn't start:\n{}", log_text(&folder)).into());
        };
        Ok(Self {
            authority: authority.to_owned(),
            process,
            mocks,
            folder,
        })
    }

    /// Where it listens: host and port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Its mock configuration, which it reads again when it changes.
    pub(crate) fn mocks(&self) -> &Path {
        &self.mocks
    }

    /// Ends it; an error if it had already ended.
    pub(crate) fn end(mut self) -> Result<(), Trouble> {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("the server ended, {status}:\n{}", log_text(&self.folder)).into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A process that is gone already can't be killed, and needn't be.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn log_of(folder: &TempDir) -> PathBuf {
    folder.path().join("stderr.log")
}

fn log_text(folder: &TempDir) -> String {
    std::fs::read_to_string(log_of(folder)).unwrap_or_default()
}

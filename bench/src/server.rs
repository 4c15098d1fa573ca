//! server: the server under test, started for a measurement or found running.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::Trouble;
use crate::client::Client;
use crate::process::Tree;
use crate::side::Target;

const START_DEADLINE: Duration = Duration::from_secs(60);
const END_DEADLINE: Duration = Duration::from_secs(60);
const CONFIGURATION: &str = "stepwell.toml";

/// A server that answers.
pub(crate) struct Server {
    authority: String,
    tree: Option<Tree>,
    own: Option<Own>,
}

/// A server that this process started.
struct Own {
    process: Child,
    binary: PathBuf,
    folder: DataFolder,
    first_answer: Duration,
}

/// A folder that is removed when it is dropped.
struct DataFolder(PathBuf);

impl Drop for DataFolder {
    fn drop(&mut self) {
        // What is left over lies in a folder of its own and is named after this process.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Server {
    /// Starts a server on an empty folder with a configuration of its own, or takes the one that was named.
    pub(crate) async fn fresh(target: &Target, folders: &Path, configuration: &str) -> Result<Self, Trouble> {
        match target {
            Target::Endpoint { authority, pid } => Ok(Self {
                authority: authority.clone(),
                tree: pid.map(Tree::of),
                own: None,
            }),
            Target::Binary(binary) => {
                let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
                let name = format!("{}-{}", std::process::id(), age.as_nanos());
                let folder = DataFolder(folders.join(name));
                fs::create_dir_all(&folder.0)?;
                fs::write(folder.0.join(CONFIGURATION), configuration)?;
                Self::start(binary.clone(), folder).await
            }
        }
    }

    async fn start(binary: PathBuf, folder: DataFolder) -> Result<Self, Trouble> {
        let log = folder.0.join("log");
        let begun = Instant::now();
        let mut process = Command::new(&binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.0.join("data"))
            .arg("--config")
            .arg(folder.0.join(CONFIGURATION))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log)?)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", binary.display()))?;
        let stdout = process.stdout.take().ok_or("the server has no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(START_DEADLINE, lines.next_line())
            .await
            .map_err(|_| "the server does not start")??;
        let Some(authority) = line
            .as_deref()
            .and_then(|line| line.strip_prefix("listening on http://"))
        else {
            let log = fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("the server did not start: {}", log.trim()).into());
        };
        let authority = authority.to_owned();
        // Whatever else it prints must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Client::new(&authority)
            .ask("ListStateMachines", json!({}))
            .await?;
        let first_answer = begun.elapsed();
        let tree = process.id().map(Tree::of);
        Ok(Self {
            authority,
            tree,
            own: Some(Own {
                process,
                binary,
                folder,
                first_answer,
            }),
        })
    }

    /// `HOST:PORT`.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The server's process, if it is known.
    pub(crate) fn tree(&self) -> Option<Tree> {
        self.tree
    }

    /// The server's process; fails where none is known.
    pub(crate) fn known_tree(&self) -> Result<Tree, Trouble> {
        self.tree.ok_or_else(|| "--pid is needed".into())
    }

    /// What its data folder occupies now.
    pub(crate) fn occupied_bytes(&self) -> Result<u64, Trouble> {
        occupied_by(&self.own.as_ref().ok_or(NOT_OURS)?.folder.0)
    }

    /// From the start of the process to its first answer.
    pub(crate) fn first_answer(&self) -> Result<Duration, Trouble> {
        Ok(self.own.as_ref().ok_or(NOT_OURS)?.first_answer)
    }

    /// Ends the server cleanly and gives what its data folder occupies.
    pub(crate) async fn end(self) -> Result<u64, Trouble> {
        let mut own = self.own.ok_or(NOT_OURS)?;
        let pid = own.process.id().ok_or("the server has ended by itself")?;
        Command::new("kill")
            .args(["-TERM", &pid.to_string()])
            .status()
            .await?;
        let status = timeout(END_DEADLINE, own.process.wait())
            .await
            .map_err(|_| "SIGTERM does not end the server")??;
        if !status.success() {
            return Err(format!("the server ended with {status}").into());
        }
        occupied_by(&own.folder.0)
    }

    /// Kills the server without warning and starts it again on the same folder.
    pub(crate) async fn kill_and_restart(self) -> Result<Self, Trouble> {
        let mut own = self.own.ok_or(NOT_OURS)?;
        own.process.kill().await?;
        Self::start(own.binary, own.folder).await
    }
}

const NOT_OURS: &str = "only a server that bench starts itself can be measured so";

fn occupied_by(folder: &Path) -> Result<u64, Trouble> {
    crate::process::occupied_bytes(&folder.join("data"))
}

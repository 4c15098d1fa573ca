//! Starts worker processes, and sees to it that each of them ends with everything it started.

use std::io;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpgid};
use tokio::io::AsyncRead;
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::code::Stamp;
use crate::command::{self, NoProgram};
use crate::config::FunctionConfig;
use crate::functions::Settings;
use crate::log::{Follower, Log, follow};
use crate::runtime_api::Host;
use crate::worker::{Life, Worker};

/// How long the end of a dead worker's output is waited for; a process that escaped may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What all workers of a registry share.
pub(crate) struct Supervisor {
    pub(crate) settings: Settings,
    stop: watch::Sender<bool>,
    count: watch::Sender<usize>,
    /// Each keeper holds a clone, so the channel closes when the last one is done.
    alive: Mutex<Option<mpsc::Sender<()>>>,
    gone: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

/// Why no worker could be started.
pub(crate) enum StartError {
    /// The function's program is not there or can't be run.
    NoProgram(NoProgram),
    /// The machine has no process, file descriptor or port to spare.
    Resources(io::Error),
    /// The registry was shut down.
    Closed,
}

impl Supervisor {
    pub(crate) fn new(settings: Settings) -> Self {
        let (alive, gone) = mpsc::channel(1);
        Self {
            settings,
            stop: watch::Sender::new(false),
            count: watch::Sender::new(0),
            alive: Mutex::new(Some(alive)),
            gone: tokio::sync::Mutex::new(gone),
        }
    }

    pub(crate) fn has_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub(crate) fn count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Kills every worker and waits until the last one is gone.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        self.alive.lock().unwrap_or_else(PoisonError::into_inner).take();
        while self.gone.lock().await.recv().await.is_some() {}
    }

    /// Starts a process for a function; `stamp` tells which state of its code it runs.
    pub(crate) async fn start(&self, config: &FunctionConfig, stamp: Stamp) -> Result<Worker, StartError> {
        let alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let alive = alive.ok_or(StartError::Closed)?;
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(StartError::Resources)?;
        let address = listener.local_addr().map_err(StartError::Resources)?;
        let name = command::log_stream();
        let mut command =
            command::command(config, &self.settings, address, &name).map_err(StartError::NoProgram)?;
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::ArgumentListTooLong => {
                StartError::NoProgram(NoProgram::new(&config.code.display(), &error))
            }
            _ => StartError::Resources(error),
        })?;

        let log = Arc::new(Log::new(&config.name, &name));
        log.started(child.id());
        let mut readers = JoinSet::new();
        let stdout = child.stdout.take();
        let stdout = stdout.map(|stream| attach(&mut readers, stream, "stdout", &log));
        let stderr = child.stderr.take();
        let stderr = stderr.map(|stream| attach(&mut readers, stream, "stderr", &log));

        let host = Arc::new(Host::new());
        let (kill, killed) = oneshot::channel();
        let (life, lived) = watch::channel(Life::Running);
        self.count.send_modify(|count| *count += 1);
        let keeper = Keeper {
            lifeline: child.stdin.take(),
            child,
            readers,
            log: Arc::clone(&log),
            life,
            count: Counted(self.count.clone()),
            _alive: alive,
        };
        let serving = Arc::clone(&host).serve(listener);
        tokio::spawn(keeper.keep(serving, killed, self.stop.subscribe()));
        let followers = [stdout, stderr].into_iter().flatten().collect();
        Ok(Worker::new(
            host,
            log,
            followers,
            lived,
            Instant::now(),
            stamp,
            kill,
        ))
    }
}

fn attach(
    readers: &mut JoinSet<()>,
    stream: impl AsyncRead + Unpin + Send + 'static,
    name: &'static str,
    log: &Arc<Log>,
) -> Follower {
    let (follower, reading) = follow(stream, name, Arc::clone(log));
    readers.spawn(reading);
    follower
}

/// Counts a worker for as long as it exists.
struct Counted(watch::Sender<usize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Owns one process from its start until nothing of it is left.
struct Keeper {
    child: Child,
    /// The pipe whose closing makes the watchdog kill the process group, should this process be killed itself.
    lifeline: Option<ChildStdin>,
    readers: JoinSet<()>,
    log: Arc<Log>,
    life: watch::Sender<Life>,
    count: Counted,
    _alive: mpsc::Sender<()>,
}

impl Keeper {
    /// Serves the worker until it ends by itself, is killed (or its owner dropped), or everything stops.
    async fn keep(
        mut self,
        serving: impl Future<Output = ()>,
        killed: oneshot::Receiver<()>,
        mut stop: watch::Receiver<bool>,
    ) {
        let group = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        tokio::pin!(serving);
        let ended = tokio::select! {
            status = self.child.wait() => Some(status),
            _ = killed => None,
            _ = stop.wait_for(|stop| *stop) => None,
            () = &mut serving => None,
        };
        // The watchdog is still in the group, so its number can't belong to anybody else yet.
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let status: Option<ExitStatus> = match ended {
            Some(status) => status.ok(),
            None => self.child.wait().await.ok(),
        };
        drop(self.lifeline.take());
        // What the process said and answered last may still be on its way.
        let all_read = async { while self.readers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_WORDS, async {
            tokio::select! {
                biased;
                () = &mut serving => {}
                () = all_read => {}
            }
        })
        .await;
        self.log.ended();
        self.life.send_replace(Life::Ended(status));
        if let Some(group) = group {
            bury(group).await;
        }
        drop(self.count);
    }
}

/// Waits for the rest of a killed group. It is ours only if this process is init in its container, or a subreaper;
/// otherwise there is nothing to wait for.
async fn bury(group: Pid) {
    for _ in 0..100 {
        match waitpgid(group, WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(_) => return,
        }
    }
}

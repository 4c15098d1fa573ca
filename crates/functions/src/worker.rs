//! One worker: a process that takes events one at a time.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::code::Stamp;
use crate::log::{Follower, Log};
use crate::pool::Call;
use crate::runtime_api::{Event, Host, Reply, Start};

/// Whether a worker's process runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Life {
    Running,
    Ended(Option<ExitStatus>),
}

/// Owns a worker process: dropping it kills the process with all that it started.
pub(crate) struct Worker {
    host: Arc<Host>,
    pub(crate) log: Arc<Log>,
    followers: Vec<Follower>,
    life: watch::Receiver<Life>,
    started: Instant,
    is_ready: bool,
    pub(crate) stamp: Stamp,
    _kill: oneshot::Sender<()>,
}

/// How an event went.
pub(crate) enum Ran {
    /// The worker answered and can take the next event.
    Answered(Reply),
    /// The worker reported that it can't take any.
    InitFailed(Reply),
    /// The process ended before it took the event, so the function saw nothing of it.
    NeverTaken(Option<ExitStatus>),
    /// The process ended while it owed an answer.
    Exited(Option<ExitStatus>),
    /// Too late.
    TimedOut,
}

impl Worker {
    pub(crate) fn new(
        host: Arc<Host>,
        log: Arc<Log>,
        followers: Vec<Follower>,
        life: watch::Receiver<Life>,
        started: Instant,
        stamp: Stamp,
        kill: oneshot::Sender<()>,
    ) -> Self {
        Self {
            host,
            log,
            followers,
            life,
            started,
            is_ready: false,
            stamp,
            _kill: kill,
        }
    }

    pub(crate) fn is_alive(&self) -> bool {
        matches!(*self.life.borrow(), Life::Running)
    }

    /// Hands one event to the worker and waits for its answer. The worker must be dropped unless it `Answered`.
    ///
    /// The first `init` of a start is free; what it takes longer counts as part of the call, as on Lambda.
    pub(crate) async fn run(&mut self, call: &Call, timeout: Duration, init: Duration) -> Ran {
        let mut latest = None;
        if !self.is_ready {
            let ready_by = self.started + init + timeout;
            if let Some(failed) = self.get_ready(ready_by).await {
                return failed;
            }
            self.is_ready = true;
            latest = Some(ready_by);
        }
        let deadline = Instant::now() + timeout;
        let deadline = latest.map_or(deadline, |latest| deadline.min(latest));
        let (reply, mut replied) = oneshot::channel();
        self.host.offer(Event {
            request_id: call.request_id.clone(),
            function_arn: call.function_arn.clone(),
            trace_id: call.trace_id.clone(),
            client_context: call.client_context.clone(),
            payload: call.payload.clone(),
            deadline,
            reply,
        });
        tokio::select! {
            biased;
            Ok(reply) = &mut replied => Ran::Answered(reply),
            status = ended(&mut self.life) => match (self.host.withdraw(), replied.try_recv()) {
                (Some(_), _) => Ran::NeverTaken(status),
                (None, Ok(reply)) => Ran::Answered(reply),
                (None, Err(_)) => Ran::Exited(status),
            },
            () = tokio::time::sleep_until(deadline) => Ran::TimedOut,
        }
    }

    /// Waits until everything that the worker printed so far is in its log.
    pub(crate) async fn settle(&self) {
        for follower in &self.followers {
            follower.settle().await;
        }
    }

    async fn get_ready(&mut self, deadline: Instant) -> Option<Ran> {
        let mut start = self.host.start();
        let waiting = async {
            match start
                .wait_for(|start| !matches!(start, Start::Waiting))
                .await
                .as_deref()
            {
                Ok(Start::Failed(reply)) => Some(Ran::InitFailed(reply.clone())),
                Ok(_) | Err(_) => None,
            }
        };
        tokio::select! {
            biased;
            failed = waiting => failed,
            status = ended(&mut self.life) => Some(Ran::NeverTaken(status)),
            () = tokio::time::sleep_until(deadline) => Some(Ran::TimedOut),
        }
    }
}

async fn ended(life: &mut watch::Receiver<Life>) -> Option<ExitStatus> {
    match life
        .wait_for(|life| matches!(life, Life::Ended(_)))
        .await
        .as_deref()
    {
        Ok(Life::Ended(status)) => *status,
        Ok(Life::Running) | Err(_) => None,
    }
}

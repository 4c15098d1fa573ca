//! The workers of one function.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::code::Stamp;
use crate::config::FunctionConfig;
use crate::log::{Log, WorkerLog};
use crate::outcome::{Failure, Outcome, json_text};
use crate::runtime_api::Reply;
use crate::supervisor::{StartError, Supervisor};
use crate::worker::{Ran, Worker};

/// How many logs of workers that are gone are kept.
const ENDED_LOGS_MAX: usize = 8;

/// A call, complete with all that a worker is told of it.
pub(crate) struct Call {
    pub(crate) request_id: String,
    pub(crate) function_arn: String,
    pub(crate) trace_id: String,
    pub(crate) client_context: Option<String>,
    pub(crate) execution_arn: Option<String>,
    pub(crate) payload: Bytes,
    /// Until when the call may wait for a worker.
    pub(crate) deadline: Option<Instant>,
}

/// One function and its workers.
pub(crate) struct Pool {
    pub(crate) config: FunctionConfig,
    supervisor: Arc<Supervisor>,
    room: Semaphore,
    /// The worker used last is used next, so that the others grow old and can be given up.
    free: Mutex<Vec<Free>>,
    logs: Mutex<VecDeque<Arc<Log>>>,
    /// Told when a worker comes free where none was.
    idle: Arc<Notify>,
}

struct Free {
    worker: Worker,
    since: Instant,
}

impl Pool {
    pub(crate) fn new(config: FunctionConfig, supervisor: Arc<Supervisor>, idle: Arc<Notify>) -> Self {
        let room = Semaphore::new(config.concurrency().min(Semaphore::MAX_PERMITS));
        Self {
            config,
            supervisor,
            room,
            free: Mutex::default(),
            logs: Mutex::default(),
            idle,
        }
    }

    /// Runs one call on a warm worker or a new one. Dropping the future kills the worker that has the call.
    pub(crate) async fn invoke(&self, call: &Call) -> Outcome {
        let _room = match self.enter(call.deadline).await {
            Ok(room) => room,
            Err(outcome) => return outcome,
        };
        let stamp = self.stamp().await;
        let began = Instant::now();
        loop {
            let (mut worker, is_new) = match self.take_free(stamp) {
                Some(worker) => (worker, false),
                None => match self.supervisor.start(&self.config, stamp).await {
                    Ok(worker) => (worker, true),
                    Err(error) => return not_started(call, error),
                },
            };
            if is_new {
                self.keep_log(&worker.log);
            }
            let request_id = &call.request_id;
            worker.log.begin(request_id, call.execution_arn.as_deref());
            worker.log.note(&format!(
                "START RequestId: {request_id} Version: {}",
                crate::EXECUTED_VERSION
            ));
            let ran = worker
                .run(call, self.config.timeout, self.supervisor.settings.init)
                .await;
            if matches!(ran, Ran::NeverTaken(_)) && !is_new {
                continue;
            }
            if self.supervisor.has_stopped() && !matches!(ran, Ran::Answered(_)) {
                return Outcome::Closed;
            }
            worker.settle().await;
            let outcome = self.judge(call, &ran, began, &worker.log);
            if matches!(ran, Ran::Answered(_)) {
                self.put_free(worker);
            }
            return outcome;
        }
    }

    /// Drops the workers that had nothing to do for too long, and says when the next one will be due.
    pub(crate) fn reap(&self, now: Instant) -> Option<Instant> {
        let mut free = self.free();
        free.retain(|free| free.worker.is_alive() && free.since + self.config.idle > now);
        free.iter().map(|free| free.since + self.config.idle).min()
    }

    /// Lets nobody in any more: neither new calls nor those that wait.
    pub(crate) fn close(&self) {
        self.room.close();
        self.free().clear();
    }

    pub(crate) fn logs(&self) -> Vec<WorkerLog> {
        self.logs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|log| log.snapshot())
            .collect()
    }

    async fn enter(&self, deadline: Option<Instant>) -> Result<SemaphorePermit<'_>, Outcome> {
        if self.config.concurrency() == 0 {
            return Err(Outcome::Throttled);
        }
        let entered = match deadline {
            None => self.room.acquire().await,
            Some(deadline) => match tokio::time::timeout_at(deadline, self.room.acquire()).await {
                Ok(entered) => entered,
                Err(_) => return Err(Outcome::Throttled),
            },
        };
        entered.map_err(|_| Outcome::Closed)
    }

    async fn stamp(&self) -> Stamp {
        let code = self.config.code.clone();
        tokio::task::spawn_blocking(move || Stamp::of(&code))
            .await
            .unwrap_or_default()
    }

    fn take_free(&self, stamp: Stamp) -> Option<Worker> {
        let mut free = self.free();
        free.retain(|free| free.worker.stamp == stamp && free.worker.is_alive());
        free.pop().map(|free| free.worker)
    }

    fn put_free(&self, worker: Worker) {
        if self.supervisor.has_stopped() || self.room.is_closed() {
            return;
        }
        let mut free = self.free();
        if free.is_empty() {
            self.idle.notify_one();
        }
        free.push(Free {
            worker,
            since: Instant::now(),
        });
    }

    fn keep_log(&self, log: &Arc<Log>) {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut surplus = logs
            .iter()
            .filter(|log| log.has_ended())
            .count()
            .saturating_sub(ENDED_LOGS_MAX);
        logs.retain(|log| {
            let goes = surplus > 0 && log.has_ended();
            surplus -= usize::from(goes);
            !goes
        });
        logs.push_back(Arc::clone(log));
    }

    fn judge(&self, call: &Call, ran: &Ran, began: Instant, log: &Log) -> Outcome {
        let request_id = &call.request_id;
        let result = match ran {
            Ran::Answered(Reply::Response(body)) if body.is_empty() => Ok("null".to_owned()),
            Ran::Answered(Reply::Response(body)) => match json_text(body) {
                Ok(text) => Ok(text.to_owned()),
                Err(reason) => Err(Failure::invalid_response(request_id, body, &reason)),
            },
            Ran::Answered(Reply::Error { body, header }) | Ran::InitFailed(Reply::Error { body, header }) => {
                Err(Failure::reported(body, header.as_deref()))
            }
            Ran::Answered(Reply::TooLarge) | Ran::InitFailed(_) => Err(Failure::response_too_large()),
            Ran::NeverTaken(status) | Ran::Exited(status) => Err(Failure::exited(request_id, *status)),
            Ran::TimedOut => Err(Failure::timed_out(request_id, self.config.timeout)),
        };
        let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
        let memory = self.config.memory_mb;
        log.note(&format!("END RequestId: {request_id}"));
        log.note(&format!(
            "REPORT RequestId: {request_id}\tDuration: {milliseconds:.2} ms\tBilled Duration: {:.0} ms\t\
             Memory Size: {memory} MB",
            milliseconds.ceil()
        ));
        let log_tail = log.tail();
        match result {
            Ok(payload) => Outcome::Success { payload, log_tail },
            Err(failure) => Outcome::FunctionError {
                error_type: failure.error_type,
                payload: failure.payload,
                refused_bytes: failure.refused_bytes,
                log_tail,
            },
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Free>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_started(call: &Call, error: StartError) -> Outcome {
    match error {
        StartError::Closed => Outcome::Closed,
        StartError::Resources(error) => Outcome::ServiceFailure {
            message: error.to_string(),
        },
        StartError::NoProgram(missing) => {
            let failure = Failure::no_program(&call.request_id, &missing.program, &missing.reason);
            tracing::warn!(target: "stepwell::functions", function = call.function_arn, "{}", failure.payload);
            Outcome::FunctionError {
                error_type: failure.error_type,
                payload: failure.payload,
                refused_bytes: None,
                log_tail: String::new(),
            }
        }
    }
}

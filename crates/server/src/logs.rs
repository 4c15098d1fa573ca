//! Logs: what state machines log, written to files beside the data, off the path of executions.
//!
//! - [`Logs`]: takes events from the runtime and hands them to a thread that writes them.
//! - [`entry`]: an event as the line that AWS writes to CloudWatch Logs.
//! - [`files`]: one file for each log group, of a bounded size.

mod entry;
pub mod files;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use api::LoggingConfiguration;
use runtime::{EventLog, Logged};

use crate::{configuration, history};
pub use files::Bounds;
use files::{Files, Group};

/// How many steps of executions may wait to be written, and how many bytes they may have about.
const QUEUE: usize = 8192;
const QUEUED_BYTES_MAX: usize = 32 << 20;

/// The logs of all executions of a server. Like AWS's, they are written at the best of efforts: when more is
/// logged than can be written, entries are dropped, and the server's own log says how many.
pub struct Logs {
    orders: SyncSender<Order>,
    queued: Arc<Queued>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queued {
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

enum Order {
    Write(Logged, usize),
    /// Answers when everything before it is written.
    Flush(SyncSender<()>),
    End,
}

impl Logs {
    /// Keeps logs in a folder, which is made when the first entry is written.
    pub fn open(folder: PathBuf, bounds: Bounds) -> std::io::Result<Arc<Self>> {
        let (orders, queue) = sync_channel(QUEUE);
        let queued = Arc::new(Queued::default());
        let writer = Writer {
            files: Files::new(folder, bounds),
            queued: Arc::clone(&queued),
        };
        let thread = std::thread::Builder::new()
            .name("logs".to_owned())
            .spawn(move || writer.run(&queue))?;
        Ok(Arc::new(Self {
            orders,
            queued,
            thread: std::sync::Mutex::new(Some(thread)),
        }))
    }

    /// Waits until everything that was logged before is written.
    pub fn flush(&self) {
        let (done, written) = sync_channel(1);
        if self.orders.send(Order::Flush(done)).is_ok() {
            let _ = written.recv();
        }
    }

    /// Writes what waits, and ends.
    pub fn close(&self) {
        let thread = self.thread.lock().map(|mut thread| thread.take());
        if let Ok(Some(thread)) = thread
            && self.orders.send(Order::End).is_ok()
        {
            let _ = thread.join();
        }
    }
}

impl EventLog for Logs {
    fn write(&self, logged: Logged) {
        let bytes: usize = logged
            .events
            .iter()
            .map(|event| 256 + history::bytes(event))
            .sum();
        let queued = self.queued.bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = queued < QUEUED_BYTES_MAX;
        if !has_room || self.orders.try_send(Order::Write(logged, bytes)).is_err() {
            self.queued.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.queued.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The thread's own side.
struct Writer {
    files: Files,
    queued: Arc<Queued>,
}

impl Writer {
    fn run(mut self, orders: &Receiver<Order>) {
        for order in orders {
            match order {
                Order::Write(logged, bytes) => {
                    self.write(&logged);
                    self.queued.bytes.fetch_sub(bytes, Ordering::Relaxed);
                }
                Order::Flush(done) => drop(done.send(())),
                Order::End => return,
            }
            let dropped = self.queued.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                tracing::warn!(
                    dropped,
                    "more was logged than could be written; steps of executions are missing"
                );
            }
        }
    }

    fn write(&mut self, logged: &Logged) {
        let stored = logged.revision.record.logging.as_ref();
        let Some(configuration) = configuration::shown::<LoggingConfiguration>(stored) else {
            return;
        };
        let lines = entry::lines(logged, &configuration);
        if lines.is_empty() {
            return;
        }
        for group in configuration.destinations.iter().flatten().filter_map(group) {
            if let Err(error) = self.files.append(&group, &lines) {
                tracing::warn!(group = %group.name, %error, "a log could not be written");
            }
        }
    }
}

fn group(destination: &api::LogDestination) -> Option<Group> {
    let group = destination.cloud_watch_logs_log_group.as_ref()?;
    Group::of_arn(group.log_group_arn.as_deref()?)
}

//! Logs: what state machines log, written to files beside the data and delivered to CloudWatch Logs, off the path of executions.
//!
//! - [`Logs`]: takes events from the runtime and hands them to a thread that writes them.
//! - [`entry`]: an event as the line that AWS writes to CloudWatch Logs.
//! - [`files`]: one file for each log group, of a bounded size.
//! - [`cloudwatch`], [`batch`]: a stream for each state machine in its log group, and how much is sent at once.

mod batch;
mod cloudwatch;
mod entry;
pub mod files;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use api::{LogLevel, LoggingConfiguration};
use runtime::{EventLog, Logged};

use crate::{configuration, history};
pub use cloudwatch::Delivered;
use cloudwatch::{Delivery, Post};
pub use files::Bounds;
use files::{Files, Group};

/// How many steps of executions may wait to be written, and how many bytes they may have about.
const QUEUED_MAX: usize = 8192;
const QUEUED_BYTES_MAX: usize = 32 << 20;

/// The logs of all executions of a server. Like AWS's, they are written at the best of efforts: when more is
/// logged than can be written, entries are dropped, and the server's own log says how many.
pub struct Logs {
    orders: Sender<Order>,
    queued: Arc<Queued>,
    post: Option<Arc<Post>>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queued {
    steps: AtomicUsize,
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

/// Where logs go.
#[derive(Default)]
pub struct Destinations {
    /// A folder of files, which is made when the first entry is written, and how much is kept there.
    pub files: Option<(PathBuf, Bounds)>,
    /// Who calls CloudWatch Logs. Nothing is delivered where that has no endpoint and AWS may not be called.
    pub cloud_watch: Option<aws::Client>,
}

enum Order {
    /// A state machine logs to this group from now on.
    Announce(Group),
    Write(Logged, usize),
    /// Answers when everything before it is written.
    Flush(SyncSender<()>),
    End,
}

impl Logs {
    /// Keeps logs where they are to go. Entries are delivered by the Tokio runtime that this is called in.
    pub fn open(destinations: Destinations) -> std::io::Result<Arc<Self>> {
        // A channel with a bound would take the memory of a full one from the start.
        let (orders, queue) = channel();
        let queued = Arc::new(Queued::default());
        let post = destinations.cloud_watch.and_then(Post::open);
        let writer = Writer {
            files: destinations
                .files
                .map(|(folder, bounds)| Files::new(folder, bounds)),
            delivery: post.clone().map(Delivery::new),
            queued: Arc::clone(&queued),
        };
        let thread = std::thread::Builder::new()
            .name("logs".to_owned())
            .spawn(move || writer.run(&queue))?;
        Ok(Arc::new(Self {
            orders,
            queued,
            post,
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

    /// Makes ready the log groups to which a state machine logs from now on.
    pub(crate) fn announce(&self, configuration: &LoggingConfiguration) {
        if self.post.is_none() || matches!(configuration.level, None | Some(LogLevel::Off)) {
            return;
        }
        for group in configuration.destinations.iter().flatten().filter_map(group) {
            let _ = self.orders.send(Order::Announce(group));
        }
    }

    /// How many entries were delivered to CloudWatch Logs, and how many were given up; none where nothing is delivered.
    pub fn delivered(&self) -> Option<Delivered> {
        self.post.as_ref().map(|post| post.delivered())
    }

    /// Waits until what was written is delivered to CloudWatch Logs as well, or the time is up.
    pub async fn settle(&self, time: Duration) {
        let Some(post) = &self.post else { return };
        if tokio::time::timeout(time, post.settle()).await.is_err() {
            tracing::warn!("logs were still to be delivered to CloudWatch Logs; they are missing there");
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
        if !self.queued.enter(bytes) || self.orders.send(Order::Write(logged, bytes)).is_err() {
            self.queued.leave(bytes);
            self.queued.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Queued {
    /// Counts a step. Whether there was room for it, as there is for at least one.
    fn enter(&self, bytes: usize) -> bool {
        let steps = self.steps.fetch_add(1, Ordering::Relaxed);
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        steps < QUEUED_MAX && before < QUEUED_BYTES_MAX
    }

    fn leave(&self, bytes: usize) {
        self.steps.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The thread's own side.
struct Writer {
    files: Option<Files>,
    delivery: Option<Delivery>,
    queued: Arc<Queued>,
}

impl Writer {
    fn run(mut self, orders: &Receiver<Order>) {
        for order in orders {
            match order {
                Order::Write(logged, bytes) => {
                    self.write(&logged);
                    self.queued.leave(bytes);
                }
                Order::Announce(group) => {
                    if let Some(delivery) = &self.delivery {
                        delivery.announce(group);
                    }
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
        let entries = entry::entries(logged, &configuration);
        if entries.is_empty() {
            return;
        }
        for group in configuration.destinations.iter().flatten().filter_map(group) {
            if let Some(files) = &mut self.files {
                let lines: String = entries.iter().flat_map(|entry| [&entry.text, "\n"]).collect();
                if let Err(error) = files.append(&group, &lines) {
                    tracing::warn!(group = %group.name, %error, "a log could not be written");
                }
            }
            if let Some(delivery) = &mut self.delivery {
                delivery.take(&group, &logged.revision.machine_arn, entries.clone());
            }
        }
    }
}

fn group(destination: &api::LogDestination) -> Option<Group> {
    let group = destination.cloud_watch_logs_log_group.as_ref()?;
    Group::of_arn(group.log_group_arn.as_deref()?)
}

//! CloudWatch Logs: delivers entries to the log groups that state machines name, as AWS does.
//!
//! Each state machine writes to a stream of its own in its group, one batch after another; while one is under way, the next one
//! gathers. What can't be delivered now is kept, up to a bound, and tried again; then it is dropped, counted and complained
//! of. Executions never wait for any of it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws::{Caller, Client, Failure, Naming, Reply, Services};
use jiff::Timestamp;
use json::{Str, Value};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::logs::batch;
use crate::logs::entry::Entry;
use crate::logs::files::Group;

/// The service's name in resources.
const SERVICE: &str = "cloudwatchlogs";
const SERVICE_ID: &str = "CloudWatch Logs";

/// The stream with which AWS finds out whether it may write to a group.
const VALIDATION_STREAM: &str = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions";

/// How many bytes may wait to be delivered, and how many of them to one stream, so that one that is stuck leaves room to others.
const WAITING_BYTES_MAX: usize = 32 << 20;
const STREAM_BYTES_MAX: usize = 8 << 20;

/// How long the first entries wait for others to go with them.
const GATHERING: Duration = Duration::from_millis(200);

/// How often a batch is sent, and the pauses between: they double.
const ATTEMPTS_MAX: u32 = 8;
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// How many streams are kept in mind, and for how long one is written to.
const STREAMS_MAX: usize = 1_000;
const STREAM_LIFE: Duration = Duration::from_hours(24);

/// How often a stream complains.
const COMPLAINT_PAUSE: Duration = Duration::from_secs(60);

/// What became of entries so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// How many CloudWatch Logs has taken.
    pub delivered: u64,
    /// How many were given up.
    pub dropped: u64,
}

/// Hands entries to the streams that they belong to.
pub(super) struct Delivery {
    streams: HashMap<(Group, Str), Arc<Stream>>,
    post: Arc<Post>,
}

/// What all streams share.
pub(super) struct Post {
    aws: Client,
    handle: Handle,
    /// How many bytes wait.
    waiting: watch::Sender<usize>,
    delivered: AtomicU64,
    dropped: AtomicU64,
}

impl Post {
    /// Delivers with a client, if that may call CloudWatch Logs, within the Tokio runtime that this is called in.
    pub(super) fn open(aws: Client) -> Option<Arc<Self>> {
        aws.stand_in(SERVICE, SERVICE_ID).ok()?;
        Some(Arc::new(Self {
            aws,
            handle: Handle::current(),
            waiting: watch::Sender::new(0),
            delivered: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }))
    }

    /// Waits until nothing waits to be delivered.
    pub(super) async fn settle(&self) {
        // An error would mean that the sender is gone, which is the post's own.
        let _ = self.waiting.subscribe().wait_for(|bytes| *bytes == 0).await;
    }

    pub(super) fn delivered(&self) -> Delivered {
        Delivered {
            delivered: self.delivered.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }

    async fn call(&self, group: &Group, action: &str, parameters: &Value) -> Result<Reply, Failure> {
        let call = Services::embedded()
            .find(SERVICE, action)
            .map_err(|error| Failure::Client(error.to_string()))?;
        let caller = Caller {
            account: group.account.clone(),
            region: group.region.clone(),
            role_arn: None,
            session_name: "logs".to_owned(),
        };
        self.aws.call(&call, parameters, Naming::Sdk, &caller).await
    }

    /// Makes a stream, unless it is there.
    async fn create_stream(&self, group: &Group, name: &str) -> Result<(), Failure> {
        let parameters = json::json!({"LogGroupName": group.name.as_str(), "LogStreamName": name});
        match self.call(group, "createLogStream", &parameters).await {
            Err(failure) if code(&failure) != "ResourceAlreadyExistsException" => Err(failure),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Delivery {
    pub(super) fn new(post: Arc<Post>) -> Self {
        Self {
            streams: HashMap::new(),
            post,
        }
    }

    /// Makes the stream that every group has to which something logs.
    pub(super) fn announce(&self, group: Group) {
        let post = Arc::clone(&self.post);
        self.post.handle.spawn(async move {
            if let Err(failure) = post.create_stream(&group, VALIDATION_STREAM).await {
                tracing::warn!(group = %group.name, reason = %reason(&failure), "a log group takes no logs");
            }
        });
    }

    /// Takes entries of a state machine. Those for which there is no room are dropped.
    pub(super) fn take(&mut self, group: &Group, machine_arn: &Str, entries: Vec<Entry>) {
        let key = (group.clone(), machine_arn.clone());
        let known = self.streams.get(&key).filter(|stream| !stream.is_old());
        let stream = match known {
            Some(stream) => Arc::clone(stream),
            None => {
                if self.streams.len() >= STREAMS_MAX {
                    self.streams.retain(|_, stream| stream.is_under_way());
                }
                let stream = Arc::new(Stream::new(group.clone(), machine_arn, Arc::clone(&self.post)));
                self.streams.insert(key, Arc::clone(&stream));
                stream
            }
        };
        stream.take(entries);
    }
}

/// A stream of a log group, which one state machine writes to.
struct Stream {
    group: Group,
    name: String,
    post: Arc<Post>,
    opened: Instant,
    exists: AtomicBool,
    entries: Mutex<Waiting>,
    complained: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// Whether somebody delivers them.
    is_under_way: bool,
}

impl Stream {
    fn new(group: Group, machine_arn: &str, post: Arc<Post>) -> Self {
        let machine = machine_arn.rsplit(':').next().unwrap_or_default();
        let opened = Timestamp::now().strftime("%Y-%m-%d-%H-%M");
        let number = uuid::Uuid::new_v4().as_fields().0;
        Self {
            name: format!("states/{machine}/{opened}/{number:08x}"),
            group,
            post,
            opened: Instant::now(),
            exists: AtomicBool::new(false),
            entries: Mutex::default(),
            complained: Mutex::default(),
        }
    }

    fn is_old(&self) -> bool {
        self.opened.elapsed() > STREAM_LIFE
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.entries.lock().expect("nobody panics while holding it")
    }

    fn is_under_way(&self) -> bool {
        self.waiting().is_under_way
    }

    fn take(self: &Arc<Self>, entries: Vec<Entry>) {
        let mut waiting = self.waiting();
        let mut refused = 0;
        for entry in entries {
            let bytes = batch::bytes(&entry);
            let has_room = waiting.bytes + bytes <= STREAM_BYTES_MAX
                && *self.post.waiting.borrow() + bytes <= WAITING_BYTES_MAX;
            if has_room && batch::fits(&entry) {
                self.post.waiting.send_modify(|waiting| *waiting += bytes);
                waiting.bytes += bytes;
                waiting.entries.push_back(entry);
            } else {
                refused += 1;
            }
        }
        let begins = !waiting.is_under_way && !waiting.entries.is_empty();
        waiting.is_under_way |= begins;
        drop(waiting);
        if refused > 0 {
            self.drop_entries(refused, "more is logged than is taken");
        }
        if begins {
            self.post.handle.spawn(Arc::clone(self).run());
        }
    }

    /// Delivers batch after batch until nothing waits.
    async fn run(self: Arc<Self>) {
        tokio::time::sleep(GATHERING).await;
        loop {
            let (batch, bytes) = {
                let mut waiting = self.waiting();
                let batch = batch::take(&mut waiting.entries);
                let bytes: usize = batch.iter().map(batch::bytes).sum();
                waiting.bytes -= bytes;
                waiting.is_under_way = !batch.is_empty();
                (batch, bytes)
            };
            if batch.is_empty() {
                return;
            }
            self.deliver(batch).await;
            self.post.waiting.send_modify(|waiting| *waiting -= bytes);
        }
    }

    /// Sends a batch until it is taken or there is no hope.
    async fn deliver(&self, batch: Vec<Entry>) {
        let count = batch.len() as u64;
        let events: Vec<_> = batch
            .into_iter()
            .map(|entry| serde_json::json!({"Timestamp": entry.milliseconds, "Message": entry.text}))
            .collect();
        let parameters = json::json!({
            "LogGroupName": self.group.name.as_str(),
            "LogStreamName": self.name.as_str(),
            "LogEvents": events,
        });
        let mut pause = PAUSE_MIN;
        for attempt in 1..=ATTEMPTS_MAX {
            let failure = match self.put(&parameters).await {
                Ok(reply) => {
                    let rejected = rejected(&reply.value, count);
                    self.post.delivered.fetch_add(count - rejected, Ordering::Relaxed);
                    if rejected > 0 {
                        self.drop_entries(rejected, "they are too old or too new");
                    }
                    return;
                }
                Err(failure) => failure,
            };
            if attempt == ATTEMPTS_MAX || !may_pass(&failure) {
                self.drop_entries(count, &reason(&failure));
                return;
            }
            tracing::debug!(stream = %self.name, reason = %reason(&failure), "logs are sent again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Puts events into the stream, which is made first where it isn't there, or isn't there any more.
    async fn put(&self, parameters: &Value) -> Result<Reply, Failure> {
        if !self.exists.load(Ordering::Relaxed) {
            self.post.create_stream(&self.group, &self.name).await?;
            self.exists.store(true, Ordering::Relaxed);
        }
        match self.post.call(&self.group, "putLogEvents", parameters).await {
            Err(failure) if code(&failure) == "ResourceNotFoundException" => {
                self.exists.store(false, Ordering::Relaxed);
                self.post.create_stream(&self.group, &self.name).await?;
                self.exists.store(true, Ordering::Relaxed);
                self.post.call(&self.group, "putLogEvents", parameters).await
            }
            other => other,
        }
    }

    /// Counts entries that are given up, and says so now and then.
    fn drop_entries(&self, count: u64, reason: &str) {
        let dropped = self.post.dropped.fetch_add(count, Ordering::Relaxed) + count;
        let mut complained = self.complained.lock().expect("nobody panics while holding it");
        if complained.is_some_and(|moment| moment.elapsed() < COMPLAINT_PAUSE) {
            return;
        }
        *complained = Some(Instant::now());
        tracing::warn!(
            group = %self.group.name,
            stream = %self.name,
            count,
            dropped,
            reason,
            "log entries were not delivered to CloudWatch Logs; `dropped` counts all since the start"
        );
    }
}

/// How many of a batch's entries CloudWatch Logs leaves out: those before an end, those from a start on.
fn rejected(answer: &Value, count: u64) -> u64 {
    let info = answer.get("RejectedLogEventsInfo");
    let index = |name: &str| {
        let index = info.and_then(|info| info.get(name)).and_then(Value::as_i64);
        index.and_then(|index| u64::try_from(index).ok())
    };
    let before = index("TooOldLogEventEndIndex").max(index("ExpiredLogEventEndIndex"));
    let after = index("TooNewLogEventStartIndex").map_or(0, |start| count.saturating_sub(start));
    (before.unwrap_or(0) + after).min(count)
}

fn code(failure: &Failure) -> &str {
    match failure {
        Failure::Refused { refusal, .. } => &refusal.code,
        _ => "",
    }
}

fn reason(failure: &Failure) -> String {
    match Services::embedded().service(SERVICE) {
        Some(service) => failure.error(&service).1,
        None => format!("{failure:?}"),
    }
}

/// Whether another attempt may do better.
fn may_pass(failure: &Failure) -> bool {
    match failure {
        Failure::Client(_) => true,
        Failure::Refused { refusal, .. } => {
            refusal.status >= 500 || refusal.status == 429 || refusal.code.contains("Throttl")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_entries_are_those_at_both_ends() {
        let count = |info: Value| rejected(&json::json!({"RejectedLogEventsInfo": info}), 10);
        assert_eq!(rejected(&json::json!({}), 10), 0);
        assert_eq!(count(json::json!({"TooNewLogEventStartIndex": 8})), 2);
        assert_eq!(
            count(json::json!({"TooOldLogEventEndIndex": 3, "ExpiredLogEventEndIndex": 1})),
            3
        );
        assert_eq!(
            count(json::json!({"TooOldLogEventEndIndex": 9, "TooNewLogEventStartIndex": 0})),
            10
        );
    }
}

//! Express: what is kept of executions that are not saved, to be looked at for a while.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use engine::Event;
use integrations::Described;
use json::Str;

/// About how many bytes an event has beside its payloads.
const EVENT_BYTES: usize = 160;

/// An Express execution that ended.
#[derive(Debug)]
pub struct ExpressRecord {
    /// What is known of it.
    pub described: Arc<Described>,
    /// Its history.
    pub events: Vec<Event>,
    bytes: usize,
}

/// The Express executions that ended last: bounded by their number and their bytes.
pub(crate) struct ExpressRing {
    records: Mutex<Records>,
    count_max: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct Records {
    order: VecDeque<Arc<ExpressRecord>>,
    by_arn: HashMap<Str, Arc<ExpressRecord>>,
    bytes: usize,
}

impl ExpressRing {
    pub(crate) fn new(count_max: usize, bytes_max: usize) -> Self {
        Self {
            records: Mutex::default(),
            count_max,
            bytes_max,
        }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records
            .lock()
            .expect("nothing panics while it holds the lock")
    }

    pub(crate) fn push(&self, described: Arc<Described>, events: Vec<Event>, weight: usize) {
        let bytes = weight + EVENT_BYTES * events.len();
        if self.count_max == 0 || bytes > self.bytes_max {
            return;
        }
        let record = Arc::new(ExpressRecord {
            described,
            events,
            bytes,
        });
        let mut records = self.records();
        records.bytes += bytes;
        records
            .by_arn
            .insert(record.described.arn.clone(), Arc::clone(&record));
        records.order.push_back(record);
        while records.order.len() > self.count_max || records.bytes > self.bytes_max {
            let Some(oldest) = records.order.pop_front() else {
                break;
            };
            records.bytes -= oldest.bytes;
            records.by_arn.remove(&oldest.described.arn);
        }
    }

    pub(crate) fn get(&self, arn: &str) -> Option<Arc<ExpressRecord>> {
        self.records().by_arn.get(arn).cloned()
    }

    pub(crate) fn of_machine(&self, machine_arn: &str, limit: usize) -> Vec<Arc<ExpressRecord>> {
        let records = self.records();
        let newest_first = records.order.iter().rev();
        newest_first
            .filter(|record| &*record.described.machine_arn == machine_arn)
            .take(limit)
            .cloned()
            .collect()
    }
}

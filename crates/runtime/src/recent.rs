//! Recent: descriptions of Standard executions that ended a moment ago, which are asked for the most.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use integrations::Described;
use json::Str;

/// A bounded set of descriptions, the oldest of which make room for new ones.
pub(crate) struct Recent {
    by_arn: HashMap<Str, Arc<Described>>,
    order: VecDeque<(Str, usize)>,
    bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

impl Recent {
    pub(crate) fn new(count_max: usize, bytes_max: usize) -> Self {
        Self {
            by_arn: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            count_max,
            bytes_max,
        }
    }

    pub(crate) fn get(&self, arn: &str) -> Option<&Arc<Described>> {
        self.by_arn.get(arn)
    }

    /// Forgets an execution, which has gone on. Its place in the order of the oldest stays.
    pub(crate) fn forget(&mut self, arn: &str) {
        self.by_arn.remove(arn);
    }

    pub(crate) fn push(&mut self, described: Arc<Described>) {
        let output = described.output().map_or(0, json::Payload::bytes);
        let bytes = 512 + described.input.bytes() + output;
        if self.count_max == 0 || bytes > self.bytes_max {
            return;
        }
        let arn = described.arn.clone();
        if self.by_arn.insert(arn.clone(), described).is_none() {
            self.order.push_back((arn, bytes));
            self.bytes += bytes;
        }
        while self.order.len() > self.count_max || self.bytes > self.bytes_max {
            let Some((oldest, bytes)) = self.order.pop_front() else {
                break;
            };
            self.by_arn.remove(&oldest);
            self.bytes -= bytes;
        }
    }
}

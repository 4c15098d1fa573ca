//! Batches: how many entries CloudWatch Logs takes at once.

use std::collections::VecDeque;

use crate::logs::entry::Entry;

/// The most entries and bytes of one batch, and the hours between its first and its last entry.
const ENTRIES_MAX: usize = 10_000;
const BYTES_MAX: usize = 1_048_576;
const SPAN_MILLISECONDS_MAX: i64 = 24 * 60 * 60 * 1000;

/// What each entry counts for beside its text.
const OVERHEAD_BYTES: usize = 26;

/// What an entry counts for, in bytes.
pub(super) fn bytes(entry: &Entry) -> usize {
    entry.text.len() + OVERHEAD_BYTES
}

/// Whether an entry fits into any batch.
pub(super) fn fits(entry: &Entry) -> bool {
    bytes(entry) <= BYTES_MAX
}

/// Takes the entries of one batch from the front. They are in the order of their moments, as CloudWatch Logs wants them; those of
/// the same moment stay in theirs.
pub(super) fn take(waiting: &mut VecDeque<Entry>) -> Vec<Entry> {
    let (mut count, mut size) = (0, 0);
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for entry in waiting.iter().take(ENTRIES_MAX) {
        size += bytes(entry);
        first = first.min(entry.milliseconds);
        last = last.max(entry.milliseconds);
        if size > BYTES_MAX || last.saturating_sub(first) > SPAN_MILLISECONDS_MAX {
            break;
        }
        count += 1;
    }
    let mut batch: Vec<Entry> = waiting.drain(..count).collect();
    batch.sort_by_key(|entry| entry.milliseconds);
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(milliseconds: i64, text: &str) -> Entry {
        Entry {
            milliseconds,
            text: text.to_owned(),
        }
    }

    fn sizes(mut waiting: VecDeque<Entry>) -> Vec<usize> {
        let mut sizes = Vec::new();
        while !waiting.is_empty() {
            sizes.push(take(&mut waiting).len());
        }
        sizes
    }

    #[test]
    fn batches_are_in_the_order_of_time() {
        let mut waiting = VecDeque::from([entry(2, "a"), entry(1, "b"), entry(2, "c"), entry(1, "d")]);
        let texts: Vec<String> = take(&mut waiting).into_iter().map(|entry| entry.text).collect();
        assert_eq!(texts, ["b", "d", "a", "c"]);
        assert!(take(&mut waiting).is_empty());
    }

    #[test]
    fn batches_have_as_many_entries_as_cloud_watch_logs_takes() {
        let many = |count: usize| (0..count).map(|_| entry(0, "x")).collect();
        assert_eq!(sizes(many(10_000)), [10_000]);
        assert_eq!(sizes(many(10_001)), [10_000, 1]);
    }

    #[test]
    fn batches_have_as_many_bytes_as_cloud_watch_logs_takes() {
        let half = "x".repeat(BYTES_MAX / 2 - OVERHEAD_BYTES);
        let more = format!("{half}x");
        assert_eq!(sizes(VecDeque::from([entry(0, &half), entry(0, &half)])), [2]);
        assert_eq!(sizes(VecDeque::from([entry(0, &half), entry(0, &more)])), [1, 1]);
        assert!(fits(&entry(0, &"x".repeat(BYTES_MAX - OVERHEAD_BYTES))));
        assert!(!fits(&entry(0, &"x".repeat(BYTES_MAX - OVERHEAD_BYTES + 1))));
    }

    #[test]
    fn batches_span_a_day_at_most() {
        let day = SPAN_MILLISECONDS_MAX;
        assert_eq!(sizes(VecDeque::from([entry(0, "a"), entry(day, "b")])), [2]);
        assert_eq!(
            sizes(VecDeque::from([entry(0, "a"), entry(day + 1, "b")])),
            [1, 1]
        );
        assert_eq!(
            sizes(VecDeque::from([entry(day + 1, "a"), entry(0, "b")])),
            [1, 1]
        );
    }
}

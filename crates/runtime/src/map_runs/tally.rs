//! Tally: what became of a map run's items and executions, and whether more failed than is tolerated.

use store::{MapRun, MapRunCounts, MapRunSettings, Status};

/// Adds to both counts of a record: an execution, and its items.
pub(super) fn add(record: &mut MapRun, status: Status, items: u64) {
    *of(&mut record.executions, status) += 1;
    *of(&mut record.items, status) += items;
}

/// Takes an execution and its items from both counts.
pub(super) fn take(record: &mut MapRun, status: Status, items: u64) {
    let less = |count: &mut u64, by: u64| *count = count.saturating_sub(by);
    less(of(&mut record.executions, status), 1);
    less(of(&mut record.items, status), items);
}

fn of(counts: &mut MapRunCounts, status: Status) -> &mut u64 {
    match status {
        Status::Running => &mut counts.running,
        Status::Succeeded => &mut counts.succeeded,
        Status::Failed => &mut counts.failed,
        Status::TimedOut => &mut counts.timed_out,
        Status::Aborted => &mut counts.aborted,
        Status::PendingRedrive => &mut counts.pending_redrive,
    }
}

/// Whether so many failed items are more than is tolerated. Without any say, none is; of a percentage nobody knows
/// while items are still being read.
pub(super) fn is_exceeded(settings: &MapRunSettings, failed: u64, total: Option<u64>) -> bool {
    let by_count = settings.tolerated_count.is_some_and(|most| failed > most);
    let by_percentage = match (settings.tolerated_percentage, total) {
        (Some(most), Some(total)) => failed as f64 * 100.0 > most.0 * total as f64,
        _ => false,
    };
    let says_nothing = settings.tolerated_count.is_none() && settings.tolerated_percentage.is_none();
    by_count || by_percentage || (says_nothing && failed > 0)
}

#[cfg(test)]
mod tests {
    use store::Percentage;

    use super::*;

    fn settings(count: Option<u64>, percentage: Option<f64>) -> MapRunSettings {
        MapRunSettings {
            max_concurrency: 0,
            tolerated_count: count,
            tolerated_percentage: percentage.map(Percentage),
        }
    }

    #[test]
    fn either_threshold_may_be_exceeded() {
        let none = settings(None, None);
        assert!(!is_exceeded(&none, 0, Some(10)));
        assert!(is_exceeded(&none, 1, Some(10)));
        let two = settings(Some(2), None);
        assert!(!is_exceeded(&two, 2, Some(3)));
        assert!(is_exceeded(&two, 3, Some(3)));
        let half = settings(None, Some(50.0));
        assert!(!is_exceeded(&half, 5, Some(10)));
        assert!(is_exceeded(&half, 6, Some(10)));
        assert!(!is_exceeded(&half, 6, None), "more items may come");
        let both = settings(Some(1), Some(50.0));
        assert!(is_exceeded(&both, 2, Some(10)));
        assert!(is_exceeded(&both, 1, Some(1)));
        assert!(!is_exceeded(&settings(Some(0), Some(100.0)), 0, Some(0)));
    }
}

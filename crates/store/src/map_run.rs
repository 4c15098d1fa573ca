//! Map runs: what is kept of the runs of Distributed Maps, and of each of their executions beside the execution itself.

use engine::{BranchId, Millis};
use json::Str;
use serde::{Deserialize, Serialize};

use crate::id::ExecId;
use crate::record::Status;

/// A run of a Distributed Map.
///
/// Stored as JSON: a new member needs a `serde(default)` and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRun {
    /// Its ARN.
    pub arn: Str,
    /// The execution that it is a run of.
    pub execution: ExecId,
    /// The same by its ARN.
    pub execution_arn: Str,
    /// The branch of the execution that waits for it.
    pub branch: BranchId,
    /// The event that started it.
    pub event: u64,
    /// The state machine with the Map's label: what its executions are executions of.
    pub machine_arn: Str,
    /// Whether its executions are Express ones.
    pub express: bool,
    /// When it started.
    pub started: Millis,
    /// When it ended, if it has.
    pub stopped: Option<Millis>,
    /// Where it is.
    pub status: MapRunStatus,
    /// How much it may do, and how much of it may fail.
    pub settings: MapRunSettings,
    /// How often it was redriven, and when last.
    pub redriven: Option<(u32, Millis)>,
    /// What became of its items, as of its end.
    pub items: MapRunCounts,
    /// What became of its executions, as of its end.
    pub executions: MapRunCounts,
}

impl MapRun {
    /// How often it was redriven.
    pub fn redrives(&self) -> u32 {
        self.redriven.map_or(0, |(count, _)| count)
    }
}

/// Where a map run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "named as AWS names them")]
pub enum MapRunStatus {
    Running,
    Succeeded,
    Failed,
    Aborted,
}

/// What can be changed of a map run while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRunSettings {
    /// How many executions may run at once; 0 sets no limit.
    pub max_concurrency: u64,
    /// How many items may fail, if somebody says so.
    pub tolerated_count: Option<u64>,
    /// How many percent of the items may fail, if somebody says so.
    pub tolerated_percentage: Option<Percentage>,
}

/// A number from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Percentage(pub f64);

/// It is never NaN.
impl Eq for Percentage {}

/// What became of items, or of executions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as AWS names them")]
pub struct MapRunCounts {
    pub pending: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
    pub results_written: u64,
    pub failures_not_redrivable: u64,
    pub pending_redrive: u64,
}

impl MapRunCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.pending
            + self.running
            + self.succeeded
            + self.failed
            + self.timed_out
            + self.aborted
            + self.pending_redrive
    }

    /// Those that came to no success by themselves.
    pub fn failures(&self) -> u64 {
        self.failed + self.timed_out
    }
}

/// Which of its map run's executions an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapSeat {
    /// Its number among them, from 0, in the order of their items.
    pub index: u64,
    /// How many items it was given: more than one when they are put into batches.
    pub items: u64,
}

/// An execution of a map run, as a scan gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapChild {
    /// Its number.
    pub id: ExecId,
    /// Which one it is.
    pub seat: MapSeat,
    /// Where it is.
    pub status: Status,
    /// When it was redriven last, if it was.
    pub redriven: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_a_total() {
        let counts = MapRunCounts {
            pending: 1,
            running: 2,
            succeeded: 3,
            failed: 4,
            timed_out: 5,
            aborted: 6,
            results_written: 100,
            failures_not_redrivable: 100,
            pending_redrive: 7,
        };
        assert_eq!((counts.total(), counts.failures()), (28, 9));
    }
}

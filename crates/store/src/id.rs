//! The number of an execution: time-ordered, with its shard in it.

use std::fmt;

use engine::Millis;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// 2025-01-01T00:00Z, where ticks begin.
const EPOCH_MILLIS: i64 = 1_735_689_600_000;
const TICK_MILLIS: i64 = 4;
const TICK_MAX: u64 = (1 << 39) - 1;

/// The number of an execution: 39 bits of 4 ms ticks since 2025, then 8 bits of shard.
///
/// Numbers above [`ExecId::MAX`] are free for executions that are never saved: a store knows none of them.
///
/// Ids of one shard are in the order in which they were given; those of different shards are so to
/// within a few milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExecId(pub u64);

impl ExecId {
    /// The highest there is.
    pub const MAX: Self = Self((TICK_MAX << 8) | 0xff);

    /// The shard that the execution lives on.
    pub fn shard(self) -> u8 {
        self.0.to_le_bytes()[0]
    }

    fn tick(self) -> u64 {
        self.0 >> 8
    }

    /// The key of what belongs to the execution and has that number in it; of nothing, when the id is
    /// higher than any stored one can be.
    pub(crate) fn key(self, number: u16) -> i64 {
        if self > Self::MAX {
            return -1;
        }
        i64::try_from((self.0 << 16) | u64::from(number)).expect("an id has 47 bits")
    }

    /// The key of the execution's row.
    pub(crate) fn row(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// The id that a row has; none for what can't be one.
    pub(crate) fn from_row(row: i64) -> Option<Self> {
        u64::try_from(row).ok().map(Self).filter(|id| *id <= Self::MAX)
    }
}

impl fmt::Display for ExecId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:012x}", self.0)
    }
}

/// The shard of an execution, so that two starts of one name meet.
pub fn shard_of(execution_arn: &str) -> u8 {
    ArnHash::of(execution_arn).0[15]
}

/// Gives the ids of one shard, each higher than the one before.
#[derive(Debug)]
pub struct IdClock {
    shard: u8,
    last: u64,
}

impl IdClock {
    /// A clock that goes on above `latest`, the highest id that the store knows.
    pub fn new(shard: u8, latest: Option<ExecId>) -> Self {
        Self {
            shard,
            last: latest.map_or(0, ExecId::tick),
        }
    }

    /// The next id. When more than one is asked for in a tick, or time goes back, it runs ahead.
    pub fn next(&mut self, now: Millis) -> ExecId {
        let ticks = now.0.saturating_sub(EPOCH_MILLIS).div_euclid(TICK_MILLIS);
        let tick = u64::try_from(ticks).unwrap_or(0).max(self.last + 1).min(TICK_MAX);
        self.last = tick;
        ExecId((tick << 8) | u64::from(self.shard))
    }
}

/// What an ARN is looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ArnHash(pub(crate) [u8; 16]);

impl ArnHash {
    pub(crate) fn of(arn: &str) -> Self {
        Self(digest(arn.as_bytes()))
    }

    /// The part that lists are keyed by, where a rare collision can be told apart.
    pub(crate) fn short(self) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// The first half of a SHA-256: nobody can make two texts that share it.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 16] {
    let full = Sha256::digest(bytes);
    let mut half = [0; 16];
    half.copy_from_slice(&full[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(EPOCH_MILLIS + 40_000);

    #[test]
    fn ids_carry_time_and_shard() {
        let mut clock = IdClock::new(7, None);
        let id = clock.next(NOW);
        assert_eq!((id.tick(), id.shard()), (10_000, 7));
        assert_eq!(id.to_string(), "000000271007");
    }

    #[test]
    fn ids_rise_within_a_tick_and_when_time_goes_back() {
        let mut clock = IdClock::new(0, None);
        let first = clock.next(NOW);
        let second = clock.next(NOW);
        let third = clock.next(Millis(0));
        assert!(first < second && second < third);
    }

    #[test]
    fn ids_go_on_above_the_latest() {
        let latest = IdClock::new(255, None).next(NOW);
        assert!(IdClock::new(0, Some(latest)).next(Millis(0)) > latest);
    }

    #[test]
    fn the_highest_key_is_positive() {
        assert!(ExecId::MAX.key(u16::MAX) > 0);
        assert_eq!(ExecId::from_row(ExecId::MAX.row()), Some(ExecId::MAX));
        assert_eq!(ExecId::from_row(ExecId::MAX.row() + 1), None);
        assert_eq!(ExecId::from_row(-1), None);
    }

    #[test]
    fn higher_ids_have_no_key() {
        for id in [ExecId(ExecId::MAX.0 + 1), ExecId(u64::MAX)] {
            assert_eq!((id.key(0), id.key(u16::MAX)), (-1, -1));
            assert!(id.row() > ExecId::MAX.row());
        }
    }
}

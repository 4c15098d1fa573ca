//! Time and chance, which come in from outside.

use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Millis(pub i64);

impl Millis {
    /// The longest delay that is counted: far beyond any execution's life.
    pub(crate) const MAX_DELAY: i64 = 1 << 50;

    /// The moment that many milliseconds later.
    pub(crate) fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The moment that many seconds later; the end of time when it would be past it.
    pub fn after_seconds(self, seconds: u64) -> Self {
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Self(self.0.saturating_add(millis))
    }

    /// The moment as payloads show it: RFC 3339 in UTC, with a fraction of 0 or 3 digits as Java prints it.
    pub fn to_iso(self) -> String {
        let digits = if self.0 % 1000 == 0 { 0 } else { 3 };
        let printer = DateTimePrinter::new().precision(Some(digits));
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => printer.timestamp_to_string(&moment),
            // Further away than calendars go.
            Err(_) => self.0.to_string(),
        }
    }
}

/// What a step must know of the world.
pub trait World {
    /// Why the task of a state cannot even be scheduled: an activity that does not exist, parameters that do
    /// not fit. The execution fails with `States.Runtime`.
    fn refuse(&self, state: &str, resource: &asl::Resource, parameters: &json::Value) -> Option<Refusal>;

    /// Whether a state machine is being deleted. Its executions end where they would go on to another state or
    /// try one again.
    fn is_deleting(&self, machine_arn: &str) -> bool {
        let _ = machine_arn;
        false
    }

    /// The lane that a task with these parameters goes through, when whoever does it does only so many at once.
    fn lane(&self, _resource: &asl::Resource, _parameters: &json::Value) -> Option<Lane> {
        None
    }
}

/// Where tasks wait for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Its name, which tasks that share it share.
    pub name: json::Str,
    /// How many of its tasks may be sent now.
    pub room: usize,
}

/// Why a task cannot even be scheduled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// AWS's reason; the cause begins with which state failed, as AWS has it.
    Explained(String),
    /// The cause, whole.
    Plain(String),
}

/// When a step is decided, and the source of its chance. The same inputs at the same moments give
/// the same events, always.
#[derive(Clone, Copy)]
pub struct Moment<'w> {
    /// The time.
    pub now: Millis,
    /// What random numbers are drawn from: identifiers, jitter, `States.MathRandom`.
    pub seed: u64,
    /// How many tasks may be sent at once; those above it are scheduled and wait for [`crate::Input::TaskStarting`].
    pub room: usize,
    /// What is known of the world.
    pub world: &'w dyn World,
}

/// A small, good sequence of random numbers from a seed (SplitMix64).
#[derive(Debug)]
pub(crate) struct Chance(std::cell::Cell<u64>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(std::cell::Cell::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to 1, 1 left out.
    pub(crate) fn fraction(&self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_print_as_aws_prints_them() {
        assert_eq!(Millis(1_700_000_000_123).to_iso(), "2023-11-14T22:13:20.123Z");
        assert_eq!(Millis(1_700_000_000_000).to_iso(), "2023-11-14T22:13:20Z");
        assert_eq!(Millis(1_700_000_000_120).to_iso(), "2023-11-14T22:13:20.120Z");
    }

    #[test]
    fn the_same_seed_gives_the_same_chance() {
        let (one, two) = (Chance::new(7), Chance::new(7));
        assert!((0..100).all(|_| one.next() == two.next()));
        assert!((0..100).all(|_| (0.0..1.0).contains(&one.fraction())));
    }
}

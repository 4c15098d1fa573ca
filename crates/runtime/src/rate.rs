//! Rates: how often something may happen, counted in buckets of tokens.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use engine::Millis;

/// How many buckets are kept, one for each account and region that asked; more would be a way to fill the memory.
const BUCKETS_MAX: usize = 4096;

/// A bucket's size, and what is added to it each second until it is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many tokens it holds: what may happen at once.
    pub bucket: u32,
    /// How many tokens are added each second: what may happen in the long run.
    pub refill: u32,
}

/// A bucket of tokens. It knows no clock: every call says what time it is.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: Rate,
    /// Thousandths of tokens; below zero when more was spent than there was.
    level: i64,
    at: Millis,
}

impl Bucket {
    /// A full bucket.
    pub fn full(rate: Rate, now: Millis) -> Self {
        Self {
            rate,
            level: i64::from(rate.bucket) * 1000,
            at: now,
        }
    }

    /// Takes a token; false when there is none.
    pub fn take(&mut self, now: Millis) -> bool {
        self.fill(now);
        let has_token = self.level >= 1000;
        if has_token {
            self.level -= 1000;
        }
        has_token
    }

    /// Spends tokens, those that are still to come included.
    pub fn spend(&mut self, now: Millis, tokens: u32) {
        self.fill(now);
        self.level = self.level.saturating_sub(i64::from(tokens) * 1000);
    }

    /// When nothing is owed any more; nothing when nothing is owed now.
    pub fn owes_until(&mut self, now: Millis) -> Option<Millis> {
        self.fill(now);
        if self.level >= 0 {
            return None;
        }
        let refill = i64::from(self.rate.refill.max(1));
        let millis = self.level.unsigned_abs().div_ceil(refill.unsigned_abs());
        let millis = i64::try_from(millis).unwrap_or(i64::MAX);
        Some(Millis(now.0.saturating_add(millis)))
    }

    fn is_full(&self) -> bool {
        self.level >= i64::from(self.rate.bucket) * 1000
    }

    /// A token a second is a thousandth of a token a millisecond. A clock that is set back adds nothing.
    fn fill(&mut self, now: Millis) {
        let passed = now.0.saturating_sub(self.at.0).max(0);
        let added = passed.saturating_mul(i64::from(self.rate.refill));
        self.level = self
            .level
            .saturating_add(added)
            .min(i64::from(self.rate.bucket) * 1000);
        self.at = now;
    }
}

/// Buckets of one rate each, by whatever they are kept apart by. Those that are full again are forgotten.
#[derive(Debug)]
pub struct Buckets<K>(Mutex<HashMap<K, Bucket>>);

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Does something with the bucket of a key, which is full at first.
    pub fn with<T>(&self, key: K, rate: Rate, now: Millis, act: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| {
                bucket.fill(now);
                !bucket.is_full()
            });
        }
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&key) {
            // So many at once are nobody's honest use: the newcomer is counted by itself.
            return act(&mut Bucket::full(Rate { bucket: 1, refill: 0 }, now));
        }
        act(buckets.entry(key).or_insert_with(|| Bucket::full(rate, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { bucket: 3, refill: 2 };

    #[test]
    fn a_bucket_gives_what_it_holds_and_then_what_flows_into_it() {
        let mut bucket = Bucket::full(RATE, Millis(0));
        let taken = |bucket: &mut Bucket, now| (0..9).filter(|_| bucket.take(Millis(now))).count();
        assert_eq!(taken(&mut bucket, 0), 3);
        assert_eq!(taken(&mut bucket, 499), 0);
        assert_eq!(taken(&mut bucket, 500), 1);
        assert_eq!(taken(&mut bucket, 1500), 2);
        assert_eq!(taken(&mut bucket, 3_600_000), 3, "it holds no more than its size");
    }

    #[test]
    fn a_clock_that_is_set_back_adds_nothing() {
        let mut bucket = Bucket::full(RATE, Millis(10_000));
        bucket.spend(Millis(10_000), 3);
        assert!(!bucket.take(Millis(0)));
        assert!(!bucket.take(Millis(499)));
        assert!(bucket.take(Millis(500)));
    }

    #[test]
    fn what_is_owed_is_paid_over_time() {
        let mut bucket = Bucket::full(RATE, Millis(0));
        bucket.spend(Millis(0), 3);
        assert_eq!(bucket.owes_until(Millis(0)), None);
        bucket.spend(Millis(0), 5);
        assert_eq!(bucket.owes_until(Millis(0)), Some(Millis(2500)));
        assert_eq!(bucket.owes_until(Millis(2499)), Some(Millis(2500)));
        assert_eq!(bucket.owes_until(Millis(2500)), None);
    }

    #[test]
    fn a_rate_of_nothing_is_no_division_by_zero() {
        let mut bucket = Bucket::full(Rate { bucket: 0, refill: 0 }, Millis(0));
        assert!(!bucket.take(Millis(1 << 40)));
        bucket.spend(Millis(0), u32::MAX);
        assert!(bucket.owes_until(Millis(0)).is_some());
    }

    #[test]
    fn keys_have_buckets_of_their_own_and_are_bounded() {
        let buckets = Buckets::default();
        let take = |key: usize, now| buckets.with(key, RATE, Millis(now), |bucket| bucket.take(Millis(now)));
        assert_eq!((0..4).filter(|_| take(1, 0)).count(), 3);
        assert!(take(2, 0));
        for key in 0..2 * BUCKETS_MAX {
            take(key, 0);
        }
        assert!(buckets.0.lock().unwrap().len() <= BUCKETS_MAX);
        assert!(take(5 * BUCKETS_MAX, 10_000), "full ones make room");
        assert_eq!(buckets.0.lock().unwrap().len(), 1);
    }
}

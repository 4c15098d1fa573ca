//! Chance: where seeds and names come from.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};

/// A source of random numbers that nobody outside can foresee, or, with a seed, one that always gives the
/// same ones.
#[derive(Debug)]
pub(crate) struct Chance {
    keys: Option<RandomState>,
    next: AtomicU64,
}

impl Chance {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        match seed {
            Some(seed) => Self {
                keys: None,
                next: AtomicU64::new(seed),
            },
            None => Self {
                keys: Some(RandomState::new()),
                next: AtomicU64::new(0),
            },
        }
    }

    pub(crate) fn next(&self) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        match &self.keys {
            // A keyed hash of a counter: without the keys, one number says nothing about the next.
            Some(keys) => keys.hash_one(number),
            None => mix(number),
        }
    }

    pub(crate) fn uuid(&self) -> Uuid {
        uuid_of(self.next(), self.next())
    }
}

/// A UUID that always comes of the same two numbers.
pub(crate) fn uuid_of(high: u64, low: u64) -> Uuid {
    let bytes = (u128::from(high) << 64) | u128::from(low);
    Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid()
}

/// Spreads the bits of a number over all 64 (SplitMix64).
pub(crate) fn mix(number: u64) -> u64 {
    let state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

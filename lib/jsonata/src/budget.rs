//! Budgets: how deep, how long and with how much memory an expression may run.

use crate::error::{Error, Kind};

/// What an evaluation may use.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// Nested evaluations, counted as jsonata-js's `evaluate` calls.
    pub depth_max: u32,
    /// The bytes of one allocation: a character counts one, an element of an array eight.
    pub bytes_max: usize,
    /// Steps: an evaluated node, a call, a move of a regular expression, 64 bytes read or written, 8 elements looked
    /// at or copied. Whatever a builtin does is counted by its work, so that a step takes less than 250 ns.
    pub steps_max: u64,
    /// Asked now and then whether time is up.
    pub expired: Option<&'a dyn Fn() -> bool>,
}

impl Budget<'_> {
    /// AWS's measured limits: depth 100, and 873,782 numbers in an array are allowed, one more is not.
    pub const AWS: Self = Self {
        depth_max: 100,
        bytes_max: 6_990_256,
        steps_max: u64::MAX,
        expired: None,
    };
}

impl Default for Budget<'_> {
    /// Wide limits for trusted expressions.
    fn default() -> Self {
        Self {
            depth_max: 5000,
            bytes_max: 1 << 30,
            steps_max: u64::MAX,
            expired: None,
        }
    }
}

/// All allocations together may have so many times the bytes of one.
const TURNOVER: usize = 64;

/// Between two questions whether time is up.
const STEPS_BETWEEN: u64 = 1024;

/// What is used of a budget.
pub(crate) struct Meter<'a> {
    budget: Budget<'a>,
    depth: u32,
    native: u32,
    /// Steps, in parts of which `PARTS` are one.
    parts: u64,
    parts_max: u64,
    next_question: u64,
    bytes: usize,
}

/// A byte is a part of a step, an element eight.
const PARTS: u64 = 64;
const PARTS_OF_ELEMENT: u64 = 8;

/// Builtins that call builtins nest at most so deep.
const NATIVE_MAX: u32 = 2000;

impl<'a> Meter<'a> {
    pub(crate) fn new(budget: Budget<'a>) -> Self {
        Self {
            budget,
            depth: 0,
            native: 0,
            parts: 0,
            parts_max: budget.steps_max.saturating_mul(PARTS),
            next_question: 0,
            bytes: 0,
        }
    }

    /// Enters a nested evaluation; to be paired with `leave`.
    #[inline]
    pub(crate) fn enter(&mut self) -> Result<(), Error> {
        if self.depth >= self.budget.depth_max {
            return Err(Error::limit(Kind::Depth));
        }
        self.depth += 1;
        self.step(1)
    }

    #[inline]
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(crate) fn enter_native(&mut self) -> Result<(), Error> {
        if self.native >= NATIVE_MAX {
            return Err(Error::limit(Kind::Depth));
        }
        self.native += 1;
        self.step(1)
    }

    pub(crate) fn leave_native(&mut self) {
        self.native -= 1;
    }

    /// Counts steps.
    #[inline]
    pub(crate) fn step(&mut self, count: u64) -> Result<(), Error> {
        self.count(count.saturating_mul(PARTS))
    }

    #[inline]
    fn count(&mut self, parts: u64) -> Result<(), Error> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts < self.next_question {
            return Ok(());
        }
        self.question()
    }

    /// Counts the comparison of two texts, or of things without a length.
    #[inline]
    pub(crate) fn compare(&mut self, left: usize, right: usize) -> Result<(), Error> {
        self.count(PARTS + (left + right) as u64 / 4)
    }

    /// Counts the reading of a text.
    #[inline]
    pub(crate) fn read(&mut self, bytes: usize) -> Result<(), Error> {
        self.count(bytes as u64)
    }

    /// Counts a look at so many elements.
    #[inline]
    pub(crate) fn look(&mut self, elements: usize) -> Result<(), Error> {
        self.count((elements as u64).saturating_mul(PARTS_OF_ELEMENT))
    }

    #[cold]
    fn question(&mut self) -> Result<(), Error> {
        self.next_question = self
            .parts
            .saturating_add(STEPS_BETWEEN * PARTS)
            .min(self.parts_max.saturating_add(1));
        if self.parts > self.parts_max || self.budget.expired.is_some_and(|expired| expired()) {
            return Err(Error::limit(Kind::Time));
        }
        Ok(())
    }

    /// Asks for memory before it is taken.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(bytes);
        if bytes > self.budget.bytes_max || self.bytes / TURNOVER > self.budget.bytes_max {
            return Err(Error::limit(Kind::Memory));
        }
        self.count(bytes as u64)
    }

    /// Asks for an array of so many elements.
    pub(crate) fn charge_elements(&mut self, count: usize) -> Result<(), Error> {
        self.charge(count.saturating_mul(8))
    }

    pub(crate) fn bytes_max(&self) -> usize {
        self.budget.bytes_max
    }
}

//! Random expressions and inputs from a seed, for the differential test and for the soup.
//!
//! Expressions mostly have the type that stands to be expected where they stand, and sometimes a wrong
//! one; some are broken afterwards. Inputs have few member names, so that paths often find something.

#![allow(dead_code, reason = "each test binary uses some of it")]

mod expression;
mod input;
mod soup;

use json::Value;

pub(crate) use soup::{broken, soup};

/// A stream of chance that depends on nothing but its seed (splitmix64), or on bytes that it is given.
pub(crate) struct Chance {
    /// The next byte is the last.
    given: Vec<u8>,
    seed: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            given: Vec::new(),
            seed,
        }
    }

    /// Each byte decides one thing; what they do not decide, nothing but their number does.
    pub(crate) fn given(bytes: &[u8]) -> Self {
        Self {
            given: bytes.iter().rev().copied().collect(),
            seed: bytes.len() as u64,
        }
    }

    pub(crate) fn next(&mut self) -> u64 {
        if let Some(byte) = self.given.pop() {
            return byte.into();
        }
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is above zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn one<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// An expression and its input.
pub(crate) struct Generated {
    pub(crate) expr: String,
    pub(crate) input: Option<Value>,
}

/// Case number `index` of a seed.
pub(crate) fn generate(seed: u64, index: u64) -> Generated {
    generate_by(&mut Chance::new(
        seed.wrapping_mul(0x0000_0100_0000_01B3) ^ index.wrapping_mul(0x2545_F491_4F6C_DD1D),
    ))
}

/// The case that a stream of chance makes.
pub(crate) fn generate_by(chance: &mut Chance) -> Generated {
    let input = input::input(chance);
    let expr = match chance.below(100) {
        0..=2 => soup(chance),
        3..=9 => {
            let whole = expression::expression(chance);
            broken(&whole, chance)
        }
        _ => expression::expression(chance),
    };
    Generated { expr, input }
}

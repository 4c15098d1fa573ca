//! `States.MathAdd` and `States.MathRandom`.

use json::{Number, Value};

use super::{Outcome, Unfit};

/// Java's `Math.round`: the nearest integer, halves towards positive infinity.
pub(super) fn rounded(number: Number) -> Option<i64> {
    match number {
        Number::Int(value) => Some(value),
        Number::UInt(_) => None,
        Number::Float(value) => {
            let floor = value.floor();
            let nearest = if value - floor >= 0.5 { floor + 1.0 } else { floor };
            // The bounds are powers of two, exact as doubles.
            ((-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&nearest))
                .then_some(nearest as i64)
        }
    }
}

pub(super) fn add(left: i64, right: i64) -> Outcome {
    left.checked_add(right).map(Value::from).ok_or(Unfit)
}

/// A number from start up to, but without, end.
pub(super) fn random(start: i64, end: i64, chance: u64) -> Outcome {
    if start >= end {
        return Err(Unfit);
    }
    let span = end.wrapping_sub(start) as u64;
    let offset = (u128::from(chance) * u128::from(span)) >> 64;
    Ok(Value::from(start.wrapping_add(offset as i64)))
}

/// The first number that Java's generator gives for a seed.
pub(super) fn seeded(start: i64, end: i64, seed: i64) -> Outcome {
    if start >= end {
        return Err(Unfit);
    }
    let mut generator = JavaRandom::new(seed);
    let span = end.wrapping_sub(start) as u64;
    let offset = match i32::try_from(span) {
        Ok(span) => i64::from(generator.below(span)),
        Err(_) => (generator.long() as u64 % span) as i64,
    };
    Ok(Value::from(start.wrapping_add(offset)))
}

/// `java.util.Random`: a linear congruential generator of 48 bits.
struct JavaRandom {
    state: u64,
}

impl JavaRandom {
    const MULTIPLIER: u64 = 0x5_deec_e66d;
    const MASK: u64 = (1 << 48) - 1;

    fn new(seed: i64) -> Self {
        Self {
            state: (seed as u64 ^ Self::MULTIPLIER) & Self::MASK,
        }
    }

    fn bits(&mut self, count: u32) -> i32 {
        self.state = self.state.wrapping_mul(Self::MULTIPLIER).wrapping_add(0xb) & Self::MASK;
        (self.state >> (48 - count)) as i32
    }

    /// `nextInt(bound)`, for a bound above zero.
    fn below(&mut self, bound: i32) -> i32 {
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(self.bits(31))) >> 31) as i32;
        }
        loop {
            let bits = self.bits(31);
            let value = bits % bound;
            // The last, incomplete run of values below 2^31 would make small ones likelier.
            if bits.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
                return value;
            }
        }
    }

    /// `nextLong()`.
    fn long(&mut self) -> i64 {
        let high = i64::from(self.bits(32)) << 32;
        high.wrapping_add(i64::from(self.bits(32)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_up() {
        for (value, nearest) in [
            (0.5, 1),
            (-0.5, 0),
            (-1.5, -1),
            (-1.51, -2),
            (2.5, 3),
            (0.49999999999999994, 0),
            (4503599627370497.0, 4503599627370497),
        ] {
            assert_eq!(rounded(Number::Float(value)), Some(nearest), "{value}");
        }
        assert_eq!(rounded(Number::Float(1e19)), None);
        assert_eq!(rounded(Number::UInt(u64::MAX)), None);
    }

    #[test]
    fn seeds_give_javas_numbers() {
        assert_eq!(JavaRandom::new(42).below(10), 0);
        assert_eq!(JavaRandom::new(42).long(), -5_025_562_857_975_149_833);
        let mut generator = JavaRandom::new(42);
        assert_eq!((generator.below(100), generator.below(100)), (30, 63));
        assert_eq!(JavaRandom::new(0).bits(32), -1_155_484_576);
    }

    #[test]
    fn chance_stays_in_its_bounds() {
        assert_eq!(random(1, 3, 0), Ok(Value::from(1)));
        assert_eq!(random(1, 3, u64::MAX), Ok(Value::from(2)));
        assert_eq!(
            random(i64::MIN, i64::MAX, u64::MAX),
            Ok(Value::from(i64::MAX - 1))
        );
        assert_eq!(random(3, 3, 0), Err(Unfit));
        assert!(seeded(i64::MIN, i64::MAX, 7).is_ok());
    }
}

//! Dice: everything that is random in a simulated world comes from one seed.

/// A sequence of random numbers (xorshift).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The sequence that belongs to a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    /// Whether a die with so many sides shows its first.
    pub fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    /// The same; never when it has no sides.
    pub fn one_in_or_never(&mut self, sides: u64) -> bool {
        sides > 0 && self.one_in(sides)
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let place = usize::try_from(self.roll(of.len() as u64)).unwrap_or(0);
        &of[place]
    }

    /// A sequence of its own, that goes on without this one.
    pub fn part(&mut self) -> Self {
        Self::new(self.roll(u64::MAX))
    }
}

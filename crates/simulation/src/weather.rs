//! Weather: how often what goes wrong.

use crate::dice::Dice;
use crate::disk::Fate;

/// How often something goes wrong: once in so many times, never when it is 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    salt: u64,
    /// The process ends at once.
    pub(crate) crash: u64,
    /// The process is asked to end.
    pub(crate) shutdown: u64,
    /// The clock is set.
    pub(crate) jump: u64,
    /// Somebody says again what was heard.
    pub(crate) nuisance: u64,
    /// A read takes its time.
    pub(crate) slow_reads: u64,
    /// Such a read fails.
    pub(crate) bad_reads: u64,
    /// A commit finds the disk full.
    full: u64,
    /// A commit fails.
    failed: u64,
    /// The power goes during a commit.
    lost: u64,
}

impl Weather {
    /// Nothing goes wrong.
    pub(crate) fn fair() -> Self {
        Self {
            salt: 0,
            crash: 0,
            shutdown: 0,
            jump: 0,
            nuisance: 0,
            slow_reads: 0,
            bad_reads: 0,
            full: 0,
            failed: 0,
            lost: 0,
        }
    }

    /// Everything goes wrong, more or less often.
    pub(crate) fn foul(dice: &mut Dice) -> Self {
        let mut often = |numbers: &[u64]| *dice.pick(numbers);
        Self {
            salt: 0x5157,
            crash: often(&[0, 30, 60, 150]),
            shutdown: often(&[0, 100, 300]),
            jump: often(&[0, 60, 200]),
            nuisance: often(&[0, 15, 40]),
            slow_reads: often(&[0, 2, 5]),
            bad_reads: often(&[0, 6, 20]),
            full: often(&[0, 6, 20]),
            failed: often(&[0, 20, 60]),
            lost: often(&[0, 15, 50]),
        }
    }

    /// The same without anything that goes wrong.
    pub(crate) fn calmed(self) -> Self {
        Self {
            salt: self.salt,
            ..Self::fair()
        }
    }

    /// What tells the dice of one weather from those of another.
    pub(crate) fn salt(self) -> u64 {
        self.salt
    }

    /// What befalls the next commit.
    pub(crate) fn fate(self, dice: &mut Dice) -> Fate {
        if dice.one_in_or_never(self.full) {
            Fate::Full
        } else if dice.one_in_or_never(self.failed) {
            Fate::Failed
        } else if dice.one_in_or_never(self.lost) {
            *dice.pick(&[Fate::LostUnsaved, Fate::LostSaved])
        } else {
            Fate::Saved
        }
    }
}

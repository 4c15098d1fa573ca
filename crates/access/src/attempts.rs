//! Attempts: how often somebody may try to sign in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How many wrong attempts may follow each other at once.
const ATTEMPTS: u32 = 10;

/// After how long there is one more.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// How many addresses are remembered; the one that tried longest ago is forgotten.
const ADDRESSES_MAX: usize = 4096;

/// Wrong attempts by the addresses they came from.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<IpAddr, Tried>>);

#[derive(Clone, Copy, Debug)]
struct Tried {
    left: u32,
    since: Timestamp,
}

impl Attempts {
    /// Takes one of the attempts that an address has left. Fails with how long it has to wait for the next.
    ///
    /// An attempt counts as wrong until [`Attempts::was_right`], so that many at once are no way round.
    pub fn take(&self, address: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let address = network(address);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ADDRESSES_MAX && !all.contains_key(&address) {
            let oldest = all.iter().min_by_key(|(_, tried)| tried.since);
            if let Some(oldest) = oldest.map(|(address, _)| *address) {
                all.remove(&oldest);
            }
        }
        let tried = all.entry(address).or_insert(Tried {
            left: ATTEMPTS,
            since: now,
        });
        let passed = now.duration_since(tried.since);
        let more = u32::try_from(passed.as_secs() / PAUSE.as_secs()).unwrap_or(0);
        if more > 0 {
            tried.left = tried.left.saturating_add(more).min(ATTEMPTS);
            tried.since = now;
        }
        if tried.left == 0 {
            return Err(PAUSE - passed);
        }
        if tried.left == ATTEMPTS {
            tried.since = now;
        }
        tried.left -= 1;
        Ok(())
    }

    /// Gives an attempt back that was right. Wrong ones still count: else whoever has one key could guess at others
    /// for ever.
    pub fn was_right(&self, address: IpAddr) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tried) = all.get_mut(&network(address)) {
            tried.left = (tried.left + 1).min(ATTEMPTS);
        }
    }
}

/// Whoever has one address of IPv6 has a whole network of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn too_many_wrong_attempts_have_to_wait() {
        let attempts = Attempts::default();
        let here = address("127.0.0.1");
        for _ in 0..ATTEMPTS {
            assert_eq!(attempts.take(here, NOW), Ok(()));
        }
        let later = NOW + SignedDuration::from_secs(20);
        assert_eq!(attempts.take(here, later), Err(SignedDuration::from_secs(10)));
        assert_eq!(attempts.take(address("127.0.0.2"), later), Ok(()));
        let later = NOW + PAUSE;
        assert_eq!(attempts.take(here, later), Ok(()));
        assert!(attempts.take(here, later).is_err());
    }

    #[test]
    fn who_is_right_may_try_again() {
        let attempts = Attempts::default();
        let here = address("127.0.0.1");
        for _ in 0..ATTEMPTS * 3 {
            assert_eq!(attempts.take(here, NOW), Ok(()));
            attempts.was_right(here);
        }
    }

    #[test]
    fn being_right_once_makes_no_room_for_guesses() {
        let attempts = Attempts::default();
        let here = address("127.0.0.1");
        for _ in 1..ATTEMPTS {
            assert_eq!(attempts.take(here, NOW), Ok(()));
        }
        assert_eq!(attempts.take(here, NOW), Ok(()));
        attempts.was_right(here);
        assert_eq!(attempts.take(here, NOW), Ok(()));
        assert!(attempts.take(here, NOW).is_err());
    }

    #[test]
    fn network_counts_as_one_address() {
        let attempts = Attempts::default();
        for last in 0..ATTEMPTS {
            assert_eq!(
                attempts.take(address(&format!("2001:db8::{last:x}")), NOW),
                Ok(())
            );
        }
        assert!(attempts.take(address("2001:db8::ffff"), NOW).is_err());
        assert!(attempts.take(address("2001:db8:0:1::1"), NOW).is_ok());
    }

    #[test]
    fn only_so_many_addresses_are_remembered() {
        let attempts = Attempts::default();
        for number in 0..ADDRESSES_MAX as u32 + 10 {
            let _ = attempts.take(IpAddr::V4(number.into()), NOW);
        }
        assert_eq!(attempts.0.lock().unwrap().len(), ADDRESSES_MAX);
    }
}

//! Places: which row of an execution's history holds an event.
//!
//! The key of a row has 16 bits for its place in the history. As long as events have numbers of fewer bits, which is
//! far beyond AWS's limit, a row holds what one commit saved and its place is the number of its first event. Later
//! events share rows: a row takes all commits that begin within so many events, and counts from the first of those,
//! whether that is in it or at the end of the row before.

use crate::codec::EVENT_NUMBER_MAX;

/// The first event that shares a row.
const SHARED_FROM: u32 = 1 << 15;

/// How many events begin in a shared row.
const SHARED_EVENTS: u32 = 1 << 8;

/// All places.
pub(super) const ALL: (u16, u16) = (0, u16::MAX);

/// The place of a commit by its first event; the last one for numbers that cannot be stored.
pub(super) fn of(event: u64) -> u16 {
    let event = u32::try_from(event)
        .unwrap_or(EVENT_NUMBER_MAX)
        .min(EVENT_NUMBER_MAX);
    let place = match event.checked_sub(SHARED_FROM) {
        None => event,
        Some(beyond) => SHARED_FROM + beyond / SHARED_EVENTS,
    };
    u16::try_from(place).unwrap_or(u16::MAX)
}

/// The place that a row with the event has at most: an event that could begin a shared row may end the one before.
pub(super) fn at_or_before(event: u64) -> u16 {
    let place = of(event);
    if is_shared(place) { place - 1 } else { place }
}

/// The number that the row at a place counts its events from.
pub(super) fn start(place: u16) -> u32 {
    let place = u32::from(place);
    match place.checked_sub(SHARED_FROM) {
        None => place,
        Some(beyond) => SHARED_FROM + beyond * SHARED_EVENTS,
    }
}

/// Whether several commits stand in the row.
pub(super) fn is_shared(place: u16) -> bool {
    u32::from(place) >= SHARED_FROM
}

/// The place in a row's key.
pub(super) fn of_key(key: i64) -> u16 {
    (key & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_awss_histories_have_places_of_their_own() {
        for event in [0, 1, 24_999, 25_000, 32_767] {
            assert_eq!(u64::from(of(event)), event);
            assert_eq!(at_or_before(event), of(event));
            assert_eq!(u64::from(start(of(event))), event);
        }
    }

    #[test]
    fn later_events_share_places() {
        assert_eq!((of(32_768), of(33_023), of(33_024)), (32_768, 32_768, 32_769));
        assert_eq!((start(32_768), start(32_769)), (32_768, 33_024));
        assert_eq!(at_or_before(33_024), 32_768);
        assert_eq!(at_or_before(32_768), 32_767);
        assert!(start(of(EVENT_NUMBER_MAX.into())) <= EVENT_NUMBER_MAX);
        assert_eq!(of(u64::MAX), of(EVENT_NUMBER_MAX.into()));
    }
}

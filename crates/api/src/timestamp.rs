//! Timestamp: a moment on the wire.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

/// A moment: milliseconds since 1970, written in JSON as seconds with a fraction (`1700000000.123`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub milliseconds: i64,
}

impl Timestamp {
    /// The moment that lies `milliseconds` after 1970 began.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self { milliseconds }
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let milliseconds = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_milliseconds(match time.duration_since(UNIX_EPOCH) {
            Ok(since) => milliseconds(since),
            Err(before) => -milliseconds(before.duration()),
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.milliseconds as f64 / 1000.0)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The nearest double prints with at most three decimals for every year that a clock will show.
        serializer.serialize_f64(self.milliseconds as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        let milliseconds = (seconds * 1000.0).round();
        if milliseconds.abs() > 9.0e15 {
            return Err(D::Error::custom("timestamp out of range"));
        }
        Ok(Self::from_milliseconds(milliseconds as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamp_is_seconds_with_a_fraction() {
        for (milliseconds, json) in [
            (1_700_000_000_123, "1700000000.123"),
            (1_700_000_000_120, "1700000000.12"),
            (1_700_000_000_000, "1700000000.0"),
            (1_795_326_000_001, "1795326000.001"),
            (4_102_444_800_999, "4102444800.999"),
            (0, "0.0"),
            (-1, "-0.001"),
        ] {
            let timestamp = Timestamp::from_milliseconds(milliseconds);
            assert_eq!(serde_json::to_string(&timestamp).unwrap(), json);
            assert_eq!(serde_json::from_str::<Timestamp>(json).unwrap(), timestamp);
        }
    }

    #[test]
    fn whole_seconds_and_exponents_are_read() {
        assert_eq!(
            serde_json::from_str::<Timestamp>("17").unwrap(),
            Timestamp::from_milliseconds(17_000)
        );
        assert_eq!(
            serde_json::from_str::<Timestamp>("1.700000000123E9").unwrap(),
            Timestamp::from_milliseconds(1_700_000_000_123)
        );
        assert!(serde_json::from_str::<Timestamp>("1e300").is_err());
        assert!(serde_json::from_str::<Timestamp>("\"2024\"").is_err());
    }

    #[test]
    fn system_time_keeps_its_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_micros(1_500_900);
        assert_eq!(Timestamp::from(time), Timestamp::from_milliseconds(1_500));
        assert_eq!(
            Timestamp::from(UNIX_EPOCH - Duration::from_secs(2)),
            Timestamp::from_milliseconds(-2_000)
        );
    }
}

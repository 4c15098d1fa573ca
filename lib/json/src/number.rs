//! Numbers: integers exactly, everything else as a double.

use std::cmp::Ordering;
use std::fmt;

/// A JSON number. Integers that fit 64 bits are kept exactly; all others are doubles.
///
/// A double is always finite. Numbers are equal when their values are: `1` equals `1.0`.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A negative or small integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// Anything with a fraction, an exponent, or out of the integers' range.
    Float(f64),
}

impl Number {
    /// The double, or `None` for NaN and the infinities, which JSON cannot say.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self::Float(value))
    }

    /// The number as a double, rounded where an integer has more than 53 bits.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::UInt(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// The number when it is written as an integer that fits.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(value),
            Self::UInt(_) | Self::Float(_) => None,
        }
    }

    /// Whether the number is written without a fraction or an exponent.
    pub fn is_integer(self) -> bool {
        !matches!(self, Self::Float(_))
    }

    /// Compares by value, whatever the way of writing.
    pub fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(&b),
            (Self::UInt(a), Self::UInt(b)) => a.cmp(&b),
            (Self::Int(_), Self::UInt(_)) => Ordering::Less,
            (Self::UInt(_), Self::Int(_)) => Ordering::Greater,
            (a, b) => a.as_f64().total_cmp(&(b.as_f64() + 0.0)).then(Ordering::Equal),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::UInt(a), Self::UInt(b)) => a == b,
            (Self::Int(_), Self::UInt(_)) | (Self::UInt(_), Self::Int(_)) => false,
            (a, b) => a.as_f64() == b.as_f64(),
        }
    }
}

impl Eq for Number {}

impl fmt::Display for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Int(value) => write!(out, "{value}"),
            Self::UInt(value) => write!(out, "{value}"),
            Self::Float(value) => out.write_str(ryu::Buffer::new().format_finite(value)),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::UInt(value), Self::Int)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_by_value() {
        assert_eq!(Number::Int(1), Number::Float(1.0));
        assert_ne!(Number::Int(1), Number::Float(1.5));
        assert_eq!(Number::Int(-1).compare(Number::Float(-0.5)), Ordering::Less);
        assert_eq!(Number::Float(0.0).compare(Number::Int(0)), Ordering::Equal);
        assert_eq!(Number::Float(-0.0), Number::Int(0));
    }

    #[test]
    fn not_a_number_is_no_number() {
        assert!(Number::from_f64(f64::NAN).is_none());
        assert!(Number::from_f64(f64::INFINITY).is_none());
    }
}

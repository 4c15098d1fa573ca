//! Sums: checksums of what has no frame of its own.

use crate::codec::Damage;

const SUM_BYTES: usize = 4;
const SUM_DIGITS: usize = 8;

/// Bytes with their checksum behind them.
pub(super) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// The bytes that were sealed.
pub(super) fn unseal(bytes: &[u8]) -> Result<&[u8], Damage> {
    let sealed = bytes.split_last_chunk::<SUM_BYTES>();
    match sealed {
        Some((bytes, sum)) if crc32fast::hash(bytes).to_le_bytes() == *sum => Ok(bytes),
        _ => Err("the checksum of its record is wrong".to_owned()),
    }
}

/// Text with its checksum before it, in digits.
pub(super) fn seal_text(text: &str) -> String {
    format!("{:08x}{text}", crc32fast::hash(text.as_bytes()))
}

/// The text that was sealed.
pub(super) fn unseal_text(text: &str) -> Result<&str, Damage> {
    let (sum, text) = text
        .split_at_checked(SUM_DIGITS)
        .ok_or("its record is too short")?;
    match u32::from_str_radix(sum, 16) {
        Ok(sum) if sum == crc32fast::hash(text.as_bytes()) => Ok(text),
        _ => Err("the checksum of its record is wrong".to_owned()),
    }
}

/// The checksum of a row's numbers, in their order.
pub(super) fn of_row(numbers: &[Option<i64>]) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    for number in numbers {
        hasher.update(&[u8::from(number.is_some())]);
        hasher.update(&number.unwrap_or(0).to_le_bytes());
    }
    i64::from(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealed = seal(b"some bytes".to_vec());
        assert_eq!(unseal(&sealed), Ok(&b"some bytes"[..]));
        let text = seal_text("{\"a\": \"b\"}");
        assert_eq!(unseal_text(&text), Ok("{\"a\": \"b\"}"));
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal(&damaged).is_err(), "bit {bit}");
        }
        for bit in 0..text.len() * 8 {
            let mut damaged = text.clone().into_bytes();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let Ok(damaged) = String::from_utf8(damaged) else {
                continue;
            };
            // The case of a hexadecimal digit says nothing.
            if damaged.to_lowercase() != text {
                assert!(unseal_text(&damaged).is_err(), "bit {bit}");
            }
        }
        let row = [Some(1), None, Some(-7)];
        assert_ne!(of_row(&[Some(1), Some(0), Some(-7)]), of_row(&row));
        assert_ne!(of_row(&[Some(1), None, Some(-5)]), of_row(&row));
    }

    #[test]
    fn what_is_too_short_is_damaged() {
        assert!(unseal(b"abc").is_err());
        assert!(unseal_text("abc").is_err());
    }
}

//! Frames: bytes with their version, length and checksum, packed where that helps.
//!
//! A frame is one byte of version (high half) and packing (low half), the length when unpacked and the
//! length as stored (LEB128), the CRC-32 of all that follows it and precedes it, and the stored bytes.

use crate::codec::Damage;
use crate::error::StoreError;

/// How many bytes one frame unpacks to at most.
pub const FRAME_BYTES_MAX: usize = 64 << 20;

const VERSION: u8 = 1;
const PLAIN: u8 = VERSION << 4;
const LZ4: u8 = (VERSION << 4) | 1;

/// Below this, packing gains nothing.
const PACKED_BYTES_MIN: usize = 64;

/// No LZ4 block unpacks to more than this many times its size.
const LZ4_RATIO_MAX: usize = 256;

/// Appends a frame that holds `content`.
pub(crate) fn write(content: &[u8], what: &'static str, out: &mut Vec<u8>) -> Result<(), StoreError> {
    if content.len() > FRAME_BYTES_MAX {
        return Err(StoreError::TooLarge {
            what,
            bytes: content.len(),
            limit: FRAME_BYTES_MAX,
        });
    }
    if content.len() >= PACKED_BYTES_MIN {
        let packed = lz4_flex::block::compress(content);
        if packed.len() < content.len() {
            put(LZ4, content.len(), &packed, out);
            return Ok(());
        }
    }
    put(PLAIN, content.len(), content, out);
    Ok(())
}

fn put(kind: u8, length: usize, stored: &[u8], out: &mut Vec<u8>) {
    out.reserve(stored.len() + 15);
    let start = out.len();
    out.push(kind);
    put_length(length, out);
    put_length(stored.len(), out);
    let checksum = checksum(&out[start..], stored);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.extend_from_slice(stored);
}

/// Takes the first frame off `bytes` and gives what it holds.
pub(crate) fn read(bytes: &mut &[u8]) -> Result<Vec<u8>, Damage> {
    let whole = *bytes;
    let kind = take(bytes, 1)?[0];
    if kind != PLAIN && kind != LZ4 {
        return Err(format!("unknown format {kind:#04x}"));
    }
    let length = take_length(bytes)?;
    let stored_length = take_length(bytes)?;
    let header = &whole[..whole.len() - bytes.len()];
    let expected = take(bytes, 4)?;
    let stored = take(bytes, stored_length)?;
    if checksum(header, stored).to_le_bytes() != expected {
        return Err("the checksum is wrong".to_owned());
    }
    if kind == PLAIN {
        return if length == stored.len() {
            Ok(stored.to_vec())
        } else {
            Err("the lengths differ".to_owned())
        };
    }
    if length > FRAME_BYTES_MAX.min(stored.len().saturating_mul(LZ4_RATIO_MAX)) {
        return Err(format!("{} bytes can't unpack to {length}", stored.len()));
    }
    let content = lz4_flex::block::decompress(stored, length).map_err(|error| error.to_string())?;
    if content.len() != length {
        Err("the lengths differ".to_owned())
    } else {
        Ok(content)
    }
}

fn checksum(header: &[u8], stored: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(stored);
    hasher.finalize()
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], Damage> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or("it ends too early")?;
    *bytes = rest;
    Ok(taken)
}

fn put_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// Lengths have at most 28 bits.
fn take_length(bytes: &mut &[u8]) -> Result<usize, Damage> {
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = take(bytes, 1)?[0];
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(length);
        }
    }
    Err("a length is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write(content, "it", &mut out).unwrap();
        out
    }

    #[test]
    fn frames_come_back_one_after_the_other() {
        let long = vec![7; 100_000];
        let bytes = [written(b"a"), written(&long), written(b"")].concat();
        assert!(bytes.len() < 1000);
        let mut rest = &bytes[..];
        assert_eq!(read(&mut rest).unwrap(), b"a");
        assert_eq!(read(&mut rest).unwrap(), long);
        assert_eq!(read(&mut rest).unwrap(), b"");
        assert!(rest.is_empty());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = written(&[b"abcabcabc".as_slice(); 20].concat());
        for place in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[place / 8] ^= 1 << (place % 8);
            assert!(read(&mut &damaged[..]).is_err(), "bit {place}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = written(&[b"abcabcabc".as_slice(); 20].concat());
        for length in 0..bytes.len() {
            assert!(read(&mut &bytes[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_few_bytes_never_claim_much_memory() {
        let mut bytes = Vec::new();
        put(LZ4, FRAME_BYTES_MAX, &[0x1f, 0, 1, 0, 255, 255], &mut bytes);
        assert_eq!(
            read(&mut &bytes[..]).unwrap_err(),
            "6 bytes can't unpack to 67108864"
        );
    }

    #[test]
    fn more_than_a_frame_holds_is_refused() {
        let content = vec![0; FRAME_BYTES_MAX + 1];
        let error = write(&content, "an event", &mut Vec::new()).unwrap_err();
        assert!(matches!(error, StoreError::TooLarge { what: "an event", .. }));
    }
}

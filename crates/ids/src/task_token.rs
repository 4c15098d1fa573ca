//! Task tokens: what a callback or an activity worker brings back to name the task it speaks of.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Every token begins with these bytes, whose last one is the version of what follows.
const HEADER: [u8; 8] = [0, 0, 0, 0x2a, 0, 0, 0, 1];
const TOKEN_BYTES: usize = 40;
const TOKEN_CHARACTERS: usize = 56;

/// Names one attempt of one task of one execution.
///
/// Its text is opaque to clients: base64 of a header, the three numbers and a checksum. The checksum tells a
/// token that was cut or mistyped from one whose task is gone; that nobody guesses a token is up to `nonce`,
/// which has to be compared with the one that was saved with the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskToken {
    /// The execution the task belongs to.
    pub execution_id: u64,
    /// The id of the history event that scheduled the task.
    pub scheduled_event_id: u64,
    /// A random number, drawn anew for each attempt.
    pub nonce: u64,
}

/// A text that was never a task token; prints as AWS's message for `InvalidToken`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidToken;

impl FromStr for TaskToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        if text.len() != TOKEN_CHARACTERS {
            return Err(InvalidToken);
        }
        // base64 asks for room in whole groups of three bytes before it knows of the padding.
        let mut bytes = [0_u8; TOKEN_CHARACTERS / 4 * 3];
        let length = STANDARD
            .decode_slice(text, &mut bytes)
            .map_err(|_| InvalidToken)?;
        if length != TOKEN_BYTES || bytes[..8] != HEADER || checksum(&bytes[..32]) != number(&bytes[32..40]) {
            return Err(InvalidToken);
        }
        Ok(Self {
            execution_id: number(&bytes[8..16]),
            scheduled_event_id: number(&bytes[16..24]),
            nonce: number(&bytes[24..32]),
        })
    }
}

impl fmt::Display for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0_u8; TOKEN_BYTES];
        bytes[..8].copy_from_slice(&HEADER);
        bytes[8..16].copy_from_slice(&self.execution_id.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.scheduled_event_id.to_be_bytes());
        bytes[24..32].copy_from_slice(&self.nonce.to_be_bytes());
        let sum = checksum(&bytes[..32]);
        bytes[32..40].copy_from_slice(&sum.to_be_bytes());
        base64::display::Base64Display::new(&bytes, &STANDARD).fmt(f)
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invalid Token: 'Invalid token'")
    }
}

impl std::error::Error for InvalidToken {}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// FNV-1a, with a last round that spreads the late bytes over all bits.
fn checksum(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: TaskToken = TaskToken {
        execution_id: 0x0012_3456_789a_bcde,
        scheduled_event_id: 24_999,
        nonce: u64::MAX,
    };

    #[test]
    fn token_comes_back_from_its_text() {
        for token in [
            TOKEN,
            TaskToken {
                execution_id: 0,
                scheduled_event_id: 0,
                nonce: 0,
            },
        ] {
            assert_eq!(token.to_string().parse(), Ok(token));
            assert_eq!(token.to_string().len(), TOKEN_CHARACTERS);
        }
    }

    #[test]
    fn token_looks_like_one_of_aws() {
        assert!(TOKEN.to_string().starts_with("AAAAKgAAAA"));
    }

    #[test]
    fn changed_character_is_recognised() {
        let text = TOKEN.to_string();
        for position in 0..text.len() {
            for other in [b'A', b'B', b'_', b'=', b' '] {
                let mut changed = text.clone().into_bytes();
                if changed[position] == other {
                    continue;
                }
                changed[position] = other;
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(changed.parse::<TaskToken>(), Err(InvalidToken), "{changed}");
            }
        }
    }

    #[test]
    fn foreign_text_is_refused() {
        let text = TOKEN.to_string();
        for foreign in [
            "",
            "NoSuchTaskToken",
            &text[1..],
            &format!("{text}A"),
            &"ü".repeat(28),
            &"A".repeat(56),
        ] {
            assert_eq!(foreign.parse::<TaskToken>(), Err(InvalidToken), "{foreign}");
        }
    }
}

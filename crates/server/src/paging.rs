//! Paging: how many items a page has, and the tokens that lead to the next one.
//!
//! A token is opaque to clients. It holds the position after which the next page begins, and is bound to
//! what was asked: another listing, filter or direction refuses it. It is good for a day, as on AWS.

use api::{ApiError, Text};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::Millis;

use crate::Server;

/// The items of a page when the request says nothing, or 0.
const PAGE_DEFAULT: usize = 100;

/// The first byte of a token's content: the form of what follows.
const FORM: u8 = 2;

const CHECKSUM_BYTES: usize = 8;

/// The moment at which it was given.
const MOMENT_BYTES: usize = 8;

/// How long a token is good for, in seconds.
const TOKEN_SECONDS: u64 = 24 * 60 * 60;

/// How many items a page shall have.
pub(crate) fn page_size(max_results: Option<i32>) -> usize {
    match max_results.and_then(|wanted| usize::try_from(wanted).ok()) {
        None | Some(0) => PAGE_DEFAULT,
        Some(wanted) => wanted,
    }
}

/// What a token belongs to: the operation and whatever decides the order and choice of items.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing<'a> {
    parts: &'a [&'a str],
    now: Millis,
}

impl Server {
    /// A listing that is asked for now.
    pub(crate) fn listing<'a>(&self, parts: &'a [&'a str]) -> Listing<'a> {
        let now = self.runtime.now();
        Listing { parts, now }
    }
}

impl Listing<'_> {
    /// The token that leads on from a position.
    pub(crate) fn token(self, position: &str) -> Text {
        let mut content = Vec::with_capacity(1 + CHECKSUM_BYTES + MOMENT_BYTES + position.len());
        content.push(FORM);
        content.extend_from_slice(&self.checksum(self.now, position).to_be_bytes());
        content.extend_from_slice(&self.now.0.to_be_bytes());
        content.extend_from_slice(position.as_bytes());
        Text::from(URL_SAFE_NO_PAD.encode(content))
    }

    /// The position that a token leads on from; nothing without a token.
    pub(crate) fn position(self, token: Option<&Text>) -> Result<Option<String>, ApiError> {
        let Some(token) = token else { return Ok(None) };
        self.read(token).map(Some).ok_or_else(invalid)
    }

    fn read(self, token: &str) -> Option<String> {
        let content = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (form, rest) = content.split_first()?;
        let (checksum, rest) = rest.split_first_chunk::<CHECKSUM_BYTES>()?;
        let (given, position) = rest.split_first_chunk::<MOMENT_BYTES>()?;
        let given = Millis(i64::from_be_bytes(*given));
        let position = std::str::from_utf8(position).ok()?;
        let is_ours = *form == FORM && u64::from_be_bytes(*checksum) == self.checksum(given, position);
        let is_good = is_ours && self.now <= given.after_seconds(TOKEN_SECONDS);
        is_good.then(|| position.to_owned())
    }

    /// FNV-1a over everything, with a mark after each part. It tells a token of another listing, not an
    /// enemy: a position gives nobody anything that the listing itself would not.
    fn checksum(self, given: Millis, position: &str) -> u64 {
        let parts = self.parts.iter().copied().chain([position]);
        parts
            .flat_map(|part| part.bytes().chain([0xff]))
            .chain(given.0.to_be_bytes())
            .fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
                (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
    }
}

/// AWS's answer to a token that it did not give, or not for this.
pub(crate) fn invalid() -> ApiError {
    ApiError::invalid_token("Invalid Token: 'Invalid token'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing<'a>(parts: &'a [&'a str]) -> Listing<'a> {
        Listing {
            parts,
            now: Millis(1_760_000_000_000),
        }
    }

    #[test]
    fn token_leads_to_its_position() {
        let listing = listing(&["ListExecutions", "arn", "RUNNING"]);
        let token = listing.token("17.4");
        assert_eq!(listing.position(Some(&token)).unwrap().as_deref(), Some("17.4"));
        assert_eq!(listing.position(None).unwrap(), None);
    }

    #[test]
    fn token_of_another_listing_is_refused() {
        let token = listing(&["ListExecutions", "arn", "RUNNING"]).token("17.4");
        for other in [
            &["ListExecutions", "arn", ""][..],
            &["ListExecutions", "arnRUNNING", ""],
            &[],
        ] {
            let error = listing(other).position(Some(&token)).unwrap_err();
            assert_eq!(error.to_string(), "InvalidToken: Invalid Token: 'Invalid token'");
        }
    }

    #[test]
    fn tokens_are_good_for_a_day() {
        let mut listing = listing(&["ListActivities"]);
        let token = listing.token("a");
        listing.now = listing.now.after_seconds(TOKEN_SECONDS);
        assert_eq!(listing.position(Some(&token)).unwrap().as_deref(), Some("a"));
        listing.now.0 += 1;
        let error = listing.position(Some(&token)).unwrap_err();
        assert_eq!(error.to_string(), "InvalidToken: Invalid Token: 'Invalid token'");
    }

    #[test]
    fn broken_tokens_are_refused() {
        let listing = listing(&["ListActivities"]);
        let token = listing.token("é");
        for broken in [
            "",
            "x",
            "AAAA",
            &token[1..],
            &token[..token.len() - 1],
            "é",
            &"A".repeat(1024),
        ] {
            assert!(listing.position(Some(&Text::from(broken))).is_err(), "{broken}");
        }
    }

    #[test]
    fn pages_have_a_hundred_items_unless_asked() {
        assert_eq!(
            [None, Some(0), Some(1), Some(1000), Some(-1)].map(page_size),
            [100, 100, 1, 1000, 100]
        );
    }
}

//! Large payloads: stored once per execution, and referred to by number.

use std::collections::HashMap;

use json::Payload;
use serde::{Deserialize, Serialize};

use crate::codec::{Damage, frame};
use crate::error::StoreError;
use crate::id::digest;

/// Payloads with more bytes than this are stored apart from the events that carry them.
pub const LARGE_PAYLOAD_BYTES: usize = 4096;

/// No JSON text begins like this.
const REFERENCE: char = '\u{1}';

/// A payload that is stored once for all events that carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargePayload {
    /// Its number within the execution.
    pub number: u16,
    /// A frame with its text.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// The bytes of a payload stored by itself.
pub(crate) fn encode_payload(payload: &Payload) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    frame::write(payload.text().as_bytes(), "a payload", &mut bytes)?;
    Ok(bytes)
}

/// The payload in such bytes.
pub(crate) fn decode_payload(mut bytes: &[u8]) -> Result<Payload, Damage> {
    let text = frame::read(&mut bytes)?;
    if !bytes.is_empty() {
        return Err("bytes are left over after a payload".to_owned());
    }
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    Ok(Payload::trusted(text))
}

/// Which large payloads of an execution are stored already. The live execution keeps it from one commit
/// to the next; loading gives it back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PayloadTable {
    /// By the digest of the text, so that the texts themselves may be dropped.
    numbers: HashMap<[u8; 16], u16>,
    next: u32,
}

impl PayloadTable {
    /// One whose numbers begin above those of payloads that are stored and shall not be referred to again.
    pub fn after(numbers: u32) -> Self {
        Self {
            numbers: HashMap::new(),
            next: numbers,
        }
    }

    /// Notes that a payload is stored.
    pub(crate) fn insert(&mut self, number: u16, payload: &Payload) {
        self.numbers.insert(digest(payload.text().as_bytes()), number);
        self.next = self.next.max(u32::from(number) + 1);
    }

    /// The number of a payload, and whether it is new; none when all numbers are taken.
    fn number(&mut self, payload: &Payload) -> Option<(u16, bool)> {
        let digest = digest(payload.text().as_bytes());
        if let Some(number) = self.numbers.get(&digest) {
            return Some((*number, false));
        }
        let number = u16::try_from(self.next).ok()?;
        self.next += 1;
        self.numbers.insert(digest, number);
        Some((number, true))
    }
}

/// Replaces large payloads by references during one call, and gathers those that are new.
pub(super) struct Extractor<'a> {
    table: &'a mut PayloadTable,
    /// The payloads met in this call, so that a shared one is digested once.
    met: Vec<(Payload, Payload)>,
    pub(super) new: Vec<LargePayload>,
}

impl<'a> Extractor<'a> {
    pub(super) fn new(table: &'a mut PayloadTable) -> Self {
        Self {
            table,
            met: Vec::new(),
            new: Vec::new(),
        }
    }

    pub(super) fn extract(&mut self, payload: &mut Payload) -> Result<(), StoreError> {
        if payload.bytes() <= LARGE_PAYLOAD_BYTES {
            return Ok(());
        }
        if let Some((_, reference)) = self.met.iter().rev().find(|(met, _)| met.is_same(payload)) {
            *payload = reference.clone();
            return Ok(());
        }
        let Some((number, is_new)) = self.table.number(payload) else {
            return Ok(());
        };
        if is_new {
            self.new.push(LargePayload {
                number,
                bytes: encode_payload(payload)?,
            });
        }
        let reference = Payload::trusted(format!("{REFERENCE}{number}"));
        self.met
            .push((std::mem::replace(payload, reference.clone()), reference));
        Ok(())
    }
}

/// The number that a payload refers to, if it is a reference.
pub(super) fn reference(payload: &Payload) -> Option<Result<u16, Damage>> {
    let number = payload.text().strip_prefix(REFERENCE)?;
    Some(
        number
            .parse()
            .map_err(|_| "a payload refers to no number".to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn large(fill: &str) -> Payload {
        Payload::trusted(format!("\"{}\"", fill.repeat(LARGE_PAYLOAD_BYTES)))
    }

    #[test]
    fn equal_payloads_get_one_number() {
        let mut table = PayloadTable::default();
        assert_eq!(table.number(&large("a")), Some((0, true)));
        assert_eq!(table.number(&large("b")), Some((1, true)));
        assert_eq!(table.number(&large("a")), Some((0, false)));
    }

    #[test]
    fn a_rebuilt_table_goes_on_where_it_was() {
        let mut table = PayloadTable::default();
        table.insert(4, &large("a"));
        assert_eq!(table.number(&large("a")), Some((4, false)));
        assert_eq!(table.number(&large("b")), Some((5, true)));
    }

    #[test]
    fn without_a_free_number_payloads_stay_in_their_events() {
        let mut table = PayloadTable::default();
        table.insert(u16::MAX, &large("a"));
        let mut extractor = Extractor::new(&mut table);
        let mut payload = large("b");
        extractor.extract(&mut payload).unwrap();
        assert_eq!(payload, large("b"));
        assert!(extractor.new.is_empty());
    }
}

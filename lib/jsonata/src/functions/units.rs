//! UTF-16 units: places in texts as JavaScript counts them.

use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::Val;

/// Tells where in a text, in UTF-16 units, a byte is. Asked from the start to the end, it reads the text once.
pub(crate) struct Units<'m> {
    text: &'m str,
    is_ascii: bool,
    byte: usize,
    unit: usize,
}

impl<'m> Units<'m> {
    pub(crate) fn of(text: &'m str, evaluator: &mut Evaluator<'_>) -> Result<Self, Error> {
        evaluator.meter.read(text.len())?;
        Ok(Self {
            text,
            is_ascii: text.is_ascii(),
            byte: 0,
            unit: 0,
        })
    }

    pub(crate) fn at(&mut self, byte: usize, evaluator: &mut Evaluator<'_>) -> Result<Val, Error> {
        if self.is_ascii {
            return Ok(Val::number(byte as f64));
        }
        if byte < self.byte {
            (self.byte, self.unit) = (0, 0);
        }
        evaluator.meter.read((byte - self.byte) * 4)?;
        let part = self.text.get(self.byte..byte).unwrap_or_default();
        self.unit += part.encode_utf16().count();
        self.byte = byte;
        Ok(Val::number(self.unit as f64))
    }
}

/// The byte at which a UTF-16 unit of a text starts; beyond the text, one that is none of its own.
pub(crate) fn byte_of(text: &str, unit: usize) -> usize {
    if text.is_ascii() {
        return unit.min(text.len() + 1);
    }
    let mut seen = 0;
    for (byte, c) in text.char_indices() {
        if seen >= unit {
            return byte;
        }
        seen += c.len_utf16();
    }
    if seen >= unit { text.len() } else { text.len() + 1 }
}

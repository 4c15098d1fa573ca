//! Lines: a JSON document on each.

use json::Value;

use crate::ITEM_BYTES_MAX;
use crate::fault::Fault;
use crate::object::Part;
use crate::text::Text;

#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// How much of the line at hand was looked at.
    seen: usize,
}

impl Lines {
    pub(crate) fn next(&mut self, text: &mut Text) -> Result<Part<Value>, Fault> {
        loop {
            let line = match self.line(text)? {
                Part::Item(line) => line,
                Part::More => return Ok(Part::More),
                Part::End => return Ok(Part::End),
            };
            if !line.trim_ascii().is_empty() {
                return json::parse_bytes(&line)
                    .map(Part::Item)
                    .map_err(|_| Fault::LineNotJson);
            }
        }
    }

    /// The next line, without what ends it.
    pub(crate) fn line(&mut self, text: &mut Text) -> Result<Part<Vec<u8>>, Fault> {
        let rest = text.rest();
        let found = rest[self.seen..].iter().position(|byte| *byte == b'\n');
        let (end, used) = match found {
            Some(place) => (self.seen + place, self.seen + place + 1),
            None if text.is_whole && rest.is_empty() => return Ok(Part::End),
            None if text.is_whole => (rest.len(), rest.len()),
            None => {
                self.seen = rest.len();
                if self.seen > ITEM_BYTES_MAX {
                    return Err(Fault::LongItem);
                }
                return Ok(Part::More);
            }
        };
        if end > ITEM_BYTES_MAX {
            return Err(Fault::LongItem);
        }
        let line = rest[..end].to_vec();
        text.take(used);
        self.seen = 0;
        Ok(Part::Item(line))
    }
}

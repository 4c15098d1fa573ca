//! Text: what has been unpacked of an object and not been read yet.

/// Bytes that grow at the end and are taken from the start.
#[derive(Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    taken: usize,
    /// Whether nothing follows what is here.
    pub(crate) is_whole: bool,
}

impl Text {
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    pub(crate) fn take(&mut self, count: usize) {
        self.taken = (self.taken + count).min(self.bytes.len());
    }

    /// Where more is written; what was taken is forgotten.
    pub(crate) fn end(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        &mut self.bytes
    }
}

//! Text: what has been unpacked of an object and not been read yet.

/// Bytes that grow at the end and are taken from the start.
#[derive(Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    taken: usize,
    /// How many bytes were taken since the first one.
    pub(crate) total: u64,
    /// Whether nothing follows what is here.
    pub(crate) is_whole: bool,
}

impl Text {
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    pub(crate) fn take(&mut self, count: usize) {
        let count = count.min(self.bytes.len() - self.taken);
        self.taken += count;
        self.total += count as u64;
    }

    /// Where more is written; what was taken is forgotten.
    pub(crate) fn end(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        &mut self.bytes
    }
}

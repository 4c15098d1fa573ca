//! Unpack: gzip and zstd, a little at a time, however much a few bytes may turn into.

use std::io::Write;

use flate2::write::MultiGzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::fault::Fault;

/// How much is copied, or given to a decoder, at once. Gzip makes at most a thousandfold of it.
const STEP_BYTES: usize = 4 << 10;

/// The longest header of a zstd frame.
const ZSTD_HEADER_BYTES: usize = 18;

/// How much of a frame a zstd decoder may have to remember: what the command takes without being asked.
const ZSTD_WINDOW_BYTES_MAX: u64 = 128 << 20;

/// What an object is packed with, as the end of its key says.
pub(crate) enum Unpack {
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Zstd(Box<Zstd>),
}

impl Unpack {
    pub(crate) fn of(key: &str) -> Self {
        let end = key.rsplit_once('.').map_or("", |(_, end)| end);
        if end.eq_ignore_ascii_case("gz") || end.eq_ignore_ascii_case("gzip") {
            return Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())));
        }
        if end.eq_ignore_ascii_case("zst") || end.eq_ignore_ascii_case("zstd") {
            return Self::Zstd(Box::default());
        }
        Self::Plain
    }

    /// Unpacks the next few bytes to the end of `out`, and says how many were used. None are when more are needed.
    pub(crate) fn step(&mut self, packed: &[u8], is_whole: bool, out: &mut Vec<u8>) -> Result<usize, Fault> {
        match self {
            Self::Plain => {
                let count = packed.len().min(STEP_BYTES * 16);
                out.extend_from_slice(&packed[..count]);
                Ok(count)
            }
            Self::Gzip(decoder) => {
                let piece = &packed[..packed.len().min(STEP_BYTES)];
                let used = decoder.write(piece).map_err(|_| Fault::Packed("gzip"))?;
                out.append(decoder.get_mut());
                Ok(used)
            }
            Self::Zstd(decoder) => decoder.step(packed, is_whole, out),
        }
    }

    /// Writes what the decoder has kept, all bytes having been used.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Self::Plain => Ok(()),
            Self::Gzip(decoder) => {
                // An object without any bytes was never packed, and holds nothing.
                if decoder.header().is_some() || !decoder.get_ref().is_empty() {
                    decoder.try_finish().map_err(|_| Fault::Packed("gzip"))?;
                }
                out.append(decoder.get_mut());
                Ok(())
            }
            Self::Zstd(decoder) => decoder.finish(),
        }
    }
}

/// Zstd frames, block by block.
pub(crate) struct Zstd {
    decoder: FrameDecoder,
    phase: Phase,
}

enum Phase {
    /// Between two frames.
    Header,
    /// In a frame.
    Blocks,
    /// In a frame that is to be skipped, which has so many bytes left.
    Skipped(usize),
}

impl Default for Zstd {
    fn default() -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW_BYTES_MAX);
        Self {
            decoder,
            phase: Phase::Header,
        }
    }
}

impl Zstd {
    fn step(&mut self, packed: &[u8], is_whole: bool, out: &mut Vec<u8>) -> Result<usize, Fault> {
        match self.phase {
            Phase::Header => self.header(packed, is_whole),
            Phase::Blocks => self.block(packed, is_whole, out),
            Phase::Skipped(left) => {
                let count = packed.len().min(left);
                self.phase = match left - count {
                    0 => Phase::Header,
                    left => Phase::Skipped(left),
                };
                Ok(count)
            }
        }
    }

    fn header(&mut self, packed: &[u8], is_whole: bool) -> Result<usize, Fault> {
        if packed.is_empty() || (packed.len() < ZSTD_HEADER_BYTES && !is_whole) {
            return Ok(0);
        }
        if let [0x50..=0x5F, 0x2A, 0x4D, 0x18, a, b, c, d, ..] = *packed {
            let left = u32::from_le_bytes([a, b, c, d]) as usize;
            self.phase = if left == 0 {
                Phase::Header
            } else {
                Phase::Skipped(left)
            };
            return Ok(8);
        }
        let mut rest = packed;
        self.decoder.reset(&mut rest).map_err(|_| Fault::Packed("zstd"))?;
        self.phase = Phase::Blocks;
        Ok(packed.len() - rest.len())
    }

    fn block(&mut self, packed: &[u8], is_whole: bool, out: &mut Vec<u8>) -> Result<usize, Fault> {
        let needed = match *packed {
            [a, b, c, ..] => {
                let header = u32::from_le_bytes([a, b, c, 0]);
                let is_last = header & 1 == 1;
                // A run is one byte and how often it is repeated.
                let is_run = (header >> 1) & 3 == 1;
                let bytes = if is_run { 1 } else { (header >> 3) as usize };
                3 + bytes + if is_last { 4 } else { 0 }
            }
            _ => 3,
        };
        if packed.len() < needed && !is_whole {
            return Ok(0);
        }
        let mut rest = packed;
        self.decoder
            .decode_blocks(&mut rest, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|_| Fault::Packed("zstd"))?;
        self.decoder
            .collect_to_writer(&mut *out)
            .map_err(|_| Fault::Packed("zstd"))?;
        if self.decoder.is_finished() {
            self.phase = Phase::Header;
        }
        Ok(packed.len() - rest.len())
    }

    fn finish(&self) -> Result<(), Fault> {
        match self.phase {
            Phase::Header => Ok(()),
            Phase::Blocks | Phase::Skipped(_) => Err(Fault::Packed("zstd")),
        }
    }
}

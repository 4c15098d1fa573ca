//! The write-ahead log, looked at before SQLite does.
//!
//! SQLite takes the first frame that is not as it should be for the end of what was written before a crash, and so
//! would silently forget whatever was saved after a flipped bit. A write that a crash cut short is the last one: at
//! most one transaction that was not synced, and one that was under way. More of them behind a bad frame mean that
//! the frame was good once.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// How much of a log is written over itself at a time.
const RENEWED_BYTES: usize = 1 << 20;

/// How many transactions behind a bad frame no crash leaves there.
const TRANSACTIONS: usize = 3;

/// What is wrong with a log, if anything.
pub(super) fn damage(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut log = BufReader::with_capacity(1 << 20, file);
    let mut header = [0; HEADER_BYTES];
    if !fill(&mut log, &mut header)? || header == [0; HEADER_BYTES] {
        return Ok(None);
    }
    let Some(mut sums) = Sums::of_header(&header) else {
        return Ok(Some("its header is damaged".to_owned()));
    };
    let salts = &header[16..24];
    let mut frame = vec![0; FRAME_HEADER_BYTES + usize::try_from(word(&header, 2)).unwrap_or(0)];
    let (mut bad, mut transactions) = (None, 0);
    for number in 1.. {
        if !fill(&mut log, &mut frame)? {
            break;
        }
        let is_current = frame[8..16] == *salts;
        if bad.is_none() && is_current && sums.add(&frame) {
            continue;
        }
        bad = bad.or(Some(number));
        let ends_transaction = word(&frame, 1) != 0;
        if is_current && ends_transaction {
            transactions += 1;
        }
        if transactions >= TRANSACTIONS {
            break;
        }
    }
    let bad = bad.filter(|_| transactions >= TRANSACTIONS);
    Ok(bad.map(|number: u64| format!("frame {number} is damaged, and more was saved after it")))
}

/// Writes a log over itself, and syncs it.
///
/// After a sync that failed, the operating system shows what it could not write to whoever reads the file, and a later
/// sync has nothing to do and succeeds. Whoever added to such a log would build on what the disk never got.
pub(super) fn renew(path: &Path) -> io::Result<()> {
    let mut log = match File::options().read(true).write(true).open(path) {
        Ok(log) => log,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let length = log.metadata()?.len();
    let mut bytes = vec![0; RENEWED_BYTES];
    let mut place = 0;
    while place < length {
        let some = usize::try_from(length - place).map_or(bytes.len(), |rest| rest.min(bytes.len()));
        log.seek(SeekFrom::Start(place))?;
        log.read_exact(&mut bytes[..some])?;
        log.seek(SeekFrom::Start(place))?;
        log.write_all(&bytes[..some])?;
        place += some as u64;
    }
    log.sync_all()
}

/// The checksums that run through a log.
struct Sums {
    first: u32,
    second: u32,
    big_endian: bool,
}

impl Sums {
    /// Those after a header that is as it should be.
    fn of_header(header: &[u8; HEADER_BYTES]) -> Option<Self> {
        let big_endian = match word(header, 0) {
            0x377f_0682 => false,
            0x377f_0683 => true,
            _ => return None,
        };
        let mut sums = Self {
            first: 0,
            second: 0,
            big_endian,
        };
        sums.run(&header[..24]);
        let is_plausible = (512..=65_536).contains(&word(header, 2));
        (is_plausible && sums.first == word(header, 6) && sums.second == word(header, 7)).then_some(sums)
    }

    /// Goes on over a frame. Whether it is as it should be.
    fn add(&mut self, frame: &[u8]) -> bool {
        self.run(&frame[..8]);
        self.run(&frame[FRAME_HEADER_BYTES..]);
        self.first == word(frame, 4) && self.second == word(frame, 5)
    }

    fn run(&mut self, bytes: &[u8]) {
        let read = if self.big_endian {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let (words, _) = bytes.as_chunks::<4>();
        let (pairs, _) = words.as_chunks::<2>();
        for [one, other] in pairs {
            self.first = self.first.wrapping_add(read(*one)).wrapping_add(self.second);
            self.second = self.second.wrapping_add(read(*other)).wrapping_add(self.first);
        }
    }
}

/// The word of that number, from the most significant byte on.
fn word(bytes: &[u8], number: usize) -> u32 {
    let (words, _) = bytes.as_chunks::<4>();
    words.get(number).map_or(0, |word| u32::from_be_bytes(*word))
}

/// Reads as many bytes as there is place for; false when there are not so many left.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

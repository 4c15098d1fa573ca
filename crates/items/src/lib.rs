//! What a Distributed Map reads and writes: bytes to items, and results to files. Pure: no clock, no file, no socket.
//!
//! - [`Reading`]: the items of a source, one after the other. It says what it needs next (more bytes of an object, a
//!   page of a listing) and is given that, so that whoever reads decides how, and a large object is never held whole.
//! - [`Object`]: the items in one object. `unpack`: gzip and zstd; `csv`, `lines`, `document`: the formats.
//! - `manifest`: objects that name other objects. `listing`: the entries of a bucket.
//! - [`results`]: the files that a `ResultWriter` writes.

mod csv;
mod document;
mod fault;
mod format;
mod lines;
mod listing;
mod manifest;
mod object;
mod reading;
pub mod results;
mod text;
mod unpack;

pub use fault::Fault;
pub use format::{Columns, Format, Layout, Manifest};
pub use object::{Entry, Object, Part, all};
pub use reading::{Item, Next, Place, Reading};

/// How many bytes one item may have as it is written: far more than an execution's input may have.
pub const ITEM_BYTES_MAX: usize = 4 << 20;

/// AWS's limit on the header of a CSV file.
pub const HEADER_BYTES_MAX: usize = 10 << 10;

/// How many bytes a manifest may have, which is kept while its objects are read.
pub const MANIFEST_BYTES_MAX: usize = 32 << 20;

/// AWS's limit on the items of a map run.
pub const ITEMS_MAX: u64 = 100_000_000;

//! Fault: why there are no items.

use thiserror::Error;

use crate::{HEADER_BYTES_MAX, ITEM_BYTES_MAX, MANIFEST_BYTES_MAX};

/// What is wrong with what was read: the cause of a `States.ItemReaderFailed`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// AWS's words.
    #[error("CSV headers cannot contain duplicates.")]
    DuplicateHeaders,
    /// A header that is longer than AWS takes.
    #[error("CSV headers cannot have more than {HEADER_BYTES_MAX} bytes.")]
    LongHeader,
    /// AWS's words for JSON that is neither an array nor an object where the items should be.
    #[error("Attempting to map over non-iterable node.")]
    NotIterable,
    /// A document that is no JSON.
    #[error("The data is not valid JSON.")]
    NotJson,
    /// A line that is no JSON.
    #[error("A line of the data is not valid JSON.")]
    LineNotJson,
    /// A row, a line or an element without an end.
    #[error("An item has more than {ITEM_BYTES_MAX} bytes.")]
    LongItem,
    /// Data that ends too early or was never packed so.
    #[error("The data cannot be unpacked as {0}.")]
    Packed(&'static str),
    /// A manifest that cannot be understood.
    #[error("The manifest cannot be read: {0}.")]
    Manifest(String),
    /// A manifest that is too large to be one.
    #[error("The manifest has more than {MANIFEST_BYTES_MAX} bytes.")]
    LongManifest,
    /// The answer to a listing that is none.
    #[error("The list of objects cannot be read: {0}.")]
    Listing(&'static str),
}

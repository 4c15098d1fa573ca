//! Format: how items are written, as a `ReaderConfig` says it.

use json::Str;

/// How the items in an object are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `CSV`: a row for each item, all cells texts.
    Csv {
        /// What stands between cells, an ASCII character.
        delimiter: u8,
        /// Where the names of the columns stand.
        columns: Columns,
    },
    /// `JSON`: the elements of an array, or the members of an object as pairs of `Key` and `Value`.
    Json {
        /// The JSON Pointer (RFC 6901) of the array or object; empty for the whole document.
        pointer: Str,
    },
    /// `JSONL`: a document on each line.
    JsonLines,
}

/// Where the names of columns stand: `CSVHeaderLocation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// `FIRST_ROW`.
    FirstRow,
    /// `GIVEN`: these, in the order of the cells.
    Given(Vec<Str>),
}

/// What the object or the listing that is read leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// The object holds the items. Of a listing, each object does, one after the other (`LOAD_AND_FLATTEN`).
    Contents(Format),
    /// The entries of a listing are the items.
    Entries,
    /// The object names the objects that hold the items.
    Manifest(Manifest),
}

/// An object that names other objects: `ManifestType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// `S3_INVENTORY`: the `manifest.json` of an inventory, whose files are CSV with the columns that it names.
    Inventory,
    /// `ATHENA_DATA`: a line with an `s3://` address for each object that an UNLOAD wrote.
    Athena(Format),
}

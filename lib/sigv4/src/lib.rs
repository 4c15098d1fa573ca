//! AWS Signature Version 4: made, and checked.
//!
//! Whoever signs and whoever checks write the same text about a request and put the same key to it; that is written
//! once, here. Nothing here knows a clock: moments come in.
//!
//! - [`uri`]: how texts are encoded in addresses.
//! - [`canonical`]: the text about a request.
//! - [`signature`]: the key, and what is put to the text.
//! - [`claim`]: what a request says of who signed it.
//! - [`check`]: whether that is true.

pub mod canonical;
pub mod check;
pub mod claim;
pub mod signature;
pub mod uri;

pub use canonical::{Canonical, Path, canonical_headers};
pub use check::{Flaw, Kind, Received};
pub use claim::Claim;
pub use signature::{Scope, hash, is_same_secret, sign, string_to_sign};

/// The only algorithm that is spoken here.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What stands in the place of a body's hash when the body is not signed.
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

//! Events to bytes and back.
//!
//! Events are written in postcard and packed into frames ([`frame`]). A payload over
//! [`LARGE_PAYLOAD_BYTES`] is written once per execution as a [`LargePayload`], and the events that
//! carry it have a reference in its place. What was written once is read forever: `tests/golden` has
//! bytes of every version.

mod created;
mod events;
mod frame;
mod payloads;
#[cfg(test)]
mod tests;

pub(crate) use created::{decode_created, encode_created};
pub(crate) use events::check_whole;
pub use events::{Blob, EVENT_NUMBER_MAX, Encoded, decode, encode};
pub use frame::FRAME_BYTES_MAX;
pub use payloads::{LARGE_PAYLOAD_BYTES, LargePayload, PayloadTable};
pub(crate) use payloads::{decode_payload, encode_payload};

/// Bytes that can't be what was written, and why.
pub type Damage = String;

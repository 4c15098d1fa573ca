//! Limits: how long the parts of a request may be that carry a client's own data.

/// AWS's quotas on what requests carry, which the owner of a server may set otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes the body of a request may have; what is longer is answered with
    /// `RequestEntityTooLargeException`.
    pub request_bytes: usize,
    /// The most bytes of an input, an output or other data.
    pub payload_bytes: usize,
    /// The most characters of a definition.
    pub definition_characters: usize,
}

impl Limits {
    /// AWS's own.
    pub const AWS: Self = Self {
        request_bytes: 1 << 20,
        payload_bytes: 262_144,
        definition_characters: 1_048_576,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::AWS
    }
}

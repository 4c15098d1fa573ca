//! What can go wrong in a store.

/// Why something could not be saved or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room. The batch left nothing behind; when there is room again, commits succeed again.
    #[error("the disk is full: {0}; free some space, what is stored is whole")]
    DiskFull(String),
    /// The batch contradicts what is stored. It left nothing behind.
    #[error("execution {execution}: {what}")]
    Conflict {
        /// Which: its ARN where it is known, else its number.
        execution: String,
        /// How.
        what: String,
    },
    /// What is stored of an execution can't be read.
    #[error("the stored data of execution {execution} is damaged: {what}")]
    Corrupt {
        /// Which: its ARN where it is known, else its number.
        execution: String,
        /// How.
        what: String,
    },
    /// What is stored of something else can't be read.
    #[error("the stored data of {record} is damaged: {what}")]
    CorruptRecord {
        /// What it belongs to.
        record: String,
        /// How.
        what: String,
    },
    /// More than can be stored in one piece.
    #[error("{what} has {bytes} bytes; at most {limit} can be stored in one piece")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// More events than a history can be stored with.
    #[error("a history can be stored with at most {limit} events")]
    TooManyEvents {
        /// The highest number of an event.
        limit: u32,
    },
    /// Reading or writing failed, and nothing was changed by it.
    #[error("{0}")]
    Io(String),
    /// Nobody knows what is on disk. The process must end; starting again finds out.
    #[error("{0}; the server must be started again")]
    Fatal(String),
}

impl StoreError {
    /// Whether the same may succeed a little later: nothing is wrong with what was asked, or with what is stored.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::DiskFull(_) | Self::Io(_) => true,
            Self::Conflict { .. }
            | Self::Corrupt { .. }
            | Self::CorruptRecord { .. }
            | Self::TooLarge { .. }
            | Self::TooManyEvents { .. }
            | Self::Fatal(_) => false,
        }
    }
}

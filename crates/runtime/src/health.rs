//! Health: whether what is decided can be saved.
//!
//! Nobody polls. A failed commit is noted by the committer, and the next one that is as large and succeeds takes the
//! note away; when there is none, whoever asks has something written to find out.

use std::sync::{Mutex, MutexGuard, PoisonError};

use store::{Store, StoreError};

/// How many bytes could not be saved, if nothing as large has been saved since.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Option<usize>>);

impl Health {
    /// A commit of so many bytes failed. What may pass by itself is trouble; everything else is told elsewhere.
    pub(crate) fn failed(&self, error: &StoreError, bytes: usize) {
        if !error.may_pass() {
            return;
        }
        let mut noted = self.noted();
        let before = *noted;
        *noted = Some(before.map_or(bytes, |before| before.max(bytes)));
        if before.is_none() {
            tracing::error!(%error, "nothing can be saved: what would change something is refused until it can");
        }
    }

    /// A commit of so many bytes succeeded. A small one may even where a larger one does not.
    pub(crate) fn succeeded(&self, bytes: usize) {
        if self.noted().take_if(|failed| *failed <= bytes).is_some() {
            tracing::info!("what is decided is saved again");
        }
    }

    /// Whether commits succeed, and whether there is room for something new.
    pub(crate) async fn check(&self, store: &dyn Store) -> Result<(), StoreError> {
        let failed = *self.noted();
        if let Some(bytes) = failed {
            store.probe(bytes).await?;
            self.succeeded(bytes);
        }
        store.low().map_or(Ok(()), Err)
    }

    fn noted(&self) -> MutexGuard<'_, Option<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

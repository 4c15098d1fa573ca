//! The embedded backend passes the suite.

use std::sync::Arc;

use store::conformance::Place;
use store::{EmbeddedOptions, EmbeddedStore, Store};

struct Folder(tempfile::TempDir);

impl Place for Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder can be made"))
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::new(EmbeddedStore::open(self.0.path(), &EmbeddedOptions::default()).expect("it opens"))
    }
}

store::conformance_tests!(Folder);

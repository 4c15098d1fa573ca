//! The memory backend passes the suite.

use std::sync::Arc;

use store::conformance::Place;
use store::{MemoryStore, Store};

struct Memory(Arc<MemoryStore>);

impl Place for Memory {
    fn new() -> Self {
        Self(Arc::new(MemoryStore::new()))
    }

    fn open(&self) -> Arc<dyn Store> {
        self.0.clone()
    }
}

store::conformance_tests!(Memory);

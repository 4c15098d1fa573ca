//! A bucket: gives as many items as its key says, and keeps the results that are written to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::Ending;
use integrations::{
    BoxFuture, ChildResult, Item, ItemSource, ItemsOrder, MapRunIo, ResultSink, ResultsOrder,
};
use json::{Value, json};
use tokio::sync::Semaphore;

/// The bucket of a world.
#[derive(Clone)]
pub(crate) struct Bucket {
    written: Arc<AtomicUsize>,
    /// When it is closed, results wait.
    gate: Arc<Semaphore>,
}

/// How many permits an open gate has.
const OPEN: usize = 1000;

impl Default for Bucket {
    fn default() -> Self {
        Self {
            written: Arc::default(),
            gate: Arc::new(Semaphore::new(OPEN)),
        }
    }
}

impl Bucket {
    /// How many results were written.
    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    /// Results wait from now on.
    pub(crate) fn hold(&self) {
        self.gate.forget_permits(OPEN);
    }

    pub(crate) fn go_on(&self) {
        self.gate.add_permits(OPEN - self.gate.available_permits());
    }
}

impl MapRunIo for Bucket {
    fn items(&self, order: ItemsOrder) -> BoxFuture<'static, Result<Box<dyn ItemSource>, Ending>> {
        let key = order.parameters.get("Key").and_then(Value::as_str);
        let count: i64 = key.unwrap_or_default().parse().unwrap();
        let items: Box<dyn ItemSource> = Box::new(Items((0..count).collect()));
        Box::pin(async move { Ok(items) })
    }

    fn results(&self, _: ResultsOrder) -> BoxFuture<'static, Result<Box<dyn ResultSink>, Ending>> {
        let results: Box<dyn ResultSink> = Box::new(Results(self.clone(), 0));
        let gate = Arc::clone(&self.gate);
        Box::pin(async move {
            let _permit = gate.acquire().await;
            Ok(results)
        })
    }
}

struct Items(Vec<i64>);

impl ItemSource for Items {
    fn page(&mut self, most: usize) -> BoxFuture<'_, Result<Vec<Item>, Ending>> {
        let count = most.min(self.0.len());
        let item = |number| Item {
            value: Value::from(number),
            key: None,
            source: "S3://b/key".into(),
        };
        let page = self.0.drain(..count).map(item).collect();
        Box::pin(async move { Ok(page) })
    }
}

struct Results(Bucket, usize);

impl ResultSink for Results {
    fn write(&mut self, results: Vec<ChildResult>) -> BoxFuture<'_, Result<(), Ending>> {
        self.1 += results.len();
        Box::pin(async { Ok(()) })
    }

    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<Value, Ending>> {
        Box::pin(async move {
            self.0.written.store(self.1, Ordering::SeqCst);
            Ok(json!({"Bucket": "b", "Key": "manifest.json"}))
        })
    }
}

//! A bucket: what map runs read their items from and write their results to, as the simulation lets them.

use std::sync::Arc;

use engine::Ending;
use integrations::map_runs::{ITEM_READER_FAILED, RESULT_WRITER_FAILED};
use integrations::{
    BoxFuture, ChildResult, Item, ItemSource, ItemsOrder, MapRunIo, ResultSink, ResultsOrder,
};
use json::{Str, Value, json};
use tokio::sync::oneshot;

use crate::map_runs::FIRST_READ;
use crate::world::World;

/// What becomes of a request to the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    /// It is answered, with so many items if it asked for some.
    Well(usize),
    /// It fails.
    Not,
}

/// The bucket, for one runtime.
pub(crate) struct Bucket(pub(crate) Arc<World>);

impl MapRunIo for Bucket {
    fn items(&self, order: ItemsOrder) -> BoxFuture<'static, Result<Box<dyn ItemSource>, Ending>> {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            served(&world, "items are opened", ITEM_READER_FAILED).await?;
            let key = order.parameters.get("Key").and_then(Value::as_str);
            let count = key
                .and_then(|key| key.split('-').next()?.parse().ok())
                .unwrap_or(0);
            let items: Box<dyn ItemSource> = Box::new(Items {
                world,
                next: 0,
                count: order.items_max.map_or(count, |most| count.min(most)),
            });
            Ok(items)
        })
    }

    fn results(&self, order: ResultsOrder) -> BoxFuture<'static, Result<Box<dyn ResultSink>, Ending>> {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            served(&world, "results are opened", RESULT_WRITER_FAILED).await?;
            let results: Box<dyn ResultSink> = Box::new(Results {
                world,
                map_run_arn: order.scope.map_run_arn,
                written: Vec::new(),
            });
            Ok(results)
        })
    }
}

struct Items {
    world: Arc<World>,
    next: u64,
    count: u64,
}

impl ItemSource for Items {
    fn page(&mut self, most: usize) -> BoxFuture<'_, Result<Vec<Item>, Ending>> {
        Box::pin(async move {
            let count = served(&self.world, "items are read", ITEM_READER_FAILED).await?;
            let count = count.clamp(1, most) as u64;
            let first = self.next;
            self.next = self.count.min(first + count);
            let item = |number: u64| Item {
                value: Value::from(FIRST_READ + number),
                key: None,
                source: "S3://items/key".into(),
            };
            Ok((first..self.next).map(item).collect())
        })
    }
}

struct Results {
    world: Arc<World>,
    map_run_arn: Str,
    written: Vec<ChildResult>,
}

impl ResultSink for Results {
    fn write(&mut self, results: Vec<ChildResult>) -> BoxFuture<'_, Result<(), Ending>> {
        Box::pin(async move {
            served(&self.world, "results are written", RESULT_WRITER_FAILED).await?;
            self.written.extend(results);
            Ok(())
        })
    }

    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<Value, Ending>> {
        Box::pin(async move {
            served(&self.world, "the manifest is written", RESULT_WRITER_FAILED).await?;
            self.world.trace(format!(
                "{} results of {} are there",
                self.written.len(),
                self.map_run_arn
            ));
            let mut state = self.world.state();
            state.results.insert(self.map_run_arn, self.written);
            Ok(json!({"Bucket": "results", "Key": "manifest.json"}))
        })
    }
}

/// Waits until the simulation serves a request, and says how many items it gives.
async fn served(world: &World, what: &'static str, error: &str) -> Result<usize, Ending> {
    let (reply, served) = oneshot::channel();
    world.state().requests.push((what, reply));
    match served.await {
        Ok(Served::Well(count)) => Ok(count),
        Ok(Served::Not) => Err(Ending {
            error: Some(error.into()),
            cause: Some("the bucket is not there".into()),
        }),
        // The process is gone.
        Err(_) => std::future::pending().await,
    }
}

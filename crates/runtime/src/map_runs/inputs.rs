//! Inputs: what a map run gives to its executions, made of its items as they are needed.

use std::collections::VecDeque;

use engine::{Batcher, Ending, MapItem, MapRunPlan};
use integrations::{ItemSource, ItemsOrder, MapRunIo, MapRunScope};
use json::{Payload, Value};
use store::{ExecId, Redriven};

/// How many items are read at a time.
const PAGE: usize = 1000;

/// The input of an execution that is to be started.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) index: u64,
    /// How many items it has.
    pub(super) items: u64,
    pub(super) input: Payload,
    /// The Express execution that runs again, if it does.
    pub(super) again: Option<(ExecId, Redriven)>,
}

/// The inputs of a map run's executions, in their order.
pub(super) struct Inputs {
    source: Source,
    items: VecDeque<MapItem>,
    batcher: Option<Batcher>,
    /// How many items were taken.
    taken: u64,
    /// How many inputs were given.
    given: u64,
    is_over: bool,
}

enum Source {
    /// All of them are here.
    State,
    /// They are read.
    Elsewhere(Box<dyn ItemSource>),
}

impl Inputs {
    /// Those of a plan, from the first one.
    pub(super) async fn open(
        plan: &MapRunPlan,
        io: &dyn MapRunIo,
        scope: MapRunScope,
    ) -> Result<Self, Ending> {
        let (source, items) = match plan.items() {
            Some(items) => (Source::State, items.into()),
            None => (read(plan, io, scope).await?, VecDeque::new()),
        };
        Ok(Self {
            source,
            items,
            batcher: plan.start().batches.as_ref().map(Batcher::new),
            taken: 0,
            given: 0,
            is_over: false,
        })
    }

    /// How many items there are, once that is known.
    pub(super) fn total(&self) -> Option<u64> {
        match self.source {
            Source::State => Some(self.known()),
            Source::Elsewhere(_) => self.is_over.then_some(self.taken),
        }
    }

    /// How many items are known of.
    pub(super) fn known(&self) -> u64 {
        self.taken + self.items.len() as u64
    }

    /// Whether items are put into batches, so that nobody knows before how many executions there will be.
    pub(super) fn has_batches(&self) -> bool {
        self.batcher.is_some()
    }

    /// The next input; none after the last. One that `is_done` says is not made.
    pub(super) async fn next(
        &mut self,
        plan: &MapRunPlan,
        is_done: impl Fn(u64) -> bool,
    ) -> Result<Option<Given>, Ending> {
        loop {
            let Some(item) = self.item().await? else {
                let rest = self.batcher.as_mut().and_then(Batcher::finish);
                return match rest {
                    Some((batch, items)) if !is_done(self.given) => self.give(plan, batch, items).map(Some),
                    Some(_) => {
                        self.given += 1;
                        Ok(None)
                    }
                    None => Ok(None),
                };
            };
            let number = self.taken;
            self.taken += 1;
            let Some(batcher) = &mut self.batcher else {
                if is_done(self.given) {
                    self.given += 1;
                    continue;
                }
                let value = plan.select(number, &item)?;
                return self.give(plan, value, 1).map(Some);
            };
            match batcher.push(plan.select(number, &item)?) {
                Some((batch, items)) if !is_done(self.given) => {
                    return self.give(plan, batch, items).map(Some);
                }
                Some(_) => self.given += 1,
                None => {}
            }
        }
    }

    fn give(&mut self, plan: &MapRunPlan, value: Value, items: u64) -> Result<Given, Ending> {
        let index = self.given;
        self.given += 1;
        let input = plan.input(value)?;
        Ok(Given {
            index,
            items,
            input,
            again: None,
        })
    }

    async fn item(&mut self) -> Result<Option<MapItem>, Ending> {
        if let Source::Elsewhere(source) = &mut self.source
            && self.items.is_empty()
            && !self.is_over
        {
            let page = source.page(PAGE).await?;
            let item = |item: integrations::Item| MapItem {
                value: item.value,
                key: item.key,
                source: item.source,
            };
            self.items.extend(page.into_iter().map(item));
        }
        let item = self.items.pop_front();
        self.is_over |= item.is_none();
        Ok(item)
    }
}

async fn read(plan: &MapRunPlan, io: &dyn MapRunIo, scope: MapRunScope) -> Result<Source, Ending> {
    let Some(reading) = plan.reading()? else {
        return Ok(Source::State);
    };
    let order = ItemsOrder {
        scope,
        reader: reading.reader,
        parameters: reading.parameters,
        items_max: reading.items_max.filter(|most| *most > 0),
    };
    Ok(Source::Elsewhere(io.items(order).await?))
}

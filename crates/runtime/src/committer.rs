//! Committer: saves what has gathered from all workers as one batch, and says when it is safe.
//!
//! There is no delay: while one batch is being saved, the next one gathers. What a worker hands over is
//! saved in its order. When a batch fails, everything the worker hands over in the same generation fails
//! too, because it was decided on top; the worker throws it away and begins a new generation.

use std::sync::Arc;

use store::{Batch, CatalogChange, Commit, ExpressChange, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::health::Health;
use crate::mailbox::{Mailboxes, Message};
use crate::settings::Settings;

/// How many chunks may wait. Each is a worker's round, so a few are plenty.
const QUEUE: usize = 64;

/// After a batch was refused because of one change in it, so many items are saved one by one, so that only
/// the one to blame fails.
const CAREFUL_ITEMS: usize = 256;

/// What one worker decided in one round.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) worker: usize,
    pub(crate) generation: u64,
    pub(crate) commits: Vec<Commit>,
    pub(crate) express: Vec<ExpressChange>,
    /// Changes of map runs.
    pub(crate) catalog: Vec<CatalogChange>,
    /// How many steps are in it, which the worker counts by.
    pub(crate) steps: usize,
    /// About how many bytes it has.
    pub(crate) bytes: usize,
}

enum Item {
    Steps(Chunk),
    Catalog(Vec<CatalogChange>, oneshot::Sender<Result<(), StoreError>>),
}

/// The way to the committer.
#[derive(Clone)]
pub(crate) struct Committer(mpsc::Sender<Item>);

/// The committer's own side.
pub(crate) struct Saver {
    items: mpsc::Receiver<Item>,
    store: Arc<dyn Store>,
    mailboxes: Arc<Mailboxes>,
    settings: Settings,
    health: Arc<Health>,
    /// For each worker, the lowest generation that is still good.
    generations: Vec<u64>,
    dead: Option<StoreError>,
    /// How many items are still saved one by one.
    careful: usize,
}

impl Committer {
    pub(crate) fn open(
        store: Arc<dyn Store>,
        mailboxes: Arc<Mailboxes>,
        settings: &Settings,
        health: Arc<Health>,
    ) -> (Self, Saver) {
        let (sender, items) = mpsc::channel(QUEUE);
        let generations = vec![0; mailboxes.all().len()];
        let saver = Saver {
            items,
            store,
            mailboxes,
            settings: settings.clone(),
            health,
            generations,
            dead: None,
            careful: 0,
        };
        (Self(sender), saver)
    }

    /// Hands a chunk over. Waits while the store is behind.
    pub(crate) async fn hand_over(&self, chunk: Chunk) {
        // Nobody takes it any more only at the end of the process.
        let _ = self.0.send(Item::Steps(chunk)).await;
    }

    /// Saves changes of the catalogue.
    pub(crate) async fn catalog(&self, changes: Vec<CatalogChange>) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.send(Item::Catalog(changes, reply)).await;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Io("the server is shutting down".into())))
    }
}

impl Saver {
    /// Saves until nobody is left to hand anything over.
    pub(crate) async fn run(mut self) {
        let mut next = None;
        loop {
            let first = match next.take() {
                Some(item) => item,
                None => match self.items.recv().await {
                    Some(item) => item,
                    None => return,
                },
            };
            let mut items = vec![first];
            let (mut changes, mut bytes) = items[0].size();
            while let Some(item) = self.more() {
                let (more_changes, more_bytes) = item.size();
                if changes + more_changes > self.settings.batch_changes
                    || bytes + more_bytes > self.settings.batch_bytes
                {
                    next = Some(item);
                    break;
                }
                (changes, bytes) = (changes + more_changes, bytes + more_bytes);
                items.push(item);
            }
            self.save(items).await;
        }
    }

    /// What has gathered for the same batch.
    fn more(&mut self) -> Option<Item> {
        if self.careful > 0 {
            self.careful -= 1;
            return None;
        }
        self.items.try_recv().ok()
    }

    async fn save(&mut self, items: Vec<Item>) {
        let mut items: Vec<Item> = items.into_iter().filter(|item| self.is_good(item)).collect();
        if items.is_empty() {
            return;
        }
        if let Some(error) = self.dead.clone() {
            return items.into_iter().for_each(|item| self.fail(item, &error));
        }
        let mut batch = Batch::default();
        items.iter_mut().for_each(|item| item.move_into(&mut batch));
        let bytes = items.iter().map(|item| item.size().1).sum();
        let Err(error) = self.store.commit(batch).await else {
            self.health.succeeded(bytes);
            return self.confirm(items);
        };
        self.health.failed(&error, bytes);
        if matches!(error, StoreError::Fatal(_)) {
            self.dead = Some(error.clone());
            (self.settings.on_fatal)(&error);
        } else if is_ones_fault(&error) {
            tracing::error!(%error, "a batch was refused");
            self.careful = CAREFUL_ITEMS;
        }
        items.into_iter().for_each(|item| self.fail(item, &error));
    }

    /// Whether an item was not decided on top of something that failed.
    fn is_good(&self, item: &Item) -> bool {
        match item {
            Item::Steps(chunk) => chunk.generation >= self.generations[chunk.worker],
            Item::Catalog(..) => true,
        }
    }

    fn confirm(&self, items: Vec<Item>) {
        let mut steps = vec![0; self.generations.len()];
        for item in items {
            match item {
                Item::Steps(chunk) => steps[chunk.worker] += chunk.steps,
                Item::Catalog(_, reply) => {
                    let _ = reply.send(Ok(()));
                }
            }
        }
        for (mailbox, steps) in self
            .mailboxes
            .all()
            .iter()
            .zip(steps)
            .filter(|(_, steps)| *steps > 0)
        {
            let _ = mailbox.messages.send(Message::Committed(steps));
        }
    }

    fn fail(&mut self, item: Item, error: &StoreError) {
        match item {
            Item::Steps(chunk) => {
                if chunk.generation < self.generations[chunk.worker] {
                    return;
                }
                self.generations[chunk.worker] = chunk.generation + 1;
                let failed = Message::CommitFailed(chunk.generation, error.clone());
                let _ = self.mailboxes.all()[chunk.worker].messages.send(failed);
            }
            Item::Catalog(_, reply) => {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

/// Whether an error is about one change of a batch, and the others could be saved without it.
fn is_ones_fault(error: &StoreError) -> bool {
    match error {
        StoreError::Conflict { .. }
        | StoreError::Corrupt { .. }
        | StoreError::CorruptRecord { .. }
        | StoreError::TooLarge { .. }
        | StoreError::TooManyEvents { .. } => true,
        StoreError::DiskFull(_) | StoreError::Io(_) | StoreError::Fatal(_) => false,
    }
}

impl Item {
    /// How many changes and bytes it has.
    fn size(&self) -> (usize, usize) {
        match self {
            Self::Steps(chunk) => {
                let changes = chunk.commits.len() + chunk.express.len() + chunk.catalog.len();
                (changes, chunk.bytes)
            }
            Self::Catalog(changes, _) => (changes.len(), 0),
        }
    }

    /// Puts its changes into a batch, and keeps what is needed to tell its sender.
    fn move_into(&mut self, batch: &mut Batch) {
        match self {
            Self::Steps(chunk) => {
                batch.executions.append(&mut chunk.commits);
                batch.express.append(&mut chunk.express);
                batch.catalog.append(&mut chunk.catalog);
            }
            Self::Catalog(changes, _) => batch.catalog.append(changes),
        }
    }
}

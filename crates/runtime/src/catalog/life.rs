//! Life: whether a state machine can still be started, and how many starts of it are under way.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use json::Str;
use tokio::sync::Notify;

use crate::catalog::{read, write};

/// The life of a state machine from its creation to its deletion, which all its revisions share. Another one
/// of the same name has another life.
#[derive(Debug, Default)]
pub(crate) struct Life {
    over: AtomicBool,
    starting: AtomicUsize,
    idle: Notify,
}

/// A start under way: until this is dropped, the state machine does not go.
#[derive(Debug)]
pub(crate) struct Starting(Arc<Life>);

impl Life {
    /// Whether nothing can be started any more.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// A start begins; none does once life is over.
    pub(crate) fn start(self: &Arc<Self>) -> Option<Starting> {
        // Counted before it is looked, so that whoever ends this life either sees the start or is seen by it.
        self.starting.fetch_add(1, Ordering::SeqCst);
        let starting = Starting(Arc::clone(self));
        (!self.is_over()).then_some(starting)
    }

    /// Ends it: from now on nothing is started, and what was being started has an answer when this returns.
    pub(super) async fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        loop {
            let idle = self.idle.notified();
            if self.starting.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// State machines that are being deleted. There are none nearly always, which is seen without a lock: every
/// step asks.
#[derive(Default)]
pub(super) struct Deleting {
    arns: RwLock<HashSet<Str>>,
    count: AtomicUsize,
}

impl Deleting {
    pub(super) fn contains(&self, machine_arn: &str) -> bool {
        self.count.load(Ordering::Acquire) > 0 && read(&self.arns).contains(machine_arn)
    }

    pub(super) fn insert(&self, machine_arn: Str) {
        let mut arns = write(&self.arns);
        arns.insert(machine_arn);
        self.count.store(arns.len(), Ordering::Release);
    }

    pub(super) fn remove(&self, machine_arn: &str) {
        let mut arns = write(&self.arns);
        arns.remove(machine_arn);
        self.count.store(arns.len(), Ordering::Release);
    }

    pub(super) fn all(&self) -> Vec<Str> {
        read(&self.arns).iter().cloned().collect()
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if self.0.starting.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.is_over() {
            self.0.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_waits_for_what_was_being_started() {
        let life = Arc::new(Life::default());
        let first = life.start().expect("it lives");
        let second = life.start().expect("it lives");
        let ended = tokio::spawn({
            let life = Arc::clone(&life);
            async move { life.end().await }
        });
        drop(first);
        tokio::task::yield_now().await;
        assert!(life.is_over() && !ended.is_finished());
        assert!(life.start().is_none());
        drop(second);
        ended.await.expect("nothing panics");
    }
}

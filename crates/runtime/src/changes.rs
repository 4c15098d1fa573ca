//! Changes: tells whoever watches which executions went on, a few times a second at most.
//!
//! What is told is only that something changed. Without watchers nothing is gathered; however many there are, what
//! happens between two tellings is gathered once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use json::Str;
use tokio::sync::{Notify, broadcast};

/// How long changes are gathered before they are told.
const GATHERING: Duration = Duration::from_millis(200);

/// How many executions and state machines are told by name; beyond that, only that there were more. Whoever watches
/// looks for one or two of them, so this bounds memory and nothing else.
const NAMES_MAX: usize = 50_000;

/// How many tellings a slow watcher may be behind before it misses some.
const BEHIND_MAX: usize = 16;

/// What went on since the last telling.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changed {
    /// ARNs of executions.
    pub executions: HashSet<Str>,
    /// ARNs of their state machines.
    pub machines: HashSet<Str>,
    /// More changed than is named.
    pub more: bool,
}

/// A watcher's side. Lagging behind means that it missed something.
pub type Watch = broadcast::Receiver<Arc<Changed>>;

/// What gathers changes and tells them.
pub(crate) struct Changes {
    gathered: Mutex<Changed>,
    some: Notify,
    watchers: broadcast::Sender<Arc<Changed>>,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self {
            gathered: Mutex::default(),
            some: Notify::new(),
            watchers: broadcast::Sender::new(BEHIND_MAX),
        }
    }

    pub(crate) fn watch(&self) -> Watch {
        self.watchers.subscribe()
    }

    /// Notes that an execution went on.
    pub(crate) fn note(&self, execution_arn: &Str, machine_arn: &Str) {
        if self.watchers.receiver_count() == 0 {
            return;
        }
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = *gathered == Changed::default();
        let named = add(&mut gathered.executions, execution_arn) && add(&mut gathered.machines, machine_arn);
        gathered.more |= !named;
        drop(gathered);
        if is_first {
            self.some.notify_one();
        }
    }

    /// Tells what gathers, for ever.
    pub(crate) async fn tell(&self) {
        loop {
            self.some.notified().await;
            tokio::time::sleep(GATHERING).await;
            self.send();
        }
    }

    fn send(&self) {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody may be left to hear it.
        let _ = self.watchers.send(Arc::new(std::mem::take(&mut *gathered)));
    }
}

/// False when there is no room for another name.
fn add(names: &mut HashSet<Str>, name: &Str) -> bool {
    names.contains(name) || (names.len() < NAMES_MAX && names.insert(name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_together_is_told_once() {
        let changes = Changes::new();
        let mut watch = changes.watch();
        for execution in ["a", "b", "a"] {
            changes.note(&execution.into(), &"m".into());
        }
        changes.send();
        let told = watch.try_recv().unwrap();
        assert_eq!(told.executions, HashSet::from(["a".into(), "b".into()]));
        assert_eq!(told.machines, HashSet::from(["m".into()]));
        assert!(!told.more);
        assert!(watch.is_empty());
    }

    #[test]
    fn nothing_is_gathered_for_nobody() {
        let changes = Changes::new();
        changes.note(&"a".into(), &"m".into());
        assert_eq!(*changes.gathered.lock().unwrap(), Changed::default());
    }

    #[test]
    fn names_are_bounded() {
        let changes = Changes::new();
        let _watch = changes.watch();
        for number in 0..=NAMES_MAX {
            changes.note(&number.to_string().into(), &"m".into());
        }
        let gathered = changes.gathered.lock().unwrap();
        assert_eq!(gathered.executions.len(), NAMES_MAX);
        assert!(gathered.more);
    }
}

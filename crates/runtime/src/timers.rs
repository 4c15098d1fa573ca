//! Timers: when each execution is due. One small entry for each, in memory or not.

use std::collections::BTreeSet;

use engine::Millis;
use store::ExecId;

/// The executions of a worker by the time when they are due.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Millis, ExecId)>);

impl Timers {
    /// Moves an execution from the time that it had to the one that it has now.
    pub(crate) fn set(&mut self, id: ExecId, old: &mut Option<Millis>, new: Option<Millis>) {
        if *old == new {
            return;
        }
        if let Some(old) = *old {
            self.0.remove(&(old, id));
        }
        if let Some(new) = new {
            self.0.insert((new, id));
        }
        *old = new;
    }

    pub(crate) fn add(&mut self, id: ExecId, due: Millis) {
        self.0.insert((due, id));
    }

    pub(crate) fn next(&self) -> Option<Millis> {
        self.0.first().map(|(due, _)| *due)
    }

    /// Takes one that is due.
    pub(crate) fn take_due(&mut self, now: Millis) -> Option<(Millis, ExecId)> {
        let first = *self.0.first()?;
        (first.0 <= now)
            .then(|| self.0.remove(&first))
            .filter(|removed| *removed)
            .map(|_| first)
    }
}

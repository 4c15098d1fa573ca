//! Closing: what must be true once everything has ended.

use super::{Driver, Ends};
use crate::checks;

/// For how many seconds at the most the last calls go on after everything has ended.
const CLOSING: usize = 120;

impl Driver {
    /// Everything has ended: nothing is left anywhere, and all that was said is true.
    pub(super) fn finish(&mut self) -> Result<Ends, String> {
        self.world.trace("the end");
        let Some(boot) = self.boot.take() else {
            return Err("the runtime is gone".into());
        };
        let open = boot.runtime.open_executions();
        if open != 0 {
            return Err(format!("all have ended, and {open} count as open"));
        }
        let closing = boot.runtime.clone();
        let closing = boot.threads.spawn(async move { closing.shutdown().await });
        self.boot = Some(boot);
        // A call that asks for its child, and is kept from the answer, asks again a few times.
        for _ in 0..CLOSING {
            self.settle();
            if closing.is_finished() {
                break;
            }
            self.read();
            self.world.clock.advance(1000);
        }
        if !closing.is_finished() {
            return Err("all have ended, and a task counts as under way".into());
        }
        let boot = self.boot.take();
        drop(boot);
        self.must_be_lawful()?;
        let store = self.media.store();
        self.known.check(&*store)?;
        let results = std::mem::take(&mut self.world.state().results);
        checks::all(&*store, self.plan.machines.len(), &self.map_runs, &results)?;
        let mut ends = Ends::new();
        for watcher in &self.watchers {
            ends.insert(watcher.arn.to_string(), checks::end(&*store, &watcher.arn)?);
        }
        self.express_ends(&mut ends)?;
        Ok(ends)
    }
}

//! Redrive: an execution that has ended comes back into memory and goes on.

use std::sync::atomic::Ordering;

use engine::{Input, Millis, World};
use integrations::NotRedrivable;
use json::Str;
use tokio::sync::oneshot;

use crate::live::Live;
use crate::load::Fetched;
use crate::mailbox::{RedrivenBy, Work};
use crate::request::RedriveError;
use crate::worker::{Release, Worker};

impl Worker {
    /// Has an execution go on from where it ended, and answers once that is saved.
    pub(super) fn redrive(
        &mut self,
        live: &mut Live,
        token: Option<Str>,
        by: RedrivenBy,
        reply: oneshot::Sender<Result<Millis, RedriveError>>,
    ) {
        let known = token
            .as_deref()
            .and_then(|token| live.execution.redriven_by(token, self.now()));
        if let Some(at) = known {
            return self.after_all(Release::Redrive(reply, Ok(at), None));
        }
        // Its end must be told before it goes on, and is told when it is saved.
        if live.has_ended() && live.uncommitted > 0 {
            let id = live.id;
            return self.after_all(Release::RedriveLater { id, token, by, reply });
        }
        // As with a start, the state machine does not go before this is saved.
        let starting = live.revision.life.start();
        let answer = self.try_redrive(live, token, by, starting.is_some());
        self.after_all(Release::Redrive(reply, answer, starting));
    }

    fn try_redrive(
        &mut self,
        live: &mut Live,
        token: Option<Str>,
        by: RedrivenBy,
        lives: bool,
    ) -> Result<Millis, RedriveError> {
        let settings = &self.shared.settings;
        let (now, limit) = (self.now(), settings.limits.open_executions);
        let described = live.described();
        if let Some(refusal) = described.redrive_refusal(now, &settings.redrive_limits()) {
            return Err(refusal.into());
        }
        if by == RedrivenBy::Caller && described.map_run_arn.is_some() {
            return Err(NotRedrivable::ByMapRun.into());
        }
        if !lives || self.shared.is_deleting(&described.machine_arn) {
            return Err(NotRedrivable::Deleting.into());
        }
        if self.shared.open.fetch_add(1, Ordering::Relaxed) >= limit && by == RedrivenBy::Caller {
            self.shared.open.fetch_sub(1, Ordering::Relaxed);
            return Err(RedriveError::LimitExceeded(limit));
        }
        self.recent.forget(&described.arn);
        self.by_arn.insert(described.arn, live.id);
        // The clock may have been set back: no execution is redriven before its map run is.
        let at = match by {
            RedrivenBy::Caller => now,
            RedrivenBy::MapRun(since) => now.max(since),
        };
        self.step_at(at, live, Input::Redrive { token }, 0, None);
        Ok(live.execution.redriven().map_or(now, |redriven| redriven.at))
    }

    /// An execution that has ended was read to be redriven. Whatever else is asked of it finds it as it is by
    /// then.
    pub(super) fn fetched_ended(&mut self, mut live: Box<Live>, works: Vec<Work>) {
        for work in works {
            // An end that is not saved yet is told when it is.
            if matches!(work, Work::Redrive { .. }) || !live.has_ended() || live.uncommitted > 0 {
                self.work(&mut live, work);
            } else {
                let stopped = live.execution.ended().unwrap_or_default();
                self.refuse_work(live.id, work, &Fetched::Closed(stopped));
            }
        }
        self.put(live);
    }
}

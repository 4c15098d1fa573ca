//! Delays: a Standard execution goes on when its account has state transitions left.
//!
//! A step is decided whole, however many states it runs through, and what it spends may be more than there is. Then
//! whatever would lead to further transitions waits until nothing is owed any more: as on AWS, throttled
//! transitions come later, and fail nothing. What waits can be found again after a crash: timers, the ends of nested
//! executions, and tasks that are scheduled but not sent. A result that came is never among it, since nobody would
//! give it a second time. Without such a limit, which is the default, nothing here is done.

use std::collections::BTreeMap;

use engine::{Detail, Event, Millis};
use store::{ExecId, MachineKind};

use crate::live::{Kind, Live};
use crate::mailbox::Work;
use crate::rate::Rate;
use crate::worker::Worker;

/// What waits, by the time when it is due and the order in which it came.
#[derive(Default)]
pub(super) struct Delayed {
    works: BTreeMap<(Millis, u64), (ExecId, Work)>,
    count: u64,
}

impl Delayed {
    pub(super) fn add(&mut self, due: Millis, id: ExecId, work: Work) {
        self.count += 1;
        self.works.insert((due, self.count), (id, work));
    }

    pub(super) fn next(&self) -> Option<Millis> {
        self.works.first_key_value().map(|((due, _), _)| *due)
    }
}

impl Worker {
    /// When a work may happen, if that is not now. What somebody waits for an answer to happens at once.
    pub(super) fn must_wait(&self, live: &Live, work: &Work) -> Option<Millis> {
        match work {
            Work::Queue { .. } | Work::ChildEnded { .. } | Work::Due => self.owes_until(live),
            _ => None,
        }
    }

    /// When an execution may go on, if its account has spent more transitions than it had.
    pub(super) fn owes_until(&self, live: &Live) -> Option<Millis> {
        let rate = self.shared.settings.limits.state_transitions?;
        if !matches!(live.kind, Kind::Standard(_)) || self.closing.is_some() {
            return None;
        }
        let now = self.now();
        self.with_bucket(live, rate, now, |bucket| bucket.owes_until(now))
    }

    /// Counts what a step of a Standard execution went through: states entered, and attempts that follow a failure.
    pub(super) fn count_transitions(&self, live: &Live, events: &[Event]) {
        let Some(rate) = self.shared.settings.limits.state_transitions else {
            return;
        };
        if live.revision.kind != MachineKind::Standard {
            return;
        }
        let is_transition = |event: &&Event| {
            matches!(
                event.detail,
                Detail::StateEntered { .. } | Detail::RetryScheduled { .. }
            )
        };
        let count = events.iter().filter(is_transition).count();
        let now = self.now();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.with_bucket(live, rate, now, |bucket| bucket.spend(now, count));
    }

    fn with_bucket<T>(
        &self,
        live: &Live,
        rate: Rate,
        now: Millis,
        act: impl FnOnce(&mut crate::rate::Bucket) -> T,
    ) -> T {
        let arn = &live.execution.head().machine_arn;
        let (scope, _) = arn.rsplit_once(':').unwrap_or_default();
        self.shared.transitions.with(scope.to_owned(), rate, now, act)
    }

    /// Does what has waited long enough.
    pub(super) fn call_delayed(&mut self, now: Millis) -> bool {
        let mut worked = false;
        while !self.chunk_is_full() && self.delayed.next().is_some_and(|due| due <= now) {
            let Some((_, (id, work))) = self.delayed.works.pop_first() else {
                break;
            };
            worked = true;
            self.apply(id, work);
        }
        worked
    }

    /// Does all that waits, since nothing shall be lost at the end.
    pub(super) fn call_all_delayed(&mut self) {
        for (_, (id, work)) in std::mem::take(&mut self.delayed.works) {
            self.apply(id, work);
        }
    }
}

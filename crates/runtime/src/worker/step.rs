//! Steps: an input is decided, and what became true is made ready to be saved.

use engine::{Input, Millis, Moment, decide};
use store::{Closed, Commit, OpenRow, codec};

use crate::live::{Kind, Live, status};
use crate::mailbox::Work;
use crate::test_run::Surroundings;
use crate::worker::{Begins, Pending, Worker};

impl Worker {
    /// Decides an input, for which so many places of the dispatcher are held already. False when it means
    /// nothing any more. What it leads to is released once it is saved, with whatever is given to
    /// [`Worker::after_all`] next; if it can't be saved, `redo` happens again. So it does when the input means nothing
    /// to what can't be saved.
    pub(super) fn step(&mut self, live: &mut Live, input: Input, held: usize, redo: Option<Work>) -> bool {
        self.step_at(self.now(), live, input, held, redo)
    }

    /// The same, as of another moment.
    pub(super) fn step_at(
        &mut self,
        now: Millis,
        live: &mut Live,
        input: Input,
        held: usize,
        redo: Option<Work>,
    ) -> bool {
        let begins = match &input {
            Input::Start => Begins::Execution,
            Input::Redrive { .. } => Begins::Redrive,
            _ => Begins::Nothing,
        };
        let moment = Moment {
            now,
            seed: self.shared.chance.next(),
            room: match self.owes_until(live) {
                Some(_) => 0,
                None => self.shared.dispatcher.room(),
            },
            world: &Surroundings {
                shared: &self.shared,
                test_run: live.test_run.as_deref(),
            },
        };
        let step = decide(&mut live.execution, input, moment);
        live.see(&step.events);
        self.shared.take_places(live, &step.effects, held);
        if step.events.is_empty() {
            if let (false, Some(work)) = (step.taken, redo) {
                self.unneeded(live, work);
            }
            return step.taken;
        }
        self.count_transitions(live, &step.events);
        self.note_map_runs(live, &step.events);
        let logged = self.shared.logged(&live.execution, &live.revision, &step.events);
        let table = match &mut live.kind {
            Kind::Standard(table) => table,
            Kind::Express { events, .. } => {
                // Only the first events of a long one are kept, as many as a Standard one may have: its history
                // has no limit, memory has.
                let most = self.shared.settings.limits.executions.history_events;
                let room = usize::try_from(most)
                    .unwrap_or(usize::MAX)
                    .saturating_sub(events.len());
                let kept = room.min(step.events.len());
                live.weight += 160 * kept;
                events.extend(step.events.into_iter().take(kept));
                self.shared.log(logged);
                self.release_effects(live, step.effects);
                return step.taken;
            }
        };
        let encoded = match codec::encode(&step.events, table) {
            Ok(encoded) => encoded,
            Err(error) => {
                // The limits of the language are far below those of the store.
                tracing::error!(execution = %live.execution.head().arn, %error, "a step can't be encoded");
                (self.shared.settings.on_fatal)(&error);
                self.is_dead = true;
                return false;
            }
        };
        let mut commit = Commit::new(live.id);
        match begins {
            Begins::Execution => commit.created = Some(live.created()),
            Begins::Redrive => commit.redriven = live.execution.redriven(),
            Begins::Nothing => {}
        }
        match live.execution.outcome() {
            Some(outcome) => {
                let stopped = live.execution.ended().unwrap_or_default();
                commit.closed = Some(Closed {
                    status: status(outcome),
                    stopped,
                });
            }
            None => {
                let row: OpenRow = live.open_row(&step.effects, &self.shared);
                if live.open != Some(row) {
                    live.open = Some(row);
                    commit.open = Some(row);
                }
            }
        }
        let large: usize = encoded.payloads.iter().map(|payload| payload.bytes.len()).sum();
        let bytes = 256 + encoded.blob.bytes.len() + large;
        commit.events = Some(encoded.blob);
        commit.payloads = encoded.payloads;
        live.weight += bytes;
        live.uncommitted += 1;
        self.chunk.commits.push(commit);
        let id = live.id;
        self.push(Pending {
            id,
            since: self.now(),
            begins,
            bytes,
            effects: step.effects,
            logged,
            releases: Vec::new(),
            redo,
        });
        step.taken
    }

    /// Counts a change that was put into this round's chunk.
    pub(super) fn push(&mut self, pending: Pending) {
        self.chunk.steps += 1;
        self.chunk.bytes += pending.bytes;
        self.uncommitted_bytes += pending.bytes;
        self.pending.push_back(pending);
    }
}

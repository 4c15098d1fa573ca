//! Map runs: what a worker does for those of its executions, and for executions of map runs.

use std::sync::Arc;

use engine::{Detail, Event, Input, MapRunEnd, MapRunPlan, TaskKey};
use integrations::Described;
use json::Str;
use store::{CatalogChange, Closed, Commit, MapRun, MapSeat, PayloadTable, Redriven, codec};

use crate::live::{Kind, Live, Origin, head, log_test, status};
use crate::mailbox::{Start, Work};
use crate::map_runs::{Begin, Setting, record};
use crate::worker::start::created;
use crate::worker::{Begins, Pending, Release, Worker};

/// The end of an execution of a map run.
pub(crate) struct ChildEnd {
    pub(crate) map_run_arn: Str,
    pub(crate) seat: MapSeat,
    pub(crate) child: Arc<Described>,
}

impl Worker {
    /// Has the records of map runs that start saved with the step that starts them.
    pub(super) fn note_map_runs(&mut self, live: &Live, events: &[Event]) {
        for event in events {
            if let Detail::MapRunStarted(start) = &event.detail {
                let run = TaskKey {
                    branch: event.branch,
                    event: event.id,
                };
                let record = record(live.id, live.execution.head(), run, start, event.at);
                self.chunk
                    .catalog
                    .push(CatalogChange::PutMapRun(Box::new(record)));
            }
        }
    }

    /// Begins a map run whose start, or redrive, is saved.
    pub(super) fn begin_map_run(&self, live: &Live, plan: MapRunPlan, redrive: bool) {
        let arn = plan.start().arn.clone();
        let setting = Box::new(Setting {
            plan,
            revision: Arc::clone(&live.revision),
            test_case: live.origin.test_case.clone(),
        });
        let begin = match redrive {
            true => Begin::Redrive(setting),
            false => Begin::Run(setting),
        };
        self.shared.map_runs.begin(&self.shared, arn, begin);
    }

    /// Takes up the map runs that an execution waits for, which is as it is saved.
    pub(super) fn take_up_map_runs(&self, live: &Live) {
        for run in live.execution.open_map_runs() {
            if let Some(plan) = MapRunPlan::of(&live.execution, run) {
                self.begin_map_run(live, plan, false);
            }
        }
    }

    /// A map run was under way when the server stopped. One that its execution waits for was taken up with it, or
    /// begins once its redrive is saved. Others may have started since: none begins before that is saved, for its
    /// record could not be found.
    pub(super) fn take_up_map_run(&mut self, live: &Live, run: TaskKey, arn: Str) {
        let is_awaited = live.execution.open_map_runs().contains(&run);
        if !is_awaited || live.uncommitted > 0 {
            self.unneeded(live, Work::MapRunOpen { run, arn });
        }
    }

    /// A map run is over. Its record is saved with what follows from that.
    pub(super) fn map_run_ended(
        &mut self,
        live: &mut Live,
        run: TaskKey,
        end: MapRunEnd,
        mut record: Box<MapRun>,
    ) {
        let redo = Work::MapRunEnded {
            run,
            end: end.clone(),
            record: record.clone(),
        };
        let arn = record.arn.clone();
        // The execution may have ended since, and have been redriven: then the run goes on, too.
        let redrives = MapRunPlan::of(&live.execution, run).map_or(0, |plan| plan.redrives());
        if record.redrives() != redrives {
            return self.unneeded(live, redo);
        }
        if !self.step(live, Input::MapRunEnded { run, end }, 0, Some(redo)) {
            return;
        }
        record.stopped = Some(self.now());
        self.chunk.catalog.push(CatalogChange::PutMapRun(record));
        self.after_all(Release::MapRunDone(arn));
    }

    /// An Express execution of a map run begins. Nothing of it is saved before its end: after a crash it runs again.
    pub(super) fn start_express_child(&mut self, start: Start) {
        let Start {
            request,
            arn,
            shard,
            name,
            child,
            reply,
            ..
        } = start;
        let now = self.now();
        let again = child.as_ref().and_then(|child| child.again);
        let id = match again {
            Some((id, _)) => id,
            None => self.next_id(shard, now),
        };
        let created = created(&request, child.as_deref(), arn, name, now);
        let role_arn = request.machine.record.role_arn.clone();
        let started = crate::request::Started {
            arn: created.arn.clone(),
            started: now,
        };
        let head = head(id, &request.machine, &created, role_arn, request.input, true);
        let origin = Origin {
            again: again.map(|(_, redriven)| redriven),
            ..Origin::of(&created)
        };
        log_test(&created.arn, &origin);
        let kind = Kind::Express {
            events: Vec::new(),
            waiter: None,
            saved: false,
        };
        let live = Box::new(Live::new(id, head, request.machine, origin, kind));
        self.by_arn.insert(created.arn, id);
        reply.send(Ok(started));
        self.begin_express(live);
    }

    /// Saves what came of an Express execution of a map run: its input and its end.
    pub(super) fn save_express_child(&mut self, live: &Live, end: ChildEnd) {
        let Kind::Express { events, .. } = &live.kind else {
            return;
        };
        let (Some(first), Some(outcome)) = (events.first(), live.execution.outcome()) else {
            return;
        };
        let stopped = live.execution.ended().unwrap_or_default();
        let event = |id: u64, at, detail| Event {
            id,
            previous: id - 1,
            at,
            branch: engine::BranchId::ROOT,
            detail,
        };
        // Each time that it runs adds two events, and at most one large payload to that of its input.
        let (first, runs) = match live.origin.again {
            None => (first.clone(), 0),
            Some(Redriven { count, at }) => {
                let detail = Detail::ExecutionRedriven { count, token: None };
                (event(2 * u64::from(count) + 1, at, detail), count)
            }
        };
        let last = event(first.id + 1, stopped, Detail::of(outcome));
        let mut table = PayloadTable::after(runs.saturating_mul(2));
        let encoded = match codec::encode(&[first, last], &mut table) {
            Ok(encoded) => encoded,
            Err(error) => {
                tracing::error!(execution = %live.execution.head().arn, %error, "an end can't be encoded");
                return (self.shared.settings.on_fatal)(&error);
            }
        };
        let large: usize = encoded.payloads.iter().map(|payload| payload.bytes.len()).sum();
        let bytes = 256 + encoded.blob.bytes.len() + large;
        let commit = Commit {
            created: live.origin.again.is_none().then(|| live.created()),
            redriven: live.origin.again,
            events: Some(encoded.blob),
            payloads: encoded.payloads,
            closed: Some(Closed {
                status: status(outcome),
                stopped,
            }),
            ..Commit::new(live.id)
        };
        self.chunk.commits.push(commit);
        self.push(Pending {
            id: live.id,
            since: self.now(),
            begins: Begins::Nothing,
            bytes,
            effects: Vec::new(),
            logged: None,
            releases: vec![Release::ChildEnded(end)],
            redo: None,
        });
    }
}

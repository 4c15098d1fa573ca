//! Starts: a name belongs to one execution, and two starts of one name meet here.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{Input, TaskKey};

use json::Str;
use store::{Created, ExecId, ExpressStart, MachineKind, StoreError};

use crate::catalog::Revision;
use crate::live::{Kind, Live, Origin, head, log_test};
use crate::load::{Existing, existing};
use crate::mailbox::{Message, Start};
use crate::map_runs::ChildOf;
use crate::request::{StartError, StartRequest, Started};
use crate::worker::{Release, Worker};

impl Worker {
    pub(super) fn start(&mut self, start: Start) {
        if self.now() > start.until {
            return start.reply.send(Err(StartError::Throttled));
        }
        // What has begun comes first: a start would fail the commit that it is in.
        if let Some(trouble) = &self.trouble {
            let refusal = Err(StartError::Store(trouble.clone()));
            return start.reply.send(refusal);
        }
        if start.child.as_ref().is_some_and(|child| child.express) {
            return self.start_express_child(start);
        }
        if start.request.machine.kind == MachineKind::Express {
            return self.start_express(start);
        }
        if start.drawn {
            return self.begin(start);
        }
        if let Some(known) = self.known(&start.arn) {
            return self.answer_existing(start, &known);
        }
        if let Some(waiting) = self.looking.get_mut(&start.arn) {
            return waiting.push(start);
        }
        let store = Arc::clone(&self.shared.store);
        let arn = start.arn.clone();
        let look = Box::pin(async move { existing(&*store, &arn).await });
        let arn = start.arn.clone();
        match self.at_once(look, move |found| Message::Found(arn, found)) {
            Some(found) => self.answer(start, found.as_ref().map(Option::as_ref)),
            None => drop(self.looking.insert(start.arn.clone(), vec![start])),
        }
    }

    /// What memory knows of an execution whose name is asked for.
    fn known(&self, arn: &str) -> Option<Existing> {
        if let Some(live) = self.by_arn.get(arn).and_then(|id| self.live.get(id)) {
            let head = live.execution.head();
            return Some(Existing {
                started: head.started,
                running: !live.has_ended(),
                input: head.input.clone(),
                parent: live.origin.parent,
                test_case: live.origin.test_case.clone(),
            });
        }
        None
    }

    /// The look-up of a name is back: the first start that waited may have the name, and the others meet it.
    pub(super) fn found(&mut self, arn: Str, found: Result<Option<Existing>, StoreError>) {
        for start in self.looking.remove(&arn).unwrap_or_default() {
            match self.known(&arn) {
                Some(known) => self.answer_existing(start, &known),
                None => self.answer(start, found.as_ref().map(Option::as_ref)),
            }
        }
    }

    fn answer(&mut self, start: Start, found: Result<Option<&Existing>, &StoreError>) {
        match found {
            Ok(Some(existing)) => self.answer_existing(start, existing),
            Ok(None) => self.begin(start),
            Err(error) => start.reply.send(Err(StartError::Store(error.clone()))),
        }
    }

    /// AWS answers a repeated start with the first one as long as the input is the same and it runs. A
    /// repeated start by the same task is always the first one.
    fn answer_existing(&mut self, start: Start, existing: &Existing) {
        let is_same_task = start.request.parent.is_some() && start.request.parent == existing.parent;
        let is_same = existing.running
            && existing.input == start.request.input
            && existing.test_case == start.request.test_case;
        if let Some(parent) = existing.parent.filter(|_| is_same_task && !existing.running) {
            // Whoever was to be told of its end has forgotten it in a crash, along with the first start's answer.
            let task = TaskKey {
                branch: parent.branch,
                event: parent.event,
            };
            self.shared.ask_child(parent.id, task, start.arn.clone());
        }
        let answer = if is_same_task || is_same {
            Ok(Started {
                arn: start.arn,
                started: existing.started,
            })
        } else {
            Err(StartError::AlreadyExists(start.arn))
        };
        self.after_all(Release::Start(start.reply, answer));
    }

    fn begin(&mut self, start: Start) {
        let limit = self.shared.settings.limits.open_executions;
        let is_child = start.child.is_some();
        // How many executions of map runs there are is limited by those.
        if self.shared.open.fetch_add(1, Ordering::Relaxed) >= limit && !is_child {
            self.shared.open.fetch_sub(1, Ordering::Relaxed);
            return start.reply.send(Err(StartError::LimitExceeded(limit)));
        }
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
        let id = self.next_id(shard, now);
        let created = created(&request, child.as_deref(), arn, name, now);
        let role_arn = request.machine.record.role_arn.clone();
        let head = head(id, &request.machine, &created, role_arn, request.input, false);
        let origin = Origin::of(&created);
        log_test(&created.arn, &origin);
        let kind = Kind::Standard(store::PayloadTable::default());
        let mut live = Box::new(Live::new(id, head, request.machine, origin, kind));
        self.by_arn.insert(created.arn.clone(), id);
        self.step(&mut live, Input::Start, 0, None);
        let started = Started {
            arn: created.arn,
            started: now,
        };
        self.after_all(Release::Start(reply, Ok(started)));
        self.put(live);
    }

    /// An asynchronous Express execution runs once its start is saved.
    fn start_express(&mut self, start: Start) {
        let Start {
            request,
            arn,
            shard,
            name,
            reply,
            ..
        } = start;
        let now = self.now();
        let id = self.next_id(shard, now);
        let created = created(&request, None, arn, name, now);
        let started = Started {
            arn: created.arn.clone(),
            started: now,
        };
        let start = ExpressStart {
            id,
            created,
            input: request.input,
        };
        let live = express_live(&start, request.machine);
        let releases = vec![Release::Start(reply, Ok(started)), Release::Express(live)];
        self.express_started(start, releases);
    }

    /// The id of an execution that starts now on one of this worker's shards.
    pub(super) fn next_id(&mut self, shard: u8, now: engine::Millis) -> ExecId {
        let workers = self.shared.mailboxes.all().len();
        self.ids[usize::from(shard) / workers].next(now)
    }

    /// Runs an asynchronous Express execution whose start is saved.
    pub(super) fn begin_express(&mut self, mut live: Box<Live>) {
        self.step(&mut live, Input::Start, 0, None);
        self.put(live);
    }

    /// Runs one that was under way when the server stopped.
    pub(super) fn begin_express_again(&mut self, start: ExpressStart, revision: Arc<Revision>) {
        self.begin_express(express_live(&start, revision));
    }
}

fn express_live(start: &ExpressStart, revision: Arc<Revision>) -> Box<Live> {
    let role_arn = revision.record.role_arn.clone();
    let head = head(
        start.id,
        &revision,
        &start.created,
        role_arn,
        start.input.clone(),
        true,
    );
    let origin = Origin::of(&start.created);
    log_test(&start.created.arn, &origin);
    let kind = Kind::Express {
        events: Vec::new(),
        waiter: None,
        saved: true,
    };
    Box::new(Live::new(start.id, head, revision, origin, kind))
}

/// What is known of an execution from its start, which may be one of a map run.
pub(crate) fn created(
    request: &StartRequest,
    child: Option<&ChildOf>,
    arn: Str,
    name: Str,
    started: engine::Millis,
) -> Created {
    Created {
        arn,
        name,
        machine_arn: child
            .map_or(&request.machine.machine_arn, |child| &child.machine_arn)
            .clone(),
        revision: request.machine.record.id.clone(),
        version_arn: request.version_arn.clone(),
        alias_arn: request.alias_arn.clone(),
        map_run_arn: child.map(|child| child.map_run_arn.clone()),
        map_seat: child.map(|child| child.seat),
        started,
        parent: request.parent,
        trace_header: request.trace_header.clone(),
        test_case: request.test_case.clone(),
    }
}

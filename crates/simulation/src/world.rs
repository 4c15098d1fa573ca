//! The world outside of a runtime: what was called, who has which token, and what was seen. It outlives crashes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use engine::{Detail, Event, Execution};
use integrations::{Answer, Call, ChildResult};
use json::{Payload, Str, Value};
use runtime::{Clock, EventLog, Logged, ManualClock, Witness};
use store::{ExecId, Status, Store};
use tokio::sync::oneshot;

use crate::bucket::Served;
use crate::clients::Heard;
use crate::disk::at_once;
use crate::express::{self, Express, Kind};
use crate::plan::START;

/// Everything outside.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    /// Whether everything is told while it happens.
    loud: bool,
    state: Mutex<State>,
}

/// What is known outside.
pub(crate) struct State {
    /// What is on disk, seen past all that goes wrong with it.
    pub(crate) store: Arc<dyn Store>,
    /// What happened so far, a line each.
    pub(crate) trace: Vec<String>,
    /// What should not have happened.
    pub(crate) violations: Vec<String>,
    /// Calls that were not answered.
    pub(crate) calls: Vec<Pending>,
    /// Tokens that somebody outside has.
    pub(crate) tokens: Vec<Token>,
    /// Answers of the runtime that nobody has looked at.
    pub(crate) heard: VecDeque<(usize, Heard)>,
    /// Whether the store has failed for good.
    pub(crate) is_dead: bool,
    /// The number of the process.
    pub(crate) boot: u64,
    /// Requests to the bucket that were not served, and what they are.
    pub(crate) requests: Vec<(&'static str, oneshot::Sender<Served>)>,
    /// What map runs wrote to the bucket, by their ARNs.
    pub(crate) results: HashMap<Str, Vec<ChildResult>>,
    pub(crate) express: Express,
    /// Tasks of Express executions that were sent in this process.
    sent_by_express: HashSet<(u64, u64, u64)>,
    /// Tasks that were sent: the execution, and the number of the Scheduled event.
    sent: HashSet<(u64, u64)>,
    /// How often tasks were to fail so far.
    failed: HashMap<(u64, Str), u64>,
}

/// A call that was not answered.
pub(crate) struct Pending {
    pub(crate) kind: CallKind,
    pub(crate) call: Call,
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// What was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// A function, which answers with the result.
    Function,
    /// A function that was given a token, which answers that it has it.
    Callback,
    /// A job that is to be accepted.
    Submit,
    /// A job whose end is waited for.
    Follow,
}

/// A token in somebody's hands.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: Str,
    /// What its holder was given.
    pub(crate) given: Payload,
    /// What its holder says, once that is decided.
    pub(crate) verdict: Option<Verdict>,
    /// Whether somebody is saying it.
    pub(crate) is_told: bool,
    /// Whether it was heard, or came too late.
    pub(crate) is_over: bool,
}

/// What a task comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeed,
    Fail,
}

impl World {
    pub(crate) fn new(store: Arc<dyn Store>, loud: bool) -> Self {
        Self {
            loud,
            clock: ManualClock::new(START),
            state: Mutex::new(State {
                store,
                trace: Vec::new(),
                violations: Vec::new(),
                calls: Vec::new(),
                tokens: Vec::new(),
                heard: VecDeque::new(),
                is_dead: false,
                boot: 0,
                requests: Vec::new(),
                results: HashMap::new(),
                express: Express::default(),
                sent_by_express: HashSet::new(),
                sent: HashSet::new(),
                failed: HashMap::new(),
            }),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic somewhere in a task is a finding, and the story still has to be told.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn trace(&self, line: impl AsRef<str>) {
        let millis = self.clock.now().0 - START.0;
        let line = format!(
            "{:>9}.{:03} {}",
            millis.div_euclid(1000),
            millis.rem_euclid(1000),
            line.as_ref()
        );
        if self.loud {
            println!("{line}");
        }
        self.state().trace.push(line);
    }

    pub(crate) fn violated(&self, what: String) {
        self.trace(format!("VIOLATION {what}"));
        self.state().violations.push(what);
    }

    /// A task is sent: what led to it must be saved, and nothing is done twice.
    pub(crate) fn sent(&self, call: &Call, kind: &str, is_answerable: bool) {
        let task = call.order.task;
        let name = call.execution_arn.rsplit(':').next().unwrap_or_default();
        self.trace(format!(
            "{kind} is called for {name} {} #{}",
            call.state, task.event
        ));
        if let Some(kind) = express::kind(&call.execution_arn) {
            if let Err(what) = self.sent_by_express(call, kind) {
                self.violated(format!("{} {task:?} is sent, and {what}", call.execution_arn));
            }
            return;
        }
        let is_new = self.state().sent.insert((call.execution, task.event));
        if !is_new && !is_answerable {
            self.violated(format!("{} {task:?} is sent twice", call.execution_arn));
        }
        let store = Arc::clone(&self.state().store);
        if let Err(what) = started_on_disk(&*store, call) {
            self.violated(format!("{} {task:?} is sent, and {what}", call.execution_arn));
        }
    }

    /// A task of an Express execution is sent: only while it runs, and once each time that it runs.
    fn sent_by_express(&self, call: &Call, kind: Kind) -> Result<(), String> {
        let mut state = self.state();
        let (store, boot) = (Arc::clone(&state.store), state.boot);
        let is_same = |pending: &Pending| {
            pending.call.execution == call.execution
                && pending.call.order.task == call.order.task
                && !pending.reply.is_closed()
        };
        let is_under_way = state.calls.iter().any(is_same);
        let is_new = state
            .sent_by_express
            .insert((boot, call.execution, call.order.task.event));
        drop(state);
        let arn = &call.execution_arn;
        match kind {
            // It may have been redriven, and run again.
            Kind::Child if is_under_way => Err("is under way already".into()),
            Kind::Child => match at_once(store.find(arn)).map_err(|error| error.to_string())? {
                None => Ok(()),
                Some(id) => match at_once(store.summary(id)).map_err(|error| error.to_string())? {
                    Some(summary) if summary.status == Status::Succeeded => Err("it has succeeded".into()),
                    _ => Ok(()),
                },
            },
            _ if !is_new => Err("was sent before".into()),
            Kind::Async if !express::is_pending(&*store, arn)? => Err("its execution is not on disk".into()),
            Kind::Async | Kind::Sync => Ok(()),
        }
    }

    /// What a steady task comes to, as its parameters say.
    pub(crate) fn verdict(&self, execution: u64, given: &Value) -> Verdict {
        let deed = given.get("Payload").unwrap_or(given);
        if deed.get("do").and_then(Value::as_str) != Some("fail") {
            return Verdict::Succeed;
        }
        let number = |name: &str| deed.get(name).and_then(Value::as_i64);
        if let Some(redrives) = number("redrives") {
            let fails = number("redriven").unwrap_or(0) < redrives;
            return if fails { Verdict::Fail } else { Verdict::Succeed };
        }
        if let Some(every) = number("every") {
            let fails = number("index").unwrap_or(0) % every == 0;
            return if fails { Verdict::Fail } else { Verdict::Succeed };
        }
        if let Some(times) = number("times") {
            let mut state = self.state();
            let failed = state.failed.entry((execution, deed_key(deed))).or_default();
            if i64::try_from(*failed).unwrap_or(i64::MAX) >= times {
                return Verdict::Succeed;
            }
            *failed += 1;
        }
        Verdict::Fail
    }
}

/// What tells one deed of an execution from another: all but the token.
fn deed_key(deed: &Value) -> Str {
    let Value::Object(members) = deed else {
        return deed.to_text();
    };
    let mut members = members.clone();
    members.remove("token");
    Value::Object(members).to_text()
}

/// Whether the history on disk says that a task has started and has not ended.
fn started_on_disk(store: &dyn Store, call: &Call) -> Result<(), String> {
    let loaded = at_once(store.load(ExecId(call.execution))).map_err(|error| error.to_string())?;
    let loaded = loaded.ok_or("its execution is not on disk")?;
    if loaded.summary.stopped.is_some() {
        return Err("its execution has ended".into());
    }
    let task = call.order.task;
    let of_branch = |event: &&Event| event.branch == task.branch && event.id > task.event;
    if !loaded.events.iter().any(|event| event.id == task.event) {
        return Err("that it is scheduled is not on disk".into());
    }
    let after: Vec<&Event> = loaded.events.iter().filter(of_branch).collect();
    let is_start = |event: &&&Event| {
        matches!(
            event.detail,
            Detail::LambdaFunctionStarted | Detail::TaskStarted { .. }
        )
    };
    if !after.iter().any(|event| is_start(&event)) {
        return Err("that it has started is not on disk".into());
    }
    match after
        .iter()
        .find(|event| !is_start(event) && !matches!(event.detail, Detail::TaskSubmitted { .. }))
    {
        None => Ok(()),
        Some(event) => Err(format!("on disk it has gone on: {:?}", event.detail)),
    }
}

impl Witness for World {
    fn saved(&self, execution: &Execution) {
        let head = execution.head();
        let store = Arc::clone(&self.state().store);
        let loaded = match at_once(store.load(ExecId(head.id))) {
            Ok(Some(loaded)) => loaded,
            other => return self.violated(format!("{} was saved, and on disk is {other:?}", head.arn)),
        };
        match Execution::fold((**head).clone(), &loaded.events) {
            Ok(folded) if folded == *execution => {}
            Ok(folded) => self.violated(format!(
                "{}: the fold of what is on disk is not what is in memory\non disk    {folded:?}\nin memory  {execution:?}",
                head.arn
            )),
            Err(error) => self.violated(format!("{}: what is on disk does not fold: {error}", head.arn)),
        }
    }
}

impl EventLog for World {
    fn write(&self, logged: Logged) {
        let arn = &logged.execution_arn;
        let mut state = self.state();
        let (store, boot) = (Arc::clone(&state.store), state.boot);
        let checked = match express::kind(arn) {
            Some(_) => state.express.logged(&*store, boot, arn, &logged.events),
            None => logged_on_disk(&*store, arn, &logged.events),
        };
        drop(state);
        if let Err(what) = checked {
            self.violated(format!("{arn} is logged, and {what}"));
        }
    }
}

/// Nothing of a Standard execution is logged that is not saved.
fn logged_on_disk(store: &dyn Store, arn: &str, events: &[Event]) -> Result<(), String> {
    let read = |error: store::StoreError| error.to_string();
    let id = at_once(store.find(arn)).map_err(read)?;
    let loaded = match id {
        Some(id) => at_once(store.load(id)).map_err(read)?,
        None => None,
    };
    let loaded = loaded.ok_or("it is not on disk")?;
    match events.iter().all(|event| loaded.events.contains(event)) {
        true => Ok(()),
        false => Err("not all of that is on disk".into()),
    }
}

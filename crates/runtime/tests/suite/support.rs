//! A small world: everything that a runtime needs, scripted.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use asl::{Resource, Rules, Target};
use engine::{Detail, Ending, Millis, Order};
use ids::{Name, StateMachineArn};
use integrations::{Answer, BoxFuture, Call, Described, Executions, Integrations, MapRunIo};
use json::{Payload, Str, Value};
use runtime::{
    Clock, Creation, ManualClock, NewRevision, Revision, Runtime, Settings, StartError, StartRequest,
    Started, Tasks,
};
use store::{
    Activity, Alias, Batch, ExecId, ExecutionQuery, ExpressStart, HistoryPage, Loaded, Machine, MachineKind,
    MapChild, MapRun, MemoryStore, OpenRow, Reply, Store, StoreError, Summary, Version,
};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::bucket::Bucket;
use crate::starts::ECHO;

pub(crate) const NOW: Millis = Millis(1_760_000_000_000);

/// A store, a clock and a script, and any number of runtimes one after the other.
pub(crate) struct World {
    pub(crate) memory: Arc<MemoryStore>,
    pub(crate) clock: ManualClock,
    pub(crate) script: Arc<Script>,
    pub(crate) settings: Settings,
}

impl World {
    pub(crate) fn new() -> Self {
        let settings = Settings {
            workers: 3,
            seed: Some(1),
            on_fatal: Arc::new(|_| {}),
            ..Settings::default()
        };
        Self {
            memory: Arc::new(MemoryStore::new()),
            clock: ManualClock::new(NOW),
            script: Arc::new(Script::new()),
            settings,
        }
    }

    /// A world in which no execution stays in memory that only waits.
    pub(crate) fn cold() -> Self {
        let mut world = Self::new();
        world.settings.warm_executions = 0;
        world.settings.recent_executions = 0;
        world
    }

    pub(crate) async fn open(&self) -> Runtime {
        self.open_with(Arc::clone(&self.memory) as Arc<dyn Store>).await
    }

    pub(crate) async fn open_with(&self, store: Arc<dyn Store>) -> Runtime {
        self.try_open(store).await.unwrap()
    }

    pub(crate) async fn try_open(&self, store: Arc<dyn Store>) -> Result<Runtime, StoreError> {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        Runtime::open(store, Arc::new(self.script.again()), clock, self.settings.clone()).await
    }

    /// A store that obeys `faults` before it saves.
    pub(crate) fn faulty(&self) -> Arc<FaultyStore> {
        Arc::new(FaultyStore::new(Arc::clone(&self.memory)))
    }

    /// An execution of `m` with the input `1` that waits at the gate, in a runtime over a faulty store.
    pub(crate) async fn at_gate(&self) -> AtGate {
        let store = self.faulty();
        let runtime = self.open_with(Arc::clone(&store) as _).await;
        let machine = machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
        let started = start(&runtime, &machine, "1").await;
        settle().await;
        AtGate {
            store,
            runtime,
            machine,
            started,
        }
    }

    /// Moves the clock on, then lets everything happen.
    pub(crate) async fn pass(&self, seconds: i64) {
        settle().await;
        self.clock.advance(seconds * 1000);
        settle().await;
    }
}

/// What [`World::at_gate`] makes.
pub(crate) struct AtGate {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) runtime: Runtime,
    pub(crate) machine: Arc<Revision>,
    pub(crate) started: Started,
}

/// Lets everything happen that can happen without time going on.
pub(crate) async fn settle() {
    for _ in 0..500 {
        tokio::task::yield_now().await;
    }
}

/// Creates a Standard state machine called `name` and gives its current revision.
pub(crate) async fn machine(runtime: &Runtime, name: &str, definition: &str) -> Arc<Revision> {
    machine_of(runtime, name, definition, MachineKind::Standard).await
}

pub(crate) async fn express_machine(runtime: &Runtime, name: &str, definition: &str) -> Arc<Revision> {
    machine_of(runtime, name, definition, MachineKind::Express).await
}

pub(crate) fn machine_arn(name: &str) -> StateMachineArn {
    format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}")
        .parse()
        .unwrap()
}

async fn machine_of(runtime: &Runtime, name: &str, definition: &str, kind: MachineKind) -> Arc<Revision> {
    let reading = asl::read(
        definition,
        Rules {
            express: kind == MachineKind::Express,
            ..Rules::default()
        },
    );
    let states = reading
        .machine
        .unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
    let new = NewRevision {
        definition: definition.into(),
        states: Arc::new(states),
        role_arn: "arn:aws:iam::000000000000:role/r".into(),
        logging: None,
        tracing: None,
        encryption: None,
    };
    let created = runtime
        .catalog()
        .create_machine(&machine_arn(name), kind, new, Vec::new(), None)
        .await
        .unwrap();
    let (Creation::New(machine) | Creation::Existing(machine)) = created;
    runtime.catalog().current(&machine.arn).await.unwrap()
}

pub(crate) async fn activity(runtime: &Runtime, name: &str) -> Str {
    let arn: Str = format!("arn:aws:states:us-east-1:000000000000:activity:{name}").into();
    let activity = Activity {
        arn: arn.clone(),
        name: name.into(),
        created: NOW,
        encryption: None,
        tags: Vec::new(),
    };
    runtime.catalog().create_activity(activity).await.unwrap();
    arn
}

pub(crate) fn payload(text: &str) -> Payload {
    Payload::parse(text).unwrap()
}

pub(crate) fn request(machine: &Arc<Revision>, input: &str) -> StartRequest {
    StartRequest::new(Arc::clone(machine), payload(input))
}

pub(crate) fn named(machine: &Arc<Revision>, name: &str, input: &str) -> StartRequest {
    StartRequest {
        name: Some(name.parse::<Name>().unwrap()),
        ..request(machine, input)
    }
}

pub(crate) async fn start(runtime: &Runtime, machine: &Arc<Revision>, input: &str) -> Started {
    runtime.start(request(machine, input)).await.unwrap()
}

/// Asks for a start in a task of its own.
pub(crate) fn start_later(
    runtime: &Runtime,
    request: StartRequest,
) -> JoinHandle<Result<Started, StartError>> {
    let runtime = runtime.clone();
    tokio::spawn(async move { runtime.start(request).await })
}

/// How an execution ended, in one line.
pub(crate) async fn end(runtime: &Runtime, arn: &str) -> String {
    told(&runtime.ended(arn).await.unwrap())
}

pub(crate) fn told(described: &Described) -> String {
    match (described.output(), described.ending()) {
        (Some(output), _) => format!("{} {output}", described.status()),
        (_, Some(ending)) => {
            let text = |part: &Option<Str>| part.clone().unwrap_or_default();
            format!(
                "{} {} {}",
                described.status(),
                text(&ending.error),
                text(&ending.cause)
            )
            .trim_end()
            .into()
        }
        _ => described.status().into(),
    }
}

/// The names of the events of an execution's history, silent ones left out.
pub(crate) async fn history(runtime: &Runtime, arn: &str) -> Vec<String> {
    let events = runtime
        .history(arn, HistoryPage::forward(1, 25_000))
        .await
        .unwrap();
    let shown = events.into_iter().filter(|event| !event.detail.is_silent());
    shown.map(|event| event_name(&event.detail)).collect()
}

fn event_name(detail: &Detail) -> String {
    let name = format!("{detail:?}");
    name.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

/// Tasks by the name at the end of their ARN: `echo` gives its input back, `fail` fails, `never` hangs,
/// `gate` and `narrow` wait until the test opens it, `flaky` fails twice for each input and then succeeds;
/// `narrow` and `flaky` do two at once. Services accept whatever they are sent.
pub(crate) struct Script {
    shared: Arc<Scripted>,
    nested: Integrations,
}

pub(crate) struct Scripted {
    /// What was sent: the name of the function or service, and what it was given.
    pub(crate) calls: Mutex<Vec<(String, String)>>,
    /// The tokens of callbacks.
    pub(crate) tokens: Mutex<Vec<Str>>,
    pub(crate) gate: Semaphore,
    pub(crate) dropped: AtomicUsize,
    flaky: Mutex<HashMap<String, u32>>,
    bucket: Bucket,
}

impl Script {
    pub(crate) fn new() -> Self {
        let shared = Scripted {
            calls: Mutex::default(),
            tokens: Mutex::default(),
            gate: Semaphore::new(0),
            dropped: AtomicUsize::new(0),
            flaky: Mutex::default(),
            bucket: Bucket::default(),
        };
        Self::of(Arc::new(shared))
    }

    fn of(shared: Arc<Scripted>) -> Self {
        let functions = functions::Functions::new([], functions::Settings::new("000000000000", "us-east-1"));
        Self {
            shared,
            nested: Integrations::new(functions),
        }
    }

    /// The same script for another runtime.
    fn again(&self) -> Self {
        Self::of(Arc::clone(&self.shared))
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.shared
            .calls
            .lock()
            .unwrap()
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    pub(crate) fn count(&self, name: &str, input: &str) -> usize {
        let calls = self.shared.calls.lock().unwrap();
        calls
            .iter()
            .filter(|(known, given)| known == name && given == input)
            .count()
    }

    pub(crate) fn tokens(&self) -> Vec<Str> {
        self.shared.tokens.lock().unwrap().clone()
    }

    pub(crate) fn open_gate(&self, times: usize) {
        self.shared.gate.add_permits(times);
    }

    pub(crate) fn bucket(&self) -> &Bucket {
        &self.shared.bucket
    }

    pub(crate) fn dropped(&self) -> usize {
        self.shared.dropped.load(Ordering::SeqCst)
    }
}

struct DropCounter(Arc<Scripted>, bool);

impl Drop for DropCounter {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Tasks for Script {
    fn connect(&self, executions: Arc<dyn Executions>) {
        self.nested.set_executions(executions);
    }

    fn refuse(&self, _: &Resource, parameters: &Value) -> Option<String> {
        (parameters.as_str() == Some("refuse me")).then(|| "It is refused.".to_owned())
    }

    fn lane(&self, target: &Target, arn: &str, _: &Value) -> Option<(Str, usize)> {
        let name = arn.rsplit(':').next().unwrap_or_default();
        let is_narrow = *target == Target::Function && matches!(name, "narrow" | "flaky");
        is_narrow.then(|| (name.into(), 2))
    }

    fn perform(&self, call: Call) -> BoxFuture<'static, Answer> {
        if let Target::Service { service, .. } = &call.order.target {
            let input = call.order.parameters.text().to_string();
            self.shared
                .calls
                .lock()
                .unwrap()
                .push((service.to_string(), input));
            if &**service == "states" {
                return self.nested.perform(call);
            }
            let submitted = call.token.is_some();
            let hangs = call.order.parameters.text().contains("hang");
            self.shared.tokens.lock().unwrap().extend(call.token);
            if hangs {
                return Box::pin(std::future::pending());
            }
            let answer = if submitted {
                Answer::Submitted
            } else {
                Answer::Succeeded
            };
            return Box::pin(async move { answer(payload(r#"{"MessageId":"1"}"#)) });
        }
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let name = call
                .order
                .resource
                .rsplit(':')
                .next()
                .unwrap_or_default()
                .to_owned();
            let input = call.order.parameters.clone();
            shared
                .calls
                .lock()
                .unwrap()
                .push((name.clone(), input.text().to_string()));
            let mut counter = DropCounter(Arc::clone(&shared), false);
            let failed = || {
                Answer::Failed(Ending {
                    error: Some("Boom".into()),
                    cause: Some("bang".into()),
                })
            };
            let answer = match &*name {
                "fail" => failed(),
                "never" => std::future::pending().await,
                "panic" => panic!("the script says so"),
                "gate" | "narrow" => {
                    shared.gate.acquire().await.unwrap().forget();
                    Answer::Succeeded(input)
                }
                "flaky" => {
                    let mut flaky = shared.flaky.lock().unwrap();
                    let count = flaky.entry(input.text().to_string()).or_default();
                    *count += 1;
                    if *count <= 2 {
                        failed()
                    } else {
                        Answer::Succeeded(input)
                    }
                }
                _ => Answer::Succeeded(input),
            };
            counter.1 = true;
            answer
        })
    }

    fn follow(&self, call: Call, accepted: Payload) -> BoxFuture<'static, Answer> {
        let shared = Arc::clone(&self.shared);
        let input = call.order.parameters.text().to_string();
        shared
            .calls
            .lock()
            .unwrap()
            .push(("follow".into(), accepted.text().to_string()));
        Box::pin(async move {
            let mut counter = DropCounter(Arc::clone(&shared), false);
            shared.gate.acquire().await.unwrap().forget();
            counter.1 = true;
            match &*input {
                r#"{"fail":true}"# => Answer::Failed(Ending {
                    error: Some("States.TaskFailed".into()),
                    cause: Some("the job failed".into()),
                }),
                _ => Answer::Succeeded(payload(r#"{"Status":"SUCCEEDED"}"#)),
            }
        })
    }

    fn abandon(&self, _: Call, accepted: Payload) -> BoxFuture<'static, ()> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let mut calls = shared.calls.lock().unwrap();
            calls.push(("abandon".into(), accepted.text().to_string()));
        })
    }

    fn lost(&self, _: &Order) -> Ending {
        Ending {
            error: Some("Lost".into()),
            cause: Some("in a crash".into()),
        }
    }

    fn map_run_io(&self) -> Arc<dyn MapRunIo> {
        Arc::new(self.shared.bucket.clone())
    }

    fn nested_end(&self, order: &Order, child: &Described, limits: &asl::Limits) -> Result<Payload, Ending> {
        integrations::nested_end(order, child, limits)
    }
}

/// What befalls a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is saved.
    None,
    /// There is no room, and nothing is saved.
    Full,
    /// The power goes before it is saved, for good.
    CrashBefore,
    /// The power goes after it is saved, before anybody hears of it.
    CrashAfter,
}

/// What a commit fails with that finds no room.
pub(crate) fn full() -> StoreError {
    StoreError::DiskFull("no space left".into())
}

/// How many permits an open gate has.
const OPEN: usize = 1 << 20;

/// A memory store whose commits fail as told, and wait while they are held.
pub(crate) struct FaultyStore {
    inner: Arc<MemoryStore>,
    pub(crate) faults: Mutex<VecDeque<Fault>>,
    pub(crate) commits: AtomicUsize,
    /// Which of the next reads fail.
    pub(crate) bad_reads: Mutex<VecDeque<bool>>,
    dead: AtomicBool,
    pub(crate) is_low: AtomicBool,
    /// When it is closed, commits wait.
    pub(crate) gate: Arc<Semaphore>,
    /// When it is closed, the records of map runs are read as they are, and the answers wait.
    map_runs: Semaphore,
}

impl FaultyStore {
    fn new(inner: Arc<MemoryStore>) -> Self {
        Self {
            inner,
            faults: Mutex::default(),
            commits: AtomicUsize::new(0),
            bad_reads: Mutex::default(),
            dead: AtomicBool::new(false),
            is_low: AtomicBool::new(false),
            gate: Arc::new(Semaphore::new(OPEN)),
            map_runs: Semaphore::new(OPEN),
        }
    }

    pub(crate) fn then(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Commits wait from now on.
    pub(crate) fn hold(&self) {
        self.gate.forget_permits(OPEN);
    }

    pub(crate) fn go_on(&self) {
        self.gate.add_permits(OPEN - self.gate.available_permits());
    }

    /// The records of map runs are read slowly from now on.
    pub(crate) fn hold_map_runs(&self) {
        self.map_runs.forget_permits(OPEN);
    }

    pub(crate) fn let_map_runs_go(&self) {
        self.map_runs
            .add_permits(OPEN - self.map_runs.available_permits());
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.is_dead() {
            Err(StoreError::Fatal("the power is gone".into()))
        } else {
            Ok(())
        }
    }

    fn read<'a, T: Send + 'a>(&'a self, reply: Reply<'a, T>) -> Reply<'a, T> {
        Box::pin(async move {
            self.check()?;
            if self.bad_reads.lock().unwrap().pop_front() == Some(true) {
                return Err(StoreError::Io("a bad sector".into()));
            }
            reply.await
        })
    }
}

impl Store for FaultyStore {
    fn commit(&self, batch: Batch) -> Reply<'static, ()> {
        let gate = Arc::clone(&self.gate);
        let fault = self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
        self.commits.fetch_add(1, Ordering::SeqCst);
        let was_alive = self.check();
        if matches!(fault, Fault::CrashBefore | Fault::CrashAfter) {
            self.dead.store(true, Ordering::SeqCst);
        }
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let _permit = gate.acquire().await;
            was_alive?;
            match fault {
                Fault::None => inner.commit(batch).await,
                Fault::Full => Err(full()),
                Fault::CrashBefore => Err(StoreError::Fatal("the power is gone".into())),
                Fault::CrashAfter => {
                    inner.commit(batch).await?;
                    Err(StoreError::Fatal("the power is gone".into()))
                }
            }
        })
    }

    fn probe(&self, bytes: usize) -> Reply<'static, ()> {
        let fault = self.faults.lock().unwrap().pop_front();
        match fault.unwrap_or(Fault::None) {
            Fault::None => self.inner.probe(bytes),
            _ => Box::pin(async { Err(full()) }),
        }
    }

    fn low(&self) -> Option<StoreError> {
        let is_low = self.is_low.load(Ordering::SeqCst);
        is_low.then(|| StoreError::DiskFull("hardly any space left".into()))
    }

    fn expire(&self, before: Millis) -> Reply<'static, store::Expired> {
        self.inner.expire(before)
    }

    fn find(&self, arn: &str) -> Reply<'_, Option<ExecId>> {
        self.read(self.inner.find(arn))
    }

    fn summary(&self, id: ExecId) -> Reply<'_, Option<Summary>> {
        self.read(self.inner.summary(id))
    }

    fn load(&self, id: ExecId) -> Reply<'_, Option<Loaded>> {
        let reply = self.inner.load(id);
        // As a remote store does it: the answer is not there at once.
        self.read(Box::pin(async move {
            tokio::task::yield_now().await;
            reply.await
        }))
    }

    fn history(&self, id: ExecId, page: HistoryPage) -> Reply<'_, Vec<engine::Event>> {
        self.read(self.inner.history(id, page))
    }

    fn executions(&self, query: ExecutionQuery) -> Reply<'_, Vec<Summary>> {
        self.read(self.inner.executions(query))
    }

    fn open(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<(ExecId, OpenRow)>> {
        self.read(self.inner.open(after, limit))
    }

    fn latest(&self) -> Reply<'_, Option<ExecId>> {
        self.read(self.inner.latest())
    }

    fn express_pending(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<ExpressStart>> {
        self.read(self.inner.express_pending(after, limit))
    }

    fn machine(&self, arn: &str) -> Reply<'_, Option<Machine>> {
        self.read(self.inner.machine(arn))
    }

    fn machines(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Machine>> {
        self.read(self.inner.machines(after, limit))
    }

    fn revision(&self, machine_arn: &str, revision: &str) -> Reply<'_, Option<store::Revision>> {
        self.read(self.inner.revision(machine_arn, revision))
    }

    fn version(&self, machine_arn: &str, number: u64) -> Reply<'_, Option<Version>> {
        self.read(self.inner.version(machine_arn, number))
    }

    fn versions(&self, machine_arn: &str, before: Option<u64>, limit: usize) -> Reply<'_, Vec<Version>> {
        self.read(self.inner.versions(machine_arn, before, limit))
    }

    fn alias(&self, machine_arn: &str, name: &str) -> Reply<'_, Option<Alias>> {
        self.read(self.inner.alias(machine_arn, name))
    }

    fn aliases(&self, machine_arn: &str, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Alias>> {
        self.read(self.inner.aliases(machine_arn, after, limit))
    }

    fn map_run(&self, arn: &str) -> Reply<'_, Option<MapRun>> {
        let mut reply = self.inner.map_run(arn);
        self.read(Box::pin(async move {
            let seen = (&mut reply).await;
            let _permit = self.map_runs.acquire().await;
            seen
        }))
    }

    fn map_runs(&self, execution: ExecId, before: Option<u64>, limit: usize) -> Reply<'_, Vec<MapRun>> {
        self.read(self.inner.map_runs(execution, before, limit))
    }

    fn open_map_runs(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<MapRun>> {
        self.read(self.inner.open_map_runs(after, limit))
    }

    fn map_children(&self, map_run: &str, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<MapChild>> {
        self.read(self.inner.map_children(map_run, after, limit))
    }

    fn activity(&self, arn: &str) -> Reply<'_, Option<Activity>> {
        self.read(self.inner.activity(arn))
    }

    fn activities(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Activity>> {
        self.read(self.inner.activities(after, limit))
    }
}

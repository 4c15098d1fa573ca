//! The driver: one thing after the other happens in a world, in the order that the dice say.

mod closing;
mod hearing;
mod outside;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::{Ending, Millis};
use integrations::Answer;
use json::{Payload, Str, json};
use runtime::{Clock, MapRunUpdate, Runtime};
use store::StoreError;

use crate::checks::{self, Known};
use crate::clients::{Question, ask};
use crate::dice::Dice;
use crate::disk::{Disk, Fate};
use crate::machines::RANDOM;
use crate::map_runs::MapRuns;
use crate::media::{Fallout, Media};
use crate::plan::{Deed, Plan};
use crate::script::Script;
use crate::stopping;
use crate::weather::Weather;
use crate::world::{CallKind, Token, Verdict, World};
use outside::{Acknowledged, Caller};

/// How many things happen while things go wrong; then everything calms down.
const STORMY: usize = 500;

/// How many things may happen until everything has ended.
const ROUNDS: usize = 20_000;

/// How often time passes after everything has ended.
const RESTS: usize = 3;

/// What each execution of the plan ended with, by its ARN.
pub(crate) type Ends = BTreeMap<String, String>;

/// A world on its way.
pub(crate) struct Driver {
    plan: Plan,
    weather: Weather,
    dice: Dice,
    pub(crate) world: Arc<World>,
    media: Media,
    boot: Option<Boot>,
    boots: u64,
    /// Before this moment things may be late.
    trouble_until: Millis,
    /// Before this moment what was kept waiting, and was told so, may not have been asked for again.
    held_up_until: Millis,
    asked: BTreeMap<usize, Asked>,
    questions: usize,
    deployer: Deployer,
    watchers: Vec<Watcher>,
    callers: Vec<Caller>,
    acknowledged: Vec<Acknowledged>,
    known: Known,
    map_runs: MapRuns,
    /// Whether somebody changes the settings of a map run.
    is_updating: bool,
    rounds: usize,
}

/// A runtime, and the thread of tasks that it runs on.
struct Boot {
    runtime: Runtime,
    disk: Arc<Disk>,
    is_closing: bool,
    // Dropped last: everything that runs on it ends.
    threads: tokio::runtime::Runtime,
}

impl Boot {
    /// Whether nothing of the store is waited for.
    fn is_idle(&self) -> bool {
        self.disk.commits() == 0 && self.disk.reads() == 0
    }
}

/// Who asked.
#[derive(Debug, Clone)]
enum Asked {
    Deployer,
    Watcher(usize),
    Stopper(usize),
    Onlooker {
        arn: Str,
        events: u64,
    },
    Poller,
    Holder(usize),
    Nuisance {
        was_over: bool,
    },
    /// Who waits for a synchronous Express execution.
    Caller(usize),
    /// Who looks at a map run.
    RunOnlooker,
    Updater(Str, MapRunUpdate),
    /// Who stops an execution of a map run.
    Meddler(Str),
}

/// Who does what the plan says, one after the other.
#[derive(Default)]
struct Deployer {
    next: usize,
    has_activity: bool,
    is_asking: bool,
    /// Whether the deed at hand was asked for before.
    is_again: bool,
}

/// Who waits for the end of an execution, and redrives it.
struct Watcher {
    arn: Str,
    is_asking: bool,
    /// Whether to redrive it next, by its count of redrives so far.
    redrive: Option<u32>,
    is_over: bool,
    stop: bool,
    is_stopping: bool,
}

impl Driver {
    pub(crate) fn new(plan: Plan, weather: Weather, media: Media, loud: bool) -> Self {
        let world = Arc::new(World::new(media.store(), loud));
        Self {
            dice: Dice::new(plan.seed ^ weather.salt()),
            plan,
            weather,
            world,
            media,
            boot: None,
            boots: 0,
            trouble_until: Millis(0),
            held_up_until: Millis(0),
            asked: BTreeMap::new(),
            questions: 0,
            deployer: Deployer::default(),
            watchers: Vec::new(),
            callers: Vec::new(),
            acknowledged: Vec::new(),
            known: Known::default(),
            map_runs: MapRuns::default(),
            is_updating: false,
            rounds: 0,
        }
    }

    /// Lives until everything has ended, and gives the ends.
    pub(crate) fn live(&mut self) -> Result<Ends, String> {
        let mut rests = 0;
        for round in 0..ROUNDS {
            self.rounds = round;
            if round == STORMY {
                self.calm_down();
            }
            self.settle();
            self.listen();
            if self.world.state().is_dead {
                self.crash(Fallout::None);
            }
            self.must_be_lawful()?;
            if !self.is_over() {
                rests = 0;
                self.act();
                continue;
            }
            // What was to be tried again a little later is, before the books are closed.
            rests += 1;
            if rests > RESTS {
                return self.finish();
            }
            self.world.clock.advance(2000);
        }
        Err(format!(
            "after {ROUNDS} rounds not everything has ended: {}",
            self.left()
        ))
    }

    fn must_be_lawful(&self) -> Result<(), String> {
        if let Some(panic) = crate::panics::take() {
            return Err(format!("a panic: {panic}"));
        }
        match self.world.state().violations.first() {
            Some(violation) => Err(violation.clone()),
            None => Ok(()),
        }
    }

    fn calm_down(&mut self) {
        self.world.trace("everything calms down");
        self.weather = self.weather.calmed();
        if let Some(boot) = &self.boot {
            boot.disk.set_slow(0);
        }
    }

    /// Lets everything happen that can happen by itself: only when nothing is left to do, paused time goes on.
    fn settle(&self) {
        if let Some(boot) = &self.boot {
            boot.threads
                .block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
        }
    }

    fn is_over(&self) -> bool {
        let waits = self.deployer.next < self.plan.deeds.len()
            || self.watchers.iter().any(|watcher| !watcher.is_over)
            || self.callers.iter().any(|caller| !caller.is_over());
        let store = self.media.store();
        !waits
            && self.boot.as_ref().is_some_and(Boot::is_idle)
            && checks::open(&*store).is_empty()
            && checks::read(store.open_map_runs(None, 1)).is_ok_and(|left| left.is_empty())
            && checks::read(store.express_pending(None, 1)).is_ok_and(|left| left.is_empty())
    }

    fn left(&self) -> String {
        let open = checks::open(&*self.media.store());
        let watched: Vec<&str> = self
            .watchers
            .iter()
            .filter(|watcher| !watcher.is_over)
            .map(|watcher| &*watcher.arn)
            .collect();
        let store = self.media.store();
        let runs = checks::read(store.open_map_runs(None, usize::MAX)).unwrap_or_default();
        let express = checks::read(store.express_pending(None, usize::MAX)).unwrap_or_default();
        let calls = self.callers.iter().filter(|caller| !caller.is_over()).count();
        format!(
            "{} of {} deeds done, watched {watched:?}, open {open:?}, map runs {runs:?}, {calls} callers, \
             Express {express:?}",
            self.deployer.next,
            self.plan.deeds.len()
        )
    }

    /// One thing happens.
    fn act(&mut self) {
        let Some(boot) = &self.boot else {
            if self.dice.one_in(3) {
                self.pass_time();
            }
            return self.start();
        };
        if boot.is_closing && boot.disk.commits() == 0 && self.dice.one_in(4) {
            return self.crash(Fallout::None);
        }
        let weather = self.weather;
        if self.dice.one_in_or_never(weather.crash) {
            return self.crash(Fallout::Power);
        }
        if self.dice.one_in_or_never(weather.shutdown) {
            return self.shut_down();
        }
        if self.dice.one_in_or_never(weather.jump) {
            return self.jump();
        }
        if self.dice.one_in_or_never(weather.nuisance) {
            return self.bother();
        }
        // The fewer things there are to do, the likelier it is that time passes.
        for _ in 0..20 {
            let done = match self.dice.roll(14) {
                0..=3 => self.commit(),
                4 | 5 => self.read(),
                6 | 7 => self.answer(),
                8 => self.tell(),
                9 => self.deploy(),
                10 => self.watch(),
                11 => self.serve() || self.call(),
                12 => self.meddle(),
                _ => {
                    self.poll() || self.look_on() || {
                        self.pass_time();
                        true
                    }
                }
            };
            if done {
                return;
            }
        }
    }

    fn start(&mut self) {
        self.boots += 1;
        // What follows from seeds that are near each other is nearly the same.
        let seed = Dice::new(self.plan.seed ^ self.boots << 40).roll(u64::MAX);
        self.world.trace(format!("boot {}", self.boots));
        let mut settings = self.plan.tuning.settings();
        let dead = Arc::clone(&self.world);
        settings.seed = Some(seed);
        settings.grace = Duration::from_millis(20);
        settings.event_log = Some(Arc::clone(&self.world) as _);
        self.world.state().boot = self.boots;
        settings.witness = Some(Arc::clone(&self.world) as _);
        settings.on_fatal = Arc::new(move |_| dead.state().is_dead = true);
        let threads = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime can be built");
        let disk = Arc::new(Disk::new(self.media.store(), self.dice.part()));
        let lane = self.dice.one_in(3).then_some(2);
        let script = Arc::new(Script::new(Arc::clone(&self.world), lane));
        let clock = Arc::new(self.world.clock.clone());
        let opened = threads.block_on(Runtime::open(Arc::clone(&disk) as _, script, clock, settings));
        match opened {
            Ok(runtime) => {
                disk.set_slow(self.weather.slow_reads);
                self.boot = Some(Boot {
                    runtime,
                    disk,
                    is_closing: false,
                    threads,
                });
            }
            Err(error) => self.world.violated(format!("the store does not open: {error}")),
        }
        self.troubled();
    }

    /// From now on things may be late for a while.
    fn troubled(&mut self) {
        // When the clock was set back, what waits for a moment waits longer.
        self.trouble_until = self.trouble_until.max(self.after_retries());
    }

    /// When what fails now has been tried again.
    fn after_retries(&self) -> Millis {
        let retry = self.plan.tuning.settings().retry_millis;
        Millis(self.world.clock.now().0 + retry + 1)
    }

    /// The process is gone, and with it everything that it did not save.
    fn crash(&mut self, fallout: Fallout) {
        self.world.trace("crash");
        let commit = self.boot.as_ref().and_then(|boot| boot.disk.next_commit());
        // What was being saved is there or not, and nobody has heard of it.
        let saving = commit
            .filter(|_| fallout == Fallout::Power)
            .map(|(batch, _)| batch);
        self.boot = None;
        match self.media.crash(saving, &mut self.dice) {
            Ok(how) => self.world.trace(how),
            Err(what) => self.world.violated(what),
        }
        self.after_crash();
    }

    fn after_crash(&mut self) {
        let mut state = self.world.state();
        state.is_dead = false;
        state.calls.clear();
        state.requests.clear();
        state.heard.clear();
        state.store = self.media.store();
        state.tokens.iter_mut().for_each(|token| token.is_told = false);
        drop(state);
        self.asked.clear();
        self.deployer.is_asking = false;
        self.is_updating = false;
        for caller in &mut self.callers {
            caller.is_asking = false;
        }
        for watcher in &mut self.watchers {
            watcher.is_asking = false;
            watcher.is_stopping = false;
            // What became of a redrive is seen from the execution.
            watcher.redrive = None;
        }
        let store = self.media.store();
        let checked = self
            .known
            .check(&*store)
            .and_then(|()| self.map_runs.look(&*store));
        if let Err(what) = checked {
            self.world.violated(format!("after a crash {what}"));
        }
    }

    fn shut_down(&mut self) {
        let Some(boot) = &mut self.boot else { return };
        self.world.trace("shutdown");
        boot.is_closing = true;
        let runtime = boot.runtime.clone();
        boot.threads.spawn(async move { runtime.shutdown().await });
    }

    /// The clock goes on to the next moment that somebody waits for.
    fn pass_time(&mut self) {
        self.check_quiet();
        let now = self.world.clock.now();
        let next = self.world.clock.next_sleeper().filter(|_| self.boot.is_some());
        let until = match next {
            Some(due) if !self.dice.one_in(4) => due,
            Some(due) => Millis(due.0.min(now.0 + 500)),
            None => Millis(now.0 + 1000),
        };
        self.world.clock.advance((until.0 - now.0).max(1));
        self.world.trace("time passes");
        if self.boot.as_ref().is_some_and(|boot| !boot.is_idle()) {
            self.held_up_until = self.held_up_until.max(self.after_retries());
        }
    }

    /// The clock is set.
    fn jump(&mut self) {
        let seconds = *self.dice.pick(&[5, 60, 3600, 86_400, -1, -30, -3600]);
        if self.plan.is_steady() && seconds > 3600 {
            return;
        }
        self.world.clock.advance(seconds * 1000);
        self.world.trace(format!("the clock jumps {seconds} s"));
        self.troubled();
    }

    /// When nothing is on its way, no timer is late, and what was to be stopped is.
    fn check_quiet(&mut self) {
        let Some(boot) = &self.boot else { return };
        let is_quiet = boot.is_idle() && !boot.is_closing;
        let now = self.world.clock.now();
        let limits = self.plan.tuning.settings().limits;
        if !is_quiet || now <= self.trouble_until || limits.state_transitions.is_some() {
            return;
        }
        let store = self.media.store();
        let mut checked = checks::no_timer_is_late(&*store, now);
        let state = self.world.state();
        // A map run that waits for its items, or for the bucket to take its results, hears nothing else.
        let hears = state.requests.iter().all(|(_, reply)| reply.is_closed());
        if checked.is_ok() && hears && now > self.held_up_until {
            let under_way = state.calls.iter().filter(|pending| !pending.reply.is_closed());
            let calls = under_way.map(|pending| &pending.call);
            checked = stopping::nothing_runs_on(&*store, calls, limits.open_map_runs);
        }
        drop(state);
        if let Err(what) = checked {
            self.world.violated(what);
        }
    }

    fn commit(&mut self) -> bool {
        let Some(boot) = &self.boot else { return false };
        let Some((batch, reply)) = boot.disk.next_commit() else {
            return false;
        };
        let fate = self.weather.fate(&mut self.dice);
        let what = format!(
            "{} steps, {} changes of the catalogue",
            batch.executions.len(),
            batch.catalog.len()
        );
        let lost = || Err(StoreError::Fatal("the power is gone".into()));
        let answer = match fate {
            Fate::Saved => self.media.save(batch),
            Fate::Full => Err(StoreError::DiskFull("no space left".into())),
            Fate::Failed => Err(StoreError::Io("a bad sector".into())),
            Fate::LostUnsaved => lost(),
            Fate::LostSaved => self.media.save(batch).and_then(|()| lost()),
        };
        self.world.trace(format!("commit of {what}: {fate:?}"));
        if fate != Fate::Saved {
            self.troubled();
        } else if let Err(error) = &answer {
            match error {
                StoreError::DiskFull(_) => self.troubled(),
                _ => self.world.violated(format!("a commit is refused: {error}")),
            }
        }
        let _ = reply.send(answer);
        if let Err(what) = self.map_runs.look(&*self.media.store()) {
            self.world.violated(what);
        }
        true
    }

    fn read(&mut self) -> bool {
        let Some(boot) = &self.boot else { return false };
        let waiting = boot.disk.reads() as u64;
        if waiting == 0 {
            return false;
        }
        let number = self.dice.roll(waiting) as usize;
        let fails = self.dice.one_in_or_never(self.weather.bad_reads);
        let answer = if fails {
            Err(StoreError::Io("a bad sector".into()))
        } else {
            Ok(())
        };
        self.world.trace(if fails {
            "a read fails"
        } else {
            "a read is answered"
        });
        boot.disk.let_read(number, answer);
        if fails {
            self.troubled();
        }
        true
    }

    /// A call is answered.
    fn answer(&mut self) -> bool {
        let mut state = self.world.state();
        state.calls.retain(|pending| !pending.reply.is_closed());
        let count = state.calls.len() as u64;
        if count == 0 {
            return false;
        }
        let pending = state.calls.swap_remove(self.dice.roll(count) as usize);
        drop(state);
        let given = pending.call.order.parameters.value();
        let verdict = if self.plan.is_steady() {
            match pending.kind {
                CallKind::Function => self.world.verdict(pending.call.execution, given),
                CallKind::Callback | CallKind::Submit | CallKind::Follow => Verdict::Succeed,
            }
        } else if self.dice.one_in(5) {
            Verdict::Fail
        } else {
            Verdict::Succeed
        };
        if self.plan.fails_by_timeout() && verdict == Verdict::Fail {
            // Nobody will ever answer.
            return self.never(pending);
        }
        let answer = match (verdict, pending.kind) {
            (Verdict::Fail, _) => Answer::Failed(random()),
            (Verdict::Succeed, CallKind::Function | CallKind::Follow) => Answer::Succeeded(result()),
            (Verdict::Succeed, CallKind::Callback | CallKind::Submit) => Answer::Submitted(accepted()),
        };
        let task = pending.call.order.task;
        self.world.trace(format!(
            "{:?} {} #{} is answered: {verdict:?}",
            pending.kind, pending.call.state, task.event
        ));
        let _ = pending.reply.send(answer);
        true
    }

    fn never(&mut self, pending: crate::world::Pending) -> bool {
        self.world.state().calls.push(pending);
        false
    }

    /// Somebody who has a token uses it.
    fn tell(&mut self) -> bool {
        let state = self.world.state();
        let ready = |(_, token): &(usize, &Token)| !token.is_told && !token.is_over;
        let ready: Vec<usize> = state
            .tokens
            .iter()
            .enumerate()
            .filter(ready)
            .map(|(number, _)| number)
            .collect();
        if ready.is_empty() {
            return false;
        }
        let number = *self.dice.pick(&ready);
        let token = state.tokens[number].clone();
        drop(state);
        let execution = token
            .text
            .parse::<ids::TaskToken>()
            .map(|token| token.execution_id)
            .unwrap_or(0);
        let verdict = match token.verdict {
            Some(verdict) => verdict,
            None if self.plan.is_steady() => self.world.verdict(execution, token.given.value()),
            None if self.dice.one_in(4) => Verdict::Fail,
            None => Verdict::Succeed,
        };
        if self.plan.fails_by_timeout() && verdict == Verdict::Fail {
            self.world.state().tokens[number].is_over = true;
            return true;
        }
        if !self.plan.is_steady() && self.dice.one_in(4) {
            self.ask(
                Asked::Nuisance { was_over: false },
                Question::Heartbeat(token.text),
            );
            return true;
        }
        let mut state = self.world.state();
        state.tokens[number].verdict = Some(verdict);
        state.tokens[number].is_told = true;
        drop(state);
        let question = match verdict {
            Verdict::Succeed => Question::Succeeded(token.text, result()),
            Verdict::Fail => Question::Failed(token.text, random()),
        };
        self.ask(Asked::Holder(number), question);
        true
    }

    /// Somebody says again what was heard, or something that was never true.
    fn bother(&mut self) {
        let state = self.world.state();
        if state.tokens.is_empty() {
            return;
        }
        let token = self.dice.pick(&state.tokens).clone();
        drop(state);
        if !token.is_over {
            return;
        }
        let question = match self.dice.roll(3) {
            0 => Question::Succeeded(token.text, result()),
            1 => Question::Failed(token.text, random()),
            _ => Question::Heartbeat(token.text),
        };
        // One that will never be used is still good.
        let was_over = !self.plan.fails_by_timeout();
        if was_over {
            self.ask(Asked::Nuisance { was_over }, question);
        }
    }

    fn deploy(&mut self) -> bool {
        if self.deployer.is_asking {
            return false;
        }
        let question = match self.plan.deeds.get(self.deployer.next) {
            None => return false,
            Some(_) if !self.deployer.has_activity => Question::CreateActivity,
            Some(Deed::Create(machine)) => {
                let definition = self.plan.machines[*machine][0].clone();
                Question::Create(*machine, definition, self.plan.kind(*machine))
            }
            Some(Deed::StartSync { machine, name, input }) => {
                self.callers
                    .push(Caller::new(*machine, name.clone(), input.clone()));
                self.done();
                return true;
            }
            Some(Deed::StartExpress { machine, name, input }) => Question::Start {
                machine: *machine,
                name: name.clone(),
                input: Payload::from(input.clone()),
            },
            Some(Deed::Update(machine, revision)) => {
                Question::Update(*machine, self.plan.machines[*machine][*revision].clone())
            }
            Some(Deed::Delete(machine)) => Question::Delete(*machine),
            Some(Deed::Start {
                machine, name, input, ..
            }) => Question::Start {
                machine: *machine,
                name: name.clone(),
                input: Payload::from(input.clone()),
            },
        };
        self.deployer.is_asking = true;
        self.ask(Asked::Deployer, question);
        self.deployer.is_again = true;
        true
    }

    /// Somebody waits for an end, or redrives what has ended, or stops what runs.
    fn watch(&mut self) -> bool {
        if self.watchers.is_empty() {
            return false;
        }
        let number = self.dice.roll(self.watchers.len() as u64) as usize;
        let watcher = &mut self.watchers[number];
        if watcher.stop && !watcher.is_stopping && self.dice.one_in(3) {
            watcher.is_stopping = true;
            let arn = watcher.arn.clone();
            self.ask(Asked::Stopper(number), Question::Stop(arn));
            return true;
        }
        if watcher.is_asking || watcher.is_over {
            return false;
        }
        watcher.is_asking = true;
        let arn = watcher.arn.clone();
        let question = match watcher.redrive {
            Some(count) => Question::Redrive(arn, format!("after {count}").into()),
            None => Question::End(arn),
        };
        self.ask(Asked::Watcher(number), question);
        true
    }

    fn look_on(&mut self) -> bool {
        if self.watchers.is_empty() || !self.dice.one_in(4) {
            return false;
        }
        let arn = self.dice.pick(&self.watchers).arn.clone();
        let events = checks::events(&*self.media.store(), &arn);
        self.ask(
            Asked::Onlooker {
                arn: arn.clone(),
                events,
            },
            Question::Describe(arn),
        );
        true
    }

    fn poll(&mut self) -> bool {
        let polls = self
            .asked
            .values()
            .filter(|asked| matches!(asked, Asked::Poller))
            .count();
        if polls >= self.plan.pollers || !self.deployer.has_activity {
            return false;
        }
        self.ask(Asked::Poller, Question::Poll);
        true
    }

    fn ask(&mut self, asked: Asked, question: Question) {
        let Some(boot) = &self.boot else { return };
        self.questions += 1;
        let number = self.questions;
        self.world
            .trace(format!("? {number} {asked:?}: {}", brief(&question)));
        self.asked.insert(number, asked);
        let (runtime, world) = (boot.runtime.clone(), Arc::clone(&self.world));
        boot.threads.spawn(async move {
            let heard = ask(&runtime, question).await;
            drop(runtime);
            // Nobody hears anything any more of a process that ends.
            let mut state = world.state();
            if !state.is_dead {
                state.heard.push_back((number, heard));
            }
        });
    }
}

fn random() -> Ending {
    Ending {
        error: Some(RANDOM.into()),
        cause: Some("a throw of the dice".into()),
    }
}

fn result() -> Payload {
    Payload::from(json!({"list": [4, 5], "n": 1}))
}

fn accepted() -> Payload {
    Payload::from(json!({"JobId": "j"}))
}

/// A question in a line.
fn brief(question: &Question) -> String {
    let text = match question {
        Question::Create(machine, ..) => format!("create m{machine}"),
        Question::Update(machine, _) => format!("update m{machine}"),
        other => format!("{other:?}"),
    };
    cut(text)
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(160) {
        text.truncate(end);
    }
    text
}

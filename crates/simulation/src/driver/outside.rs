//! Outside: the bucket is served, map runs are looked at and changed, and Express executions are awaited.

use engine::Detail;
use integrations::Described;
use json::{Payload, Str, Value};
use runtime::{MapRunError, MapRunUpdate};
use store::{MapRun, Status};

use super::{Asked, Driver, Ends};
use crate::bucket::Served;
use crate::checks::{self, Check};
use crate::clients::Question;
use crate::express::SYNC;

/// Who waits for the end of a synchronous Express execution, and asks for another when nobody answers.
pub(super) struct Caller {
    pub(super) machine: usize,
    name: String,
    input: Value,
    times: usize,
    pub(super) is_asking: bool,
    /// How it ended, once that was told.
    end: Option<String>,
}

/// An asynchronous Express execution whose start was acknowledged.
pub(super) struct Acknowledged {
    pub(super) name: String,
    pub(super) arn: Str,
}

impl Caller {
    pub(super) fn new(machine: usize, name: String, input: Value) -> Self {
        Self {
            machine,
            name,
            input,
            times: 0,
            is_asking: false,
            end: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.end.is_some()
    }
}

impl Driver {
    /// A request to the bucket is served.
    pub(super) fn serve(&mut self) -> bool {
        let mut state = self.world.state();
        state.requests.retain(|(_, reply)| !reply.is_closed());
        let count = state.requests.len() as u64;
        if count == 0 {
            return false;
        }
        let (what, reply) = state.requests.swap_remove(self.dice.roll(count) as usize);
        drop(state);
        let fails = !self.plan.is_steady() && self.dice.one_in(12);
        let served = match fails {
            true => Served::Not,
            false => Served::Well(1 + self.dice.roll(4) as usize),
        };
        self.world.trace(format!("{what}: {served:?}"));
        let _ = reply.send(served);
        true
    }

    /// Somebody looks at a map run, changes it, or stops one of its executions.
    pub(super) fn meddle(&mut self) -> bool {
        if !self.dice.one_in(3) {
            return false;
        }
        let store = self.media.store();
        let runs = checks::read(store.open_map_runs(None, usize::MAX)).unwrap_or_default();
        if runs.is_empty() {
            return false;
        }
        let arn = self.dice.pick(&runs).arn.clone();
        match self.dice.roll(4) {
            0 | 1 => self.ask(Asked::RunOnlooker, Question::DescribeMapRun(arn)),
            2 if !self.is_updating => {
                let update = self.update();
                self.is_updating = true;
                self.map_runs.updating(&arn);
                self.ask(
                    Asked::Updater(arn.clone(), update),
                    Question::UpdateMapRun(arn, update),
                );
            }
            3 if !self.plan.is_steady() => return self.stop_one(&arn),
            _ => return false,
        }
        true
    }

    fn update(&mut self) -> MapRunUpdate {
        let mut update = MapRunUpdate::default();
        if self.plan.is_steady() || self.dice.one_in(2) {
            update.max_concurrency = Some(self.dice.roll(4));
        } else if self.dice.one_in(2) {
            update.tolerated_count = Some(self.dice.roll(4));
        } else {
            update.tolerated_percentage = Some(*self.dice.pick(&[0.0, 40.0, 100.0]));
        }
        update
    }

    fn stop_one(&mut self, map_run: &str) -> bool {
        let store = self.media.store();
        let children = checks::read(store.map_children(map_run, None, usize::MAX)).unwrap_or_default();
        let running = children.iter().find(|child| child.status == Status::Running);
        let Some(child) = running else { return false };
        let Ok(Some(summary)) = checks::read(store.summary(child.id)) else {
            return false;
        };
        let arn = summary.created.arn;
        self.ask(Asked::Meddler(arn.clone()), Question::Stop(arn));
        true
    }

    /// Other settings of a map run were answered for.
    pub(super) fn map_run_updated(
        &mut self,
        arn: &Str,
        update: MapRunUpdate,
        answer: Result<(), MapRunError>,
    ) -> Check {
        self.is_updating = false;
        if answer.is_err() {
            return Ok(());
        }
        let is = |wanted: Option<u64>, found: u64| wanted.is_none_or(|wanted| wanted == found);
        self.map_runs.updated(&*self.media.store(), arn, |settings| {
            is(update.max_concurrency, settings.max_concurrency)
                && is(
                    update.tolerated_count,
                    settings.tolerated_count.unwrap_or(u64::MAX),
                )
                && update.tolerated_percentage.is_none_or(|wanted| {
                    settings
                        .tolerated_percentage
                        .is_some_and(|found| found.0 == wanted)
                })
        })
    }

    /// What is told of a map run is on disk.
    pub(super) fn map_run_described(&self, run: &MapRun) -> Check {
        let store = self.media.store();
        let children = checks::read(store.map_children(&run.arn, None, usize::MAX))?;
        let succeeded = children.iter().filter(|child| child.status == Status::Succeeded);
        let (mut executions, mut items) = (0, 0);
        for child in succeeded {
            executions += 1;
            items += child.seat.items;
        }
        checks::must(
            run.executions.succeeded <= executions && run.items.succeeded <= items,
            || {
                format!(
                    "{} of {executions} successes on disk were told of: {run:?}",
                    run.arn
                )
            },
        )
    }

    /// Somebody asks for a synchronous Express execution.
    pub(super) fn call(&mut self) -> bool {
        let ready = |caller: &Caller| !caller.is_asking && !caller.is_over();
        let Some(number) = self.callers.iter().position(ready) else {
            return false;
        };
        let caller = &mut self.callers[number];
        caller.is_asking = true;
        caller.times += 1;
        let question = Question::StartSync {
            machine: caller.machine,
            name: format!("{SYNC}{}-{}", caller.name, caller.times),
            input: Payload::from(caller.input.clone()),
        };
        self.ask(Asked::Caller(number), question);
        true
    }

    /// A synchronous Express execution has ended.
    pub(super) fn ended_at_once(&mut self, number: usize, described: &Described) -> Check {
        let outcome = described
            .outcome
            .as_ref()
            .ok_or("an end was told, and there is none")?;
        let end = format!("{:?}", Detail::of(outcome));
        self.callers[number].end = Some(end.clone());
        let store = self.media.store();
        self.world
            .state()
            .express
            .check_told(&*store, &described.arn, &end)
    }

    /// What Express executions ended with: all that were acknowledged have, or were awaited.
    pub(super) fn express_ends(&self, ends: &mut Ends) -> Check {
        for caller in &self.callers {
            let name = format!("{SYNC}{}", caller.name);
            ends.insert(name, caller.end.clone().unwrap_or_default());
        }
        let state = self.world.state();
        for start in &self.acknowledged {
            ends.insert(start.name.clone(), state.express.end(&start.arn)?.to_owned());
        }
        Ok(())
    }
}

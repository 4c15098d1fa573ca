//! Stories: a seed is lived, and told when something is wrong.

use std::collections::BTreeMap;
use std::fmt::Write;

use store::{HistoryPage, Listed};

use crate::checks;
use crate::dice::Dice;
use crate::disk::at_once;
use crate::driver::{Driver, Ends};
use crate::media::Media;
use crate::panics;
use crate::plan::{Plan, machine_arn};
use crate::weather::Weather;

/// How a world is lived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Data is kept in folders, as it is outside of tests: when the power goes, what was not synced is torn. Else it is
    /// kept in memory, which is fast.
    pub on_disk: bool,
    /// What happens is printed while it happens.
    pub loud: bool,
}

/// What a world came to in which nothing was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What happened, a line each.
    pub trace: Vec<String>,
    /// How many executions ended in which way.
    pub ends: BTreeMap<String, usize>,
}

/// Something that must not be.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The seed that leads to it.
    pub seed: u64,
    /// What it is.
    pub what: String,
    /// Definitions, what happened, and histories.
    pub story: String,
}

/// Lives the world of a seed. Where ends depend on nothing but the plan, it is lived once more with nothing going
/// wrong, and must come to the same.
pub fn run(seed: u64, options: Options) -> Result<Report, Failure> {
    panics::watch();
    let plan = Plan::new(seed);
    let mut dice = Dice::new(!seed);
    let foul = Weather::foul(&mut dice);
    let media = if options.on_disk {
        Media::folder()
    } else {
        Media::memory()
    };
    let (ends, driver) = live(&plan, Driver::new(plan.clone(), foul, media, options.loud))?;
    if plan.is_steady() {
        let fair = Driver::new(plan.clone(), Weather::fair(), Media::memory(), options.loud);
        let (undisturbed, _) = live(&plan, fair)?;
        if let Some((arn, end)) = ends.iter().find(|(arn, end)| undisturbed.get(*arn) != Some(*end)) {
            let what = format!(
                "{arn} ends otherwise than undisturbed\n  {end}\n  {:?}",
                undisturbed.get(arn)
            );
            return Err(failure(&plan, &driver, what));
        }
    }
    let trace = driver.world.state().trace.clone();
    Ok(Report {
        trace,
        ends: count(&ends),
    })
}

fn live(plan: &Plan, mut driver: Driver) -> Result<(Ends, Driver), Failure> {
    match driver.live() {
        Ok(ends) => Ok((ends, driver)),
        Err(what) => Err(failure(plan, &driver, what)),
    }
}

fn count(ends: &Ends) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for end in ends.values() {
        let kind = end.split(['(', ' ', '{']).next().unwrap_or_default();
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    counts
}

fn failure(plan: &Plan, driver: &Driver, what: String) -> Failure {
    Failure {
        seed: plan.seed,
        what,
        story: tell(plan, driver),
    }
}

fn tell(plan: &Plan, driver: &Driver) -> String {
    let mut story = String::new();
    let _ = writeln!(
        story,
        "seed {}, {:?}, {:?}",
        plan.seed, plan.steadiness, plan.tuning
    );
    for (machine, revisions) in plan.machines.iter().enumerate() {
        for definition in revisions {
            let _ = writeln!(story, "m{machine}: {definition}");
        }
    }
    for deed in &plan.deeds {
        let _ = writeln!(story, "{deed:?}");
    }
    for line in &driver.world.state().trace {
        let _ = writeln!(story, "{line}");
    }
    let store = driver.world.state().store.clone();
    let mut left: Vec<Listed> = (0..plan.machines.len())
        .map(|machine| Listed::Machine(machine_arn(machine).into()))
        .collect();
    while let Some(of) = left.pop() {
        for summary in checks::executions(&*store, of).unwrap_or_default() {
            let _ = writeln!(story, "{} {:?}", summary.created.arn, summary.status);
            let events =
                at_once(store.history(summary.id, HistoryPage::forward(1, 25_000))).unwrap_or_default();
            for event in events {
                let at = event.at.0 - crate::plan::START.0;
                let _ = writeln!(
                    story,
                    "  {:>3} <- {:<3} {at:>9} {:?} {:?}",
                    event.id, event.previous, event.branch, event.detail
                );
            }
            for run in at_once(store.map_runs(summary.id, None, usize::MAX)).unwrap_or_default() {
                let _ = writeln!(story, "{run:?}");
                left.push(Listed::MapRun(run.arn));
            }
        }
    }
    story
}

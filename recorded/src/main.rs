//! recorded: replays recorded conversations with AWS against the real binary and compares every answer.
//!
//! The environment variable `RECORDED_CASES` names a folder with one JSON file for each conversation; see `README.md`.
//! Without it nothing is replayed, and that is no failure. The run fails when an area holds fewer cases than
//! `held.toml` says.

mod case;
mod client;
mod comparison;
mod held;
mod json_text;
mod options;
mod pattern;
mod replay;
mod report;
mod server;
mod services;
mod stage;

use std::collections::VecDeque;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::case::{Case, Readiness};
use crate::client::Client;
use crate::held::Held;
use crate::options::Options;
use crate::replay::Replay;
use crate::report::Report;
use crate::server::Server;
use crate::services::Services;
use crate::stage::Stage;

/// Names the folder of cases.
const CASES: &str = "RECORDED_CASES";

/// The longest that one step may take to become true.
const PATIENCE: Duration = Duration::from_secs(90);

/// How many cases that need other processes run at a time.
const IN_COMPANY_AT_A_TIME: usize = 3;

/// Something that keeps the cases from being replayed at all.
type Trouble = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let options = match options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("error: {problem}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    let Some(folder) = std::env::var_os(CASES) else {
        println!("skipped: {CASES} names no folder of recorded cases");
        return ExitCode::SUCCESS;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs only memory and an epoll descriptor");
    let outcome = case::load(folder.as_ref()).and_then(|cases| {
        let cases = cases.into_iter().filter(|case| options.wants(case)).collect();
        runtime.block_on(LocalSet::new().run_until(replay_all(cases, &options)))
    });
    match outcome.and_then(|report| conclude(&report, &options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Replays the cases, several at a time, against one server of their own.
async fn replay_all(cases: Vec<Case>, options: &Options) -> Result<Report, Trouble> {
    let services = match &options.python {
        Some(python) => Some(Rc::new(Services::start(python).await?)),
        None => None,
    };
    let addresses = services.as_ref().map(|services| services.addresses());
    let server = Server::start(&options.binary, addresses)?;
    if let Some(services) = &services {
        services.learn_lambda(server.authority()).await?;
    }
    let mut stand = Stand {
        stage: Stage::new(Client::new(server.authority()), services.clone()),
        mocks: server.mocks().into(),
        replays: 0,
        report: Report::default(),
    };
    let mut plain = VecDeque::new();
    let mut in_company = VecDeque::new();
    let mut alone = VecDeque::new();
    for case in cases {
        match case.readiness(&stand.stage) {
            Readiness::Runs if case.mock_config.is_some() => alone.push_back(case),
            Readiness::Runs if case.has_company() => in_company.push_back(case),
            Readiness::Runs => plain.push_back(case),
            Readiness::Needs(services) => stand.report.skipped(&case, &services),
        }
    }
    stand.replay(plain, options.jobs, Chance::Last).await?;
    // Python starts slowly on a busy machine, and some of these cases allow one second.
    let jobs = options.jobs.min(IN_COMPANY_AT_A_TIME);
    let again = stand.replay(in_company, jobs, Chance::First).await?;
    // What a case that failed has left would be in its own way.
    if let Some(services) = &services {
        services.forget().await?;
    }
    stand.replay(again, 1, Chance::Last).await?;
    stand.replay(alone, 1, Chance::Last).await?;
    server.end()?;
    Ok(stand.report)
}

/// Where cases are replayed, and what came of it.
struct Stand {
    stage: Stage,
    mocks: Rc<Path>,
    replays: u64,
    report: Report,
}

/// Whether a case that fails is replayed again.
#[derive(Clone, Copy, PartialEq)]
enum Chance {
    First,
    Last,
}

impl Stand {
    /// Replays cases and reports them. Gives those that get another chance.
    async fn replay(
        &mut self,
        mut waiting: VecDeque<Case>,
        at_a_time: usize,
        chance: Chance,
    ) -> Result<VecDeque<Case>, Trouble> {
        let mut again = VecDeque::new();
        let mut running = tokio::task::JoinSet::new();
        loop {
            while running.len() < at_a_time
                && let Some(case) = waiting.pop_front()
            {
                let replay = Replay::new(self.replays, self.stage.clone(), PATIENCE);
                self.replays += 1;
                let mocks = Rc::clone(&self.mocks);
                running.spawn_local(async move {
                    let begun = Instant::now();
                    let outcome = replay.run(&case, &mocks).await;
                    (case, outcome, begun.elapsed())
                });
            }
            let Some(done) = running.join_next().await else {
                return Ok(again);
            };
            let (case, outcome, took) = done?;
            if outcome.is_err() && chance == Chance::First {
                again.push_back(case);
            } else {
                self.report.add(&case, &outcome, took);
            }
        }
    }
}

/// Prints the table and compares it with what is known to hold. Gives whether it still does.
fn conclude(report: &Report, options: &Options) -> Result<bool, Trouble> {
    report.print();
    if options.is_partial() {
        return Ok(report.all_hold());
    }
    let held = Held::read()?;
    if options.raise {
        held.raised(report).write()?;
        return Ok(true);
    }
    let lost = held.lost(report);
    for line in &lost {
        eprintln!("error: {line}");
    }
    for line in held.gained(report) {
        println!("{line}");
    }
    Ok(lost.is_empty())
}

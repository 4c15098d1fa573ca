//! bench: measures the real binary, or any endpoint that speaks the Step Functions protocol, and prints a table.
//!
//! One thread drives keep-alive connections, so that the generator takes as little as it can of the machine it shares
//! with the server. Every figure carries a sentence on how it was measured. See `README.md`.

mod client;
mod definitions;
mod graph;
mod load;
mod machine;
mod options;
mod overload;
mod process;
mod report;
mod rows;
mod server;
mod side;
mod soak;

use std::process::ExitCode;

use crate::options::{Command, Options};
use crate::report::Report;
use crate::rows::Run;

/// What stops a measurement, said for the person who runs it.
type Trouble = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let command = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(command) => command,
        Err(problem) => {
            eprintln!("error: {problem}\n\nTry `bench --help`.");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs only memory and an epoll descriptor");
    let work = async {
        match &command {
            Command::Measure(options) => measure(options).await,
            Command::Soak(soak) => soak::run(soak).await,
            Command::Overload(overload) => overload::run(overload).await,
            Command::Help => Ok(()),
        }
    };
    match runtime.block_on(tokio::task::LocalSet::new().run_until(work)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the chosen rows one after another, all sides of a row in turns; a row that fails is reported, and the others
/// still run.
async fn measure(options: &Options) -> Result<(), Trouble> {
    let mut report = Report::new(options);
    let mut failed = Vec::new();
    for row in &options.rows {
        for run in 1..=options.runs {
            for (number, side) in options.sides.iter().enumerate() {
                if !row.fits(&side.target) {
                    continue;
                }
                eprintln!(
                    "{} ({}, run {run} of {}): {}",
                    row.name(),
                    side.name,
                    options.runs,
                    row.summary()
                );
                report.about(number);
                let report = &mut report;
                let measured = Run {
                    side,
                    options,
                    report,
                }
                .measure(*row)
                .await;
                if let Err(trouble) = measured {
                    eprintln!("{} ({}): failed: {trouble}", row.name(), side.name);
                    failed.push(format!("{} ({})", row.name(), side.name));
                }
            }
        }
    }
    report.print(options.output);
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("these rows failed: {}", failed.join(", ")).into())
}

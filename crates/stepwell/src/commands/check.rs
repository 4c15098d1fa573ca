//! `stepwell check`: whether all that is stored is whole.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use store::Telling;

use crate::commands::Output;
use crate::commands::serve::MEMORY;
use crate::config::ConfigFile;

/// Read all that a data folder has, and say what is damaged.
///
/// The server must not run. Nothing is changed. Prints a line for each damage, and ends with exit code 0 when there is
/// none, 1 when there is some, and 2 when the folder could not be looked at.
#[derive(Args)]
pub(crate) struct Check {
    /// Data folder of the server. [default: ./.stepwell]
    #[arg(long, env = "STEPWELL_DATA", value_name = "DIR")]
    data: Option<String>,

    /// Configuration file. [default: stepwell.toml, if it is there]
    #[arg(long, env = "STEPWELL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(crate) fn check(arguments: &Check) -> anyhow::Result<ExitCode> {
    let config = ConfigFile::read(arguments.config.as_deref())?;
    let data = arguments.data.clone().or(config.data);
    let data = data.unwrap_or_else(|| "./.stepwell".to_owned());
    if data == MEMORY {
        bail!("nothing is kept in {MEMORY}; name a data folder with --data");
    }
    let shows_progress = std::io::stderr().is_terminal();
    let mut findings = Vec::new();
    let checked = store::check(Path::new(&data), &mut |telling| match telling {
        Telling::Looking(what) => eprintln!("looking at {what}"),
        Telling::Read(read, of) if shows_progress => eprint!("\r{read} of {of} executions\r"),
        Telling::Read(read, of) => eprintln!("{read} of {of} executions"),
        Telling::Finding(what) => match arguments.output {
            Output::Text => println!("{what}"),
            Output::Json => findings.push(what.to_owned()),
        },
    })?;
    if let Output::Json = arguments.output {
        let report = serde_json::json!({
            "executions": checked.executions,
            "events": checked.events,
            "records": checked.records,
            "findings": findings,
        });
        writeln!(std::io::stdout(), "{report}").context("failed to write to standard output")?;
    }
    eprintln!(
        "{}: {} executions with {} events, {} records of state machines and activities; {}",
        data,
        checked.executions,
        checked.events,
        checked.records,
        match checked.findings {
            0 => "all is whole".to_owned(),
            1 => "1 damage was found".to_owned(),
            count => format!("{count} damages were found"),
        }
    );
    Ok(ExitCode::from(u8::from(checked.findings > 0)))
}

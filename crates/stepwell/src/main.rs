//! Stepwell: AWS Step Functions that anyone can run.
//!
//! - [`commands`]: one file for each command.
//! - [`config`]: flags over environment over `stepwell.toml` over defaults.
//! - [`aws_config`]: which services of AWS may be called, where and as whom.
//! - [`functions_config`]: local functions, from the configuration and from a folder.
//! - [`keys_config`]: who may ask the server, and what they may do.
//! - [`limits_config`]: AWS's quotas and rates as settings.
//! - [`retention_config`]: how long executions are known after their end.
//! - [`mocks`]: the mock configuration of tests.
//! - [`web`]: what HTTP tasks may reach, and how they prove who they are.
//! - [`logging`]: the process's own log, on standard error.

mod aws_config;
mod commands;
mod config;
mod functions_config;
mod keys_config;
mod limits_config;
mod logging;
mod mocks;
mod retention_config;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// AWS Step Functions that anyone can run: durable workflows in one binary.
///
/// Any AWS SDK, the AWS CLI, Terraform or boto3 works with it: point the endpoint at the address that
/// `stepwell serve` prints.
#[derive(Parser)]
#[command(
    name = "stepwell",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(commands::check::Check),
    Logs(commands::logs::Logs),
    Serve(commands::serve::Serve),
    Run(commands::run::Run),
    Validate(commands::validate::Validate),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = aws_config::use_models().and_then(|()| match arguments.command {
        Command::Check(check) => commands::check::check(&check),
        Command::Logs(logs) => commands::logs::logs(&logs),
        Command::Serve(serve) => commands::serve::serve(&serve),
        Command::Run(run) => commands::run::run(&run),
        Command::Validate(validate) => commands::validate::validate(&validate),
    });
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(commands::EXIT_UNUSABLE)
    })
}

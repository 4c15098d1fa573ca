//! `stepwell run`: one execution in this process.

mod progress;

use std::fs;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use asl::StateMachine;
use clap::Args;
use engine::{Ending, Outcome};
use functions::Functions;
use ids::StateMachineArn;
use integrations::Integrations;
use json::Payload;
use runtime::{Described, Limits, NewRevision, Runtime, StartRequest, SystemClock, Test};
use serde_json::json;
use server::Server;
use store::{MachineKind, MemoryStore};
use tokio::signal::unix::{SignalKind, signal};

use self::progress::Progress;
use super::{EXIT_UNUSABLE, Output, definition};
use crate::config::ConfigFile;
use crate::{aws_config, functions_config, logging, mocks, web};

const EXIT_FAILED: u8 = 1;
const EXIT_TIMED_OUT: u8 = 3;
const EXIT_ABORTED: u8 = 4;

const MACHINE_ARN: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:";
const ROLE_ARN: &str = "arn:aws:iam::000000000000:role/stepwell-run";

/// Run one execution in this process, without a server, and print its output.
///
/// Progress goes to standard error, the output alone to standard output. Exits with 0 when the execution succeeded, with
/// 1 when it failed, with 3 when it timed out, with 4 when it was stopped (Ctrl-C), and with 2 when it could not
/// be run at all.
#[derive(Args)]
pub(crate) struct Run {
    /// The definition, JSON or YAML (by its ending); `-` reads JSON from standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The execution's input: JSON text, or `@FILE`.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    input: String,

    /// Folder with a folder for each local function.
    #[arg(long, env = "STEPWELL_FUNCTIONS", value_name = "DIR")]
    functions: Option<PathBuf>,

    /// Configuration file. [default: stepwell.toml, if it is there]
    #[arg(long, env = "STEPWELL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Test case of the mock configuration: the state machine bears the definition's file name up to its first dot.
    #[arg(long, value_name = "NAME")]
    test_case: Option<String>,

    /// Mock configuration of Step Functions Local. [default: MockConfigFile.json, if it is there]
    #[arg(long, env = "SFN_MOCK_CONFIG", value_name = "FILE")]
    mock_config: Option<PathBuf>,

    /// What tasks may call of AWS: `off` for nothing, `endpoints-only` for configured endpoints, `full` for AWS itself.
    /// [default: endpoints-only]
    #[arg(long, env = "STEPWELL_AWS_MODE", value_name = "MODE")]
    aws_mode: Option<String>,

    /// What is printed: the output, or how the execution ended with all that is known of it.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,

    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(arguments: &Run) -> anyhow::Result<ExitCode> {
    logging::start("warn", false);
    let config = ConfigFile::read(arguments.config.as_deref())?;
    let limits = config.limits.limits()?;
    let definition = definition::read(&arguments.file, false, limits.executions)?;
    let Some(states) = definition.reading.machine.as_ref() else {
        eprint!("{}", definition.findings(&arguments.file));
        return Ok(ExitCode::from(EXIT_UNUSABLE));
    };
    let input = input(&arguments.input, limits.executions.payload_bytes)?;
    let states = Arc::new(states.clone());
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start threads")?;
    let ended = threads.block_on(execute(
        arguments,
        &config,
        limits,
        definition.text,
        states,
        input,
    ))?;
    Ok(report(&ended, arguments.output))
}

async fn execute(
    arguments: &Run,
    config: &ConfigFile,
    limits: Limits,
    text: String,
    states: Arc<StateMachine>,
    input: Payload,
) -> anyhow::Result<Arc<Described>> {
    // Listened to from here on, so that no Ctrl-C falls between two rounds.
    let mut interrupts = signal(SignalKind::interrupt()).context("failed to wait for Ctrl-C")?;
    let configs = functions_config::collect(config, arguments.functions.as_deref())?;
    let functions = Functions::new(configs, functions::Settings::new("000000000000", "us-east-1"));
    let integrations = Integrations::new(functions.clone());
    let aws = aws_config::client(config, arguments.aws_mode.as_deref(), None)?;
    integrations.set_web(web::set_up(config, &aws)?);
    integrations.set_aws(aws);
    if let Some(mocks) = mocks::open(config, arguments.mock_config.as_deref())? {
        integrations.set_mocks(mocks);
    }
    let settings = runtime::Settings {
        limits,
        ..runtime::Settings::default()
    };
    let store = Arc::new(MemoryStore::new());
    let runtime = Runtime::open(
        store,
        Arc::new(integrations.clone()),
        Arc::new(SystemClock),
        settings,
    )
    .await?;
    let server = Server::new(runtime.clone(), &integrations);

    let arn = start(arguments, &runtime, text, states, input).await?;
    let mut progress = Progress::new(Arc::clone(&server), &arn, !arguments.quiet);
    let ended = {
        let mut ended = pin!(runtime.ended(&arn));
        loop {
            tokio::select! {
                described = &mut ended => break described?,
                () = progress.next() => {}
                _ = interrupts.recv() => {
                    let ending = Ending { error: Some("Interrupted".into()), cause: None };
                    runtime.stop(&arn, ending).await?;
                }
            }
        }
    };
    progress.catch_up().await;
    runtime.shutdown().await;
    functions.shutdown().await;
    Ok(ended)
}

async fn start(
    arguments: &Run,
    runtime: &Runtime,
    definition: String,
    states: Arc<StateMachine>,
    input: Payload,
) -> anyhow::Result<json::Str> {
    let name = machine_name(arguments);
    if let Some(case) = &arguments.test_case {
        runtime.find_test(Test { machine: &name, case }).await?;
    }
    let machine_arn: StateMachineArn = format!("{MACHINE_ARN}{name}")
        .parse()
        .context("failed to name the state machine")?;
    let revision = NewRevision {
        definition: definition.into(),
        states,
        role_arn: ROLE_ARN.into(),
        logging: None,
        tracing: None,
        encryption: None,
    };
    let catalog = runtime.catalog();
    catalog
        .create_machine(
            &machine_arn,
            MachineKind::Standard,
            revision,
            Default::default(),
            None,
        )
        .await?;
    let machine = catalog.current(&machine_arn.to_string()).await?;
    let request = StartRequest {
        test_case: arguments.test_case.as_deref().map(json::Str::from),
        ..StartRequest::new(machine, input)
    };
    Ok(runtime.start(request).await?.arn)
}

/// The machine is named after the file, as far as a name can be.
fn machine_name(arguments: &Run) -> String {
    let stem = arguments
        .file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("run");
    let stem = stem.split('.').next().unwrap_or("run");
    if ids::name::is_name(stem) && stem != "-" {
        stem.to_owned()
    } else {
        "run".to_owned()
    }
}

fn input(text: &str, limit: usize) -> anyhow::Result<Payload> {
    let text = match text.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).with_context(|| format!("failed to read the input {path}"))?,
        None => text.to_owned(),
    };
    let input = Payload::parse(text).context("the input is no JSON")?;
    if input.bytes() > limit {
        bail!(
            "the input has {} bytes; the limit is {limit}, which payload_bytes below [limits] in stepwell.toml raises",
            input.bytes()
        );
    }
    Ok(input)
}

/// Prints how the execution ended, and gives the exit code that says so.
fn report(ended: &Described, output: Output) -> ExitCode {
    match output {
        Output::Json => println!("{}", everything(ended)),
        Output::Text => match (ended.output(), ended.ending()) {
            (Some(output), _) => println!("{output}"),
            (None, ending) => {
                let ending = ending.cloned().unwrap_or_default();
                eprintln!(
                    "{}: {}",
                    ended.status(),
                    ending.error.as_deref().unwrap_or("no error was named")
                );
                if let Some(cause) = ending.cause {
                    eprintln!("{cause}");
                }
            }
        },
    }
    ExitCode::from(match &ended.outcome {
        Some(Outcome::Succeeded(_)) => 0,
        Some(Outcome::Failed(_)) | None => EXIT_FAILED,
        Some(Outcome::TimedOut(_)) => EXIT_TIMED_OUT,
        Some(Outcome::Aborted(_)) => EXIT_ABORTED,
    })
}

fn everything(ended: &Described) -> serde_json::Value {
    let ending = ended.ending();
    json!({
        "executionArn": &*ended.arn,
        "status": ended.status(),
        "startDate": ended.started.to_iso(),
        "stopDate": ended.stopped.map(engine::Millis::to_iso),
        "input": ended.input.value(),
        "output": ended.output().map(Payload::value),
        "error": ending.and_then(|ending| ending.error.as_deref()),
        "cause": ending.and_then(|ending| ending.cause.as_deref()),
        "events": ended.events,
    })
}

//! `stepwell serve`: the server.

use std::future::Future;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use access::{Keys, Origins};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use functions::{AccessKey, Functions};
use ids::Scope;
use integrations::Integrations;
use lambda::{Keep, Lambda};
use runtime::{EventLog, Runtime, SystemClock};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::logs::{Destinations, Logs};
use server::{Bounds, Extension, Gate, Server, Site};
use store::{EmbeddedOptions, EmbeddedStore, MemoryStore, Store, StoreError};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::ConfigFile;
use crate::{aws_config, functions_config, keys_config, logging, mocks, web};

/// The data folder that keeps nothing.
pub(crate) const MEMORY: &str = ":memory:";

/// The exit code when the data folder failed while the server ran.
const EXIT_FATAL: i32 = 70;

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";

/// Start the server.
///
/// Prints `listening on http://HOST:PORT` on standard output once it answers. SIGTERM or Ctrl-C ends it cleanly.
#[derive(Args)]
pub(crate) struct Serve {
    /// Address and port to listen at; port 0 takes a free one. Without `[keys]`, loopback only.
    /// [default: 127.0.0.1:8083]
    #[arg(long, env = "STEPWELL_LISTEN", value_name = "HOST:PORT")]
    listen: Option<String>,

    /// Folder that keeps executions; `:memory:` keeps nothing. [default: ./.stepwell]
    #[arg(long, env = "STEPWELL_DATA", value_name = "DIR")]
    data: Option<String>,

    /// Configuration file. [default: stepwell.toml, if it is there]
    #[arg(long, env = "STEPWELL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Folder with a folder for each local function.
    #[arg(long, env = "STEPWELL_FUNCTIONS", value_name = "DIR")]
    functions: Option<PathBuf>,

    /// Mock configuration of Step Functions Local: `StartExecution` on `ARN#TESTCASE` then gives tasks mocked
    /// responses. [default: MockConfigFile.json, if it is there]
    #[arg(long, env = "SFN_MOCK_CONFIG", value_name = "FILE")]
    mock_config: Option<PathBuf>,

    /// What tasks may call of AWS: `off` for nothing, `endpoints-only` for configured endpoints, `full` for AWS itself.
    /// [default: endpoints-only]
    #[arg(long, env = "STEPWELL_AWS_MODE", value_name = "MODE")]
    aws_mode: Option<String>,

    /// Write the log as JSON lines.
    #[arg(long)]
    log_json: bool,
}

pub(crate) fn serve(arguments: &Serve) -> anyhow::Result<ExitCode> {
    use_small_pages();
    logging::start("info", arguments.log_json);
    let mut config = ConfigFile::read(arguments.config.as_deref())?;
    let account = config.account.as_deref().unwrap_or(ACCOUNT);
    let keys = keys_config::keys(std::mem::take(&mut config.keys), &config.folder, account)?;
    let keys = keys.map(Arc::new);
    let listen = arguments.listen.clone().or_else(|| config.listen.clone());
    let listen = address(listen.as_deref().unwrap_or("127.0.0.1:8083"), keys.is_some())?;
    let data = arguments.data.clone().or_else(|| config.data.clone());
    let data = data.unwrap_or_else(|| "./.stepwell".to_owned());
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start threads")?;
    threads.block_on(run(arguments, &config, keys, listen, &data))?;
    Ok(ExitCode::SUCCESS)
}

async fn run(
    arguments: &Serve,
    config: &ConfigFile,
    keys: Option<Arc<Keys>>,
    listen: SocketAddr,
    data: &str,
) -> anyhow::Result<()> {
    let ended = ending()?;
    let limits = config.limits.limits()?;
    survive_file_size_limit()?;
    let configs = functions_config::collect(config, arguments.functions.as_deref())?;
    let mocks = mocks::open(config, arguments.mock_config.as_deref())?;
    let listener = server::bind(listen).await?;
    let listening = listener.local_addr().context("failed to learn the port")?;
    let own_url = format!("http://{}", reachable(listening));
    let own = aws_config::Own {
        url: &own_url,
        secret: keys.as_deref().map(Keys::own_secret),
    };
    let aws = aws_config::client(config, arguments.aws_mode.as_deref(), Some(own))?;
    let store = open_store(data, &config.disk.options())?;

    let home = home(config);
    let mut settings = functions::Settings::new(&*home.account, &*home.region);
    settings.endpoint_url = Some(own_url.clone());
    settings.access_key = lent_key(config, keys.as_deref())?;
    let functions = Functions::new(configs, settings);
    let lambda = Lambda::open(functions.clone(), deployed_functions(data))
        .context("failed to set up the functions that were deployed")?;
    let integrations = Integrations::new(functions.clone());
    integrations.set_web(web::set_up(config, &aws)?);
    let logs = open_logs(data, config, &aws)?;
    integrations.set_aws(aws);
    if let Some(mocks) = mocks {
        tracing::info!(path = %mocks.path().display(), "tests get mocked responses");
        integrations.set_mocks(mocks);
    }
    let settings = runtime::Settings {
        limits,
        retention: config.retention.retention()?,
        event_log: Some(Arc::clone(&logs) as Arc<dyn EventLog>),
        on_fatal: Arc::new(end_at_once),
        ..Default::default()
    };
    let runtime = Runtime::open(
        store,
        Arc::new(integrations.clone()),
        Arc::new(SystemClock),
        settings,
    )
    .await?;
    let server = Server::throttled(runtime.clone(), &integrations, config.limits.throttling()?);
    server.set_logs(Arc::clone(&logs));
    if let Some(keys) = &keys {
        server.set_keys(Arc::clone(keys));
    }

    tracing::debug!(limits = ?runtime.limits(), "keeping to limits");
    tracing::info!(data, functions = functions.configs().len(), "open");
    announce(&format!("http://{listening}"))?;
    let polls = Arc::clone(&server);
    let ended = async move {
        ended.await;
        polls.end_polls();
    };
    let site = Site {
        console: Some(Extension::of(&server).with_functions(functions.clone())),
        api: server,
        lambda: Some(lambda),
        gate: Arc::new(Gate::new(keys, origins(config)?, home)),
        bounds: bounds(),
    };
    server::serve(listener, site, ended).await;
    runtime.shutdown().await;
    functions.shutdown().await;
    logs.close();
    logs.settle(LOGS_DELIVERED_WITHIN).await;
    Ok(())
}

/// The folder of a data folder in which the logs of executions are.
pub(crate) const LOGS: &str = "logs";

/// How long a server that ends goes on delivering logs.
const LOGS_DELIVERED_WITHIN: Duration = Duration::from_secs(5);

/// Opens the logs: files in the data folder, if anything is kept there, and CloudWatch Logs.
fn open_logs(data: &str, config: &ConfigFile, aws: &aws::Client) -> anyhow::Result<Arc<Logs>> {
    let destinations = Destinations {
        files: (data != MEMORY).then(|| (Path::new(data).join(LOGS), config.logs.bounds())),
        cloud_watch: config.logs.is_delivered().then(|| aws.clone()),
    };
    Logs::open(destinations).context("failed to start a thread for logs")
}

/// Where functions are kept that are deployed over Lambda's API.
fn deployed_functions(data: &str) -> Keep {
    match data {
        MEMORY => Keep::UntilTheEnd,
        folder => Keep::Folder(Path::new(folder).join("functions")),
    }
}

/// Opens the store that a data folder names.
fn open_store(data: &str, options: &EmbeddedOptions) -> anyhow::Result<Arc<dyn Store>> {
    if data == MEMORY {
        return Ok(Arc::new(MemoryStore::new()));
    }
    Ok(Arc::new(EmbeddedStore::open(Path::new(data), options)?))
}

/// The first line on standard output: scripts wait for it.
fn announce(url: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {url}")
        .and_then(|()| out.flush())
        .context("failed to write to standard output")
}

/// Without keys everybody is taken for the owner, so nobody else's machine may reach the server.
fn address(text: &str, has_keys: bool) -> anyhow::Result<SocketAddr> {
    let text = text.replacen("localhost:", "127.0.0.1:", 1);
    let address: SocketAddr = text
        .parse()
        .with_context(|| format!("`{text}` is no address and port, as in 127.0.0.1:8083"))?;
    if !has_keys && !address.ip().is_loopback() {
        bail!(
            "{address} can be reached by others, and there are no access keys: add a `[keys.NAME]` table to stepwell.toml \
             (docs/authentication.md), or listen at a loopback address such as 127.0.0.1:{}",
            address.port()
        );
    }
    Ok(address)
}

/// An address by which this machine reaches what it listens at.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// The account and region of callers that name none.
fn home(config: &ConfigFile) -> Scope {
    Scope {
        region: Arc::from(config.region.as_deref().unwrap_or(REGION)),
        account: Arc::from(config.account.as_deref().unwrap_or(ACCOUNT)),
    }
}

/// The key that functions find in their environment.
fn lent_key(config: &ConfigFile, keys: Option<&Keys>) -> anyhow::Result<Option<AccessKey>> {
    let Some(name) = &config.functions_key else {
        return Ok(None);
    };
    let Some(key) = keys.and_then(|keys| keys.named(name)) else {
        bail!("`functions_key` is `{name}`, and there is no [keys.{name}]");
    };
    Ok(Some(AccessKey {
        id: key.access_key_id.clone(),
        secret: key.secret.clone(),
        session_token: key.session_token.clone(),
    }))
}

fn origins(config: &ConfigFile) -> anyhow::Result<Origins> {
    Origins::new(config.origins.iter().cloned())
        .map_err(|wrong| anyhow!("`origins`: `{wrong}` is no origin, as in https://stepwell.example.com"))
}

/// What is on disk is no longer known, so the process ends and finds out when it starts again.
fn end_at_once(error: &StoreError) {
    tracing::error!(%error, "the data folder failed; ending, since it is not known what was saved");
    std::process::exit(EXIT_FATAL);
}

/// As many connections as files may be open, with room for everything else; the process takes as many as it may have.
fn bounds() -> Bounds {
    const OTHER_FILES: usize = 512;
    let bounds = Bounds::default();
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(_) => limit.current,
    };
    let files = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let room = files.saturating_sub(OTHER_FILES).max(files / 2);
    Bounds {
        connections: bounds.connections.min(room),
        ..bounds
    }
}

/// A file that would become larger than is allowed (`ulimit -f`) is an error like a full disk, and not the end: the
/// signal that would end the process is taken by somebody who does nothing.
fn survive_file_size_limit() -> anyhow::Result<()> {
    const SIGXFSZ: i32 = 25;
    let signals = signal(SignalKind::from_raw(SIGXFSZ)).context("failed to wait for SIGXFSZ")?;
    // Once taken, a signal stays so.
    drop(signals);
    Ok(())
}

/// Where the system gives huge pages to whoever does not ask (`always`), a server that has nothing to do would keep
/// megabytes that it never uses, and so would every other allocation that is given back in part.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages can't be refused");
    }
}

/// Ends with SIGTERM or Ctrl-C.
fn ending() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to wait for Ctrl-C")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_only_this_machine_may_reach_the_server() {
        for (text, has_keys, expected) in [
            ("127.0.0.1:0", false, true),
            ("[::1]:8083", false, true),
            ("localhost:8083", false, true),
            ("0.0.0.0:8083", false, false),
            ("0.0.0.0:8083", true, true),
            ("here", true, false),
        ] {
            assert_eq!(address(text, has_keys).is_ok(), expected, "{text}");
        }
        let error = address("0.0.0.0:8083", false).unwrap_err().to_string();
        assert!(error.contains("add a `[keys.NAME]` table"), "{error}");
    }

    #[test]
    fn own_calls_go_to_an_address_that_can_be_called() {
        let of = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(of("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(of("[::]:1"), "[::1]:1");
        assert_eq!(of("10.0.0.1:1"), "10.0.0.1:1");
    }

    #[test]
    fn key_for_functions_is_one_of_those_that_there_are() {
        let config = ConfigFile {
            functions_key: Some("worker".to_owned()),
            ..ConfigFile::default()
        };
        let error = lent_key(&config, None).unwrap_err().to_string();
        assert_eq!(
            error,
            "`functions_key` is `worker`, and there is no [keys.worker]"
        );
    }
}

//! rows: what can be measured, one function each.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::client::Client;
use crate::definitions;
use crate::load::{Done, Limit, drive, percentile};
use crate::machine::{Kind, Machine, follow};
use crate::options::{Options, Target};
use crate::process::{Meter, Usage};
use crate::report::Report;
use crate::target::Server;

const STARTS: usize = 11;
const CHAIN: usize = 10;
const WARM_UP: usize = 200;
const SYNC_BYTES: usize = 4096;

/// A row of the report, or a few that are measured together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Size,
    Startup,
    Idle,
    Pass10,
    Followed,
    Latency,
    Express,
    Describe,
    Disk,
    Parked,
    Restart,
    Fdatasync,
}

impl Row {
    pub(crate) const ALL: [Self; 12] = [
        Self::Size,
        Self::Startup,
        Self::Idle,
        Self::Pass10,
        Self::Followed,
        Self::Latency,
        Self::Express,
        Self::Describe,
        Self::Disk,
        Self::Parked,
        Self::Restart,
        Self::Fdatasync,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Startup => "startup",
            Self::Idle => "idle",
            Self::Pass10 => "pass10",
            Self::Followed => "followed",
            Self::Latency => "latency",
            Self::Express => "express",
            Self::Describe => "describe",
            Self::Disk => "disk",
            Self::Parked => "parked",
            Self::Restart => "restart",
            Self::Fdatasync => "fdatasync",
        }
    }

    /// What is being done, for the person who waits for it.
    pub(crate) fn summary(self) -> &'static str {
        match self {
            Self::Size => "looking at the binary",
            Self::Startup => "starting on empty folders",
            Self::Idle => "looking at the memory of an idle server",
            Self::Pass10 => "starting 10-Pass Standard executions",
            Self::Followed => "starting 10-Pass Standard executions, each followed to its end",
            Self::Latency => "starting one 10-Pass Standard execution at a time",
            Self::Express => "running Express executions",
            Self::Describe => "describing an execution",
            Self::Disk => "filling a data folder with finished executions",
            Self::Parked => "parking executions",
            Self::Restart => "parking executions, killing the server and starting it again",
            Self::Fdatasync => "measuring the disk",
        }
    }

    /// Whether the row is about a server that bench starts itself.
    pub(crate) fn needs_binary(self) -> bool {
        matches!(self, Self::Size | Self::Startup | Self::Disk | Self::Restart)
    }
}

/// Measures a row and adds its figures.
pub(crate) async fn measure(row: Row, options: &Options, report: &mut Report) -> Result<(), Trouble> {
    match row {
        Row::Size => size(options, report),
        Row::Startup => startup(options, report).await,
        Row::Idle => idle(options, report).await,
        Row::Pass10 => pass10(options, report).await,
        Row::Followed => followed(options, report).await,
        Row::Latency => latency(options, report).await,
        Row::Express => express(options, report).await,
        Row::Describe => describe(options, report).await,
        Row::Disk => disk(options, report).await,
        Row::Parked => parked(options, report).await,
        Row::Restart => restart(options, report).await,
        Row::Fdatasync => fdatasync(options, report),
    }
}

fn size(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let Target::Binary(binary) = &options.target else {
        return Err("there is no binary to look at".into());
    };
    let bytes = fs::metadata(binary)
        .map_err(|error| format!("{}: {error}", binary.display()))?
        .len();
    report.add(
        "binary size",
        bytes as f64 / 1e6,
        "MB",
        "the file's length, in millions of bytes",
    );
    Ok(())
}

async fn startup(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let server = Server::fresh(options).await?;
        starts.push(server.first_answer()?);
        server.end().await?;
    }
    starts.sort_unstable();
    let how = format!("spawn to the answer of ListStateMachines, empty folder; median of {STARTS}");
    report.add(
        "start-up",
        percentile(&starts, 50.0).as_secs_f64() * 1e3,
        "ms",
        how,
    );
    Ok(())
}

async fn idle(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let server = Server::fresh(options).await?;
    let memory = server.known_tree()?.settled_memory_kib().await?;
    report.add(
        "idle memory",
        memory / 1024.0,
        "MiB",
        "PSS without requests, once steady",
    );
    Ok(())
}

async fn pass10(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let clients = options.clients.unwrap_or(64);
    let server = Server::fresh(options).await?;
    let machine = pass_chain_machine(&server).await?;
    warm_up(&server, &machine).await?;
    let meter = Meter::start(server.tree())?;
    let begun = Instant::now();
    let mut done = start_all(&server, &machine, clients, Limit::For(options.duration)).await?;
    let mut client = Client::new(server.authority());
    machine.settle(&mut client).await?;
    done.elapsed = begun.elapsed();
    let usage = meter.stop()?;
    machine.all_succeeded(&mut client, done.count + WARM_UP).await?;
    let how = format!(
        "{clients} clients start executions for {} s; clock stopped when none ran any more; all {} SUCCEEDED{}",
        options.duration.as_secs_f64(),
        done.count,
        circumstances(&done, &usage),
    );
    report.add("10-Pass Standard", done.per_second(), "exec/s", how);
    let how = format!("how long StartExecution took to be answered, {clients} clients");
    report.add(
        "  StartExecution p50",
        done.percentile_ms(50.0),
        "ms",
        how.clone(),
    );
    report.add("  StartExecution p99", done.percentile_ms(99.0), "ms", how);
    add_cpu(report, "  server CPU", &done, &usage, "execution");
    Ok(())
}

async fn followed(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let clients = options.clients.unwrap_or(64);
    let server = Server::fresh(options).await?;
    let machine = pass_chain_machine(&server).await?;
    warm_up(&server, &machine).await?;
    let meter = Meter::start(server.tree())?;
    let done = start_and_follow(&server, &machine, clients, options.duration).await?;
    let usage = meter.stop()?;
    let how = format!(
        "{clients} clients for {} s, each StartExecution then DescribeExecution until SUCCEEDED{}",
        options.duration.as_secs_f64(),
        circumstances(&done, &usage),
    );
    report.add("10-Pass Standard, followed", done.per_second(), "exec/s", how);
    let how = format!("StartExecution sent to SUCCEEDED seen, {clients} clients");
    report.add("  start to end p50", done.percentile_ms(50.0), "ms", how.clone());
    report.add("  start to end p99", done.percentile_ms(99.0), "ms", how);
    add_cpu(
        report,
        "  server CPU",
        &done,
        &usage,
        "execution and its DescribeExecution",
    );
    Ok(())
}

async fn latency(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let server = Server::fresh(options).await?;
    let machine = pass_chain_machine(&server).await?;
    warm_up(&server, &machine).await?;
    let meter = Meter::start(server.tree())?;
    let done = start_and_follow(&server, &machine, 1, options.duration).await?;
    let usage = meter.stop()?;
    let how = format!(
        "1 client, 10-Pass Standard, StartExecution sent to DescribeExecution SUCCEEDED, {} times{}",
        done.count,
        circumstances(&done, &usage),
    );
    report.add("latency alone p50", done.percentile_ms(50.0), "ms", how.clone());
    report.add("latency alone p99", done.percentile_ms(99.0), "ms", how);
    Ok(())
}

async fn express(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let clients = options.clients.unwrap_or(16);
    let server = Server::fresh(options).await?;
    let machine = Machine::create(server.authority(), Kind::Express, &definitions::express()).await?;
    let run = async move |client: &mut Client, number: usize| {
        machine.run(client, &definitions::express_input(number)).await
    };
    drive(server.authority(), 1, Limit::Count(WARM_UP), run.clone()).await?;
    let meter = Meter::start(server.tree())?;
    let done = drive(server.authority(), clients, Limit::For(options.duration), run).await?;
    let usage = meter.stop()?;
    let how = format!(
        "StartSyncExecution, Choice and Pass with JSONPath arithmetic, {clients} clients for {} s{}",
        options.duration.as_secs_f64(),
        circumstances(&done, &usage),
    );
    report.add("Express sync", done.per_second(), "exec/s", how);
    let how = format!("StartSyncExecution, {clients} clients");
    report.add(
        "  StartSyncExecution p50",
        done.percentile_ms(50.0),
        "ms",
        how.clone(),
    );
    report.add("  StartSyncExecution p99", done.percentile_ms(99.0), "ms", how);
    add_cpu(report, "  server CPU", &done, &usage, "execution");
    Ok(())
}

async fn describe(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let clients = options.clients.unwrap_or(16);
    let server = Server::fresh(options).await?;
    let machine = pass_chain_machine(&server).await?;
    let mut client = Client::new(server.authority());
    let execution = machine
        .start(&mut client, &definitions::pass_chain_input(0))
        .await?;
    follow(&mut client, &execution).await?;
    let ask = async move |client: &mut Client, _: usize| follow(client, &execution).await;
    drive(server.authority(), 1, Limit::Count(WARM_UP), ask.clone()).await?;
    let meter = Meter::start(server.tree())?;
    let done = drive(server.authority(), clients, Limit::For(options.duration), ask).await?;
    let usage = meter.stop()?;
    let how = format!(
        "one finished 10-Pass execution, {clients} clients for {} s{}",
        options.duration.as_secs_f64(),
        circumstances(&done, &usage),
    );
    report.add("DescribeExecution", done.per_second(), "req/s", how);
    report.add(
        "  DescribeExecution p50",
        done.percentile_ms(50.0),
        "ms",
        format!("{clients} clients"),
    );
    add_cpu(report, "  server CPU", &done, &usage, "request");
    Ok(())
}

async fn disk(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let empty = Server::fresh(options).await?;
    pass_chain_machine(&empty).await?;
    let before = empty.end().await?;
    let server = Server::fresh(options).await?;
    let machine = pass_chain_machine(&server).await?;
    start_all(
        &server,
        &machine,
        options.clients.unwrap_or(64),
        Limit::Count(options.count),
    )
    .await?;
    let mut client = Client::new(server.authority());
    machine.settle(&mut client).await?;
    machine.all_succeeded(&mut client, options.count).await?;
    let after = server.end().await?;
    let how = format!(
        "blocks of the data folder after SIGTERM with {} 10-Pass executions (22 events each), less {} KiB of an empty one",
        options.count,
        before / 1024,
    );
    report.add(
        "disk per finished execution",
        after.saturating_sub(before) as f64 / options.count as f64,
        "bytes",
        how,
    );
    Ok(())
}

async fn parked(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let server = Server::fresh(options).await?;
    let tree = server.known_tree()?;
    // What a server needs to work at all is no part of what an execution needs.
    warm_up(&server, &pass_chain_machine(&server).await?).await?;
    let none = tree.settled_memory_kib().await?;
    let half = options.count.div_ceil(2);
    park(&server, half, options).await?;
    let some = tree.settled_memory_kib().await?;
    let rest = options.count - half;
    park(&server, rest, options).await?;
    let all = tree.settled_memory_kib().await?;
    let cpu_before = tree.cpu_seconds()?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = (tree.cpu_seconds()? - cpu_before) / 3.0;
    let how = format!(
        "PSS {:.1} MiB before, {:.1} MiB with {} Standard executions in a Wait state, once steady",
        none / 1024.0,
        all / 1024.0,
        options.count,
    );
    report.add(
        "memory per parked execution",
        (all - none) * 1024.0 / options.count as f64,
        "bytes",
        how,
    );
    let how = format!(
        "PSS {:.1} MiB with the first {half} of them: what working memory costs once is left out",
        some / 1024.0
    );
    report.add(
        "  each of the second half",
        (all - some) * 1024.0 / rest.max(1) as f64,
        "bytes",
        how,
    );
    report.add(
        "  CPU while parked",
        idle * 100.0,
        "% of a core",
        "over 3 s without requests",
    );
    Ok(())
}

async fn restart(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let server = Server::fresh(options).await?;
    let machine = park(&server, options.count, options).await?;
    let server = server.kill_and_restart().await?;
    let how = format!(
        "spawn to the answer of ListStateMachines, after kill -9 with {} waiting executions",
        options.count
    );
    report.add(
        "start-up after kill -9",
        server.first_answer()?.as_secs_f64() * 1e3,
        "ms",
        how,
    );
    let running = machine
        .count(&mut Client::new(server.authority()), "RUNNING")
        .await?;
    if running != options.count {
        return Err(format!(
            "{} executions waited before the kill, {running} after it",
            options.count
        )
        .into());
    }
    Ok(())
}

/// What one small durable write costs where the data folders lie: the floor under every latency above.
fn fdatasync(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    fs::create_dir_all(&options.folder)?;
    let path = options.folder.join(format!("fdatasync-{}", std::process::id()));
    let mut file = fs::File::create(&path)?;
    let block = [0x5a; SYNC_BYTES];
    file.write_all(&block)?;
    file.sync_all()?;
    let mut samples = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < options.duration.min(Duration::from_secs(3)) {
        let written = Instant::now();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&block)?;
        file.sync_data()?;
        samples.push(written.elapsed());
    }
    fs::remove_file(&path)?;
    samples.sort_unstable();
    let how = format!(
        "{SYNC_BYTES} bytes overwritten and synced in {}, {} times",
        options.folder.display(),
        samples.len()
    );
    report.add(
        "fdatasync p50",
        percentile(&samples, 50.0).as_secs_f64() * 1e3,
        "ms",
        how.clone(),
    );
    report.add(
        "fdatasync p99",
        percentile(&samples, 99.0).as_secs_f64() * 1e3,
        "ms",
        how,
    );
    Ok(())
}

async fn pass_chain_machine(server: &Server) -> Result<Machine, Trouble> {
    Machine::create(
        server.authority(),
        Kind::Standard,
        &definitions::pass_chain(CHAIN),
    )
    .await
}

/// Runs a few executions, so that what happens once does not count.
async fn warm_up(server: &Server, machine: &Machine) -> Result<(), Trouble> {
    start_all(server, machine, 8, Limit::Count(WARM_UP)).await?;
    machine.settle(&mut Client::new(server.authority())).await
}

async fn start_all(
    server: &Server,
    machine: &Machine,
    clients: usize,
    limit: Limit,
) -> Result<Done, Trouble> {
    let machine = machine.clone();
    let start = async move |client: &mut Client, number: usize| {
        machine
            .start(client, &definitions::pass_chain_input(number))
            .await
            .map(drop)
    };
    drive(server.authority(), clients, limit, start).await
}

async fn start_and_follow(
    server: &Server,
    machine: &Machine,
    clients: usize,
    duration: Duration,
) -> Result<Done, Trouble> {
    let machine = machine.clone();
    let run = async move |client: &mut Client, number: usize| {
        let execution = machine
            .start(client, &definitions::pass_chain_input(number))
            .await?;
        follow(client, &execution).await
    };
    drive(server.authority(), clients, Limit::For(duration), run).await
}

/// Starts `count` executions that wait, and sees that all of them do.
async fn park(server: &Server, count: usize, options: &Options) -> Result<Machine, Trouble> {
    let machine = Machine::create(server.authority(), Kind::Standard, &definitions::parked()).await?;
    start_all(
        server,
        &machine,
        options.clients.unwrap_or(64),
        Limit::Count(count),
    )
    .await?;
    let running = machine
        .count(&mut Client::new(server.authority()), "RUNNING")
        .await?;
    if running != count {
        return Err(format!("{count} executions were started and {running} wait").into());
    }
    Ok(machine)
}

fn add_cpu(report: &mut Report, name: &'static str, done: &Done, usage: &Usage, per: &str) {
    if let Some(seconds) = usage.server_seconds {
        let how =
            format!("/proc/PID/stat of the server and its children: {seconds:.2} s over the run, per {per}");
        report.add(name, seconds * 1e3 / done.count.max(1) as f64, "ms", how);
    }
}

/// What a reader should know before trusting a rate.
fn circumstances(done: &Done, usage: &Usage) -> String {
    let mut text = format!("; others used {:.2} cores", usage.others_cores);
    if done.throttled > 0 {
        text += &format!("; throttled {} times", done.throttled);
    }
    text
}

//! soak: a mixed load at a share of what the server can do, for a long time, with a sample of everything every few seconds.
//!
//! Requests are due at fixed moments, and their times count from then: a server that stands still for a second shows
//! in all requests of that second, and not in one for each client.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Trouble;
use crate::client::Client;
use crate::definitions;
use crate::graph::{Graph, Panel};
use crate::load::{self, Limit, drive};
use crate::machine::{Kind, Machine};
use crate::server::Server;
use crate::side::Target;

/// How long the server is driven as fast as it goes, to know what it can do.
const CALIBRATION: Duration = Duration::from_secs(15);

/// What is asked for.
#[derive(Clone)]
pub(crate) struct Soak {
    pub(crate) target: Target,
    pub(crate) folder: PathBuf,
    pub(crate) duration: Duration,
    /// The share of the maximum that is asked for.
    pub(crate) share: f64,
    pub(crate) clients: usize,
    pub(crate) sample: Duration,
    /// How long executions are known after their end.
    pub(crate) retention: Duration,
    pub(crate) csv: PathBuf,
    pub(crate) svg: PathBuf,
}

/// The state machines under load.
#[derive(Clone)]
struct Machines {
    chain: Machine,
    waits: Machine,
    express: Machine,
}

/// What happened since the last sample.
#[derive(Default)]
struct Tally {
    times: Vec<Duration>,
    failed: usize,
    throttled: usize,
}

/// One sample, as it stands in the file.
struct Sample {
    seconds: f64,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    failed: usize,
    throttled: usize,
    memory_mib: f64,
    files: usize,
    disk_mib: f64,
    cpu_cores: f64,
}

const HEADER: &str = "seconds,operations_per_second,p50_ms,p99_ms,max_ms,failed,throttled,memory_mib,open_files,disk_mib,cpu_cores";

/// Runs the load, writes the samples as they come, and draws them at the end.
pub(crate) async fn run(soak: &Soak) -> Result<(), Trouble> {
    let days = soak.retention.as_secs_f64() / 86_400.0;
    let server = Server::fresh(
        &soak.target,
        &soak.folder,
        &format!("[retention]\ndays = {days}\n"),
    )
    .await?;
    let authority = server.authority().to_owned();
    let machines = Machines {
        chain: Machine::create(&authority, Kind::Standard, &definitions::pass_chain(10)).await?,
        waits: Machine::create(&authority, Kind::Standard, &definitions::short_wait()).await?,
        express: Machine::create(&authority, Kind::Express, &definitions::express_jsonata()).await?,
    };
    let most = calibrate(&authority, &machines, soak.clients).await?;
    let rate = (most * soak.share).max(1.0);
    eprintln!(
        "soak: at most {most:.0} operations/s; {rate:.0}/s for {:?}",
        soak.duration
    );

    let tally = Rc::new(RefCell::new(Tally::default()));
    let load = start_load(&authority, &machines, soak, rate, &tally);
    let samples = watch(&server, soak, &tally).await?;
    for client in load {
        client.await?;
    }
    std::fs::write(&soak.svg, draw(&samples, soak, rate))?;
    eprintln!("soak: {} and {}", soak.csv.display(), soak.svg.display());
    Ok(())
}

/// How many operations of the mix the server does in a second when nobody waits.
async fn calibrate(authority: &str, machines: &Machines, clients: usize) -> Result<f64, Trouble> {
    let machines = machines.clone();
    let last = Rc::new(RefCell::new(None));
    let work = async move |client: &mut Client, number| operate(client, &machines, number, &last).await;
    let done = drive(authority, clients, Limit::For(CALIBRATION), work).await?;
    Ok(done.per_second())
}

/// The mix: half of it starts Standard executions, most of which end at once.
async fn operate(
    client: &mut Client,
    machines: &Machines,
    number: usize,
    last: &RefCell<Option<String>>,
) -> Result<(), Trouble> {
    let known = last.borrow().clone();
    match (number % 10, known) {
        (0..=3, _) | (_, None) => {
            let input = definitions::pass_chain_input(number);
            let execution = machines.chain.start(client, &input).await?;
            last.replace(Some(execution));
        }
        (4, _) => drop(machines.waits.start(client, "{}").await?),
        (5 | 6, _) => {
            let input = definitions::express_input(number);
            machines.express.run(client, &input).await?;
        }
        (7 | 8, Some(execution)) => {
            let request = json!({ "executionArn": execution }).to_string();
            client.call("DescribeExecution", request).await?;
        }
        (_, Some(execution)) => {
            let request = json!({ "executionArn": execution, "maxResults": 100 }).to_string();
            client.call("GetExecutionHistory", request).await?;
        }
    }
    Ok(())
}

/// Starts clients that take requests as they are due.
fn start_load(
    authority: &str,
    machines: &Machines,
    soak: &Soak,
    rate: f64,
    tally: &Rc<RefCell<Tally>>,
) -> Vec<tokio::task::JoinHandle<()>> {
    let (begun, duration) = (Instant::now(), soak.duration);
    let next = Rc::new(Cell::new(0_usize));
    let client = |_| {
        let mut client = Client::new(authority);
        let (machines, next, tally) = (machines.clone(), Rc::clone(&next), Rc::clone(tally));
        tokio::task::spawn_local(async move {
            let last = RefCell::new(None);
            loop {
                let number = next.replace(next.get() + 1);
                let after = Duration::from_secs_f64(number as f64 / rate);
                if after >= duration {
                    return;
                }
                let due = begun + after;
                tokio::time::sleep_until(due.into()).await;
                let throttled = client.throttled();
                let result = operate(&mut client, &machines, number, &last).await;
                let mut tally = tally.borrow_mut();
                tally.times.push(due.elapsed());
                tally.throttled += client.throttled() - throttled;
                if let Err(trouble) = result {
                    if tally.failed == 0 {
                        eprintln!("soak: {trouble}");
                    }
                    tally.failed += 1;
                }
            }
        })
    };
    (0..soak.clients).map(client).collect()
}

/// Takes samples until the time is up.
async fn watch(server: &Server, soak: &Soak, tally: &RefCell<Tally>) -> Result<Vec<Sample>, Trouble> {
    let mut out = BufWriter::new(File::create(&soak.csv)?);
    writeln!(out, "{HEADER}")?;
    let tree = server.known_tree()?;
    let begun = Instant::now();
    let (mut before, mut cpu_before) = (begun, tree.cpu_seconds()?);
    let mut samples = Vec::new();
    while begun.elapsed() < soak.duration {
        tokio::time::sleep(soak.sample).await;
        let mut seen = tally.take();
        seen.times.sort_unstable();
        let millis = |percent| load::percentile(&seen.times, percent).as_secs_f64() * 1e3;
        let (now, cpu) = (Instant::now(), tree.cpu_seconds()?);
        let elapsed = (now - before).as_secs_f64();
        let sample = Sample {
            seconds: begun.elapsed().as_secs_f64(),
            per_second: seen.times.len() as f64 / elapsed,
            p50_ms: millis(50.0),
            p99_ms: millis(99.0),
            max_ms: millis(100.0),
            failed: seen.failed,
            throttled: seen.throttled,
            memory_mib: tree.memory_kib()? / 1024.0,
            files: tree.open_files()?,
            disk_mib: server.occupied_bytes().unwrap_or(0) as f64 / f64::from(1 << 20),
            cpu_cores: (cpu - cpu_before) / elapsed,
        };
        (before, cpu_before) = (now, cpu);
        sample.write(&mut out)?;
        samples.push(sample);
    }
    Ok(samples)
}

impl Sample {
    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(
            out,
            "{:.1},{:.1},{:.2},{:.2},{:.2},{},{},{:.1},{},{:.1},{:.3}",
            self.seconds,
            self.per_second,
            self.p50_ms,
            self.p99_ms,
            self.max_ms,
            self.failed,
            self.throttled,
            self.memory_mib,
            self.files,
            self.disk_mib,
            self.cpu_cores
        )?;
        out.flush()
    }
}

fn draw(samples: &[Sample], soak: &Soak, rate: f64) -> String {
    let line = |name: &'static str, value: fn(&Sample) -> f64| {
        let points = samples.iter().map(|sample| (sample.seconds, value(sample)));
        (name, points.collect())
    };
    let title = format!(
        "{rate:.0} operations/s, {:.0} % of the maximum, for {:.0} minutes; executions are known for {} s",
        soak.share * 100.0,
        soak.duration.as_secs_f64() / 60.0,
        soak.retention.as_secs()
    );
    let panels = vec![
        Panel {
            unit: "operations/s",
            lines: vec![
                line("done", |sample| sample.per_second),
                line("failed or throttled", |sample| {
                    (sample.failed + sample.throttled) as f64
                }),
            ],
        },
        Panel {
            unit: "ms",
            lines: vec![
                line("p99", |sample| sample.p99_ms),
                line("p50", |sample| sample.p50_ms),
            ],
        },
        Panel {
            unit: "MiB of memory",
            lines: vec![line("memory", |sample| sample.memory_mib)],
        },
        Panel {
            unit: "MiB on disk",
            lines: vec![line("disk", |sample| sample.disk_mib)],
        },
        Panel {
            unit: "open files",
            lines: vec![line("files", |sample| sample.files as f64)],
        },
        Panel {
            unit: "cores",
            lines: vec![line("CPU of the server", |sample| sample.cpu_cores)],
        },
    ];
    Graph { title, panels }.to_svg()
}

//! overload: many more callers than the server can serve, and what becomes of those that it accepts.
//!
//! Each caller starts an execution, and the next one as soon as it is answered. A caller who is told to come back does so
//! after a pause, as AWS's SDKs do. In the end there must be as many executions as starts were accepted.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::client::{Answered, Client};
use crate::definitions;
use crate::load::percentile;
use crate::machine::{Kind, Machine};
use crate::process::Meter;
use crate::server::Server;
use crate::side::Target;

/// The pause of whoever is throttled or turned away, which SDKs begin with.
const PAUSE: Duration = Duration::from_millis(100);

/// How often memory is looked at.
const SAMPLE: Duration = Duration::from_millis(200);

/// What is asked for.
#[derive(Clone)]
pub(crate) struct Overload {
    pub(crate) target: Target,
    pub(crate) folder: PathBuf,
    /// How long each phase is.
    pub(crate) duration: Duration,
    /// Callers that the server can serve.
    pub(crate) clients: usize,
    /// How many times as many come, phase by phase.
    pub(crate) times: Vec<usize>,
}

/// What callers were told in a phase.
#[derive(Default)]
struct Told {
    accepted: Vec<Duration>,
    throttled: usize,
    turned_away: usize,
}

/// Runs the phases, and prints a line for each.
pub(crate) async fn run(overload: &Overload) -> Result<(), Trouble> {
    let server = Server::fresh(&overload.target, &overload.folder, "").await?;
    let machine = Machine::create(server.authority(), Kind::Standard, &definitions::pass_chain(10)).await?;
    println!(
        "{:>8} {:>11} {:>8} {:>8} {:>8} {:>12} {:>13} {:>7} {:>12}",
        "callers",
        "accepted/s",
        "p50 ms",
        "p99 ms",
        "max ms",
        "throttled/s",
        "turned away/s",
        "MiB",
        "others' cores"
    );
    let mut accepted = 0;
    let phases = std::iter::once(1)
        .chain(overload.times.iter().copied())
        .chain([1]);
    for times in phases {
        accepted += phase(overload, &server, &machine, overload.clients * times).await?;
    }
    let mut client = Client::new(server.authority());
    machine.settle(&mut client).await?;
    machine.all_succeeded(&mut client, accepted).await?;
    println!("{accepted} starts were accepted, and as many executions are there and have succeeded");
    Ok(())
}

/// Gives how many starts were accepted.
async fn phase(
    overload: &Overload,
    server: &Server,
    machine: &Machine,
    callers: usize,
) -> Result<usize, Trouble> {
    let tree = server.known_tree()?;
    let told = Rc::new(RefCell::new(Told::default()));
    let is_over = Rc::new(Cell::new(false));
    let meter = Meter::start(server.tree())?;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let (machine, told, is_over) = (machine.clone(), Rc::clone(&told), Rc::clone(&is_over));
            let mut client = Client::new(server.authority());
            tokio::task::spawn_local(async move {
                let request = machine.start_request(&definitions::pass_chain_input(caller));
                while !is_over.get() {
                    let asked = Instant::now();
                    let answer = client.try_once("StartExecution", request.clone()).await;
                    let took = asked.elapsed();
                    match answer.map_err(|trouble| trouble.to_string())? {
                        Answered::Done(_) => {
                            told.borrow_mut().accepted.push(took);
                            continue;
                        }
                        Answered::Throttled => told.borrow_mut().throttled += 1,
                        Answered::TurnedAway => told.borrow_mut().turned_away += 1,
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Ok::<(), String>(())
            })
        })
        .collect();
    let mut memory: f64 = 0.0;
    while begun.elapsed() < overload.duration {
        tokio::time::sleep(SAMPLE).await;
        memory = memory.max(tree.memory_kib()?);
    }
    is_over.set(true);
    for task in tasks {
        task.await??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let usage = meter.stop()?;
    let mut told = told.take();
    told.accepted.sort_unstable();
    let millis = |percent| percentile(&told.accepted, percent).as_secs_f64() * 1e3;
    println!(
        "{callers:>8} {:>11.0} {:>8.1} {:>8.1} {:>8.1} {:>12.0} {:>13.0} {:>7.0} {:>12.1}",
        told.accepted.len() as f64 / seconds,
        millis(50.0),
        millis(99.0),
        millis(100.0),
        told.throttled as f64 / seconds,
        told.turned_away as f64 / seconds,
        memory / 1024.0,
        usage.others_cores,
    );
    Ok(told.accepted.len())
}

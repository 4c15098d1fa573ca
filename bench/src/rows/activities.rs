//! activities: tasks that workers outside ask for, and how fast a worker that waits gets one.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Run, circumstances};
use crate::Trouble;
use crate::client::Client;
use crate::definitions::{self, STEPS};
use crate::load::{Limit, drive, percentile};
use crate::machine::{Activity, Kind, Machine};
use crate::process::Meter;
use crate::server::Server;

const WORKERS: usize = 16;
/// How many executions may be open, so that neither workers nor starters run ahead of the other.
const OPEN: usize = 256;
const STUCK: Duration = Duration::from_secs(60);
const HAND_OFFS: usize = 300;
/// Long enough for a poll to have reached the server.
const POLL_ARRIVES: Duration = Duration::from_millis(3);

pub(super) async fn measure(run: &mut Run<'_>) -> Result<(), Trouble> {
    let server = run.fresh().await?;
    throughput(run, &server).await?;
    hand_off(run, &server).await
}

async fn throughput(run: &mut Run<'_>, server: &Server) -> Result<(), Trouble> {
    let clients = run.clients(16);
    let activity = Activity::create(server.authority()).await?;
    let definition = definitions::activity_steps(activity.arn());
    let machine = Machine::create(server.authority(), Kind::Standard, &definition).await?;
    let open = Rc::new(Semaphore::new(OPEN));
    let tasks = Rc::new(Cell::new(0_usize));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| work(Client::new(server.authority()), &activity, &open, &tasks))
        .collect();
    let meter = Meter::start(server.tree())?;
    let begun = Instant::now();
    let start = {
        let (machine, open) = (machine.clone(), open.clone());
        async move |client: &mut Client, number: usize| {
            // The worker that does the last step gives the place back.
            timeout(STUCK, open.acquire())
                .await
                .map_err(|_| "no activity task was done for a minute")??
                .forget();
            machine
                .start(client, &definitions::pass_chain_input(number))
                .await
                .map(drop)
        }
    };
    let mut done = drive(
        server.authority(),
        clients,
        Limit::For(run.options.duration),
        start,
    )
    .await?;
    let mut client = Client::new(server.authority());
    let settled = machine.settle(&mut client).await;
    done.elapsed = begun.elapsed();
    let usage = meter.stop()?;
    for worker in workers {
        if worker.is_finished() {
            worker.await??;
        } else {
            worker.abort();
        }
    }
    settled?;
    machine.all_succeeded(&mut client, done.count).await?;
    let executions = done.count;
    done.count = tasks.get();
    let how = format!(
        "{STEPS} activity tasks in a row, {WORKERS} workers, {clients} starters, {executions} executions, all SUCCEEDED{}",
        circumstances(&done, &usage),
    );
    run.report
        .rate("activity tasks", done.per_second(), "tasks/s", how);
    run.cpu("  activity tasks, server CPU", &done, &usage, "task");
    Ok(())
}

/// A worker: asks for a task, does it at once, and asks again.
fn work(
    mut client: Client,
    activity: &Activity,
    open: &Rc<Semaphore>,
    tasks: &Rc<Cell<usize>>,
) -> JoinHandle<Result<(), String>> {
    let (activity, open, tasks) = (activity.clone(), open.clone(), tasks.clone());
    tokio::task::spawn_local(async move {
        loop {
            let done = async {
                let Some(task) = activity.next_task(&mut client).await? else {
                    return Ok::<_, Trouble>(());
                };
                let input: Value = serde_json::from_str(task["input"].as_str().unwrap_or("null"))?;
                let answer = json!({ "taskToken": task["taskToken"], "output": task["input"] });
                client.call("SendTaskSuccess", answer.to_string()).await?;
                tasks.set(tasks.get() + 1);
                if input["step"] == STEPS {
                    open.add_permits(1);
                }
                Ok(())
            };
            // A String, because a Trouble cannot leave its task.
            done.await.map_err(|trouble| trouble.to_string())?;
        }
    })
}

async fn hand_off(run: &mut Run<'_>, server: &Server) -> Result<(), Trouble> {
    let activity = Activity::create(server.authority()).await?;
    let definition = definitions::activity_step(activity.arn());
    let machine = Machine::create(server.authority(), Kind::Standard, &definition).await?;
    let (handed, mut hands) = mpsc::unbounded_channel();
    let worker = {
        let (activity, mut client) = (activity.clone(), Client::new(server.authority()));
        tokio::task::spawn_local(async move {
            loop {
                let task = activity.next_task(&mut client).await;
                let got = Instant::now();
                let task = task.map_err(|trouble| trouble.to_string());
                if handed.send(task.map(|task| (task, got))).is_err() {
                    return;
                }
            }
        })
    };
    let mut client = Client::new(server.authority());
    let mut samples = Vec::with_capacity(HAND_OFFS);
    for number in 0..HAND_OFFS {
        tokio::time::sleep(POLL_ARRIVES).await;
        let started = Instant::now();
        machine
            .start(&mut client, &definitions::pass_chain_input(number))
            .await?;
        let (task, got) = loop {
            if let (Some(task), got) = hands.recv().await.ok_or("the worker has ended")?? {
                break (task, got);
            }
        };
        samples.push(got.saturating_duration_since(started));
        let answer = json!({ "taskToken": task["taskToken"], "output": "{}" });
        client.call("SendTaskSuccess", answer.to_string()).await?;
        if started.elapsed() > run.options.duration {
            break;
        }
    }
    worker.abort();
    samples.sort_unstable();
    let how = format!(
        "StartExecution sent to its task in the hands of a worker that waited; {} times, one at a time",
        samples.len()
    );
    let milliseconds = |percent| percentile(&samples, percent).as_secs_f64() * 1e3;
    run.report
        .cost("  hand-off p50", milliseconds(50.0), "ms", how.clone());
    run.report.cost("  hand-off p99", milliseconds(99.0), "ms", how);
    Ok(())
}

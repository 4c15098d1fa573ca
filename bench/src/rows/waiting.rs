//! waiting: executions that only wait or have ended: what they cost, and what a crash does to them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Run, pass_chain_machine, start_all, start_all_with, warm_up};
use crate::Trouble;
use crate::client::Client;
use crate::definitions;
use crate::load::Limit;
use crate::machine::{Activity, Kind, Machine};
use crate::server::Server;

/// What a server surely starts in a second, so that every execution of `timers` waits before the first is due.
const STARTS_PER_SECOND: usize = 3_000;
/// What is left for the kill and the start after it.
const BEFORE_DUE: SignedDuration = SignedDuration::from_secs(5);

/// The names under which one kind of waiting stands.
struct Names {
    each: &'static str,
    later: &'static str,
    cpu: &'static str,
    state: &'static str,
}

pub(super) async fn parked(run: &mut Run<'_>) -> Result<(), Trouble> {
    let names = Names {
        each: "memory per parked execution",
        later: "  each of the second half",
        cpu: "  CPU while parked",
        state: "in a Wait state",
    };
    let server = run.fresh().await?;
    memory(run, &server, &definitions::parked(), &names).await
}

pub(super) async fn callbacks(run: &mut Run<'_>) -> Result<(), Trouble> {
    let names = Names {
        each: "memory per execution that waits for an activity",
        later: "  each of the second half of them",
        cpu: "  CPU while they wait",
        state: "that wait for an activity nobody asks for",
    };
    let server = run.fresh().await?;
    let activity = Activity::create(server.authority()).await?;
    memory(run, &server, &definitions::activity_step(activity.arn()), &names).await
}

async fn memory(
    run: &mut Run<'_>,
    server: &Server,
    definition: &Value,
    names: &Names,
) -> Result<(), Trouble> {
    let tree = server.known_tree()?;
    let count = run.options.count;
    // What a server needs to work at all is no part of what an execution needs.
    warm_up(server, &pass_chain_machine(server).await?).await?;
    let none = tree.settled_memory_kib().await?;
    let half = count.div_ceil(2);
    park(run, server, definition, half).await?;
    let some = tree.settled_memory_kib().await?;
    let rest = count - half;
    park(run, server, definition, rest).await?;
    let all = tree.settled_memory_kib().await?;
    let cpu_before = tree.cpu_seconds()?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = (tree.cpu_seconds()? - cpu_before) / 3.0;
    let how = format!(
        "PSS {:.1} MiB before, {:.1} MiB with {count} Standard executions {}, once steady",
        none / 1024.0,
        all / 1024.0,
        names.state,
    );
    let each = (all - none) * 1024.0 / count as f64;
    run.report.cost(names.each, each, "bytes", how);
    let how = format!(
        "PSS {:.1} MiB with the first {half} of them: what working memory costs once is left out",
        some / 1024.0
    );
    let later = (all - some) * 1024.0 / rest.max(1) as f64;
    run.report.cost(names.later, later, "bytes", how);
    let how = "over 3 s without requests";
    run.report.cost(names.cpu, idle * 100.0, "% of a core", how);
    Ok(())
}

pub(super) async fn finished(run: &mut Run<'_>) -> Result<(), Trouble> {
    let server = run.fresh().await?;
    let tree = server.known_tree()?;
    let machine = pass_chain_machine(&server).await?;
    let count = run.options.finished;
    // The first tenth fills what is filled once: caches, and what the allocator keeps.
    let tenth = count.div_ceil(10);
    let mut client = Client::new(server.authority());
    start_all(&server, &machine, run.clients(64), Limit::Count(tenth)).await?;
    machine.settle(&mut client).await?;
    let early = tree.settled_memory_kib().await? / 1024.0;
    start_all(&server, &machine, run.clients(64), Limit::Count(count - tenth)).await?;
    machine.settle(&mut client).await?;
    let late = tree.settled_memory_kib().await? / 1024.0;
    let how =
        format!("PSS after {count} 10-Pass executions have ended; {early:.1} MiB after the first {tenth}");
    run.report.cost("memory after many executions", late, "MiB", how);
    Ok(())
}

pub(super) async fn restart(run: &mut Run<'_>) -> Result<(), Trouble> {
    let server = run.fresh().await?;
    let count = run.options.count;
    let machine = park(run, &server, &definitions::parked(), count).await?;
    let server = server.kill_and_restart().await?;
    let how =
        format!("spawn to the answer of ListStateMachines, after kill -9 with {count} waiting executions");
    let first = server.first_answer()?.as_secs_f64() * 1e3;
    run.report.cost("start-up after kill -9", first, "ms", how);
    expect_running(&server, &machine, count).await
}

pub(super) async fn timers(run: &mut Run<'_>) -> Result<(), Trouble> {
    let server = run.fresh().await?;
    let count = run.options.count;
    let due = Timestamp::now() + SignedDuration::from_secs((count / STARTS_PER_SECOND) as i64) + BEFORE_DUE;
    // Whole seconds: AWS's clients have no finer ones.
    let due = Timestamp::from_second(due.as_second() + 1)?;
    let machine = Machine::create(server.authority(), Kind::Standard, &definitions::wait_until(due)).await?;
    park_on(run, &server, &machine, count).await?;
    let spare = due.duration_since(Timestamp::now());
    if !spare.is_positive() {
        return Err(
            format!("the machine is too slow to start {count} executions before they are due").into(),
        );
    }
    let server = server.kill_and_restart().await?;
    expect_running(&server, &machine, count).await?;
    let mut client = Client::new(server.authority());
    machine.settle(&mut client).await?;
    let late = Timestamp::now().duration_since(due).as_secs_f64();
    machine.all_succeeded(&mut client, count).await?;
    let how = format!(
        "kill -9 with {count} executions whose Wait ends at one moment {:.1} s later, and started again at once: \
         from that moment until none runs",
        spare.as_secs_f64(),
    );
    run.report.cost("last timer after kill -9", late, "s late", how);
    Ok(())
}

/// Starts `count` executions that wait, and sees that all of them do.
async fn park(run: &Run<'_>, server: &Server, definition: &Value, count: usize) -> Result<Machine, Trouble> {
    let machine = Machine::create(server.authority(), Kind::Standard, definition).await?;
    park_on(run, server, &machine, count).await?;
    Ok(machine)
}

async fn park_on(run: &Run<'_>, server: &Server, machine: &Machine, count: usize) -> Result<(), Trouble> {
    let input = |_| "{}".to_owned();
    start_all_with(server, machine, run.clients(64), Limit::Count(count), input).await?;
    expect_running(server, machine, count).await
}

async fn expect_running(server: &Server, machine: &Machine, count: usize) -> Result<(), Trouble> {
    let running = machine
        .count(&mut Client::new(server.authority()), "RUNNING")
        .await?;
    if running == count {
        return Ok(());
    }
    Err(format!("{count} executions were to be waiting and {running} are").into())
}

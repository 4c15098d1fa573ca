//! standard: Standard executions of ten Pass states, one by one and many at once, and looking at them.

use std::time::{Duration, Instant};

use super::{Run, WARM_UP, circumstances, pass_chain_machine, start_all, warm_up};
use crate::Trouble;
use crate::client::Client;
use crate::definitions;
use crate::load::{Done, Limit, drive};
use crate::machine::{Machine, follow};
use crate::process::Meter;
use crate::server::Server;

pub(super) async fn pass10(run: &mut Run<'_>) -> Result<(), Trouble> {
    let clients = run.clients(64);
    let server = run.fresh().await?;
    let machine = pass_chain_machine(&server).await?;
    warm_up(&server, &machine).await?;
    let meter = Meter::start(server.tree())?;
    let begun = Instant::now();
    let mut done = start_all(&server, &machine, clients, Limit::For(run.options.duration)).await?;
    let mut client = Client::new(server.authority());
    machine.settle(&mut client).await?;
    done.elapsed = begun.elapsed();
    let usage = meter.stop()?;
    machine.all_succeeded(&mut client, done.count + WARM_UP).await?;
    let how = format!(
        "{clients} clients start executions for {} s; clock stopped when none ran any more; all {} SUCCEEDED{}",
        run.options.duration.as_secs_f64(),
        done.count,
        circumstances(&done, &usage),
    );
    run.report
        .rate("10-Pass Standard", done.per_second(), "exec/s", how);
    let how = format!("how long StartExecution took to be answered, {clients} clients");
    let (p50, p99) = (done.percentile_ms(50.0), done.percentile_ms(99.0));
    run.report.cost("  StartExecution p50", p50, "ms", how.clone());
    run.report.cost("  StartExecution p99", p99, "ms", how);
    run.cpu("  10-Pass Standard, server CPU", &done, &usage, "execution");
    Ok(())
}

pub(super) async fn followed(run: &mut Run<'_>) -> Result<(), Trouble> {
    let clients = run.clients(64);
    let server = run.fresh().await?;
    let machine = pass_chain_machine(&server).await?;
    warm_up(&server, &machine).await?;
    let meter = Meter::start(server.tree())?;
    let done = start_and_follow(&server, &machine, clients, run.options.duration).await?;
    let usage = meter.stop()?;
    let how = format!(
        "{clients} clients for {} s, each StartExecution then DescribeExecution until SUCCEEDED{}",
        run.options.duration.as_secs_f64(),
        circumstances(&done, &usage),
    );
    run.report
        .rate("10-Pass Standard, followed", done.per_second(), "exec/s", how);
    let how = format!("StartExecution sent to SUCCEEDED seen, {clients} clients");
    let (p50, p99) = (done.percentile_ms(50.0), done.percentile_ms(99.0));
    run.report.cost("  start to end p50", p50, "ms", how.clone());
    run.report.cost("  start to end p99", p99, "ms", how);
    run.cpu(
        "  followed, server CPU",
        &done,
        &usage,
        "execution and its DescribeExecution",
    );
    Ok(())
}

pub(super) async fn latency(run: &mut Run<'_>) -> Result<(), Trouble> {
    let server = run.fresh().await?;
    let machine = pass_chain_machine(&server).await?;
    warm_up(&server, &machine).await?;
    let meter = Meter::start(server.tree())?;
    let done = start_and_follow(&server, &machine, 1, run.options.duration).await?;
    let usage = meter.stop()?;
    let how = format!(
        "1 client, 10-Pass Standard, StartExecution sent to DescribeExecution SUCCEEDED, {} times{}",
        done.count,
        circumstances(&done, &usage),
    );
    let (p50, p99) = (done.percentile_ms(50.0), done.percentile_ms(99.0));
    run.report.cost("latency alone p50", p50, "ms", how.clone());
    run.report.cost("latency alone p99", p99, "ms", how);
    Ok(())
}

pub(super) async fn describe(run: &mut Run<'_>) -> Result<(), Trouble> {
    let clients = run.clients(16);
    let server = run.fresh().await?;
    let machine = pass_chain_machine(&server).await?;
    let mut client = Client::new(server.authority());
    let execution = machine
        .start(&mut client, &definitions::pass_chain_input(0))
        .await?;
    follow(&mut client, &execution).await?;
    let ask = async move |client: &mut Client, _: usize| follow(client, &execution).await;
    drive(server.authority(), 1, Limit::Count(WARM_UP), ask.clone()).await?;
    let meter = Meter::start(server.tree())?;
    let done = drive(server.authority(), clients, Limit::For(run.options.duration), ask).await?;
    let usage = meter.stop()?;
    let how = format!(
        "one finished 10-Pass execution, {clients} clients for {} s{}",
        run.options.duration.as_secs_f64(),
        circumstances(&done, &usage),
    );
    run.report
        .rate("DescribeExecution", done.per_second(), "req/s", how);
    let how = format!("{clients} clients");
    run.report
        .cost("  DescribeExecution p50", done.percentile_ms(50.0), "ms", how);
    run.cpu("  DescribeExecution, server CPU", &done, &usage, "request");
    Ok(())
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

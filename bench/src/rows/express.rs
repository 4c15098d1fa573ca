//! express: Express executions that the caller waits for.

use serde_json::Value;

use super::{Run, WARM_UP, circumstances};
use crate::Trouble;
use crate::client::Client;
use crate::definitions;
use crate::load::{Limit, drive};
use crate::machine::{Kind, Machine};
use crate::process::Meter;

/// The names under which one machine's figures stand.
struct Names {
    rate: &'static str,
    p50: &'static str,
    p99: &'static str,
    cpu: &'static str,
    language: &'static str,
}

pub(super) async fn jsonata(run: &mut Run<'_>) -> Result<(), Trouble> {
    let names = Names {
        rate: "Express sync",
        p50: "  StartSyncExecution p50",
        p99: "  StartSyncExecution p99",
        cpu: "  Express sync, server CPU",
        language: "JSONata",
    };
    measure(run, &definitions::express_jsonata(), &names).await
}

pub(super) async fn jsonpath(run: &mut Run<'_>) -> Result<(), Trouble> {
    let names = Names {
        rate: "Express sync, JSONPath",
        p50: "  the same, StartSyncExecution p50",
        p99: "  the same, StartSyncExecution p99",
        cpu: "  the same, server CPU",
        language: "JSONPath",
    };
    measure(run, &definitions::express_jsonpath(), &names).await
}

async fn measure(run: &mut Run<'_>, definition: &Value, names: &Names) -> Result<(), Trouble> {
    let clients = run.clients(16);
    let server = run.fresh().await?;
    let machine = Machine::create(server.authority(), Kind::Express, definition).await?;
    let call = async move |client: &mut Client, number: usize| {
        machine.run(client, &definitions::express_input(number)).await
    };
    drive(server.authority(), 1, Limit::Count(WARM_UP), call.clone()).await?;
    let meter = Meter::start(server.tree())?;
    let done = drive(
        server.authority(),
        clients,
        Limit::For(run.options.duration),
        call,
    )
    .await?;
    let usage = meter.stop()?;
    let how = format!(
        "StartSyncExecution, Choice and Pass with {} arithmetic, {clients} clients for {} s{}",
        names.language,
        run.options.duration.as_secs_f64(),
        circumstances(&done, &usage),
    );
    run.report.rate(names.rate, done.per_second(), "exec/s", how);
    let how = format!("StartSyncExecution, {clients} clients");
    run.report
        .cost(names.p50, done.percentile_ms(50.0), "ms", how.clone());
    run.report.cost(names.p99, done.percentile_ms(99.0), "ms", how);
    run.cpu(names.cpu, &done, &usage, "execution");
    Ok(())
}

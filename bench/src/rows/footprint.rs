//! footprint: size, start-up and memory of a server that has nothing to do.

use std::fs;

use super::Run;
use crate::Trouble;
use crate::load::percentile;
use crate::side::Target;

const STARTS: usize = 11;

pub(super) fn size(run: &mut Run<'_>) -> Result<(), Trouble> {
    let Target::Binary(binary) = &run.side.target else {
        return Err("there is no binary to look at".into());
    };
    let bytes = fs::metadata(binary)
        .map_err(|error| format!("{}: {error}", binary.display()))?
        .len();
    let how = "the file's length, in millions of bytes";
    run.report.cost("binary size", bytes as f64 / 1e6, "MB", how);
    Ok(())
}

pub(super) async fn startup(run: &mut Run<'_>) -> Result<(), Trouble> {
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let server = run.fresh().await?;
        starts.push(server.first_answer()?);
        server.end().await?;
    }
    starts.sort_unstable();
    let how = format!("spawn to the answer of ListStateMachines, empty folder; median of {STARTS}");
    let median = percentile(&starts, 50.0).as_secs_f64() * 1e3;
    run.report.cost("start-up", median, "ms", how);
    Ok(())
}

pub(super) async fn idle(run: &mut Run<'_>) -> Result<(), Trouble> {
    let server = run.fresh().await?;
    let memory = server.known_tree()?.settled_memory_kib().await?;
    let how = "PSS without requests, once steady";
    run.report.cost("idle memory", memory / 1024.0, "MiB", how);
    Ok(())
}

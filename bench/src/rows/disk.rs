//! disk: what finished executions leave behind, and what the disk itself can do.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use super::{Run, pass_chain_machine, start_all};
use crate::Trouble;
use crate::client::Client;
use crate::load::{Limit, percentile};

const SYNC_BYTES: usize = 4096;

pub(super) async fn finished(run: &mut Run<'_>) -> Result<(), Trouble> {
    let empty = run.fresh().await?;
    pass_chain_machine(&empty).await?;
    let before = empty.end().await?;
    let server = run.fresh().await?;
    let machine = pass_chain_machine(&server).await?;
    let count = run.options.count;
    start_all(&server, &machine, run.clients(64), Limit::Count(count)).await?;
    let mut client = Client::new(server.authority());
    machine.settle(&mut client).await?;
    machine.all_succeeded(&mut client, count).await?;
    let after = server.end().await?;
    let how = format!(
        "blocks of the data folder after SIGTERM with {count} 10-Pass executions (22 events each), less {} KiB of an empty one",
        before / 1024,
    );
    let each = after.saturating_sub(before) as f64 / count as f64;
    run.report.cost("disk per finished execution", each, "bytes", how);
    Ok(())
}

/// What one small durable write costs where the data folders lie: the floor under every latency above.
pub(super) fn fdatasync(run: &mut Run<'_>) -> Result<(), Trouble> {
    let folder = &run.options.folder;
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("fdatasync-{}", std::process::id()));
    let mut file = fs::File::create(&path)?;
    let block = [0x5a; SYNC_BYTES];
    file.write_all(&block)?;
    file.sync_all()?;
    let mut samples = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < run.options.duration.min(Duration::from_secs(3)) {
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
        folder.display(),
        samples.len()
    );
    let milliseconds = |percent| percentile(&samples, percent).as_secs_f64() * 1e3;
    run.report
        .cost("fdatasync p50", milliseconds(50.0), "ms", how.clone());
    run.report.cost("fdatasync p99", milliseconds(99.0), "ms", how);
    Ok(())
}

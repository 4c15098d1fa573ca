//! map: an inline Map over many items, with its whole history.

use std::time::Instant;

use super::Run;
use crate::Trouble;
use crate::client::Client;
use crate::definitions;
use crate::load::percentile;
use crate::machine::{Kind, Machine, follow};
use crate::side::Target;

/// The most that is taken of one size: enough for a median.
const TIMES: usize = 31;

/// How many items, and the names of the figures. With six events an item, histories of AWS's length end between the
/// second and the third; whether the cost of an item grows with their number is seen from all three.
const SIZES: [(usize, &str, &str); 3] = [
    (1_000, "inline Map of 1,000 items", "  each item of 1,000"),
    (4_000, "inline Map of 4,000 items", "  each item of 4,000"),
    (10_000, "inline Map of 10,000 items", "  each item of 10,000"),
];

const LONG_HISTORIES: &str = "[limits]\nhistory_events = 100000\n";

/// The most items whose events have room in a history of AWS's length.
const ITEMS_MAX: usize = 4_000;

pub(super) async fn measure(run: &mut Run<'_>) -> Result<(), Trouble> {
    let server = run.configured(LONG_HISTORIES).await?;
    let machine = Machine::create(server.authority(), Kind::Standard, &definitions::map()).await?;
    let mut client = Client::new(server.authority());
    let is_ours = matches!(run.side.target, Target::Binary(_));
    for (items, name, each) in SIZES {
        if items > ITEMS_MAX && !is_ours {
            continue;
        }
        let input = definitions::map_input(items);
        let mut samples = Vec::new();
        let begun = Instant::now();
        // The first is not counted.
        for time in 0..=TIMES {
            let started = Instant::now();
            let execution = machine.start(&mut client, &input).await?;
            follow(&mut client, &execution).await?;
            if time > 0 {
                samples.push(started.elapsed());
            }
            if time > 0 && begun.elapsed() > run.options.duration {
                break;
            }
        }
        samples.sort_unstable();
        let milliseconds = percentile(&samples, 50.0).as_secs_f64() * 1e3;
        let how = format!(
            "1 client, StartExecution sent to SUCCEEDED seen; Choice and Pass for each item; median of {}",
            samples.len()
        );
        run.report.cost(name, milliseconds, "ms", how);
        let how = "the same, divided";
        run.report
            .cost(each, milliseconds * 1e3 / items as f64, "µs", how);
    }
    Ok(())
}

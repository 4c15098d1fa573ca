//! report: a line for each case, and the table at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::case::Case;
use crate::replay::Failure;

/// How many cases of an area came to what.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Count {
    pub(crate) held: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

/// What became of all cases so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// By area.
    pub(crate) areas: BTreeMap<String, Count>,
    /// How many cases were skipped for want of a service.
    wanting: BTreeMap<String, usize>,
}

impl Report {
    /// Prints a case's line and counts it.
    pub(crate) fn add(&mut self, case: &Case, outcome: &Result<(), Failure>, took: Duration) {
        let count = self.areas.entry(case.area.clone()).or_default();
        let seconds = took.as_secs_f64();
        match outcome {
            Ok(()) => {
                count.held += 1;
                println!("holds  {} ({seconds:.1} s)", case.name);
            }
            Err(failure) => {
                count.failed += 1;
                println!("FAILS  {} ({seconds:.1} s)\n{failure}", case.name);
            }
        }
    }

    /// Counts a case that needs services which nobody here provides.
    pub(crate) fn skipped(&mut self, case: &Case, services: &[String]) {
        self.areas.entry(case.area.clone()).or_default().skipped += 1;
        *self.wanting.entry(services.join(", ")).or_default() += 1;
        println!("skips  {} (needs {})", case.name, services.join(", "));
    }

    pub(crate) fn all_hold(&self) -> bool {
        self.areas.values().all(|count| count.failed == 0)
    }

    /// Prints the table of areas.
    pub(crate) fn print(&self) {
        println!("\n{:24} {:>5} {:>5} {:>7}", "area", "held", "of", "skipped");
        let mut total = Count::default();
        for (area, count) in &self.areas {
            row(area, *count);
            total.held += count.held;
            total.failed += count.failed;
            total.skipped += count.skipped;
        }
        row("all", total);
        for (services, count) in &self.wanting {
            println!("{count} skipped: they need {services}");
        }
    }
}

fn row(area: &str, count: Count) {
    let replayed = count.held + count.failed;
    println!("{area:24} {:>5} {replayed:>5} {:>7}", count.held, count.skipped);
}

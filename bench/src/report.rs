//! report: the figures, as a table, as Markdown or as JSON.

use std::fs;
use std::thread::available_parallelism;

use serde_json::{Value, json};

use crate::options::{Options, Output};
use crate::side::{Side, Target};

/// One figure: a line of the table.
struct Figure {
    name: &'static str,
    unit: &'static str,
    better: Better,
    /// What was measured, for each side that was.
    sides: Vec<Measured>,
}

/// Which direction is good, for ratios that read the same way: above one is better.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

/// What a side showed over the runs.
struct Measured {
    side: usize,
    samples: Vec<f64>,
    /// How the last one came about: enough to judge it by and to measure it again.
    how: String,
}

impl Measured {
    fn median(&self) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            count if count % 2 == 1 => sorted[count / 2],
            count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0,
        }
    }

    fn range(&self) -> (f64, f64) {
        self.samples
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), sample| {
                (least.min(*sample), most.max(*sample))
            })
    }
}

/// All figures of a run, and where they come from.
pub(crate) struct Report {
    sides: Vec<Side>,
    machine: String,
    figures: Vec<Figure>,
    /// The side that is being measured.
    side: usize,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            sides: options.sides.clone(),
            machine: machine(),
            figures: Vec::new(),
            side: 0,
        }
    }

    /// What follows is about this side.
    pub(crate) fn about(&mut self, side: usize) {
        self.side = side;
    }

    /// Adds a sample of a figure of which more is better: a rate.
    pub(crate) fn rate(
        &mut self,
        name: &'static str,
        value: f64,
        unit: &'static str,
        how: impl Into<String>,
    ) {
        self.add(name, value, unit, Better::More, how.into());
    }

    /// Adds a sample of a figure of which less is better: a cost.
    pub(crate) fn cost(
        &mut self,
        name: &'static str,
        value: f64,
        unit: &'static str,
        how: impl Into<String>,
    ) {
        self.add(name, value, unit, Better::Less, how.into());
    }

    fn add(&mut self, name: &'static str, value: f64, unit: &'static str, better: Better, how: String) {
        let figure = match self.figures.iter_mut().find(|figure| figure.name == name) {
            Some(figure) => figure,
            None => {
                self.figures.push(Figure {
                    name,
                    unit,
                    better,
                    sides: Vec::new(),
                });
                self.figures.last_mut().expect("a figure was just added")
            }
        };
        match figure
            .sides
            .iter_mut()
            .find(|measured| measured.side == self.side)
        {
            Some(measured) => {
                measured.samples.push(value);
                measured.how = how;
            }
            None => figure.sides.push(Measured {
                side: self.side,
                samples: vec![value],
                how,
            }),
        }
    }

    pub(crate) fn print(&self, output: Output) {
        match output {
            Output::Table => print!("{}", self.table()),
            Output::Markdown => print!("{}", self.markdown()),
            Output::Json => println!("{:#}", self.json()),
        }
    }

    fn table(&self) -> String {
        let rows = self.rows();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let mut table = self.heading();
        for row in &rows {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, &width))| match column {
                    // Names, units and explanations begin on the left, numbers end on the right.
                    0 => format!("{cell:<width$}"),
                    _ if column + 1 == row.len() => cell.clone(),
                    _ => format!("{cell:>width$}"),
                })
                .collect();
            table += cells.join("  ").trim_end();
            table.push('\n');
        }
        table
    }

    fn markdown(&self) -> String {
        let rows = self.rows();
        let mut text = self.heading();
        text.push('\n');
        for (number, row) in rows.iter().enumerate() {
            text += &format!("| {} |\n", row.join(" | "));
            if number == 0 {
                text += &format!("|{}\n", " --- |".repeat(row.len()));
            }
        }
        text
    }

    /// The table's cells; the first row names the columns.
    fn rows(&self) -> Vec<Vec<String>> {
        let mut head = vec![String::new(), self.sides[0].name.clone(), String::new()];
        for side in &self.sides[1..] {
            head.extend([side.name.clone(), "ratio".to_owned()]);
        }
        head.push("how".to_owned());
        let mut rows = vec![head];
        for figure in &self.figures {
            let of = |side: usize| figure.sides.iter().find(|measured| measured.side == side);
            let ours = of(0);
            let mut row = vec![figure.name.to_owned(), cell(ours), figure.unit.to_owned()];
            for side in 1..self.sides.len() {
                let theirs = of(side);
                let ratio = ours.zip(theirs).map(|(ours, theirs)| match figure.better {
                    Better::More => ours.median() / theirs.median(),
                    Better::Less => theirs.median() / ours.median(),
                });
                row.push(cell(theirs));
                row.push(
                    ratio
                        .map(|ratio| format!("{} ×", shown(ratio)))
                        .unwrap_or_default(),
                );
            }
            let how = ours.or_else(|| figure.sides.first());
            row.push(how.map(|measured| measured.how.clone()).unwrap_or_default());
            rows.push(row);
        }
        rows
    }

    fn heading(&self) -> String {
        let mut text = format!("{}\n", self.machine);
        for side in &self.sides {
            let place = match &side.target {
                Target::Binary(binary) => binary.display().to_string(),
                Target::Endpoint { authority, .. } => authority.clone(),
            };
            let keeps = side.keeps.as_deref().unwrap_or("not said");
            text += &format!(
                "{} ({place}); what it keeps when the power fails: {keeps}\n",
                side.name
            );
        }
        text
    }

    fn json(&self) -> Value {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|figure| {
                let sides: Vec<Value> = figure
                    .sides
                    .iter()
                    .map(|measured| {
                        json!({
                            "name": self.sides[measured.side].name,
                            "median": measured.median(),
                            "samples": measured.samples,
                            "how": measured.how,
                        })
                    })
                    .collect();
                json!({ "name": figure.name.trim(), "unit": figure.unit, "sides": sides })
            })
            .collect();
        json!({ "machine": self.machine, "figures": figures })
    }
}

/// A median, and between what the samples lay.
fn cell(measured: Option<&Measured>) -> String {
    let Some(measured) = measured else {
        return String::new();
    };
    let median = shown(measured.median());
    if measured.samples.len() == 1 {
        return median;
    }
    let (least, most) = measured.range();
    format!("{median} ({}–{})", shown(least), shown(most))
}

/// What the figures were measured on.
fn machine() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let load = read("/proc/loadavg");
    let processors = read("/proc/cpuinfo");
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let memory = read("/proc/meminfo");
    let memory: f64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0.0);
    format!(
        "{cores} cores ({model}), {:.0} GiB, Linux {}, load {} before",
        memory / 1024.0 / 1024.0,
        read("/proc/sys/kernel/osrelease").trim(),
        load.split(' ').next().unwrap_or("unknown"),
    )
}

/// A number with about three digits that say something, and thousands apart.
fn shown(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        let left = whole.len() - position;
        if position > 0 && left % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let side = |name: &str| Side {
            name: name.to_owned(),
            keeps: None,
            target: Target::Endpoint {
                authority: "127.0.0.1:1".to_owned(),
                pid: None,
            },
        };
        Report {
            sides: vec![side("ours"), side("theirs")],
            machine: "a machine".to_owned(),
            figures: Vec::new(),
            side: 0,
        }
    }

    #[test]
    fn a_ratio_above_one_is_always_better() {
        let mut report = report();
        report.rate("rate", 300.0, "exec/s", "counted");
        report.cost("latency", 2.0, "ms", "timed");
        report.about(1);
        report.rate("rate", 100.0, "exec/s", "counted");
        report.cost("latency", 4.0, "ms", "timed");
        let rows = report.rows();
        assert_eq!(rows[1][4], "3.00 ×");
        assert_eq!(rows[2][4], "2.00 ×");
    }

    #[test]
    fn the_median_of_several_runs_is_shown_with_their_range() {
        let mut report = report();
        for sample in [5.0, 1.0, 3.0] {
            report.cost("latency", sample, "ms", "timed");
        }
        assert_eq!(report.rows()[1][1], "3.00 (1.00–5.00)");
    }

    #[test]
    fn what_a_side_cannot_do_is_left_empty() {
        let mut report = report();
        report.cost("size", 25.0, "MB", "looked at");
        assert_eq!(report.rows()[1], ["size", "25.0", "MB", "", "", "looked at"]);
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(shown(1_234_567.8), "1,234,568");
        assert_eq!(shown(999.4), "999");
        assert_eq!(shown(-123_456.0), "-123,456");
        assert_eq!(shown(-123.0), "-123");
        assert_eq!(shown(12.345), "12.3");
        assert_eq!(shown(0.0789), "0.079");
    }
}

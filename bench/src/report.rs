//! report: the figures, as a table or as JSON.

use std::fs;
use std::thread::available_parallelism;

use serde_json::{Value, json};

use crate::options::{Options, Output, Target};

/// One measured figure.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// How it was measured: enough to judge it by and to measure it again.
    pub(crate) how: String,
}

/// All figures of a run, and where they come from.
pub(crate) struct Report {
    target: String,
    figures: Vec<Figure>,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        let target = match &options.target {
            Target::Binary(binary) => binary.display().to_string(),
            Target::Endpoint { authority, .. } => authority.clone(),
        };
        Self {
            target,
            figures: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, name: &'static str, value: f64, unit: &'static str, how: impl Into<String>) {
        self.figures.push(Figure {
            name,
            value,
            unit,
            how: how.into(),
        });
    }

    pub(crate) fn print(&self, output: Output) {
        match output {
            Output::Table => print!("{}", self.table()),
            Output::Json => println!("{:#}", self.json()),
        }
    }

    fn table(&self) -> String {
        let values: Vec<String> = self.figures.iter().map(|figure| shown(figure.value)).collect();
        let names = self
            .figures
            .iter()
            .map(|figure| figure.name.len())
            .max()
            .unwrap_or(0);
        let numbers = values.iter().map(String::len).max().unwrap_or(0);
        let units = self
            .figures
            .iter()
            .map(|figure| figure.unit.len())
            .max()
            .unwrap_or(0);
        let mut table = format!("{}, {}\n", self.target, machine());
        for (figure, value) in self.figures.iter().zip(&values) {
            let Figure { name, unit, how, .. } = figure;
            table += &format!("{name:<names$}  {value:>numbers$} {unit:<units$}  {how}\n");
        }
        table
    }

    fn json(&self) -> Value {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(
                |Figure {
                     name,
                     value,
                     unit,
                     how,
                 }| json!({ "name": name, "value": value, "unit": unit, "how": how }),
            )
            .collect();
        json!({ "target": self.target, "machine": machine(), "figures": figures })
    }
}

fn machine() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{cores} cores, load {}",
        load.split(' ').next().unwrap_or("unknown")
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

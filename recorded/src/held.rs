//! held: how many cases of each area are known to hold.
//!
//! `held.toml` is committed, so that no change loses a case unnoticed. Counts only go up.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Trouble;
use crate::report::{Count, Report};

const INTRODUCTION: &str = "\
# How many recorded cases of each area hold. `cargo run -p recorded -- --raise BINARY` raises the counts.
";

/// The counts of `held.toml`.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Held {
    areas: BTreeMap<String, usize>,
}

impl Held {
    pub(crate) fn read() -> Result<Self, Trouble> {
        let text = std::fs::read_to_string(path())?;
        Ok(toml::from_str(&text)?)
    }

    pub(crate) fn write(&self) -> Result<(), Trouble> {
        Ok(std::fs::write(
            path(),
            format!("{INTRODUCTION}\n{}", toml::to_string(self)?),
        )?)
    }

    /// A sentence for every area in which fewer cases hold than is known. Those that were skipped may hold.
    pub(crate) fn lost(&self, report: &Report) -> Vec<String> {
        self.areas
            .iter()
            .filter_map(|(area, &known)| {
                let count = report.areas.get(area).copied().unwrap_or_default();
                let Count { held, skipped, .. } = count;
                (held + skipped < known).then(|| format!("{area}: {held} cases hold, and {known} did"))
            })
            .collect()
    }

    /// A sentence for every area in which more cases hold than is known.
    pub(crate) fn gained(&self, report: &Report) -> Vec<String> {
        self.raised(report)
            .areas
            .iter()
            .filter(|(area, held)| self.known(area) < **held)
            .map(|(area, held)| {
                format!(
                    "{area}: held.toml can be raised from {} to {held}",
                    self.known(area)
                )
            })
            .collect()
    }

    /// The counts of a report, where they are higher.
    pub(crate) fn raised(&self, report: &Report) -> Self {
        let raise = |(area, count): (&String, &Count)| (area.clone(), count.held.max(self.known(area)));
        let mut areas = self.areas.clone();
        areas.extend(report.areas.iter().map(raise).filter(|(_, held)| *held > 0));
        Self { areas }
    }

    fn known(&self, area: &str) -> usize {
        self.areas.get(area).copied().unwrap_or(0)
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("held.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(areas: &[(&str, usize)]) -> Held {
        Held {
            areas: areas
                .iter()
                .map(|(area, held)| ((*area).to_owned(), *held))
                .collect(),
        }
    }

    fn report(areas: &[(&str, usize)]) -> Report {
        let mut report = Report::default();
        for (area, held) in areas {
            let count = Count {
                held: *held,
                ..Count::default()
            };
            report.areas.insert((*area).to_owned(), count);
        }
        report
    }

    #[test]
    fn fewer_cases_are_a_loss_and_more_a_gain() {
        let known = held(&[("a", 2), ("b", 2), ("c", 1)]);
        let report = report(&[("a", 1), ("b", 3), ("d", 1), ("e", 0)]);
        assert_eq!(
            known.lost(&report),
            ["a: 1 cases hold, and 2 did", "c: 0 cases hold, and 1 did"]
        );
        assert_eq!(
            known.gained(&report),
            [
                "b: held.toml can be raised from 2 to 3",
                "d: held.toml can be raised from 0 to 1"
            ]
        );
        assert_eq!(
            known.raised(&report),
            held(&[("a", 2), ("b", 3), ("c", 1), ("d", 1)])
        );
    }

    #[test]
    fn skipped_cases_are_no_loss() {
        let known = held(&[("a", 3), ("b", 3)]);
        let mut report = report(&[("a", 1), ("b", 1)]);
        report.areas.insert(
            "a".to_owned(),
            Count {
                held: 1,
                skipped: 2,
                ..Count::default()
            },
        );
        assert_eq!(known.lost(&report), ["b: 1 cases hold, and 3 did"]);
    }

    #[test]
    fn committed_counts_can_be_read() {
        Held::read().unwrap();
    }
}

//! Definition files: JSON, or YAML by their name's ending; and findings shown at their place.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context;
use asl::{Diagnostic, Limits, Reading, Rules, SdkActions, Severity};

/// A definition file and what came of reading it.
pub(crate) struct Definition {
    /// Its text as it stands in the file.
    pub(crate) text: String,
    /// The machine, or what is wrong with it.
    pub(crate) reading: Reading,
}

/// Reads a definition file. A name that ends in `.yaml` or `.yml` is YAML, everything else JSON; `-` is standard input.
pub(crate) fn read(path: &Path, express: bool, limits: Limits) -> anyhow::Result<Definition> {
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin()).context("failed to read standard input")?
    } else {
        fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?
    };
    let rules = Rules {
        express,
        sdk_actions: SdkActions(integrations::is_sdk_action),
        limits,
    };
    let is_yaml = path
        .extension()
        .is_some_and(|ending| ending == "yaml" || ending == "yml");
    let reading = if is_yaml {
        asl::read_yaml(&text, rules)
    } else {
        asl::read(&text, rules)
    };
    Ok(Definition { text, reading })
}

impl Definition {
    /// The findings for people: file, line and column, code, words, and the line itself with a mark.
    pub(crate) fn findings(&self, path: &Path) -> String {
        let mut out = String::new();
        for finding in &self.reading.diagnostics {
            self.finding(path, finding, &mut out);
        }
        out
    }

    fn finding(&self, path: &Path, finding: &Diagnostic, out: &mut String) {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let location = finding
            .location
            .as_deref()
            .map(|at| format!(" at {at}"))
            .unwrap_or_default();
        let Some(place) = finding.place else {
            let _ = writeln!(
                out,
                "{}: {severity}: {}: {}{location}",
                path.display(),
                finding.code.as_str(),
                finding.message
            );
            return;
        };
        let _ = writeln!(
            out,
            "{}:{}:{}: {severity}: {}: {}{location}",
            path.display(),
            place.line,
            place.column,
            finding.code.as_str(),
            finding.message
        );
        if let Some(line) = self.text.lines().nth(place.line as usize - 1) {
            let (line, column) = window(line, place.column as usize);
            let _ = writeln!(out, "{:>6} | {line}", place.line);
            let _ = writeln!(out, "       | {:>column$}", "^");
        }
    }
}

/// The part of a line that is shown, and the column in it: long lines are cut round the place.
fn window(line: &str, column: usize) -> (String, usize) {
    const WIDTH: usize = 100;
    let line = line.replace('\t', " ");
    if line.chars().count() <= WIDTH {
        return (line, column);
    }
    let start = column.saturating_sub(WIDTH / 2);
    (line.chars().skip(start).take(WIDTH).collect(), column - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_points_at_its_place() {
        let text =
            "{\n  \"StartAt\": \"A\",\n  \"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": \"B\"}}\n}\n";
        let definition = Definition {
            text: text.to_owned(),
            reading: asl::read(text, Rules::default()),
        };
        let shown = definition.findings(Path::new("a.json"));
        assert!(shown.contains("a.json:3:"), "{shown}");
        assert!(shown.contains("MISSING_TRANSITION_TARGET"), "{shown}");
        assert!(
            shown.lines().any(|line| line.trim_end().ends_with('^')),
            "{shown}"
        );
    }

    #[test]
    fn long_lines_are_cut_round_the_place() {
        let (line, column) = window(&"x".repeat(1000), 500);
        assert_eq!(line.len(), 100);
        assert!(column <= 100);
    }
}

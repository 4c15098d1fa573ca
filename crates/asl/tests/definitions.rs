//! Definitions with what is found in them: one text file per theme in `findings/` and `valid/`.
//!
//! A case is a headline, a definition, and the findings in order:
//!
//! ```text
//! == Next must name a state [express, yaml]
//! { "StartAt": … }
//! --
//! ERROR MISSING_TRANSITION_TARGET 3:14 /States/A/Next | Missing 'Next' target: B
//! ```
//!
//! `UPDATE=1 cargo test -p asl --test definitions` writes what is found into the files, to be read and judged.

use std::fs;
use std::path::{Path, PathBuf};

use asl::{Diagnostic, Rules};

struct Case {
    headline: String,
    definition: String,
    findings: String,
}

impl Case {
    fn read(&self) -> asl::Reading {
        let rules = Rules {
            express: self.headline.ends_with("[express]"),
            ..Rules::default()
        };
        if self.headline.ends_with("[yaml]") {
            return asl::read_yaml(&self.definition, rules);
        }
        asl::read(&self.definition, rules)
    }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("a file of cases").path())
        .collect();
    files.sort();
    files
}

fn cases(file: &Path) -> Vec<Case> {
    let text = fs::read_to_string(file).expect("a text of cases");
    let mut cases = Vec::new();
    for block in text
        .split("\n== ")
        .flat_map(|block| block.strip_prefix("== ").or(Some(block)))
    {
        let (headline, rest) = block.split_once('\n').unwrap_or((block, ""));
        let rest = rest.trim_end();
        let (definition, findings) = rest.split_once("\n--\n").unwrap_or((rest, ""));
        cases.push(Case {
            headline: headline.to_owned(),
            definition: definition.to_owned(),
            findings: findings.trim_start().to_owned(),
        });
    }
    cases
}

fn describe(findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        let location = finding.location.as_deref().unwrap_or("null");
        let place = finding
            .place
            .map_or("-".to_owned(), |place| format!("{}:{}", place.line, place.column));
        let (severity, code) = (finding.severity.as_str(), finding.code.as_str());
        let message = finding.message.replace('\n', "\\n");
        text.push_str(&format!("{severity} {code} {place} {location} | {message}\n"));
    }
    text.trim_end().to_owned()
}

fn check(folder: &str, judge: fn(&Case, &asl::Reading)) -> usize {
    let mut count = 0;
    let mut wrong = String::new();
    for file in files(folder) {
        let mut found = String::new();
        for case in cases(&file) {
            let reading = case.read();
            let findings = describe(&reading.diagnostics);
            judge(&case, &reading);
            if findings != case.findings {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                wrong += &format!(
                    "{name}: {}\n  expected\n{}\n  found\n{findings}\n",
                    case.headline, case.findings
                );
            }
            let separator = if findings.is_empty() { "" } else { "\n--\n" };
            found += &format!(
                "== {}\n{}{separator}{findings}\n\n",
                case.headline, case.definition
            );
            count += 1;
        }
        if std::env::var_os("UPDATE").is_some() {
            let found = found.trim_end().to_owned() + "\n";
            fs::write(&file, found).expect("the text of cases is written");
            wrong.clear();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    count
}

#[test]
fn faults_are_found() {
    let count = check("findings", |case, reading| {
        assert!(reading.machine.is_none(), "{} gives a machine", case.headline);
    });
    assert!(count >= 120, "{count} cases");
}

#[test]
fn valid_definitions_give_machines() {
    let count = check("valid", |case, reading| {
        assert!(
            reading.machine.is_some(),
            "{}: {}",
            case.headline,
            describe(&reading.diagnostics)
        );
    });
    assert!(count >= 40, "{count} cases");
}

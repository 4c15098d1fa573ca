//! The language: what of it is supported, in a page of the documentation that can't go stale.
//!
//! `language.txt` has a line for every feature, `what it is called | a state that uses it`. Whether the state is accepted is
//! what `docs/language.md` says; `UPDATE_DOCS=1` writes the page anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use asl::{Rules, Severity, read};

const FEATURES: &str = include_str!("language.txt");

const INTRODUCTION: &str = "\
<!-- Generated from `crates/asl/tests/language.txt` by `UPDATE_DOCS=1 cargo test -p asl --test language`; not to be edited. -->

# Language

What of Amazon States Language runs. A definition that uses what doesn't is refused when it is created, with that reason; so does
`stepwell validate`.
";

#[test]
fn documentation_says_what_is_supported() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).expect("the documentation can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written, page,
        "stale; run UPDATE_DOCS=1 cargo test -p asl --test language"
    );
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for line in FEATURES.lines().filter(|line| !line.is_empty()) {
        let written = match line.strip_prefix("== ") {
            Some(group) => write!(page, "\n## {group}\n\n| feature | |\n|---|---|\n"),
            None => {
                let (feature, state) = line.split_once(" | ").expect("a feature has a state");
                writeln!(page, "| {feature} | {} |", verdict(state))
            }
        };
        written.expect("a text takes what is written to it");
    }
    page
}

/// `yes`, or why the state is refused.
fn verdict(state: &str) -> String {
    let next = match state.contains("\"T\"") {
        true => r#", "T": {"Type": "Succeed"}"#,
        false => "",
    };
    let machine = format!(r#"{{"StartAt": "S", "States": {{"S": {state}{next}}}}}"#);
    let reading = read(&machine, Rules::default());
    if reading.machine.is_some() {
        return "yes".to_owned();
    }
    let errors = reading.diagnostics.iter();
    let errors = errors.filter(|finding| finding.severity == Severity::Error);
    let reasons: Vec<&str> = errors.map(|finding| &*finding.message).collect();
    reasons.join("; ")
}

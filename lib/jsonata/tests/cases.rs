//! Our own cases, by topic: what they yield is what jsonata-js 2.0.6 yielded (`tools/record.mjs`).

mod outcome;

use std::path::Path;

use jsonata::Dialect;
use outcome::{Case, Outcome, read, say};

#[test]
fn cases_yield_what_jsonata_js_yields() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut count = 0;
    let mut failures = Vec::new();
    for file in &files {
        for recorded in read(file).as_array().expect("a list of cases") {
            count += 1;
            let case = Case::read(recorded);
            let (ours, theirs) = (case.outcome(Dialect::V2_0_6), Outcome::read(recorded));
            if !ours.same(&theirs) {
                let topic = file.file_stem().unwrap().to_string_lossy();
                failures.push(format!(
                    "{topic}: {}\n  expected {theirs:?}\n  got      {ours:?}",
                    case.expr
                ));
            }
        }
    }
    say(&format!(
        "jsonata cases: {} of {count} pass",
        count - failures.len()
    ));
    assert!(count >= 400, "only {count} cases");
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

//! Errors are jsonata-js 2.0.6's own: code, text, position and token (`tools/record.mjs`).

mod outcome;

use jsonata::Dialect;
use outcome::{Case, Outcome, data, read, say};

#[test]
fn errors_have_the_code_and_the_text_of_jsonata_js() {
    let topics = read(&data("errors-2.0.6.json"));
    let mut count = 0;
    let mut failures = Vec::new();
    for (topic, cases) in topics.as_object().expect("topics").iter() {
        for recorded in cases.as_array().expect("a list of cases") {
            count += 1;
            let case = Case::read(recorded);
            let (ours, theirs) = (case.outcome(Dialect::V2_0_6), Outcome::read(recorded));
            if !ours.same(&theirs) {
                failures.push(format!(
                    "{topic}: {}\n  expected {theirs:?}\n  got      {ours:?}",
                    case.expr
                ));
            }
        }
    }
    say(&format!(
        "jsonata errors: {} of {count} agree",
        count - failures.len()
    ));
    assert!(count >= 250, "only {count} erroneous expressions");
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

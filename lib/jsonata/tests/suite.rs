//! The suite of jsonata-js, in both dialects. `JSONATA_SUITE` names its folder (`groups`, `datasets`).

mod outcome;

use std::path::{Path, PathBuf};

use json::Value;
use jsonata::Dialect;
use outcome::{Case, Order, Outcome, data, read, same, say};

/// Their inputs hold half a surrogate pair, which UTF-8 cannot say; so no expression here can either.
const LONE_SURROGATES: [&str; 2] = [
    "function-encodeUrl/case002",
    "function-encodeUrlComponent/case002",
];

/// How many of the differences of a dialect are shown.
const SHOWN: usize = 40;

#[test]
fn newest_dialect_passes_the_suite() {
    let Some(cases) = suite() else { return };
    let expected = |case: &SuiteCase, outcome: &Outcome| case.is_met_by(outcome);
    run("newest", Dialect::Newest, &cases, expected);
}

#[test]
fn dialect_2_0_6_differs_from_the_suite_only_where_listed() {
    let Some(cases) = suite() else { return };
    let listed = read(&data("dialect-2.0.6.json"));
    for (name, _) in listed.as_object().expect("differences by case").iter() {
        assert!(
            cases.iter().any(|case| case.name == **name),
            "{name} is not in the suite"
        );
    }
    let expected = |case: &SuiteCase, outcome: &Outcome| match listed.get(&case.name).map(Outcome::read) {
        None => case.is_met_by(outcome),
        // Where jsonata-js itself breaks down or hangs, anything but that is right.
        Some(Outcome::Crash(_) | Outcome::Silence) => {
            !matches!(outcome, Outcome::Crash(_) | Outcome::Limit(_))
        }
        Some(instead) => outcome.same(&instead),
    };
    run("2.0.6", Dialect::V2_0_6, &cases, expected);
}

struct SuiteCase {
    name: String,
    case: Case,
    expectation: Value,
}

impl SuiteCase {
    fn is_met_by(&self, outcome: &Outcome) -> bool {
        let wanted = |name: &str| {
            self.expectation
                .get(name)
                .or_else(|| self.expectation.get("error")?.get(name))
        };
        if self.expectation.get("undefinedResult").is_some() {
            return *outcome == Outcome::Undefined;
        }
        if let Some(result) = self.expectation.get("result") {
            let unordered = self.expectation.get("unordered").and_then(Value::as_bool) == Some(true);
            let Outcome::Value(value) = outcome else {
                return false;
            };
            return same(value, result, Order::Any) || unordered && same_members(value, result);
        }
        let code = wanted("code")
            .and_then(Value::as_str)
            .expect("a case expects something");
        match outcome {
            Outcome::Error(failure) => {
                failure.code == code
                    && wanted("token").is_none_or(|token| Some(token) == failure.token.as_ref())
            }
            Outcome::Limit(_) => code == "U1001",
            _ => false,
        }
    }
}

fn same_members(a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.as_array(), b.as_array()) else {
        return false;
    };
    let mut rest: Vec<&Value> = b.iter().collect();
    let mut take = |wanted: &Value| {
        let place = rest.iter().position(|member| same(member, wanted, Order::Any));
        place.map(|place| rest.swap_remove(place)).is_some()
    };
    a.len() == b.len() && a.iter().all(&mut take)
}

fn run(
    dialect_name: &str,
    dialect: Dialect,
    cases: &[SuiteCase],
    expected: impl Fn(&SuiteCase, &Outcome) -> bool,
) {
    let mut failures = Vec::new();
    for case in cases {
        let outcome = case.case.outcome(dialect);
        if !expected(case, &outcome) && !LONE_SURROGATES.contains(&case.name.as_str()) {
            failures.push(format!("{}: {}\n  got {outcome:?}", case.name, case.case.expr));
        }
    }
    let skipped = cases
        .iter()
        .filter(|case| LONE_SURROGATES.contains(&case.name.as_str()))
        .count();
    let passed = cases.len() - failures.len() - skipped;
    say(&format!(
        "jsonata suite, dialect {dialect_name}: {passed} of {} cases as expected, {skipped} not expressible in UTF-8 ({})",
        cases.len(),
        LONE_SURROGATES.join(", "),
    ));
    let shown = failures
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        failures.is_empty(),
        "{} cases differ, the first:\n{shown}",
        failures.len()
    );
}

/// The cases, or nothing where there is no suite.
fn suite() -> Option<Vec<SuiteCase>> {
    let Some(folder) = std::env::var_os("JSONATA_SUITE").map(PathBuf::from) else {
        say("jsonata suite: skipped, JSONATA_SUITE does not say where it is");
        return None;
    };
    let mut cases = Vec::new();
    for group in sorted(&folder.join("groups")) {
        for file in sorted(&group) {
            let name = format!("{}/{}", stem(&group), stem(&file));
            let text = std::fs::read_to_string(&file).expect("a case can be read");
            // Half a surrogate pair is read as the sign that stands for an unreadable one.
            let content = json::parse(&text).unwrap_or_else(|_| {
                json::parse(&text.replace("\\uD800", "\\uFFFD")).expect("a case is JSON")
            });
            match content.as_array() {
                Some(list) => cases.extend(
                    list.iter()
                        .enumerate()
                        .map(|(index, case)| suite_case(&folder, format!("{name}[{index}]"), case)),
                ),
                None => cases.push(suite_case(&folder, name, &content)),
            }
        }
    }
    Some(cases)
}

fn suite_case(folder: &Path, name: String, case: &Value) -> SuiteCase {
    let dataset = case.get("dataset").and_then(Value::as_str);
    let input = match dataset {
        Some(dataset) => Some(read(&folder.join("datasets").join(format!("{dataset}.json")))),
        None => case.get("data").cloned(),
    };
    let guarded = case.get("timelimit").is_some();
    SuiteCase {
        name,
        case: Case {
            expr: case
                .get("expr")
                .and_then(Value::as_str)
                .expect("an expression")
                .to_owned(),
            input,
            bindings: case
                .get("bindings")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            depth_max: case
                .get("depth")
                .and_then(Value::as_i64)
                .filter(|_| guarded)
                .map(|depth| depth as u32),
        },
        expectation: case.clone(),
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a case in the folder").path())
        .collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .expect("a case has a name")
        .to_string_lossy()
        .into_owned()
}

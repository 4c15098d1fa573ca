//! Random expressions yield here what they yield in jsonata-js 2.0.6, but for what DIFFERENCES.md says.
//!
//! Needs Node and the folder of `tools/fetch.sh`: named by `JSONATA_JS`, or `jsonata-js` in the target
//! folder. `JSONATA_DIFFERENTIAL_CASES` and `JSONATA_DIFFERENTIAL_SEED` make another run than CI's sample.

mod generator;
mod outcome;
mod reasons;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use json::{Object, Value};
use jsonata::Dialect;
use outcome::{Case, Outcome, say};

const CASES: u64 = 2500;
const SEED: u64 = 2006;

/// A case with what jsonata-js and we say.
struct Compared {
    index: u64,
    case: Case,
    answer: Value,
    theirs: Outcome,
    ours: Outcome,
}

#[test]
fn random_expressions_yield_what_jsonata_js_yields() {
    let Some(folder) = reference() else { return };
    let (seed, count) = (
        setting("JSONATA_DIFFERENTIAL_SEED", SEED),
        setting("JSONATA_DIFFERENTIAL_CASES", CASES),
    );
    let compared = compare(&folder, seed, count);

    let silent = compared
        .iter()
        .filter(|one| matches!(one.theirs, Outcome::Crash(_) | Outcome::Silence))
        .count();
    let mut agreeing = 0;
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unknown = Vec::new();
    for one in &compared {
        if matches!(one.ours, Outcome::Crash(_)) {
            unknown.push(one);
        } else if matches!(one.theirs, Outcome::Crash(_) | Outcome::Silence) {
            continue;
        } else if one.ours.same(&one.theirs) {
            agreeing += 1;
        } else if let Some(reason) = reasons::reason(&one.case, &one.answer, &one.theirs, &one.ours) {
            *known.entry(reason).or_default() += 1;
        } else {
            unknown.push(one);
        }
    }
    say(&format!(
        "jsonata differential, seed {seed}: of {count} expressions {agreeing} agree, {} differ for known reasons, \
         {silent} break jsonata-js, {} differ otherwise",
        known.values().sum::<usize>(),
        unknown.len(),
    ));
    for (reason, times) in known {
        say(&format!("  {times:>5} × {reason}"));
    }
    let shown = setting("JSONATA_DIFFERENTIAL_SHOWN", 20) as usize;
    let shown: Vec<String> = unknown
        .iter()
        .take(shown)
        .map(|one| describe(one, seed))
        .collect();
    assert!(
        unknown.is_empty(),
        "{} differ, the first:\n{}",
        unknown.len(),
        shown.join("\n")
    );
}

fn describe(one: &Compared, seed: u64) -> String {
    let input = one
        .case
        .input
        .as_ref()
        .map_or("nothing".to_owned(), ToString::to_string);
    format!(
        "case {} of seed {seed}: {}\n  input      {input}\n  jsonata-js {:?}\n  here       {:?}",
        one.index, one.case.expr, one.theirs, one.ours
    )
}

fn compare(folder: &Path, seed: u64, count: u64) -> Vec<Compared> {
    let cases: Vec<Case> = (0..count)
        .map(|index| {
            let generated = generator::generate(seed, index);
            Case {
                expr: generated.expr,
                input: generated.input,
                ..Case::default()
            }
        })
        .collect();
    let lines: String = cases.iter().map(line).collect();
    let mut node = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/differential.mjs"))
        .args([Path::new("--jsonata"), folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node was there a moment ago");
    let mut stdin = node.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = node.wait_with_output().expect("node's answers");
    writer.join().expect("no panic").expect("node reads every case");
    let answers = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let answers = answers.lines().map(|line| json::parse(line).expect("an outcome"));
    let answers: Vec<Value> = answers.collect();
    assert_eq!(answers.len(), cases.len(), "an answer to each case");

    let answered = cases.into_iter().zip(answers).enumerate();
    answered
        .map(|(index, (case, answer))| Compared {
            index: index as u64,
            ours: case.outcome(Dialect::V2_0_6),
            theirs: Outcome::read(&answer),
            case,
            answer,
        })
        .collect()
}

fn line(case: &Case) -> String {
    let mut line = Object::new();
    line.insert("expr", case.expr.as_str());
    if let Some(input) = &case.input {
        line.insert("input", input.clone());
    }
    format!("{}\n", Value::Object(line))
}

/// Where jsonata-js is, or nothing if it cannot be asked.
fn reference() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .map(|target| target.join("jsonata-js"));
    let folder = std::env::var_os("JSONATA_JS").map(PathBuf::from).or(target)?;
    if !folder.join("node_modules/jsonata/package.json").exists() {
        say(&format!(
            "jsonata differential: skipped, jsonata-js is not in {} (lib/jsonata/tools/fetch.sh puts it there)",
            folder.display()
        ));
        return None;
    }
    let version = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !version.is_ok_and(|status| status.success()) {
        say("jsonata differential: skipped, there is no Node");
        return None;
    }
    Some(folder)
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

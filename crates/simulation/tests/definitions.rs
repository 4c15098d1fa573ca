//! Thousands of definitions: right ones are accepted, a fault that is put into one is found where it is, and
//! whatever text comes is read without a panic, and runs when it was accepted.
//!
//! A failing seed is replayed by `SEED=n cargo test -p simulation --test definitions`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use asl::{Code, Reading, Rules};
use engine::{Execution, Input, Millis, Moment, Progress, decide};
use json::{Payload, Str, Value, json};
use simulation::dice::Dice;
use simulation::machines::{Open, flow, head};

const FAULTS: u64 = 2000;
const TEXTS: u64 = 4000;

/// How long an accepted machine is driven; an endless loop is broken off.
const STEPS_MAX: usize = 60;

fn each_seed(count: u64, check: impl Fn(u64)) {
    let seeds = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("SEED is a number")],
        Err(_) => (0..count).collect(),
    };
    for seed in seeds {
        if let Err(reason) = catch_unwind(AssertUnwindSafe(|| check(seed))) {
            eprintln!("seed {seed}");
            resume_unwind(reason);
        }
    }
}

#[test]
fn a_fault_is_found_where_it_is() {
    let found = Cell::new(0);
    each_seed(FAULTS, |seed| {
        let mut dice = Dice::new(seed);
        let mut definition = flow(&mut dice, &mut 0, 3);
        let right = asl::read(&definition.to_string(), Rules::default());
        assert!(right.machine.is_some(), "{definition}\n{:?}", right.diagnostics);
        let mut states = Vec::new();
        collect(&definition, "", &mut Vec::new(), &mut states);
        let place = &states[dice.roll(states.len() as u64) as usize];
        let Some(expected) = put_fault(&mut dice, &mut definition, place) else {
            return;
        };
        found.set(found.get() + 1);
        for reading in [
            asl::read(&definition.to_string(), Rules::default()),
            asl::read_yaml(&definition.to_string(), Rules::default()),
        ] {
            assert!(
                reading.machine.is_none(),
                "{expected:?} is not found in {definition}"
            );
            assert!(
                reading.diagnostics.iter().any(|found| found.code == expected.code
                    && found.message == expected.message
                    && found.location.as_deref() == Some(&expected.location)
                    && found.place.is_some()),
                "{expected:?} is not among {:?}\n{definition}",
                reading.diagnostics
            );
        }
    });
    if std::env::var_os("SEED").is_none() {
        assert!(found.get() >= FAULTS / 2, "{} faults", found.get());
    }
}

#[test]
fn express_machines_wait_for_nobody() {
    each_seed(FAULTS / 10, |seed| {
        let definition = flow(&mut Dice::new(seed), &mut 0, 3).to_string();
        let waits = definition.contains(".waitForTaskToken") || definition.contains(":activity:");
        let reading = asl::read(
            &definition,
            Rules {
                express: true,
                ..Rules::default()
            },
        );
        assert_eq!(reading.machine.is_none(), waits, "{definition}");
    });
}

#[test]
fn any_text_is_read_and_what_is_accepted_runs() {
    each_seed(TEXTS, |seed| {
        let mut dice = Dice::new(seed);
        let mut text = match seed % 8 {
            0 => (0..dice.roll(400)).map(|_| dice.roll(256) as u8).collect(),
            _ => flow(&mut dice, &mut 0, 2).to_string().into_bytes(),
        };
        for _ in 0..1 + dice.roll(4) {
            garble(&mut dice, &mut text);
        }
        let text = String::from_utf8_lossy(&text);
        for reading in [
            asl::read(&text, Rules::default()),
            asl::read_yaml(&text, Rules::default()),
            asl::read(
                &text,
                Rules {
                    express: true,
                    ..Rules::default()
                },
            ),
        ] {
            drive(&mut dice, reading);
        }
    });
}

/// What is wrong with a definition.
#[derive(Debug)]
struct Fault {
    code: Code,
    message: String,
    location: String,
}

/// Where a state stands: as AWS writes it, and member by member.
struct Place {
    location: String,
    path: Vec<Step>,
}

#[derive(Clone)]
enum Step {
    Member(Str),
    Element(usize),
}

fn collect(flow: &Value, location: &str, path: &mut Vec<Step>, states: &mut Vec<Place>) {
    let Some(Value::Object(members)) = flow.get("States") else {
        return;
    };
    path.push(Step::Member("States".into()));
    for (name, state) in members.iter() {
        let location = format!("{location}/States/{name}");
        path.push(Step::Member(name.clone()));
        if let Some(processor) = state.get("ItemProcessor") {
            path.push(Step::Member("ItemProcessor".into()));
            collect(processor, &format!("{location}/ItemProcessor"), path, states);
            path.pop();
        }
        let branches = state.get("Branches").and_then(Value::as_array);
        for (index, branch) in branches.into_iter().flatten().enumerate() {
            path.extend([Step::Member("Branches".into()), Step::Element(index)]);
            collect(branch, &format!("{location}/Branches[{index}]"), path, states);
            path.truncate(path.len() - 2);
        }
        states.push(Place {
            location,
            path: path.clone(),
        });
        path.pop();
    }
    path.pop();
}

/// Changes what stands at a place.
fn change(value: &mut Value, path: &[Step], change_it: &mut dyn FnMut(&mut Value)) {
    let Some((first, rest)) = path.split_first() else {
        return change_it(value);
    };
    match (first, value) {
        (Step::Member(name), Value::Object(members)) => {
            let mut inner = members.get(name).cloned().expect("the place exists");
            change(&mut inner, rest, change_it);
            members.insert(name.clone(), inner);
        }
        (Step::Element(index), value) => {
            let mut elements = value.as_array().expect("the place exists").to_vec();
            change(&mut elements[*index], rest, change_it);
            *value = Value::from(elements);
        }
        _ => unreachable!("the place exists"),
    }
}

/// Puts a fault into a state, if it has what the fault needs.
fn put_fault(dice: &mut Dice, definition: &mut Value, place: &Place) -> Option<Fault> {
    const LAMBDA: &str = "arn:aws:lambda:us-east-1:000000000000:function:F";
    let roll = dice.roll(18);
    let mut fault = None;
    change(definition, &place.path, &mut |state| {
        let kind = state.get("Type").and_then(Value::as_str).unwrap_or_default();
        let is = |kinds: &[&str]| kinds.contains(&kind);
        let works = is(&["Task", "Parallel", "Map"]);
        let in_jsonata = state.get("QueryLanguage").is_some();
        let goes_on = state.get("Next").is_some();
        let schema = Code::SchemaValidationFailed;
        let type_names = "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]";
        type Change = (Option<(&'static str, Option<Value>)>, Code, &'static str, String);
        let set = |name, value: Value| Some((name, Some(value)));
        let (edit, code, within, message): Change = match roll {
            0 => (Some(("Type", None)), schema, "", "These fields are required: [Type]".into()),
            1 => (
                set("Type", json!("Tusk")),
                schema,
                "/Type",
                format!("The field 'Type' should have one of these values: {type_names}"),
            ),
            2 => (set("Nxt", json!(1)), schema, "", "Field 'Nxt' is not supported".into()),
            3 if goes_on => (
                set("Next", json!("Nowhere")),
                Code::MissingTransitionTarget,
                "/Next",
                "Missing 'Next' target: Nowhere".into(),
            ),
            4 if goes_on => (
                Some(("Next", None)),
                schema,
                "",
                "One of these fields is required: [Next, End]".into(),
            ),
            5 if goes_on => (
                set("End", json!(true)),
                schema,
                "",
                "There should only be one of the following fields: [Next, End]".into(),
            ),
            6 => (set("Comment", json!(5)), schema, "/Comment", "Expected value of type String".into()),
            7 => (
                set("QueryLanguage", json!("XPath")),
                schema,
                "/QueryLanguage",
                "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]".into(),
            ),
            8 if is(&["Task"]) => (
                set("Resource", json!("F")),
                schema,
                "/Resource",
                "Value is not a valid resource ARN".into(),
            ),
            9 if is(&["Task"]) => (
                Some(("Resource", None)),
                schema,
                "",
                "These fields are required: [Resource]".into(),
            ),
            10 if is(&["Wait"]) => (set("Seconds", json!(-1)), schema, "/Seconds", "Minimum value is 0".into()),
            11 if is(&["Parallel"]) => (set("Branches", json!([])), schema, "/Branches", "Value cannot be empty".into()),
            12 if is(&["Map"]) => (
                Some(("ItemProcessor", None)),
                schema,
                "",
                "One of these fields is required: [ItemProcessor, Iterator]".into(),
            ),
            13 if works => (
                set("Retry", json!([{"ErrorEquals": ["States.ALL", "E"]}])),
                schema,
                "/Retry[0]/ErrorEquals[0]",
                "States.ALL must appear alone and at end of list".into(),
            ),
            14 if works => (
                set("Catch", json!([{"ErrorEquals": ["E"]}])),
                schema,
                "/Catch[0]",
                "These fields are required: [Next]".into(),
            ),
            15 if works && !in_jsonata => (
                set("ResultPath", json!("x")),
                schema,
                "/ResultPath",
                "Value is not a Reference Path: Reference path didn't start with '$'".into(),
            ),
            16 if in_jsonata => (
                set("InputPath", json!("$")),
                schema,
                "",
                "The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' \
                 QueryLanguage"
                    .into(),
            ),
            17 if !in_jsonata => (
                set("OutputPath", json!(LAMBDA)),
                schema,
                "/OutputPath",
                "Value must be a valid JSONPath.".into(),
            ),
            _ => return,
        };
        let (Some((name, value)), Value::Object(members)) = (edit, state) else {
            return;
        };
        match value {
            Some(value) => members.insert(name, value),
            None => {
                let kept = members.iter().filter(|(known, _)| &***known != name);
                *members = kept
                    .map(|(known, value)| (known.clone(), value.clone()))
                    .collect();
            }
        }
        fault = Some(Fault {
            code,
            message,
            location: format!("{}{within}", place.location),
        });
    });
    fault
}

/// Spoils a text at one place: a byte more, less or other, a piece twice or elsewhere.
fn garble(dice: &mut Dice, text: &mut Vec<u8>) {
    const TELLING: &[u8] = b"{}[]\",:$.%0-9e\\ \n&*!|>?'";
    if text.is_empty() {
        return;
    }
    let at = dice.roll(text.len() as u64) as usize;
    let length = (dice.roll(24) as usize).min(text.len() - at);
    match dice.roll(6) {
        0 => drop(text.drain(at..at + length)),
        1 => {
            let piece = text[at..at + length].to_vec();
            let to = dice.roll(text.len() as u64) as usize;
            text.splice(to..to, piece);
        }
        2 => text[at] = dice.roll(256) as u8,
        3 => text[at] = TELLING[dice.roll(TELLING.len() as u64) as usize],
        4 => text.insert(at, TELLING[dice.roll(TELLING.len() as u64) as usize]),
        _ => text.truncate(at),
    }
}

/// Runs what was accepted for a while: every task succeeds, and time passes.
fn drive(dice: &mut Dice, reading: Reading) {
    let Some(machine) = reading.machine else {
        return assert!(!reading.diagnostics.is_empty(), "what is refused has a reason");
    };
    let head = head(1, machine, json!({"list": [1, 2, 3], "n": 1}));
    let mut execution = Execution::new(head);
    let mut now = Millis(0);
    let mut next = Some(Input::Start);
    for _ in 0..STEPS_MAX {
        let Some(input) = next.take() else { return };
        let moment = Moment {
            now,
            seed: dice.roll(u64::MAX),
            room: 1,
            world: &Open,
        };
        decide(&mut execution, input, moment);
        if execution.outcome().is_some() {
            return;
        }
        next = match (execution.open_tasks().first(), execution.next_timer()) {
            (Some((order, Progress::Scheduled)), _) if order.target == asl::Target::Activity => {
                Some(Input::ActivityStarted {
                    task: order.task,
                    worker: None,
                })
            }
            (Some((order, Progress::Scheduled)), _) => Some(Input::TaskStarting(order.task)),
            (Some((order, _)), _) => Some(Input::TaskSucceeded {
                task: order.task,
                output: Payload::from(json!({"list": [4], "n": 1})),
            }),
            (None, Some((due, key))) => {
                now = now.max(due);
                Some(Input::Timer(key))
            }
            (None, None) => panic!("an execution waits for nothing"),
        };
    }
}

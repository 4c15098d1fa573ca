//! Random machines with random fates: whatever happens, in whatever order, with results twice, too late, and
//! with the execution folded from its history in between, it comes to one end.
//!
//! A failing seed is replayed by `SEED=n cargo test -p engine --test random`.

use std::sync::Arc;

use engine::{
    Ending, Event, Execution, Head, Input, Millis, Moment, Progress, TaskKey, TimerKind, World, decide,
};
use json::{Payload, Value, json};

const SEEDS: u64 = 800;
const STEPS_MAX: usize = 4000;

#[test]
fn random_machines_come_to_one_end_whatever_happens() {
    let seeds = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("SEED is a number")],
        Err(_) => (0..SEEDS).collect(),
    };
    let mut ends = [0; 4];
    for seed in seeds {
        let failed = std::panic::catch_unwind(|| live(seed));
        match failed {
            Ok(end) => ends[end] += 1,
            Err(reason) => {
                eprintln!("seed {seed}");
                std::panic::resume_unwind(reason);
            }
        }
    }
    eprintln!(
        "succeeded {}, failed {}, timed out {}, stopped {}",
        ends[0], ends[1], ends[2], ends[3]
    );
}

struct Open;

impl World for Open {
    fn refuse(&self, _: &asl::Resource, _: &Value) -> Option<String> {
        None
    }
}

/// A sequence of random numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Lives one execution to its end, and gives the number of how it ended.
fn live(seed: u64) -> usize {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut names = 0;
    let mut definition = flow(&mut dice, &mut names, 3);
    if dice.roll(4) == 0
        && let Value::Object(members) = &mut definition
    {
        members.insert("TimeoutSeconds", 20);
    }
    let reading = asl::read(&definition.to_string(), asl::Rules::default());
    let Some(machine) = reading.machine else {
        panic!("{definition}\n{:?}", reading.diagnostics)
    };
    let head = Head {
        id: seed,
        arn: "arn:aws:states:us-east-1:000000000000:execution:Random:run".into(),
        name: "run".into(),
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:Random".into(),
        machine_name: "Random".into(),
        version_arn: None,
        alias_arn: None,
        role_arn: "arn:aws:iam::000000000000:role/random".into(),
        region: "us-east-1".into(),
        started: Millis(0),
        express: false,
        machine: Arc::new(machine),
        input: Payload::from(json!({"list": [1, 2, 3], "n": dice.roll(3)})),
    };
    let mut life = Life {
        execution: Execution::new(head.clone()),
        head,
        history: Vec::new(),
        seen: Vec::new(),
        now: Millis(0),
        dice,
    };
    life.feed(Input::Start);
    for _ in 0..STEPS_MAX {
        if let Some(outcome) = life.execution.outcome() {
            return match outcome.status() {
                "SUCCEEDED" => 0,
                "FAILED" => 1,
                "TIMED_OUT" => 2,
                _ => 3,
            };
        }
        life.go_on();
    }
    panic!("no end after {STEPS_MAX} steps: {definition}");
}

struct Life {
    head: Head,
    execution: Execution,
    history: Vec<Event>,
    seen: Vec<TaskKey>,
    now: Millis,
    dice: Dice,
}

impl Life {
    /// One thing happens: a task goes on, time passes, something comes too late, or the process restarts.
    fn go_on(&mut self) {
        let tasks = self.execution.open_tasks();
        let timer = self.execution.next_timer();
        let timer = timer.filter(|(_, key)| key.kind != TimerKind::Execution || tasks.is_empty());
        match self.dice.roll(20) {
            0 => self.restart(),
            1 if !self.seen.is_empty() => {
                let old = self.seen[self.dice.roll(self.seen.len() as u64) as usize];
                let open = tasks.iter().any(|(order, _)| order.task == old);
                if !open {
                    self.feed(Input::TaskSucceeded {
                        task: old,
                        output: Payload::from(json!("late")),
                    });
                }
            }
            2 if self.dice.roll(60) == 0 => self.feed(Input::Stop(Ending::default())),
            n if n < 8 && timer.is_some() || tasks.is_empty() => {
                let (due, key) = timer.expect("an execution without tasks waits for a timer");
                self.now = self.now.max(due);
                self.feed(Input::Timer(key));
            }
            _ => {
                let (order, progress) = tasks[self.dice.roll(tasks.len() as u64) as usize].clone();
                let task = order.task;
                self.seen.push(task);
                let input = match (progress, self.dice.roll(6)) {
                    (Progress::Scheduled, _) if order.target == asl::Target::Activity => {
                        Input::ActivityStarted { task, worker: None }
                    }
                    (Progress::Scheduled, _) => Input::TaskStarting(task),
                    (_, 0) => Input::TaskFailed {
                        task,
                        ending: Ending {
                            error: Some("Random".into()),
                            cause: Some("a throw of the dice".into()),
                        },
                    },
                    (_, 1) => Input::Heartbeat(task),
                    (Progress::Started, 2) => Input::TaskSubmitted {
                        task,
                        output: Payload::from(json!({})),
                    },
                    _ => Input::TaskSucceeded {
                        task,
                        output: Payload::from(json!({"list": [4, 5], "n": 1})),
                    },
                };
                self.feed(input);
            }
        }
    }

    fn feed(&mut self, input: Input) {
        let room = self.dice.roll(3) as usize;
        let seed = self.dice.roll(u64::MAX);
        let moment = Moment {
            now: self.now,
            seed,
            room,
            world: &Open,
        };
        let ended_before = self.execution.outcome().is_some();
        let step = decide(&mut self.execution, input, moment);
        self.history.extend(step.events);
        let folded = self.fold();
        assert_eq!(
            folded, self.execution,
            "folding the history gives the live execution"
        );
        assert!(!ended_before, "nothing is fed after the end");
        let finals = self
            .history
            .iter()
            .filter(|event| event.detail.is_final())
            .count();
        assert_eq!(
            finals,
            usize::from(self.execution.outcome().is_some()),
            "an execution ends once"
        );
        let numbers = self
            .history
            .iter()
            .filter(|event| !event.detail.is_silent())
            .map(|event| event.id);
        assert!(
            numbers.eq(1..=self.execution.last_event()),
            "events are numbered without gaps"
        );
    }

    fn fold(&self) -> Execution {
        let stored = postcard::to_stdvec(&self.history).expect("events can be stored");
        let history: Vec<Event> = postcard::from_bytes(&stored).expect("events can be read back");
        Execution::fold(self.head.clone(), &history).expect("the history fits")
    }

    fn restart(&mut self) {
        self.execution = self.fold();
    }
}

/// A flow of a few states, nested so many levels deep at the most.
fn flow(dice: &mut Dice, names: &mut u32, depth: u32) -> Value {
    let count = 1 + dice.roll(3);
    let first = *names;
    *names += count as u32;
    let states = (0..count).map(|place| {
        let next = (place + 1 < count).then(|| format!("S{}", u64::from(first) + place + 1));
        (
            format!("S{}", u64::from(first) + place),
            state(dice, names, depth, next),
        )
    });
    let states: Vec<(String, Value)> = states.collect();
    Value::object([
        ("StartAt", Value::from(format!("S{first}"))),
        ("States", Value::object(states)),
    ])
}

fn state(dice: &mut Dice, names: &mut u32, depth: u32, next: Option<String>) -> Value {
    if dice.roll(5) == 0 {
        return jsonata_state(dice, names, depth, next);
    }
    let mut state = match dice.roll(if depth == 0 { 6 } else { 9 }) {
        0 => json!({"Type": "Pass"}),
        1 => json!({"Type": "Wait", "Seconds": 3}),
        2 | 3 => {
            json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:F", "TimeoutSeconds": 5})
        }
        4 => {
            json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 4,
            "Parameters": {"FunctionName": "F", "Payload": {"token.$": "$$.Task.Token"}}})
        }
        5 => {
            json!({"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:A", "TimeoutSeconds": 9})
        }
        6 => {
            let branches: Vec<Value> = (0..1 + dice.roll(3))
                .map(|_| flow(dice, names, depth - 1))
                .collect();
            Value::object([
                ("Type", Value::from("Parallel")),
                ("Branches", Value::from(branches)),
            ])
        }
        _ => {
            let processor = flow(dice, names, depth - 1);
            Value::object([
                ("Type", Value::from("Map")),
                ("ItemProcessor", processor),
                ("MaxConcurrency", Value::from(dice.roll(3))),
            ])
        }
    };
    let kind = state
        .get("Type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Value::Object(members) = &mut state else {
        return state;
    };
    if matches!(kind.as_str(), "Task" | "Parallel" | "Map") {
        if kind == "Map" {
            members.insert(
                "Parameters",
                json!({"list": [1, 2], "item.$": "$$.Map.Item.Index"}),
            );
            members.insert("InputPath", "$$.Execution.Input.list");
        }
        members.insert("ResultPath", Value::Null);
        if dice.roll(2) == 0 {
            let retry = json!([{"ErrorEquals": ["Random", "States.Timeout"], "MaxAttempts": dice.roll(3), "IntervalSeconds": 2}]);
            members.insert("Retry", retry);
        }
        if let (0, Some(next)) = (dice.roll(2), &next) {
            let catch = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": next}]);
            members.insert("Catch", catch);
        }
    }
    match next {
        Some(next) => members.insert("Next", next),
        None => members.insert("End", true),
    }
    state
}

/// A state in JSONata, some of whose expressions fail with some inputs.
fn jsonata_state(dice: &mut Dice, names: &mut u32, depth: u32, next: Option<String>) -> Value {
    const CHANCY: [&str; 3] = [
        "{% $states.input %}",
        "{% $states.input.n > 0 ? $states.input : $none %}",
        "{% $random() < 0.7 ? $states.input : $none %}",
    ];
    let chancy = CHANCY[dice.roll(3) as usize];
    let mut state = match dice.roll(if depth == 0 { 3 } else { 5 }) {
        0 => json!({"Type": "Pass", "Output": chancy}),
        1 => json!({"Type": "Wait", "Seconds": "{% 1 + 2 %}", "Output": chancy}),
        2 => {
            json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:F",
            "Arguments": chancy, "TimeoutSeconds": "{% 2 + 3 %}"})
        }
        3 => Value::object([
            ("Type", Value::from("Parallel")),
            ("Arguments", Value::from(chancy)),
            ("Branches", Value::from(vec![flow(dice, names, depth - 1)])),
        ]),
        _ => Value::object([
            ("Type", Value::from("Map")),
            ("Items", Value::from("{% $states.context.Execution.Input.list %}")),
            ("ItemSelector", Value::from(chancy)),
            ("ItemProcessor", flow(dice, names, depth - 1)),
        ]),
    };
    let kind = state
        .get("Type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Value::Object(members) = &mut state else {
        return state;
    };
    members.insert("QueryLanguage", "JSONata");
    if matches!(kind.as_str(), "Task" | "Parallel" | "Map") {
        members.insert("Output", CHANCY[dice.roll(3) as usize]);
        if dice.roll(2) == 0 {
            let retry = json!([{"ErrorEquals": ["Random", "States.QueryEvaluationError"], "MaxAttempts": dice.roll(3), "IntervalSeconds": 2}]);
            members.insert("Retry", retry);
        }
        if let (0, Some(next)) = (dice.roll(2), &next) {
            let output = CHANCY[dice.roll(3) as usize];
            members.insert(
                "Catch",
                json!([{"ErrorEquals": ["States.ALL"], "Output": output, "Next": next}]),
            );
        }
    }
    match next {
        Some(next) => members.insert("Next", next),
        None => members.insert("End", true),
    }
    state
}

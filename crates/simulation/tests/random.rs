//! Random machines with random fates: whatever happens, in whatever order, with results twice, too late, and
//! with the execution folded from its history in between, it comes to one end.
//!
//! A failing seed is replayed by `SEED=n cargo test -p simulation --test random`.

use std::collections::HashMap;

use engine::{
    BranchId, Detail, Ending, Event, Execution, Head, Input, Millis, Moment, Outcome, Progress, StateType,
    TaskKey, TimerKind, decide,
};
use json::{Payload, Value, json};
use simulation::dice::Dice;
use simulation::machines::{Open, flow, head};

const SEEDS: u64 = 800;
const STEPS_MAX: usize = 4000;

/// How often an execution is redriven at the most.
const REDRIVES_MAX: usize = 3;

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

/// Lives one execution to its end, and gives the number of how it ended.
fn live(seed: u64) -> usize {
    let mut dice = Dice::new(seed);
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
    let head = head(seed, machine, json!({"list": [1, 2, 3], "n": dice.roll(3)}));
    let mut life = Life {
        redrives: 0,
        execution: Execution::new(head.clone()),
        head,
        history: Vec::new(),
        seen: Vec::new(),
        now: Millis(0),
        dice,
    };
    life.feed(Input::Start);
    for _ in 0..STEPS_MAX {
        if life.execution.outcome().is_some() && life.redrive_again() {
            continue;
        }
        if let Some(outcome) = life.execution.outcome() {
            life.check_visits();
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
    redrives: usize,
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

    /// Whether an execution that ended goes on: most of those that failed do, a few times.
    fn redrive_again(&mut self) -> bool {
        let succeeded = matches!(self.execution.outcome(), Some(Outcome::Succeeded(_)));
        if succeeded || self.redrives == REDRIVES_MAX || self.dice.roll(4) == 0 {
            return false;
        }
        if self.dice.roll(2) == 0 {
            self.restart();
        }
        self.redrives += 1;
        self.now = Millis(self.now.0 + 1000);
        self.feed(Input::Redrive { token: None });
        assert_eq!(
            self.execution.redriven().map(|redriven| redriven.count),
            Some(self.redrives as u32)
        );
        true
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
        let ended_before = self.execution.outcome().is_some() && !matches!(input, Input::Redrive { .. });
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
            self.redrives + usize::from(self.execution.outcome().is_some()),
            "an execution ends once, and once more for every redrive"
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

    /// However often it was redriven, a state is left once for each time that it was entered, and nothing
    /// but a Fail state is entered again before it was left.
    fn check_visits(&self) {
        let mut inside: HashMap<BranchId, u32> = HashMap::new();
        for event in &self.history {
            match &event.detail {
                Detail::StateEntered { kind, state, .. } => {
                    let before = inside.insert(event.branch, *state);
                    let is_again = *kind == StateType::Fail && before == Some(*state);
                    assert!(before.is_none() || is_again, "{event:?}");
                }
                Detail::StateExited { state, .. } => {
                    assert_eq!(inside.remove(&event.branch), Some(*state), "{event:?}");
                }
                _ => {}
            }
        }
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

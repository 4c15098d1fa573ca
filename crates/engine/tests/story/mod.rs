//! Tells a story: feeds inputs to an execution and writes down what follows.
//!
//! After every step the history so far is folded from the start, through its stored form, and must
//! give the live execution.

mod transcript;

use std::collections::HashMap;
use std::sync::Arc;

use engine::{
    Effect, Ending, Event, Execution, Head, Input, MapRunEnd, Millis, Moment, Refusal, Step, TaskKey,
    TimerKey, World, decide,
};
use json::{Payload, Str};

/// The story's midnight: 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;

/// A world in which the activity `Missing` does not exist.
#[derive(Clone, Copy, Default)]
struct StoryWorld {
    deleting: bool,
}

impl World for StoryWorld {
    fn is_deleting(&self, _: &str) -> bool {
        self.deleting
    }

    fn refuse(&self, _: &str, resource: &asl::Resource, _: &json::Value) -> Option<Refusal> {
        resource
            .arn
            .ends_with(":activity:Missing")
            .then(|| Refusal::Explained(format!("The activity {} does not exist.", resource.arn)))
    }
}

struct Teller {
    head: Head,
    execution: Execution,
    history: Vec<Event>,
    now: Millis,
    room: usize,
    world: StoryWorld,
    steps: u64,
    /// The map runs that have started.
    map_runs: Vec<TaskKey>,
    /// The last attempt of each Task state that was seen.
    seen: HashMap<Str, TaskKey>,
    out: String,
}

/// The transcript of a story. Panics, with the reason, when the story itself is wrong.
pub(crate) fn tell(definition: &str, story: &str) -> String {
    let reading = asl::read(definition, asl::Rules::default());
    let machine = match reading.machine {
        Some(machine) => Arc::new(machine),
        None => panic!("the definition is not valid: {:#?}", reading.diagnostics),
    };
    let mut lines = story
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let first = lines.next().expect("a story has a first line");
    let (express, input) = match first.strip_prefix("> start ") {
        Some(input) => (false, input),
        None => (
            true,
            first
                .strip_prefix("> start-express ")
                .expect("a story begins with start"),
        ),
    };
    let head = Head {
        id: 1,
        arn: "arn:aws:states:us-east-1:000000000000:execution:Story:run".into(),
        name: "run".into(),
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:Story".into(),
        machine_name: "Story".into(),
        version_arn: None,
        alias_arn: None,
        role_arn: "arn:aws:iam::000000000000:role/story".into(),
        region: "us-east-1".into(),
        started: Millis(START),
        express,
        machine,
        flow: asl::StateMachine::TOP,
        input: payload(input),
    };
    let mut teller = Teller {
        execution: Execution::new(head.clone()),
        head,
        history: Vec::new(),
        now: Millis(START),
        room: 100,
        world: StoryWorld::default(),
        steps: 0,
        map_runs: Vec::new(),
        seen: HashMap::new(),
        out: String::new(),
    };
    teller.line(first);
    teller.feed(Input::Start);
    for line in lines {
        teller.line(line);
        teller.obey(
            line.strip_prefix("> ")
                .unwrap_or_else(|| panic!("what is `{line}`?")),
        );
    }
    teller.out
}

impl Teller {
    fn obey(&mut self, order: &str) {
        let (verb, rest) = order.split_once(' ').unwrap_or((order, ""));
        match verb {
            "at" => self.pass_time(moment(rest)),
            "early" => {
                let key = self.next_timer().1;
                self.feed(Input::Timer(key));
            }
            "go-on" => {
                let (due, key) = self.next_timer();
                self.now = due;
                self.feed(Input::Timer(key));
            }
            "stop" => self.feed(Input::Stop(ending(rest))),
            "redrive" => self.feed(Input::Redrive {
                token: (!rest.is_empty()).then(|| rest.into()),
            }),
            "delete" => self.world.deleting = true,
            "map-run" => {
                let (how, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let run = self.map_runs.last().copied().expect("a map run has started");
                let end = match how {
                    "succeeds" => MapRunEnd::Succeeded(payload(rest)),
                    "is-too-large" => MapRunEnd::TooLarge,
                    "fails" => MapRunEnd::Failed(ending(rest)),
                    "is-aborted" => MapRunEnd::Aborted,
                    _ => panic!("how does a map run end with `{how}`?"),
                };
                self.feed(Input::MapRunEnded { run, end });
            }
            "room" => self.room = rest.parse().expect("a number of tasks"),
            _ => {
                let (state, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let task = self.task(state);
                self.feed(match verb {
                    "succeed" => Input::TaskSucceeded {
                        task,
                        output: payload(rest),
                    },
                    "submit" => Input::TaskSubmitted {
                        task,
                        output: payload(rest),
                    },
                    "fail" => Input::CallFailed {
                        task,
                        ending: ending(rest),
                    },
                    "report-failure" => Input::TaskFailed {
                        task,
                        ending: ending(rest),
                    },
                    "take" => Input::ActivityStarted {
                        task,
                        worker: (!rest.is_empty()).then(|| rest.into()),
                    },
                    "room-for" => Input::TaskStarting(task),
                    "heartbeat" => Input::Heartbeat(task),
                    _ => panic!("what is `{order}`?"),
                });
            }
        }
    }

    /// Moves the clock, and feeds the timers that are due on the way, each at its time.
    fn pass_time(&mut self, until: Millis) {
        while let Some((due, key)) = self.execution.next_timer().filter(|(due, _)| *due <= until) {
            self.now = due;
            self.feed(Input::Timer(key));
        }
        self.now = until;
    }

    fn next_timer(&self) -> (Millis, TimerKey) {
        self.execution.next_timer().expect("there is a timer")
    }

    /// The open attempt of a Task state (`Name`, or `Name#2` for the second of several), or its last one.
    fn task(&self, name: &str) -> TaskKey {
        let (name, place) = match name.split_once('#') {
            Some((name, place)) => (name, place.parse::<usize>().expect("a place") - 1),
            None => (name, 0),
        };
        let open: Vec<TaskKey> = self
            .execution
            .open_tasks()
            .into_iter()
            .map(|(order, _)| order.task)
            .filter(|task| {
                self.execution
                    .state_of(*task)
                    .is_some_and(|state| &**state == name)
            })
            .collect();
        open.get(place)
            .or_else(|| self.seen.get(name))
            .copied()
            .unwrap_or_else(|| panic!("no task {name}"))
    }

    fn feed(&mut self, input: Input) {
        self.steps += 1;
        let moment = Moment {
            now: self.now,
            seed: self.steps,
            room: self.room,
            world: &self.world,
        };
        let timers_before: Vec<_> = self.execution.timers().collect();
        let before = self.execution.clone();
        let step = decide(&mut self.execution, input.clone(), moment);
        let mut twin = before.clone();
        let again = decide(&mut twin, input, moment);
        assert_eq!(again.events, step.events, "the same inputs give the same events");
        for (order, _) in self.execution.open_tasks() {
            if let Some(state) = self.execution.state_of(order.task) {
                self.seen.insert(state.clone(), order.task);
            }
        }
        self.history.extend(step.events.iter().cloned());
        for effect in &step.effects {
            if let Effect::StartMapRun(plan) = effect {
                self.map_runs.push(plan.run());
            }
        }
        self.check(&step);
        self.write(&step, &before, &timers_before);
    }

    /// The history, stored and read back, must give the live execution.
    fn check(&self, step: &Step) {
        let stored = postcard::to_stdvec(&self.history).expect("events can be stored");
        let history: Vec<Event> = postcard::from_bytes(&stored).expect("events can be read back");
        assert_eq!(history, self.history, "events come back as they were stored");
        let folded = Execution::fold(self.head.clone(), &history).expect("the history fits");
        // An Express execution that pauses keeps what is left in memory, since it is never saved.
        let paused = self
            .execution
            .next_timer()
            .is_some_and(|(_, key)| key.kind == engine::TimerKind::Continue);
        assert!(
            paused || folded == self.execution,
            "folding the history gives the live execution"
        );
        let numbers: Vec<u64> = self
            .history
            .iter()
            .filter(|event| !event.detail.is_silent())
            .map(|event| event.id)
            .collect();
        assert!(
            numbers.iter().copied().eq(1..=numbers.len() as u64),
            "events are numbered without gaps"
        );
        assert!(
            self.history
                .iter()
                .all(|event| event.previous < event.id.max(1) + 1),
            "links point back"
        );
        assert!(
            step.taken || step.events.is_empty(),
            "an input that came too late changes nothing"
        );
    }
}

fn payload(text: &str) -> Payload {
    Payload::parse(expanded(text)).unwrap_or_else(|error| panic!("`{text}` is no JSON: {error}"))
}

/// The text with each `<x*N>` written out as N times x.
fn expanded(text: &str) -> String {
    let Some((before, rest)) = text.split_once('<') else {
        return text.to_owned();
    };
    let Some((repeated, after)) = rest.split_once('>') else {
        return text.to_owned();
    };
    let Some((what, times)) = repeated.split_once('*') else {
        return text.to_owned();
    };
    format!(
        "{before}{}{after}",
        what.repeat(times.parse().expect("how many times"))
    )
}

/// `ERROR CAUSE…`, each of which may be missing.
fn ending(text: &str) -> Ending {
    let (error, cause) = text.split_once(' ').unwrap_or((text, ""));
    let part = |text: &str| (!text.is_empty()).then(|| Str::from(text));
    Ending {
        error: part(error),
        cause: part(cause),
    }
}

/// `MM:SS` or `MM:SS.mmm` after the story's midnight; minutes may be more than 60.
fn moment(text: &str) -> Millis {
    let (minutes, seconds) = text.split_once(':').expect("a time is MM:SS");
    let seconds: f64 = seconds.parse().expect("seconds");
    let minutes: i64 = minutes.parse().expect("minutes");
    Millis(START + minutes * 60_000 + (seconds * 1000.0).round() as i64)
}

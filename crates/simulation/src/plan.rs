//! Plans: what is to happen in a world, apart from what goes wrong: state machines, executions, settings.

use engine::Millis;
use json::{Value, json};
use runtime::{Rate, Settings};
use store::MachineKind;

use crate::dice::Dice;
use crate::machines::{Around, Failing, Maker, Steadiness};

/// When worlds begin.
pub(crate) const START: Millis = Millis(1_760_000_000_000);

/// What is to happen in a world. A seed always gives the same.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where it comes from.
    pub seed: u64,
    /// What the ends of its executions depend on.
    pub steadiness: Steadiness,
    /// Definitions of each state machine, one for each of its revisions; the first machine is the one that others
    /// start.
    pub machines: Vec<Vec<String>>,
    /// Which of them is an Express one, if any is.
    pub express: Option<usize>,
    /// What is done one after the other.
    pub deeds: Vec<Deed>,
    /// How often an execution that failed is redriven at the most.
    pub redrives: u32,
    /// How many workers ask for activity tasks.
    pub pollers: usize,
    /// How the runtime is set up.
    pub tuning: Tuning,
}

/// What somebody does.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Creates a state machine, with its first definition.
    Create(usize),
    /// Gives a state machine its next definition.
    Update(usize, usize),
    /// Starts an execution.
    Start {
        /// Of this state machine.
        machine: usize,
        /// With this name.
        name: String,
        /// And this input.
        input: Value,
        /// Somebody stops it after a while.
        stop: bool,
    },
    /// Starts an asynchronous Express execution.
    StartExpress {
        /// Of this state machine.
        machine: usize,
        /// With this name.
        name: String,
        /// And this input.
        input: Value,
    },
    /// Runs a synchronous Express execution, and another one when the process goes before its end.
    StartSync {
        /// Of this state machine.
        machine: usize,
        /// With this in its name.
        name: String,
        /// And this input.
        input: Value,
    },
    /// Deletes a state machine.
    Delete(usize),
}

/// Settings that change how much is done at once and kept in memory.
#[derive(Debug, Clone)]
pub struct Tuning {
    workers: usize,
    mailbox: usize,
    max_tasks: usize,
    warm: usize,
    batch_changes: usize,
    uncommitted_bytes: usize,
    transitions: Option<Rate>,
    open_map_runs: usize,
    map_run_executions: usize,
    express_seconds: u64,
}

impl Plan {
    /// The plan of a seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let steadiness = match dice.roll(6) {
            0 => Steadiness::Steady(Failing::Never),
            1 => Steadiness::Steady(Failing::ByTimeout),
            2 => Steadiness::Steady(Failing::WithAnError),
            _ => Steadiness::Chancy,
        };
        let mut names = 0;
        let mut machines = vec![vec![child(&mut dice, &mut names, steadiness)]];
        for _ in 0..1 + dice.roll(2) {
            let revisions = 1 + dice.roll(2);
            let made = (0..revisions).map(|_| machine(&mut dice, &mut names, steadiness));
            machines.push(made.collect());
        }
        let express = dice.one_in(3).then_some(machines.len());
        if express.is_some() {
            machines.push(vec![express_machine(&mut dice, &mut names, steadiness)]);
        }
        let deeds = deeds(&mut dice, steadiness, &machines, express);
        Self {
            seed,
            steadiness,
            machines,
            express,
            deeds,
            redrives: dice.roll(3) as u32,
            pollers: 1 + dice.roll(2) as usize,
            tuning: Tuning::new(&mut dice, steadiness),
        }
    }

    /// What a state machine is.
    pub fn kind(&self, machine: usize) -> MachineKind {
        match self.express == Some(machine) {
            true => MachineKind::Express,
            false => MachineKind::Standard,
        }
    }

    /// Whether tasks that fail do so by never being answered.
    pub fn fails_by_timeout(&self) -> bool {
        self.steadiness == Steadiness::Steady(Failing::ByTimeout)
    }

    /// Whether executions end in one way only, whatever goes wrong.
    pub fn is_steady(&self) -> bool {
        self.steadiness != Steadiness::Chancy
    }
}

/// The ARN of a state machine of a plan.
pub fn machine_arn(machine: usize) -> String {
    format!("arn:aws:states:us-east-1:000000000000:stateMachine:m{machine}")
}

/// The ARN of an execution of a plan.
pub fn execution_arn(machine: usize, name: &str) -> String {
    format!("arn:aws:states:us-east-1:000000000000:execution:m{machine}:{name}")
}

/// What nested executions run. Where ends matter, it succeeds: a failure's cause would tell the time.
fn child(dice: &mut Dice, names: &mut u32, steadiness: Steadiness) -> String {
    let steadiness = match steadiness {
        Steadiness::Chancy => Steadiness::Chancy,
        Steadiness::Steady(_) => Steadiness::Steady(Failing::Never),
    };
    let mut maker = Maker {
        dice,
        names,
        steadiness,
        child: None,
        around: Around::default(),
    };
    maker.flow(1).to_string()
}

fn machine(dice: &mut Dice, names: &mut u32, steadiness: Steadiness) -> String {
    let depth = 1 + dice.roll(2) as u32;
    let around = Around {
        map_runs: 2,
        ..Around::default()
    };
    let mut definition = parent(dice, names, steadiness, around, depth);
    if steadiness == Steadiness::Chancy
        && dice.one_in(4)
        && let Value::Object(members) = &mut definition
    {
        members.insert("TimeoutSeconds", 20);
    }
    definition.to_string()
}

fn express_machine(dice: &mut Dice, names: &mut u32, steadiness: Steadiness) -> String {
    let depth = dice.roll(2) as u32;
    let around = Around {
        express: true,
        ..Around::default()
    };
    parent(dice, names, steadiness, around, depth).to_string()
}

/// What may start executions of the first state machine.
fn parent(dice: &mut Dice, names: &mut u32, steadiness: Steadiness, around: Around, depth: u32) -> Value {
    let child = machine_arn(0);
    let mut maker = Maker {
        dice,
        names,
        steadiness,
        child: Some(&child),
        around,
    };
    maker.flow(depth)
}

fn deeds(
    dice: &mut Dice,
    steadiness: Steadiness,
    machines: &[Vec<String>],
    express: Option<usize>,
) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = (0..machines.len()).map(Deed::Create).collect();
    for (machine, revisions) in machines.iter().enumerate().skip(1) {
        if express == Some(machine) {
            continue;
        }
        for revision in 0..revisions.len() {
            if revision > 0 {
                deeds.push(Deed::Update(machine, revision));
            }
            for number in 0..1 + dice.roll(3) {
                deeds.push(Deed::Start {
                    machine,
                    name: format!("e{revision}{number}"),
                    input: json!({"list": [1, 2, 3], "n": dice.roll(3), "items": items(dice)}),
                    stop: steadiness == Steadiness::Chancy && dice.one_in(6),
                });
            }
        }
        if steadiness == Steadiness::Chancy && dice.one_in(8) {
            deeds.push(Deed::Delete(machine));
        }
    }
    if let Some(machine) = express {
        for number in 0..2 + dice.roll(4) {
            let input = json!({"list": [1, 2, 3], "n": dice.roll(3)});
            let deed = match dice.one_in(2) {
                true => Deed::StartSync {
                    machine,
                    name: number.to_string(),
                    input,
                },
                false => Deed::StartExpress {
                    machine,
                    name: format!("a{number}"),
                    input,
                },
            };
            let begins = machines.len() as u64;
            let place = begins + dice.roll(deeds.len() as u64 + 1 - begins);
            deeds.insert(place as usize, deed);
        }
    }
    deeds
}

/// What Distributed Maps go through.
fn items(dice: &mut Dice) -> Value {
    Value::from(
        (0..dice.roll(7))
            .map(|item| Value::from(10 + item))
            .collect::<Vec<_>>(),
    )
}

impl Tuning {
    fn new(dice: &mut Dice, steadiness: Steadiness) -> Self {
        Self {
            workers: 1 + dice.roll(4) as usize,
            mailbox: *dice.pick(&[1, 4, 1024]),
            max_tasks: 1 + dice.roll(6) as usize,
            warm: *dice.pick(&[0, 0, 2, 4096]),
            batch_changes: *dice.pick(&[1, 4, 1024]),
            uncommitted_bytes: *dice.pick(&[1, 32 << 20]),
            transitions: dice.one_in(6).then_some(Rate { bucket: 5, refill: 3 }),
            open_map_runs: *dice.pick(&[1, 2, 1000]),
            map_run_executions: *dice.pick(&[2, 10_000, 10_000]),
            // Where ends matter, none is that there was not time enough.
            express_seconds: match steadiness {
                Steadiness::Chancy => *dice.pick(&[20, 300]),
                Steadiness::Steady(_) => 100 * 86_400,
            },
        }
    }

    /// The settings, with all else as it is outside of tests.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings {
            workers: self.workers,
            mailbox: self.mailbox,
            max_tasks: self.max_tasks,
            warm_executions: self.warm,
            recent_executions: self.warm,
            batch_changes: self.batch_changes,
            uncommitted_bytes: self.uncommitted_bytes,
            ..Settings::default()
        };
        settings.limits.state_transitions = self.transitions;
        settings.limits.open_map_runs = self.open_map_runs;
        settings.limits.map_run_executions = self.map_run_executions;
        settings.limits.executions.express_seconds = self.express_seconds;
        settings
    }
}

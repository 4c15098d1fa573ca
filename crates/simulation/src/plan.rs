//! Plans: what is to happen in a world, apart from what goes wrong: state machines, executions, settings.

use engine::Millis;
use json::{Value, json};
use runtime::{Rate, Settings};

use crate::dice::Dice;
use crate::machines::{Failing, Maker, Steadiness};

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
        let deeds = deeds(&mut dice, steadiness, &machines);
        Self {
            seed,
            steadiness,
            machines,
            deeds,
            redrives: dice.roll(3) as u32,
            pollers: 1 + dice.roll(2) as usize,
            tuning: Tuning::new(&mut dice),
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
        forks: 0,
    };
    maker.flow(1).to_string()
}

fn machine(dice: &mut Dice, names: &mut u32, steadiness: Steadiness) -> String {
    let child = machine_arn(0);
    let depth = 1 + dice.roll(2) as u32;
    let mut maker = Maker {
        dice,
        names,
        steadiness,
        child: Some(&child),
        forks: 0,
    };
    let mut definition = maker.flow(depth);
    if steadiness == Steadiness::Chancy
        && dice.one_in(4)
        && let Value::Object(members) = &mut definition
    {
        members.insert("TimeoutSeconds", 20);
    }
    definition.to_string()
}

fn deeds(dice: &mut Dice, steadiness: Steadiness, machines: &[Vec<String>]) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = (0..machines.len()).map(Deed::Create).collect();
    for (machine, revisions) in machines.iter().enumerate().skip(1) {
        for revision in 0..revisions.len() {
            if revision > 0 {
                deeds.push(Deed::Update(machine, revision));
            }
            for number in 0..1 + dice.roll(3) {
                deeds.push(Deed::Start {
                    machine,
                    name: format!("e{revision}{number}"),
                    input: json!({"list": [1, 2, 3], "n": dice.roll(3)}),
                    stop: steadiness == Steadiness::Chancy && dice.one_in(6),
                });
            }
        }
        if steadiness == Steadiness::Chancy && dice.one_in(8) {
            deeds.push(Deed::Delete(machine));
        }
    }
    deeds
}

impl Tuning {
    fn new(dice: &mut Dice) -> Self {
        Self {
            workers: 1 + dice.roll(4) as usize,
            mailbox: *dice.pick(&[1, 4, 1024]),
            max_tasks: 1 + dice.roll(6) as usize,
            warm: *dice.pick(&[0, 0, 2, 4096]),
            batch_changes: *dice.pick(&[1, 4, 1024]),
            uncommitted_bytes: *dice.pick(&[1, 32 << 20]),
            transitions: dice.one_in(6).then_some(Rate { bucket: 5, refill: 3 }),
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
        settings
    }
}

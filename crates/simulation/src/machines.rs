//! Random machines: definitions made from a seed, all of them right, and the executions that run them.

mod distributed;

use std::sync::Arc;

use engine::{Head, Millis, Refusal, World};
use json::{Payload, Value, json};

use crate::dice::Dice;

/// The function that Task states call.
pub const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:F";

/// The activity whose workers do tasks.
pub const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:A";

/// The error of a call that a crash cut off, in simulated worlds.
pub const LOST: &str = "Lost";

/// The error of a task that fails.
pub const RANDOM: &str = "Random";

/// A world in which every task can be sent.
#[derive(Debug, Clone, Copy)]
pub struct Open;

impl World for Open {
    fn refuse(&self, _: &str, _: &asl::Resource, _: &Value) -> Option<Refusal> {
        None
    }
}

/// A Standard execution of a machine.
pub fn head(id: u64, machine: asl::StateMachine, input: Value) -> Head {
    Head {
        id,
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
        flow: asl::StateMachine::TOP,
        input: Payload::from(input),
    }
}

/// A flow of a few states, nested so many levels deep at the most, whose ends depend on chance and on time.
pub fn flow(dice: &mut Dice, names: &mut u32, depth: u32) -> Value {
    let maker = &mut Maker {
        dice,
        names,
        steadiness: Steadiness::Chancy,
        child: None,
        around: Around::default(),
    };
    maker.flow(depth)
}

/// Whether the end of an execution depends on anything but its definition and its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steadiness {
    /// On chance, on time, and on what tasks answer.
    Chancy,
    /// On nothing else, as long as each task does what its parameters say: calls that are lost are made again, and
    /// tasks that fail do so in one way only, so that it does not matter which of several fails first.
    Steady(Failing),
}

/// How the tasks of a steady machine fail, those that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// With an error.
    WithAnError,
    /// By never being answered.
    ByTimeout,
    /// None does.
    Never,
}

/// Makes flows.
#[derive(Debug)]
pub struct Maker<'d> {
    /// What chooses.
    pub dice: &'d mut Dice,
    /// How many names were given.
    pub names: &'d mut u32,
    /// What its flows depend on.
    pub steadiness: Steadiness,
    /// The state machine that Task states start; with none, and in flows for the engine alone, there are none such,
    /// and no jobs.
    pub child: Option<&'d str>,
    /// What is around the flow.
    pub around: Around,
}

/// What is around a flow.
#[derive(Debug, Clone, Copy)]
pub struct Around {
    /// Whether Express executions run it.
    pub express: bool,
    /// The member of the execution's input that Map states go through.
    pub list: &'static str,
    /// How many Parallel and Map states are around it in the same execution.
    pub forks: u32,
    /// How deep Distributed Maps may be nested in it; in flows for the engine alone there are none.
    pub map_runs: u32,
    /// Whether it is the processor of a Distributed Map.
    pub is_child: bool,
}

impl Default for Around {
    fn default() -> Self {
        Self {
            express: false,
            list: "list",
            forks: 0,
            map_runs: 0,
            is_child: false,
        }
    }
}

impl Maker<'_> {
    /// A flow of a few states, nested so many levels deep at the most.
    pub fn flow(&mut self, depth: u32) -> Value {
        let count = 1 + self.dice.roll(3);
        let first = u64::from(*self.names);
        *self.names += count as u32;
        let mut states = Vec::new();
        for place in 0..count {
            let next = (place + 1 < count).then(|| format!("S{}", first + place + 1));
            let name = format!("S{}", first + place);
            let state = self.state(&name, depth, next);
            states.push((name, state));
        }
        Value::object([
            ("StartAt", Value::from(format!("S{first}"))),
            ("States", Value::object(states)),
        ])
    }

    /// A flow inside a Parallel or Map state.
    fn forked(&mut self, depth: u32) -> Value {
        self.around.forks += 1;
        let flow = self.flow(depth);
        self.around.forks -= 1;
        flow
    }

    fn is_steady(&self) -> bool {
        self.steadiness != Steadiness::Chancy
    }

    fn state(&mut self, name: &str, depth: u32, next: Option<String>) -> Value {
        if self.may_distribute() && self.dice.roll(6) == 0 {
            return self.distributed(name, depth, next);
        }
        if self.dice.roll(5) == 0 {
            return self.jsonata_state(name, depth, next);
        }
        if let Some(child) = self.child
            && self.dice.roll(6) == 0
        {
            return self.outside(child, name, next);
        }
        let kind = match self.dice.roll(if depth == 0 { 6 } else { 9 }) {
            // An Express execution waits for nobody who would have to find it.
            4 | 5 if self.around.express => 2,
            kind => kind,
        };
        let mut state = match kind {
            0 => match (self.dice.roll(3), &next) {
                (0, Some(next)) => {
                    return json!({"Type": "Choice", "Default": next.as_str(),
                        "Choices": [{"Variable": "$.n", "IsPresent": true, "Next": next.as_str()}]});
                }
                (0, None) => return json!({"Type": "Succeed"}),
                (1, None) if self.may_fail() => {
                    return json!({"Type": "Fail", "Error": RANDOM, "Cause": "a throw of the dice"});
                }
                _ => json!({"Type": "Pass"}),
            },
            1 => json!({"Type": "Wait", "Seconds": 3}),
            2 | 3 => json!({"Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 5}),
            4 => {
                json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                    "HeartbeatSeconds": 4,
                    "Parameters": {"FunctionName": "F", "Payload": {"token.$": "$$.Task.Token"}}})
            }
            5 => json!({"Type": "Task", "Resource": ACTIVITY, "TimeoutSeconds": 9}),
            6 => {
                let branches: Vec<Value> = (0..1 + self.dice.roll(3))
                    .map(|_| self.forked(depth - 1))
                    .collect();
                Value::object([
                    ("Type", Value::from("Parallel")),
                    ("Branches", Value::from(branches)),
                ])
            }
            _ => {
                let processor = self.forked(depth - 1);
                Value::object([
                    ("Type", Value::from("Map")),
                    ("ItemProcessor", processor),
                    ("MaxConcurrency", Value::from(self.dice.roll(3))),
                    (
                        "Parameters",
                        json!({"list": [1, 2], "item.$": "$$.Map.Item.Index"}),
                    ),
                    (
                        "InputPath",
                        Value::from(format!("$$.Execution.Input.{}", self.around.list)),
                    ),
                ])
            }
        };
        if is_one(&state, &["Task", "Parallel", "Map"]) {
            if self.is_steady() {
                self.steady(&mut state, name, next.as_deref());
            } else {
                set(&mut state, "ResultPath", Value::Null);
                if self.dice.roll(2) == 0 {
                    let retry = json!([{"ErrorEquals": ["Random", "States.Timeout"],
                        "MaxAttempts": self.dice.roll(3), "IntervalSeconds": 2}]);
                    set(&mut state, "Retry", retry);
                }
                if let (0, Some(next)) = (self.dice.roll(2), &next) {
                    set(&mut state, "Catch", catch("ResultPath", "$.error", next));
                }
            }
        }
        go_on(state, next)
    }

    /// A state in JSONata, some of whose expressions fail with some inputs.
    fn jsonata_state(&mut self, name: &str, depth: u32, next: Option<String>) -> Value {
        const CHANCY: [&str; 3] = [
            "{% $states.input %}",
            "{% $states.input.n > 0 ? $states.input : $none %}",
            "{% $random() < 0.7 ? $states.input : $none %}",
        ];
        let kinds = if self.is_steady() { 1 } else { 3 };
        let chancy = CHANCY[self.dice.roll(kinds) as usize];
        let mut state = match self.dice.roll(if depth == 0 { 3 } else { 5 }) {
            0 => json!({"Type": "Pass", "Output": chancy}),
            1 => json!({"Type": "Wait", "Seconds": "{% 1 + 2 %}", "Output": chancy}),
            2 => json!({"Type": "Task", "Resource": FUNCTION, "Arguments": chancy,
                "TimeoutSeconds": "{% 2 + 3 %}"}),
            3 => Value::object([
                ("Type", Value::from("Parallel")),
                ("Arguments", Value::from(chancy)),
                ("Branches", Value::from(vec![self.forked(depth - 1)])),
            ]),
            _ => Value::object([
                ("Type", Value::from("Map")),
                (
                    "Items",
                    Value::from(format!(
                        "{{% $states.context.Execution.Input.{} %}}",
                        self.around.list
                    )),
                ),
                ("ItemSelector", Value::from(chancy)),
                ("ItemProcessor", self.forked(depth - 1)),
            ]),
        };
        set(&mut state, "QueryLanguage", Value::from("JSONata"));
        if is_one(&state, &["Task", "Parallel", "Map"]) {
            if self.is_steady() {
                self.steady(&mut state, name, next.as_deref());
            } else {
                set(
                    &mut state,
                    "Output",
                    Value::from(CHANCY[self.dice.roll(3) as usize]),
                );
                if self.dice.roll(2) == 0 {
                    let retry = json!([{"ErrorEquals": ["Random", "States.QueryEvaluationError"],
                        "MaxAttempts": self.dice.roll(3), "IntervalSeconds": 2}]);
                    set(&mut state, "Retry", retry);
                }
                if let (0, Some(next)) = (self.dice.roll(2), &next) {
                    let output = CHANCY[self.dice.roll(3) as usize];
                    set(&mut state, "Catch", catch("Output", output, next));
                }
            }
        }
        go_on(state, next)
    }

    /// A state whose task is another execution, or a job.
    fn outside(&mut self, child: &str, name: &str, next: Option<String>) -> Value {
        const STARTS: &str = "arn:aws:states:::states:startExecution";
        let input = json!({"StateMachineArn": child, "Input": {"list": [5], "n": 1}});
        let kinds = if self.around.express { 1 } else { 4 };
        let mut state = match self.dice.roll(kinds) {
            0 => json!({"Type": "Task", "Resource": STARTS, "Parameters": input}),
            1 | 2 => {
                let resource = format!("{STARTS}.sync:2");
                json!({"Type": "Task", "Resource": resource, "Parameters": input,
                    "ResultSelector": {"status.$": "$.Status", "output.$": "$.Output"}})
            }
            _ => {
                json!({"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync",
                    "Parameters": {"JobName": "j", "JobDefinition": "d", "JobQueue": "q"}})
            }
        };
        let names_the_child =
            state.get("ResultSelector").is_none() && state.get("Parameters") == Some(&input);
        let path = if names_the_child {
            Value::Null
        } else {
            Value::from(format!("$.{name}"))
        };
        set(&mut state, "ResultPath", path);
        if self.is_steady() {
            set(&mut state, "Retry", json!([again(LOST)]));
        } else {
            if self.dice.roll(2) == 0 {
                set(&mut state, "TimeoutSeconds", Value::from(6));
            }
            if let (0, Some(next)) = (self.dice.roll(2), &next) {
                set(&mut state, "Catch", catch("ResultPath", "$.error", next));
            }
        }
        go_on(state, next)
    }

    fn may_fail(&self) -> bool {
        matches!(
            self.steadiness,
            Steadiness::Chancy | Steadiness::Steady(Failing::WithAnError)
        )
    }

    /// Makes a state's end depend on nothing but what its parameters say, and keeps its result.
    fn steady(&mut self, state: &mut Value, name: &str, next: Option<&str>) {
        let Steadiness::Steady(failing) = self.steadiness else {
            return;
        };
        let is_jsonata = state.get("QueryLanguage").is_some();
        let resource = state.get("Resource").and_then(Value::as_str).map(str::to_owned);
        let error = match failing {
            Failing::WithAnError | Failing::Never => RANDOM,
            Failing::ByTimeout => "States.Timeout",
        };
        let attempts = self.dice.roll(3);
        let mut retriers = Vec::new();
        if let Some(resource) = &resource {
            retriers.push(again(LOST));
            let is_activity = resource == ACTIVITY;
            if is_activity {
                // A task that was handed out may be lost with its answer.
                retriers.push(again("States.Timeout"));
            }
            let fails = failing != Failing::Never && !(is_activity && failing == Failing::ByTimeout);
            let is_child = self.around.is_child;
            let deed = match self.dice.roll(8) {
                0 if fails && is_child && self.around.list == "list" => {
                    json!({"do": "fail", "every": 1 + self.dice.roll(3)})
                }
                0 if fails => json!({"do": "fail"}),
                // What is late would fail too, so that those that time out do so always. How often an execution of a
                // map run is redriven depends on when it was started.
                1 if fails && error == RANDOM && !is_child => {
                    json!({"do": "fail", "redrives": 1 + self.dice.roll(2)})
                }
                2 | 3 if fails && error == RANDOM && attempts > 0 => json!({"do": "fail", "times": attempts}),
                _ => json!({"do": "succeed"}),
            };
            let is_failing = deed.get("do").and_then(Value::as_str) == Some("fail");
            let deed = self.with_context(deed, is_jsonata);
            remove(state, "HeartbeatSeconds");
            if !is_activity {
                remove(state, "TimeoutSeconds");
                if is_failing && failing == Failing::ByTimeout {
                    set(state, "TimeoutSeconds", Value::from(5));
                }
            }
            match (is_jsonata, resource.ends_with(".waitForTaskToken")) {
                (true, _) => set(state, "Arguments", deed),
                (false, false) => set(state, "Parameters", deed),
                (false, true) => {
                    let mut payload = deed;
                    set(&mut payload, "token.$", Value::from("$$.Task.Token"));
                    set(
                        state,
                        "Parameters",
                        Value::object([("FunctionName", Value::from("F")), ("Payload", payload)]),
                    );
                }
            }
        }
        retriers.push(json!({"ErrorEquals": [error], "MaxAttempts": attempts, "IntervalSeconds": 2}));
        set(state, "Retry", Value::from(retriers));
        if is_jsonata {
            let output = format!("{{% $merge([$states.input, {{\"{name}\": $states.result}}]) %}}");
            set(state, "Output", Value::from(output));
        } else {
            set(state, "ResultPath", Value::from(format!("$.{name}")));
        }
        // A sibling's failure ends a branch wherever it is by then: whether what fails until a redrive had failed before
        // would be seen from what was caught.
        let is_caught = self.dice.one_in(2) && (self.around.forks == 0 || !fails_until_redriven(state));
        if let (true, Some(next)) = (is_caught, next) {
            let caught = if is_jsonata {
                catch("Output", "{% $states.input %}", next)
            } else {
                catch("ResultPath", "$.error", next)
            };
            set(state, "Catch", caught);
        }
    }

    /// What a task shall do, along with what that depends on: how often its execution was redriven, and which item it
    /// is for.
    fn with_context(&self, mut deed: Value, is_jsonata: bool) -> Value {
        let (name, path) = if deed.get("redrives").is_some() {
            ("redriven", "Execution.RedriveCount")
        } else if deed.get("every").is_some() {
            ("index", "Execution.Input.index")
        } else {
            return deed;
        };
        if is_jsonata {
            set(
                &mut deed,
                name,
                Value::from(format!("{{% $states.context.{path} %}}")),
            );
        } else {
            set(&mut deed, &format!("{name}.$"), Value::from(format!("$$.{path}")));
        }
        deed
    }
}

/// Whether a task in a state looks at how often its execution was redriven.
fn fails_until_redriven(state: &Value) -> bool {
    state.to_text().contains("\"redriven")
}

/// A retrier that does not give up.
fn again(error: &str) -> Value {
    json!({"ErrorEquals": [error], "MaxAttempts": 9999, "IntervalSeconds": 1, "BackoffRate": 1})
}

fn catch(member: &str, value: &str, next: &str) -> Value {
    let caught = Value::object([
        ("ErrorEquals", json!(["States.ALL"])),
        (member, Value::from(value)),
        ("Next", Value::from(next)),
    ]);
    Value::from(vec![caught])
}

fn go_on(mut state: Value, next: Option<String>) -> Value {
    match next {
        Some(next) => set(&mut state, "Next", Value::from(next)),
        None => set(&mut state, "End", Value::from(true)),
    }
    state
}

fn is_one(state: &Value, kinds: &[&str]) -> bool {
    state
        .get("Type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kinds.contains(&kind))
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name, value);
    }
}

fn remove(object: &mut Value, name: &str) {
    if let Value::Object(members) = object {
        members.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of a flow that are inside Parallel and Map states.
    fn forked<'f>(flow: &'f Value, is_inside: bool, found: &mut Vec<&'f Value>) {
        for (_, state) in flow
            .get("States")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if is_inside {
                found.push(state);
            }
            let branches = state
                .get("Branches")
                .and_then(Value::as_array)
                .unwrap_or_default();
            for inner in branches.iter().chain(state.get("ItemProcessor")) {
                forked(inner, true, found);
            }
        }
    }

    #[test]
    fn what_fails_until_a_redrive_is_not_caught_beside_others() {
        let mut seen = 0;
        for seed in 0..2000 {
            let flow = Maker {
                dice: &mut Dice::new(seed),
                names: &mut 0,
                steadiness: Steadiness::Steady(Failing::WithAnError),
                child: None,
                around: Around::default(),
            }
            .flow(2);
            let mut states = Vec::new();
            forked(&flow, false, &mut states);
            for state in states.into_iter().filter(|state| fails_until_redriven(state)) {
                seen += 1;
                assert!(state.get("Catch").is_none(), "seed {seed}: {}", state.to_text());
            }
        }
        assert!(seen > 100, "{seen}");
    }
}

//! Every item of a Map gets its iteration, once and in order, however many may run at once and whatever
//! the iterations wait for.

use engine::{Detail, Event, Execution, Input, Millis, Moment, Outcome, Progress, decide};
use json::{Payload, Value, json};
use simulation::dice::Dice;
use simulation::machines::{FUNCTION, Open, head};

const LENGTHS: [u64; 9] = [0, 1, 2, 3, 5, 39, 41, 81, 300];
const WIDTHS: [u64; 6] = [0, 1, 2, 3, 39, 45];
const WIDTH_MAX: usize = 40;

#[test]
fn iterations_that_wait_for_nothing_take_every_item_in_order() {
    for (length, width) in cases() {
        let mut run = Run::start(length, width, json!({"Type": "Pass", "End": true}));
        assert_eq!(run.output(), items(length), "{length} items, {width} at once");
        let all: Vec<u64> = (0..length).collect();
        assert_eq!(run.begun(), all, "{length} items, {width} at once");
    }
}

#[test]
fn iterations_that_wait_for_tasks_take_every_item_and_no_more_at_once_than_allowed() {
    for (length, width) in cases() {
        let mut run = Run::start(length, width, task());
        let mut dice = Dice::new(length * 100 + width);
        while run.answer_one(&mut dice) {
            let most = if width == 0 {
                WIDTH_MAX
            } else {
                WIDTH_MAX.min(width as usize)
            };
            assert!(
                run.execution.open_tasks().len() <= most,
                "{length} items, {width} at once"
            );
        }
        assert_eq!(run.output(), items(length), "{length} items, {width} at once");
        let all: Vec<u64> = (0..length).collect();
        assert_eq!(run.begun(), all, "{length} items, {width} at once");
    }
}

/// Even items wait for a task, odd ones for nothing: places become free at once and later, mixed.
#[test]
fn iterations_of_both_kinds_take_every_item() {
    for (length, width) in cases() {
        let mut run = Run::start_flow(
            length,
            width,
            json!({
                "StartAt": "Kind",
                "States": {
                    "Kind": {"Type": "Choice", "Default": "Wait", "Choices": [
                        {"Variable": "$.odd", "BooleanEquals": true, "Next": "Item"}
                    ]},
                    "Wait": {"Type": "Task", "Resource": FUNCTION,
                        "ResultPath": null, "Next": "Item"},
                    "Item": {"Type": "Pass", "InputPath": "$.item", "End": true}
                }
            }),
        );
        let mut dice = Dice::new(length * 100 + width);
        while run.answer_one(&mut dice) {}
        assert_eq!(run.output(), items(length), "{length} items, {width} at once");
    }
}

fn cases() -> impl Iterator<Item = (u64, u64)> {
    LENGTHS
        .into_iter()
        .flat_map(|length| WIDTHS.into_iter().map(move |width| (length, width)))
}

fn items(length: u64) -> Value {
    Value::from((0..length).map(Value::from).collect::<Vec<_>>())
}

fn task() -> Value {
    json!({"Type": "Task", "Resource": FUNCTION, "End": true})
}

struct Run {
    execution: Execution,
    history: Vec<Event>,
}

impl Run {
    /// A Map whose processor is one state that gets the item alone.
    fn start(length: u64, width: u64, state: Value) -> Self {
        let processor = Value::object([
            ("StartAt", Value::from("Unwrap")),
            (
                "States",
                Value::object([
                    (
                        "Unwrap",
                        json!({"Type": "Pass", "InputPath": "$.item", "Next": "Item"}),
                    ),
                    ("Item", state),
                ]),
            ),
        ]);
        Self::start_flow(length, width, processor)
    }

    fn start_flow(length: u64, width: u64, processor: Value) -> Self {
        let list: Vec<Value> = (0..length)
            .map(|item| Value::object([("item", Value::from(item)), ("odd", Value::from(item % 2 == 1))]))
            .collect();
        let map = Value::object([
            ("Type", Value::from("Map")),
            ("MaxConcurrency", Value::from(width)),
            ("ItemProcessor", processor),
            ("End", Value::from(true)),
        ]);
        let definition = Value::object([
            ("StartAt", Value::from("Each")),
            ("States", Value::object([("Each", map)])),
        ]);
        let reading = asl::read(&definition.to_string(), asl::Rules::default());
        let machine = reading
            .machine
            .unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
        let mut run = Self {
            execution: Execution::new(head(1, machine, Value::from(list))),
            history: Vec::new(),
        };
        run.feed(Input::Start);
        run
    }

    fn feed(&mut self, input: Input) {
        let moment = Moment {
            now: Millis(0),
            seed: 1,
            room: 1000,
            world: &Open,
        };
        self.history
            .extend(decide(&mut self.execution, input, moment).events);
    }

    /// Answers one of the open tasks with its own input; false when there is none.
    fn answer_one(&mut self, dice: &mut Dice) -> bool {
        let tasks = self.execution.open_tasks();
        if tasks.is_empty() {
            return false;
        }
        let (order, progress) = &tasks[dice.roll(tasks.len() as u64) as usize];
        let task = order.task;
        match progress {
            Progress::Scheduled => self.feed(Input::TaskStarting(task)),
            _ => {
                let output = order.parameters.clone();
                self.feed(Input::TaskSucceeded { task, output });
            }
        }
        true
    }

    fn output(&self) -> Value {
        match self.execution.outcome() {
            Some(Outcome::Succeeded(output)) => Payload::value(output).clone(),
            other => panic!("no success: {other:?}"),
        }
    }

    /// The indexes of the iterations, in the order in which they began.
    fn begun(&mut self) -> Vec<u64> {
        let index = |event: &Event| match event.detail {
            Detail::MapIterationStarted { index, .. } => Some(index),
            _ => None,
        };
        self.history.iter().filter_map(index).collect()
    }
}

//! Distributed Maps made from a seed: their items from the state's input or read, in batches or not, with executions
//! of both types.

use json::{Value, json};

use crate::dice::Dice;
use crate::machines::{Around, Failing, Maker, Steadiness, catch, go_on, set};

/// The error of a map run of which too much failed.
const TOO_MANY: &str = "States.ExceedToleratedFailureThreshold";

impl Maker<'_> {
    /// Whether a Distributed Map may be made here. Where ends matter and something fails, it matters which of several
    /// branches fails first, unless they all fail with the same error.
    pub(super) fn may_distribute(&self) -> bool {
        let may_fail = !matches!(
            self.steadiness,
            Steadiness::Chancy | Steadiness::Steady(Failing::Never)
        );
        self.child.is_some() && self.around.map_runs > 0 && !(may_fail && self.around.forks > 0)
    }

    /// A Map whose items are done by executions of their own.
    pub(super) fn distributed(&mut self, name: &str, depth: u32, next: Option<String>) -> Value {
        let express = self.dice.one_in(3);
        let batch = self.dice.one_in(3).then(|| 1 + self.dice.roll(3));
        let is_read = self.dice.one_in(4);
        let is_written = self.dice.one_in(4);
        let is_jsonata = self.dice.one_in(4);
        let processor = self.processor(depth, express, batch.is_some());
        let mut state = match is_jsonata {
            true => {
                json!({"Type": "Map", "QueryLanguage": "JSONata", "ItemSelector": {"list": [4, 5], "n": 1,
                "items": [6, 7], "index": "{% $states.context.Map.Item.Index %}",
                "item": "{% $states.context.Map.Item.Value %}"}})
            }
            false => json!({"Type": "Map", "ItemSelector": {"list": [4, 5], "n": 1, "items": [6, 7],
                "index.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value"}}),
        };
        set(&mut state, "ItemProcessor", processor);
        match (is_read, is_jsonata) {
            (true, _) => set(&mut state, "ItemReader", reader(self.dice, is_jsonata)),
            (false, true) => set(
                &mut state,
                "Items",
                Value::from("{% $states.context.Execution.Input.items %}"),
            ),
            (false, false) => set(&mut state, "InputPath", Value::from("$$.Execution.Input.items")),
        }
        if is_written {
            set(&mut state, "ResultWriter", writer(is_jsonata));
        }
        if let Some(most) = batch {
            set(&mut state, "ItemBatcher", json!({"MaxItemsPerBatch": most}));
        }
        if self.dice.one_in(2) {
            set(&mut state, "Label", Value::from(format!("L{name}")));
        }
        set(&mut state, "MaxConcurrency", Value::from(self.dice.roll(4)));
        match self.dice.roll(4) {
            0 => set(
                &mut state,
                "ToleratedFailureCount",
                Value::from(self.dice.roll(3)),
            ),
            1 => {
                let percentage = *self.dice.pick(&[0_i64, 30, 50, 100]);
                set(&mut state, "ToleratedFailurePercentage", Value::from(percentage));
            }
            _ => {}
        }
        self.keep_results(&mut state, name, is_jsonata, is_written);
        if self.dice.one_in(2) {
            let retry = json!([{"ErrorEquals": [TOO_MANY], "MaxAttempts": self.dice.roll(3),
                "IntervalSeconds": 2}]);
            set(&mut state, "Retry", retry);
        }
        if let (true, Some(next)) = (self.dice.one_in(2), &next) {
            let caught = match is_jsonata {
                true => catch("Output", "{% $states.input %}", next),
                false => catch("ResultPath", "$.error", next),
            };
            set(&mut state, "Catch", caught);
        }
        go_on(state, next)
    }

    fn processor(&mut self, depth: u32, express: bool, in_batches: bool) -> Value {
        let around = self.around;
        let map_runs = match express || in_batches {
            true => 0,
            // What is in a batch has no items of its own.
            false => around.map_runs - 1,
        };
        self.around = Around {
            express,
            list: if in_batches { "Items" } else { "list" },
            forks: 0,
            map_runs,
            is_child: true,
        };
        let mut processor = self.flow(depth.saturating_sub(1));
        self.around = around;
        let kind = if express { "EXPRESS" } else { "STANDARD" };
        set(
            &mut processor,
            "ProcessorConfig",
            json!({"Mode": "DISTRIBUTED", "ExecutionType": kind}),
        );
        processor
    }

    /// The results are kept where they can be looked at, unless they tell the time or chance and ends matter.
    fn keep_results(&mut self, state: &mut Value, name: &str, is_jsonata: bool, is_written: bool) {
        let is_the_same_always = match self.steadiness {
            Steadiness::Chancy => true,
            Steadiness::Steady(Failing::Never) => !is_written,
            Steadiness::Steady(_) => false,
        };
        match (is_jsonata, is_the_same_always) {
            (true, true) => {
                let output = format!("{{% $merge([$states.input, {{\"{name}\": $states.result}}]) %}}");
                set(state, "Output", Value::from(output));
            }
            (true, false) => set(state, "Output", Value::from("{% $states.input %}")),
            (false, true) => set(state, "ResultPath", Value::from(format!("$.{name}"))),
            (false, false) => set(state, "ResultPath", Value::Null),
        }
    }
}

/// Reads as many items as its key says, and its `MaxItems` lets it.
fn reader(dice: &mut Dice, is_jsonata: bool) -> Value {
    let mut config = json!({"InputType": "JSON"});
    let (has, most) = (dice.roll(8), dice.roll(12));
    if most < 6 {
        set(&mut config, "MaxItems", Value::from(most));
    }
    let key = match most {
        0..6 => format!("{has}-{most}"),
        _ => has.to_string(),
    };
    let place = json!({"Bucket": "items", "Key": key});
    let mut reader = json!({"Resource": "arn:aws:states:::s3:getObject"});
    set(&mut reader, "ReaderConfig", config);
    set(&mut reader, parameters(is_jsonata), place);
    reader
}

fn writer(is_jsonata: bool) -> Value {
    let mut writer = json!({"Resource": "arn:aws:states:::s3:putObject"});
    set(
        &mut writer,
        parameters(is_jsonata),
        json!({"Bucket": "results", "Prefix": "p"}),
    );
    writer
}

fn parameters(is_jsonata: bool) -> &'static str {
    if is_jsonata { "Arguments" } else { "Parameters" }
}

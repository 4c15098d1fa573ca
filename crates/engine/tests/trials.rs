//! Trials: one state by itself, what its data becomes on the way, and what comes of it.

use std::fmt::Write;
use std::sync::Arc;

use asl::{Resource, StateId};
use engine::{Ending, Head, Millis, Mock, Moment, Refusal, Setup, Trial, Verdict, World};
use json::{Payload, Value, json};

/// A world that refuses to schedule any task.
struct Refusing;

impl World for Refusing {
    fn refuse(&self, _: &str, resource: &Resource, _: &Value) -> Option<Refusal> {
        Some(Refusal::Explained(format!("{} is refused.", resource.arn)))
    }
}

/// A world that takes every task.
struct Willing;

impl World for Willing {
    fn refuse(&self, _: &str, _: &Resource, _: &Value) -> Option<Refusal> {
        None
    }
}

fn moment(world: &dyn World) -> Moment<'_> {
    Moment {
        now: Millis(1_767_225_600_000),
        seed: 7,
        room: 1,
        world,
    }
}

fn head(state: &Value, input: &Value) -> Head {
    let reading = asl::read_lone_state(&state.to_string(), asl::Limits::AWS);
    let machine = match reading.machine {
        Some(machine) => Arc::new(machine),
        None => panic!("{state}: {:#?}", reading.diagnostics),
    };
    head_of(machine, input)
}

fn head_of(machine: Arc<asl::StateMachine>, input: &Value) -> Head {
    Head {
        id: 1,
        arn: "arn:aws:states:us-east-1:000000000000:express:machine:run".into(),
        name: "run".into(),
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:machine".into(),
        machine_name: "machine".into(),
        version_arn: None,
        alias_arn: None,
        role_arn: "".into(),
        region: "us-east-1".into(),
        started: Millis(1_767_225_600_000),
        express: true,
        machine,
        flow: asl::StateMachine::TOP,
        input: Payload::from(input.clone()),
    }
}

fn verdict(state: &Value, input: &Value, setup: Setup) -> Verdict {
    let mut trial = Trial::new(head(state, input), StateId(0), setup);
    assert!(
        trial.begin(moment(&Refusing)).is_none(),
        "{state} asks for nothing outside"
    );
    trial.verdict()
}

fn mocked(result: Value) -> Setup {
    Setup {
        mock: Some(Mock::Result(Payload::from(result))),
        ..Setup::default()
    }
}

fn failing(error: &str) -> Setup {
    let ending = Ending {
        error: Some(error.into()),
        cause: Some("because".into()),
    };
    Setup {
        mock: Some(Mock::Error(ending)),
        ..Setup::default()
    }
}

/// What a verdict says, a line for each stage and one for the end.
fn told(verdict: &Verdict) -> String {
    let mut out = String::new();
    for (stage, value) in &verdict.stages {
        let _ = writeln!(out, "{stage:?} {value}");
    }
    if let Some(map) = &verdict.map {
        let _ = writeln!(
            out,
            "Map {} {:?} {:?}",
            map.max_concurrency, map.tolerated_count, map.tolerated_percentage
        );
    }
    let _ = write!(out, "{:?}", verdict.status);
    if let Some(output) = &verdict.output {
        let _ = write!(out, " {output}");
    }
    if let Some(ending) = &verdict.error {
        let text = |part: &Option<json::Str>| part.as_deref().unwrap_or("-").to_owned();
        let _ = write!(out, " {}: {}", text(&ending.error), text(&ending.cause));
    }
    if let Some(retrier) = verdict.handled.retrier {
        let _ = write!(out, " retrier {retrier} {:?}", verdict.handled.backoff_millis);
    }
    if let Some(catcher) = verdict.handled.catcher {
        let _ = write!(out, " catcher {catcher}");
    }
    out
}

const INVOKE: &str = "arn:aws:states:::lambda:invoke";

#[test]
fn each_type_of_state_shows_its_way() {
    for (state, input, setup, expected) in [
        (
            json!({"Type": "Pass", "InputPath": "$.a", "Parameters": {"b.$": "$"}, "ResultPath": "$.c", "End": true}),
            json!({"a": 1}),
            Setup::default(),
            "InputPath 1\nParameters {\"b\":1}\nResultSelector {\"b\":1}\nResultPath {\"a\":1,\"c\":{\"b\":1}}\n\
             Succeeded {\"a\":1,\"c\":{\"b\":1}}",
        ),
        (
            json!({"Type": "Pass", "Result": 5, "OutputPath": null, "Next": "B"}),
            json!({}),
            Setup::default(),
            "Result 5\nResultSelector 5\nResultPath 5\nSucceeded {}",
        ),
        (
            json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.a + 1 %}", "End": true}),
            json!({"a": 1}),
            Setup::default(),
            "Succeeded 2",
        ),
        (
            json!({"Type": "Wait", "Seconds": 3600, "InputPath": "$.a", "End": true}),
            json!({"a": []}),
            Setup::default(),
            "InputPath []\nSucceeded []",
        ),
        (
            json!({"Type": "Succeed", "OutputPath": "$.a"}),
            json!({"a": 2}),
            Setup::default(),
            "InputPath {\"a\":2}\nSucceeded 2",
        ),
        (
            json!({"Type": "Fail", "ErrorPath": "$.e", "Cause": "why"}),
            json!({"e": "E"}),
            Setup::default(),
            "InputPath {\"e\":\"E\"}\nFailed E: why",
        ),
        (
            json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "B"}]}),
            json!({"a": 2}),
            Setup::default(),
            "InputPath {\"a\":2}\nFailed States.NoChoiceMatched: Failed to transition out of the state. The state does \
             not point to a next state.",
        ),
        (
            json!({"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "f"},
                "ResultSelector": {"p.$": "$.Payload"}, "ResultPath": "$.r", "End": true}),
            json!({}),
            mocked(json!({"Payload": 1})),
            "InputPath {}\nParameters {\"FunctionName\":\"f\"}\nResult {\"Payload\":1}\nResultSelector {\"p\":1}\n\
             ResultPath {\"r\":{\"p\":1}}\nSucceeded {\"r\":{\"p\":1}}",
        ),
        (
            json!({"Type": "Task", "QueryLanguage": "JSONata", "Resource": INVOKE, "Arguments": {"n": "{% 1 + 1 %}"},
                "Output": "{% $states.result.n %}", "End": true}),
            json!({}),
            mocked(json!({"n": 1})),
            "Arguments {\"n\":2}\nResult {\"n\":1}\nSucceeded 1",
        ),
        (
            json!({"Type": "Parallel", "InputPath": "$.a", "ResultPath": "$.r", "End": true,
                "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Succeed"}}}]}),
            json!({"a": 1}),
            mocked(json!([2])),
            "ResultSelector [2]\nResultPath {\"a\":1,\"r\":[2]}\nSucceeded {\"a\":1,\"r\":[2]}",
        ),
        (
            json!({"Type": "Parallel", "Parameters": {"x.$": "$.none"}, "End": true,
                "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Succeed"}}}]}),
            json!({}),
            mocked(json!([2])),
            "Failed States.Runtime: The JSONPath '$.none' specified for the field 'x.$' could not be found in the \
             input '{}'",
        ),
    ] {
        assert_eq!(told(&verdict(&state, &input, setup)), expected, "{state}");
    }
}

fn map(fields: Value, mode: &str) -> Value {
    let mut map = json!({
        "Type": "Map", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": mode}, "StartAt": "X", "States": {"X": {"Type": "Succeed"}}
        }
    });
    let (Value::Object(map), Value::Object(fields)) = (&mut map, &fields) else {
        panic!("both are objects")
    };
    for (name, value) in fields.iter() {
        map.insert(name.clone(), value.clone());
    }
    if mode == "DISTRIBUTED" {
        map.insert(
            "ItemProcessor",
            json!({
                "ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"},
                "StartAt": "X", "States": {"X": {"Type": "Succeed"}}
            }),
        );
    }
    map.clone().into()
}

#[test]
fn a_map_shows_what_its_iterations_are_given() {
    let inline = map(
        json!({"ItemsPath": "$.list", "MaxConcurrency": 3,
            "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.list"}}),
        "INLINE",
    );
    assert_eq!(
        told(&verdict(
            &inline,
            &json!({"list": ["a", "b"]}),
            mocked(json!([1, 2]))
        )),
        "InputPath {\"list\":[\"a\",\"b\"]}\nItemsPath [\"a\",\"b\"]\n\
         ItemSelector [{\"i\":0,\"v\":\"a\",\"all\":[\"a\",\"b\"]},{\"i\":1,\"v\":\"b\",\"all\":[\"a\",\"b\"]}]\n\
         ResultSelector [1,2]\nResultPath [1,2]\nMap 3 None None\nSucceeded [1,2]"
    );

    let reading = map(
        json!({
            "QueryLanguage": "JSONata",
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/x", "MaxItems": 2},
                "Arguments": {"Bucket": "b", "Key": "k"}},
            "ItemBatcher": {"MaxItemsPerBatch": 1, "BatchInput": {"n": "{% $states.input.n %}"}},
            "ToleratedFailurePercentage": 50
        }),
        "DISTRIBUTED",
    );
    let setup = |failed_iterations| Setup {
        items: Some(Arc::from([json!(1), json!(2), json!(3)])),
        failed_iterations,
        ..mocked(json!([0, 0]))
    };
    let shown = "ItemsPointer [1,2,3]\n\
                 ItemBatcher [{\"BatchInput\":{\"n\":9},\"Items\":[1]},{\"BatchInput\":{\"n\":9},\"Items\":[2]}]\n\
                 Map 0 None Some(50.0)\n";
    assert_eq!(
        told(&verdict(&reading, &json!({"n": 9}), setup(1))),
        format!("{shown}Succeeded [0,0]")
    );
    assert_eq!(
        told(&verdict(&reading, &json!({"n": 9}), setup(2))),
        format!(
            "{shown}Failed States.ExceedToleratedFailureThreshold: The specified tolerated failure threshold was \
             exceeded"
        )
    );
    // Nothing is known of what would be read.
    assert_eq!(
        told(&verdict(&reading, &json!({"n": 9}), mocked(json!([0])))),
        "Map 0 None Some(50.0)\nSucceeded [0]"
    );
}

#[test]
fn failures_are_retried_caught_or_let_through() {
    let state = json!({
        "Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "f"}, "End": true,
        "Retry": [{"ErrorEquals": ["Other"]},
            {"ErrorEquals": ["E", "States.Timeout"], "IntervalSeconds": 3, "BackoffRate": 1.5, "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["F"], "Next": "A"}, {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.e", "Next": "B"}]
    });
    let run = |setup| told(&verdict(&state, &json!({"a": 1}), setup));
    let begun = "InputPath {\"a\":1}\nParameters {\"FunctionName\":\"f\"}\n";
    let retried = |error, retries| Setup {
        retries,
        ..failing(error)
    };
    for (setup, expected) in [
        (retried("E", 0), "Retriable E: because retrier 1 Some(3000)"),
        (retried("E", 1), "Retriable E: because retrier 1 Some(4500)"),
        (retried("E", 2), "Failed E: because retrier 1 None"),
        (
            retried("States.Timeout", 2),
            "Caught {\"a\":1,\"e\":{\"Error\":\"States.Timeout\",\"Cause\":\"because\"}} States.Timeout: because \
             retrier 1 None catcher 1",
        ),
        (
            retried("F", 0),
            "Caught {\"Error\":\"F\",\"Cause\":\"because\"} F: because catcher 0",
        ),
        (retried("States.Runtime", 0), "Failed States.Runtime: because"),
    ] {
        assert_eq!(run(setup), format!("{begun}{expected}"));
    }
}

#[test]
fn a_catcher_that_fails_fails_the_state() {
    let state = json!({
        "Type": "Task", "Resource": INVOKE, "QueryLanguage": "JSONata", "Arguments": {}, "End": true,
        "Catch": [{"ErrorEquals": ["E"], "Output": "{% $none %}", "Next": "A"}]
    });
    assert_eq!(
        told(&verdict(&state, &json!({}), failing("E"))),
        "Arguments {}\nFailed States.QueryEvaluationError: The JSONata expression '$none' specified for the field \
         'Catch[0]/Output' returned nothing (undefined). catcher 0"
    );
}

#[test]
fn variables_and_context_are_what_the_test_says() {
    let state = json!({
        "Type": "Pass", "Parameters": {"v.$": "$v", "name.$": "$$.Execution.Name"}, "Assign": {"w.$": "$v[0]", "v": 0},
        "End": true
    });
    let setup = Setup {
        variables: vec![("v".into(), Payload::from(json!([1, 2])))],
        context: Some(json!({"Execution": {"Name": "given"}})),
        ..Setup::default()
    };
    let verdict = verdict(&state, &json!({}), setup);
    assert_eq!(
        verdict.output.unwrap().value(),
        &json!({"v": [1, 2], "name": "given"})
    );
    assert_eq!(
        verdict.variables,
        [("v".into(), json!(0)), ("w".into(), json!(1))]
    );
}

#[test]
fn a_state_inside_a_map_has_an_item() {
    let definition = r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"X","States":{
        "X":{"Type":"Pass","Parameters":{"item.$":"$$.Map.Item"},"End":true}}}}}}"#;
    let machine = asl::read(definition, asl::Rules::default())
        .machine
        .expect("it is right");
    let mut trial = Trial::new(
        head_of(Arc::new(machine), &json!("x")),
        StateId(1),
        Setup::default(),
    );
    assert!(trial.begin(moment(&Willing)).is_none());
    assert_eq!(
        trial.verdict().output.unwrap().value(),
        &json!({"item": {"Index": 0, "Value": "x"}})
    );
}

#[test]
fn a_task_without_a_mock_is_done_outside() {
    let state = json!({"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "f"}, "Next": "B"});
    let begin = || {
        let mut trial = Trial::new(head(&state, &json!({})), StateId(0), Setup::default());
        let order = trial.begin(moment(&Willing)).expect("there is a task to do");
        assert_eq!(order.parameters.value(), &json!({"FunctionName": "f"}));
        (trial, order.task)
    };
    let (mut trial, task) = begin();
    trial.succeeded(task, Payload::from(json!(1)), moment(&Willing));
    let verdict = trial.verdict();
    assert_eq!(
        (verdict.next, verdict.output),
        (Some(StateId(1)), Some(json!(1).into()))
    );

    let (mut trial, task) = begin();
    trial.timed_out(task, moment(&Willing));
    let told = told(&trial.verdict());
    assert!(told.ends_with("Failed States.Timeout: -"), "{told}");

    let mut trial = Trial::new(head(&state, &json!({})), StateId(0), Setup::default());
    assert!(trial.begin(moment(&Refusing)).is_none());
    let error = trial.verdict().error.unwrap();
    assert_eq!(
        error.cause.as_deref(),
        Some("arn:aws:states:::lambda:invoke is refused.")
    );
}

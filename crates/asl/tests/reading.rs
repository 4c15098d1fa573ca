//! Reading as a whole: AWS's sentences word for word, the machine's shape, limits, hostile texts.

use asl::{
    Code, FailText, FlowId, Limits, Pattern, QueryLanguage, Reading, Rules, SdkActions, StateId, StateKind,
    StateMachine, Target, Transition, Until, definition_message, limits, read, read_lone_state, read_yaml,
};
use proptest::prelude::*;

fn machine(text: &str) -> StateMachine {
    let reading = read(text, Rules::default());
    reading
        .machine
        .unwrap_or_else(|| panic!("{}", definition_message(&reading.diagnostics)))
}

fn refusal(text: &str, rules: Rules) -> String {
    let reading = read(text, rules);
    assert!(reading.machine.is_none());
    definition_message(&reading.diagnostics)
}

fn codes(reading: &Reading) -> Vec<Code> {
    reading.diagnostics.iter().map(|finding| finding.code).collect()
}

#[test]
fn actions_of_the_sdk_are_those_that_are_known() {
    let rules = Rules {
        sdk_actions: SdkActions(|service, action| (service, action) == ("s3", "getObject")),
        ..Rules::default()
    };
    let read = |resource: &str| {
        let text = format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Task","Resource":"{resource}","End":true}}}}}}"#
        );
        asl::read(&text, rules)
    };
    assert!(
        read("arn:aws:states:::aws-sdk:s3:getObject.waitForTaskToken")
            .machine
            .is_some()
    );
    let reading = read("arn:aws:states:::aws-sdk:s3:getObjects");
    assert_eq!(
        definition_message(&reading.diagnostics),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource provided \
         arn:aws:states:::aws-sdk:s3:getObjects is not recognized. The value is not a valid resource ARN, or the resource \
         is not available in this region. at /States/A/Resource'"
    );
}

#[test]
fn refusals_are_awss_word_for_word() {
    let standard = Rules::default();
    let express = Rules {
        express: true,
        ..Rules::default()
    };
    let task = |resource: &str| {
        format!(r#"{{"StartAt":"A","States":{{"A":{{"Type":"Task","Resource":"{resource}","End":true}}}}}}"#)
    };
    for (text, rules, expected) in [
        (
            r#"{"StartAt":"A"}"#.to_owned(),
            standard,
            "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /",
        ),
        (
            task("arn:aws:states:::sns:publish.waitForTaskToken"),
            express,
            // Two spaces: AWS's sentence ends in one.
            "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service \
             integration  at /States/A/Resource",
        ),
        (
            task("arn:aws:states:::dynamodb:query"),
            standard,
            "SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::dynamodb:query is not recognized. \
             The value is not a valid resource ARN, or the resource is not available in this region. at \
             /States/A/Resource",
        ),
        (
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"C"},"B":{"Type":"Pass","End":true}}}"#
                .to_owned(),
            standard,
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next, MISSING_TRANSITION_TARGET: \
             State \"B\" is not reachable. at /States/B",
        ),
        (
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}"#.to_owned(),
            standard,
            "MISSING_END_STATE: Workflow has no terminal state at null",
        ),
    ] {
        assert_eq!(
            refusal(&text, rules),
            format!("Invalid State Machine Definition: '{expected}'")
        );
    }
}

#[test]
fn nothing_and_too_much_are_refused() {
    assert_eq!(codes(&read("", Rules::default())), [Code::MissingDescription]);
    assert_eq!(codes(&read(" \n", Rules::default())), [Code::MissingDescription]);
    assert_eq!(
        codes(&read_yaml("# nothing\n", Rules::default())),
        [Code::MissingDescription]
    );

    let text = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    assert!(
        read(&padded(Limits::AWS.definition_bytes), Rules::default())
            .machine
            .is_some()
    );
    let reading = read(&padded(Limits::AWS.definition_bytes + 1), Rules::default());
    assert_eq!(codes(&reading), [Code::SchemaValidationFailed]);
}

#[test]
fn names_become_indexes_flow_by_flow() {
    let machine = machine(
        r#"{ "Comment": "c", "TimeoutSeconds": 7, "StartAt": "P", "States": {
            "End": { "Type": "Succeed" },
            "P": { "Type": "Parallel", "Next": "M", "Branches": [
              { "StartAt": "B2", "States": {
                "B1": { "Type": "Fail", "Error": "E" }, "B2": { "Type": "Pass", "Next": "B1" } } },
              { "StartAt": "C", "States": { "C": { "Type": "Wait", "Seconds": 5, "End": true } } }] },
            "M": { "Type": "Map", "Next": "End",
              "ItemProcessor": { "StartAt": "D", "States": { "D": { "Type": "Succeed" } } } } } }"#,
    );
    assert_eq!(
        (machine.comment.as_deref(), machine.timeout_seconds),
        (Some("c"), Some(7))
    );
    assert_eq!(machine.query_language, QueryLanguage::JsonPath);
    let names: Vec<&str> = machine.states.iter().map(|state| &*state.name).collect();
    assert_eq!(names, ["End", "P", "M", "B1", "B2", "C", "D"]);

    let top = machine.flow(StateMachine::TOP);
    assert_eq!((top.start_at, top.owner), (StateId(1), None));
    assert_eq!(top.states, [StateId(0), StateId(1), StateId(2)]);
    let branch = machine.flow(FlowId(1));
    assert_eq!((branch.start_at, branch.owner), (StateId(4), Some(StateId(1))));
    assert_eq!(machine.flow(FlowId(3)).owner, Some(StateId(2)));

    let StateKind::Parallel(parallel) = &machine.state(StateId(1)).kind else {
        panic!("a Parallel")
    };
    assert_eq!(parallel.branches, [FlowId(1), FlowId(2)]);
    assert_eq!(parallel.after.transition, Transition::Next(StateId(2)));
    let StateKind::Map(map) = &machine.state(StateId(2)).kind else {
        panic!("a Map")
    };
    assert_eq!(map.processor, FlowId(3));
    let StateKind::Pass(pass) = &machine.state(StateId(4)).kind else {
        panic!("a Pass")
    };
    assert_eq!(pass.transition, Transition::Next(StateId(3)));
    let StateKind::Wait(wait) = &machine.state(StateId(5)).kind else {
        panic!("a Wait")
    };
    assert!(matches!(wait.until, Until::Seconds(5)));
    assert_eq!(machine.state(StateId(5)).flow, FlowId(2));
}

#[test]
fn what_a_task_leaves_out_has_its_default() {
    let machine = machine(
        r#"{ "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Retry": [{ "ErrorEquals": ["E"] }, { "ErrorEquals": ["F"], "IntervalSeconds": 2, "MaxAttempts": 0,
              "BackoffRate": 1.5, "MaxDelaySeconds": 9, "JitterStrategy": "FULL" }], "End": true } } }"#,
    );
    let StateKind::Task(task) = &machine.state(StateId(0)).kind else {
        panic!("a Task")
    };
    let Target::Service {
        service,
        action,
        pattern,
        resource,
    } = &task.resource.target
    else {
        panic!("a service")
    };
    assert_eq!(
        (&**service, &**action, *pattern),
        ("states", "startExecution", Pattern::Sync2)
    );
    assert_eq!(&**resource, "startExecution.sync:2");
    let [first, second] = &task.after.retry[..] else {
        panic!("two retriers")
    };
    assert_eq!(
        (first.interval_seconds, first.max_attempts, first.backoff_rate),
        (1, 3, 2.0)
    );
    assert_eq!((first.max_delay_seconds, first.full_jitter), (None, false));
    assert_eq!(
        (second.interval_seconds, second.max_attempts, second.backoff_rate),
        (2, 0, 1.5)
    );
    assert_eq!((second.max_delay_seconds, second.full_jitter), (Some(9), true));
}

#[test]
fn timestamps_are_read_once() {
    let machine = machine(
        r#"{ "StartAt": "A", "States": { "A": { "Type": "Wait", "Timestamp": "1970-01-02T01:00:00.0015+01:00", "End": true } } }"#,
    );
    let StateKind::Wait(wait) = &machine.state(StateId(0)).kind else {
        panic!("a Wait")
    };
    assert!(matches!(wait.until, Until::Timestamp(86_400_001)));
}

#[test]
fn yaml_and_json_give_the_same_machine() {
    let json =
        machine(r#"{ "StartAt": "A", "States": { "A": { "Type": "Fail", "Error": "1", "Cause": "why" } } }"#);
    let yaml = read_yaml(
        "StartAt: A\nStates:\n  A:\n    Type: Fail\n    Error: '1'\n    Cause: why\n",
        Rules::default(),
    );
    assert_eq!(format!("{json:?}"), format!("{:?}", yaml.machine.unwrap()));
    let StateKind::Fail(fail) = &json.state(StateId(0)).kind else {
        panic!("a Fail")
    };
    assert!(matches!(&fail.error, Some(FailText::Literal(text)) if &**text == "1"));
}

#[test]
fn variables_that_a_state_reads_are_named_once_and_sorted() {
    let machine = machine(
        r#"{ "StartAt": "A", "States": {
            "A": { "Type": "Pass", "Assign": { "a": 1 }, "Next": "B" },
            "B": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "InputPath": "$in", "OutputPath": "$out",
              "Parameters": { "x.$": "$b", "y": { "z.$": "States.Array($a, States.MathAdd($c, $a))" } },
              "Credentials": { "RoleArn.$": "$role" }, "TimeoutSecondsPath": "$timeout", "HeartbeatSecondsPath": "$heart",
              "ResultSelector": { "r.$": "$result" }, "Assign": { "n.$": "$old" },
              "Catch": [{ "ErrorEquals": ["E"], "Assign": { "n.$": "$caught" }, "Next": "C" }], "Next": "C" },
            "C": { "Type": "Choice", "Default": "D", "Assign": { "d.$": "$default" }, "Choices": [
              { "Variable": "$guess", "StringEqualsPath": "$answer", "Assign": { "e.$": "$ruled" }, "Next": "D" },
              { "Not": { "Or": [{ "Variable": "$deep", "IsNull": true }] }, "Next": "D" }] },
            "D": { "Type": "Map", "ItemsPath": "$items", "ItemSelector": { "s.$": "$selected" },
              "MaxConcurrencyPath": "$most", "Next": "W",
              "ItemProcessor": { "StartAt": "I", "States": { "I": { "Type": "Pass", "Parameters": { "q.$": "$inner" }, "End": true } } } },
            "W": { "Type": "Wait", "SecondsPath": "$seconds", "Next": "F" },
            "F": { "Type": "Fail", "ErrorPath": "$error", "CausePath": "States.Format('{}', $cause)" } } }"#,
    );
    let found: Vec<String> = machine
        .variable_references()
        .into_iter()
        .map(|(state, names)| format!("{state}: {}", names.join(" ")))
        .collect();
    assert_eq!(
        found,
        [
            "B: a b c caught heart in old out result role timeout",
            "C: answer deep default guess ruled",
            "D: items most selected",
            "W: seconds",
            "F: cause error",
            "I: inner",
        ]
    );
}

#[test]
fn jsonata_names_the_variables_that_it_reads() {
    let machine = machine(
        r#"{ "StartAt": "C", "QueryLanguage": "JSONata", "States": {
            "C": { "Type": "Choice", "Default": "T", "Output": "{% $out %}",
              "Choices": [{ "Condition": "{% $a > $sum($b.list) %}", "Output": ["{% $c %}"], "Assign": { "x": "{% $d %}" }, "Next": "T" }] },
            "T": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "n": "{% ($own := $e; $own + $states.input.f) %}" },
              "TimeoutSeconds": "{% $g %}", "Output": "{% $map($states.result, function($v) { $v + $h }) %}",
              "Catch": [{ "ErrorEquals": ["E"], "Output": "{% $i %}", "Next": "M" }], "Next": "M" },
            "M": { "Type": "Map", "Items": "{% $j %}", "ItemSelector": "{% $k %}", "MaxConcurrency": "{% $l %}", "Next": "W",
              "ItemProcessor": { "StartAt": "S", "States": { "S": { "Type": "Succeed", "Output": "{% $m %}" } } } },
            "W": { "Type": "Wait", "Seconds": "{% $n %}", "Next": "F" },
            "F": { "Type": "Fail", "Error": "{% $o %}", "Cause": "{% $states.input %}" } } }"#,
    );
    let found: Vec<String> = machine
        .variable_references()
        .into_iter()
        .map(|(state, names)| format!("{state}: {}", names.join(" ")))
        .collect();
    assert_eq!(
        found,
        ["C: a b c d out", "T: e g h i", "M: j k l", "W: n", "F: o", "S: m"]
    );
}

/// A Map in a Map in a Map, so many levels deep.
fn nested(levels: usize) -> String {
    let mut text = r#"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#.to_owned();
    for level in 1..levels {
        text = format!(
            r#"{{"StartAt":"M{level}","States":{{"M{level}":{{"Type":"Map","End":true,"ItemProcessor":{text}}}}}}}"#
        );
    }
    text
}

#[test]
fn states_nest_to_the_limit() {
    assert!(
        read(&nested(limits::STATE_NESTING_MAX), Rules::default())
            .machine
            .is_some()
    );
    let reading = read(&nested(limits::STATE_NESTING_MAX + 1), Rules::default());
    assert_eq!(codes(&reading), [Code::TooDeeplyNested]);
}

#[test]
fn choice_rules_nest_to_the_limit() {
    let rules = |levels: usize| {
        let mut rule = r#"{"Variable":"$","IsNull":true}"#.to_owned();
        for _ in 1..levels {
            rule = format!(r#"{{"Not":{rule}}}"#);
        }
        format!(
            r#"{{"StartAt":"A","States":{{"B":{{"Type":"Succeed"}},"A":{{"Type":"Choice","Choices":[{{"Next":"B","Not":{rule}}}]}}}}}}"#
        )
    };
    assert!(
        read(&rules(limits::CHOICE_NESTING_MAX), Rules::default())
            .machine
            .is_some()
    );
    let reading = read(&rules(limits::CHOICE_NESTING_MAX + 1), Rules::default());
    assert_eq!(codes(&reading), [Code::TooDeeplyNested]);
}

#[test]
fn a_very_large_definition_is_read_and_a_very_faulty_one_refused() {
    let mut states = String::new();
    for n in 0..15_000 {
        states += &format!(r#""{n}":{{"Type":"Pass","Next":"{}"}},"#, n + 1);
    }
    let text = format!(r#"{{"StartAt":"0","States":{{{states}"15000":{{"Type":"Succeed"}}}}}}"#);
    assert_eq!(machine(&text).states.len(), 15_001);
    let faulty = text.replace("\"Pass\"", "\"Push\"");
    let reading = read(&faulty, Rules::default());
    assert!(reading.machine.is_none());
    assert_eq!(reading.diagnostics.len(), limits::FINDINGS_MAX);

    let fields: String = (0..500)
        .map(|n| format!(r#","{n}{}":1"#, "f".repeat(1000)))
        .collect();
    let name = "n".repeat(300_000);
    let text = format!(r#"{{"StartAt":"{name}","States":{{"{name}":{{"Type":"Succeed"{fields}}}}}}}"#);
    let reading = read(&text, Rules::default());
    let bytes: usize = reading
        .diagnostics
        .iter()
        .map(|finding| finding.to_string().len())
        .sum();
    assert!(bytes < 8 * limits::FINDINGS_BYTES_MAX, "{bytes}");
}

#[test]
fn a_faulty_template_costs_no_more_than_its_size() {
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|n| format!(r#""{n}.$":"x""#)).collect();
        let name = "k".repeat(300_000);
        format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","End":true,"Parameters":{{"{name}":{{{}}}}}}}}}}}"#,
            members.join(",")
        )
    };
    let few = limits::TEMPLATE_ERRORS_MAX - 1;
    assert_eq!(read(&members(few), Rules::default()).diagnostics.len(), few);
    let reading = read(&members(20_000), Rules::default());
    assert_eq!(reading.diagnostics.len(), limits::TEMPLATE_ERRORS_MAX);
    assert!(reading.machine.is_none());
}

/// JSON that is made of the language's own words, so that much of it is nearly right.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "StartAt",
        "States",
        "Type",
        "Next",
        "End",
        "Pass",
        "Task",
        "Choice",
        "Wait",
        "Fail",
        "Parallel",
        "Map",
        "Branches",
        "ItemProcessor",
        "Choices",
        "Default",
        "And",
        "Or",
        "Not",
        "Variable",
        "IsNull",
        "Retry",
        "Catch",
        "ErrorEquals",
        "States.ALL",
        "Assign",
        "a.$",
        "$.a",
        "$",
        "$$",
        "A",
        "B",
        "QueryLanguage",
        "JSONata",
        "{% 1 %}",
        "Resource",
        "arn:aws:states:::lambda:invoke",
        "Seconds",
        "Timestamp",
        "Parameters",
        "ResultPath",
        "Comment",
        "ProcessorConfig",
        "Mode",
        "DISTRIBUTED",
        "Label",
        "",
        "States.Format('{}', 1)",
    ]);
    let word = word.prop_map(|word| json::Value::from(word).to_string());
    let leaf = prop_oneof![
        word.clone(),
        Just("true".into()),
        Just("null".into()),
        Just("-1".into()),
        Just("1.5".into())
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let members = prop::collection::vec((word.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            members.prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{name}:{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn samples() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut samples = Vec::new();
    for part in ["valid", "findings"] {
        for entry in std::fs::read_dir(folder.join(part)).expect("the folder of cases") {
            let path = entry.expect("a file of cases").path();
            let text = std::fs::read_to_string(path).expect("a text of cases");
            samples.extend(
                text.split("\n== ")
                    .filter_map(|case| Some(case.split_once('\n')?.1.to_owned())),
            );
        }
    }
    samples
}

/// Reads it both ways and as both types; what comes of it must agree with itself.
fn read_all_ways(text: &str) {
    for express in [false, true] {
        for reading in [
            read(
                text,
                Rules {
                    express,
                    ..Rules::default()
                },
            ),
            read_yaml(
                text,
                Rules {
                    express,
                    ..Rules::default()
                },
            ),
        ] {
            let refused = reading
                .diagnostics
                .iter()
                .any(|finding| finding.severity == asl::Severity::Error);
            assert_eq!(reading.machine.is_none(), refused, "{text}");
            if let Some(machine) = reading.machine {
                machine.variable_references();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,300}") {
        read_all_ways(&text);
    }

    #[test]
    fn any_json_of_the_languages_words_is_read_without_panic(states in words(), state in words()) {
        read_all_ways(&states);
        read_all_ways(&format!(r#"{{"StartAt":"A","States":{states}}}"#));
        read_all_ways(&format!(r#"{{"StartAt":"A","States":{{"A":{state}}}}}"#));
    }

    #[test]
    fn a_damaged_definition_is_read_without_panic(
        sample in prop::sample::select(samples()),
        cut in any::<prop::sample::Index>(),
        length in 0usize..12,
        patch in prop::sample::select(vec!["", "{", "}", "[", "]", ",", "\"", "null", "1", "\\u", "*a", "&a ", ": ", "\n"]),
    ) {
        let letters: Vec<char> = sample.chars().collect();
        let start = cut.index(letters.len() + 1);
        let end = (start + length).min(letters.len());
        let damaged: String =
            letters[..start].iter().copied().chain(patch.chars()).chain(letters[end..].iter().copied()).collect();
        read_all_ways(&damaged);
    }
}

#[test]
fn a_lone_state_goes_to_names() {
    let reading = read_lone_state(
        r#"{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"B"}],"Default":"StateName"}"#,
        Limits::AWS,
    );
    let machine = reading.machine.expect("the state is right");
    let StateKind::Choice(choice) = &machine.state(StateId(0)).kind else {
        panic!("it is a Choice")
    };
    assert_eq!(&*machine.state(StateId(0)).name, asl::LONE_STATE);
    assert_eq!(&*machine.state(choice.branches[0].next).name, "B");
    let default = choice.default.expect("it has a Default");
    assert_eq!(
        (&*machine.state(default).name, default),
        ("StateName", StateId(1))
    );

    // The states inside may have the names outside, and must have names of their own.
    let inner = r#"{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}"#;
    let map = |next: &str| format!(r#"{{"Type":"Map","ItemProcessor":{inner},"Next":"{next}"}}"#);
    assert!(read_lone_state(&map("B"), Limits::AWS).machine.is_some());
    let faulty = map("B").replace(r#""End":true"#, r#""Next":"C""#);
    for (text, message) in [
        (
            faulty.as_str(),
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at \
             /States/StateName/ItemProcessor/States/B/Next, MISSING_END_STATE: Workflow has no terminal state at null",
        ),
        (
            r#"{"Type":"Pass"}"#,
            "SCHEMA_VALIDATION_FAILED: One of these fields is required: [Next, End] at /States/StateName",
        ),
        (
            r#"{"Type":"Pass","Next":""}"#,
            "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Next",
        ),
        (
            r#"{"StartAt":"B","States":{}}"#,
            "SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /States/StateName",
        ),
        (
            "[]",
            "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States/StateName",
        ),
    ] {
        let reading = read_lone_state(text, Limits::AWS);
        assert!(reading.machine.is_none());
        assert_eq!(
            definition_message(&reading.diagnostics),
            format!("Invalid State Machine Definition: '{message}'"),
            "{text}"
        );
    }
}

#[test]
fn a_distributed_map_is_read() {
    let text = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ToleratedFailurePercentage":5,"ItemReader":{"Resource":
        "arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVDelimiter":"TAB","ItemsPointer":"/a"}},
        "ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"x.$":"$.y"}},"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"}},
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P",
        "States":{"P":{"Type":"Pass","End":true}}},"End":true}}}"#;
    let machine = read(text, Rules::default()).machine.expect("it is right");
    let StateKind::Map(map) = &machine.state(StateId(0)).kind else {
        panic!("it is a Map")
    };
    let distributed = map.distributed.as_ref().expect("it is distributed");
    let reader = distributed.reader.as_ref().expect("it reads");
    assert_eq!(
        (
            reader.format,
            reader.csv_delimiter,
            reader.items_pointer.as_deref()
        ),
        (asl::ItemFormat::Csv, '\t', Some("/a"))
    );
    assert!(distributed.batcher.is_some() && distributed.writes_results());
    assert!(map.tolerance.percentage.is_some() && map.tolerance.count.is_none());
    for (wrong, right) in [
        (r#""ItemsPointer":1"#, r#""ItemsPointer":"/a""#),
        (r#""MaxItemsPerBatch":-1"#, r#""MaxItemsPerBatch":2"#),
    ] {
        assert!(
            read(&text.replace(right, wrong), Rules::default())
                .machine
                .is_none(),
            "{wrong}"
        );
    }
}

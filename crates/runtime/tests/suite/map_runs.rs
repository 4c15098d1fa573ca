//! Map runs: what becomes of the items of a Distributed Map.

use std::sync::Arc;

use json::Str;
use runtime::{MapRunError, MapRunUpdate, Runtime};
use store::{ExecutionQuery, Listed, MapRun, MapRunStatus, Status, Summary};

use crate::support::*;

/// A Distributed Map whose executions call a function, with more fields.
pub(crate) fn definition(function: &str, children: &str, fields: &str) -> String {
    format!(
        r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","Label":"Items",{fields}"ItemProcessor":{{
            "ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"{children}"}},"StartAt":"T","States":{{"T":{{
            "Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:{function}","End":true}}}}}},
            "End":true}}}}}}"#
    )
}

fn numbers(count: usize) -> String {
    let numbers: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(","))
}

async fn the_run(runtime: &Runtime, execution: &str) -> MapRun {
    let runs = runtime.map_runs(execution, None, 10).await.unwrap();
    let [run] = &runs[..] else { panic!("{runs:?}") };
    runtime.map_run(&run.arn).await.unwrap()
}

async fn children(runtime: &Runtime, run: &MapRun, status: Option<Status>) -> Vec<Summary> {
    let query = ExecutionQuery {
        of: Listed::MapRun(run.arn.clone()),
        status,
        after: None,
        limit: 10_000,
    };
    runtime.executions(query).await.unwrap()
}

#[tokio::test]
async fn every_item_is_done_by_an_execution_of_its_own() {
    for children_type in ["STANDARD", "EXPRESS"] {
        let world = World::new();
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", &definition("echo", children_type, "")).await;
        let started = start(&runtime, &machine, &numbers(25)).await;
        assert_eq!(
            end(&runtime, &started.arn).await,
            format!("SUCCEEDED {}", numbers(25))
        );
        assert_eq!(
            history(&runtime, &started.arn).await,
            [
                "ExecutionStarted",
                "StateEntered",
                "MapStateStarted",
                "MapRunStarted",
                "MapRunSucceeded",
                "MapStateSucceeded",
                "StateExited",
                "ExecutionSucceeded"
            ]
        );
        let run = the_run(&runtime, &started.arn).await;
        assert_eq!(run.status, MapRunStatus::Succeeded);
        assert_eq!(
            (
                run.items.succeeded,
                run.items.total(),
                run.executions.results_written
            ),
            (25, 25, 25)
        );
        let all = children(&runtime, &run, Some(Status::Succeeded)).await;
        assert_eq!(all.len(), 25);
        let first = runtime.describe(&all[0].created.arn).await.unwrap();
        assert_eq!(first.map_run_arn, Some(run.arn.clone()));
        assert_eq!(
            &*first.machine_arn,
            "arn:aws:states:us-east-1:000000000000:stateMachine:m/Items"
        );
        assert_eq!(world.script.calls().len(), 25);
    }
}

#[tokio::test]
async fn nothing_to_do_is_done_at_once() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &definition("echo", "STANDARD", "")).await;
    let started = start(&runtime, &machine, "[]").await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED []");
}

#[tokio::test]
async fn the_members_of_an_object_are_items() {
    let world = World::new();
    let runtime = world.open().await;
    let selector = r#""ItemSelector":{"k.$":"$$.Map.Item.Key","v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index",
        "s.$":"$$.Map.Item.Source"},"#;
    let selected = machine(&runtime, "m", &definition("echo", "STANDARD", selector)).await;
    let started = start(&runtime, &selected, r#"{"a":1}"#).await;
    assert_eq!(
        end(&runtime, &started.arn).await,
        r#"SUCCEEDED [{"k":"a","v":1,"i":0,"s":"STATE_DATA"}]"#
    );
    let plain = machine(&runtime, "n", &definition("echo", "STANDARD", "")).await;
    let started = start(&runtime, &plain, r#"{"a":1,"b":[2]}"#).await;
    assert_eq!(
        end(&runtime, &started.arn).await,
        r#"SUCCEEDED [{"Key":"a","Value":1},{"Key":"b","Value":[2]}]"#
    );
}

#[tokio::test]
async fn batches_have_several_items() {
    let world = World::new();
    let runtime = world.open().await;
    let batcher = r#""ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"all":true}},"#;
    let machine = machine(&runtime, "m", &definition("echo", "STANDARD", batcher)).await;
    let started = start(&runtime, &machine, "[1,2,3]").await;
    assert_eq!(
        end(&runtime, &started.arn).await,
        r#"SUCCEEDED [{"BatchInput":{"all":true},"Items":[1,2]},{"BatchInput":{"all":true},"Items":[3]}]"#
    );
    let run = the_run(&runtime, &started.arn).await;
    assert_eq!((run.items.succeeded, run.executions.succeeded), (3, 2));
}

#[tokio::test]
async fn as_many_run_at_once_as_may() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(
        &runtime,
        "m",
        &definition("gate", "STANDARD", r#""MaxConcurrency":3,"#),
    )
    .await;
    let started = start(&runtime, &machine, &numbers(10)).await;
    settle().await;
    assert_eq!(world.script.calls().len(), 3);
    let run = the_run(&runtime, &started.arn).await;
    assert_eq!(
        (run.items.running, run.items.pending, run.items.total()),
        (3, 7, 10)
    );
    let update = MapRunUpdate {
        max_concurrency: Some(5),
        ..MapRunUpdate::default()
    };
    runtime.update_map_run(&run.arn, update).await.unwrap();
    settle().await;
    assert_eq!(world.script.calls().len(), 5);
    world.script.open_gate(10);
    assert_eq!(
        end(&runtime, &started.arn).await,
        format!("SUCCEEDED {}", numbers(10))
    );
    let run = the_run(&runtime, &started.arn).await;
    assert_eq!(run.settings.max_concurrency, 5);
    let late = runtime.update_map_run(&run.arn, update).await;
    assert_eq!(late, Err(MapRunError::Completed));
}

#[tokio::test]
async fn more_failures_than_tolerated_stop_the_rest() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(
        &runtime,
        "m",
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","Label":"Items","ToleratedFailureCount":1,"ItemProcessor":{
            "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"C","States":{
            "C":{"Type":"Choice","Choices":[{"Variable":"$","NumericGreaterThan":1,"Next":"W"}],"Default":"F"},
            "W":{"Type":"Wait","Seconds":60,"End":true},"F":{"Type":"Fail","Error":"Bad","Cause":"it is"}}},
            "End":true}}}"#,
    )
    .await;
    let started = start(&runtime, &machine, "[0,1,2,3]").await;
    assert_eq!(
        end(&runtime, &started.arn).await,
        "FAILED States.ExceedToleratedFailureThreshold The specified tolerated failure threshold was exceeded"
    );
    let run = the_run(&runtime, &started.arn).await;
    assert_eq!(run.status, MapRunStatus::Failed);
    assert_eq!((run.items.failed, run.items.aborted + run.items.pending), (2, 2));
    assert!(children(&runtime, &run, Some(Status::Running)).await.is_empty());
    let names = history(&runtime, &started.arn).await;
    assert_eq!(names[4..], ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
}

#[tokio::test]
async fn tolerated_failures_are_told_in_the_result() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(
        &runtime,
        "m",
        &definition("fail", "EXPRESS", r#""ToleratedFailurePercentage":100,"#),
    )
    .await;
    let started = start(&runtime, &machine, "[7]").await;
    let told = end(&runtime, &started.arn).await;
    assert!(
        told.starts_with(r#"SUCCEEDED [{"Cause":"bang","Error":"Boom","ExecutionArn":"#),
        "{told}"
    );
    assert!(told.contains(r#""Status":"FAILED""#), "{told}");
}

#[tokio::test]
async fn a_result_over_the_limit_fails() {
    let world = World::new();
    let runtime = world.open().await;
    let selector = format!(r#""ItemSelector":{{"text":"{}"}},"#, "x".repeat(100_000));
    let machine = machine(&runtime, "m", &definition("echo", "STANDARD", &selector)).await;
    let started = start(&runtime, &machine, "[1,2,3]").await;
    let told = end(&runtime, &started.arn).await;
    assert!(told.starts_with("FAILED States.DataLimitExceeded"), "{told}");
    let run = the_run(&runtime, &started.arn).await;
    assert_eq!(run.status, MapRunStatus::Succeeded);
}

#[tokio::test]
async fn stopping_the_execution_stops_its_map_run() {
    for children_type in ["STANDARD", "EXPRESS"] {
        let world = World::new();
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", &definition("never", children_type, "")).await;
        let started = start(&runtime, &machine, &numbers(5)).await;
        settle().await;
        runtime
            .stop(&started.arn, engine::Ending::default())
            .await
            .unwrap();
        settle().await;
        let run = the_run(&runtime, &started.arn).await;
        assert_eq!((run.status, run.items.aborted), (MapRunStatus::Aborted, 5));
        assert!(children(&runtime, &run, Some(Status::Running)).await.is_empty());
        assert_eq!(world.script.dropped(), 5);
    }
}

#[tokio::test]
async fn a_map_run_goes_on_after_a_crash() {
    for children_type in ["STANDARD", "EXPRESS"] {
        let world = World::new();
        let runtime = world.open().await;
        let fields = r#""MaxConcurrency":2,"#;
        let machine = machine(&runtime, "m", &definition("gate", children_type, fields)).await;
        world.script.open_gate(3);
        let started = start(&runtime, &machine, &numbers(8)).await;
        settle().await;
        drop(runtime);
        settle().await;
        let runtime = world.open().await;
        settle().await;
        let run = the_run(&runtime, &started.arn).await;
        assert!(run.items.succeeded >= 3, "{run:?}");
        world.script.open_gate(100);
        let told = end(&runtime, &started.arn).await;
        match children_type {
            // Nobody knows whether the calls that were under way were made.
            "STANDARD" => assert!(told.starts_with("FAILED States.ExceedTolerated"), "{told}"),
            _ => assert_eq!(told, format!("SUCCEEDED {}", numbers(8))),
        }
    }
}

#[tokio::test]
async fn what_was_begun_before_a_crash_is_not_counted_as_waiting() {
    for children_type in ["STANDARD", "EXPRESS"] {
        let world = World::new();
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", &definition("gate", children_type, "")).await;
        world.script.open_gate(3);
        let started = start(&runtime, &machine, &numbers(4)).await;
        settle().await;
        drop(runtime);
        settle().await;
        let runtime = world.open().await;
        world.script.open_gate(100);
        end(&runtime, &started.arn).await;
        let run = the_run(&runtime, &started.arn).await;
        assert_eq!((run.items.total(), run.items.pending), (4, 0), "{run:?}");
        assert_eq!(
            (run.executions.total(), run.executions.pending),
            (4, 0),
            "{run:?}"
        );
    }
}

#[tokio::test]
async fn a_percentage_is_judged_when_the_last_item_was_read() {
    let world = World::new();
    let runtime = world.open().await;
    let fields = r#""MaxConcurrency":1,"ToleratedFailurePercentage":30,"ItemReader":{
        "Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"},
        "Parameters":{"Bucket":"b","Key":"2"}},"#;
    let machine = machine(&runtime, "m", &definition("fail", "STANDARD", fields)).await;
    let started = start(&runtime, &machine, "{}").await;
    let told = end(&runtime, &started.arn).await;
    assert!(told.starts_with("FAILED States.ExceedTolerated"), "{told}");
}

#[tokio::test]
async fn results_are_written_although_reading_them_fails_for_a_while() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let fields = r#""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",
        "Parameters":{"Bucket":"b","Prefix":"p"}},"#;
    let machine = machine(&runtime, "m", &definition("gate", "STANDARD", fields)).await;
    let started = start(&runtime, &machine, &numbers(2)).await;
    settle().await;
    store.bad_reads.lock().unwrap().push_back(true);
    world.script.open_gate(2);
    world.pass(2).await;
    let told = end(&runtime, &started.arn).await;
    assert!(told.starts_with("SUCCEEDED"), "{told}");
    assert!(store.bad_reads.lock().unwrap().is_empty());
    assert_eq!(world.script.bucket().written(), 2);
}

#[tokio::test]
async fn a_redriven_map_run_is_not_ended_by_its_last_attempt() {
    let world = World::new();
    let runtime = world.open().await;
    let fields = r#""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",
        "Parameters":{"Bucket":"b","Prefix":"p"}},"#;
    let machine = machine(&runtime, "m", &definition("echo", "STANDARD", fields)).await;
    world.script.bucket().hold();
    let started = start(&runtime, &machine, &numbers(2)).await;
    settle().await;
    let stopped = engine::Ending::default();
    runtime.stop(&started.arn, stopped).await.unwrap();
    runtime.redrive(&started.arn, None).await.unwrap();
    settle().await;
    world.script.bucket().go_on();
    settle().await;
    let told = end(&runtime, &started.arn).await;
    assert!(told.starts_with("SUCCEEDED"), "{told}");
    let run = the_run(&runtime, &started.arn).await;
    assert_eq!((run.status, run.redrives()), (MapRunStatus::Succeeded, 1));
}

#[tokio::test]
async fn executions_are_redriven_although_reading_them_fails_for_a_while() {
    for bad in 0..12 {
        for children_type in ["STANDARD", "EXPRESS"] {
            let world = World::cold();
            let store = world.faulty();
            let runtime = world.open_with(Arc::clone(&store) as _).await;
            let machine = machine(&runtime, "m", &definition("flaky", children_type, "")).await;
            let started = start(&runtime, &machine, "[1]").await;
            end(&runtime, &started.arn).await;
            runtime.redrive(&started.arn, None).await.unwrap();
            let reads = (0..=bad).map(|number| number == bad);
            store.bad_reads.lock().unwrap().extend(reads);
            for _ in 0..4 {
                world.pass(2).await;
            }
            store.bad_reads.lock().unwrap().clear();
            let run = the_run(&runtime, &started.arn).await;
            assert_ne!(
                run.status,
                MapRunStatus::Running,
                "{children_type}, read {bad}: {run:?}"
            );
        }
    }
}

#[tokio::test]
async fn redriving_does_again_what_had_no_success() {
    for children_type in ["STANDARD", "EXPRESS"] {
        let world = World::new();
        let runtime = world.open().await;
        let fields = r#""MaxConcurrency":1,"#;
        let machine = machine(&runtime, "m", &definition("flaky", children_type, fields)).await;
        let started = start(&runtime, &machine, "[1,2]").await;
        let told = end(&runtime, &started.arn).await;
        assert!(told.starts_with("FAILED States.ExceedTolerated"), "{told}");
        let run = the_run(&runtime, &started.arn).await;
        assert_eq!((run.items.failed, run.items.pending), (1, 1));
        let child = children(&runtime, &run, Some(Status::Failed))
            .await
            .remove(0)
            .created;
        if children_type == "STANDARD" {
            let refused = runtime.redrive(&child.arn, None).await.unwrap_err();
            assert!(refused.to_string().contains("Map Run"), "{refused}");
        }
        // Each input fails twice.
        let mut ends = Vec::new();
        for _ in 0..5 {
            runtime.redrive(&started.arn, None).await.unwrap();
            ends.push(end(&runtime, &started.arn).await);
            if ends.last().unwrap().starts_with("SUCCEEDED") {
                break;
            }
        }
        assert_eq!(ends.last().unwrap(), "SUCCEEDED [1,2]", "{ends:?}");
        assert_eq!(world.script.calls().len(), 6);
        let run = the_run(&runtime, &started.arn).await;
        assert_eq!((run.status, run.items.succeeded), (MapRunStatus::Succeeded, 2));
        assert_eq!(run.redriven.map(|(count, _)| count as usize), Some(ends.len()));
        let names = history(&runtime, &started.arn).await;
        assert_eq!(
            names.iter().filter(|name| *name == "MapRunRedriven").count(),
            ends.len()
        );
        let again: Str = runtime.map_runs(&started.arn, None, 9).await.unwrap()[0]
            .arn
            .clone();
        assert_eq!(again, run.arn, "it is the same run");
    }
}

#[tokio::test]
async fn map_runs_may_be_nested_and_wait_for_their_turn() {
    let mut world = World::new();
    world.settings.limits.open_map_runs = 1;
    let runtime = world.open().await;
    let inner = definition("echo", "STANDARD", "")
        .replace("\"M\"", "\"N\"")
        .replace("Items", "Inner");
    let inner = &inner[inner.find("\"States\":{\"N\":").unwrap() + 14..inner.len() - 2];
    let nested = format!(
        r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","Label":"Outer","ItemProcessor":{{
            "ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},"StartAt":"N","States":{{"N":{inner}}}}},
            "End":true}}}}}}"#
    );
    let machine = machine(&runtime, "m", &nested).await;
    let one = start(&runtime, &machine, "[[1,2],[3]]").await;
    let two = start(&runtime, &machine, "[[4]]").await;
    assert_eq!(end(&runtime, &one.arn).await, "SUCCEEDED [[1,2],[3]]");
    assert_eq!(end(&runtime, &two.arn).await, "SUCCEEDED [[4]]");
}

#[tokio::test]
async fn a_machine_that_is_deleted_goes_when_its_map_runs_have_ended() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &definition("gate", "STANDARD", "")).await;
    let started = start(&runtime, &machine, &numbers(3)).await;
    settle().await;
    let arn = Arc::clone(&machine.machine_arn);
    runtime.catalog().delete_machine(&arn).await.unwrap();
    runtime
        .stop(&started.arn, engine::Ending::default())
        .await
        .unwrap();
    settle().await;
    assert!(runtime.catalog().machine(&arn).await.is_err());
    let run = the_run(&runtime, &started.arn).await;
    assert!(children(&runtime, &run, Some(Status::Running)).await.is_empty());
}

#[tokio::test]
async fn a_map_run_that_nobody_waits_for_is_closed_although_a_read_fails_at_the_start() {
    let mut opened = 0;
    for reads in 0..12 {
        let world = World::new();
        let store = world.faulty();
        let runtime = world.open_with(Arc::clone(&store) as _).await;
        let machine = machine(&runtime, "m", &definition("gate", "STANDARD", "")).await;
        let started = start(&runtime, &machine, &numbers(1)).await;
        settle().await;
        // The stop is saved, and nothing after it.
        store.then([Fault::None, Fault::CrashBefore]);
        runtime
            .stop(&started.arn, engine::Ending::default())
            .await
            .unwrap();
        settle().await;
        assert!(store.is_dead());
        drop(runtime);
        settle().await;
        let store = world.faulty();
        let mut bad_reads = vec![false; reads];
        bad_reads.push(true);
        store.bad_reads.lock().unwrap().extend(bad_reads);
        let Ok(runtime) = world.try_open(Arc::clone(&store) as _).await else {
            continue;
        };
        opened += 1;
        world.pass(2).await;
        world.pass(2).await;
        let run = the_run(&runtime, &started.arn).await;
        assert_eq!(run.status, MapRunStatus::Aborted, "read {reads} fails");
    }
    assert!(opened > 1);
}

#[tokio::test]
async fn a_map_run_that_starts_while_others_are_taken_up_begins_once_it_is_saved() {
    let world = World::new();
    let runtime = world.open().await;
    let branch = |function: &str, label: &str| {
        let fields = r#""ToleratedFailurePercentage":100,"#;
        let definition = definition(function, "STANDARD", fields);
        let names = [("M", "Map"), ("T", "Task")]
            .map(|(name, of)| (format!("\"{name}\""), format!("\"{label}{of}\"")));
        let named = names
            .iter()
            .fold(definition, |text, (name, new)| text.replace(name, new));
        named.replace("Items", label)
    };
    let call = r#""States":{"Call":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:never",
        "ResultPath":null,"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":null,"Next":"SecondMap"}],
        "Next":"SecondMap"},"#;
    let second = branch("echo", "Second")
        .replacen(r#""StartAt":"SecondMap""#, r#""StartAt":"Call""#, 1)
        .replacen(r#""States":{"#, call, 1);
    let first = branch("gate", "First");
    let definition = format!(
        r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","Branches":[{first},{second}],"End":true}}}}}}"#
    );
    let machine = machine(&runtime, "m", &definition).await;
    let started = start(&runtime, &machine, "[1]").await;
    settle().await;
    drop(runtime);
    settle().await;
    // The second map run starts since the call before it was lost. The first is taken up before that is saved.
    let store = world.faulty();
    store.hold();
    store.hold_map_runs();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    settle().await;
    store.go_on();
    settle().await;
    store.let_map_runs_go();
    settle().await;
    let told = told(&runtime.describe(&started.arn).await.unwrap());
    assert!(told.starts_with("SUCCEEDED"), "{told}");
    let runs = runtime.map_runs(&started.arn, None, 10).await.unwrap();
    assert_eq!(runs.len(), 2);
}

#[tokio::test]
async fn what_was_to_run_again_when_its_machine_was_deleted_is_counted() {
    let mut world = World::new();
    world.settings.limits.open_map_runs = 1;
    let runtime = world.open().await;
    let failing = machine(&runtime, "m", &definition("fail", "EXPRESS", "")).await;
    let started = start(&runtime, &failing, "[1]").await;
    let told = end(&runtime, &started.arn).await;
    assert!(told.starts_with("FAILED States.ExceedTolerated"), "{told}");
    // The redriven map run waits until another has ended; meanwhile its state machine is deleted.
    let other = machine(&runtime, "n", &definition("gate", "STANDARD", "")).await;
    let other = start(&runtime, &other, "[1]").await;
    settle().await;
    runtime.redrive(&started.arn, None).await.unwrap();
    settle().await;
    let arn = Arc::clone(&failing.machine_arn);
    runtime.catalog().delete_machine(&arn).await.unwrap();
    world.script.open_gate(1);
    assert_eq!(end(&runtime, &other.arn).await, "SUCCEEDED [1]");
    settle().await;
    let run = the_run(&runtime, &started.arn).await;
    assert_eq!(run.status, MapRunStatus::Aborted, "{run:?}");
    assert_eq!(
        (run.executions.pending_redrive, run.items.pending_redrive),
        (1, 1),
        "{run:?}"
    );
}

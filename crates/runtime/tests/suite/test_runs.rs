//! Test runs: tasks get the mocked responses of their invocations, whatever happens in between.

use std::sync::Arc;

use functions::Functions;
use integrations::{Integrations, Mocks};
use runtime::{Clock, Revision, Runtime, StartRequest};
use store::Store;

use crate::support::*;

/// A call that fails twice, a callback, a nested execution and a job: nothing of it can be done for real.
const DEFINITION: &str = r#"{"StartAt": "Call", "States": {
    "Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "none"},
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3, "BackoffRate": 1}], "ResultPath": "$.call", "Next": "Ask"},
    "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "none", "MessageBody.$": "$$.Task.Token"}, "ResultPath": "$.ask", "Next": "Nest"},
    "Nest": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "none"}, "ResultPath": "$.nest", "Next": "Job"},
    "Job": {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": {"JobName": "none", "JobQueue": "q", "JobDefinition": "d"}, "ResultPath": "$.job", "End": true}}}"#;

const MOCKS: &str = r#"{
    "StateMachines": {"m": {"TestCases": {
        "Slow": {"Call": "Slow", "Ask": "Asked", "Nest": "Nested", "Job": "Asked"},
        "Short": {"Call": "Short"},
        "Activity": {"Worked": "Asked"}
    }}},
    "MockedResponses": {
        "Slow": {"0-1": {"Throw": {"Error": "Busy", "Cause": "later"}}, "2": {"Return": {"attempt": 2}}},
        "Short": {"0": {"Throw": {"Error": "Busy"}}},
        "Asked": {"0": {"Return": "yes"}},
        "Nested": {"0": {"Return": {"ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:other:one"}}}
    }
}"#;

const OUTPUT: &str = r#"SUCCEEDED {"call":{"attempt":2},"ask":"yes","nest":{"ExecutionArn":"arn:aws:states:us-east-1:000000000000:execution:other:one"},"job":"yes"}"#;

fn integrations(mocks: Option<&str>) -> Integrations {
    let functions = Functions::new([], functions::Settings::new("000000000000", "us-east-1"));
    let integrations = Integrations::new(functions);
    if let Some(text) = mocks {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mocks.json");
        std::fs::write(&path, text).unwrap();
        integrations.set_mocks(Mocks::open(path).unwrap());
    }
    integrations
}

async fn open(world: &World, store: Arc<dyn Store>, mocks: Option<&str>) -> Runtime {
    let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
    let tasks = Arc::new(integrations(mocks));
    Runtime::open(store, tasks, clock, world.settings.clone())
        .await
        .unwrap()
}

fn as_test(machine: &Arc<Revision>, case: &str) -> StartRequest {
    StartRequest {
        test_case: Some(case.into()),
        ..named(machine, "e", "{}")
    }
}

const EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:execution:m:e";

#[tokio::test]
async fn tasks_get_the_responses_of_their_invocations() {
    let world = World::cold();
    let runtime = open(&world, Arc::clone(&world.memory) as _, Some(MOCKS)).await;
    let machine = machine(&runtime, "m", DEFINITION).await;
    runtime.start(as_test(&machine, "Slow")).await.unwrap();
    world.pass(3).await;
    world.pass(3).await;
    assert_eq!(told(&runtime.describe(EXECUTION).await.unwrap()), OUTPUT);
    let events = history(&runtime, EXECUTION).await;
    let call = ["TaskScheduled", "TaskStarted", "TaskFailed"];
    assert_eq!(events[2..8], [call, call].concat());
    let job = [
        "StateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "StateExited",
    ];
    assert_eq!(events[12..30], [job, job, job].concat());
}

#[tokio::test]
async fn crashes_change_no_response() {
    for crash in [Fault::CrashBefore, Fault::CrashAfter] {
        for after in 0.. {
            let world = World::cold();
            let setup = open(&world, Arc::clone(&world.memory) as _, None).await;
            machine(&setup, "m", DEFINITION).await;
            setup.shutdown().await;
            let faulty = world.faulty();
            faulty.then((0..after).map(|_| Fault::None).chain([crash]));
            for store in [
                Arc::clone(&faulty) as Arc<dyn Store>,
                Arc::clone(&world.memory) as _,
            ] {
                let runtime = open(&world, store, Some(MOCKS)).await;
                let machine = runtime
                    .catalog()
                    .current(&machine_arn("m").to_string())
                    .await
                    .unwrap();
                // The second time it may be there already.
                let _ = runtime.start(as_test(&machine, "Slow")).await;
                for _ in 0..3 {
                    world.pass(3).await;
                }
                drop(runtime);
                settle().await;
            }
            let runtime = open(&world, Arc::clone(&world.memory) as _, Some(MOCKS)).await;
            let described = runtime.describe(EXECUTION).await.unwrap();
            assert_eq!(told(&described), OUTPUT, "crash after {after} commits");
            if !faulty.is_dead() {
                assert!(after > 4, "a test is several commits");
                break;
            }
        }
    }
}

#[tokio::test]
async fn want_of_a_response_fails_the_execution() {
    let world = World::new();
    let runtime = open(&world, Arc::clone(&world.memory) as _, Some(MOCKS)).await;
    let machine = machine(&runtime, "m", DEFINITION).await;
    runtime.start(as_test(&machine, "Short")).await.unwrap();
    world.pass(3).await;
    let told = told(&runtime.describe(EXECUTION).await.unwrap());
    assert!(
        told.starts_with(
            "FAILED States.Runtime The mocked response 'Short' of state 'Call' has nothing for invocation 1."
        ),
        "{told}"
    );
}

#[tokio::test]
async fn what_began_as_a_test_is_never_done_for_real() {
    let world = World::new();
    let runtime = open(&world, Arc::clone(&world.memory) as _, Some(MOCKS)).await;
    let machine = machine(&runtime, "m", DEFINITION).await;
    runtime.start(as_test(&machine, "Slow")).await.unwrap();
    settle().await;
    drop(runtime);
    settle().await;
    let runtime = open(&world, Arc::clone(&world.memory) as _, None).await;
    world.pass(3).await;
    let told = told(&runtime.describe(EXECUTION).await.unwrap());
    assert!(
        told.starts_with(
            "FAILED States.Runtime The execution is test case 'Slow' of state machine 'm', but there is no mock configuration"
        ),
        "{told}"
    );
}

#[tokio::test]
async fn activities_are_not_mocked() {
    let world = World::new();
    let runtime = open(&world, Arc::clone(&world.memory) as _, Some(MOCKS)).await;
    let activity = activity(&runtime, "a").await;
    let definition = format!(
        r#"{{"StartAt": "Worked", "States": {{"Worked": {{"Type": "Task", "Resource": "{activity}", "End": true}}}}}}"#
    );
    let machine = machine(&runtime, "m", &definition).await;
    runtime.start(as_test(&machine, "Activity")).await.unwrap();
    settle().await;
    assert_eq!(
        told(&runtime.describe(EXECUTION).await.unwrap()),
        "FAILED States.Runtime Activity state cannot be mocked. Please remove mocks mapped for all activity state \
         in the mock config file."
    );
}

//! AWS's quotas, and state transitions that come later than they could.

use asl::Rules;
use engine::Ending;
use runtime::{CatalogError, NewRevision, Rate, StartError};
use store::{Activity, MachineKind};

use crate::callbacks::CALLBACK;
use crate::starts::{ECHO, WAIT};
use crate::support::*;

/// Ten states after a wait of a minute.
fn many() -> String {
    let mut states = r#""W": {"Type": "Wait", "Seconds": 60, "Next": "S0"}"#.to_owned();
    for number in 0..9 {
        states += &format!(r#", "S{number}": {{"Type": "Pass", "Next": "S{}"}}"#, number + 1);
    }
    format!(r#"{{"StartAt": "W", "States": {{{states}, "S9": {{"Type": "Succeed"}}}}}}"#)
}

#[tokio::test]
async fn an_account_has_so_many_state_machines_in_a_region() {
    let mut world = World::new();
    world.settings.limits.state_machines = 2;
    let create = async |runtime: &runtime::Runtime, arn: &str| {
        let new = NewRevision {
            definition: WAIT.into(),
            states: asl::read(WAIT, Rules::default()).machine.unwrap().into(),
            role_arn: "arn:aws:iam::000000000000:role/r".into(),
            logging: None,
            tracing: None,
            encryption: None,
        };
        let arn = arn.parse().unwrap();
        let created = runtime
            .catalog()
            .create_machine(&arn, MachineKind::Standard, new, Vec::new(), None);
        created.await.map(|_| ())
    };
    let own = |name: &str| machine_arn(name).to_string();
    for again in [false, true] {
        let runtime = world.open().await;
        if !again {
            create(&runtime, &own("a")).await.unwrap();
            create(&runtime, &own("b")).await.unwrap();
        }
        assert_eq!(create(&runtime, &own("a")).await, Ok(()), "it is there already");
        let refused = create(&runtime, &own("c")).await;
        assert_eq!(
            refused,
            Err(CatalogError::TooManyMachines(2)),
            "after a restart too"
        );
        let elsewhere = "arn:aws:states:eu-west-1:000000000000:stateMachine:c";
        create(&runtime, elsewhere).await.unwrap();
        runtime.shutdown().await;
    }
    let runtime = world.open().await;
    runtime.catalog().delete_machine(&own("a")).await.unwrap();
    assert_eq!(create(&runtime, &own("c")).await, Ok(()));
    assert!(create(&runtime, &own("d")).await.is_err());
}

#[tokio::test]
async fn an_account_has_so_many_activities_in_a_region() {
    let mut world = World::new();
    world.settings.limits.activities = 1;
    let runtime = world.open().await;
    let first = activity(&runtime, "a").await;
    let create = async |arn: &str| {
        let activity = Activity {
            arn: arn.into(),
            name: "x".into(),
            created: NOW,
            encryption: None,
            tags: Vec::new(),
        };
        runtime.catalog().create_activity(activity).await.map(|_| ())
    };
    assert_eq!(create(&first).await, Ok(()));
    let second = "arn:aws:states:us-east-1:000000000000:activity:b";
    assert_eq!(create(second).await, Err(CatalogError::TooManyActivities(1)));
    let of_another = "arn:aws:states:us-east-1:111122223333:activity:b";
    assert_eq!(create(of_another).await, Ok(()));
    runtime.catalog().delete_activity(&first).await.unwrap();
    assert_eq!(create(second).await, Ok(()));
}

#[tokio::test]
async fn throttled_transitions_come_later_and_fail_nothing() {
    for mut world in [World::new(), World::cold()] {
        world.settings.limits.state_transitions = Some(Rate {
            bucket: 20,
            refill: 1,
        });
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", &many()).await;
        let mut arns = Vec::new();
        for _ in 0..4 {
            arns.push(start(&runtime, &machine, "1").await.arn);
        }
        // Four starts took 4 of 20 tokens; the bucket is full again when all are due.
        world.pass(60).await;
        let ended = async || {
            let mut ended = 0;
            for arn in &arns {
                ended += usize::from(told(&runtime.describe(arn).await.unwrap()) == "SUCCEEDED 1");
            }
            ended
        };
        assert_eq!(ended().await, 3, "the third spends what is not there");
        world.pass(9).await;
        assert_eq!(ended().await, 3);
        world.pass(1).await;
        assert_eq!(ended().await, 4);
    }
}

/// So many tasks, one after the other.
fn tasks(count: usize) -> String {
    let task = r#""Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:echo""#;
    let mut states = String::new();
    for number in 1..count {
        states += &format!(r#""T{number}": {{{task}, "Next": "T{}"}}, "#, number + 1);
    }
    format!(r#"{{"StartAt": "T1", "States": {{{states}"T{count}": {{{task}, "End": true}}}}}}"#)
}

#[tokio::test]
async fn what_must_wait_for_transitions_is_not_read_again_and_again() {
    let mut world = World::cold();
    world.settings.limits.state_transitions = Some(Rate { bucket: 0, refill: 1 });
    let store = world.faulty();
    let runtime = world.open_with(std::sync::Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", &WAIT.replace("60", "1")).await;
    for _ in 0..10 {
        start(&runtime, &machine, "1").await;
    }
    let reads = |left: usize| 1000 - left;
    store.bad_reads.lock().unwrap().extend([false; 1000]);
    world.pass(1).await;
    settle().await;
    let reads = reads(store.bad_reads.lock().unwrap().len());
    assert!(reads <= 40, "{reads} reads for ten executions that are due");
}

#[tokio::test]
async fn tasks_wait_for_transitions_and_are_sent_once() {
    let mut world = World::new();
    world.settings.limits.state_transitions = Some(Rate { bucket: 0, refill: 1 });
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &tasks(2)).await;
    let started = start(&runtime, &machine, "1").await;
    world.pass(1).await;
    assert_eq!(
        world.script.count("echo", "1"),
        1,
        "the second state was entered on credit"
    );
    assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "RUNNING");
    world.pass(1).await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
    assert_eq!(world.script.count("echo", "1"), 2);
}

#[tokio::test]
async fn what_came_while_transitions_wait_outlives_a_crash() {
    let mut world = World::new();
    world.settings.limits.state_transitions = Some(Rate { bucket: 0, refill: 1 });
    let runtime = world.open().await;
    let three = machine(&runtime, "m", &tasks(3)).await;
    let callback = machine(&runtime, "c", CALLBACK).await;
    let of_callback = start(&runtime, &callback, "1").await;
    let of_tasks = start(&runtime, &three, "1").await;
    world.pass(2).await;
    assert_eq!(world.script.count("echo", "1"), 2, "the third waits");
    let token = world.script.tokens().remove(0);
    runtime.task_succeeded(&token, payload("2")).await.unwrap();
    drop(runtime);
    settle().await;

    let runtime = world.open().await;
    assert_eq!(end(&runtime, &of_callback.arn).await, "SUCCEEDED 2");
    assert_eq!(end(&runtime, &of_tasks.arn).await, "SUCCEEDED 1");
    assert_eq!(world.script.count("echo", "1"), 3, "nothing was done twice");
}

#[tokio::test]
async fn a_stop_waits_for_no_transitions() {
    let mut world = World::new();
    world.settings.limits.state_transitions = Some(Rate { bucket: 0, refill: 1 });
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    let started = start(&runtime, &machine, "1").await;
    runtime.stop(&started.arn, Ending::default()).await.unwrap();
    assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "ABORTED");
}

#[tokio::test]
async fn express_executions_are_not_held_up() {
    let mut world = World::new();
    world.settings.limits.state_transitions = Some(Rate { bucket: 0, refill: 1 });
    let runtime = world.open().await;
    let standard = machine(&runtime, "m", ECHO).await;
    start(&runtime, &standard, "1").await;
    let express = express_machine(&runtime, "x", ECHO).await;
    let described = runtime.start_sync(request(&express, "2")).await;
    assert_eq!(
        described.map(|described| told(&described)),
        Ok::<_, StartError>("SUCCEEDED 2".into())
    );
}

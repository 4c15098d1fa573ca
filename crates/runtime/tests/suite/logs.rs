//! Logs: what is told to whoever keeps them, and when.

use std::sync::{Arc, Mutex};

use asl::Rules;
use runtime::{Creation, EventLog, Logged, NewRevision, Revision, Runtime};
use store::MachineKind;

use crate::starts::WAIT;
use crate::support::*;

const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;

/// Remembers the numbers of the events of which it was told.
#[derive(Default)]
struct Remembered(Mutex<Vec<u64>>);

impl EventLog for Remembered {
    fn write(&self, logged: Logged) {
        let shown = logged.events.iter().filter(|event| !event.detail.is_silent());
        self.0.lock().unwrap().extend(shown.map(|event| event.id));
    }
}

impl Remembered {
    fn told(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }
}

fn logging() -> (World, Arc<Remembered>) {
    let mut world = World::new();
    let log = Arc::new(Remembered::default());
    world.settings.event_log = Some(Arc::clone(&log) as Arc<dyn EventLog>);
    (world, log)
}

async fn logged_machine(
    runtime: &Runtime,
    kind: MachineKind,
    definition: &str,
    level: &str,
) -> Arc<Revision> {
    let states = asl::read(definition, Rules::default()).machine.unwrap();
    let new = NewRevision {
        definition: definition.into(),
        states: states.into(),
        role_arn: "arn:aws:iam::000000000000:role/r".into(),
        logging: Some(format!(r#"{{"level":"{level}"}}"#).into()),
        tracing: None,
        encryption: None,
    };
    let (catalog, arn) = (runtime.catalog(), machine_arn("m"));
    let created = catalog.create_machine(&arn, kind, new, Vec::new(), None);
    let (Creation::New(machine) | Creation::Existing(machine)) = created.await.unwrap();
    catalog.current(&machine.arn).await.unwrap()
}

#[tokio::test]
async fn events_are_told_once_they_are_saved() {
    let (world, log) = logging();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = logged_machine(&runtime, MachineKind::Standard, PASS, "ALL").await;
    store.hold();
    let started = tokio::spawn({
        let (runtime, request) = (runtime.clone(), request(&machine, "1"));
        async move { runtime.start(request).await }
    });
    settle().await;
    assert_eq!(log.told(), [0; 0]);
    store.go_on();
    started.await.unwrap().unwrap();
    settle().await;
    assert_eq!(log.told(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn what_could_not_be_saved_is_never_told() {
    let (world, log) = logging();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = logged_machine(&runtime, MachineKind::Standard, WAIT, "ALL").await;
    store.then([Fault::Full]);
    runtime.start(request(&machine, "1")).await.unwrap_err();
    settle().await;
    assert_eq!(log.told(), [0; 0]);
    world.pass(1).await;
    start(&runtime, &machine, "1").await;
    settle().await;
    assert_eq!(log.told(), [1, 2]);
}

#[tokio::test]
async fn a_restart_tells_nothing_again() {
    let (world, log) = logging();
    let runtime = world.open().await;
    let machine = logged_machine(&runtime, MachineKind::Standard, WAIT, "ERROR").await;
    let started = start(&runtime, &machine, "1").await;
    settle().await;
    runtime.shutdown().await;
    let runtime = world.open().await;
    world.pass(60).await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
    assert_eq!(log.told(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn express_executions_tell_at_once_and_off_tells_nothing() {
    let (world, log) = logging();
    let runtime = world.open().await;
    let machine = logged_machine(&runtime, MachineKind::Express, PASS, "FATAL").await;
    runtime.start_sync(request(&machine, "1")).await.unwrap();
    assert_eq!(log.told(), [1, 2, 3, 4]);

    let (world, log) = logging();
    let runtime = world.open().await;
    let machine = logged_machine(&runtime, MachineKind::Express, PASS, "OFF").await;
    runtime.start_sync(request(&machine, "1")).await.unwrap();
    assert_eq!(log.told(), [0; 0]);
}

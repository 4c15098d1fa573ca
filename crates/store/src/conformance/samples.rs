//! What the cases save: executions of one state machine, told apart by a number.

use std::sync::Arc;

use engine::{BranchId, Detail, Ending, Event, Millis, Scheduled, StateType};
use json::Payload;

use crate::batch::{Batch, Commit};
use crate::catalog::{Activity, Alias, Machine, MachineKind, MachineStatus, Revision, Route, Version};
use crate::codec::{self, PayloadTable};
use crate::id::ExecId;
use crate::record::{Closed, Created, ExecutionQuery, HistoryPage, Listed, OpenRow, Parent, Status, Summary};
use crate::store::Store;

pub(super) const START: i64 = 1_763_800_000_000;

/// The ARN of the state machine that the executions here are of.
pub const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:Orders";

/// The id of the execution with that number.
pub fn id(number: u64) -> ExecId {
    ExecId(((10_000 + number) << 8) | (number % 256))
}

/// When the execution with that number starts: a second after the one before.
pub fn started(number: u64) -> Millis {
    Millis(START + 1000 * i64::try_from(number).expect("small"))
}

/// The execution with that number.
pub fn created(number: u64) -> Created {
    Created {
        arn: format!("arn:aws:states:us-east-1:000000000000:execution:Orders:order-{number}").into(),
        name: format!("order-{number}").into(),
        machine_arn: MACHINE.into(),
        revision: "5f1e8d3a-0c57-4e0b-9a83-0b8f4a4e2b11".into(),
        version_arn: None,
        alias_arn: None,
        map_run_arn: None,
        map_seat: None,
        started: started(number),
        parent: (number % 3 == 1).then(|| Parent {
            id: id(number - 1),
            branch: BranchId(2),
            event: 5,
        }),
        trace_header: (number % 3 == 2).then(|| "Root=1-67891233-abcdef012345678912345678".into()),
        test_case: (number % 5 == 4).then(|| "HappyPath".into()),
    }
}

/// An event of no particular kind.
pub fn event(number: u64, payload: &Payload) -> Event {
    let detail = match number % 4 {
        1 => Detail::StateEntered {
            kind: StateType::Pass,
            state: 1,
            name: "Check".into(),
            input: payload.clone(),
        },
        2 => Detail::TaskScheduled {
            resource_type: "lambda".into(),
            resource: "invoke".into(),
            region: "us-east-1".into(),
            scheduled: Scheduled {
                parameters: payload.clone(),
                timeout_seconds: Some(60),
                heartbeat_seconds: None,
                role_arn: None,
                nonce: number << 40,
            },
        },
        3 => Detail::TaskFailed {
            resource_type: "lambda".into(),
            resource: "invoke".into(),
            ending: Ending {
                error: Some("Orders.Late".into()),
                cause: None,
            },
        },
        _ => Detail::StateExited {
            kind: StateType::Pass,
            state: 1,
            name: "Check".into(),
            output: payload.clone(),
            assigned: vec![("count".into(), Payload::trusted("3"))],
        },
    };
    Event {
        id: number,
        previous: number - 1,
        at: Millis(START + 7),
        branch: BranchId::ROOT,
        detail,
    }
}

/// Events with these numbers.
pub fn events(numbers: std::ops::RangeInclusive<u64>) -> Vec<Event> {
    let payload = Payload::trusted(r#"{"order":4711,"lines":[{"sku":"a","count":2}]}"#);
    numbers.map(|number| event(number, &payload)).collect()
}

pub(super) fn silent(number: u64) -> Event {
    let detail = Detail::WaitScheduled {
        until: Millis(START + 9),
    };
    Event {
        id: number,
        previous: number,
        at: Millis(START + 8),
        branch: BranchId::ROOT,
        detail,
    }
}

/// A commit of events alone.
pub fn step(number: u64, events: &[Event], table: &mut PayloadTable) -> Commit {
    let encoded = codec::encode(events, table).expect("the events are small");
    Commit {
        events: Some(encoded.blob),
        payloads: encoded.payloads,
        ..Commit::new(id(number))
    }
}

/// The first commit of an execution that goes on.
pub fn opening(number: u64) -> Commit {
    Commit {
        created: Some(created(number)),
        open: Some(OpenRow {
            due: None,
            wake: true,
        }),
        ..step(number, &events(1..=3), &mut PayloadTable::default())
    }
}

/// How an execution ends a minute after it started.
pub fn closed(number: u64, status: Status) -> Closed {
    Closed {
        status,
        stopped: Millis(started(number).0 + 60_000),
    }
}

/// The only commit of an execution.
pub fn short(number: u64, status: Status) -> Commit {
    Commit {
        open: None,
        closed: Some(closed(number, status)),
        ..opening(number)
    }
}

/// A batch of these.
pub fn batch(executions: impl IntoIterator<Item = Commit>) -> Batch {
    Batch {
        executions: executions.into_iter().collect(),
        ..Batch::default()
    }
}

pub(super) async fn save(store: &Arc<dyn Store>, executions: impl IntoIterator<Item = Commit>) {
    store.commit(batch(executions)).await.expect("the batch fits");
}

pub(super) async fn history(store: &Arc<dyn Store>, number: u64, page: HistoryPage) -> Vec<Event> {
    store
        .history(id(number), page)
        .await
        .expect("the history can be read")
}

pub(super) fn everything(of: Listed) -> ExecutionQuery {
    ExecutionQuery {
        of,
        status: None,
        after: None,
        limit: usize::MAX,
    }
}

pub(super) fn of_machine() -> ExecutionQuery {
    everything(Listed::Machine(MACHINE.into()))
}

pub(super) async fn list(store: &Arc<dyn Store>, query: ExecutionQuery) -> Vec<u64> {
    let found = store.executions(query).await.expect("the list can be read");
    found.iter().map(number_of).collect()
}

pub(super) fn number_of(summary: &Summary) -> u64 {
    (summary.id.0 >> 8) - 10_000
}

pub(super) async fn scan(store: &Arc<dyn Store>) -> Vec<(ExecId, OpenRow)> {
    store
        .open(None, usize::MAX)
        .await
        .expect("the open executions can be read")
}

pub(super) fn machine(arn: &str) -> Machine {
    Machine {
        arn: arn.into(),
        name: "Orders".into(),
        kind: MachineKind::Standard,
        status: MachineStatus::Active,
        created: Millis(START),
        revision: "1".into(),
        tags: vec![("team".into(), "\"blue\"".into())],
        published: None,
        last_version: 0,
    }
}

pub(super) fn version(machine_arn: &str, number: u64) -> Version {
    Version {
        machine_arn: machine_arn.into(),
        number,
        revision: "1".into(),
        description: (number % 2 == 1).then(|| format!("number {number}").into()),
        created: Millis(START),
    }
}

pub(super) fn alias(machine_arn: &str, name: &str) -> Alias {
    let route = |version, weight| Route { version, weight };
    Alias {
        machine_arn: machine_arn.into(),
        name: name.into(),
        description: Some("what customers get".into()),
        routes: vec![route(1, 90), route(2, 10)],
        created: Millis(START),
        updated: Millis(START + 1),
    }
}

pub(super) fn revision(id: &str) -> Revision {
    Revision {
        id: id.into(),
        definition: "{\n  \"States\": {}\n}".into(),
        role_arn: "arn:aws:iam::000000000000:role/orders".into(),
        logging: None,
        tracing: Some(r#"{"enabled":true}"#.into()),
        encryption: None,
        updated: Millis(START),
    }
}

pub(super) fn activity(arn: &str) -> Activity {
    let created = Millis(START);
    Activity {
        arn: arn.into(),
        name: "pick".into(),
        created,
        encryption: None,
        tags: Vec::new(),
    }
}

//! The suite that every backend passes.
//!
//! A backend's tests implement [`Place`] and name it to [`conformance_tests`](crate::conformance_tests),
//! which makes a test of every case here.

use std::sync::Arc;

use engine::{BranchId, Detail, Ending, Event, Millis, Scheduled, StateType};
use json::{Payload, Str};

use crate::batch::{Batch, CatalogChange, Commit, ExpressChange};
use crate::catalog::{Activity, Machine, MachineKind, MachineStatus, Revision};
use crate::codec::{self, PayloadTable};
use crate::error::StoreError;
use crate::id::ExecId;
use crate::record::{
    Closed, Created, ExecutionQuery, ExpressStart, HistoryPage, Listed, OpenRow, Parent, Redriven, Status,
    Summary,
};
use crate::store::Store;

/// Where a backend keeps its data during one test.
pub trait Place {
    /// A new, empty one.
    fn new() -> Self;

    /// Opens the store that is there. The one opened before has been dropped.
    fn open(&self) -> Arc<dyn Store>;
}

/// Makes a test of every case for a [`Place`](crate::conformance::Place). Needs tokio's `macros` and `rt`.
#[macro_export]
macro_rules! conformance_tests {
    ($place:ty) => {
        $crate::conformance_tests! { $place:
            committed_executions_are_there_after_reopening
            unknown_things_are_not_found
            histories_are_paged_both_ways
            silent_events_come_with_the_event_whose_number_they_have
            events_that_are_all_silent_are_kept
            lists_have_the_newest_first
            lists_are_filtered_by_status
            lists_of_versions_aliases_and_map_runs_are_their_own
            pages_hold_while_executions_arrive
            large_payloads_are_stored_once
            a_batch_that_contradicts_is_refused_whole
            an_execution_closed_in_its_first_commit_was_never_open
            open_executions_are_scanned_in_pages
            a_redriven_execution_is_open_again
            commits_of_one_execution_are_joined
            batches_are_saved_in_order_without_waiting
            batches_can_be_saved_again
            express_starts_are_pending_until_they_finish
            the_latest_id_is_known
            ids_that_are_never_saved_are_refused_and_not_found
            the_catalogue_is_kept
            removing_a_machine_removes_its_revisions
        }
    };
    ($place:ty: $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let place = <$place as $crate::conformance::Place>::new();
                $crate::conformance::$case(&place).await;
            }
        )+
    };
}

const START: i64 = 1_763_800_000_000;

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
        started: started(number),
        parent: (number % 3 == 1).then(|| Parent {
            id: id(number - 1),
            branch: BranchId(2),
            event: 5,
        }),
        trace_header: (number % 3 == 2).then(|| "Root=1-67891233-abcdef012345678912345678".into()),
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

fn silent(number: u64) -> Event {
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

async fn save(store: &Arc<dyn Store>, executions: impl IntoIterator<Item = Commit>) {
    store.commit(batch(executions)).await.expect("the batch fits");
}

async fn history(store: &Arc<dyn Store>, number: u64, page: HistoryPage) -> Vec<Event> {
    store
        .history(id(number), page)
        .await
        .expect("the history can be read")
}

fn everything(of: Listed) -> ExecutionQuery {
    ExecutionQuery {
        of,
        status: None,
        after: None,
        limit: usize::MAX,
    }
}

fn of_machine() -> ExecutionQuery {
    everything(Listed::Machine(MACHINE.into()))
}

async fn list(store: &Arc<dyn Store>, query: ExecutionQuery) -> Vec<u64> {
    let found = store.executions(query).await.expect("the list can be read");
    found.iter().map(number_of).collect()
}

fn number_of(summary: &Summary) -> u64 {
    (summary.id.0 >> 8) - 10_000
}

async fn scan(store: &Arc<dyn Store>) -> Vec<(ExecId, OpenRow)> {
    store
        .open(None, usize::MAX)
        .await
        .expect("the open executions can be read")
}

#[expect(missing_docs, reason = "the names are statements")]
mod cases {
    use super::*;

    pub async fn committed_executions_are_there_after_reopening(place: &impl Place) {
        let store = place.open();
        save(&store, [opening(1)]).await;
        let mut last = step(1, &events(4..=5), &mut PayloadTable::default());
        last.closed = Some(closed(1, Status::Failed));
        save(&store, [last]).await;
        drop(store);

        let store = place.open();
        let found = store.find(&created(1).arn).await.expect("readable");
        assert_eq!(found, Some(id(1)));
        let expected = Summary {
            id: id(1),
            created: created(1),
            status: Status::Failed,
            stopped: Some(closed(1, Status::Failed).stopped),
            redriven: None,
            events: 5,
        };
        assert_eq!(store.summary(id(1)).await, Ok(Some(expected.clone())));
        let loaded = store.load(id(1)).await.expect("readable").expect("there");
        assert_eq!(loaded.summary, expected);
        assert_eq!(loaded.events, events(1..=5));
        assert_eq!(scan(&store).await, []);
    }

    pub async fn unknown_things_are_not_found(place: &impl Place) {
        let store = place.open();
        assert_eq!(store.find("arn").await, Ok(None));
        assert_eq!(store.summary(id(1)).await, Ok(None));
        assert!(store.load(id(1)).await.expect("readable").is_none());
        assert_eq!(history(&store, 1, HistoryPage::forward(1, 10)).await, []);
        assert_eq!(list(&store, of_machine()).await, [] as [u64; 0]);
        assert_eq!(store.latest().await, Ok(None));
        assert_eq!(store.machine(MACHINE).await, Ok(None));
        assert_eq!(store.revision(MACHINE, "1").await, Ok(None));
        assert_eq!(store.activity("arn").await, Ok(None));
    }

    pub async fn histories_are_paged_both_ways(place: &impl Place) {
        let store = place.open();
        let mut table = PayloadTable::default();
        save(&store, [opening(0), opening(1), opening(2)]).await;
        for (first, last) in [(4, 4), (5, 11), (12, 13), (14, 20)] {
            save(&store, [step(1, &events(first..=last), &mut table)]).await;
        }
        for limit in 1..=21 {
            for from in 0..=22 {
                let forward = history(&store, 1, HistoryPage::forward(from, limit)).await;
                let low = from.max(1);
                assert_eq!(
                    forward,
                    events(low..=(low + limit as u64 - 1).min(20)),
                    "{limit} from {from}"
                );

                let backward = history(&store, 1, HistoryPage::backward(from, limit)).await;
                let high = from.min(20);
                let mut expected = events((high + 1).saturating_sub(limit as u64).max(1)..=high);
                expected.reverse();
                assert_eq!(backward, expected, "{limit} back from {from}");
            }
        }
        let all = history(&store, 1, HistoryPage::backward(u64::MAX, usize::MAX)).await;
        assert_eq!(all.len(), 20);
        assert_eq!(history(&store, 1, HistoryPage::forward(1, 0)).await, []);
    }

    pub async fn silent_events_come_with_the_event_whose_number_they_have(place: &impl Place) {
        let store = place.open();
        let [one, two, three, four] = [1, 2, 3, 4].map(|number| events(number..=number).remove(0));
        let first = [one.clone(), two.clone(), silent(2)];
        let second = [silent(2), three.clone(), silent(3), four.clone()];
        let mut table = PayloadTable::default();
        let opening = Commit {
            created: Some(created(1)),
            ..step(1, &first, &mut table)
        };
        save(&store, [opening]).await;
        save(&store, [step(1, &second, &mut table)]).await;

        let all = [&first[..], &second[..]].concat();
        assert_eq!(
            store.load(id(1)).await.expect("readable").expect("there").events,
            all
        );
        let page = history(&store, 1, HistoryPage::forward(1, 2)).await;
        assert_eq!(page, [one.clone(), two.clone(), silent(2), silent(2)]);
        let page = history(&store, 1, HistoryPage::forward(3, 1)).await;
        assert_eq!(page, [three.clone(), silent(3)]);
        let page = history(&store, 1, HistoryPage::backward(2, 2)).await;
        assert_eq!(page, [silent(2), silent(2), two, one]);
    }

    pub async fn events_that_are_all_silent_are_kept(place: &impl Place) {
        let store = place.open();
        let mut table = PayloadTable::default();
        save(&store, [opening(1)]).await;
        save(&store, [step(1, &[silent(3)], &mut table)]).await;
        save(&store, [step(1, &[silent(3), silent(3)], &mut table)]).await;
        save(&store, [step(1, &events(4..=5), &mut table)]).await;
        let mut expected = events(1..=3);
        expected.extend([silent(3), silent(3), silent(3)]);
        expected.extend(events(4..=5));
        let loaded = store.load(id(1)).await.expect("readable").expect("there");
        assert_eq!(loaded.events, expected);
        assert_eq!(loaded.summary.events, 5);
    }

    pub async fn lists_have_the_newest_first(place: &impl Place) {
        let store = place.open();
        save(&store, [opening(1), short(2, Status::Succeeded), opening(3)]).await;
        save(&store, [short(70, Status::Failed), opening(71)]).await;
        let mut other = opening(72);
        other.created.as_mut().expect("new").machine_arn = "another".into();
        save(&store, [other]).await;
        // A running execution counts from its start, another from its end: 2 ended at second 62.
        assert_eq!(list(&store, of_machine()).await, [70, 71, 2, 3, 1]);
    }

    pub async fn lists_are_filtered_by_status(place: &impl Place) {
        let store = place.open();
        let statuses = &Status::ALL[1..];
        let closed = statuses
            .iter()
            .zip(1..)
            .map(|(status, number)| short(number, *status));
        save(&store, closed.chain([opening(8), opening(9)])).await;
        for (status, number) in statuses.iter().zip(1..) {
            let query = ExecutionQuery {
                status: Some(*status),
                ..of_machine()
            };
            assert_eq!(list(&store, query).await, [number]);
        }
        let running = ExecutionQuery {
            status: Some(Status::Running),
            ..of_machine()
        };
        assert_eq!(list(&store, running.clone()).await, [9, 8]);
        save(
            &store,
            [Commit {
                closed: Some(super::closed(9, Status::Aborted)),
                ..Commit::new(id(9))
            }],
        )
        .await;
        assert_eq!(list(&store, running).await, [8]);
        let aborted = ExecutionQuery {
            status: Some(Status::Aborted),
            ..of_machine()
        };
        assert_eq!(list(&store, aborted).await, [9, 4]);
    }

    pub async fn lists_of_versions_aliases_and_map_runs_are_their_own(place: &impl Place) {
        let store = place.open();
        let [version, alias, map_run]: [Str; 3] = ["version".into(), "alias".into(), "map run".into()];
        let mut commits: Vec<Commit> = (0..4).map(|number| short(number, Status::Succeeded)).collect();
        let mut change = |number: usize, change: &dyn Fn(&mut Created)| {
            change(commits[number].created.as_mut().expect("new"));
        };
        change(1, &|created| created.version_arn = Some(version.clone()));
        change(2, &|created| {
            created.version_arn = Some(version.clone());
            created.alias_arn = Some(alias.clone());
        });
        change(3, &|created| created.map_run_arn = Some(map_run.clone()));
        save(&store, commits).await;
        assert_eq!(list(&store, of_machine()).await, [3, 2, 1, 0]);
        assert_eq!(list(&store, everything(Listed::Version(version))).await, [2, 1]);
        assert_eq!(list(&store, everything(Listed::Alias(alias))).await, [2]);
        assert_eq!(list(&store, everything(Listed::MapRun(map_run))).await, [3]);
    }

    pub async fn pages_hold_while_executions_arrive(place: &impl Place) {
        let store = place.open();
        let statuses = [Status::Succeeded, Status::Failed, Status::TimedOut];
        // Several of the same moment, to be told apart by their ids.
        let commits = (0..20).map(|number| {
            let mut commit = short(number, statuses[number as usize % 3]);
            commit.closed.as_mut().expect("closed").stopped = started(100 + number / 4);
            commit
        });
        save(&store, commits).await;
        let (mut seen, mut after) = (Vec::new(), None);
        for arriving in 200.. {
            let page = ExecutionQuery {
                after,
                limit: 3,
                ..of_machine()
            };
            let found = store.executions(page).await.expect("readable");
            let Some(last) = found.last() else {
                break;
            };
            after = Some(last.position());
            seen.extend(found.iter().map(number_of));
            save(&store, [short(arriving, Status::Succeeded)]).await;
        }
        assert_eq!(seen, (0..20).rev().collect::<Vec<_>>());
    }

    pub async fn large_payloads_are_stored_once(place: &impl Place) {
        let store = place.open();
        let large = |fill: &str| Payload::trusted(format!("\"{}\"", fill.repeat(100_000)));
        let [a, b] = [large("a"), large("b")];
        let mut table = PayloadTable::default();
        let first = [event(1, &a), event(2, &a)];
        let second = [event(3, &a), event(4, &b), event(5, &a), event(6, &b)];
        let one = Commit {
            created: Some(created(1)),
            ..step(1, &first, &mut table)
        };
        let two = step(1, &second, &mut table);
        assert_eq!((one.payloads.len(), two.payloads.len()), (1, 1));
        save(&store, [one]).await;
        save(&store, [two]).await;
        drop(store);

        let store = place.open();
        let mut loaded = store.load(id(1)).await.expect("readable").expect("there");
        assert_eq!(loaded.events, [&first[..], &second[..]].concat());
        assert_eq!(loaded.payloads, table);
        let third = step(1, &[event(8, &a), event(9, &b)], &mut loaded.payloads);
        assert_eq!(third.payloads, []);
        let page = history(&store, 1, HistoryPage::backward(4, 1)).await;
        assert_eq!(page, [event(4, &b)]);
    }

    pub async fn a_batch_that_contradicts_is_refused_whole(place: &impl Place) {
        let store = place.open();
        save(&store, [opening(1), opening(2)]).await;
        let other_events = step(1, &events(1..=1), &mut PayloadTable::default());
        let same_name = Commit {
            id: id(9),
            ..opening(2)
        };
        let same_number = Commit {
            id: id(2),
            ..opening(9)
        };
        let unknown = Commit {
            closed: Some(closed(5, Status::Failed)),
            ..Commit::new(id(5))
        };
        for contradiction in [other_events, same_name, same_number, unknown] {
            let mut refused = batch([opening(3), contradiction, opening(4)]);
            refused.catalog.push(CatalogChange::PutActivity(activity("a")));
            let error = store.commit(refused).await.expect_err("it contradicts");
            assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
            assert_eq!(list(&store, of_machine()).await, [2, 1]);
            assert_eq!(store.find(&created(3).arn).await, Ok(None));
            assert_eq!(store.activity("a").await, Ok(None));
            assert_eq!(scan(&store).await.len(), 2);
        }
        save(&store, [opening(3)]).await;
        assert_eq!(list(&store, of_machine()).await, [3, 2, 1]);
    }

    pub async fn an_execution_closed_in_its_first_commit_was_never_open(place: &impl Place) {
        let store = place.open();
        save(&store, [short(1, Status::Succeeded)]).await;
        assert_eq!(scan(&store).await, []);
        let summary = store.summary(id(1)).await.expect("readable").expect("there");
        assert_eq!(summary.status, Status::Succeeded);
        assert_eq!(summary.events, 3);
    }

    pub async fn open_executions_are_scanned_in_pages(place: &impl Place) {
        let store = place.open();
        let row = |number: u64| OpenRow {
            due: (number > 2).then(|| started(number)),
            wake: number.is_multiple_of(2),
        };
        save(
            &store,
            (0..5).map(|number| Commit {
                open: Some(row(number)),
                ..opening(number)
            }),
        )
        .await;
        let changed = OpenRow {
            due: Some(Millis(5)),
            wake: false,
        };
        save(
            &store,
            [Commit {
                open: Some(changed),
                ..Commit::new(id(0))
            }],
        )
        .await;
        save(
            &store,
            [Commit {
                closed: Some(closed(3, Status::Aborted)),
                ..Commit::new(id(3))
            }],
        )
        .await;
        let expected = [
            (id(0), changed),
            (id(1), row(1)),
            (id(2), row(2)),
            (id(4), row(4)),
        ];
        assert_eq!(store.open(None, 2).await.as_deref(), Ok(&expected[..2]));
        assert_eq!(store.open(Some(id(1)), 2).await.as_deref(), Ok(&expected[2..]));
        assert_eq!(store.open(Some(id(4)), 2).await.as_deref(), Ok(&[][..]));
    }

    pub async fn a_redriven_execution_is_open_again(place: &impl Place) {
        let store = place.open();
        save(&store, [short(1, Status::Failed), opening(2)]).await;
        let redriven = Redriven {
            count: 1,
            at: started(500),
        };
        let open = OpenRow {
            due: None,
            wake: true,
        };
        let again = Commit {
            redriven: Some(redriven),
            open: Some(open),
            ..Commit::new(id(1))
        };
        save(&store, [again]).await;
        drop(store);

        let store = place.open();
        let summary = store.summary(id(1)).await.expect("readable").expect("there");
        assert_eq!((summary.status, summary.stopped), (Status::Running, None));
        assert_eq!(summary.redriven, Some(redriven));
        assert_eq!(summary.position().at, redriven.at);
        assert_eq!(list(&store, of_machine()).await, [1, 2]);
        assert_eq!(scan(&store).await, [(id(1), open), (id(2), open)]);

        let stopped = started(600);
        let end = Closed {
            status: Status::Succeeded,
            stopped,
        };
        save(
            &store,
            [Commit {
                closed: Some(end),
                ..Commit::new(id(1))
            }],
        )
        .await;
        let summary = store.summary(id(1)).await.expect("readable").expect("there");
        assert_eq!(
            (summary.status, summary.stopped),
            (Status::Succeeded, Some(stopped))
        );
        assert_eq!(summary.redriven, Some(redriven));
        assert_eq!(scan(&store).await, [(id(2), open)]);
    }

    pub async fn commits_of_one_execution_are_joined(place: &impl Place) {
        let store = place.open();
        let mut table = PayloadTable::default();
        let waiting = OpenRow {
            due: Some(started(9)),
            wake: false,
        };
        let second = Commit {
            open: Some(waiting),
            ..step(1, &events(4..=6), &mut table)
        };
        let third = Commit {
            closed: Some(closed(2, Status::TimedOut)),
            ..step(2, &events(4..=4), &mut table)
        };
        save(&store, [opening(2), opening(1), second, third]).await;
        for (number, last, status) in [(1, 6, Status::Running), (2, 4, Status::TimedOut)] {
            let loaded = store.load(id(number)).await.expect("readable").expect("there");
            assert_eq!(loaded.events, events(1..=last));
            assert_eq!(loaded.summary.status, status);
        }
        assert_eq!(scan(&store).await, [(id(1), waiting)]);
        let page = history(&store, 1, HistoryPage::forward(4, 1)).await;
        assert_eq!(page, events(4..=4));

        let gap = [
            step(1, &events(7..=7), &mut table),
            step(1, &events(9..=9), &mut table),
        ];
        let error = store.commit(batch(gap)).await.expect_err("event 8 is missing");
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    }

    pub async fn batches_are_saved_in_order_without_waiting(place: &impl Place) {
        let store = place.open();
        let mut table = PayloadTable::default();
        let mut answers = vec![store.commit(batch([opening(1)]))];
        for number in 4..=40 {
            answers.push(store.commit(batch([step(1, &events(number..=number), &mut table)])));
        }
        let end = Commit {
            closed: Some(closed(1, Status::Succeeded)),
            ..Commit::new(id(1))
        };
        drop(store.commit(batch([end])));
        for answer in answers {
            assert_eq!(answer.await, Ok(()));
        }
        store
            .commit(Batch::default())
            .await
            .expect("nothing can be saved");
        let loaded = store.load(id(1)).await.expect("readable").expect("there");
        assert_eq!(loaded.events, events(1..=40));
        assert_eq!(loaded.summary.status, Status::Succeeded);
    }

    pub async fn batches_can_be_saved_again(place: &impl Place) {
        let store = place.open();
        let mut table = PayloadTable::default();
        let large = Payload::trusted(format!("\"{}\"", "x".repeat(5000)));
        let start = ExpressStart {
            id: id(90),
            created: created(90),
            input: Payload::trusted("1"),
        };
        let batches = [
            batch([opening(1), opening(2), short(3, Status::Failed)]),
            batch([step(1, &[silent(3)], &mut table)]),
            batch([
                step(1, &[event(4, &large)], &mut table),
                step(1, &[event(5, &large)], &mut table),
            ]),
            batch([Commit {
                redriven: Some(Redriven {
                    count: 1,
                    at: started(7),
                }),
                ..Commit::new(id(3))
            }]),
            Batch {
                express: vec![ExpressChange::Started(start)],
                ..Batch::default()
            },
            batch([Commit {
                closed: Some(closed(1, Status::Aborted)),
                ..Commit::new(id(1))
            }]),
            batch([Commit {
                closed: Some(closed(3, Status::Failed)),
                ..Commit::new(id(3))
            }]),
            Batch {
                express: vec![ExpressChange::Finished(id(90))],
                ..Batch::default()
            },
        ];
        for batch in &batches {
            store.commit(batch.clone()).await.expect("it fits");
        }
        let image = |store: Arc<dyn Store>| async move {
            let mut histories = Vec::new();
            for number in 1..=3 {
                let loaded = store.load(id(number)).await.expect("readable").expect("there");
                histories.push((loaded.summary, loaded.events, loaded.payloads));
            }
            let express = store.express_pending(None, usize::MAX).await.expect("readable");
            (
                histories,
                scan(&store).await,
                list(&store, of_machine()).await,
                express,
            )
        };
        let expected = image(store.clone()).await;
        for from in 0..batches.len() {
            for batch in &batches[from..] {
                store.commit(batch.clone()).await.expect("it fits again");
            }
            assert_eq!(image(store.clone()).await, expected, "from batch {from} on");
        }
    }

    pub async fn express_starts_are_pending_until_they_finish(place: &impl Place) {
        let store = place.open();
        let start = |number: u64, input: String| ExpressStart {
            id: id(number),
            created: created(number),
            input: Payload::trusted(input),
        };
        let starts = [
            start(1, "{}".to_owned()),
            start(2, "9".repeat(9000)),
            start(3, "[ 1 ]".to_owned()),
        ];
        let express = starts.iter().cloned().map(ExpressChange::Started).collect();
        store
            .commit(Batch {
                express,
                ..Batch::default()
            })
            .await
            .expect("it fits");
        let express = vec![
            ExpressChange::Finished(id(3)),
            ExpressChange::Started(start(4, "4".to_owned())),
            ExpressChange::Finished(id(4)),
        ];
        store
            .commit(Batch {
                express,
                ..Batch::default()
            })
            .await
            .expect("it fits");
        drop(store);

        let store = place.open();
        assert_eq!(store.express_pending(None, 10).await.as_deref(), Ok(&starts[..2]));
        assert_eq!(store.express_pending(None, 1).await.as_deref(), Ok(&starts[..1]));
        assert_eq!(
            store.express_pending(Some(id(1)), 9).await.as_deref(),
            Ok(&starts[1..2])
        );
        assert_eq!(list(&store, of_machine()).await, [] as [u64; 0]);
        assert_eq!(store.find(&created(1).arn).await, Ok(None));
    }

    pub async fn the_latest_id_is_known(place: &impl Place) {
        let store = place.open();
        save(&store, [opening(7), short(9, Status::Failed), opening(8)]).await;
        assert_eq!(store.latest().await, Ok(Some(id(9))));
        let start = ExpressStart {
            id: id(12),
            created: created(12),
            input: Payload::trusted("1"),
        };
        let express = vec![ExpressChange::Started(start)];
        store
            .commit(Batch {
                express,
                ..Batch::default()
            })
            .await
            .expect("it fits");
        drop(store);
        assert_eq!(place.open().latest().await, Ok(Some(id(12))));
    }

    pub async fn ids_that_are_never_saved_are_refused_and_not_found(place: &impl Place) {
        let store = place.open();
        save(&store, [opening(1)]).await;
        for id in [ExecId(ExecId::MAX.0 + 1), ExecId(u64::MAX)] {
            assert_eq!(store.summary(id).await, Ok(None));
            assert!(store.load(id).await.expect("readable").is_none());
            assert_eq!(
                store.history(id, HistoryPage::backward(9, 9)).await,
                Ok(Vec::new())
            );
            assert_eq!(store.open(Some(id), 9).await, Ok(Vec::new()));
            assert_eq!(store.express_pending(Some(id), 9).await, Ok(Vec::new()));
            let start = ExpressStart {
                id,
                created: created(2),
                input: Payload::trusted("1"),
            };
            let express = vec![ExpressChange::Started(start)];
            for batch in [
                batch([Commit { id, ..opening(2) }]),
                Batch {
                    express,
                    ..Batch::default()
                },
            ] {
                let error = store.commit(batch).await.expect_err("it can't be saved");
                assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
            }
        }
        assert_eq!(store.latest().await, Ok(Some(id(1))));
    }

    pub async fn the_catalogue_is_kept(place: &impl Place) {
        let store = place.open();
        let changed = Machine {
            status: MachineStatus::Deleting,
            ..machine("b")
        };
        let catalog = vec![
            CatalogChange::PutMachine(machine("b")),
            CatalogChange::PutMachine(machine("a")),
            CatalogChange::PutMachine(machine("c")),
            CatalogChange::PutMachine(changed.clone()),
            CatalogChange::PutRevision {
                machine_arn: "a".into(),
                revision: revision("1"),
            },
            CatalogChange::PutRevision {
                machine_arn: "a".into(),
                revision: revision("2"),
            },
            CatalogChange::PutActivity(activity("y")),
            CatalogChange::PutActivity(activity("x")),
            CatalogChange::PutActivity(activity("z")),
            CatalogChange::RemoveActivity("z".into()),
        ];
        store
            .commit(Batch {
                catalog,
                ..Batch::default()
            })
            .await
            .expect("it fits");
        drop(store);

        let store = place.open();
        assert_eq!(store.machine("b").await, Ok(Some(changed.clone())));
        assert_eq!(store.machines(None, 2).await, Ok(vec![machine("a"), changed]));
        assert_eq!(store.machines(Some("b".into()), 2).await, Ok(vec![machine("c")]));
        assert_eq!(store.revision("a", "2").await, Ok(Some(revision("2"))));
        assert_eq!(store.revision("b", "2").await, Ok(None));
        assert_eq!(store.activity("z").await, Ok(None));
        assert_eq!(
            store.activities(None, 9).await,
            Ok(vec![activity("x"), activity("y")])
        );
        assert_eq!(
            store.activities(Some("x".into()), 9).await,
            Ok(vec![activity("y")])
        );
    }

    pub async fn removing_a_machine_removes_its_revisions(place: &impl Place) {
        let store = place.open();
        let put = |arn: &str| {
            let revision = CatalogChange::PutRevision {
                machine_arn: arn.into(),
                revision: revision("1"),
            };
            [CatalogChange::PutMachine(machine(arn)), revision]
        };
        let mut catalog = [put("a"), put("b")].concat();
        catalog.push(CatalogChange::RemoveMachine("a".into()));
        store
            .commit(Batch {
                catalog,
                ..Batch::default()
            })
            .await
            .expect("it fits");
        assert_eq!(store.machine("a").await, Ok(None));
        assert_eq!(store.revision("a", "1").await, Ok(None));
        assert_eq!(store.machines(None, 9).await, Ok(vec![machine("b")]));
        assert_eq!(store.revision("b", "1").await, Ok(Some(revision("1"))));
    }

    fn machine(arn: &str) -> Machine {
        Machine {
            arn: arn.into(),
            name: "Orders".into(),
            kind: MachineKind::Standard,
            status: MachineStatus::Active,
            created: Millis(START),
            revision: "1".into(),
            tags: vec![("team".into(), "\"blue\"".into())],
        }
    }

    fn revision(id: &str) -> Revision {
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

    fn activity(arn: &str) -> Activity {
        let created = Millis(START);
        Activity {
            arn: arn.into(),
            name: "pick".into(),
            created,
            encryption: None,
            tags: Vec::new(),
        }
    }
}

pub use cases::*;

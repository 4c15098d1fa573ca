//! What is removed when it is old, and what stays.

use std::sync::Arc;

use engine::Millis;
use json::Payload;

use super::Place;
use super::map_runs::map_run;
use super::samples::*;
use crate::batch::{Batch, CatalogChange, Commit};
use crate::codec::{LARGE_PAYLOAD_BYTES, PayloadTable};
use crate::record::{Expired, HistoryPage, NextExpiry, Redriven, Status};
use crate::store::Store;

/// When the execution with that number ends.
fn end(number: u64) -> Millis {
    closed(number, Status::Succeeded).stopped
}

async fn expire(store: &Arc<dyn Store>, before: Millis) -> Expired {
    store.expire(before).await.expect("it can be removed")
}

/// Removes all that ended before a moment. How many executions that were, and in how many calls.
async fn expire_all(store: &Arc<dyn Store>, before: Millis) -> (usize, usize) {
    let (mut executions, mut calls) = (0, 0);
    loop {
        let expired = expire(store, before).await;
        executions += expired.executions;
        calls += 1;
        if expired.next != NextExpiry::More {
            return (executions, calls);
        }
    }
}

pub async fn what_ended_long_ago_is_removed_whole(place: &impl Place) {
    let store = place.open();
    let large = Payload::trusted(format!("\"{}\"", "x".repeat(2 * LARGE_PAYLOAD_BYTES)));
    let mut with_payload = step(1, &[event(1, &large)], &mut PayloadTable::default());
    with_payload.created = Some(created(1));
    with_payload.closed = Some(closed(1, Status::Failed));
    save(&store, [with_payload, short(2, Status::Succeeded), opening(0)]).await;

    let expected = |executions, next| Expired { executions, next };
    let nothing_yet = expected(0, NextExpiry::At(end(1)));
    assert_eq!(expire(&store, end(1)).await, nothing_yet);
    assert_eq!(list(&store, of_machine()).await.len(), 3);
    assert_eq!(expire(&store, end(2)).await, expected(1, NextExpiry::At(end(2))));
    drop(store);

    let store = place.open();
    assert_eq!(store.find(&created(1).arn).await, Ok(None));
    assert_eq!(store.summary(id(1)).await, Ok(None));
    assert!(store.load(id(1)).await.expect("readable").is_none());
    assert_eq!(history(&store, 1, HistoryPage::forward(1, 10)).await, []);
    assert_eq!(list(&store, of_machine()).await.len(), 2);
    assert!(store.load(id(2)).await.expect("readable").is_some());
    let later = Millis(i64::MAX);
    assert_eq!(expire(&store, later).await, expected(1, NextExpiry::Nothing));
    assert_eq!(expire(&store, later).await, expected(0, NextExpiry::Nothing));
    assert_eq!(list(&store, of_machine()).await, [0], "what is open stays");
    assert!(store.load(id(0)).await.expect("readable").is_some());
}

pub async fn the_name_of_what_was_removed_is_free(place: &impl Place) {
    let store = place.open();
    save(&store, [short(3, Status::Aborted)]).await;
    expire_all(&store, Millis(i64::MAX)).await;
    let again = Commit {
        id: id(9),
        ..short(3, Status::Succeeded)
    };
    save(&store, [again]).await;
    assert_eq!(store.find(&created(3).arn).await, Ok(Some(id(9))));
}

pub async fn a_redriven_execution_is_removed_after_its_last_end(place: &impl Place) {
    let store = place.open();
    save(&store, [short(1, Status::Failed)]).await;
    let mut redriven = step(1, &events(4..=4), &mut PayloadTable::default());
    redriven.redriven = Some(Redriven {
        count: 1,
        at: end(50),
    });
    redriven.open = opening(1).open;
    save(&store, [redriven]).await;
    assert_eq!(expire_all(&store, Millis(i64::MAX)).await.0, 0, "it runs");
    let mut last = step(1, &events(5..=5), &mut PayloadTable::default());
    last.closed = Some(closed(90, Status::Succeeded));
    save(&store, [last]).await;
    assert_eq!(expire_all(&store, end(90)).await.0, 0, "it ended only then");
    assert_eq!(expire_all(&store, Millis(end(90).0 + 1)).await.0, 1);
}

pub async fn many_executions_are_removed_in_several_calls(place: &impl Place) {
    let store = place.open();
    save(&store, (0..1000).map(|number| short(number, Status::Succeeded))).await;
    let (executions, calls) = expire_all(&store, end(900)).await;
    assert_eq!(executions, 900);
    assert!(calls > 3, "{calls} calls");
    let left: Vec<u64> = (900..1000).rev().collect();
    assert_eq!(list(&store, of_machine()).await, left);
}

pub async fn a_long_history_goes_from_sight_at_once(place: &impl Place) {
    let store = place.open();
    save(&store, [opening(1), short(2, Status::Succeeded)]).await;
    let mut table = PayloadTable::default();
    for last in 4..1500 {
        save(&store, [step(1, &events(last..=last), &mut table)]).await;
    }
    let mut last = step(1, &events(1500..=1500), &mut table);
    last.closed = Some(closed(1, Status::Failed));
    save(&store, [last]).await;
    let first = expire(&store, end(2)).await;
    assert_eq!(first.executions, 1);
    assert!(store.load(id(1)).await.expect("readable").is_none());
    assert_eq!(list(&store, of_machine()).await, [2]);
    drop(store);

    let store = place.open();
    assert_eq!(expire_all(&store, Millis(i64::MAX)).await.0, 1);
    assert_eq!(history(&store, 1, HistoryPage::forward(1, 2000)).await, []);
}

pub async fn executions_of_a_map_run_stay_as_long_as_the_run(place: &impl Place) {
    let store = place.open();
    let run = map_run(600, 4);
    let child = |number| {
        let mut commit = short(number, Status::Succeeded);
        let created = commit.created.as_mut().expect("it is the first");
        created.map_run_arn = Some(run.arn.clone());
        commit
    };
    let batch = Batch {
        catalog: vec![CatalogChange::PutMapRun(Box::new(run.clone()))],
        executions: (0..600)
            .map(child)
            .chain([opening(600), short(601, Status::Failed)])
            .collect(),
        ..Batch::default()
    };
    store.commit(batch).await.expect("it fits");
    assert_eq!(
        expire_all(&store, Millis(i64::MAX)).await.0,
        1,
        "the one of no run"
    );
    assert_eq!(list(&store, of_machine()).await.len(), 601);

    let mut last = step(600, &events(4..=4), &mut PayloadTable::default());
    last.closed = Some(closed(600, Status::Succeeded));
    save(&store, [last]).await;
    let (mut removed, mut passes) = (0, 0);
    while removed < 601 && passes < 9 {
        removed += expire_all(&store, Millis(i64::MAX)).await.0;
        passes += 1;
    }
    assert_eq!(list(&store, of_machine()).await, [] as [u64; 0]);
    assert_eq!(store.map_run(&run.arn).await, Ok(None));
}

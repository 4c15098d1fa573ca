//! Executions and their histories.

use std::sync::Arc;

use engine::Event;
use json::Payload;

use super::Place;
use super::samples::*;
use crate::batch::{Batch, CatalogChange, Commit, ExpressChange};
use crate::codec::PayloadTable;
use crate::error::StoreError;
use crate::record::{ExpressStart, HistoryPage, OpenRow, Redriven, Status, Summary};
use crate::store::Store;

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

pub async fn long_histories_are_paged_and_loaded(place: &impl Place) {
    let store = place.open();
    let mut table = PayloadTable::default();
    let last = 100_003;
    save(&store, [opening(1)]).await;
    let mut first = 4;
    // One commit that is longer than any row of short ones, then short ones of every length, some saved twice.
    for length in [32_700].into_iter().chain((1..=90).cycle()) {
        let end = (first + length - 1).min(last);
        let commit = step(1, &events(first..=end), &mut table);
        save(&store, [commit.clone()]).await;
        if length % 7 == 0 {
            save(&store, [commit]).await;
        }
        if length % 5 == 0 {
            save(&store, [step(1, &[silent(end)], &mut table)]).await;
        }
        first = end + 1;
        if first > last {
            break;
        }
    }
    drop(store);

    let store = place.open();
    let loaded = store.load(id(1)).await.expect("readable").expect("there");
    assert_eq!(loaded.summary.events, last);
    let shown = |page: Vec<Event>| -> Vec<u64> {
        let numbered = page.iter().filter(|event| !event.detail.is_silent());
        numbered.map(|event| event.id).collect()
    };
    assert_eq!(shown(loaded.events), (1..=last).collect::<Vec<_>>());
    for from in [
        1, 3, 32_700, 32_767, 32_768, 32_769, 33_024, 65_535, 65_536, 99_990,
    ]
    .into_iter()
    .chain(33_000..33_100)
    {
        let page = history(&store, 1, HistoryPage::forward(from, 20)).await;
        assert_eq!(
            shown(page),
            (from..(from + 20).min(last + 1)).collect::<Vec<_>>(),
            "from {from}"
        );
        let page = history(&store, 1, HistoryPage::backward(from, 20)).await;
        let low = from.saturating_sub(19).max(1);
        assert_eq!(
            shown(page),
            (low..=from).rev().collect::<Vec<_>>(),
            "back from {from}"
        );
    }
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

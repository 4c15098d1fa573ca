//! What is under way: open executions, Express starts, numbers.

use engine::Millis;
use json::Payload;

use super::Place;
use super::samples::*;
use crate::batch::{Batch, Commit, ExpressChange};
use crate::error::StoreError;
use crate::id::ExecId;
use crate::record::{Closed, ExpressStart, HistoryPage, OpenRow, Redriven, Status};

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

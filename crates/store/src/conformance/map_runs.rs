//! Map runs, and the executions that they have.

use engine::{BranchId, Millis};
use json::Str;

use super::Place;
use super::samples::*;
use crate::batch::{Batch, CatalogChange};
use crate::map_run::{MapChild, MapRun, MapRunCounts, MapRunSettings, MapRunStatus, MapSeat, Percentage};
use crate::record::{Redriven, Status};

pub(super) fn map_run(execution: u64, event: u64) -> MapRun {
    MapRun {
        arn: format!("run {}", 99 - event).into(),
        execution: id(execution),
        execution_arn: created(execution).arn,
        branch: BranchId(1),
        event,
        machine_arn: format!("{MACHINE}/Items").into(),
        express: event == 4,
        started: started(execution),
        stopped: None,
        status: MapRunStatus::Running,
        settings: MapRunSettings {
            max_concurrency: 7,
            tolerated_count: None,
            tolerated_percentage: Some(Percentage(12.5)),
        },
        redriven: None,
        items: MapRunCounts::default(),
        executions: MapRunCounts::default(),
    }
}

pub async fn map_runs_are_kept_newest_first(place: &impl Place) {
    let store = place.open();
    let ended = MapRun {
        stopped: Some(Millis(9)),
        status: MapRunStatus::Failed,
        redriven: Some((2, Millis(8))),
        items: MapRunCounts {
            failed: 3,
            ..MapRunCounts::default()
        },
        ..map_run(1, 4)
    };
    let runs = [
        map_run(1, 4),
        map_run(1, 8),
        map_run(2, 5),
        map_run(1, 6),
        ended.clone(),
    ];
    let put = |run| CatalogChange::PutMapRun(Box::new(run));
    let batch = Batch {
        catalog: runs.map(put).into(),
        ..Batch::default()
    };
    store.commit(batch).await.expect("it fits");
    drop(store);

    let store = place.open();
    let newest = vec![map_run(1, 8), map_run(1, 6)];
    assert_eq!(store.map_run(&ended.arn).await, Ok(Some(ended.clone())));
    assert_eq!(store.map_run("run").await, Ok(None));
    assert_eq!(store.map_runs(id(1), None, 2).await, Ok(newest));
    assert_eq!(store.map_runs(id(1), Some(6), 9).await, Ok(vec![ended]));
    assert_eq!(store.map_runs(id(3), None, 9).await, Ok(vec![]));
    let open = store.open_map_runs(None, 2).await.expect("readable");
    assert_eq!(open, [map_run(1, 8), map_run(1, 6)]);
    let rest = store.open_map_runs(Some(open[1].arn.clone()), 9).await;
    assert_eq!(rest, Ok(vec![map_run(2, 5)]));
}

pub async fn executions_of_a_map_run_say_which_they_are(place: &impl Place) {
    let store = place.open();
    let run = Str::from("run");
    let seat = |index| MapSeat { index, items: 5 };
    let mut commits = vec![
        short(1, Status::Succeeded),
        short(2, Status::Failed),
        opening(3),
        short(4, Status::Aborted),
        short(5, Status::Succeeded),
    ];
    for (number, commit) in commits.iter_mut().enumerate().take(4) {
        let created = commit.created.as_mut().expect("new");
        created.map_run_arn = Some(run.clone());
        created.map_seat = Some(seat(10 - number as u64));
    }
    let at = started(90);
    commits[1].redriven = Some(Redriven { count: 1, at });
    save(&store, commits).await;
    drop(store);

    let store = place.open();
    let child = |number: u64, status| MapChild {
        id: id(number),
        seat: seat(11 - number),
        status,
        redriven: (number == 2).then_some(at),
    };
    let first = vec![child(1, Status::Succeeded), child(2, Status::Failed)];
    let rest = vec![child(3, Status::Running), child(4, Status::Aborted)];
    assert_eq!(store.map_children(&run, None, 2).await, Ok(first));
    assert_eq!(store.map_children(&run, Some(id(2)), 9).await, Ok(rest));
    assert_eq!(store.map_children("other", None, 9).await, Ok(vec![]));
}

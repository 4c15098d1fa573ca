//! Lists of executions.

use json::Str;

use super::Place;
use super::samples::*;
use crate::batch::Commit;
use crate::record::{Created, ExecutionQuery, Listed, Status};

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

//! State machines, their revisions, activities.

use super::Place;
use super::samples::*;
use crate::batch::{Batch, CatalogChange};
use crate::catalog::{Machine, MachineStatus};

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

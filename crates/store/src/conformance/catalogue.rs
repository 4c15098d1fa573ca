//! State machines, their revisions, versions and aliases, activities.

use std::sync::Arc;

use super::Place;
use super::samples::*;
use crate::batch::{Batch, CatalogChange};
use crate::catalog::{Alias, Machine, MachineStatus, Published, Route};
use crate::store::Store;

pub async fn the_catalogue_is_kept(place: &impl Place) {
    let store = place.open();
    let changed = Machine {
        status: MachineStatus::Deleting,
        published: Some(Published {
            description: Some("the first".into()),
        }),
        last_version: 7,
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
    change(&store, catalog).await;
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

pub async fn versions_are_kept_newest_first(place: &impl Place) {
    let store = place.open();
    let put = |arn: &str, number| CatalogChange::PutVersion(version(arn, number));
    let remove = CatalogChange::RemoveVersion {
        machine_arn: "a".into(),
        number: 10,
    };
    change(
        &store,
        vec![
            put("a", 9),
            put("a", 10),
            put("a", 11),
            put("aa", 12),
            put("a", 2),
            remove,
        ],
    )
    .await;
    drop(store);

    let store = place.open();
    assert_eq!(store.version("a", 9).await, Ok(Some(version("a", 9))));
    assert_eq!(store.version("a", 10).await, Ok(None));
    assert_eq!(store.version("aa", 9).await, Ok(None));
    let all = [11, 9, 2].map(|number| version("a", number));
    assert_eq!(store.versions("a", None, 9).await, Ok(all.to_vec()));
    assert_eq!(store.versions("a", None, 2).await, Ok(all[..2].to_vec()));
    assert_eq!(store.versions("a", Some(9), 9).await, Ok(all[2..].to_vec()));
    assert_eq!(store.versions("b", None, 9).await, Ok(vec![]));
}

pub async fn aliases_are_kept_by_name(place: &impl Place) {
    let store = place.open();
    let put = |arn: &str, name: &str| CatalogChange::PutAlias(alias(arn, name));
    let changed = Alias {
        routes: vec![Route {
            version: 3,
            weight: 100,
        }],
        description: None,
        ..alias("a", "prod")
    };
    let changes = vec![
        put("a", "prod"),
        put("a", "beta"),
        put("a", "gone"),
        put("aa", "prod"),
        CatalogChange::PutAlias(changed.clone()),
        CatalogChange::RemoveAlias {
            machine_arn: "a".into(),
            name: "gone".into(),
        },
    ];
    change(&store, changes).await;
    drop(store);

    let store = place.open();
    assert_eq!(store.alias("a", "prod").await, Ok(Some(changed.clone())));
    assert_eq!(store.alias("a", "gone").await, Ok(None));
    assert_eq!(store.alias("b", "prod").await, Ok(None));
    let all = [alias("a", "beta"), changed];
    assert_eq!(store.aliases("a", None, 9).await, Ok(all.to_vec()));
    assert_eq!(store.aliases("a", None, 1).await, Ok(all[..1].to_vec()));
    assert_eq!(
        store.aliases("a", Some("beta".into()), 9).await,
        Ok(all[1..].to_vec())
    );
}

pub async fn removing_a_machine_removes_all_of_it(place: &impl Place) {
    let store = place.open();
    let put = |arn: &str| {
        let revision = CatalogChange::PutRevision {
            machine_arn: arn.into(),
            revision: revision("1"),
        };
        [
            CatalogChange::PutMachine(machine(arn)),
            revision,
            CatalogChange::PutVersion(version(arn, 1)),
            CatalogChange::PutAlias(alias(arn, "prod")),
        ]
    };
    let mut catalog = [put("a"), put("b")].concat();
    catalog.push(CatalogChange::RemoveMachine("a".into()));
    change(&store, catalog).await;
    assert_eq!(store.machine("a").await, Ok(None));
    assert_eq!(store.revision("a", "1").await, Ok(None));
    assert_eq!(store.version("a", 1).await, Ok(None));
    assert_eq!(store.alias("a", "prod").await, Ok(None));
    assert_eq!(store.machines(None, 9).await, Ok(vec![machine("b")]));
    assert_eq!(store.revision("b", "1").await, Ok(Some(revision("1"))));
    assert_eq!(store.versions("b", None, 9).await, Ok(vec![version("b", 1)]));
    assert_eq!(store.aliases("b", None, 9).await, Ok(vec![alias("b", "prod")]));
}

async fn change(store: &Arc<dyn Store>, catalog: Vec<CatalogChange>) {
    let batch = Batch {
        catalog,
        ..Batch::default()
    };
    store.commit(batch).await.expect("it fits");
}

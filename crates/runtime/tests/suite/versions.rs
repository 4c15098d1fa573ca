//! Versions and aliases: what starts by them run, also after a restart.

use std::collections::BTreeMap;

use json::Str;
use runtime::{CatalogError, Creation, NewAlias, NewRevision, Runtime, StartRequest, Started};
use store::{Batch, CatalogChange, Published, Route, Store, StoreError, Version};

use crate::nested::parent;
use crate::starts::WAIT;
use crate::support::*;

fn arn(qualifier: &str) -> Str {
    format!("{}{qualifier}", machine_arn("m")).into()
}

fn says(text: &str) -> String {
    format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", "Result": "{text}", "End": true}}}}}}"#)
}

fn published() -> Published {
    Published { description: None }
}

/// Gives the state machine `name` another definition, and publishes that.
async fn update(runtime: &Runtime, name: &str, definition: &str) -> Version {
    let machine_arn = machine_arn(name).to_string();
    let current = runtime.catalog().current(&machine_arn).await.unwrap();
    let states = asl::read(definition, asl::Rules::default()).machine.unwrap();
    let record = &current.record;
    let new = NewRevision {
        definition: definition.into(),
        states: states.into(),
        role_arn: record.role_arn.clone(),
        logging: None,
        tracing: None,
        encryption: None,
    };
    let updated = runtime
        .catalog()
        .update_machine(&machine_arn, &record.id, Some(new), Some(published()))
        .await;
    updated.unwrap().version.unwrap()
}

/// A state machine whose versions are these definitions.
async fn versions(runtime: &Runtime, name: &str, definitions: [&str; 2]) {
    machine(runtime, name, definitions[0]).await;
    let machine_arn = machine_arn(name).to_string();
    let first = runtime.catalog().publish(&machine_arn, None, published()).await;
    assert_eq!(first.unwrap().number, 1);
    assert_eq!(update(runtime, name, definitions[1]).await.number, 2);
}

fn routes(weights: [u8; 2]) -> Vec<Route> {
    let route = |(weight, version)| Route { version, weight };
    weights.into_iter().zip(1..).map(route).collect()
}

async fn alias(runtime: &Runtime, machine: &str, name: &str, weights: [u8; 2]) {
    let new = NewAlias {
        machine_arn: machine_arn(machine).to_string().into(),
        name: name.into(),
        description: None,
        routes: routes(weights),
    };
    let created = runtime.catalog().create_alias(new).await.unwrap();
    assert!(matches!(created, Creation::New(_)));
}

async fn start_by(runtime: &Runtime, qualifier: &str) -> Started {
    let target = runtime.catalog().target(&arn(qualifier)).await.unwrap();
    runtime
        .start(StartRequest::of(target, payload("1")))
        .await
        .unwrap()
}

/// How many of so many starts by the alias `prod` each version gets.
async fn drawn(runtime: &Runtime, starts: usize) -> BTreeMap<Str, usize> {
    let mut counted = BTreeMap::new();
    for _ in 0..starts {
        let target = runtime.catalog().target(&arn(":prod")).await.unwrap();
        assert_eq!(target.alias_arn, Some(arn(":prod")));
        *counted.entry(target.version_arn.unwrap()).or_insert(0) += 1;
    }
    counted
}

#[tokio::test]
async fn weights_are_honoured() {
    for seed in 0..5 {
        let mut world = World::new();
        world.settings.seed = Some(seed);
        let runtime = world.open().await;
        versions(&runtime, "m", [&says("one"), &says("two")]).await;
        alias(&runtime, "m", "prod", [90, 10]).await;
        let counted = drawn(&runtime, 5000).await;
        // Five standard deviations of 5000 draws.
        let second = counted[&arn(":2")];
        assert!((394..=606).contains(&second), "{counted:?}");
        assert_eq!(counted[&arn(":1")], 5000 - second);

        for (weights, only) in [([0, 100], ":2"), ([100, 0], ":1")] {
            let machine_arn = machine_arn("m").to_string();
            let changed = runtime
                .catalog()
                .update_alias(&machine_arn, "prod", None, Some(routes(weights)));
            changed.await.unwrap();
            assert_eq!(drawn(&runtime, 500).await, [(arn(only), 500)].into());
        }
    }
}

#[tokio::test]
async fn the_same_seed_draws_the_same_versions() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let world = World::new();
        let runtime = world.open().await;
        versions(&runtime, "m", [&says("one"), &says("two")]).await;
        alias(&runtime, "m", "prod", [50, 50]).await;
        let mut outputs = Vec::new();
        for _ in 0..32 {
            let started = start_by(&runtime, ":prod").await;
            outputs.push(end(&runtime, &started.arn).await);
        }
        runs.push(outputs);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].iter().any(|output| output.contains("one")));
    assert!(runs[0].iter().any(|output| output.contains("two")));
}

#[tokio::test]
async fn executions_keep_their_version_and_alias_through_a_crash() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let waits = |text: &str| {
            WAIT.replace(
                r#""End": true"#,
                &format!(r#""Next": "S"}}, "S": {{"Type": "Pass", "Result": "{text}", "End": true"#),
            )
        };
        versions(&runtime, "m", [&waits("one"), &waits("two")]).await;
        alias(&runtime, "m", "prod", [100, 0]).await;
        let by_alias = start_by(&runtime, ":prod").await;
        let by_version = start_by(&runtime, ":2").await;
        update(&runtime, "m", &says("three")).await;
        settle().await;
        drop(runtime);

        let runtime = world.open().await;
        for ended in [false, true] {
            let described = runtime.describe(&by_alias.arn).await.unwrap();
            assert_eq!(described.version_arn, Some(arn(":1")));
            assert_eq!(described.alias_arn, Some(arn(":prod")));
            assert_eq!(described.machine_arn, arn(""));
            assert_eq!(described.outcome.is_some(), ended);
            let described = runtime.describe(&by_version.arn).await.unwrap();
            assert_eq!(described.version_arn, Some(arn(":2")));
            assert_eq!(described.alias_arn, None);
            world.pass(60).await;
        }
        assert_eq!(end(&runtime, &by_alias.arn).await, r#"SUCCEEDED "one""#);
        assert_eq!(end(&runtime, &by_version.arn).await, r#"SUCCEEDED "two""#);
    }
}

#[tokio::test]
async fn a_task_starts_what_an_alias_leads_to() {
    let world = World::new();
    let runtime = world.open().await;
    versions(&runtime, "child", [&says("one"), &says("two")]).await;
    alias(&runtime, "child", "prod", [100, 0]).await;
    let child = machine_arn("child").to_string();
    for (name, qualifier, expected) in [
        ("a", "", "two"),
        ("b", ":1", "one"),
        ("c", ":2", "two"),
        ("d", ":prod", "one"),
    ] {
        let definition = parent(".sync:2", "").replace(&child, &format!("{child}{qualifier}"));
        let parent = machine(&runtime, name, &definition).await;
        let started = start(&runtime, &parent, "1").await;
        let end = end(&runtime, &started.arn).await;
        assert!(
            end.contains(&format!(r#""Output":"{expected}""#)),
            "{qualifier}: {end}"
        );
        let alias = format!(r#""StateMachineAliasArn":"{child}:prod""#);
        assert_eq!(end.contains(&alias), qualifier == ":prod", "{end}");
        assert_eq!(
            end.contains("StateMachineVersionArn"),
            !qualifier.is_empty(),
            "{end}"
        );
    }
    let definition = parent(".sync:2", "").replace(&child, &format!("{child}:gone"));
    let parent = machine(&runtime, "lost", &definition).await;
    let started = start(&runtime, &parent, "1").await;
    let end = end(&runtime, &started.arn).await;
    assert!(
        end.contains("StateMachineDoesNotExist") && end.contains(&format!("{child}:gone")),
        "{end}"
    );
}

#[tokio::test]
async fn what_could_not_be_saved_was_not_published() {
    let world = World::new();
    let faulty = world.faulty();
    let runtime = world.open_with(faulty.clone()).await;
    machine(&runtime, "m", &says("one")).await;
    faulty.then([Fault::Full]);
    let catalog = runtime.catalog();
    let refused = catalog.publish(&arn(""), None, published()).await;
    assert!(matches!(
        refused,
        Err(CatalogError::Store(StoreError::DiskFull(_)))
    ));
    assert_eq!(catalog.versions(&arn(""), None, 9).await, Ok(vec![]));
    assert_eq!(
        catalog.publish(&arn(""), None, published()).await.unwrap().number,
        1
    );
}

#[tokio::test]
async fn a_state_machine_has_at_most_a_thousand_versions() {
    let world = World::new();
    let runtime = world.open().await;
    machine(&runtime, "m", &says("one")).await;
    let catalog = runtime.catalog();
    let version = |number| Version {
        machine_arn: arn(""),
        number,
        revision: "older".into(),
        description: None,
        created: NOW,
    };
    let most = 1000;
    let mut older = Batch::default();
    older
        .catalog
        .extend((1..=most).map(version).map(CatalogChange::PutVersion));
    world.memory.commit(older).await.unwrap();
    assert_eq!(
        catalog.publish(&arn(""), None, published()).await,
        Err(CatalogError::TooManyVersions {
            machine_arn: arn(""),
            limit: 1000
        })
    );
    catalog.delete_version(&arn(""), 7).await.unwrap();
    catalog.publish(&arn(""), None, published()).await.unwrap();
}

#[tokio::test]
async fn updates_at_once_lose_nothing() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &says("one")).await;
    update(&runtime, "m", &says("two")).await;
    let late = runtime
        .catalog()
        .update_machine(&arn(""), &machine.record.id, None, None)
        .await;
    assert!(matches!(late, Err(CatalogError::OtherRevision { .. })));
}

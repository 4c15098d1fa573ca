//! What the fact file says of results: enough to check a made-up one.

use std::sync::Arc;

use aws::{Kind, Limits, Member, Service, Services, Shape, ShapeId};

/// A member of an operation's result, by the names that lead to it, and whether it is required.
fn member(service: &Service, action: &str, names: &[&str]) -> (ShapeId, bool) {
    let operation = service.operation(action).expect("the action is known");
    let mut id = operation.output.expect("the action has a result");
    let mut is_required = false;
    for name in names {
        let found: &Member = service
            .structure(id)
            .and_then(|structure| structure.member(name))
            .expect("the member is known");
        is_required = found.is_required;
        id = found.shape;
    }
    (id, is_required)
}

fn service(name: &str) -> Arc<Service> {
    Services::embedded().service(name).expect("the service is known")
}

fn bounds(limits: Limits) -> (Option<i64>, Option<i64>) {
    (
        limits.least.and_then(|least| least.as_i64()),
        limits.most.and_then(|most| most.as_i64()),
    )
}

fn shape<'a>(service: &'a Service, action: &str, names: &[&str]) -> &'a Shape {
    service.shape(member(service, action, names).0)
}

#[test]
fn numbers_have_ranges() {
    let lambda = service("lambda");
    let memory = shape(&lambda, "getFunction", &["Configuration", "MemorySize"]);
    assert!(matches!(memory.kind, Kind::Integer));
    assert_eq!(bounds(memory.limits), (Some(128), Some(10_240)));
}

#[test]
fn blobs_and_strings_have_lengths() {
    let kms = service("kms");
    let blob = shape(&kms, "encrypt", &["CiphertextBlob"]);
    assert!(matches!(blob.kind, Kind::Blob));
    assert_eq!(bounds(blob.limits), (Some(1), Some(6_144)));
    let key = shape(&kms, "encrypt", &["KeyId"]);
    assert_eq!(bounds(key.limits), (Some(1), Some(2_048)));
}

#[test]
fn strings_have_values() {
    let s3 = service("s3");
    let Kind::String { values } = &shape(&s3, "getObject", &["StorageClass"]).kind else {
        panic!("a string");
    };
    assert!(values.iter().any(|value| **value == *"GLACIER_IR"));
    assert!(!values.iter().any(|value| **value == *"Papyrus"));
    assert!(matches!(
        shape(&s3, "getObject", &["ContentLength"]).kind,
        Kind::Long
    ));
    assert!(matches!(shape(&s3, "getObject", &["Body"]).kind, Kind::Blob));
}

#[test]
fn members_are_required_or_not() {
    let sfn = service("sfn");
    assert!(member(&sfn, "startExecution", &["ExecutionArn"]).1);
    assert!(member(&sfn, "startExecution", &["StartDate"]).1);
    assert!(!member(&service("lambda"), "invoke", &["StatusCode"]).1);
    let started = shape(&sfn, "startExecution", &["StartDate"]);
    assert!(matches!(started.kind, Kind::Timestamp(_)));
}

#[test]
fn lists_and_maps_lead_on() {
    let events = service("eventbridge");
    let Kind::List(entries) = &shape(&events, "putEvents", &["Entries"]).kind else {
        panic!("a list");
    };
    let entry = events.structure(entries.item).unwrap();
    let id = entry.member("EventId").unwrap();
    assert!(matches!(events.shape(id.shape).kind, Kind::String { .. }));

    let dynamodb = service("dynamodb");
    let Kind::Map(item) = &shape(&dynamodb, "getItem", &["Item"]).kind else {
        panic!("a map");
    };
    let value = dynamodb.structure(item.value).unwrap();
    assert!(value.member("Nul").is_some() && value.member("Bool").is_some());
    let units = shape(&dynamodb, "putItem", &["ConsumedCapacity", "CapacityUnits"]);
    assert!(matches!(units.kind, Kind::Double));
}

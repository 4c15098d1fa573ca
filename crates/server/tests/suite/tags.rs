//! Tags as clients see them, word for word.

use crate::support::Client;

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:a";
const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;

fn of(arn: &str) -> String {
    format!(r#"{{"resourceArn":"{arn}"}}"#)
}

fn tags(arn: &str, tags: &[(&str, &str)]) -> String {
    let tags: Vec<String> = tags
        .iter()
        .map(|(key, value)| format!(r#"{{"key":"{key}","value":"{value}"}}"#))
        .collect();
    format!(r#"{{"resourceArn":"{arn}","tags":[{}]}}"#, tags.join(","))
}

/// A client of a server with a state machine and an activity without tags.
async fn client() -> Client {
    let client = Client::new().await;
    client.create("m", "STANDARD", PASS).await;
    client.done("CreateActivity", r#"{"name":"a"}"#).await;
    client
}

#[tokio::test]
async fn machines_and_activities_are_tagged() {
    let client = client().await;
    for arn in [MACHINE, ACTIVITY] {
        assert_eq!(
            client.done("ListTagsForResource", &of(arn)).await,
            r#"{"tags":[]}"#
        );
        let given = tags(arn, &[("team", "blue"), ("stage", ""), ("team", "red")]);
        assert_eq!(client.done("TagResource", &given).await, "{}");
        assert_eq!(client.done("TagResource", &tags(arn, &[])).await, "{}");
        let listed = r#"{"tags":[{"key":"stage","value":""},{"key":"team","value":"red"}]}"#;
        assert_eq!(client.done("ListTagsForResource", &of(arn)).await, listed);
        let more = tags(arn, &[("owner", "me"), ("stage", "beta")]);
        assert_eq!(client.done("TagResource", &more).await, "{}");
        assert_eq!(
            client.done("ListTagsForResource", &of(arn)).await,
            r#"{"tags":[{"key":"stage","value":"beta"},{"key":"team","value":"red"},{"key":"owner","value":"me"}]}"#
        );
        let untag = format!(r#"{{"resourceArn":"{arn}","tagKeys":["stage","owner","unknown"]}}"#);
        assert_eq!(client.done("UntagResource", &untag).await, "{}");
        let listed = r#"{"tags":[{"key":"team","value":"red"}]}"#;
        assert_eq!(client.done("ListTagsForResource", &of(arn)).await, listed);
    }
}

#[tokio::test]
async fn tags_outlive_updates_and_end_with_their_resource() {
    let client = client().await;
    client.done("TagResource", &tags(MACHINE, &[("a", "1")])).await;
    let update = format!(
        r#"{{"stateMachineArn":"{MACHINE}","roleArn":"arn:aws:iam::000000000000:role/s","publish":true}}"#
    );
    client.done("UpdateStateMachine", &update).await;
    let held = r#"{"tags":[{"key":"a","value":"1"}]}"#;
    assert_eq!(client.done("ListTagsForResource", &of(MACHINE)).await, held);
    client
        .done(
            "DeleteStateMachine",
            &format!(r#"{{"stateMachineArn":"{MACHINE}"}}"#),
        )
        .await;
    client.create("m", "STANDARD", PASS).await;
    assert_eq!(
        client.done("ListTagsForResource", &of(MACHINE)).await,
        r#"{"tags":[]}"#
    );
}

#[tokio::test]
async fn a_resource_has_at_most_fifty_tags() {
    let client = client().await;
    let keys: Vec<String> = (0..51).map(|number| format!("k{number}")).collect();
    let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    assert_eq!(
        client.done("TagResource", &tags(ACTIVITY, &pairs[..50])).await,
        "{}"
    );
    assert_eq!(
        client.done("TagResource", &tags(ACTIVITY, &pairs[..50])).await,
        "{}"
    );
    for given in [&pairs[..], &pairs[50..]] {
        let (status, refused) = client.ask("TagResource", &tags(ACTIVITY, given)).await;
        assert_eq!(status, 400);
        assert_eq!(
            refused,
            format!(
                r#"{{"__type":"com.amazonaws.swf.service.v2.model#TooManyTags","message":"Too many tags: a resource can have 50","resourceName":"{ACTIVITY}"}}"#
            )
        );
    }
    let listed = client.done("ListTagsForResource", &of(ACTIVITY)).await;
    assert_eq!(listed.matches("key\"").count(), 50);
}

#[tokio::test]
async fn what_cannot_be_tagged_is_refused() {
    let client = client().await;
    client
        .done(
            "PublishStateMachineVersion",
            &format!(r#"{{"stateMachineArn":"{MACHINE}"}}"#),
        )
        .await;
    for (operation, more) in [
        ("TagResource", r#","tags":[{"key":"a","value":"1"}]"#),
        ("UntagResource", r#","tagKeys":["a"]"#),
        ("ListTagsForResource", ""),
    ] {
        for arn in [
            format!("{MACHINE}:1"),
            format!("{MACHINE}x"),
            format!("{ACTIVITY}x"),
        ] {
            assert_eq!(
                client
                    .refused(operation, &format!(r#"{{"resourceArn":"{arn}"{more}}}"#))
                    .await,
                format!("ResourceNotFound: Resource not found: '{arn}'")
            );
        }
        assert_eq!(
            client
                .refused(operation, &format!(r#"{{"resourceArn":"x"{more}}}"#))
                .await,
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'"
        );
    }
    for (key, value, message) in [
        (
            "aws:a",
            "1",
            "Tag keys that begin with 'aws:' are reserved for system use: 'aws:a'",
        ),
        ("a*", "1", "A tag's key has characters that are not allowed: 'a*'"),
        (
            "a",
            "<b>",
            "A tag's value has characters that are not allowed: '<b>'",
        ),
    ] {
        assert_eq!(
            client
                .refused("TagResource", &tags(MACHINE, &[(key, value)]))
                .await,
            format!("ValidationException: {message}")
        );
    }
    for (key, value) in [
        ("", "1".to_owned()),
        (&"k".repeat(129), "1".to_owned()),
        ("k", "v".repeat(257)),
    ] {
        let refused = client
            .refused("TagResource", &tags(MACHINE, &[(key, &value)]))
            .await;
        assert!(
            refused.starts_with("ValidationException: 1 validation error detected: "),
            "{refused}"
        );
    }
    assert_eq!(
        client.done("ListTagsForResource", &of(MACHINE)).await,
        r#"{"tags":[]}"#
    );
}

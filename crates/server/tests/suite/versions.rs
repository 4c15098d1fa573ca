//! Versions and aliases as clients see them, word for word.

use crate::support::Client;

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#;

/// A definition whose executions say which one they run.
fn says(text: &str) -> String {
    format!(r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Result":"{text}","End":true}}}}}}"#)
}

fn body(members: json::Value) -> String {
    members.to_string()
}

fn of_machine(arn: &str) -> String {
    body(json::json!({ "stateMachineArn": arn }))
}

fn of_alias(name: &str) -> String {
    body(json::json!({ "stateMachineAliasArn": (format!("{MACHINE}:{name}").as_str()) }))
}

fn create(definition: &str, more: &str) -> String {
    let members = body(json::json!({
        "name": "m", "definition": definition, "roleArn": "arn:aws:iam::000000000000:role/r"
    }));
    format!("{}{more}}}", members.trim_end_matches('}'))
}

fn update(definition: &str, more: &str) -> String {
    let members = body(json::json!({ "stateMachineArn": MACHINE, "definition": definition }));
    format!("{}{more}}}", members.trim_end_matches('}'))
}

/// A routing configuration of versions and weights.
fn routes(routes: &[(&str, i64)]) -> String {
    let items: Vec<String> = routes
        .iter()
        .map(|(version, weight)| {
            format!(r#"{{"stateMachineVersionArn":"{MACHINE}{version}","weight":{weight}}}"#)
        })
        .collect();
    format!("[{}]", items.join(","))
}

fn alias(name: &str, to: &[(&str, i64)]) -> String {
    format!(r#"{{"name":"{name}","routingConfiguration":{}}}"#, routes(to))
}

/// The versions that are listed, by their numbers.
async fn versions(client: &Client) -> String {
    let listed = client
        .done("ListStateMachineVersions", &of_machine(MACHINE))
        .await;
    listed
        .replace(r#","creationDate":<time>"#, "")
        .replace(&format!(r#"{{"stateMachineVersionArn":"{MACHINE}:"#), "")
        .replace(r#""}"#, "")
}

/// A client of a server with a state machine that has versions 1, 2 and 3.
async fn with_three_versions() -> Client {
    let client = Client::new().await;
    client
        .done("CreateStateMachine", &create(&says("one"), r#","publish":true"#))
        .await;
    for text in ["two", "three"] {
        client
            .done("UpdateStateMachine", &update(&says(text), r#","publish":true"#))
            .await;
    }
    client
}

#[tokio::test]
async fn versions_come_with_creation_with_updates_and_by_themselves() {
    let client = Client::new().await;
    let first = create(
        &says("one"),
        r#","publish":true,"versionDescription":"the first""#,
    );
    let created = format!(
        r#"{{"stateMachineArn":"{MACHINE}","creationDate":<time>,"stateMachineVersionArn":"{MACHINE}:1"}}"#
    );
    assert_eq!(client.done("CreateStateMachine", &first).await, created);
    assert_eq!(
        client
            .done("UpdateStateMachine", &update(&says("two"), r#","publish":true"#))
            .await,
        format!(r#"{{"updateDate":<time>,"revisionId":"<uuid>","stateMachineVersionArn":"{MACHINE}:2"}}"#)
    );
    assert_eq!(
        client
            .done("UpdateStateMachine", &update(&says("three"), ""))
            .await,
        r#"{"updateDate":<time>,"revisionId":"<uuid>"}"#
    );
    let third = format!(r#"{{"creationDate":<time>,"stateMachineVersionArn":"{MACHINE}:3"}}"#);
    let publish = body(json::json!({ "stateMachineArn": MACHINE, "description": "the third" }));
    assert_eq!(client.done("PublishStateMachineVersion", &publish).await, third);
    // One revision has one version, whatever is said of it.
    assert_eq!(
        client
            .done("PublishStateMachineVersion", &of_machine(MACHINE))
            .await,
        third
    );
    assert_eq!(
        client
            .done(
                "UpdateStateMachine",
                &update(&says("three"), r#","publish":true"#)
            )
            .await,
        format!(r#"{{"updateDate":<time>,"revisionId":"<uuid>","stateMachineVersionArn":"{MACHINE}:3"}}"#)
    );
    assert_eq!(versions(&client).await, r#"{"stateMachineVersions":[3,2,1]}"#);

    let described = |qualifier: &str, text: &str, more: &str| {
        let definition = json::Value::from(says(text));
        format!(
            r#"{{"stateMachineArn":"{MACHINE}{qualifier}","name":"m","status":"ACTIVE","definition":{definition},"roleArn":"arn:aws:iam::000000000000:role/r","type":"STANDARD","creationDate":<time>,"loggingConfiguration":{{"level":"OFF","includeExecutionData":false}},"tracingConfiguration":{{"enabled":false}}{more}}}"#
        )
    };
    for (qualifier, text, more) in [
        (":1", "one", r#","description":"the first""#),
        (":2", "two", r#","revisionId":"<uuid>""#),
        (
            ":3",
            "three",
            r#","revisionId":"<uuid>","description":"the third""#,
        ),
        ("", "three", r#","revisionId":"<uuid>""#),
    ] {
        assert_eq!(
            client
                .done(
                    "DescribeStateMachine",
                    &of_machine(&format!("{MACHINE}{qualifier}"))
                )
                .await,
            described(qualifier, text, more)
        );
    }
}

#[tokio::test]
async fn the_first_revision_is_published_as_it_is() {
    let client = Client::new().await;
    client.done("CreateStateMachine", &create(&says("one"), "")).await;
    for _ in 0..2 {
        assert_eq!(
            client
                .done("UpdateStateMachine", &update(&says("one"), r#","publish":true"#))
                .await,
            format!(r#"{{"updateDate":<time>,"stateMachineVersionArn":"{MACHINE}:1"}}"#)
        );
    }
}

#[tokio::test]
async fn only_the_same_creation_is_repeated() {
    let client = Client::new().await;
    let publish = r#","publish":true"#;
    let described = r#","publish":true,"versionDescription":"d""#;
    for (given, others) in [
        ("", [publish, described]),
        (publish, ["", described]),
        (described, ["", publish]),
    ] {
        let once = client
            .done("CreateStateMachine", &create(&says("one"), given))
            .await;
        assert_eq!(
            client
                .done("CreateStateMachine", &create(&says("one"), given))
                .await,
            once
        );
        let unpublished = create(&says("one"), r#","publish":false"#);
        if given.is_empty() {
            assert_eq!(client.done("CreateStateMachine", &unpublished).await, once);
        }
        for other in others {
            assert_eq!(
                client
                    .refused("CreateStateMachine", &create(&says("one"), other))
                    .await,
                format!("StateMachineAlreadyExists: State Machine Already Exists: '{MACHINE}'")
            );
        }
        client.done("DeleteStateMachine", &of_machine(MACHINE)).await;
    }
    for (operation, body) in [
        (
            "CreateStateMachine",
            create(&says("one"), r#","versionDescription":"d""#),
        ),
        (
            "UpdateStateMachine",
            update(&says("one"), r#","versionDescription":"d","publish":false"#),
        ),
    ] {
        client.done("CreateStateMachine", &create(&says("one"), "")).await;
        assert_eq!(
            client.refused(operation, &body).await,
            "ValidationException: Version description can only be set when publish is true"
        );
    }
}

#[tokio::test]
async fn a_named_revision_must_be_the_current_one() {
    let client = Client::new().await;
    client.done("CreateStateMachine", &create(&says("one"), "")).await;
    let publish = |revision: &str| body(json::json!({ "stateMachineArn": MACHINE, "revisionId": revision }));
    assert_eq!(
        client.refused("PublishStateMachineVersion", &publish("x")).await,
        "ConflictException: Failed to publish the State Machine version for revision x. The current State Machine \
         revision is INITIAL."
    );
    let arn = format!("{MACHINE}:1");
    assert_eq!(
        client
            .member(
                "PublishStateMachineVersion",
                &publish("INITIAL"),
                "stateMachineVersionArn"
            )
            .await,
        arn
    );
    let current = client
        .member("UpdateStateMachine", &update(&says("two"), ""), "revisionId")
        .await;
    assert_eq!(
        client
            .refused("PublishStateMachineVersion", &publish("INITIAL"))
            .await,
        format!(
            "ConflictException: Failed to publish the State Machine version for revision INITIAL. The current State \
             Machine revision is {current}."
        )
    );
    client
        .done("PublishStateMachineVersion", &publish(&current))
        .await;
}

#[tokio::test]
async fn numbers_are_never_given_again() {
    let client = with_three_versions().await;
    let third = format!(r#"{{"stateMachineVersionArn":"{MACHINE}:3"}}"#);
    assert_eq!(client.done("DeleteStateMachineVersion", &third).await, "{}");
    assert_eq!(client.done("DeleteStateMachineVersion", &third).await, "{}");
    assert_eq!(
        client
            .member(
                "PublishStateMachineVersion",
                &of_machine(MACHINE),
                "stateMachineVersionArn"
            )
            .await,
        format!("{MACHINE}:4")
    );
    assert_eq!(versions(&client).await, r#"{"stateMachineVersions":[4,2,1]}"#);
    for operation in ["DescribeStateMachine", "StartExecution", "ListExecutions"] {
        assert_eq!(
            client
                .refused(operation, &of_machine(&format!("{MACHINE}:3")))
                .await,
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{MACHINE}:3'")
        );
    }
}

#[tokio::test]
async fn executions_are_of_the_version_or_alias_they_were_started_with() {
    let client = with_three_versions().await;
    client
        .done("CreateStateMachineAlias", &alias("prod", &[(":1", 100)]))
        .await;
    let execution = "arn:aws:states:us-east-1:000000000000:execution:m";
    for (name, qualifier, output, started_with) in [
        ("plain", "", "three", String::new()),
        (
            "version",
            ":2",
            "two",
            format!(r#","stateMachineVersionArn":"{MACHINE}:2""#),
        ),
        (
            "alias",
            ":prod",
            "one",
            format!(r#","stateMachineVersionArn":"{MACHINE}:1","stateMachineAliasArn":"{MACHINE}:prod""#),
        ),
    ] {
        let start = body(json::json!({
            "stateMachineArn": (format!("{MACHINE}{qualifier}").as_str()), "name": name, "input": "{}"
        }));
        assert_eq!(
            client.done("StartExecution", &start).await,
            format!(r#"{{"executionArn":"{execution}:{name}","startDate":<time>}}"#)
        );
        let arn = format!("{execution}:{name}");
        assert_eq!(client.ended(&arn).await, "SUCCEEDED");
        let of_execution = body(json::json!({ "executionArn": (arn.as_str()) }));
        let described = client.done("DescribeExecution", &of_execution).await;
        assert!(
            described.contains(&format!(r#""output":"\"{output}\"""#)),
            "{described}"
        );
        assert!(
            described.contains(&format!(r#""stateMachineArn":"{MACHINE}""#)),
            "{described}"
        );
        assert_eq!(
            described.contains("VersionArn"),
            !started_with.is_empty(),
            "{described}"
        );
        assert!(described.contains(&started_with), "{described}");
        let listed = client
            .done("ListExecutions", &of_machine(&format!("{MACHINE}{qualifier}")))
            .await;
        assert!(
            listed.contains(&arn) && listed.contains(&started_with),
            "{listed}"
        );
        let definition = client
            .done("DescribeStateMachineForExecution", &of_execution)
            .await;
        assert!(
            definition.contains(&format!(r#""stateMachineArn":"{MACHINE}","#)),
            "{definition}"
        );
        assert!(definition.contains(output), "{definition}");
    }
    for (qualifier, count) in [("", 3), (":1", 1), (":2", 1), (":3", 0), (":prod", 1)] {
        let listed = client
            .done("ListExecutions", &of_machine(&format!("{MACHINE}{qualifier}")))
            .await;
        assert_eq!(
            listed.matches("executionArn").count(),
            count,
            "{qualifier}: {listed}"
        );
    }
}

#[tokio::test]
async fn a_repeated_start_by_an_alias_is_the_first_one() {
    let client = Client::new().await;
    client
        .done("CreateStateMachine", &create(WAIT, r#","publish":true"#))
        .await;
    let more = update(&WAIT.replace("3600", "3601"), r#","publish":true"#);
    client.done("UpdateStateMachine", &more).await;
    client
        .done(
            "CreateStateMachineAlias",
            &alias("prod", &[(":1", 50), (":2", 50)]),
        )
        .await;
    let start = |input: &str| {
        body(
            json::json!({ "stateMachineArn": (format!("{MACHINE}:prod").as_str()), "name": "e", "input": input }),
        )
    };
    let first = client.ask("StartExecution", &start("1")).await;
    // Whichever version is drawn again, the execution is the one that runs.
    for _ in 0..20 {
        assert_eq!(client.ask("StartExecution", &start("1")).await, first);
    }
    assert_eq!(
        client.refused("StartExecution", &start("2")).await,
        "ExecutionAlreadyExists: Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:m:e'"
    );
}

#[tokio::test]
async fn express_executions_start_by_version_and_alias() {
    let client = Client::new().await;
    let express = |definition: &str| create(definition, r#","publish":true,"type":"EXPRESS""#);
    client.done("CreateStateMachine", &express(&says("one"))).await;
    client
        .done("UpdateStateMachine", &update(&says("two"), r#","publish":true"#))
        .await;
    client
        .done("CreateStateMachineAlias", &alias("prod", &[(":1", 100)]))
        .await;
    for (qualifier, output) in [("", "two"), (":1", "one"), (":2", "two"), (":prod", "one")] {
        let start = of_machine(&format!("{MACHINE}{qualifier}"));
        assert_eq!(
            client.member("StartSyncExecution", &start, "output").await,
            format!("\"{output}\"")
        );
        client.done("StartExecution", &start).await;
    }
    for qualifier in ["", ":1", ":prod"] {
        assert_eq!(
            client
                .refused("ListExecutions", &of_machine(&format!("{MACHINE}{qualifier}")))
                .await,
            "StateMachineTypeNotSupported: This operation is not supported by this type of state machine"
        );
    }
}

#[tokio::test]
async fn an_alias_is_created_changed_and_deleted() {
    let client = with_three_versions().await;
    let prod = format!("{MACHINE}:prod");
    let created = format!(r#"{{"stateMachineAliasArn":"{prod}","creationDate":<time>}}"#);
    let given = format!(
        r#"{{"description":"d","name":"prod","routingConfiguration":{}}}"#,
        routes(&[(":1", 90), (":2", 10)])
    );
    assert_eq!(client.done("CreateStateMachineAlias", &given).await, created);
    assert_eq!(client.done("CreateStateMachineAlias", &given).await, created);
    for other in [
        given.replace(r#""d""#, r#""e""#),
        alias("prod", &[(":1", 90), (":2", 10)]),
        alias("prod", &[(":1", 100)]),
    ] {
        assert_eq!(
            client.refused("CreateStateMachineAlias", &other).await,
            "ConflictException: Failed to create alias because an alias with the same name and a different routing \
             configuration already exists."
        );
    }
    let described = |description: &str, to: &[(&str, i64)]| {
        format!(
            r#"{{"stateMachineAliasArn":"{prod}","name":"prod","description":"{description}","routingConfiguration":{},"creationDate":<time>,"updateDate":<time>}}"#,
            routes(to)
        )
    };
    assert_eq!(
        client.done("DescribeStateMachineAlias", &of_alias("prod")).await,
        described("d", &[(":1", 90), (":2", 10)])
    );
    let change = |more: &str| format!(r#"{{"stateMachineAliasArn":"{prod}"{more}}}"#);
    let updated = r#"{"updateDate":<time>}"#;
    let text = change(r#","description":"e""#);
    assert_eq!(client.done("UpdateStateMachineAlias", &text).await, updated);
    let shift = change(&format!(r#","routingConfiguration":{}"#, routes(&[(":3", 100)])));
    let first = client.ask("UpdateStateMachineAlias", &shift).await;
    assert_eq!(client.ask("UpdateStateMachineAlias", &shift).await, first);
    assert_eq!(
        client.done("DescribeStateMachineAlias", &of_alias("prod")).await,
        described("e", &[(":3", 100)])
    );
    let of_prod = client
        .member("DescribeStateMachine", &of_machine(&prod), "definition")
        .await;
    assert_eq!(of_prod, says("three"));
    assert_eq!(
        client.refused("UpdateStateMachineAlias", &change("")).await,
        "ValidationException: Either the description or the routingConfiguration must be specified"
    );

    assert_eq!(
        client.done("DeleteStateMachineAlias", &of_alias("prod")).await,
        "{}"
    );
    for (operation, body) in [
        ("DeleteStateMachineAlias", of_alias("prod")),
        ("DescribeStateMachineAlias", of_alias("prod")),
        ("UpdateStateMachineAlias", text),
    ] {
        assert_eq!(
            client.refused(operation, &body).await,
            format!("ResourceNotFound: Resource not found: '{prod}'")
        );
    }
    for operation in ["StartExecution", "DescribeStateMachine", "ListExecutions"] {
        assert_eq!(
            client.refused(operation, &of_machine(&prod)).await,
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{prod}'")
        );
    }
}

#[tokio::test]
async fn aliases_lead_to_versions_that_exist() {
    let client = with_three_versions().await;
    for (to, message) in [
        (
            &[("", 50), (":1", 50)][..],
            format!(
                "ValidationException: Routing configuration must contain state machine version ARNs. Received: \
                 [{MACHINE}, {MACHINE}:1]"
            ),
        ),
        (
            &[(":1", 50), (":1", 50)],
            format!(
                "ValidationException: Routing configuration must contain distinct state machine version ARNs. \
                 Received: [{MACHINE}:1, {MACHINE}:1]"
            ),
        ),
        (
            &[(":1", 60), (":2", 41)],
            "ValidationException: Sum of routing configuration weights must equal 100. Received: [60, 41]".to_owned(),
        ),
        (
            &[(":1", 40), (":4", 60)],
            format!("ResourceNotFound: Resource not found: '{MACHINE}:4'"),
        ),
        (
            &[(":1", 101)],
            "ValidationException: 1 validation error detected: Value '101' at \
             'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than \
             or equal to 100"
                .to_owned(),
        ),
        (
            &[("n:1", 100)],
            format!("ResourceNotFound: Resource not found: '{MACHINE}n'"),
        ),
    ] {
        assert_eq!(client.refused("CreateStateMachineAlias", &alias("prod", to)).await, message);
    }
    let (_, refused) = client
        .ask("CreateStateMachineAlias", &alias("prod", &[(":1", 1)]))
        .await;
    assert!(
        refused.contains(r#""reason":"INVALID_ROUTING_CONFIGURATION""#),
        "{refused}"
    );
    let (_, refused) = client
        .ask("CreateStateMachineAlias", &alias("prod", &[(":4", 100)]))
        .await;
    assert!(
        refused.ends_with(&format!(r#""resourceName":"{MACHINE}:4"}}"#)),
        "{refused}"
    );
    for name in ["12", "a:b", "é"] {
        let (status, answer) = client
            .ask("CreateStateMachineAlias", &alias(name, &[(":1", 100)]))
            .await;
        assert_eq!(status, 400, "{name}: {answer}");
    }
    assert_eq!(
        client.done("ListStateMachineAliases", &of_machine(MACHINE)).await,
        r#"{"stateMachineAliases":[]}"#
    );
}

#[tokio::test]
async fn a_version_to_which_an_alias_leads_stays() {
    let client = with_three_versions().await;
    client
        .done(
            "CreateStateMachineAlias",
            &alias("beta", &[(":2", 0), (":1", 100)]),
        )
        .await;
    client
        .done("CreateStateMachineAlias", &alias("prod", &[(":2", 100)]))
        .await;
    let second = format!(r#"{{"stateMachineVersionArn":"{MACHINE}:2"}}"#);
    assert_eq!(
        client.refused("DeleteStateMachineVersion", &second).await,
        "ConflictException: Version to be deleted must not be referenced by an alias. Current list of aliases \
         referencing this version: [beta, prod]"
    );
    client.done("DeleteStateMachineAlias", &of_alias("beta")).await;
    client.done("DeleteStateMachineAlias", &of_alias("prod")).await;
    assert_eq!(client.done("DeleteStateMachineVersion", &second).await, "{}");
    assert_eq!(versions(&client).await, r#"{"stateMachineVersions":[3,1]}"#);
}

#[tokio::test]
async fn versions_and_aliases_are_listed_page_by_page() {
    let client = with_three_versions().await;
    let item =
        |version: u8| format!(r#"{{"stateMachineVersionArn":"{MACHINE}:{version}","creationDate":<time>}}"#);
    let page = |more: &str| format!(r#"{{"stateMachineArn":"{MACHINE}","maxResults":2{more}}}"#);
    let first = client.done("ListStateMachineVersions", &page("")).await;
    assert!(
        first.starts_with(&format!(
            r#"{{"stateMachineVersions":[{},{}],"nextToken":""#,
            item(3),
            item(2)
        )),
        "{first}"
    );
    let versions_token = client
        .member("ListStateMachineVersions", &page(""), "nextToken")
        .await;
    let next = page(&format!(r#","nextToken":"{versions_token}""#));
    assert_eq!(
        client.done("ListStateMachineVersions", &next).await,
        format!(r#"{{"stateMachineVersions":[{}]}}"#, item(1))
    );

    for (name, to) in [("b", ":2"), ("a", ":1"), ("c", ":1")] {
        client
            .done("CreateStateMachineAlias", &alias(name, &[(to, 100)]))
            .await;
    }
    let item = |name: &str| format!(r#"{{"stateMachineAliasArn":"{MACHINE}:{name}","creationDate":<time>}}"#);
    let first = client.done("ListStateMachineAliases", &page("")).await;
    assert!(
        first.starts_with(&format!(
            r#"{{"stateMachineAliases":[{},{}],"nextToken":""#,
            item("a"),
            item("b")
        )),
        "{first}"
    );
    let token = client
        .member("ListStateMachineAliases", &page(""), "nextToken")
        .await;
    assert_eq!(
        client
            .done(
                "ListStateMachineAliases",
                &page(&format!(r#","nextToken":"{token}""#))
            )
            .await,
        format!(r#"{{"stateMachineAliases":[{}]}}"#, item("c"))
    );
    // Of a version, only the aliases that lead to it.
    let of_first = |more: &str| format!(r#"{{"stateMachineArn":"{MACHINE}:1","maxResults":1{more}}}"#);
    let of_first_token = client
        .member("ListStateMachineAliases", &of_first(""), "nextToken")
        .await;
    assert_eq!(
        client
            .done(
                "ListStateMachineAliases",
                &of_first(&format!(r#","nextToken":"{of_first_token}""#))
            )
            .await,
        format!(r#"{{"stateMachineAliases":[{}]}}"#, item("c"))
    );
    for (operation, token) in [
        ("ListStateMachineVersions", token),
        ("ListStateMachineAliases", versions_token),
        ("ListStateMachineAliases", of_first_token),
    ] {
        assert_eq!(
            client
                .refused(operation, &page(&format!(r#","nextToken":"{token}""#)))
                .await,
            "InvalidToken: Invalid Token: 'Invalid token'"
        );
    }
    assert_eq!(
        client
            .done("ListStateMachineVersions", &of_machine(&format!("{MACHINE}x")))
            .await,
        r#"{"stateMachineVersions":[]}"#
    );
    // AWS has no error for it that this operation could answer.
    let foreign = "arn:aws:states:eu-west-1:111122223333:stateMachine:x";
    assert_eq!(
        client
            .done("ListStateMachineVersions", &of_machine(foreign))
            .await,
        r#"{"stateMachineVersions":[]}"#
    );
    for (qualifier, refused) in [
        (
            "x",
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{MACHINE}x'"),
        ),
        (
            ":9",
            format!("ResourceNotFound: Resource not found: '{MACHINE}:9'"),
        ),
    ] {
        let arn = format!("{MACHINE}{qualifier}");
        assert_eq!(
            client.refused("ListStateMachineAliases", &of_machine(&arn)).await,
            refused
        );
    }
}

#[tokio::test]
async fn some_operations_take_state_machines_alone() {
    let client = with_three_versions().await;
    client
        .done("CreateStateMachineAlias", &alias("prod", &[(":1", 100)]))
        .await;
    for qualifier in [":1", ":prod"] {
        let arn = format!("{MACHINE}{qualifier}");
        let update =
            body(json::json!({ "stateMachineArn": (arn.as_str()), "definition": (says("x").as_str()) }));
        for (operation, body) in [
            ("UpdateStateMachine", update),
            ("DeleteStateMachine", of_machine(&arn)),
            ("PublishStateMachineVersion", of_machine(&arn)),
            ("ListStateMachineVersions", of_machine(&arn)),
        ] {
            assert_eq!(
                client.refused(operation, &body).await,
                format!(
                    "ValidationException: This operation does not support the ARN of a version or an alias: '{arn}'"
                )
            );
        }
    }
    let label = of_machine(&format!("{MACHINE}/label"));
    for operation in [
        "StartExecution",
        "DeleteStateMachine",
        "PublishStateMachineVersion",
        "ListStateMachineVersions",
        "ListStateMachineAliases",
    ] {
        let (status, refused) = client.ask(operation, &label).await;
        assert_eq!(status, 400, "{operation}");
        assert!(
            refused.contains(r#""reason":"API_DOES_NOT_SUPPORT_LABELED_ARNS""#),
            "{refused}"
        );
    }
    for (operation, member) in [
        ("DeleteStateMachineVersion", "stateMachineVersionArn"),
        ("DescribeStateMachineAlias", "stateMachineAliasArn"),
        ("DeleteStateMachineAlias", "stateMachineAliasArn"),
    ] {
        let refused = client
            .refused(operation, &format!(r#"{{"{member}":"{MACHINE}"}}"#))
            .await;
        assert!(refused.starts_with("InvalidArn: "), "{operation}: {refused}");
    }
}

#[tokio::test]
async fn versions_and_aliases_go_with_their_state_machine() {
    let client = with_three_versions().await;
    client
        .done("CreateStateMachineAlias", &alias("prod", &[(":1", 100)]))
        .await;
    let prod = format!("{MACHINE}:prod");
    client.done("StartExecution", &of_machine(&prod)).await;
    client
        .done("StartExecution", &of_machine(&format!("{MACHINE}:1")))
        .await;
    while client
        .done("ListExecutions", &of_machine(MACHINE))
        .await
        .contains("RUNNING")
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        client.done("DeleteStateMachine", &of_machine(MACHINE)).await,
        "{}"
    );
    for arn in [MACHINE.to_owned(), prod, format!("{MACHINE}:1")] {
        assert_eq!(
            client.refused("StartExecution", &of_machine(&arn)).await,
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{arn}'")
        );
    }
    // The next one of that name begins anew.
    client
        .done("CreateStateMachine", &create(&says("new"), r#","publish":true"#))
        .await;
    assert_eq!(versions(&client).await, r#"{"stateMachineVersions":[1]}"#);
    assert_eq!(
        client.done("ListStateMachineAliases", &of_machine(MACHINE)).await,
        r#"{"stateMachineAliases":[]}"#
    );
    let first = of_machine(&format!("{MACHINE}:1"));
    assert_eq!(
        client.member("DescribeStateMachine", &first, "definition").await,
        says("new")
    );
}

#[tokio::test]
async fn a_state_machine_that_is_being_deleted_takes_nothing_new() {
    let client = Client::new().await;
    client
        .done("CreateStateMachine", &create(WAIT, r#","publish":true"#))
        .await;
    client
        .done("CreateStateMachineAlias", &alias("prod", &[(":1", 100)]))
        .await;
    let prod = format!("{MACHINE}:prod");
    let start = body(json::json!({ "stateMachineArn": (prod.as_str()), "name": "e" }));
    client.done("StartExecution", &start).await;
    assert_eq!(
        client.done("DeleteStateMachine", &of_machine(MACHINE)).await,
        "{}"
    );
    assert_eq!(
        client.done("DeleteStateMachine", &of_machine(MACHINE)).await,
        "{}"
    );
    for arn in [MACHINE.to_owned(), prod.clone(), format!("{MACHINE}:1")] {
        let of_arn = of_machine(&arn);
        assert_eq!(
            client.member("DescribeStateMachine", &of_arn, "status").await,
            "DELETING"
        );
        let refused = client.refused("StartExecution", &of_arn).await;
        assert_eq!(
            refused,
            format!("StateMachineDeleting: State Machine is deleting: '{MACHINE}'")
        );
    }
    let change = format!(r#"{{"stateMachineAliasArn":"{prod}","description":"d"}}"#);
    for (operation, body) in [
        ("CreateStateMachine", create(&says("one"), "")),
        ("UpdateStateMachine", update(&says("one"), r#","publish":true"#)),
        ("PublishStateMachineVersion", of_machine(MACHINE)),
        ("CreateStateMachineAlias", alias("beta", &[(":1", 100)])),
        ("UpdateStateMachineAlias", change),
        ("ListStateMachineAliases", of_machine(MACHINE)),
    ] {
        assert_eq!(
            client.refused(operation, &body).await,
            format!("StateMachineDeleting: State Machine is deleting: '{MACHINE}'"),
            "{operation}"
        );
    }
    let listed = client.done("ListExecutions", &of_machine(&prod)).await;
    assert_eq!(listed.matches("RUNNING").count(), 1, "{listed}");

    let stop = r#"{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:m:e"}"#;
    client.done("StopExecution", stop).await;
    while client.ask("DescribeStateMachine", &of_machine(MACHINE)).await.0 == 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        client
            .done("ListStateMachineVersions", &of_machine(MACHINE))
            .await,
        r#"{"stateMachineVersions":[]}"#
    );
    client.done("CreateStateMachine", &create(WAIT, "")).await;
}

#[tokio::test]
async fn a_state_machine_has_at_most_a_hundred_aliases() {
    let client = with_three_versions().await;
    for number in 0..100 {
        client
            .done(
                "CreateStateMachineAlias",
                &alias(&format!("a{number}"), &[(":1", 100)]),
            )
            .await;
    }
    let refused = client
        .refused("CreateStateMachineAlias", &alias("b", &[(":1", 100)]))
        .await;
    assert!(
        refused.starts_with(
            "ServiceQuotaExceededException: The maximum number of aliases of a state machine has been reached: '100'"
        ),
        "{refused}"
    );
    client.done("DeleteStateMachineAlias", &of_alias("a7")).await;
    client
        .done("CreateStateMachineAlias", &alias("b", &[(":1", 100)]))
        .await;
}

#[tokio::test]
async fn versions_of_others_are_not_theirs() {
    let client = with_three_versions().await;
    client
        .done("CreateStateMachineAlias", &alias("prod", &[(":1", 100)]))
        .await;
    let other = client.of_account("111122223333");
    let first = format!(r#"{{"stateMachineVersionArn":"{MACHINE}:3"}}"#);
    assert_eq!(other.done("DeleteStateMachineVersion", &first).await, "{}");
    assert_eq!(versions(&client).await, r#"{"stateMachineVersions":[3,2,1]}"#);
    for operation in ["StartExecution", "DescribeStateMachine"] {
        for qualifier in [":1", ":prod"] {
            let arn = format!("{MACHINE}{qualifier}");
            assert_eq!(
                other.refused(operation, &of_machine(&arn)).await,
                format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{arn}'")
            );
        }
    }
    assert_eq!(
        other
            .refused("CreateStateMachineAlias", &alias("beta", &[(":1", 100)]))
            .await,
        format!("ResourceNotFound: Resource not found: '{MACHINE}'")
    );
    assert_eq!(
        other.refused("DeleteStateMachineAlias", &of_alias("prod")).await,
        format!("ResourceNotFound: Resource not found: '{MACHINE}:prod'")
    );
}

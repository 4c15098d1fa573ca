//! A tour of every operation through the AWS SDK for Rust. Prints the operations that were answered, for `test_tours.py`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::http::HttpRequest;
use aws_sdk_sfn::config::{Credentials, Region};
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::types::{
    ExecutionStatus, HistoryEventType, RoutingConfigurationListItem, StateMachineType, SyncExecutionStatus,
    Tag, TestExecutionStatus,
};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/tour";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The operations that were answered so far.
#[derive(Default)]
struct Tour(RefCell<BTreeSet<&'static str>>);

impl Tour {
    /// The answer of an operation.
    fn call<T, E>(&self, operation: &'static str, answer: Result<T, SdkError<E>>) -> Outcome<T>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let answer =
            answer.map_err(|error| format!("{operation}: {:?}: {:?}", error.code(), error.message()))?;
        self.0.borrow_mut().insert(operation);
        Ok(answer)
    }

    /// An operation that must be refused with an error of some kind.
    fn refused<T, E>(
        &self,
        operation: &'static str,
        answer: Result<T, SdkError<E>>,
        is: fn(&E) -> bool,
    ) -> Outcome<()>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let Err(error) = answer else {
            return Err(format!("{operation} is answered").into());
        };
        self.0.borrow_mut().insert(operation);
        if error.as_service_error().is_some_and(is) {
            return Ok(());
        }
        Err(format!(
            "{operation} is refused with {:?}: {:?}",
            error.code(),
            error.message()
        )
        .into())
    }
}

fn name(kind: &str) -> String {
    format!("rust-{kind}-{}", std::process::id())
}

/// Sends a request whose host has the prefix to the host without it: `sync-localhost` need not be a name.
fn without_prefix(request: &mut HttpRequest) {
    let uri = request.uri().to_owned();
    assert!(uri.starts_with("http://sync-localhost:"), "{uri}");
    let plain = uri.replace("http://sync-", "http://");
    request
        .set_uri(plain)
        .expect("a part of a URI was taken out of it");
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_SFN")?.replace("127.0.0.1", "localhost");
    let (id, secret) = (
        std::env::var("AWS_ACCESS_KEY_ID")?,
        std::env::var("AWS_SECRET_ACCESS_KEY")?,
    );
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version_latest()
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(id, secret, None, None, "tour"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let (client, tour) = (Client::from_conf(config), Tour::default());
    let activity = activities(&client, &tour).await?;
    let machine = machines(&client, &tour, &activity).await?;
    executions(&client, &tour, &machine, &activity).await?;
    versions(&client, &tour, &machine).await?;
    synchronous(&client, &tour).await?;
    tour.call(
        "DeleteStateMachine",
        client
            .delete_state_machine()
            .state_machine_arn(&machine)
            .send()
            .await,
    )?;
    tour.call(
        "DeleteActivity",
        client.delete_activity().activity_arn(&activity).send().await,
    )?;
    println!("{}", json!(tour.0));
    Ok(())
}

async fn activities(client: &Client, tour: &Tour) -> Outcome<String> {
    let one = tour.call(
        "CreateActivity",
        client.create_activity().name(name("one")).send().await,
    )?;
    let two = tour.call(
        "CreateActivity",
        client.create_activity().name(name("two")).send().await,
    )?;
    let described = client
        .describe_activity()
        .activity_arn(one.activity_arn())
        .send()
        .await;
    let described = tour.call("DescribeActivity", described)?;
    assert_eq!(described.creation_date(), one.creation_date());
    tour.call(
        "ListActivities",
        client.list_activities().max_results(1).send().await,
    )?;
    let pages = client
        .list_activities()
        .into_paginator()
        .page_size(1)
        .items()
        .send();
    let listed = pages.try_collect().await?;
    assert!(
        listed
            .iter()
            .any(|activity| activity.activity_arn() == two.activity_arn())
    );
    tour.call(
        "DeleteActivity",
        client
            .delete_activity()
            .activity_arn(two.activity_arn())
            .send()
            .await,
    )?;
    let gone = client
        .describe_activity()
        .activity_arn(two.activity_arn())
        .send()
        .await;
    tour.refused("DescribeActivity", gone, |error| {
        error.is_activity_does_not_exist()
    })?;
    Ok(one.activity_arn)
}

async fn machines(client: &Client, tour: &Tour, activity: &str) -> Outcome<String> {
    let states = json!({"Work": {"Type": "Task", "Resource": activity, "End": true}});
    let definition = json!({"StartAt": "Work", "States": states}).to_string();
    let create = |kind: &str, definition: &str| {
        client
            .create_state_machine()
            .name(name(kind))
            .definition(definition)
            .role_arn(ROLE)
            .send()
    };
    let validated = client
        .validate_state_machine_definition()
        .definition(&definition)
        .send()
        .await;
    assert_eq!(
        tour.call("ValidateStateMachineDefinition", validated)?
            .result()
            .as_str(),
        "OK"
    );
    let machine = tour
        .call("CreateStateMachine", create("work", &definition).await)?
        .state_machine_arn;
    let described = client
        .describe_state_machine()
        .state_machine_arn(&machine)
        .send()
        .await;
    assert_eq!(
        tour.call("DescribeStateMachine", described)?.definition(),
        definition
    );
    let updated = client
        .update_state_machine()
        .state_machine_arn(&machine)
        .role_arn(format!("{ROLE}2"));
    assert!(
        tour.call("UpdateStateMachine", updated.send().await)?
            .revision_id()
            .is_some()
    );
    let doomed = tour
        .call("CreateStateMachine", create("other", &definition).await)?
        .state_machine_arn;
    let other = create("other", &format!("{definition} ")).await;
    tour.refused("CreateStateMachine", other, |error| {
        error.is_state_machine_already_exists()
    })?;
    tour.call(
        "ListStateMachines",
        client.list_state_machines().max_results(1).send().await,
    )?;
    let pages = client
        .list_state_machines()
        .into_paginator()
        .page_size(1)
        .items()
        .send();
    let listed = pages.try_collect().await?;
    assert!(listed.iter().any(|listed| listed.state_machine_arn() == machine));
    tour.call(
        "DeleteStateMachine",
        client
            .delete_state_machine()
            .state_machine_arn(&doomed)
            .send()
            .await,
    )?;
    let gone = client.start_execution().state_machine_arn(&doomed).send().await;
    tour.refused("StartExecution", gone, |error| {
        error.is_state_machine_does_not_exist()
    })?;
    let invalid = create("bad", "{}").await;
    tour.refused("CreateStateMachine", invalid, |error| {
        error.is_invalid_definition()
    })?;
    Ok(machine)
}

async fn executions(client: &Client, tour: &Tour, machine: &str, activity: &str) -> Outcome<()> {
    let take = async || {
        let work = client
            .get_activity_task()
            .activity_arn(activity)
            .worker_name("tour")
            .send()
            .await;
        tour.call("GetActivityTask", work)
    };
    let start = async || {
        let started = client
            .start_execution()
            .state_machine_arn(machine)
            .input(r#"{"cups":2}"#)
            .send()
            .await;
        tour.call("StartExecution", started)
            .map(|started| started.execution_arn)
    };
    let succeed = |token: Option<String>, output: &str| {
        client
            .send_task_success()
            .set_task_token(token)
            .output(output)
            .send()
    };

    // The worker asks before there is anything to do.
    let (work, good) = tokio::join!(take(), start());
    let (work, good) = (work?, good?);
    assert_eq!(work.input(), Some(r#"{"cups":2}"#));
    let token = work.task_token;
    let beat = client
        .send_task_heartbeat()
        .set_task_token(token.clone())
        .send()
        .await;
    tour.call("SendTaskHeartbeat", beat)?;
    tour.call(
        "SendTaskSuccess",
        succeed(token.clone(), r#"{"brewed": true}"#).await,
    )?;
    let described = ended(client, tour, &good).await?;
    let output: Value = serde_json::from_str(described.output().unwrap_or_default())?;
    assert_eq!(output, json!({"brewed": true}));
    tour.refused("SendTaskSuccess", succeed(token, "{}").await, |error| {
        error.is_task_timed_out()
    })?;
    let no_token = succeed(Some("none".into()), "{}").await;
    tour.refused("SendTaskSuccess", no_token, |error| error.is_invalid_token())?;
    tour.call(
        "GetExecutionHistory",
        client.get_execution_history().execution_arn(&good).send().await,
    )?;
    let history = client
        .get_execution_history()
        .execution_arn(&good)
        .into_paginator()
        .page_size(1)
        .items();
    let history = history.send().try_collect().await?;
    assert_eq!(
        history.last().map(|event| event.r#type()),
        Some(&HistoryEventType::ExecutionSucceeded)
    );

    let bad = start().await?;
    let failure = client
        .send_task_failure()
        .set_task_token(take().await?.task_token)
        .error("OutOfTea");
    tour.call("SendTaskFailure", failure.send().await)?;
    assert_eq!(ended(client, tour, &bad).await?.error(), Some("OutOfTea"));
    let redrive = || client.redrive_execution().execution_arn(&bad).send();
    tour.call("RedriveExecution", redrive().await)?;
    tour.call("SendTaskSuccess", succeed(take().await?.task_token, "{}").await)?;
    let redriven = ended(client, tour, &bad).await?;
    assert_eq!(
        (redriven.status(), redriven.redrive_count()),
        (&ExecutionStatus::Succeeded, Some(1))
    );
    tour.refused("RedriveExecution", redrive().await, |error| {
        error.is_execution_not_redrivable()
    })?;

    let long = start().await?;
    tour.call(
        "StopExecution",
        client
            .stop_execution()
            .execution_arn(&long)
            .error("Closed")
            .send()
            .await,
    )?;
    assert_eq!(
        ended(client, tour, &long).await?.status(),
        &ExecutionStatus::Aborted
    );
    let describe = |arn: String| client.describe_execution().execution_arn(arn).send();
    let gone = describe(format!("{long}-gone")).await;
    tour.refused("DescribeExecution", gone, |error| {
        error.is_execution_does_not_exist()
    })?;
    tour.refused("DescribeExecution", describe("tea".into()).await, |error| {
        error.is_invalid_arn()
    })?;
    let stopped = client
        .list_executions()
        .state_machine_arn(machine)
        .status_filter(ExecutionStatus::Aborted);
    assert_eq!(
        tour.call("ListExecutions", stopped.send().await)?
            .executions()
            .len(),
        1
    );
    let pages = client
        .list_executions()
        .state_machine_arn(machine)
        .into_paginator()
        .page_size(1)
        .items()
        .send();
    assert_eq!(pages.try_collect().await?.len(), 3);
    let revision = client
        .describe_state_machine_for_execution()
        .execution_arn(&good)
        .send()
        .await;
    assert_eq!(
        tour.call("DescribeStateMachineForExecution", revision)?
            .state_machine_arn(),
        machine
    );

    let runs = client.list_map_runs().execution_arn(&good).send().await;
    assert!(tour.call("ListMapRuns", runs)?.map_runs().is_empty());
    let (place, _) = good.rsplit_once(':').ok_or("an ARN has colons")?;
    let run = place.replace(":execution:", ":mapRun:") + "/Each:00000000-0000-0000-0000-000000000000";
    let described = client.describe_map_run().map_run_arn(&run).send().await;
    tour.refused("DescribeMapRun", described, |error| error.is_resource_not_found())?;
    let updated = client
        .update_map_run()
        .map_run_arn(&run)
        .max_concurrency(1)
        .send()
        .await;
    tour.refused("UpdateMapRun", updated, |error| error.is_resource_not_found())
}

async fn ended(
    client: &Client,
    tour: &Tour,
    execution: &str,
) -> Outcome<aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput> {
    loop {
        let described = client.describe_execution().execution_arn(execution).send().await;
        let described = tour.call("DescribeExecution", described)?;
        if *described.status() != ExecutionStatus::Running {
            return Ok(described);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn versions(client: &Client, tour: &Tour, machine: &str) -> Outcome<()> {
    let publish = async || {
        let published = client
            .publish_state_machine_version()
            .state_machine_arn(machine)
            .send()
            .await;
        tour.call("PublishStateMachineVersion", published)
            .map(|published| published.state_machine_version_arn)
    };
    let route = |version: &str, weight| {
        let route = RoutingConfigurationListItem::builder().state_machine_version_arn(version);
        route.weight(weight).build()
    };
    let first = publish().await?;
    let updated = client
        .update_state_machine()
        .state_machine_arn(machine)
        .role_arn(format!("{ROLE}4"));
    tour.call("UpdateStateMachine", updated.send().await)?;
    let second = publish().await?;
    let listed = client
        .list_state_machine_versions()
        .state_machine_arn(machine)
        .send()
        .await;
    assert_eq!(
        tour.call("ListStateMachineVersions", listed)?
            .state_machine_versions()
            .len(),
        2
    );
    let alias = client
        .create_state_machine_alias()
        .name("live")
        .routing_configuration(route(&first, 100)?);
    let alias = tour
        .call("CreateStateMachineAlias", alias.send().await)?
        .state_machine_alias_arn;
    let half = client
        .update_state_machine_alias()
        .state_machine_alias_arn(&alias);
    let half = half
        .routing_configuration(route(&first, 50)?)
        .routing_configuration(route(&second, 50)?);
    tour.call("UpdateStateMachineAlias", half.send().await)?;
    let described = client
        .describe_state_machine_alias()
        .state_machine_alias_arn(&alias)
        .send()
        .await;
    assert_eq!(
        tour.call("DescribeStateMachineAlias", described)?
            .routing_configuration()
            .len(),
        2
    );
    let listed = client
        .list_state_machine_aliases()
        .state_machine_arn(machine)
        .send()
        .await;
    assert_eq!(
        tour.call("ListStateMachineAliases", listed)?
            .state_machine_aliases()
            .len(),
        1
    );
    let delete = || {
        client
            .delete_state_machine_version()
            .state_machine_version_arn(&first)
            .send()
    };
    tour.refused("DeleteStateMachineVersion", delete().await, |error| {
        error.is_conflict_exception()
    })?;
    let deleted = client
        .delete_state_machine_alias()
        .state_machine_alias_arn(&alias)
        .send()
        .await;
    tour.call("DeleteStateMachineAlias", deleted)?;
    tour.call("DeleteStateMachineVersion", delete().await)?;

    let tag = Tag::builder().key("tea").value("green").build();
    tour.call(
        "TagResource",
        client
            .tag_resource()
            .resource_arn(machine)
            .tags(tag.clone())
            .send()
            .await,
    )?;
    let tagged = client.list_tags_for_resource().resource_arn(machine).send().await;
    assert_eq!(tour.call("ListTagsForResource", tagged)?.tags(), [tag]);
    tour.call(
        "UntagResource",
        client
            .untag_resource()
            .resource_arn(machine)
            .tag_keys("tea")
            .send()
            .await,
    )?;
    let gone = client
        .list_tags_for_resource()
        .resource_arn(format!("{machine}-gone"))
        .send()
        .await;
    tour.refused("ListTagsForResource", gone, |error| error.is_resource_not_found())
}

async fn synchronous(client: &Client, tour: &Tour) -> Outcome<()> {
    let definition = r#"{"StartAt": "Pour", "States": {"Pour": {"Type": "Pass", "End": true}}}"#;
    let created = client
        .create_state_machine()
        .name(name("pour"))
        .definition(definition)
        .role_arn(ROLE);
    let created = tour.call(
        "CreateStateMachine",
        created.r#type(StateMachineType::Express).send().await,
    )?;
    let machine = created.state_machine_arn();
    let poured = client
        .start_sync_execution()
        .state_machine_arn(machine)
        .input("[2]");
    let poured = poured.customize().mutate_request(without_prefix).send().await;
    let poured = tour.call("StartSyncExecution", poured)?;
    assert_eq!(
        (poured.status(), poured.output()),
        (&SyncExecutionStatus::Succeeded, Some("[2]"))
    );
    let tested = client
        .test_state()
        .definition(r#"{"Type": "Pass", "End": true}"#)
        .input("[2]");
    let tested = tested.customize().mutate_request(without_prefix).send().await;
    let tested = tour.call("TestState", tested)?;
    assert_eq!(
        (tested.status(), tested.output()),
        (Some(&TestExecutionStatus::Succeeded), Some("[2]"))
    );
    tour.call(
        "DeleteStateMachine",
        client
            .delete_state_machine()
            .state_machine_arn(machine)
            .send()
            .await,
    )?;
    Ok(())
}

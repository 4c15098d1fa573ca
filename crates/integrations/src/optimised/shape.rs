//! Shape: what optimised integrations change of a task's parameters and of a service's answer.

use asl::Pattern;
use aws::Reply;
use engine::Ending;
use json::{Object, Str, Value};

use crate::call::{Call, ending};
use crate::metadata;
use crate::optimised::{Action, Service};

/// What AWS adds to the environment of a Batch job that it waits for.
const MANAGED: (&str, &str) = ("MANAGED_BY_AWS", "STARTED_BY_STEP_FUNCTIONS");

/// The parameters as the operation takes them.
pub(super) fn parameters(service: &Service, action: &Action, call: &Call, pattern: Pattern) -> Value {
    let given = call.order.parameters.value();
    let Some(members) = given.as_object() else {
        return given.clone();
    };
    let mut members = members.clone();
    match (service.name, action.name) {
        ("sqs", "sendMessage") => change(&mut members, "MessageBody", as_text),
        ("sns", "publish") => change(&mut members, "Message", as_text),
        ("events", "putEvents") => change(&mut members, "Entries", |entries| with_origin(entries, call)),
        ("ecs", "runTask") if pattern == Pattern::Sync => {
            members.insert("StartedBy", "AWS Step Functions");
        }
        ("batch", "submitJob") if pattern == Pattern::Sync && is_of_one_container(&members) => {
            let overrides = members.get("ContainerOverrides").and_then(Value::as_object);
            let overrides = managed(overrides.cloned().unwrap_or_default());
            members.insert("ContainerOverrides", overrides);
        }
        ("elasticmapreduce", "terminateCluster") => in_list(&mut members, "ClusterId", "JobFlowIds"),
        ("elasticmapreduce", "setClusterTerminationProtection") => {
            in_list(&mut members, "ClusterId", "JobFlowIds");
        }
        ("elasticmapreduce", "addStep") => {
            rename(&mut members, "ClusterId", "JobFlowId");
            in_list(&mut members, "Step", "Steps");
        }
        ("elasticmapreduce", "cancelStep") => in_list(&mut members, "StepId", "StepIds"),
        _ => {}
    }
    Value::from(members)
}

/// The result of the task, or its failure where the answer means one.
pub(super) fn result(
    service: &Service,
    action: &Action,
    reply: Reply,
    pattern: Pattern,
) -> Result<Value, Ending> {
    let mut members = match &reply.value {
        Value::Object(members) => members.clone(),
        _ => Object::default(),
    };
    match (service.name, action.name) {
        ("events", "putEvents") => {
            let failed = members.get("FailedEntryCount").and_then(Value::as_i64);
            if failed.is_some_and(|failed| failed > 0) {
                return Err(ending("EventBridge.FailedEntry", reply.value.to_text()));
            }
            // The one whose result has no metadata.
            return Ok(reply.value);
        }
        ("ecs", "runTask") if pattern != Pattern::RequestResponse => {
            let failures = members.get("Failures").and_then(Value::as_array);
            if failures.is_some_and(|failures| !failures.is_empty()) {
                return Err(ending("AmazonECS.Unknown", reply.value.to_text()));
            }
        }
        ("elasticmapreduce", "createCluster") => rename(&mut members, "JobFlowId", "ClusterId"),
        ("elasticmapreduce", "addStep") => first(&mut members, "StepIds", "StepId"),
        ("elasticmapreduce", "cancelStep") => first(&mut members, "CancelStepsInfoList", "CancelStepsInfo"),
        _ => {}
    }
    let request_id = reply
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-amzn-requestid"))
        .map(|(_, id)| id.clone())
        .unwrap_or_else(metadata::request_id);
    members.insert(
        "SdkHttpMetadata",
        metadata::of_reply(&reply.headers, reply.status),
    );
    members.insert("SdkResponseMetadata", metadata::response(&request_id));
    let mut members: Vec<(Str, Value)> = members
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Value::object(members))
}

fn change(members: &mut Object, name: &str, how: impl FnOnce(&Value) -> Value) {
    if let Some(value) = members.get(name).filter(|value| !value.is_null()) {
        let changed = how(value);
        members.insert(name, changed);
    }
}

fn rename(members: &mut Object, from: &str, to: &str) {
    if let Some(value) = members.remove(from) {
        members.insert(to, value);
    }
}

fn in_list(members: &mut Object, from: &str, to: &str) {
    if let Some(value) = members.remove(from) {
        members.insert(to, vec![value]);
    }
}

/// The only element of a list, under a name of its own.
fn first(members: &mut Object, from: &str, to: &str) {
    if let Some(value) = members.remove(from).as_ref().and_then(|list| list.at(0)) {
        members.insert(to, value.clone());
    }
}

/// A text as it is, anything else as JSON text.
fn as_text(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        other => Value::from(other.to_text()),
    }
}

/// Events with their details as text, and with the execution and the state machine among their resources.
fn with_origin(entries: &Value, call: &Call) -> Value {
    let Some(entries) = entries.as_array() else {
        return entries.clone();
    };
    let shaped = entries.iter().map(|entry| {
        let Some(entry) = entry.as_object() else {
            return entry.clone();
        };
        let mut entry = entry.clone();
        change(&mut entry, "Detail", as_text);
        let resources = entry.get("Resources").and_then(Value::as_array);
        let mut resources = resources.unwrap_or_default().to_vec();
        resources.push(Value::from(call.execution_arn.clone()));
        resources.push(Value::from(call.machine_arn.clone()));
        entry.insert("Resources", resources);
        Value::from(entry)
    });
    Value::from(shaped.collect::<Vec<_>>())
}

/// Whether a job is not one of several nodes or pods, whose overrides Batch takes instead of those of its container.
fn is_of_one_container(members: &Object) -> bool {
    let others = ["EcsPropertiesOverride", "EksPropertiesOverride", "NodeOverrides"];
    let is_given = |name: &&str| members.get(name).is_some_and(|value| !value.is_null());
    !others.iter().any(is_given)
}

/// Overrides of a job's container that say who waits for it.
fn managed(mut overrides: Object) -> Value {
    let environment = overrides.get("Environment").and_then(Value::as_array);
    let mut environment = environment.unwrap_or_default().to_vec();
    let (name, value) = MANAGED;
    environment.push(Value::object(
        [("Name", name), ("Value", value)].map(|(k, v)| (k, Value::from(v))),
    ));
    overrides.insert("Environment", environment);
    Value::from(overrides)
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::call::tests::call;
    use crate::optimised::find;

    fn shaped(service: &str, action: &str, pattern: Pattern, given: Value) -> Value {
        let (service, action) = find(service, action).unwrap();
        parameters(service, action, &call("arn", given), pattern)
    }

    fn answered(service: &str, action: &str, pattern: Pattern, value: Value) -> Result<Value, Ending> {
        let (service, action) = find(service, action).unwrap();
        let headers = [
            ("x-amzn-requestid", "id"),
            ("content-length", "2"),
            ("connection", "close"),
        ];
        let reply = Reply {
            value,
            status: 200,
            headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
        };
        result(service, action, reply, pattern)
    }

    #[test]
    fn messages_are_texts() {
        let rr = Pattern::RequestResponse;
        for (given, sent) in [
            (json!("hello"), json!("hello")),
            (json!({"a": [1, null]}), json!("{\"a\":[1,null]}")),
            (json!(1), json!("1")),
            (json!(true), json!("true")),
            (json!(null), json!(null)),
        ] {
            let body = shaped("sqs", "sendMessage", rr, json!({"MessageBody": given.clone()}));
            assert_eq!(body, json!({"MessageBody": sent.clone()}));
            let message = shaped("sns", "publish", rr, json!({"Message": given}));
            assert_eq!(message, json!({"Message": sent}));
        }
    }

    #[test]
    fn events_say_where_they_come_from() {
        let given = json!({"Entries": [{"Detail": {"a": 1}, "Resources": ["r"]}, {"Detail": "text"}]});
        let entries = shaped("events", "putEvents", Pattern::RequestResponse, given);
        let (execution, machine) = (
            "arn:aws:states:us-east-1:000000000000:execution:m:e",
            "arn:aws:states:us-east-1:000000000000:stateMachine:m",
        );
        assert_eq!(
            entries,
            json!({"Entries": [
                {"Detail": "{\"a\":1}", "Resources": ["r", execution, machine]},
                {"Detail": "text", "Resources": [execution, machine]}
            ]})
        );
    }

    #[test]
    fn a_job_that_is_waited_for_says_so() {
        let given =
            || json!({"JobName": "j", "ContainerOverrides": {"Environment": [{"Name": "A", "Value": "b"}]}});
        assert_eq!(
            shaped("batch", "submitJob", Pattern::Sync, given())
                .get("ContainerOverrides")
                .unwrap()
                .to_string(),
            r#"{"Environment":[{"Name":"A","Value":"b"},{"Name":"MANAGED_BY_AWS","Value":"STARTED_BY_STEP_FUNCTIONS"}]}"#
        );
        assert_eq!(
            shaped("batch", "submitJob", Pattern::RequestResponse, given()),
            given()
        );
        let of_nodes = json!({"JobName": "j", "NodeOverrides": {"NumNodes": 2}});
        assert_eq!(
            shaped("batch", "submitJob", Pattern::Sync, of_nodes.clone()),
            of_nodes
        );
        let started = shaped("ecs", "runTask", Pattern::Sync, json!({"TaskDefinition": "t"}));
        assert_eq!(
            started,
            json!({"TaskDefinition": "t", "StartedBy": "AWS Step Functions"})
        );
    }

    #[test]
    fn emr_has_names_of_its_own() {
        let rr = Pattern::RequestResponse;
        let emr = |action, given| shaped("elasticmapreduce", action, rr, given);
        assert_eq!(
            emr("terminateCluster", json!({"ClusterId": "j"})),
            json!({"JobFlowIds": ["j"]})
        );
        assert_eq!(
            emr("addStep", json!({"ClusterId": "j", "Step": {"Name": "s"}})),
            json!({"JobFlowId": "j", "Steps": [{"Name": "s"}]})
        );
        let step = answered("elasticmapreduce", "addStep", rr, json!({"StepIds": ["s-1"]})).unwrap();
        assert_eq!(step.get("StepId"), Some(&json!("s-1")));
        assert_eq!(step.get("StepIds"), None);
        let cluster = answered("elasticmapreduce", "createCluster", rr, json!({"JobFlowId": "j"})).unwrap();
        assert_eq!(cluster.get("ClusterId"), Some(&json!("j")));
    }

    #[test]
    fn results_tell_of_their_http() {
        let sent = answered(
            "sqs",
            "sendMessage",
            Pattern::RequestResponse,
            json!({"MessageId": "1"}),
        )
        .unwrap();
        assert_eq!(
            sent.to_string(),
            r#"{"MessageId":"1","SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["id"],"Content-Length":["2"],"Connection":["close"]},"HttpHeaders":{"Connection":"close","Content-Length":"2","x-amzn-RequestId":"id"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"id"}}"#
        );
    }

    #[test]
    fn an_entry_that_failed_fails_the_task() {
        let put = |count: i64| {
            let value = json!({"Entries": [], "FailedEntryCount": count});
            answered("events", "putEvents", Pattern::RequestResponse, value)
        };
        assert_eq!(put(0), Ok(json!({"Entries": [], "FailedEntryCount": 0})));
        let failed = put(1).unwrap_err();
        assert_eq!(failed.error.as_deref(), Some("EventBridge.FailedEntry"));
        assert_eq!(
            failed.cause.as_deref(),
            Some(r#"{"Entries":[],"FailedEntryCount":1}"#)
        );
    }

    #[test]
    fn a_task_that_was_not_placed_fails_only_where_it_is_waited_for() {
        let run = |pattern| {
            let value = json!({"Tasks": [], "Failures": [{"Reason": "RESOURCE:CPU"}]});
            answered("ecs", "runTask", pattern, value)
        };
        assert!(run(Pattern::RequestResponse).is_ok());
        for pattern in [Pattern::Sync, Pattern::WaitForTaskToken] {
            assert_eq!(
                run(pattern).unwrap_err().error.as_deref(),
                Some("AmazonECS.Unknown")
            );
        }
    }
}

//! aws-sdk: calls any action of any AWS service, as the AWS SDK for Java does.

use std::sync::Arc;

use asl::Pattern;
use aws::{BadParameter, Caller, Client, Failure, Naming, Service, Services};
use engine::Ending;
use json::{Payload, Str, Value};

use crate::call::{Answer, Call, ending};

/// Actions that Step Functions refuses although the SDK has them; so it does all with streams of events.
const UNSUPPORTED: [(&str, &str); 12] = [
    ("comprehendmedical", "detectEntities"),
    ("efs", "createTags"),
    ("elastictranscoder", "testRole"),
    ("emr", "describeJobFlows"),
    ("iotdeviceadvisor", "listTestCases"),
    ("lambda", "invokeAsync"),
    ("lexruntimev2", "startConversation"),
    ("mediapackage", "rotateChannelCredentials"),
    ("rdsdata", "executeSql"),
    ("s3", "selectObjectContent"),
    ("s3control", "selectObjectContent"),
    ("shield", "deleteSubscription"),
];

/// Whether a task may call this action: `dynamodb`, `putItem`.
pub fn is_sdk_action(service: &str, action: &str) -> bool {
    !UNSUPPORTED.contains(&(service, action))
        && Services::embedded()
            .find(service, action)
            .is_ok_and(|call| !call.operation().has_event_stream)
}

/// The service whose resources begin with `aws-sdk:` and this name.
pub(crate) fn service(resource_type: &str) -> Option<Arc<Service>> {
    Services::embedded().service(resource_type.strip_prefix("aws-sdk:")?)
}

/// AWS's reason not to start a task with these parameters.
pub(crate) fn refuse(resource_type: &str, action: &str, parameters: &Value) -> Option<String> {
    refuse_named(
        resource_type.strip_prefix("aws-sdk:")?,
        action,
        parameters,
        Naming::Sdk,
    )
}

/// The same, of parameters with other names.
pub(crate) fn refuse_named(
    service: &str,
    action: &str,
    parameters: &Value,
    naming: Naming,
) -> Option<String> {
    let call = Services::embedded().find(service, action).ok()?;
    let faults = Client::check(&call, parameters, naming);
    if faults.is_empty() {
        return None;
    }
    let faults: Vec<String> = faults.iter().map(fault).collect();
    let faults = faults.join(", ");
    Some(format!(
        "The Parameters '{parameters}' could not be used to start the Task: [{faults}]"
    ))
}

fn fault(bad: &BadParameter) -> String {
    match bad {
        BadParameter::Missing { name } => format!("The field '{name}' is required but was missing"),
        BadParameter::Unknown { name } => format!("The field '{name}' is not supported by Step Functions"),
        BadParameter::Kind { name, .. } | BadParameter::HostLabel { name } => {
            format!("The value of the field '{name}' has an invalid format")
        }
    }
}

/// Calls an action. A task that waits for its token is only submitted by that.
pub(crate) async fn call(
    client: Option<Client>,
    call: Call,
    resource_type: Str,
    action: Str,
    pattern: Pattern,
) -> Answer {
    let name = resource_type.strip_prefix("aws-sdk:").unwrap_or(&resource_type);
    let found = match Services::embedded().find(name, &action) {
        Ok(found) => found,
        Err(unknown) => return Answer::failed("States.TaskFailed", unknown.to_string()),
    };
    let Some(client) = client else {
        let error = format!("{}.SdkClientException", found.service().error_prefix);
        return Answer::failed(error, "No AWS services can be called here.");
    };
    let caller = caller(&call);
    let reply = client
        .call(&found, call.order.parameters.value(), Naming::Sdk, &caller)
        .await;
    match reply {
        Ok(reply) if pattern == Pattern::WaitForTaskToken => Answer::Submitted(Payload::from(reply.value)),
        Ok(reply) => Answer::Succeeded(Payload::from(reply.value)),
        Err(failure) => failed(&failure, found.service(), &call, &resource_type),
    }
}

/// On whose behalf a task calls AWS.
pub(crate) fn caller(call: &Call) -> Caller {
    let session_name = call.execution_arn.rsplit(':').next().unwrap_or_default();
    Caller {
        account: call.account.to_string(),
        region: call.region.to_string(),
        role_arn: call.order.role_arn.as_deref().map(str::to_owned),
        session_name: session_name.to_owned(),
    }
}

fn failed(failure: &Failure, service: &Service, call: &Call, resource_type: &str) -> Answer {
    Answer::Failed(common_failure(failure, call, resource_type).unwrap_or_else(|| {
        let (error, cause) = failure.error(service);
        ending(error, cause)
    }))
}

/// A failure that Step Functions itself names, whatever the SDK.
pub(crate) fn common_failure(failure: &Failure, call: &Call, resource_type: &str) -> Option<Ending> {
    match failure {
        Failure::TooLarge => Some(too_large(resource_type)),
        Failure::Role { arn, .. } => Some(ending(
            "States.TaskFailed",
            format!(
                "The role {} is not authorized to assume the task state's role, {arn}.",
                call.role_arn
            ),
        )),
        Failure::BadParameter(_) | Failure::Refused { .. } | Failure::Client(_) => None,
    }
}

/// A result that is larger than any may be.
pub(crate) fn too_large(resource_type: &str) -> Ending {
    ending(
        "States.DataLimitExceeded",
        format!(
            "The state/task '{resource_type}' returned a result with a size exceeding the maximum number of bytes service \
             limit."
        ),
    )
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    #[test]
    fn actions_of_the_sdk_are_known() {
        assert!(is_sdk_action("dynamodb", "putItem"));
        assert!(is_sdk_action("sfn", "startExecution"));
        for (service, action) in [
            ("dynamodb", "PutItem"),
            ("dynamo", "putItem"),
            ("lambda", "invokeWithResponseStream"),
            ("lambda", "invokeAsync"),
            ("kinesis", "subscribeToShard"),
        ] {
            assert!(!is_sdk_action(service, action), "{service}:{action}");
        }
    }

    #[test]
    fn parameters_that_do_not_fit_are_named() {
        let refuse = |parameters| refuse("aws-sdk:dynamodb", "getItem", &parameters);
        assert_eq!(refuse(json!({"TableName": "t", "Key": {"id": {"S": "1"}}})), None);
        assert_eq!(refuse(json!({"TableName": "t", "Key": null})), None);
        assert_eq!(
            refuse(json!({"TableName": "t", "Keys": 1})).unwrap(),
            "The Parameters '{\"TableName\":\"t\",\"Keys\":1}' could not be used to start the Task: [The field 'Key' is \
             required but was missing, The field 'Keys' is not supported by Step Functions]"
        );
        assert!(refuse(json!({"TableName": "t", "Key": 1})).unwrap().ends_with(
            "could not be used to start the Task: [The value of the field 'Key' has an invalid format]"
        ));
    }

    #[test]
    fn source_of_a_copy_may_be_given_in_parts() {
        let parts = json!({"Bucket": "b", "Key": "k", "SourceBucket": "b", "SourceKey": "s"});
        assert_eq!(refuse("aws-sdk:s3", "copyObject", &parts), None);
    }
}

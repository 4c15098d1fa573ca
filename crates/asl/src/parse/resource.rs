//! `Resource`: ARNs of functions, activities and service integrations.

use json::Str;

use crate::model::{Pattern, Resource, Target};

/// Why a text names no resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvalidResource {
    /// It is no ARN.
    NoArn,
    /// It is an ARN of something that does no task's work.
    Unknown,
}

/// How an action may be called, besides request and response.
#[derive(Clone, Copy, PartialEq)]
enum Calls {
    Plain,
    Sync,
    Token,
    SyncAndToken,
    All,
}

use Calls::{All, Plain, Sync, SyncAndToken, Token};

/// The services with an integration of their own, their actions, and how each may be called.
const OPTIMISED: &[(&str, &[(&str, Calls)])] = &[
    ("apigateway", &[("invoke", Token)]),
    (
        "athena",
        &[
            ("startQueryExecution", Sync),
            ("stopQueryExecution", Plain),
            ("getQueryExecution", Plain),
            ("getQueryResults", Plain),
        ],
    ),
    ("batch", &[("submitJob", Sync)]),
    (
        "bedrock",
        &[
            ("invokeModel", Token),
            ("createModelCustomizationJob", SyncAndToken),
        ],
    ),
    ("bedrockagentcore", &[("invokeHarness", Plain)]),
    (
        "codebuild",
        &[
            ("startBuild", Sync),
            ("stopBuild", Plain),
            ("batchDeleteBuilds", Plain),
            ("batchGetReports", Plain),
            ("startBuildBatch", Sync),
            ("stopBuildBatch", Plain),
            ("retryBuildBatch", Sync),
            ("deleteBuildBatch", Plain),
        ],
    ),
    ("databrew", &[("startJobRun", Sync)]),
    (
        "dynamodb",
        &[
            ("getItem", Plain),
            ("putItem", Plain),
            ("updateItem", Plain),
            ("deleteItem", Plain),
        ],
    ),
    ("ecs", &[("runTask", SyncAndToken)]),
    (
        "eks",
        &[
            ("createCluster", SyncAndToken),
            ("deleteCluster", SyncAndToken),
            ("createNodegroup", SyncAndToken),
            ("deleteNodegroup", SyncAndToken),
            ("createFargateProfile", SyncAndToken),
            ("deleteFargateProfile", SyncAndToken),
            ("runJob", SyncAndToken),
            ("call", Token),
        ],
    ),
    (
        "elasticmapreduce",
        &[
            ("createCluster", Sync),
            ("terminateCluster", Sync),
            ("addStep", Sync),
            ("cancelStep", Plain),
            ("setClusterTerminationProtection", Plain),
            ("modifyInstanceFleetByName", Plain),
            ("modifyInstanceGroupByName", Plain),
        ],
    ),
    (
        "emr-containers",
        &[
            ("createVirtualCluster", Plain),
            ("deleteVirtualCluster", Sync),
            ("startJobRun", Sync),
        ],
    ),
    (
        "emr-serverless",
        &[
            ("createApplication", Sync),
            ("startApplication", Sync),
            ("stopApplication", Sync),
            ("deleteApplication", Sync),
            ("startJobRun", Sync),
            ("cancelJobRun", Sync),
        ],
    ),
    ("events", &[("putEvents", Token)]),
    ("glue", &[("startJobRun", Sync)]),
    ("http", &[("invoke", Plain)]),
    ("lambda", &[("invoke", Token)]),
    ("mediaconvert", &[("createJob", Sync)]),
    (
        "sagemaker",
        &[
            ("createEndpoint", Plain),
            ("createEndpointConfig", Plain),
            ("createHyperParameterTuningJob", Sync),
            ("createLabelingJob", Sync),
            ("createModel", Plain),
            ("createProcessingJob", Sync),
            ("createTrainingJob", Sync),
            ("createTransformJob", Sync),
            ("updateEndpoint", Plain),
        ],
    ),
    ("sns", &[("publish", Token)]),
    ("sqs", &[("sendMessage", Token)]),
    ("states", &[("startExecution", All)]),
];

/// The services with an integration of their own, and their actions, as resources name them.
pub fn optimised_actions() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPTIMISED
        .iter()
        .flat_map(|(service, actions)| actions.iter().map(move |(action, _)| (*service, *action)))
}

impl Calls {
    fn allow(self, pattern: Pattern) -> bool {
        match pattern {
            Pattern::RequestResponse => true,
            Pattern::Sync => matches!(self, Sync | SyncAndToken | All),
            Pattern::Sync2 => self == All,
            Pattern::WaitForTaskToken => matches!(self, Token | SyncAndToken | All),
        }
    }
}

/// What AWS says of an ARN that names nothing to call.
pub(crate) fn not_recognized(text: &str) -> String {
    format!(
        "The resource provided {text} is not recognized. The value is not a valid resource ARN, or the resource is \
         not available in this region."
    )
}

/// Reads the ARN in a task's `Resource`.
pub(crate) fn parse(text: &Str) -> Result<Resource, InvalidResource> {
    let mut parts = text.splitn(6, ':');
    let [
        Some("arn"),
        Some(partition),
        Some(owner),
        Some(region),
        Some(account),
        Some(name),
    ] = std::array::from_fn(|_| parts.next())
    else {
        return Err(InvalidResource::NoArn);
    };
    if partition.is_empty() || owner.is_empty() || name.is_empty() {
        return Err(InvalidResource::NoArn);
    }
    let target = match owner {
        "lambda" => function(name),
        "states" if region.is_empty() && account.is_empty() => service(name),
        "states" => activity(name),
        _ => None,
    };
    let target = target.ok_or(InvalidResource::Unknown)?;
    Ok(Resource {
        arn: text.clone(),
        target,
    })
}

fn function(name: &str) -> Option<Target> {
    let name = name.strip_prefix("function:")?;
    (!name.is_empty() && !name.starts_with(':')).then_some(Target::Function)
}

fn activity(name: &str) -> Option<Target> {
    let name = name.strip_prefix("activity:")?;
    (!name.is_empty() && !name.contains(':')).then_some(Target::Activity)
}

fn service(name: &str) -> Option<Target> {
    let (service, resource) = match name.strip_prefix("aws-sdk:") {
        Some(rest) => {
            let (sdk, resource) = rest.split_once(':')?;
            (format!("aws-sdk:{sdk}"), resource)
        }
        None => {
            let (service, resource) = name.split_once(':')?;
            (service.to_owned(), resource)
        }
    };
    let (action, pattern) = match resource.split_once('.') {
        None => (resource, Pattern::RequestResponse),
        Some((action, "sync")) => (action, Pattern::Sync),
        Some((action, "sync:2")) => (action, Pattern::Sync2),
        Some((action, "waitForTaskToken")) => (action, Pattern::WaitForTaskToken),
        Some(_) => return None,
    };
    let known = match service.strip_prefix("aws-sdk:") {
        Some(sdk) => is_sdk_action(sdk, action) && !matches!(pattern, Pattern::Sync | Pattern::Sync2),
        None => calls(&service, action)?.allow(pattern),
    };
    known.then(|| Target::Service {
        service: service.into(),
        action: action.into(),
        pattern,
        resource: resource.into(),
    })
}

fn calls(service: &str, action: &str) -> Option<Calls> {
    let (_, actions) = OPTIMISED.iter().find(|(name, _)| *name == service)?;
    actions
        .iter()
        .find(|(name, _)| *name == action)
        .map(|(_, calls)| *calls)
}

/// Whether these look like a service and an action of the AWS SDK; which of them exist is known to the client.
fn is_sdk_action(service: &str, action: &str) -> bool {
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    !service.is_empty()
        && service.bytes().all(lower)
        && action.starts_with(|first: char| first.is_ascii_lowercase())
        && action.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<Target, InvalidResource> {
        parse(&text.into()).map(|resource| resource.target)
    }

    #[test]
    fn functions_and_activities_are_recognized() {
        for text in [
            "arn:aws:lambda:us-east-1:123456789012:function:F",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:F:$LATEST",
            "arn:aws:lambda:::function:F",
        ] {
            assert_eq!(target(text), Ok(Target::Function), "{text}");
        }
        assert_eq!(
            target("arn:aws:states:us-east-1:123456789012:activity:A"),
            Ok(Target::Activity)
        );
    }

    #[test]
    fn services_are_taken_apart() {
        assert_eq!(
            target("arn:aws:states:::states:startExecution.sync:2"),
            Ok(Target::Service {
                service: "states".into(),
                action: "startExecution".into(),
                pattern: Pattern::Sync2,
                resource: "startExecution.sync:2".into(),
            })
        );
        assert_eq!(
            target("arn:aws:states:::aws-sdk:s3:listBuckets.waitForTaskToken"),
            Ok(Target::Service {
                service: "aws-sdk:s3".into(),
                action: "listBuckets".into(),
                pattern: Pattern::WaitForTaskToken,
                resource: "listBuckets.waitForTaskToken".into(),
            })
        );
    }

    #[test]
    fn what_does_no_work_is_refused() {
        for text in [
            "",
            "F",
            "${Function}",
            "arn:aws:lambda",
            "arn:aws:lambda:::",
            "arn::lambda:::function:F",
        ] {
            assert_eq!(target(text), Err(InvalidResource::NoArn), "{text}");
        }
        for text in [
            "arn:aws:lambda:::function:",
            "arn:aws:lambda:::layer:L",
            "arn:aws:sqs:us-east-1:123456789012:queue",
            "arn:aws:states:us-east-1:123456789012:stateMachine:M",
            "arn:aws:states:::dynamodb:query",
            "arn:aws:states:::dynamodb:getItem.waitForTaskToken",
            "arn:aws:states:::lambda:invoke.sync",
            "arn:aws:states:::glue:startJobRun.sync:2",
            "arn:aws:states:::sqs:sendMessage.later",
            "arn:aws:states:::aws-sdk:s3:listBuckets.sync",
            "arn:aws:states:::aws-sdk:S3:ListBuckets",
            "arn:aws:states:::aws-sdk:s3",
            "arn:aws:states:::s3:getObject",
        ] {
            assert_eq!(target(text), Err(InvalidResource::Unknown), "{text}");
        }
    }
}

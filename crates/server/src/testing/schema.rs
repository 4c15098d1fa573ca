//! Schema: whether a mocked result is what the mocked call could answer, by the API's model.

use asl::{Pattern, Target};
use aws::{Call, Kind, Limits, Service, Services, ShapeId, Structure};
use json::Value;

/// How strictly a result is compared with the model. AWS looks at no member that the model doesn't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Members that the API always gives must be there, and all that are there must be right.
    Strict,
    /// What is there must be right.
    Present,
}

/// What is wrong with a result, in AWS's words; none when nothing is, or when no model says what is right.
pub(crate) fn fault(target: &Target, result: &Value, strictness: Strictness) -> Option<String> {
    let answer = Answer::of(target)?;
    let schema = Schema {
        service: answer.call.service(),
        strictness,
        names: answer.names,
        bytes: answer.bytes,
    };
    schema.check("", answer.call.operation().output?, result).err()
}

/// The answer that a task's result comes from.
struct Answer {
    call: Call,
    names: Names,
    bytes: Bytes,
}

/// How the members of a result are named.
#[derive(Clone, Copy)]
enum Names {
    /// As AWS SDK integrations name them: `Md5OfMessageBody`.
    Sdk,
    /// As the API does, with a capital first: `MD5OfMessageBody`.
    Api,
}

/// What stands for bytes in a result.
#[derive(Clone, Copy, PartialEq)]
enum Bytes {
    /// Text.
    Text,
    /// The JSON that they are the text of.
    Json,
}

impl Answer {
    /// The answer that becomes the result of a task; none for what has no model: functions, activities, HTTP,
    /// callbacks.
    fn of(target: &Target) -> Option<Self> {
        let Target::Service {
            service,
            action,
            pattern,
            ..
        } = target
        else {
            return None;
        };
        if *pattern == Pattern::WaitForTaskToken {
            return None;
        }
        let services = Services::embedded();
        if let Some(name) = service.strip_prefix("aws-sdk:") {
            return Some(Self {
                call: services.find(name, action).ok()?,
                names: Names::Sdk,
                bytes: Bytes::Text,
            });
        }
        let (service, action, bytes) = match (&**service, &**action) {
            ("bedrock", "invokeModel") => ("bedrockruntime", "invokeModel", Bytes::Json),
            // What an agent streams is made into what a model answers.
            ("bedrockagentcore", "invokeHarness") => ("bedrockruntime", "converse", Bytes::Text),
            ("lambda", "invoke") => ("lambda", "invoke", Bytes::Json),
            ("states", "startExecution") if *pattern == Pattern::RequestResponse => {
                ("sfn", "startExecution", Bytes::Text)
            }
            ("states", "startExecution") => ("sfn", "describeExecution", Bytes::Text),
            (service, action) if *pattern != Pattern::RequestResponse => {
                let (service, action) = integrations::job_is_asked_for_by(service, action)?;
                (service, action, Bytes::Text)
            }
            (service, action) => {
                let id = integrations::service_id(service).unwrap_or(service);
                (id, action, Bytes::Text)
            }
        };
        Some(Self {
            call: services.find(service, action).ok()?,
            names: Names::Api,
            bytes,
        })
    }
}

struct Schema<'s> {
    service: &'s Service,
    strictness: Strictness,
    names: Names,
    bytes: Bytes,
}

impl Schema<'_> {
    /// Checks a value of a shape; the field is the nearest member's name.
    fn check(&self, field: &str, id: ShapeId, value: &Value) -> Result<(), String> {
        let shape = self.service.shape(id);
        match &shape.kind {
            Kind::Structure(structure) => self.structure(field, structure, value),
            Kind::List(list) => {
                let Value::Array(elements) = value else {
                    return Err(wrong(field, "an array"));
                };
                length(field, elements.len(), shape.limits)?;
                elements
                    .iter()
                    .filter(|element| !(list.is_sparse && element.is_null()))
                    .try_for_each(|element| self.check(field, list.item, element))
            }
            Kind::Map(map) => {
                let Value::Object(members) = value else {
                    return Err(wrong(field, "an object"));
                };
                length(field, members.len(), shape.limits)?;
                members
                    .iter()
                    .filter(|(_, value)| !(map.is_sparse && value.is_null()))
                    .try_for_each(|(name, value)| self.check(name, map.value, value))
            }
            Kind::String { values } => {
                let text = text(field, value)?;
                if !values.is_empty() && !values.iter().any(|known| **known == *text) {
                    return Err(format!("Field '{field}' is not an expected value"));
                }
                length(field, text.chars().count(), shape.limits)
            }
            Kind::Blob if self.bytes == Bytes::Json => Ok(()),
            Kind::Blob => length(field, text(field, value)?.len(), shape.limits),
            Kind::Timestamp(_) => text(field, value).map(|_| ()),
            Kind::Boolean => match value {
                Value::Bool(_) => Ok(()),
                _ => Err(wrong(field, "a boolean")),
            },
            Kind::Integer | Kind::Long | Kind::Float | Kind::Double => {
                let Some(number) = value.as_f64() else {
                    return Err(wrong(field, "a number"));
                };
                let Limits { least, most } = shape.limits;
                if least.is_some_and(|least| number < least.as_f64()) {
                    return Err(format!("Field '{field}' is less than the minimum value"));
                }
                if most.is_some_and(|most| number > most.as_f64()) {
                    return Err(format!("Field '{field}' exceeds the maximum value"));
                }
                Ok(())
            }
            Kind::Document => Ok(()),
        }
    }

    fn structure(&self, field: &str, structure: &Structure, value: &Value) -> Result<(), String> {
        let Value::Object(given) = value else {
            return Err(match field {
                "" => "Result must be an object".to_owned(),
                field => wrong(field, "an object"),
            });
        };
        let named = |member: &aws::Member| match self.names {
            Names::Sdk => member.asl_name.to_string(),
            Names::Api => capitalised(&member.name),
        };
        if self.strictness == Strictness::Strict {
            for member in structure.members.iter().filter(|member| member.is_required) {
                let name = named(member);
                if !given.contains(&name) {
                    return Err(format!("Required field '{name}' is missing"));
                }
            }
        }
        for member in &structure.members {
            let name = named(member);
            if let Some(value) = given.get(&name) {
                self.check(&name, member.shape, value)?;
            }
        }
        Ok(())
    }
}

fn text<'v>(field: &str, value: &'v Value) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| wrong(field, "a string"))
}

fn wrong(field: &str, expected: &str) -> String {
    format!("Field '{field}' must be {expected}")
}

fn length(field: &str, length: usize, limits: Limits) -> Result<(), String> {
    let length = length as f64;
    if limits.least.is_some_and(|least| length < least.as_f64()) {
        return Err(format!("Field '{field}' is smaller than the minimum length"));
    }
    if limits.most.is_some_and(|most| length > most.as_f64()) {
        return Err(format!("Field '{field}' exceeds the maximum length"));
    }
    Ok(())
}

/// `ExecutionArn` for `executionArn`.
fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use asl::{StateKind, StateMachine};
    use json::json;

    use super::*;

    fn target(resource: &str) -> Target {
        let state = format!(r#"{{"Type":"Task","Resource":"arn:aws:states:::{resource}","End":true}}"#);
        let machine: StateMachine = asl::read_lone_state(&state, asl::Limits::AWS)
            .machine
            .expect("it is right");
        match &machine.states[0].kind {
            StateKind::Task(task) => task.resource.target.clone(),
            _ => panic!("it is a Task"),
        }
    }

    fn strict(resource: &str, result: Value) -> Option<String> {
        fault(&target(resource), &result, Strictness::Strict)
    }

    #[test]
    fn results_must_be_what_the_api_answers() {
        for (resource, result, expected) in [
            (
                "aws-sdk:kms:decrypt",
                json!({"Plaintext": 1}),
                Some("Field 'Plaintext' must be a string"),
            ),
            (
                "aws-sdk:kms:decrypt",
                json!({"KeyId": ""}),
                Some("Field 'KeyId' is smaller than the minimum length"),
            ),
            (
                "aws-sdk:lambda:getFunctionConfiguration",
                json!({"Timeout": 0}),
                Some("Field 'Timeout' is less than the minimum value"),
            ),
            (
                "aws-sdk:lambda:getFunctionConfiguration",
                json!({"MemorySize": 1_000_000}),
                Some("Field 'MemorySize' exceeds the maximum value"),
            ),
            (
                "aws-sdk:lambda:getFunctionConfiguration",
                json!({"State": "Asleep"}),
                Some("Field 'State' is not an expected value"),
            ),
            (
                "aws-sdk:s3:listObjectsV2",
                json!({"Contents": [{"Size": 1}, {"Size": "1"}]}),
                Some("Field 'Size' must be a number"),
            ),
            (
                "aws-sdk:s3:listObjectsV2",
                json!({"Contents": {}}),
                Some("Field 'Contents' must be an array"),
            ),
            (
                "aws-sdk:s3:listObjectsV2",
                json!({"IsTruncated": "no"}),
                Some("Field 'IsTruncated' must be a boolean"),
            ),
            (
                "aws-sdk:s3:listObjectsV2",
                json!([]),
                Some("Result must be an object"),
            ),
            ("aws-sdk:s3:listObjectsV2", json!({"Unknown": 1}), None),
            (
                "sqs:sendMessage",
                json!({"MD5OfMessageBody": 1}),
                Some("Field 'MD5OfMessageBody' must be a string"),
            ),
            ("aws-sdk:sqs:sendMessage", json!({"MD5OfMessageBody": 1}), None),
            (
                "dynamodb:getItem",
                json!({"Item": {"a": {"BOOL": 1}}}),
                Some("Field 'BOOL' must be a boolean"),
            ),
            (
                "dynamodb:getItem",
                json!({"Item": {"a": 1}}),
                Some("Field 'a' must be an object"),
            ),
            (
                "lambda:invoke",
                json!({"Payload": {"any": "JSON"}, "StatusCode": 200}),
                None,
            ),
            (
                "bedrockagentcore:invokeHarness",
                json!({
                    "Output": {"Message": {"Role": "assistant", "Content": [{"Text": 1}]}}, "StopReason": "end_turn",
                    "Usage": {"InputTokens": 1, "OutputTokens": 1, "TotalTokens": 2}, "Metrics": {"LatencyMs": 1}
                }),
                Some("Field 'Text' must be a string"),
            ),
            (
                "states:startExecution.sync:2",
                json!({"ExecutionArn": "e"}),
                Some("Required field 'StateMachineArn' is missing"),
            ),
            (
                "states:startExecution.sync",
                json!({"ExecutionArn": "e", "StateMachineArn": "m", "Status": "SUCCEEDED", "StartDate": 1}),
                Some("Field 'StartDate' must be a string"),
            ),
            (
                "lambda:invoke.waitForTaskToken",
                json!({"StatusCode": "none"}),
                None,
            ),
            ("apigateway:invoke", json!({"StatusCode": []}), None),
            ("eks:call", json!(1), None),
            ("http:invoke", json!("text"), None),
        ] {
            assert_eq!(
                strict(resource, result.clone()).as_deref(),
                expected,
                "{resource} {result}"
            );
        }
    }

    #[test]
    fn what_is_missing_counts_in_strict_alone() {
        let execution = target("states:startExecution");
        let missing = json!({"StartDate": "2026-11-22T00:00:00Z"});
        assert_eq!(fault(&execution, &missing, Strictness::Present), None);
        assert_eq!(
            fault(&execution, &missing, Strictness::Strict).as_deref(),
            Some("Required field 'ExecutionArn' is missing")
        );
    }

    #[test]
    fn the_answer_is_that_of_the_call_that_asks() {
        for (resource, service, operation) in [
            ("states:startExecution", "sfn", "StartExecution"),
            ("states:startExecution.sync", "sfn", "DescribeExecution"),
            ("states:startExecution.sync:2", "sfn", "DescribeExecution"),
            ("events:putEvents", "eventbridge", "PutEvents"),
            ("elasticmapreduce:addStep.sync", "emr", "DescribeStep"),
            ("emr-containers:startJobRun", "emrcontainers", "StartJobRun"),
            ("emr-serverless:startJobRun.sync", "emrserverless", "GetJobRun"),
            ("athena:startQueryExecution.sync", "athena", "GetQueryExecution"),
            ("bedrock:invokeModel", "bedrockruntime", "InvokeModel"),
        ] {
            let answer = Answer::of(&target(resource)).expect("there is a model");
            let call = answer.call;
            assert_eq!(
                (&*call.service().asl_id, &*call.operation().name),
                (service, operation),
                "{resource}"
            );
        }
        for resource in ["http:invoke", "sqs:sendMessage.waitForTaskToken", "eks:call"] {
            assert!(Answer::of(&target(resource)).is_none(), "{resource}");
        }
    }
}

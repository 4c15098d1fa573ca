//! bedrock:invokeModel: has a model answer, with large bodies read from and written to S3.

use std::time::Duration;

use asl::Pattern;
use aws::{Bodies, Caller, Client, Naming, Service, Services};
use bytes::Bytes;
use engine::Ending;
use json::{Object, Payload, Value};

use crate::call::{Answer, Call, ending};
use crate::parameters::{faults, refusal};
use crate::sdk::{caller, common_failure};
use crate::web;

/// What models take and give at most, which S3 may hold for them: 25 MB.
const BODY_BYTES_MAX: usize = 25_000_000;

/// The places in S3 that the API itself does not know.
const PLACES: [&str; 2] = ["Input", "Output"];

/// How long a model is waited for.
pub(crate) const TIME: Duration = Duration::from_secs(900);

/// AWS's reason not to start a task with these parameters.
pub(crate) fn refuse(parameters: &Value) -> Option<String> {
    let model = model();
    let input = model
        .operation()
        .input
        .and_then(|input| model.service().structure(input));
    let mut known: Vec<&str> = PLACES.to_vec();
    let members = input.into_iter().flat_map(|input| &input.members);
    known.extend(members.map(|member| &*member.api_name));
    let has_place = parameters.get("Input").is_some();
    let required: &[&str] = if has_place {
        &["ModelId"]
    } else {
        &["Body", "ModelId"]
    };
    let mut faults = faults(parameters, required, &known);
    let mut check = |name: &str, is_right: &dyn Fn(&Value) -> bool| {
        let given = parameters.get(name).filter(|value| !value.is_null());
        if given.is_some_and(|value| !is_right(value)) {
            faults.push(format!("The value of the field '{name}' has an invalid format"));
        }
    };
    for name in PLACES {
        check(name, &|value| Place::of(value).is_some());
    }
    check("Body", &|_| !has_place);
    refusal(parameters, &faults)
}

fn model() -> aws::Call {
    Services::embedded()
        .find("bedrockruntime", "invokeModel")
        .expect("the embedded facts have it")
}

/// An object in S3.
#[derive(Debug, PartialEq)]
struct Place {
    bucket: String,
    key: String,
}

impl Place {
    /// What `{"S3Uri": "s3://bucket/key"}` names.
    fn of(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let uri = members.get("S3Uri").filter(|_| members.len() == 1)?;
        let (bucket, key) = uri.as_str()?.strip_prefix("s3://")?.split_once('/')?;
        let is_whole = !bucket.is_empty() && !key.is_empty();
        is_whole.then(|| Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }

    fn parameters(&self) -> Object {
        let mut parameters = Object::new();
        parameters.insert("Bucket", &*self.bucket);
        parameters.insert("Key", &*self.key);
        parameters
    }
}

/// Has the model answer. With a task token, the answer only says that it did.
pub(crate) async fn invoke_model(client: Option<Client>, call: Call, pattern: Pattern) -> Answer {
    if let Some(text) = refuse(call.order.parameters.value()) {
        return Answer::failed("States.Runtime", text);
    }
    let Some(client) = client else {
        return Answer::failed(
            "Bedrock.SdkClientException",
            "No AWS services can be called here.",
        );
    };
    let invocation = Invocation {
        caller: caller(&call),
        client,
        call,
    };
    match tokio::time::timeout(TIME, invocation.run()).await {
        Ok(Ok(result)) if pattern == Pattern::WaitForTaskToken => Answer::Submitted(Payload::from(result)),
        Ok(Ok(result)) => Answer::Succeeded(Payload::from(result)),
        Ok(Err(ending)) => Answer::Failed(ending),
        Err(_) => Answer::failed(
            "Bedrock.SdkClientException",
            format!("There was no answer within {} seconds.", TIME.as_secs()),
        ),
    }
}

/// The error of a service under the name that the integration has for it; its cause as newer integrations have it.
pub(crate) fn named(prefix: &str, failure: &aws::Failure, service: &Service, call: &Call) -> Ending {
    common_failure(failure, call, &prefix.to_ascii_lowercase()).unwrap_or_else(|| {
        let (error, cause) = failure.error(service);
        let class = error.split_once('.').map_or(&*error, |(_, class)| class);
        ending(format!("{prefix}.{class}"), cause)
    })
}

struct Invocation {
    client: Client,
    caller: Caller,
    call: Call,
}

impl Invocation {
    async fn run(&self) -> Result<Value, Ending> {
        let given = self.call.order.parameters.value();
        let place = |name: &str| given.get(name).and_then(Place::of);
        let mut parameters = given.as_object().cloned().unwrap_or_default();
        for name in PLACES {
            parameters.remove(name);
        }
        for name in ["Accept", "ContentType"] {
            if parameters.get(name).is_none_or(Value::is_null) {
                parameters.insert(name, "application/json");
            }
        }
        let mut bodies = Bodies {
            sent: None,
            read_bytes_max: BODY_BYTES_MAX,
        };
        if let Some(input) = place("Input") {
            bodies.sent = Some(self.read(&input).await?);
        }
        let model = model();
        let answer = self
            .client
            .fetch(
                &model,
                &Value::from(parameters),
                Naming::Api,
                &self.caller,
                bodies,
            )
            .await
            .map_err(|failure| named("Bedrock", &failure, model.service(), &self.call))?;
        let kind = answer
            .header("Content-Type")
            .unwrap_or("application/json")
            .to_owned();
        let body = match place("Output") {
            None => web::body(&String::from_utf8_lossy(&answer.body)),
            Some(output) => {
                self.write(&output, Bytes::from(answer.body), &kind).await?;
                Value::from(format!("s3://{}/{}", output.bucket, output.key))
            }
        };
        Ok(Value::object([
            ("Body", body),
            ("ContentType", Value::from(kind)),
        ]))
    }

    async fn read(&self, place: &Place) -> Result<Bytes, Ending> {
        let bodies = Bodies {
            sent: None,
            read_bytes_max: BODY_BYTES_MAX,
        };
        self.ask_s3("getObject", place.parameters(), bodies)
            .await
            .map(|answer| Bytes::from(answer.body))
    }

    async fn write(&self, place: &Place, body: Bytes, kind: &str) -> Result<(), Ending> {
        let mut parameters = place.parameters();
        parameters.insert("ContentType", kind);
        let bodies = Bodies {
            sent: Some(body),
            ..Bodies::default()
        };
        self.ask_s3("putObject", parameters, bodies).await.map(|_| ())
    }

    async fn ask_s3(&self, action: &str, parameters: Object, bodies: Bodies) -> Result<aws::Answer, Ending> {
        let found = Services::embedded()
            .find("s3", action)
            .map_err(|unknown| ending("States.Runtime", unknown.to_string()))?;
        self.client
            .fetch(
                &found,
                &Value::from(parameters),
                Naming::Sdk,
                &self.caller,
                bodies,
            )
            .await
            .map_err(|failure| named("S3", &failure, found.service(), &self.call))
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    #[test]
    fn a_body_is_given_or_named() {
        let place = json!({"S3Uri": "s3://b/a/k.json"});
        for right in [
            json!({"ModelId": "m", "Body": {"x": 1}, "ContentType": "application/json", "Trace": "ENABLED"}),
            json!({"ModelId": "m", "Body": "text", "Output": place.clone()}),
            json!({"ModelId": "m", "Input": place.clone()}),
        ] {
            assert_eq!(refuse(&right), None);
        }
        for (wrong, fault) in [
            (
                json!({"ModelId": "m"}),
                "The field 'Body' is required but was missing",
            ),
            (
                json!({"Body": {}}),
                "The field 'ModelId' is required but was missing",
            ),
            (
                json!({"ModelId": "m", "Body": {}, "Input": place}),
                "The value of the field 'Body' has an invalid format",
            ),
            (
                json!({"ModelId": "m", "Body": {}, "Bodies": 1}),
                "The field 'Bodies' is not supported by Step Functions",
            ),
        ] {
            assert!(refuse(&wrong).unwrap().contains(fault), "{fault}");
        }
        for uri in ["", "s3://", "s3://b", "s3://b/", "https://b/k"] {
            let fault = refuse(&json!({"ModelId": "m", "Input": {"S3Uri": uri}})).unwrap();
            assert!(fault.contains("The value of the field 'Input' has an invalid format"));
        }
    }

    #[test]
    fn places_are_buckets_and_keys() {
        let place = Place::of(&json!({"S3Uri": "s3://b/a//k"})).unwrap();
        assert_eq!((&*place.bucket, &*place.key), ("b", "a//k"));
    }
}

//! bedrockagentcore:invokeHarness: has an agent answer, and makes of all that it streams one message.

use std::collections::BTreeMap;
use std::time::Duration;

use aws::{Bodies, Client, Message, Naming, Service, Services};
use engine::Ending;
use json::{Object, Payload, Value};

use crate::bedrock::named;
use crate::call::{Answer, Call, ending};
use crate::sdk::{caller, refuse_named};

/// Step Functions waits no longer, whatever the state says.
const TIME: Duration = Duration::from_secs(900);

/// How much of a conversation is read: of all its turns only the last is kept.
const STREAM_BYTES_MAX: usize = 16 << 20;

const PREFIX: &str = "BedrockAgentCore";

/// AWS's reason not to start a task with these parameters.
pub(crate) fn refuse(parameters: &Value) -> Option<String> {
    refuse_named(
        "bedrockagentcore",
        "invokeHarness",
        &with_session(parameters),
        Naming::Api,
    )
}

/// A conversation that nobody named is a new one.
fn with_session(parameters: &Value) -> Value {
    let Some(members) = parameters.as_object() else {
        return parameters.clone();
    };
    if members.get("RuntimeSessionId").is_some_and(|id| !id.is_null()) {
        return parameters.clone();
    }
    let mut members = members.clone();
    members.insert("RuntimeSessionId", uuid::Uuid::new_v4().to_string());
    Value::from(members)
}

/// Has the agent answer. It goes on when the task has ended, as on AWS.
pub(crate) async fn invoke_harness(client: Option<Client>, call: Call) -> Answer {
    let Some(client) = client else {
        return Answer::failed(
            format!("{PREFIX}.SdkClientException"),
            "No AWS services can be called here.",
        );
    };
    match tokio::time::timeout(TIME, converse(&client, &call)).await {
        Ok(Ok(result)) => Answer::Succeeded(Payload::from(result)),
        Ok(Err(ending)) => Answer::Failed(ending),
        Err(_) => Answer::failed(
            "States.Timeout",
            format!("The harness did not answer within {} seconds.", TIME.as_secs()),
        ),
    }
}

async fn converse(client: &Client, call: &Call) -> Result<Value, Ending> {
    let found = Services::embedded()
        .find("bedrockagentcore", "invokeHarness")
        .map_err(|unknown| ending("States.Runtime", unknown.to_string()))?;
    let bodies = Bodies {
        sent: None,
        read_bytes_max: STREAM_BYTES_MAX,
    };
    let parameters = with_session(call.order.parameters.value());
    let answer = client
        .fetch(&found, &parameters, Naming::Api, &caller(call), bodies)
        .await
        .map_err(|failure| named(PREFIX, &failure, found.service(), call))?;
    let messages = aws::messages(&answer.body).map_err(|bad| {
        ending(
            format!("{PREFIX}.SdkClientException"),
            format!("Unable to unmarshall response ({bad})"),
        )
    })?;
    fold(&messages, found.service())
}

/// The last message of the agent, with what the whole conversation has cost.
fn fold(messages: &[Message], service: &Service) -> Result<Value, Ending> {
    let mut said = Said::default();
    for message in messages {
        if message.is_failure {
            return Err(failure(message, service));
        }
        let event = std::str::from_utf8(&message.payload)
            .ok()
            .and_then(|text| json::parse(text).ok())
            .unwrap_or_default();
        said.hear(&message.name, &event);
    }
    Ok(said.into_value())
}

/// A failure in the midst of a stream, which by then has answered 200.
fn failure(message: &Message, service: &Service) -> Ending {
    let mut code = message.name.clone();
    if let Some(first) = code.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let told = String::from_utf8_lossy(&message.payload).into_owned();
    let words = json::parse(&told).ok();
    let words = words.as_ref().and_then(|words| words.get("message"));
    let name = service.error_name(&code);
    let class = name.split_once('.').map_or(&*name, |(_, class)| class);
    ending(
        format!("{PREFIX}.{class}"),
        words.and_then(Value::as_str).map_or(told.clone(), str::to_owned),
    )
}

/// What was heard so far.
#[derive(Default)]
struct Said {
    /// Whether the message that is being heard is the agent's and not a tool's.
    is_of_agent: bool,
    /// The texts of its latest message by their places in it.
    texts: BTreeMap<i64, String>,
    stop_reason: Option<String>,
    usage: BTreeMap<&'static str, i64>,
    latency: i64,
}

/// The counts of tokens: what the stream calls them, and what the result does.
const USAGE: [(&str, &str); 3] = [
    ("inputTokens", "InputTokens"),
    ("outputTokens", "OutputTokens"),
    ("totalTokens", "TotalTokens"),
];

impl Said {
    fn hear(&mut self, name: &str, event: &Value) {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        match name {
            "messageStart" => {
                self.is_of_agent = text("role").is_none_or(|role| role == "assistant");
                if self.is_of_agent {
                    self.texts.clear();
                }
            }
            "contentBlockDelta" if self.is_of_agent => {
                let place = event.get("contentBlockIndex").and_then(Value::as_i64);
                let delta = event.get("delta").and_then(|delta| delta.get("text"));
                if let Some(text) = delta.and_then(Value::as_str) {
                    self.texts
                        .entry(place.unwrap_or_default())
                        .or_default()
                        .push_str(text);
                }
            }
            "messageStop" if self.is_of_agent => self.stop_reason = text("stopReason").map(str::to_owned),
            "metadata" => {
                let usage = event.get("usage").unwrap_or(&Value::Null);
                for (from, to) in USAGE {
                    let count = usage.get(from).and_then(Value::as_i64).unwrap_or_default();
                    let sum = self.usage.entry(to).or_default();
                    *sum = sum.saturating_add(count);
                }
                let latency = event.get("metrics").and_then(|metrics| metrics.get("latencyMs"));
                let latency = latency.and_then(Value::as_i64).unwrap_or_default();
                self.latency = self.latency.saturating_add(latency);
            }
            _ => {}
        }
    }

    fn into_value(self) -> Value {
        let content: Value = self
            .texts
            .into_values()
            .map(|text| Value::object([("Text", Value::from(text))]))
            .collect();
        let message = Value::object([("Role", Value::from("assistant")), ("Content", content)]);
        let usage = USAGE.map(|(_, name)| {
            let count = self.usage.get(name).copied().unwrap_or_default();
            (name, Value::from(count))
        });
        let mut result = Object::new();
        result.insert("Output", Value::object([("Message", message)]));
        if let Some(reason) = self.stop_reason {
            result.insert("StopReason", reason);
        }
        result.insert("Usage", Value::object(usage));
        result.insert(
            "Metrics",
            Value::object([("LatencyMs", Value::from(self.latency))]),
        );
        Value::from(result)
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    fn event(name: &str, payload: Value) -> Message {
        Message {
            name: name.to_owned(),
            is_failure: false,
            payload: payload.to_string().into_bytes(),
        }
    }

    fn folded(messages: &[Message]) -> Result<Value, Ending> {
        let service = Services::embedded().service("bedrockagentcore").unwrap();
        fold(messages, &service)
    }

    fn delta(place: i64, delta: Value) -> Message {
        event(
            "contentBlockDelta",
            json!({"contentBlockIndex": place, "delta": delta}),
        )
    }

    #[test]
    fn the_last_message_is_the_result_and_costs_are_added_up() {
        let cost = json!({"usage": {"inputTokens": 10, "outputTokens": 2, "totalTokens": 12}, "metrics": {"latencyMs": 100}});
        let messages = [
            event("messageStart", json!({"role": "assistant"})),
            delta(0, json!({"text": "I look it up."})),
            delta(1, json!({"toolUse": {"input": "{}"}})),
            event("messageStop", json!({"stopReason": "tool_use"})),
            event("metadata", cost.clone()),
            event("messageStart", json!({"role": "user"})),
            delta(0, json!({"text": "what the tool found"})),
            event("messageStop", json!({"stopReason": "end_turn"})),
            event("messageStart", json!({"role": "assistant"})),
            delta(0, json!({"reasoningContent": {"text": "hm"}})),
            delta(1, json!({"text": "It is "})),
            delta(1, json!({"text": "green."})),
            delta(2, json!({"text": "Or blue."})),
            event("messageStop", json!({"stopReason": "end_turn"})),
            event("metadata", cost),
        ];
        assert_eq!(
            folded(&messages).unwrap(),
            json!({
                "Output": {"Message": {"Role": "assistant", "Content": [{"Text": "It is green."}, {"Text": "Or blue."}]}},
                "StopReason": "end_turn",
                "Usage": {"InputTokens": 20, "OutputTokens": 4, "TotalTokens": 24},
                "Metrics": {"LatencyMs": 200}
            })
        );
    }

    #[test]
    fn a_stream_may_fail_in_its_midst() {
        let fault = Message {
            name: "throttlingException".to_owned(),
            is_failure: true,
            payload: b"{\"message\":\"slow down\"}".to_vec(),
        };
        assert_eq!(
            folded(&[event("messageStart", json!({})), fault]).unwrap_err(),
            ending("BedrockAgentCore.ThrottlingException", "slow down")
        );
    }

    #[test]
    fn nonsense_says_nothing() {
        let nonsense = Message {
            name: "contentBlockDelta".to_owned(),
            is_failure: false,
            payload: vec![0xff],
        };
        let result = folded(&[event("messageStart", json!([])), nonsense, event("new", json!(1))]).unwrap();
        assert_eq!(
            result.get("Output").unwrap(),
            &json!({"Message": {"Role": "assistant", "Content": []}})
        );
    }

    #[test]
    fn conversations_need_no_name() {
        let given = json!({
            "HarnessArn": "arn:aws:bedrock-agentcore:us-east-1:000000000000:harness/h",
            "Messages": [{"Role": "user", "Content": [{"Text": "Hello"}]}],
            "Model": {"BedrockModelConfig": {"ModelId": "m", "Temperature": 0.5}},
            "TimeoutSeconds": 600
        });
        assert_eq!(refuse(&given), None);
        assert!(
            refuse(&json!({"Messages": []}))
                .unwrap()
                .contains("'HarnessArn' is required")
        );
    }
}

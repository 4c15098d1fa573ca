//! What holds for every request: texts are found again, and both views of the constraints agree.

use api::constraint::{Constrained, violations};
use api::wire::{decode, encode};
use api::{
    CreateStateMachineAliasInput, CreateStateMachineInput, Limits, LogDestination, LoggingConfiguration,
    RedriveExecutionInput, RoutingConfigurationListItem, StartExecutionInput, StateMachineType, Tag,
    TagResourceInput, TestStateInput, Text, UntagResourceInput, UpdateMapRunInput,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::Value;

/// Text of every length around the limits of names, ARNs and tags, with characters of one to four bytes.
fn text() -> impl Strategy<Value = Text> {
    let characters = prop_oneof![
        Just('a'),
        Just('"'),
        Just('\\'),
        Just('1'),
        Just('é'),
        Just('日'),
        any::<char>()
    ];
    let lengths = prop_oneof![0..3_usize, 78..83_usize, 126..131_usize, 254..259_usize];
    (characters, lengths, any::<char>()).prop_map(|(most, length, last)| {
        let text: String = std::iter::repeat_n(most, length.saturating_sub(1))
            .chain([last])
            .take(length)
            .collect();
        Text::from(text)
    })
}

fn tag() -> impl Strategy<Value = Tag> {
    (of(text()), of(text())).prop_map(|(key, value)| Tag { key, value })
}

fn route() -> impl Strategy<Value = RoutingConfigurationListItem> {
    (text(), -2..103).prop_map(|(version, weight)| RoutingConfigurationListItem {
        state_machine_version_arn: version,
        weight,
    })
}

/// Encodes and decodes a request: it comes back as it was, or every broken constraint is told.
fn there_and_back<T>(request: &T) -> Result<(), TestCaseError>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Constrained + PartialEq + std::fmt::Debug,
{
    let body = encode(request);
    let value: Value = serde_json::from_slice(&body).expect("what was encoded is JSON");
    let broken = violations(T::SHAPE, &value, &Limits::AWS).expect("what was encoded has the right types");
    prop_assert_eq!(request.holds(&Limits::AWS), broken.is_empty(), "{:?}", broken);
    match decode::<T>(&body, &Limits::AWS) {
        Ok(decoded) => prop_assert_eq!(&decoded, request),
        Err(error) => {
            let noun = if broken.len() == 1 { "error" } else { "errors" };
            prop_assert_eq!(
                error.message,
                format!(
                    "{} validation {noun} detected: {}",
                    broken.len(),
                    broken.join("; ")
                )
            );
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn start_execution(state_machine_arn in text(), name in of(text()), input in of(text()), trace_header in of(text())) {
        there_and_back(&StartExecutionInput { state_machine_arn, name, input, trace_header })?;
    }

    #[test]
    fn create_state_machine(
        name in text(), definition in text(), role_arn in text(), express in of(any::<bool>()),
        tags in of(vec(tag(), 0..3)), destinations in of(0..3_usize), publish in of(any::<bool>()),
    ) {
        let logging = destinations.map(|count| LoggingConfiguration {
            destinations: Some(vec![LogDestination::default(); count]),
            ..Default::default()
        });
        let express = express.map(|express| if express { StateMachineType::Express } else { StateMachineType::Standard });
        there_and_back(&CreateStateMachineInput {
            name, definition, role_arn, r#type: express, tags, logging_configuration: logging, publish, ..Default::default()
        })?;
    }

    #[test]
    fn create_state_machine_alias(name in text(), description in of(text()), routes in vec(route(), 0..4)) {
        there_and_back(&CreateStateMachineAliasInput { name, description, routing_configuration: routes })?;
    }

    #[test]
    fn tag_resource(resource_arn in text(), tags in vec(tag(), 0..3)) {
        there_and_back(&TagResourceInput { resource_arn, tags })?;
    }

    #[test]
    fn untag_resource(resource_arn in text(), tag_keys in vec(text(), 0..3)) {
        let request = UntagResourceInput { resource_arn, tag_keys };
        there_and_back(&request)?;
    }

    #[test]
    fn redrive_execution(execution_arn in text(), client_token in of(text())) {
        there_and_back(&RedriveExecutionInput { execution_arn, client_token })?;
    }

    #[test]
    fn update_map_run(percentage in of(-1.0..101.0_f64), count in of(-2..2_i64), concurrency in of(any::<i32>())) {
        there_and_back(&UpdateMapRunInput {
            map_run_arn: Text::from("arn"),
            tolerated_failure_percentage: percentage,
            tolerated_failure_count: count,
            max_concurrency: concurrency,
        })?;
    }

    #[test]
    fn hostile_bytes_do_no_harm(body in vec(any::<u8>(), 0..200)) {
        let _ = decode::<StartExecutionInput>(&body, &Limits::AWS);
    }

    #[test]
    fn hostile_json_does_no_harm(body in r#"[{}\[\]",:a-z0-9.e\\-]{0,60}"#) {
        let _ = decode::<TestStateInput>(body.as_bytes(), &Limits::AWS);
        let _ = decode::<CreateStateMachineInput>(format!("{{\"name\":{body}}}").as_bytes(), &Limits::AWS);
    }
}

//! What AWS answers to requests that break the model's constraints, word for word.

use api::wire::decode;
use api::{
    ApiError, CreateActivityInput, CreateStateMachineAliasInput, CreateStateMachineInput, ErrorCode, Limits,
    ListExecutionsInput, ListStateMachinesInput, RedriveExecutionInput, SendTaskSuccessInput,
    StartExecutionInput, StopExecutionInput, TagResourceInput, UntagResourceInput, UpdateMapRunInput,
};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Orders";

fn refused<T: serde::de::DeserializeOwned + api::constraint::Constrained + std::fmt::Debug>(
    request: &Value,
) -> ApiError {
    decode::<T>(request.to_string().as_bytes(), &Limits::AWS).expect_err("the request breaks a constraint")
}

fn broken<T: serde::de::DeserializeOwned + api::constraint::Constrained + std::fmt::Debug>(
    request: &Value,
) -> String {
    let error = refused::<T>(request);
    assert_eq!(
        (error.code, error.code.name()),
        (ErrorCode::ConstraintViolation, "ValidationException")
    );
    error.message
}

#[test]
fn number_is_at_most_its_maximum() {
    assert!(decode::<ListStateMachinesInput>(br#"{"maxResults":1000}"#, &Limits::AWS).is_ok());
    assert_eq!(
        broken::<ListStateMachinesInput>(&json!({"maxResults": 1001})),
        "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have \
         value less than or equal to 1000"
    );
}

#[test]
fn number_is_at_least_its_minimum() {
    assert!(decode::<ListStateMachinesInput>(br#"{"maxResults":0}"#, &Limits::AWS).is_ok());
    assert_eq!(
        broken::<ListStateMachinesInput>(&json!({"maxResults": -1})),
        "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: Member must have \
         value greater than or equal to 0"
    );
}

#[test]
fn fraction_is_within_its_bounds() {
    let update = |percentage: f64| json!({"mapRunArn": ARN, "toleratedFailurePercentage": percentage});
    for good in [0.0, 12.5, 100.0] {
        assert!(decode::<UpdateMapRunInput>(update(good).to_string().as_bytes(), &Limits::AWS).is_ok());
    }
    assert_eq!(
        broken::<UpdateMapRunInput>(&update(100.5)),
        "1 validation error detected: Value '100.5' at 'toleratedFailurePercentage' failed to satisfy constraint: \
         Member must have value less than or equal to 100"
    );
    assert_eq!(
        broken::<UpdateMapRunInput>(&json!({"mapRunArn": ARN, "toleratedFailurePercentage": -1})),
        "1 validation error detected: Value '-1.0' at 'toleratedFailurePercentage' failed to satisfy constraint: \
         Member must have value greater than or equal to 0"
    );
}

#[test]
fn text_is_at_most_as_long_as_the_model_says() {
    let list = |length: usize| json!({"nextToken": "t".repeat(length)});
    assert!(decode::<ListStateMachinesInput>(list(1024).to_string().as_bytes(), &Limits::AWS).is_ok());
    assert_eq!(
        broken::<ListStateMachinesInput>(&list(1025)),
        format!(
            "1 validation error detected: Value '{}' at 'nextToken' failed to satisfy constraint: Member must have \
             length less than or equal to 1024",
            "t".repeat(1025)
        )
    );
    let list = |length: usize| json!({"stateMachineArn": ARN, "nextToken": "t".repeat(length)});
    assert!(decode::<ListExecutionsInput>(list(3096).to_string().as_bytes(), &Limits::AWS).is_ok());
    assert!(broken::<ListExecutionsInput>(&list(3097)).ends_with("less than or equal to 3096"));
}

#[test]
fn text_is_at_least_as_long_as_the_model_says() {
    assert!(decode::<CreateActivityInput>(br#"{"name":"a"}"#, &Limits::AWS).is_ok());
    assert_eq!(
        broken::<CreateActivityInput>(&json!({"name": ""})),
        "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length \
         greater than or equal to 1"
    );
}

#[test]
fn length_counts_characters() {
    assert!(
        decode::<CreateActivityInput>(
            json!({"name": "日".repeat(80)}).to_string().as_bytes(),
            &Limits::AWS
        )
        .is_ok()
    );
    assert!(
        decode::<CreateActivityInput>(
            json!({"name": "日".repeat(81)}).to_string().as_bytes(),
            &Limits::AWS
        )
        .is_err()
    );
}

#[test]
fn required_member_must_be_there() {
    for request in [json!({}), json!({"name": null})] {
        assert_eq!(
            broken::<CreateActivityInput>(&request),
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
        );
    }
}

#[test]
fn several_errors_are_joined() {
    assert_eq!(
        broken::<CreateStateMachineInput>(&json!({"name": "n".repeat(81)})),
        format!(
            "3 validation errors detected: Value '{}' at 'name' failed to satisfy constraint: Member must have length \
             less than or equal to 80; Value at 'definition' failed to satisfy constraint: Member must not be \
             null; Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
            "n".repeat(81)
        )
    );
}

#[test]
fn enum_lists_its_values_in_the_order_of_aws() {
    assert!(decode::<ListExecutionsInput>(br#"{"statusFilter":"SUCCEEDED"}"#, &Limits::AWS).is_ok());
    assert_eq!(
        broken::<ListExecutionsInput>(&json!({"stateMachineArn": ARN, "statusFilter": "succeeded"})),
        "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must \
         satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
    );
}

#[test]
fn item_of_a_list_is_named_by_its_position() {
    let alias = |weight: i32| json!({"name": "PROD", "routingConfiguration": [{"stateMachineVersionArn": ARN, "weight": weight}]});
    assert!(decode::<CreateStateMachineAliasInput>(alias(100).to_string().as_bytes(), &Limits::AWS).is_ok());
    assert_eq!(
        broken::<CreateStateMachineAliasInput>(&alias(101)),
        "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy \
         constraint: Member must have value less than or equal to 100"
    );
    assert_eq!(
        broken::<TagResourceInput>(
            &json!({"resourceArn": ARN, "tags": [{"key": "a"}, {"key": "", "value": "b"}]})
        ),
        "1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have \
         length greater than or equal to 1"
    );
    assert_eq!(
        broken::<TagResourceInput>(&json!({"resourceArn": ARN, "tags": [null]})),
        "1 validation error detected: Value null at 'tags.1.member' failed to satisfy constraint: Member must not be \
         null"
    );
}

#[test]
fn list_is_shown_as_java_prints_it() {
    let route = |weight: i32| json!({"stateMachineVersionArn": "arn", "weight": weight});
    assert_eq!(
        broken::<CreateStateMachineAliasInput>(
            &json!({"name": "PROD", "routingConfiguration": [route(50), route(30), route(20)]})
        ),
        "1 validation error detected: Value '[RoutingConfigurationListItem(stateMachineVersionArn=arn, weight=50), \
         RoutingConfigurationListItem(stateMachineVersionArn=arn, weight=30), \
         RoutingConfigurationListItem(stateMachineVersionArn=arn, weight=20)]' at 'routingConfiguration' failed to \
         satisfy constraint: Member must have length less than or equal to 2"
    );
    assert_eq!(
        broken::<CreateStateMachineAliasInput>(&json!({"name": "PROD", "routingConfiguration": []})),
        "1 validation error detected: Value '[]' at 'routingConfiguration' failed to satisfy constraint: Member must \
         have length greater than or equal to 1"
    );
}

#[test]
fn plain_items_are_judged_as_a_whole() {
    assert!(
        decode::<UntagResourceInput>(
            json!({"resourceArn": ARN, "tagKeys": ["a"]})
                .to_string()
                .as_bytes(),
            &Limits::AWS
        )
        .is_ok()
    );
    assert_eq!(
        broken::<UntagResourceInput>(&json!({"resourceArn": ARN, "tagKeys": ["a", "", ""]})),
        "1 validation error detected: Value '[a, , ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy \
         constraint: [Member must have length less than or equal to 128, Member must have length greater than or \
         equal to 1, Member must not be null]"
    );
}

#[test]
fn pattern_is_printed_as_the_model_has_it() {
    assert_eq!(
        broken::<CreateStateMachineAliasInput>(
            &json!({"name": "12", "routingConfiguration": [{"stateMachineVersionArn": ARN, "weight": 100}]})
        ),
        "1 validation error detected: Value '12' at 'name' failed to satisfy constraint: Member must satisfy regular \
         expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"
    );
    assert!(
        decode::<RedriveExecutionInput>(
            json!({"executionArn": ARN, "clientToken": "a~!"})
                .to_string()
                .as_bytes(),
            &Limits::AWS
        )
        .is_ok()
    );
    assert!(
        broken::<RedriveExecutionInput>(&json!({"executionArn": ARN, "clientToken": "a b"}))
            .ends_with("pattern: [!-~]+")
    );
    assert!(
        broken::<StartExecutionInput>(&json!({"stateMachineArn": ARN, "traceHeader": "é"}))
            .ends_with("pattern: \\p{ASCII}*")
    );
}

#[test]
fn sensitive_value_is_kept_out_of_the_message() {
    assert_eq!(
        broken::<StopExecutionInput>(&json!({"executionArn": ARN, "error": "e".repeat(257)})),
        "1 validation error detected: Value at 'error' failed to satisfy constraint: Member must have length less \
         than or equal to 256"
    );
    assert_eq!(
        broken::<SendTaskSuccessInput>(&json!({"taskToken": "token"})),
        "1 validation error detected: Value at 'output' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn payload_is_measured_in_bytes() {
    let input = |text: &str| json!({"stateMachineArn": ARN, "input": text});
    assert!(
        decode::<StartExecutionInput>(input(&"é".repeat(131_072)).to_string().as_bytes(), &Limits::AWS)
            .is_ok()
    );
    for long in ["x".repeat(262_145), "é".repeat(131_073)] {
        assert_eq!(
            broken::<StartExecutionInput>(&input(&long)),
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have size less \
             than or equal to 262144 bytes in UTF-8 encoding"
        );
    }
}

#[test]
fn message_has_an_end() {
    let routes = vec![json!({}); 10_000];
    let message =
        broken::<CreateStateMachineAliasInput>(&json!({"name": "PROD", "routingConfiguration": routes}));
    assert!(
        message.starts_with("100 validation errors detected: "),
        "{}",
        &message[..60]
    );
}

#[test]
fn wrong_type_is_no_constraint() {
    for (request, message) in [
        (
            json!({"stateMachineArn": 1}),
            "NUMBER_VALUE can not be converted to a String",
        ),
        (
            json!({"stateMachineArn": true}),
            "TRUE_VALUE can not be converted to a String",
        ),
        (
            json!({"stateMachineArn": {}}),
            "Start of structure or map found where not expected.",
        ),
        (
            json!({"stateMachineArn": []}),
            "Start of list found where not expected",
        ),
        (json!([]), "Start of list found where not expected"),
        (json!("text"), "Expected map or null"),
    ] {
        let error = refused::<StartExecutionInput>(&request);
        assert_eq!(
            (error.code, error.message.as_str()),
            (ErrorCode::SerializationException, message),
            "{request}"
        );
    }
    for (request, message) in [
        (
            json!({"maxResults": "1"}),
            "STRING_VALUE can not be converted to an Integer",
        ),
        (
            json!({"maxResults": 1.5}),
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        (
            json!({"maxResults": 3_000_000_000_u64}),
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        (
            json!({"maxResults": u64::MAX}),
            "NUMBER_VALUE can not be converted to an Integer",
        ),
    ] {
        let error = refused::<ListStateMachinesInput>(&request);
        assert_eq!(
            (error.code, error.message.as_str()),
            (ErrorCode::SerializationException, message),
            "{request}"
        );
    }
    let error = refused::<CreateStateMachineInput>(
        &json!({"name": "n", "definition": "{}", "roleArn": ARN, "publish": "true"}),
    );
    assert_eq!(error.message, "STRING_VALUE can not be converted to a Boolean");
    let error = refused::<UntagResourceInput>(&json!({"resourceArn": ARN, "tagKeys": "a"}));
    assert_eq!(error.message, "Expected list or null");
}

//! PublishStateMachineVersion: the current revision gets a number.

use api::{
    ApiError, Caller, PublishStateMachineVersionInput, PublishStateMachineVersionOutput, Text, Timestamp,
};
use store::{Published, Version};

use crate::{Server, arns, refusals};

/// Publishes the current revision; of one that has a version already, answers with that.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: PublishStateMachineVersionInput,
) -> Result<PublishStateMachineVersionOutput, ApiError> {
    let arn = arns::state_machine(caller, &request.state_machine_arn)?.to_string();
    let named = request.revision_id.map(Text::into_arc);
    let published = Published {
        description: request.description.map(Text::into_arc),
    };
    let version = server
        .runtime
        .catalog()
        .publish(&arn, named.as_ref(), published)
        .await
        .map_err(refusals::of_state_machine)?;
    Ok(PublishStateMachineVersionOutput {
        creation_date: Timestamp::from_milliseconds(version.created.0),
        state_machine_version_arn: version_arn(&version),
    })
}

/// The ARN of a version.
pub(crate) fn version_arn(version: &Version) -> Text {
    Text::from(format!("{}:{}", version.machine_arn, version.number))
}

/// What a request to create or to update publishes.
pub(crate) fn publication(
    publish: Option<bool>,
    description: Option<Text>,
) -> Result<Option<Published>, ApiError> {
    let description = description.map(Text::into_arc);
    if publish == Some(true) {
        return Ok(Some(Published { description }));
    }
    if description.is_some() {
        let message = "Version description can only be set when publish is true";
        return Err(ApiError::validation_exception(message));
    }
    Ok(None)
}

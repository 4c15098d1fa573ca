//! DescribeActivity: an activity's name and age.

use api::{
    ApiError, Caller, DescribeActivityInput, DescribeActivityOutput, EncryptionConfiguration, Text, Timestamp,
};

use crate::{Server, arns, configuration, refusals};

/// Describes the activity. Its encryption is AWS's own when it was created with none.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DescribeActivityInput,
) -> Result<DescribeActivityOutput, ApiError> {
    let arn = arns::activity(caller, &request.activity_arn)?;
    let activity = server.runtime.catalog().activity(&arn.to_string()).await;
    let activity = activity.map_err(refusals::of_activity)?;
    let encryption: Option<EncryptionConfiguration> = configuration::shown(activity.encryption.as_ref());
    Ok(DescribeActivityOutput {
        activity_arn: Text::from(activity.arn),
        name: Text::from(activity.name),
        creation_date: Timestamp::from_milliseconds(activity.created.0),
        encryption_configuration: Some(encryption.unwrap_or_default()),
    })
}

//! CreateActivity: a queue of tasks for workers outside.

use api::{ApiError, Caller, CreateActivityInput, CreateActivityOutput, Text, Timestamp};
use engine::Millis;
use ids::{ActivityArn, Name};
use runtime::Creation;
use store::Activity;

use crate::{Server, configuration, refusals, tags};

/// Creates the activity, or answers as the first time when there is one of that name.
///
/// Only another encryption is refused then; tags are not looked at.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: CreateActivityInput,
) -> Result<CreateActivityOutput, ApiError> {
    let name: Name = request.name.parse()?;
    let encryption = configuration::encryption(request.encryption_configuration)?;
    let encryption = encryption.as_ref().map(configuration::stored);
    let arn = ActivityArn {
        scope: caller.scope.clone(),
        name,
    };
    let arn_text = arn.to_string();
    let now = Timestamp::from(std::time::SystemTime::now());
    let activity = Activity {
        arn: arn_text.as_str().into(),
        name: arn.name.text(),
        created: Millis(now.milliseconds),
        encryption: encryption.clone(),
        tags: tags::stored(request.tags, &arn_text, server.runtime.limits().tags)?,
    };
    let activity = match server.runtime.catalog().create_activity(activity).await {
        Ok(Creation::New(activity)) => activity,
        Ok(Creation::Existing(activity)) if activity.encryption == encryption => activity,
        Ok(Creation::Existing(activity)) => {
            let message = format!("Activity Already Exists: '{}'", activity.arn);
            return Err(ApiError::activity_already_exists(message));
        }
        Err(error) => return Err(refusals::of_activity(error)),
    };
    Ok(CreateActivityOutput {
        activity_arn: Text::from(activity.arn),
        creation_date: Timestamp::from_milliseconds(activity.created.0),
    })
}

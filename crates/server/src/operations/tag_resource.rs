//! TagResource: tags for a state machine or an activity.

use api::{ApiError, Caller, TagResourceInput, TagResourceOutput};

use crate::{Server, arns, refusals, tags};

/// Adds the tags; of keys that the resource has, the values change.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: TagResourceInput,
) -> Result<TagResourceOutput, ApiError> {
    let arn = &request.resource_arn;
    arns::tagged(caller, arn)?;
    let tags = tags::stored(Some(request.tags), arn, server.runtime.limits().tags)?;
    let tagged = server.runtime.catalog().tag(arn, tags).await;
    tagged.map_err(refusals::of_resource)?;
    Ok(TagResourceOutput {})
}

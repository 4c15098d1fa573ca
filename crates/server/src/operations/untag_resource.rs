//! UntagResource: tags of a state machine or an activity are gone.

use api::{ApiError, Caller, Text, UntagResourceInput, UntagResourceOutput};
use json::Str;

use crate::{Server, arns, refusals};

/// Takes off the tags with these keys. Keys that the resource doesn't have are no error.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: UntagResourceInput,
) -> Result<UntagResourceOutput, ApiError> {
    let arn = &request.resource_arn;
    arns::tagged(caller, arn)?;
    let keys: Vec<Str> = request.tag_keys.into_iter().map(Text::into_arc).collect();
    let untagged = server.runtime.catalog().untag(arn, &keys).await;
    untagged.map_err(refusals::of_resource)?;
    Ok(UntagResourceOutput {})
}

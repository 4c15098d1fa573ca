//! ListTagsForResource: the tags of a state machine or an activity.

use api::{ApiError, Caller, ListTagsForResourceInput, ListTagsForResourceOutput};

use crate::{Server, arns, refusals, tags};

/// Lists all tags, in the order in which their keys were given first.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, ApiError> {
    let arn = &request.resource_arn;
    arns::tagged(caller, arn)?;
    let held = server.runtime.catalog().tags(arn).await;
    let held = held.map_err(refusals::of_resource)?;
    Ok(ListTagsForResourceOutput {
        tags: Some(tags::shown(held)),
    })
}

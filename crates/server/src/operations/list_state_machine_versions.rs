//! ListStateMachineVersions: a state machine's versions, newest first.

use api::{
    ApiError, Caller, ListStateMachineVersionsInput, ListStateMachineVersionsOutput,
    StateMachineVersionListItem, Timestamp,
};
use ids::AnyStateMachineArn;

use crate::operations::publish_state_machine_version::version_arn;
use crate::paging::{self, page_size};
use crate::{Server, arns, refusals};

/// Lists a page of versions. A state machine that doesn't exist has none, nor one of somebody else.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: ListStateMachineVersionsInput,
) -> Result<ListStateMachineVersionsOutput, ApiError> {
    let text = &request.state_machine_arn;
    let arn = match arns::state_machine(caller, text) {
        Ok(arn) => arn.to_string(),
        Err(_) if matches!(text.parse(), Ok(AnyStateMachineArn::Unqualified(_))) => {
            return Ok(ListStateMachineVersionsOutput::default());
        }
        Err(error) => return Err(error),
    };
    let listing = ["ListStateMachineVersions", &arn];
    let listing = server.listing(&listing);
    let before = match listing.position(request.next_token.as_ref())? {
        Some(position) => Some(position.parse().map_err(|_| paging::invalid())?),
        None => None,
    };
    let size = page_size(request.max_results);
    let versions = server.runtime.catalog().versions(&arn, before, size + 1).await;
    let mut versions = versions.map_err(refusals::of_state_machine)?;
    let has_more = versions.len() > size;
    versions.truncate(size);
    let next_token = versions
        .last()
        .filter(|_| has_more)
        .map(|version| listing.token(&version.number.to_string()));
    let shown = |version: &store::Version| StateMachineVersionListItem {
        state_machine_version_arn: version_arn(version),
        creation_date: Timestamp::from_milliseconds(version.created.0),
    };
    Ok(ListStateMachineVersionsOutput {
        state_machine_versions: versions.iter().map(shown).collect(),
        next_token,
    })
}

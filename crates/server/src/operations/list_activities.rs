//! ListActivities: the caller's activities, by name.

use api::{ActivityListItem, ApiError, Caller, ListActivitiesInput, ListActivitiesOutput, Text, Timestamp};

use crate::paging::page_size;
use crate::{Server, arns, refusals};

/// Lists a page of activities.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: ListActivitiesInput,
) -> Result<ListActivitiesOutput, ApiError> {
    let prefix = arns::prefix(caller, "activity");
    let listing = ["ListActivities", &prefix];
    let listing = server.listing(&listing);
    let after = listing
        .position(request.next_token.as_ref())?
        .unwrap_or_else(|| prefix.clone());
    let size = page_size(request.max_results);
    let activities = server
        .runtime
        .catalog()
        .activities(Some(after.into()), size + 1)
        .await;
    let mut activities = activities.map_err(refusals::of_activity)?;
    // The order is that of the ARNs, so that the caller's stand together.
    activities.retain(|activity| activity.arn.starts_with(&prefix));
    let has_more = activities.len() > size;
    activities.truncate(size);
    let next_token = activities
        .last()
        .filter(|_| has_more)
        .map(|activity| listing.token(&activity.arn));
    let activities = activities.into_iter().map(|activity| ActivityListItem {
        activity_arn: Text::from(activity.arn),
        name: Text::from(activity.name),
        creation_date: Timestamp::from_milliseconds(activity.created.0),
    });
    Ok(ListActivitiesOutput {
        activities: activities.collect(),
        next_token,
    })
}

//! GetExecutionHistory: what happened in an execution, event by event.

use api::{ApiError, Caller, GetExecutionHistoryInput, GetExecutionHistoryOutput};
use store::HistoryPage;

use crate::history::{Data, shown};
use crate::paging::{self, Listing, page_size};
use crate::{Server, arns, refusals};

/// Shows a page of the history, from its beginning or its end.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: GetExecutionHistoryInput,
) -> Result<GetExecutionHistoryOutput, ApiError> {
    let text = &request.execution_arn;
    arns::standard_execution(caller, text)?;
    let reverse = request.reverse_order.unwrap_or(false);
    let data = if request.include_execution_data.unwrap_or(true) {
        Data::Included
    } else {
        Data::LeftOut
    };
    let listing = ["GetExecutionHistory", text, if reverse { "reverse" } else { "" }];
    let listing = Listing(&listing);
    let from = match listing.position(request.next_token.as_ref())? {
        Some(position) => position.parse().map_err(|_| paging::invalid())?,
        None if reverse => u64::MAX,
        None => 1,
    };
    let size = page_size(request.max_results);
    let page = HistoryPage {
        from_event: from,
        limit: size + 1,
        reverse,
    };
    let events = server.runtime.history(text, page).await;
    let events = events.map_err(|error| refusals::of_execution(text, error))?;
    let mut events: Vec<_> = events.iter().filter_map(|event| shown(event, data)).collect();
    let next = events.get(size).map(|event| event.id);
    events.truncate(size);
    Ok(GetExecutionHistoryOutput {
        events,
        next_token: next.map(|id| listing.token(&id.to_string())),
    })
}

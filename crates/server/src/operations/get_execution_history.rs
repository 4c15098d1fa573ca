//! GetExecutionHistory: what happened in an execution, event by event.

use api::{ApiError, Caller, GetExecutionHistoryInput, GetExecutionHistoryOutput};
use store::HistoryPage;

use crate::history::{self, Data, shown};
use crate::paging::{self, page_size};
use crate::{Server, arns, refusals};

/// The most bytes of payloads that a page shows, a single event aside: a page of a thousand large ones would
/// otherwise have a quarter of a gigabyte.
const PAGE_BYTES_MAX: usize = 8 << 20;

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
    let listing = server.listing(&listing);
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
    let mut shown_events = Vec::with_capacity(events.len());
    let (mut bytes, mut next) = (0, None);
    for event in &events {
        let Some(shown_event) = shown(event, data) else {
            continue;
        };
        bytes += if data == Data::Included {
            history::bytes(event)
        } else {
            0
        };
        let is_full = shown_events.len() == size || bytes > PAGE_BYTES_MAX;
        if is_full && !shown_events.is_empty() {
            next = Some(listing.token(&event.id.to_string()));
            break;
        }
        shown_events.push(shown_event);
    }
    Ok(GetExecutionHistoryOutput {
        events: shown_events,
        next_token: next,
    })
}

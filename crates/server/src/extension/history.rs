//! History: the events of an Express execution, which AWS has in its logs only.

use api::{Caller, HistoryEvent};
use serde::Serialize;
use store::HistoryPage;

use crate::Server;
use crate::extension::Refusal;
use crate::extension::query::Query;
use crate::history::{self, Data, shown};

const PAGE_EVENTS: usize = 1000;

/// The most bytes of payloads that a page shows, a single event aside.
const PAGE_BYTES_MAX: usize = 8 << 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    events: Vec<HistoryEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A page of the history of an execution of either type. Express executions are known for a while after their end.
pub(crate) async fn answer(server: &Server, caller: &Caller, query: &Query<'_>) -> Result<Page, Refusal> {
    let (text, _) = query.execution(caller)?;
    let from = query.number("nextToken")?.unwrap_or(1);
    let from = u64::try_from(from).map_err(|_| Refusal::invalid("`nextToken` is not one of ours"))?;
    let page = HistoryPage::forward(from, PAGE_EVENTS + 1);
    let events = server
        .runtime
        .history(&text, page)
        .await
        .map_err(|error| match error {
            runtime::ExecutionError::NotFound => {
                Refusal::missing(format!("the history of `{text}` is not known"))
            }
            error => Refusal::failed(&error),
        })?;
    let (mut shown_events, mut bytes, mut next_token) = (Vec::new(), 0, None);
    for event in &events {
        let Some(event_shown) = shown(event, Data::Included) else {
            continue;
        };
        bytes += history::bytes(event);
        let is_full = shown_events.len() == PAGE_EVENTS || bytes > PAGE_BYTES_MAX;
        if is_full && !shown_events.is_empty() {
            next_token = Some(event.id.to_string());
            break;
        }
        shown_events.push(event_shown);
    }
    Ok(Page {
        events: shown_events,
        next_token,
    })
}

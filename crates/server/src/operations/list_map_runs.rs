//! ListMapRuns: the Map Runs that an execution started, newest first.

use api::{ApiError, Caller, ListMapRunsInput, ListMapRunsOutput, MapRunListItem, Text, Timestamp};
use store::MapRun;

use crate::paging::{self, page_size};
use crate::{Server, arns, refusals};

/// Lists a page of Map Runs.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: ListMapRunsInput,
) -> Result<ListMapRunsOutput, ApiError> {
    let text = &request.execution_arn;
    arns::standard_execution(caller, text)?;
    let listing = ["ListMapRuns", text];
    let listing = server.listing(&listing);
    let before = match listing.position(request.next_token.as_ref())? {
        Some(position) => Some(position.parse().map_err(|_| paging::invalid())?),
        None => None,
    };
    let size = page_size(request.max_results);
    let runs = server.runtime.map_runs(text, before, size + 1).await;
    let mut page = runs.map_err(|error| refusals::of_execution(text, error))?;
    let has_more = page.len() > size;
    page.truncate(size);
    let next_token = page
        .last()
        .filter(|_| has_more)
        .map(|last| listing.token(&last.event.to_string()));
    Ok(ListMapRunsOutput {
        map_runs: page.into_iter().map(shown).collect(),
        next_token,
    })
}

fn shown(run: MapRun) -> MapRunListItem {
    MapRunListItem {
        execution_arn: Text::from(run.execution_arn),
        map_run_arn: Text::from(run.arn),
        state_machine_arn: Text::from(run.machine_arn),
        start_date: Timestamp::from_milliseconds(run.started.0),
        stop_date: run.stopped.map(|stopped| Timestamp::from_milliseconds(stopped.0)),
    }
}

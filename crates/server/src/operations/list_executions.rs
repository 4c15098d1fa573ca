//! ListExecutions: the executions of a state machine or of a Map Run, newest first.

use api::{
    ApiError, Caller, ExecutionListItem, ExecutionRedriveFilter, ExecutionStatus, ListExecutionsInput,
    ListExecutionsOutput, Text, Timestamp,
};
use engine::Millis;
use ids::AnyStateMachineArn;
use json::Str;
use runtime::CatalogError;
use store::{ExecId, ExecutionQuery, Listed, MachineKind, Position, Status, Summary};

use crate::paging::{self, page_size};
use crate::{Server, arns, refusals};

/// Lists a page of executions.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: ListExecutionsInput,
) -> Result<ListExecutionsOutput, ApiError> {
    let (text, of) = match (&request.state_machine_arn, &request.map_run_arn) {
        (Some(text), None) => (text, of_state_machine(server, caller, &request, text).await?),
        (None, Some(text)) => (text, of_map_run(server, caller, text).await?),
        (None, None) => {
            return Err(ApiError::validation_exception(
                "Must specify either stateMachineArn or mapRunArn",
            ));
        }
        (Some(_), Some(_)) => {
            let message = "Must specify either stateMachineArn or mapRunArn, but not both";
            return Err(ApiError::validation_exception(message));
        }
    };
    let status = request.status_filter.map(stored_status);
    let filter = request.redrive_filter;
    let redriven = filter.map_or("", ExecutionRedriveFilter::as_str);
    let listing = ["ListExecutions", text, status.map_or("", Status::name), redriven];
    let listing = server.listing(&listing);
    let after = match listing.position(request.next_token.as_ref())? {
        Some(position) => Some(read(&position).ok_or_else(paging::invalid)?),
        None => None,
    };
    let size = page_size(request.max_results);
    let query = ExecutionQuery {
        of,
        status,
        after,
        limit: size + 1,
    };
    let mut page = page(server, query, filter).await?;
    let has_more = page.len() > size;
    page.truncate(size);
    let next_token = page
        .last()
        .filter(|_| has_more)
        .map(|last| listing.token(&print(last.position())));
    Ok(ListExecutionsOutput {
        executions: page.into_iter().map(shown).collect(),
        next_token,
    })
}

/// A page of executions that pass the filter.
async fn page(
    server: &Server,
    mut query: ExecutionQuery,
    filter: Option<ExecutionRedriveFilter>,
) -> Result<Vec<Summary>, ApiError> {
    let wanted = query.limit;
    let mut page = Vec::new();
    loop {
        let read = server.runtime.executions(query.clone()).await;
        let read = read.map_err(|error| refusals::of_store(&error))?;
        let is_last = read.len() < query.limit;
        query.after = read.last().map(Summary::position);
        page.extend(read.into_iter().filter(|summary| match filter {
            None => true,
            Some(ExecutionRedriveFilter::Redriven) => summary.redriven.is_some(),
            Some(ExecutionRedriveFilter::NotRedriven) => summary.redriven.is_none(),
        }));
        if is_last || page.len() >= wanted {
            page.truncate(wanted);
            return Ok(page);
        }
    }
}

async fn of_map_run(server: &Server, caller: &Caller, text: &Text) -> Result<Listed, ApiError> {
    arns::map_run(caller, text)?;
    let run = server.runtime.map_run(text).await;
    let run = run.map_err(|error| refusals::of_map_run(text, error))?;
    Ok(Listed::MapRun(run.arn))
}

async fn of_state_machine(
    server: &Server,
    caller: &Caller,
    request: &ListExecutionsInput,
    text: &Text,
) -> Result<Listed, ApiError> {
    let arn = arns::qualified(caller, text)?;
    if request.redrive_filter.is_some() || request.status_filter == Some(ExecutionStatus::PendingRedrive) {
        let message = "redriveFilter and the status PENDING_REDRIVE can only be used with mapRunArn";
        return Err(ApiError::validation_exception(message));
    }
    listed(server, &arn, text).await
}

/// Whose executions are meant: all of a state machine, or those that were started with a version or an alias.
async fn listed(server: &Server, arn: &AnyStateMachineArn, text: &Text) -> Result<Listed, ApiError> {
    let catalog = server.runtime.catalog();
    let machine_arn = arn.state_machine().to_string();
    let not_found = |error| match error {
        CatalogError::NotFound(_) => refusals::no_state_machine(text),
        error => refusals::of_state_machine(error),
    };
    let machine = catalog.machine(&machine_arn).await.map_err(not_found)?;
    if machine.kind == MachineKind::Express {
        return Err(refusals::wrong_type());
    }
    let arn_text = Str::from(text.as_str());
    match arn {
        AnyStateMachineArn::Version(arn) => {
            let version = catalog.version(&machine_arn, arn.version).await;
            version.map_err(not_found)?;
            Ok(Listed::Version(arn_text))
        }
        AnyStateMachineArn::Alias(arn) => {
            let alias = catalog.alias(&machine_arn, arn.alias.as_str()).await;
            alias.map_err(not_found)?;
            Ok(Listed::Alias(arn_text))
        }
        AnyStateMachineArn::Unqualified(_) | AnyStateMachineArn::Labelled(_) => {
            Ok(Listed::Machine(machine.arn))
        }
    }
}

/// A position as a token has it.
pub(crate) fn print(position: Position) -> String {
    format!("{}.{}", position.at.0, position.id.0)
}

/// The position that a token has; none for what was never printed.
pub(crate) fn read(text: &str) -> Option<Position> {
    let (at, id) = text.split_once('.')?;
    Some(Position {
        at: Millis(at.parse().ok()?),
        id: ExecId(id.parse().ok()?),
    })
}

fn stored_status(status: ExecutionStatus) -> Status {
    match status {
        ExecutionStatus::Running => Status::Running,
        ExecutionStatus::Succeeded => Status::Succeeded,
        ExecutionStatus::Failed => Status::Failed,
        ExecutionStatus::TimedOut => Status::TimedOut,
        ExecutionStatus::Aborted => Status::Aborted,
        ExecutionStatus::PendingRedrive => Status::PendingRedrive,
    }
}

fn shown_status(status: Status) -> ExecutionStatus {
    match status {
        Status::Running => ExecutionStatus::Running,
        Status::Succeeded => ExecutionStatus::Succeeded,
        Status::Failed => ExecutionStatus::Failed,
        Status::TimedOut => ExecutionStatus::TimedOut,
        Status::Aborted => ExecutionStatus::Aborted,
        Status::PendingRedrive => ExecutionStatus::PendingRedrive,
    }
}

fn shown(summary: Summary) -> ExecutionListItem {
    let created = summary.created;
    let redrives = summary.redriven.map_or(0, |redriven| redriven.count);
    ExecutionListItem {
        execution_arn: Text::from(created.arn),
        state_machine_arn: Text::from(created.machine_arn),
        name: Text::from(created.name),
        status: shown_status(summary.status),
        start_date: Timestamp::from_milliseconds(created.started.0),
        stop_date: summary
            .stopped
            .map(|stopped| Timestamp::from_milliseconds(stopped.0)),
        map_run_arn: created.map_run_arn.map(Text::from),
        item_count: created
            .map_seat
            .map(|seat| i32::try_from(seat.items).unwrap_or(i32::MAX)),
        state_machine_version_arn: created.version_arn.map(Text::from),
        state_machine_alias_arn: created.alias_arn.map(Text::from),
        redrive_count: Some(i32::try_from(redrives).unwrap_or(i32::MAX)),
        redrive_date: summary
            .redriven
            .map(|redriven| Timestamp::from_milliseconds(redriven.at.0)),
    }
}

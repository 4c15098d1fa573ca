//! Search: executions of all state machines, of both types, newest first.

use engine::{Detail, Event, Millis};
use json::Str;
use serde::Serialize;
use store::{ExecId, ExecutionQuery, HistoryPage, Listed, Machine, MachineKind, Position, Status, Summary};

use crate::Server;
use crate::extension::query::Query;
use crate::extension::{Refusal, rights};
use crate::gate::Who;
use crate::operations::list_executions::{print as token, read as position};

/// How many executions a page has.
const PAGE: usize = 100;

/// How many executions are looked at for a page. A page that looked at as many says where to go on.
const LOOKED_AT_MAX: usize = 20_000;

/// How much an execution costs whose error must be read.
const ERROR_COST: usize = 20;

/// How many are read at once.
const CHUNK: usize = 500;

const MACHINES_MAX: usize = 10_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    executions: Vec<Found>,
    /// Where to go on; there may be nothing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    position: Position,
}

/// What is looked for.
struct Wanted {
    name: Option<String>,
    status: Option<Status>,
    since: Option<Millis>,
    until: Option<Millis>,
    error: Option<String>,
    after: Option<Position>,
}

impl Wanted {
    fn read(query: &Query<'_>) -> Result<Self, Refusal> {
        let status = query.get("status").map(|name| {
            let known = Status::ALL.into_iter().find(|status| status.name() == name);
            known.ok_or_else(|| Refusal::invalid(format!("`{name}` is no status")))
        });
        let after = query
            .get("nextToken")
            .map(|token| position(token).ok_or_else(|| Refusal::invalid("`nextToken` is not one of ours")));
        Ok(Self {
            name: query.get("name").map(str::to_lowercase),
            status: status.transpose()?,
            since: query.number("since")?.map(Millis),
            until: query.number("until")?.map(Millis),
            error: query.get("error").map(str::to_lowercase),
            after: after.transpose()?,
        })
    }

    fn fits(&self, name: &str, status: &str, at: Millis) -> bool {
        let has_name = self
            .name
            .as_ref()
            .is_none_or(|part| name.to_lowercase().contains(part));
        has_name
            && self.status.is_none_or(|wanted| wanted.name() == status)
            && self.until.is_none_or(|until| at <= until)
    }

    fn fits_error(&self, error: Option<&str>) -> bool {
        self.error
            .as_ref()
            .is_none_or(|part| error.is_some_and(|error| error.to_lowercase().contains(part)))
    }
}

/// One state machine's executions, as far as they were looked at.
struct Line {
    arn: Str,
    kind: MachineKind,
    after: Option<Position>,
    is_done: bool,
}

/// A page of executions.
///
/// `name` and `error` are parts, in any case. Times are milliseconds since 1970: those of the end, or of the start
/// while an execution runs.
pub(crate) async fn answer(server: &Server, who: &Who, query: &Query<'_>) -> Result<Page, Refusal> {
    let wanted = Wanted::read(query)?;
    let mut lines = lines(server, who, query.get("stateMachineArn")).await?;
    lines.iter_mut().for_each(|line| line.after = wanted.after);
    let mut found: Vec<Found> = Vec::new();
    let mut looked_at = 0;
    // How many are read of each: few at first, since most pages are full with the newest of all.
    let mut chunk = PAGE + 1;
    loop {
        for line in lines.iter_mut().filter(|line| !line.is_done) {
            looked_at += look(server, &wanted, line, chunk, &mut found).await?;
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.position));
        // Nothing newer than this can still turn up.
        let frontier = lines
            .iter()
            .filter(|line| !line.is_done)
            .filter_map(|line| line.after)
            .max();
        let is_settled = |found: &Found| frontier.is_none_or(|frontier| found.position >= frontier);
        let settled = found.iter().filter(|found| is_settled(found)).count();
        if settled > PAGE {
            found.truncate(PAGE);
            let next_token = found.last().map(|last| token(last.position));
            return Ok(Page {
                executions: found,
                next_token,
            });
        }
        let Some(frontier) = frontier else {
            return Ok(Page {
                executions: found,
                next_token: None,
            });
        };
        if looked_at >= LOOKED_AT_MAX {
            found.truncate(settled);
            return Ok(Page {
                executions: found,
                next_token: Some(token(frontier)),
            });
        }
        // Only those that are behind are read on.
        chunk = CHUNK;
    }
}

/// The state machines that are looked through: one, or all of the caller but those that they are denied.
async fn lines(server: &Server, who: &Who, only: Option<&str>) -> Result<Vec<Line>, Refusal> {
    let catalog = server.runtime.catalog();
    let prefix = crate::arns::prefix(&who.caller, "stateMachine");
    let machines: Vec<Machine> = match only {
        Some(arn) if arn.starts_with(&prefix) => catalog.machine(arn).await.into_iter().collect(),
        Some(_) => Vec::new(),
        None => {
            let all = catalog.machines(Some(prefix.as_str().into()), MACHINES_MAX).await;
            all.map_err(|error| Refusal::failed(&error))?
        }
    };
    let key = who.key.as_deref();
    let own = machines
        .into_iter()
        .filter(|machine| machine.arn.starts_with(&prefix) && rights::may_list(key, &machine.arn));
    Ok(own
        .map(|machine| Line {
            arn: machine.arn,
            kind: machine.kind,
            after: None,
            is_done: false,
        })
        .collect())
}

/// Looks at the next executions of a state machine, and says how much that was.
async fn look(
    server: &Server,
    wanted: &Wanted,
    line: &mut Line,
    chunk: usize,
    found: &mut Vec<Found>,
) -> Result<usize, Refusal> {
    if line.kind == MachineKind::Express {
        line.is_done = true;
        return Ok(look_at_express(server, wanted, &line.arn, found));
    }
    let query = ExecutionQuery {
        of: Listed::Machine(line.arn.clone()),
        status: wanted.status,
        after: line.after,
        limit: chunk,
    };
    let page = server.runtime.executions(query).await;
    let page = page.map_err(|error| Refusal::failed(&error))?;
    line.is_done = page.len() < chunk;
    let mut cost = page.len() + 1;
    for summary in page {
        let position = summary.position();
        line.after = Some(position);
        if wanted.since.is_some_and(|since| position.at < since) {
            line.is_done = true;
            break;
        }
        let fits = wanted.fits(&summary.created.name, summary.status.name(), position.at);
        if !fits {
            continue;
        }
        let is_failure = !matches!(summary.status, Status::Running | Status::Succeeded);
        let error = if wanted.error.is_some() && is_failure {
            cost += ERROR_COST;
            last_error(server, &summary).await?
        } else {
            None
        };
        if wanted.fits_error(error.as_deref()) {
            found.push(standard(summary, error));
        }
    }
    Ok(cost)
}

fn look_at_express(server: &Server, wanted: &Wanted, arn: &str, found: &mut Vec<Found>) -> usize {
    let records = server.runtime.express_executions(arn, LOOKED_AT_MAX);
    let looked_at = records.len();
    for record in records {
        let described = &record.described;
        let at = described.stopped.unwrap_or(described.started);
        let position = Position {
            at,
            id: ExecId(record.events.first().map_or(0, |event| event.at.0.unsigned_abs())),
        };
        let is_before = wanted.after.is_none_or(|after| position < after);
        let is_since = wanted.since.is_none_or(|since| at >= since);
        let error = record.events.last().and_then(error_of);
        if is_before
            && is_since
            && wanted.fits(&described.name, described.status(), at)
            && wanted.fits_error(error)
        {
            found.push(Found {
                execution_arn: described.arn.to_string(),
                state_machine_arn: described.machine_arn.to_string(),
                name: described.name.to_string(),
                status: described.status(),
                start_date: seconds(described.started),
                stop_date: described.stopped.map(seconds),
                error: error.map(str::to_owned),
                position,
            });
        }
    }
    looked_at
}

/// The error that an execution ended with, which only its last event has.
async fn last_error(server: &Server, summary: &Summary) -> Result<Option<String>, Refusal> {
    let page = HistoryPage::backward(u64::MAX, 1);
    let events = server.runtime.history(&summary.created.arn, page).await;
    let events = events.map_err(|error| Refusal::failed(&error))?;
    Ok(events
        .iter()
        .find(|event| event.detail.is_final())
        .and_then(error_of)
        .map(str::to_owned))
}

fn error_of(event: &Event) -> Option<&str> {
    match &event.detail {
        Detail::ExecutionFailed(ending)
        | Detail::ExecutionAborted(ending)
        | Detail::ExecutionTimedOut(ending) => ending.error.as_deref(),
        _ => None,
    }
}

fn standard(summary: Summary, error: Option<String>) -> Found {
    let position = summary.position();
    Found {
        execution_arn: summary.created.arn.to_string(),
        state_machine_arn: summary.created.machine_arn.to_string(),
        name: summary.created.name.to_string(),
        status: summary.status.name(),
        start_date: seconds(summary.created.started),
        stop_date: summary.stopped.map(seconds),
        error,
        position,
    }
}

/// As the API writes times: seconds, with milliseconds behind the point.
fn seconds(at: Millis) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit for the next 280,000 years"
    )]
    let millis = at.0 as f64;
    millis / 1000.0
}

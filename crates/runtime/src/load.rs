//! Loading: an execution from the store into memory, or into a description.

use engine::{Detail, Event, Execution, Millis, Outcome};
use integrations::Described;
use json::{Payload, Str};
use store::{ExecId, HistoryPage, Loaded, Parent, Status, Store, StoreError, Summary};

use crate::catalog::{Catalog, CatalogError};
use crate::live::{Kind, Live, Origin, head};

/// An execution as it was found.
pub(crate) enum Fetched {
    /// There is none of that number.
    Absent,
    /// It ended then.
    Closed(Millis),
    /// It ended then, and what it ran is gone with its state machine.
    Retired(Millis),
    /// It ended, and is here nevertheless.
    Ended(Box<Live>),
    /// It runs.
    Open(Box<Live>),
}

impl Fetched {
    /// When it ended, if it has.
    pub(crate) fn stopped(&self) -> Option<Millis> {
        match self {
            Self::Closed(stopped) | Self::Retired(stopped) => Some(*stopped),
            Self::Ended(live) | Self::Open(live) => live.execution.ended(),
            Self::Absent => None,
        }
    }
}

/// An execution whose name is asked for again.
pub(crate) struct Existing {
    pub(crate) started: Millis,
    pub(crate) running: bool,
    pub(crate) input: Payload,
    pub(crate) parent: Option<Parent>,
    pub(crate) test_case: Option<Str>,
}

/// Reads an execution and folds its history; of one that has ended only if it is wanted even so.
pub(crate) async fn fetch(
    store: &dyn Store,
    catalog: &Catalog,
    id: ExecId,
    even_ended: bool,
) -> Result<Fetched, StoreError> {
    match store.summary(id).await? {
        None => return Ok(Fetched::Absent),
        Some(Summary {
            stopped: Some(stopped),
            ..
        }) if !even_ended => return Ok(Fetched::Closed(stopped)),
        Some(_) => {}
    }
    let Some(loaded) = store.load(id).await? else {
        return Ok(Fetched::Absent);
    };
    let stopped = loaded.summary.stopped;
    let created = &loaded.summary.created;
    let corrupt = |what: String| StoreError::Corrupt {
        execution: created.arn.to_string(),
        what,
    };
    let revision = match (
        catalog
            .revision(ids::arn::without_label(&created.machine_arn), &created.revision)
            .await,
        stopped,
    ) {
        (Ok(revision), _) => revision,
        (Err(CatalogError::NotFound(_)), Some(stopped)) => return Ok(Fetched::Retired(stopped)),
        (Err(CatalogError::Store(error)), _) => return Err(error),
        (Err(other), _) => return Err(corrupt(other.to_string())),
    };
    let Some(Event {
        detail: Detail::ExecutionStarted { input, role_arn, .. },
        ..
    }) = loaded.events.first()
    else {
        return Err(corrupt("its history does not begin".into()));
    };
    let head = head(id, &revision, created, role_arn.clone(), input.clone(), false);
    let Loaded {
        summary,
        events,
        payloads,
    } = loaded;
    let execution = Execution::fold(head, &events).map_err(|error| StoreError::Corrupt {
        execution: summary.created.arn.to_string(),
        what: error.to_string(),
    })?;
    let origin = Origin::of(&summary.created);
    let mut live = Live::of(id, execution, revision, origin, Kind::Standard(payloads));
    live.see(&events);
    live.weight += 128 * events.len();
    let live = Box::new(live);
    Ok(match stopped {
        None => Fetched::Open(live),
        Some(_) => Fetched::Ended(live),
    })
}

/// Looks for the execution of an ARN, of which another start is asked.
pub(crate) async fn existing(store: &dyn Store, arn: &str) -> Result<Option<Existing>, StoreError> {
    let Some(id) = store.find(arn).await? else {
        return Ok(None);
    };
    let Some(summary) = store.summary(id).await? else {
        return Ok(None);
    };
    let input = match edge(store, id, HistoryPage::forward(1, 1))
        .await?
        .map(|event| event.detail)
    {
        Some(Detail::ExecutionStarted { input, .. }) => input,
        _ => Payload::trusted(""),
    };
    Ok(Some(Existing {
        started: summary.created.started,
        running: summary.status == Status::Running,
        input,
        parent: summary.created.parent,
        test_case: summary.created.test_case,
    }))
}

/// What the store knows of the execution of an ARN.
pub(crate) async fn described(store: &dyn Store, arn: &str) -> Result<Option<Described>, StoreError> {
    let Some(id) = store.find(arn).await? else {
        return Ok(None);
    };
    let Some(summary) = store.summary(id).await? else {
        return Ok(None);
    };
    describe(store, summary).await.map(Some)
}

async fn describe(store: &dyn Store, summary: Summary) -> Result<Described, StoreError> {
    let Summary {
        id,
        created,
        stopped,
        redriven,
        events,
        ..
    } = summary;
    let input = match edge(store, id, HistoryPage::forward(1, 1))
        .await?
        .map(|event| event.detail)
    {
        Some(Detail::ExecutionStarted { input, .. }) => input,
        _ => Payload::trusted("{}"),
    };
    let outcome = match stopped {
        Some(_) => edge(store, id, HistoryPage::backward(events, 1))
            .await?
            .and_then(outcome),
        None => None,
    };
    Ok(Described {
        arn: created.arn,
        name: created.name,
        machine_arn: created.machine_arn,
        version_arn: created.version_arn,
        alias_arn: created.alias_arn,
        map_run_arn: created.map_run_arn,
        trace_header: created.trace_header,
        started: created.started,
        stopped,
        input,
        outcome,
        redriven,
        events,
    })
}

/// The one numbered event of a page.
async fn edge(store: &dyn Store, id: ExecId, page: HistoryPage) -> Result<Option<Event>, StoreError> {
    let events = store.history(id, page).await?;
    Ok(events.into_iter().find(|event| !event.detail.is_silent()))
}

fn outcome(last: Event) -> Option<Outcome> {
    match last.detail {
        Detail::ExecutionSucceeded { output } => Some(Outcome::Succeeded(output)),
        Detail::ExecutionFailed(ending) => Some(Outcome::Failed(ending)),
        Detail::ExecutionTimedOut(ending) => Some(Outcome::TimedOut(ending)),
        Detail::ExecutionAborted(ending) => Some(Outcome::Aborted(ending)),
        _ => None,
    }
}

/// The ARN of the execution with that name: `prefix` ends with a colon.
pub(crate) fn arn(prefix: &str, name: &str) -> Str {
    let mut arn = String::with_capacity(prefix.len() + name.len());
    arn.push_str(prefix);
    arn.push_str(name);
    arn.into()
}

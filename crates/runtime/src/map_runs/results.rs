//! Results: what came of a map run's executions, as its state gives it.

use std::collections::BTreeMap;

use asl::{ResultWriter, Transformation};
use engine::{Ending, MapRunEnd, MapRunPlan};
use integrations::{ChildResult, Described, MapRunScope, ResultsOrder};
use json::{Payload, Str, Value};

use crate::map_runs::seats::Seats;
use crate::shared::Shared;

/// How many results are written at a time.
const PAGE: usize = 500;

/// The results of a map run that writes them nowhere, in the order of its items, as long as they are not larger
/// together than a payload.
pub(super) struct Gathered {
    form: Transformation,
    by_index: BTreeMap<u64, Payload>,
    bytes: usize,
    bytes_max: usize,
    is_too_large: bool,
}

impl Gathered {
    /// Those that a plan asks for.
    pub(super) fn new(plan: &MapRunPlan) -> Self {
        let writer: Option<&ResultWriter> = plan.writer();
        let form = writer.and_then(|writer| writer.transformation);
        Self {
            form: form.unwrap_or(Transformation::Compact),
            by_index: BTreeMap::new(),
            bytes: 2,
            bytes_max: plan.payload_bytes(),
            is_too_large: false,
        }
    }

    /// Whether more results are of any use.
    pub(super) fn is_full(&self) -> bool {
        self.is_too_large
    }

    /// Adds what came of an execution, in place of what was known of it.
    pub(super) fn add(&mut self, index: u64, child: &Described) {
        if self.is_too_large {
            return;
        }
        let shown = match (self.form, child.output()) {
            (Transformation::Compact, Some(output)) => output.clone(),
            (Transformation::Compact, None) => ChildResult::of(child).record.into(),
            _ => Payload::from(Value::from(ChildResult::of(child).shown(self.form))),
        };
        self.bytes += shown.bytes() + 1;
        if let Some(before) = self.by_index.insert(index, shown) {
            self.bytes -= before.bytes() + 1;
        }
        // Brackets that go and commas that come are no more than this.
        let slack = 4 * self.by_index.len();
        if self.bytes > self.bytes_max.saturating_add(slack) {
            self.is_too_large = true;
            self.by_index.clear();
        }
    }

    /// All of them together.
    pub(super) fn end(&self) -> MapRunEnd {
        if self.is_too_large {
            return MapRunEnd::TooLarge;
        }
        let mut results = Vec::with_capacity(self.by_index.len());
        for shown in self.by_index.values() {
            match (self.form, shown.value().as_array()) {
                (Transformation::None | Transformation::Flatten, Some(values)) => {
                    results.extend_from_slice(values);
                }
                _ => results.push(shown.value().clone()),
            }
        }
        match Payload::within(Value::from(results), self.bytes_max) {
            Ok(result) => MapRunEnd::Succeeded(result),
            Err(_) => MapRunEnd::TooLarge,
        }
    }
}

/// Writes the results of the executions that were started elsewhere, then those that were never started, and gives the
/// state's result.
pub(super) async fn export(
    shared: &Shared,
    order: ResultsOrder,
    seats: &Seats,
    started: impl Iterator<Item = u64>,
    pending: Vec<Payload>,
) -> Result<Payload, Ending> {
    let map_run_arn: Str = order.scope.map_run_arn.clone();
    let mut sink = shared.tasks.map_run_io().results(order).await?;
    let mut page = Vec::new();
    for index in started {
        let arn = seats.arn(index);
        let child = shared.described_child(&arn).await;
        let child = child.map_err(|error| unwritten(error.to_string()))?;
        // It was started, and has been removed since: nobody knows what came of it.
        let child = child.ok_or_else(|| unwritten(format!("The execution {arn} is no longer known.")))?;
        page.push(ChildResult::of(&child));
        // What is read may be there at once, and others want to go on too.
        tokio::task::yield_now().await;
        if page.len() >= PAGE {
            sink.write(std::mem::take(&mut page)).await?;
        }
    }
    page.extend(pending.iter().map(ChildResult::pending));
    if !page.is_empty() {
        sink.write(page).await?;
    }
    let details = sink.finish().await?;
    let result = Value::object([
        ("MapRunArn", Value::from(map_run_arn)),
        ("ResultWriterDetails", details),
    ]);
    Ok(result.into())
}

fn unwritten(cause: String) -> Ending {
    Ending {
        error: Some(integrations::map_runs::RESULT_WRITER_FAILED.into()),
        cause: Some(cause.into()),
    }
}

/// On whose behalf a map run reads and writes.
pub(super) fn scope(map_run_arn: &Str, revision: &crate::catalog::Revision) -> MapRunScope {
    MapRunScope {
        map_run_arn: map_run_arn.clone(),
        role_arn: revision.record.role_arn.clone(),
        account: revision.arn.scope.account.clone(),
        region: revision.arn.scope.region.clone(),
    }
}

//! Map runs: where the items of a Distributed Map are read, and where its results are written.
//!
//! A map run opens its [`ItemSource`] once its start is saved, and takes pages from it as its executions need them,
//! so that it never holds many items. After a crash it opens the source again and passes over the items whose
//! executions were started: what is read must not depend on when. A [`ResultSink`] is opened when every execution
//! has ended, is given the ended ones in the order of their items, and is opened anew after a crash: what it writes
//! must take the place of what it wrote before.

pub(crate) mod s3;

use std::sync::Arc;

use asl::{ItemReader, ResultWriter, Transformation};
use engine::Ending;
use json::{Payload, Str, Value};

use crate::call::BoxFuture;
use crate::executions::Described;

/// The error of a map run whose items cannot be read.
pub const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";

/// The error of a map run whose results cannot be written.
pub const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";

/// On whose behalf a map run reads and writes.
#[derive(Debug, Clone)]
pub struct MapRunScope {
    /// The map run's ARN; the last part of it is in the names of what it writes.
    pub map_run_arn: Str,
    /// The role that its state machine runs in.
    pub role_arn: Str,
    /// The account.
    pub account: Arc<str>,
    /// The region.
    pub region: Arc<str>,
}

/// What is to be read.
#[derive(Debug, Clone)]
pub struct ItemsOrder {
    /// On whose behalf.
    pub scope: MapRunScope,
    /// What the state's `ItemReader` says.
    pub reader: ItemReader,
    /// `Parameters` or `Arguments` as computed: `Bucket`, and `Key` or `Prefix`.
    pub parameters: Value,
    /// `MaxItems` as computed; no limit when there is none, or when it is 0.
    pub items_max: Option<u64>,
}

/// An item that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The item.
    pub value: Value,
    /// Its name, when it is a member of a JSON object: `$$.Map.Item.Key`. Its value is the member's then, and
    /// what its execution is given without an `ItemSelector` is `{"Key": …, "Value": …}`.
    pub key: Option<Str>,
    /// `$$.Map.Item.Source`: `S3://bucket/key`, or `S3://bucket` for what is listed.
    pub source: Str,
}

/// Items, read as they are needed.
pub trait ItemSource: Send {
    /// The next items, at least one and at most so many; none when all were given.
    ///
    /// Fails with [`ITEM_READER_FAILED`] and AWS's cause, after which it is not asked again.
    fn page(&mut self, most: usize) -> BoxFuture<'_, Result<Vec<Item>, Ending>>;
}

/// Where results are to be written.
#[derive(Debug, Clone)]
pub struct ResultsOrder {
    /// On whose behalf.
    pub scope: MapRunScope,
    /// What the state's `ResultWriter` says.
    pub writer: ResultWriter,
    /// `Parameters` or `Arguments` as computed: `Bucket` and `Prefix`.
    pub parameters: Value,
}

/// An execution of a map run, as its results tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildResult {
    /// What came of it, which says which file it is written to.
    pub status: ChildStatus,
    /// All that is known of it, as `NONE` writes it: `ExecutionArn`, `Input`, `Output`, `Status`, …
    pub record: Value,
    /// Its output, if it has succeeded: what `COMPACT` and `FLATTEN` write.
    pub output: Option<Payload>,
}

/// What came of an execution of a map run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildStatus {
    /// It succeeded.
    Succeeded,
    /// It failed, timed out or was aborted.
    Failed,
    /// It was not started, because its map run failed before.
    Pending,
}

impl ChildResult {
    /// An execution that has ended.
    pub fn of(child: &Described) -> Self {
        let included = || Value::object([("Included", Value::from(true))]);
        let text = |text: &Option<Str>| text.clone().map(Value::from);
        let ending = child.ending();
        let output = child.output();
        let (redrivable, reason) = match output {
            Some(_) => (
                "NOT_REDRIVABLE",
                Some("Execution is SUCCEEDED and cannot be redriven"),
            ),
            None => ("REDRIVABLE_BY_MAP_RUN", None),
        };
        let redrives = child.redriven.map_or(0, |redriven| redriven.count);
        let members = [
            ("Cause", ending.and_then(|ending| text(&ending.cause))),
            ("Error", ending.and_then(|ending| text(&ending.error))),
            ("ExecutionArn", Some(Value::from(child.arn.clone()))),
            ("Input", Some(Value::from(child.input.text().clone()))),
            ("InputDetails", Some(included())),
            ("Name", Some(Value::from(child.name.clone()))),
            ("Output", output.map(|output| Value::from(output.text().clone()))),
            ("OutputDetails", output.map(|_| included())),
            ("RedriveCount", Some(Value::from(redrives))),
            (
                "RedriveDate",
                child.redriven.map(|redriven| Value::from(redriven.at.to_iso())),
            ),
            ("RedriveStatus", Some(Value::from(redrivable))),
            ("RedriveStatusReason", reason.map(Value::from)),
            ("StartDate", Some(Value::from(child.started.to_iso()))),
            ("StateMachineArn", Some(Value::from(child.machine_arn.clone()))),
            ("Status", Some(Value::from(child.status()))),
            (
                "StopDate",
                child.stopped.map(|stopped| Value::from(stopped.to_iso())),
            ),
        ];
        let present = members
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| (name, value)));
        Self {
            status: match output {
                Some(_) => ChildStatus::Succeeded,
                None => ChildStatus::Failed,
            },
            record: Value::object(present),
            output: output.cloned(),
        }
    }

    /// One that was not started.
    pub fn pending(input: &Payload) -> Self {
        let record = Value::object([
            ("Input", Value::from(input.text().clone())),
            ("InputDetails", Value::object([("Included", Value::from(true))])),
            ("Status", Value::from("PENDING")),
        ]);
        Self {
            status: ChildStatus::Pending,
            record,
            output: None,
        }
    }

    /// What it adds to the result of a state, in this form: nothing, a value, or several. What had no success is
    /// always told whole.
    pub fn shown(&self, form: Transformation) -> Vec<Value> {
        match (form, &self.output) {
            (Transformation::None, _) | (_, None) => vec![self.record.clone()],
            (Transformation::Compact, Some(output)) => vec![output.value().clone()],
            (Transformation::Flatten, Some(output)) => match output.value().as_array() {
                Some(values) => values.to_vec(),
                None => vec![output.value().clone()],
            },
        }
    }
}

/// Takes the results of a map run.
pub trait ResultSink: Send {
    /// Takes the next ones, in the order of their items.
    ///
    /// Fails with [`RESULT_WRITER_FAILED`] and AWS's cause, after which it is not given more.
    fn write(&mut self, results: Vec<ChildResult>) -> BoxFuture<'_, Result<(), Ending>>;

    /// All were given: writes what is left, and the manifest. Gives `ResultWriterDetails`: `Bucket` and `Key`.
    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<Value, Ending>>;
}

/// Opens sources and sinks.
pub trait MapRunIo: Send + Sync {
    /// Opens what the items are read from.
    fn items(&self, order: ItemsOrder) -> BoxFuture<'static, Result<Box<dyn ItemSource>, Ending>>;

    /// Opens what the results are written to.
    fn results(&self, order: ResultsOrder) -> BoxFuture<'static, Result<Box<dyn ResultSink>, Ending>>;
}

/// For servers that read and write nowhere: every map run that asks for it fails.
pub struct Nowhere;

impl MapRunIo for Nowhere {
    fn items(&self, _: ItemsOrder) -> BoxFuture<'static, Result<Box<dyn ItemSource>, Ending>> {
        Box::pin(std::future::ready(Err(unconfigured(ITEM_READER_FAILED))))
    }

    fn results(&self, _: ResultsOrder) -> BoxFuture<'static, Result<Box<dyn ResultSink>, Ending>> {
        Box::pin(std::future::ready(Err(unconfigured(RESULT_WRITER_FAILED))))
    }
}

fn unconfigured(error: &str) -> Ending {
    Ending {
        error: Some(error.into()),
        cause: Some("Amazon S3 is not configured on this server.".into()),
    }
}

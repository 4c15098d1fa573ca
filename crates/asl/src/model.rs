//! The model: a definition that was read, checked and compiled.

use json::{Str, Value};

use crate::choice::ChoiceRule;
use crate::limits::Limits;
use crate::path::{Path, ReferencePath};
use crate::query::Query;
use crate::template::Template;

/// A state machine, ready to run.
#[derive(Debug, Clone)]
pub struct StateMachine {
    /// What its author says of it.
    pub comment: Option<Str>,
    /// How long an execution may take, in seconds.
    pub timeout_seconds: Option<u64>,
    /// The query language of states that name none.
    pub query_language: QueryLanguage,
    /// What its executions keep to.
    pub limits: Limits,
    /// All flows: the machine's own first, then the branches and processors in the order of writing.
    pub flows: Vec<Flow>,
    /// All states of all flows: those of one flow stand together, in the order of writing.
    pub states: Vec<State>,
}

/// The index of a flow in [`StateMachine::flows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId(pub u32);

/// The index of a state in [`StateMachine::states`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateId(pub u32);

impl StateMachine {
    /// The flow that an execution starts in.
    pub const TOP: FlowId = FlowId(0);

    /// A flow of this machine.
    pub fn flow(&self, id: FlowId) -> &Flow {
        &self.flows[id.0 as usize]
    }

    /// A state of this machine.
    pub fn state(&self, id: StateId) -> &State {
        &self.states[id.0 as usize]
    }
}

/// States that follow one another: the machine itself, a branch of a Parallel, the processor of a Map.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Where it starts.
    pub start_at: StateId,
    /// The Parallel or Map state that it belongs to; none for the machine's own flow.
    pub owner: Option<StateId>,
    /// Its states, in the order of writing.
    pub states: Vec<StateId>,
}

impl StateMachine {
    /// Whether any of its states is in JSONata or sets variables.
    pub fn has_jsonata_or_variables(&self) -> bool {
        let has = |state: &State| state.query_language == QueryLanguage::Jsonata || !state.assign.is_empty();
        self.states.iter().any(has)
    }

    /// The Distributed Map of a label.
    pub fn labelled(&self, label: &str) -> Option<&Map> {
        self.states.iter().find_map(|state| match &state.kind {
            StateKind::Map(map) if state.label().as_deref() == Some(label) => Some(&**map),
            _ => None,
        })
    }
}

impl State {
    /// The label of a Distributed Map: its own, or one that is made of its name, which is unique too.
    pub fn label(&self) -> Option<Str> {
        let StateKind::Map(map) = &self.kind else {
            return None;
        };
        let distributed = map.distributed.as_ref()?;
        let made = || made_of(&self.name);
        Some(distributed.label.clone().unwrap_or_else(made))
    }
}

/// A label that looks like those that AWS makes, always the same for the same name (FNV-1a).
fn made_of(name: &str) -> Str {
    let hash = |start: u64| {
        name.bytes().fold(start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    };
    let (high, low) = (hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325_cbf2_9ce4));
    crate::intrinsics::uuid_text(high, low).into()
}

/// The language of a state's expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryLanguage {
    /// Paths, payload templates, intrinsic functions.
    JsonPath,
    /// `{% … %}`.
    Jsonata,
}

/// One state: what all have in common, and what it does.
#[derive(Debug, Clone)]
pub struct State {
    /// Its name, unique in the whole machine.
    pub name: Str,
    /// The flow that it stands in.
    pub flow: FlowId,
    /// What its author says of it.
    pub comment: Option<Str>,
    /// The language of its expressions.
    pub query_language: QueryLanguage,
    /// `InputPath`: what the state takes of its input.
    pub input_path: Selection,
    /// `OutputPath`: what the state gives of its result.
    pub output_path: Selection,
    /// `Output`: what a JSONata state gives in place of its result, or of its input (for a Choice: on the Default way).
    pub output: Option<Template>,
    /// `Assign`: the variables it sets when it ends (for a Choice: on the Default way).
    pub assign: Assign,
    /// What it does.
    pub kind: StateKind,
}

/// What a state does.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each is named as in the language and documented at its type"
)]
pub enum StateKind {
    Pass(Pass),
    Task(Box<Task>),
    Choice(Choice),
    Wait(Wait),
    Succeed,
    Fail(Fail),
    Parallel(Box<Parallel>),
    Map(Box<Map>),
}

/// `InputPath` and `OutputPath`.
#[derive(Debug, Clone, Default)]
pub enum Selection {
    /// Absent or `$`: everything.
    #[default]
    Whole,
    /// `null`: an empty object.
    Nothing,
    /// What a path selects.
    Path(Path),
}

/// `ResultPath`: where the result goes in the input.
#[derive(Debug, Clone, Default)]
pub enum ResultPath {
    /// Absent or `$`: the result takes the input's place.
    #[default]
    Replace,
    /// `null`: the result is dropped and the input goes on.
    Discard,
    /// The result is written into the input.
    Into(ReferencePath),
}

/// What comes after a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// `Next`.
    Next(StateId),
    /// `End: true`.
    End,
}

/// Variables and what they are set to, in the order of writing.
#[derive(Debug, Clone, Default)]
pub struct Assign(pub Vec<(Str, Template)>);

/// Pass: gives its input, or a fixed result, on.
#[derive(Debug, Clone)]
pub struct Pass {
    /// `Parameters`.
    pub parameters: Option<Template>,
    /// `Result`.
    pub result: Option<Value>,
    /// `ResultPath`.
    pub result_path: ResultPath,
    /// What comes after it.
    pub transition: Transition,
}

/// Task: has work done outside.
#[derive(Debug, Clone)]
pub struct Task {
    /// What does the work.
    pub resource: Resource,
    /// `Parameters` or `Arguments`.
    pub parameters: Option<Template>,
    /// `Credentials`.
    pub credentials: Option<Template>,
    /// `TimeoutSeconds` or `TimeoutSecondsPath`.
    pub timeout: Option<Whole>,
    /// `HeartbeatSeconds` or `HeartbeatSecondsPath`.
    pub heartbeat: Option<Whole>,
    /// What happens to its result, its errors, and after it.
    pub after: After,
}

/// What Task, Parallel and Map have in common: what happens to a result, what after a failure.
#[derive(Debug, Clone)]
pub struct After {
    /// `ResultSelector`.
    pub result_selector: Option<Template>,
    /// `ResultPath`.
    pub result_path: ResultPath,
    /// `Retry`, in the order of writing.
    pub retry: Vec<Retrier>,
    /// `Catch`, in the order of writing.
    pub catch: Vec<Catcher>,
    /// What comes after it.
    pub transition: Transition,
}

/// A whole number: written down, or read from a path when the state runs.
#[derive(Debug, Clone)]
pub enum Whole {
    /// Written in the definition.
    Literal(u64),
    /// Found by a path; the field's name (`TimeoutSecondsPath`, …) is in the messages.
    Path(Path),
    /// What a JSONata expression gives.
    Query(Query),
}

/// `Resource`: who does a task's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The whole ARN, as written.
    pub arn: Str,
    /// What the ARN says.
    pub target: Target,
}

/// What a resource ARN names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`, called with the raw input.
    Function,
    /// `arn:aws:states:REGION:ACCOUNT:activity:NAME`.
    Activity,
    /// `arn:aws:states:::SERVICE:ACTION[.PATTERN]`; an AWS SDK service is `aws-sdk:NAME`.
    Service {
        /// `lambda`, `sqs`, `aws-sdk:s3`, …: history's `resourceType`.
        service: Str,
        /// `invoke`, `sendMessage`, …, without the pattern.
        action: Str,
        /// How the answer comes.
        pattern: Pattern,
        /// The action with its pattern (`startExecution.sync:2`): history's `resource`.
        resource: Str,
    },
}

/// How a service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// The call's own answer is the result.
    RequestResponse,
    /// `.sync`: the job's end is the result.
    Sync,
    /// `.sync:2`: the same, with JSON where `.sync` has text.
    Sync2,
    /// `.waitForTaskToken`: somebody sends the result.
    WaitForTaskToken,
}

/// Choice: goes where its first true rule points.
#[derive(Debug, Clone)]
pub struct Choice {
    /// `Choices`, in the order of writing.
    pub branches: Vec<ChoiceBranch>,
    /// `Default`.
    pub default: Option<StateId>,
}

/// One top-level rule of a Choice.
#[derive(Debug, Clone)]
pub struct ChoiceBranch {
    /// What must be true.
    pub rule: ChoiceRule,
    /// `Output`, in JSONata.
    pub output: Option<Template>,
    /// `Assign`.
    pub assign: Assign,
    /// Where it goes.
    pub next: StateId,
}

/// Wait: lets time pass.
#[derive(Debug, Clone)]
pub struct Wait {
    /// Until when.
    pub until: Until,
    /// What comes after it.
    pub transition: Transition,
}

/// Until when a Wait waits.
#[derive(Debug, Clone)]
pub enum Until {
    /// `Seconds`.
    Seconds(u64),
    /// `SecondsPath`.
    SecondsPath(Path),
    /// `Timestamp`, in milliseconds since 1970, checked when the machine was created.
    Timestamp(i64),
    /// `TimestampPath`.
    TimestampPath(Path),
    /// `Seconds` that a JSONata expression gives.
    SecondsQuery(Query),
    /// `Timestamp` that a JSONata expression gives.
    TimestampQuery(Query),
}

/// Fail: ends the execution, or the branch, with an error.
#[derive(Debug, Clone, Default)]
pub struct Fail {
    /// `Error` or `ErrorPath`.
    pub error: Option<FailText>,
    /// `Cause` or `CausePath`.
    pub cause: Option<FailText>,
}

/// A text of a Fail state.
#[derive(Debug, Clone)]
pub enum FailText {
    /// `Error`, `Cause`.
    Literal(Str),
    /// `ErrorPath`, `CausePath`: a path or an intrinsic function that must give a string.
    Computed(Template),
    /// `Error`, `Cause`: a JSONata expression that must give a string.
    Query(Query),
}

/// Parallel: runs its branches at once and collects their results.
#[derive(Debug, Clone)]
pub struct Parallel {
    /// `Parameters` or `Arguments`.
    pub parameters: Option<Template>,
    /// `Branches`, in the order of writing.
    pub branches: Vec<FlowId>,
    /// What happens to its result, its errors, and after it.
    pub after: After,
}

/// Map: runs its processor once for every item.
#[derive(Debug, Clone)]
pub struct Map {
    /// What it iterates over.
    pub items: Items,
    /// `ItemSelector`, or `Parameters` in older definitions.
    pub item_selector: Option<Template>,
    /// `MaxConcurrency` or `MaxConcurrencyPath`; 0 sets no limit of its own.
    pub max_concurrency: Option<Whole>,
    /// How much may fail.
    pub tolerance: Tolerance,
    /// What only a Distributed Map has; none on an inline one.
    pub distributed: Option<Distributed>,
    /// `ItemProcessor` or `Iterator`.
    pub processor: FlowId,
    /// What happens to its result, its errors, and after it.
    pub after: After,
}

/// How many iterations of a Distributed Map may fail before it fails itself. An inline Map may name it too, where
/// it means nothing.
#[derive(Debug, Clone, Default)]
pub struct Tolerance {
    /// `ToleratedFailureCount` or `ToleratedFailureCountPath`.
    pub count: Option<Whole>,
    /// `ToleratedFailurePercentage` or `ToleratedFailurePercentagePath`.
    pub percentage: Option<Percentage>,
}

/// A number from 0 to 100: written down, or found when the state runs.
#[derive(Debug, Clone)]
pub enum Percentage {
    /// Written in the definition.
    Literal(f64),
    /// Found by a path.
    Path(Path),
    /// What a JSONata expression gives.
    Query(Query),
}

/// What only a Distributed Map has.
#[derive(Debug, Clone)]
pub struct Distributed {
    /// `ExecutionType`: what its executions are.
    pub children: ChildType,
    /// `Label`: its part of the ARNs of its runs and their executions.
    pub label: Option<Str>,
    /// `ItemReader`: where its items are read, in place of its input.
    pub reader: Option<ItemReader>,
    /// `ItemBatcher`: how many items each of its executions is given.
    pub batcher: Option<ItemBatcher>,
    /// `ResultWriter`: where its results are written, and what they look like.
    pub writer: Option<ResultWriter>,
}

impl Distributed {
    /// Whether its results are written elsewhere, so that it gives an object in place of an array.
    pub fn writes_results(&self) -> bool {
        self.writer
            .as_ref()
            .is_some_and(|writer| writer.destination.is_some())
    }
}

/// What the executions are that a Distributed Map starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the language")]
pub enum ChildType {
    Standard,
    Express,
}

/// `ItemReader`.
#[derive(Debug, Clone)]
pub struct ItemReader {
    /// Whether `Resource` lists objects (`s3:listObjectsV2`), which are the items then; otherwise it is one object
    /// with items in it (`s3:getObject`).
    pub lists: bool,
    /// `Parameters` or `Arguments`: which bucket, and what in it.
    pub parameters: Option<Template>,
    /// `ReaderConfig.InputType`: how the items are written.
    pub format: ItemFormat,
    /// `ReaderConfig.Transformation` is `LOAD_AND_FLATTEN`: the items stand in the objects that are listed.
    pub flattens: bool,
    /// `ReaderConfig.ManifestType`.
    pub manifest: Option<ManifestType>,
    /// `ReaderConfig.ItemsPointer`: the JSON Pointer of the items in what is read.
    pub items_pointer: Option<Str>,
    /// `ReaderConfig.CSVDelimiter`.
    pub csv_delimiter: char,
    /// `ReaderConfig.CSVHeaders`; the first row when there is none.
    pub csv_headers: Option<Vec<Str>>,
    /// `ReaderConfig.MaxItems` or `MaxItemsPath`.
    pub max_items: Option<Whole>,
}

/// How items that are read are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemFormat {
    /// `JSON`: one document. Also the answer of a listing, which has no `InputType`.
    Json,
    /// `JSONL`: a document on each line.
    JsonLines,
    /// `CSV`.
    Csv,
    /// `PARQUET`.
    Parquet,
    /// `MANIFEST`: a list of objects in which the items stand.
    Manifest,
}

/// `ReaderConfig.ManifestType`: what wrote a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestType {
    /// `ATHENA_DATA`: an `UNLOAD` of Athena.
    Athena,
    /// `S3_INVENTORY`: an inventory of a bucket.
    Inventory,
}

/// `ResultWriter`: at least one of a destination and `WriterConfig`.
#[derive(Debug, Clone)]
pub struct ResultWriter {
    /// `Parameters` or `Arguments`: the bucket and prefix that results are written to (`s3:putObject`). Without,
    /// the results are the state's.
    pub destination: Option<Template>,
    /// `WriterConfig.Transformation`.
    pub transformation: Option<Transformation>,
    /// `WriterConfig.OutputType` is `JSONL`: each result on a line of its own.
    pub lines: bool,
}

/// `WriterConfig.Transformation`: what is made of the result of each execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transformation {
    /// `NONE`: all that is known of the execution.
    None,
    /// `COMPACT`: its output.
    Compact,
    /// `FLATTEN`: the elements of its output, if that is an array.
    Flatten,
}

/// `ItemBatcher`.
#[derive(Debug, Clone)]
pub struct ItemBatcher {
    /// `BatchInput`.
    pub batch_input: Option<Template>,
    /// `MaxItemsPerBatch` or `MaxItemsPerBatchPath`.
    pub items_max: Option<Whole>,
    /// `MaxInputBytesPerBatch` or `MaxInputBytesPerBatchPath`.
    pub bytes_max: Option<Whole>,
}

/// What a Map iterates over.
#[derive(Debug, Clone)]
pub enum Items {
    /// JSONPath: `ItemsPath`; the whole effective input when absent.
    Path(Option<Path>),
    /// JSONata: `Items`; the whole input when absent.
    Template(Option<Template>),
}

/// One element of `Retry`.
#[derive(Debug, Clone)]
pub struct Retrier {
    /// `ErrorEquals`.
    pub error_equals: Vec<Str>,
    /// `IntervalSeconds`: 1 when absent.
    pub interval_seconds: u64,
    /// `MaxAttempts`: 3 when absent; 0 never retries.
    pub max_attempts: u64,
    /// `BackoffRate`: 2.0 when absent.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`.
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy` is `FULL`.
    pub full_jitter: bool,
}

/// One element of `Catch`.
#[derive(Debug, Clone)]
pub struct Catcher {
    /// `ErrorEquals`.
    pub error_equals: Vec<Str>,
    /// `ResultPath`.
    pub result_path: ResultPath,
    /// `Output`: what goes on in place of the error, in JSONata.
    pub output: Option<Template>,
    /// `Assign`.
    pub assign: Assign,
    /// Where it goes.
    pub next: StateId,
}

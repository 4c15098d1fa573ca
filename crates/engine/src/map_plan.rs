//! Map plan: what a map run gives to its executions.
//!
//! A plan holds the execution as it was when its map run started. The same item always gets the same input, whatever
//! was done in between, so that a run can go on after a crash where it was.

use asl::{ChildType, Failure, FlowId, ItemReader, Map, ResultWriter, State, StateKind};
use json::{Payload, Str, Value};

use crate::event::{Ending, MapRunStart};
use crate::execution::{Execution, Phase};
use crate::input::TaskKey;
use crate::moment::{Chance, Millis};
use crate::states;
use crate::view::{View, ViewedItem};

/// `$$.Map.Item.Source` of items that come from the state's input.
pub const STATE_DATA: &str = "STATE_DATA";

/// An item of a map run.
#[derive(Debug, Clone, PartialEq)]
pub struct MapItem {
    /// The item, or the value of the member that it is.
    pub value: Value,
    /// Its name, when it is a member of an object.
    pub key: Option<Str>,
    /// Where it comes from: [`STATE_DATA`], or the place in S3.
    pub source: Str,
}

/// What a map run reads.
#[derive(Debug, Clone)]
pub struct ItemReading {
    /// What the state's `ItemReader` says.
    pub reader: ItemReader,
    /// `Parameters` or `Arguments` as computed.
    pub parameters: Value,
    /// `MaxItems` as computed.
    pub items_max: Option<u64>,
}

/// A map run as those need to know it who start its executions.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRunPlan {
    execution: Execution,
    run: TaskKey,
    start: MapRunStart,
    entered_at: Millis,
}

impl MapRunPlan {
    /// The plan of a map run that is under way.
    pub fn of(execution: &Execution, run: TaskKey) -> Option<Self> {
        let visit = execution.visit(run.branch)?;
        let entered_at = visit.entered_at;
        let start = match &visit.phase {
            Phase::MapRun(known) if known.event == run.event => known.start.clone(),
            _ => return None,
        };
        Some(Self {
            execution: execution.clone(),
            run,
            start,
            entered_at,
        })
    }

    /// What the run began with.
    pub fn start(&self) -> &MapRunStart {
        &self.start
    }

    /// The branch, and the number of the Started event.
    pub fn run(&self) -> TaskKey {
        self.run
    }

    /// How often the run was redriven.
    pub fn redrives(&self) -> u32 {
        match self.execution.visit(self.run.branch).map(|visit| &visit.phase) {
            Some(Phase::MapRun(run)) => run.redrives,
            _ => 0,
        }
    }

    /// What its executions are.
    pub fn children(&self) -> ChildType {
        let distributed = self.map().and_then(|map| map.distributed.as_ref());
        distributed.map_or(ChildType::Standard, |distributed| distributed.children)
    }

    /// The flow that its executions run.
    pub fn flow(&self) -> FlowId {
        self.map().map_or(asl::StateMachine::TOP, |map| map.processor)
    }

    /// The items that come from the state's input; nothing when they are read.
    pub fn items(&self) -> Option<Vec<MapItem>> {
        if self.start.reader.is_some() {
            return None;
        }
        let source = Str::from(STATE_DATA);
        let item = |key: Option<&Str>, value: &Value| MapItem {
            value: value.clone(),
            key: key.cloned(),
            source: source.clone(),
        };
        Some(match self.start.items.value() {
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| item(Some(key), value))
                .collect(),
            items => items
                .as_array()
                .unwrap_or_default()
                .iter()
                .map(|value| item(None, value))
                .collect(),
        })
    }

    /// What it reads, if it does. Fails with AWS's words for a `MaxItems` that is none.
    pub fn reading(&self) -> Result<Option<ItemReading>, Ending> {
        let (Some(reader), Some(parameters)) = (self.reader(), &self.start.reader) else {
            return Ok(None);
        };
        let items_max = reader
            .max_items
            .as_ref()
            .map(|most| self.evaluate(0, None, |env| most.resolve("MaxItems", env)))
            .transpose();
        let items_max = items_max.map_err(|failure| match failure.cause.as_deref() {
            Some("MaxItems cannot be negative.") => Ending {
                error: Some("States.ItemReaderFailed".into()),
                cause: Some("field MaxItems must be positive".into()),
            },
            _ => failure.into(),
        })?;
        Ok(Some(ItemReading {
            reader: reader.clone(),
            parameters: parameters.value().clone(),
            items_max,
        }))
    }

    /// How many bytes a payload may have.
    pub fn payload_bytes(&self) -> usize {
        self.execution.head.machine.limits.payload_bytes
    }

    /// What the state's `ResultWriter` says, if there is one.
    pub fn writer(&self) -> Option<&ResultWriter> {
        self.map()?.distributed.as_ref()?.writer.as_ref()
    }

    /// What is made of an item: the item itself, or what `ItemSelector` makes of it.
    pub fn select(&self, index: u64, item: &MapItem) -> Result<Value, Failure> {
        let selector = self.map().and_then(|map| map.item_selector.as_ref());
        match (selector, &item.key) {
            (Some(selector), _) => {
                let viewed = ViewedItem {
                    index,
                    value: item.value.clone(),
                    key: item.key.as_ref(),
                    source: Some(&item.source),
                };
                self.evaluate(index, Some(viewed), |env| selector.evaluate(env))
            }
            (None, Some(key)) => Ok(states::map_run::pair(key, &item.value)),
            (None, None) => Ok(item.value.clone()),
        }
    }

    /// The input of an execution; too large a one fails the run.
    pub fn input(&self, value: Value) -> Result<Payload, Failure> {
        let name = self.state().map(|state| &*state.name).unwrap_or_default();
        Payload::within(value, self.payload_bytes()).map_err(|reason| states::unprintable(name, reason))
    }

    fn evaluate<T>(
        &self,
        index: u64,
        item: Option<ViewedItem<'_>>,
        evaluate: impl FnOnce(asl::Env<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let gone = || Failure::runtime("the state is not running");
        let branch = self.run.branch;
        let visit = self.execution.visit(branch).ok_or_else(gone)?;
        let state = self.state().ok_or_else(gone)?;
        let chance = Chance::new(self.start.seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let view = View::of(&self.execution, &chance, self.entered_at, branch);
        let effective = state.input_path.select(view.env(visit.input.value()))?;
        let view = match item {
            Some(item) => View::of(&self.execution, &chance, self.entered_at, branch).with_item(item),
            None => view,
        };
        evaluate(view.env(&effective))
    }

    fn reader(&self) -> Option<&ItemReader> {
        self.map()?.distributed.as_ref()?.reader.as_ref()
    }

    fn map(&self) -> Option<&Map> {
        match &self.state()?.kind {
            StateKind::Map(map) => Some(map),
            _ => None,
        }
    }

    fn state(&self) -> Option<&State> {
        let visit = self.execution.visit(self.run.branch)?;
        Some(self.execution.head.machine.state(visit.state))
    }
}

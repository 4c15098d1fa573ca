//! Probe: what becomes of the data of one state, stage by stage, told to whoever tests the state.
//!
//! Executions have none, and pay no more for it than the question whether there is one.

use std::cell::{Cell, RefCell};

use asl::{Failure, QueryLanguage};
use json::Value;

use crate::step::Stepper;

/// What a value is in the way of a state's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The input after `InputPath`.
    InputPath,
    /// What the state's work is given: the input after `Parameters`.
    Parameters,
    /// What the state's work is given in JSONata: `Arguments`.
    Arguments,
    /// The items that `ItemsPointer` points to in what was read.
    ItemsPointer,
    /// The items after `ItemsPath`.
    ItemsPath,
    /// The inputs of the iterations after `ItemSelector`.
    ItemSelector,
    /// The inputs of the iterations after `ItemBatcher`.
    ItemBatcher,
    /// The raw result.
    Result,
    /// The result after `ResultSelector`.
    ResultSelector,
    /// The input with the result in it, after `ResultPath`.
    ResultPath,
}

impl Stage {
    /// Whether AWS shows it for a state in this language.
    fn is_of(self, language: QueryLanguage) -> bool {
        match self {
            Self::InputPath
            | Self::Parameters
            | Self::ItemsPath
            | Self::ResultSelector
            | Self::ResultPath => language == QueryLanguage::JsonPath,
            Self::Arguments => language == QueryLanguage::Jsonata,
            Self::ItemsPointer | Self::ItemSelector | Self::ItemBatcher | Self::Result => true,
        }
    }
}

/// Who dealt with a failure, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Handled {
    /// The retrier that means the error, by its place; it may have no attempts left.
    pub retrier: Option<u32>,
    /// How long it waits before it tries again, in milliseconds, if it does.
    pub backoff_millis: Option<i64>,
    /// The catcher that caught it, by its place.
    pub catcher: Option<u32>,
}

/// Watches one state.
#[derive(Debug)]
pub(crate) struct Probe {
    language: QueryLanguage,
    /// The context object that the state sees in place of its own.
    pub(crate) context: Option<Value>,
    /// The item of the Map that the state stands in: its index and its value.
    pub(crate) item: Option<(u64, Value)>,
    seen: RefCell<Vec<(Stage, Value)>>,
    failure: RefCell<Option<Failure>>,
    handled: Cell<Handled>,
}

impl Probe {
    pub(crate) fn new(language: QueryLanguage, context: Option<Value>, item: Option<(u64, Value)>) -> Self {
        Self {
            language,
            context,
            item,
            seen: RefCell::default(),
            failure: RefCell::default(),
            handled: Cell::default(),
        }
    }

    /// What was seen, each stage once, in the order in which they came.
    pub(crate) fn seen(&self) -> Vec<(Stage, Value)> {
        self.seen.borrow().clone()
    }

    /// How the state failed first, whatever became of it.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure.borrow().clone()
    }

    /// Who dealt with the failure.
    pub(crate) fn handled(&self) -> Handled {
        self.handled.get()
    }

    fn saw(&self, stage: Stage, value: &Value) {
        if !stage.is_of(self.language) {
            return;
        }
        let mut seen = self.seen.borrow_mut();
        match seen.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, known)) => *known = value.clone(),
            None => seen.push((stage, value.clone())),
        }
    }
}

impl Stepper<'_> {
    /// Tells the probe, if there is one, what the data became.
    pub(crate) fn saw(&self, stage: Stage, value: &Value) {
        if let Some(probe) = self.probe {
            probe.saw(stage, value);
        }
    }

    pub(crate) fn saw_failure(&self, failure: &Failure) {
        if let Some(probe) = self.probe {
            probe.failure.borrow_mut().get_or_insert_with(|| failure.clone());
        }
    }

    pub(crate) fn saw_retrier(&self, index: usize) {
        if let Some(probe) = self.probe {
            let retrier = Some(index as u32);
            probe.handled.set(Handled {
                retrier,
                ..probe.handled.get()
            });
        }
    }

    pub(crate) fn saw_backoff(&self, millis: i64) {
        if let Some(probe) = self.probe {
            let backoff_millis = Some(millis);
            probe.handled.set(Handled {
                backoff_millis,
                ..probe.handled.get()
            });
        }
    }

    pub(crate) fn saw_catcher(&self, index: usize) {
        if let Some(probe) = self.probe {
            let catcher = Some(index as u32);
            probe.handled.set(Handled {
                catcher,
                ..probe.handled.get()
            });
        }
    }
}

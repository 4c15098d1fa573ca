//! Checks of the whole: how states belong together.
//!
//! The parser checks each field where it reads it, and leaves an [`Outline`] behind; what needs more than one
//! state to be seen is checked here.

mod graph;
mod names;
mod variables;

use std::fmt::Write as _;

use json::Str;

use crate::diagnostics::{Code, Diagnostic, Findings, Place};
use crate::model::{FlowId, StateId};

/// What the checks need to know of a definition, faulty ones too.
#[derive(Default)]
pub(crate) struct Outline {
    pub(crate) flows: Vec<FlowOutline>,
    pub(crate) states: Vec<StateOutline>,
    /// The labels of Distributed Maps.
    pub(crate) labels: Vec<(StateId, Str, Place)>,
    /// The Distributed Maps whose items are in Parquet, which are read but do not run in this version.
    pub(crate) parquet: Vec<(StateId, Place)>,
}

#[derive(Default)]
pub(crate) struct FlowOutline {
    /// The state that the flow belongs to, and where in it the flow stands.
    pub(crate) owner: Option<(StateId, Part)>,
    pub(crate) start: Option<StateId>,
    pub(crate) states: Vec<StateId>,
    /// Names that stand more than once in the same `States`.
    pub(crate) repeated: Vec<(Str, Place)>,
}

pub(crate) struct StateOutline {
    pub(crate) name: Str,
    pub(crate) flow: FlowId,
    /// Where its name stands.
    pub(crate) place: Place,
    /// Whether it only stands for a name that a lone state goes to.
    pub(crate) is_elsewhere: bool,
    /// Whether it can end its flow.
    pub(crate) ends: bool,
    /// Where it can go.
    pub(crate) next: Vec<StateId>,
    /// The variables it sets, and in which part of it.
    pub(crate) assigned: Vec<(Str, Part, Place)>,
}

/// A part of a state that the checks of the whole tell apart.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    State,
    Choice(usize),
    Catch(usize),
    Branch(usize),
    ItemProcessor,
    Iterator,
}

/// Checks how the states of a definition belong together.
///
/// Names are always checked. Reachability is checked only when all fields are right, because a faulty
/// transition makes everything behind it unreachable.
pub(crate) fn check(outline: &Outline, fields: &Findings, whole: &Findings) {
    names::check(outline, whole);
    variables::check(outline, whole);
    if !fields.failed() {
        graph::check(outline, whole);
    }
}

impl StateOutline {
    pub(crate) fn new(name: Str, flow: FlowId, place: Place) -> Self {
        Self {
            name,
            flow,
            place,
            is_elsewhere: false,
            ends: false,
            next: Vec::new(),
            assigned: Vec::new(),
        }
    }
}

impl Part {
    fn write(self, out: &mut String) {
        let _ = match self {
            Self::State => Ok(()),
            Self::Choice(index) => write!(out, "/Choices[{index}]"),
            Self::Catch(index) => write!(out, "/Catch[{index}]"),
            Self::Branch(index) => write!(out, "/Branches[{index}]"),
            Self::ItemProcessor => write!(out, "/ItemProcessor"),
            Self::Iterator => write!(out, "/Iterator"),
        };
    }
}

impl Outline {
    pub(crate) fn flow(&self, id: FlowId) -> &FlowOutline {
        &self.flows[id.0 as usize]
    }

    pub(crate) fn state(&self, id: StateId) -> &StateOutline {
        &self.states[id.0 as usize]
    }

    /// Where a state stands, as AWS writes it.
    pub(crate) fn location(&self, id: StateId) -> String {
        let state = self.state(id);
        self.location_in(state.flow, &state.name)
    }

    /// Where a state of that name stands in a flow.
    pub(crate) fn location_in(&self, flow: FlowId, name: &str) -> String {
        let mut owners = Vec::new();
        let mut owner = self.flow(flow).owner;
        while let Some((state, part)) = owner {
            owners.push((state, part));
            owner = self.flow(self.state(state).flow).owner;
        }
        let mut location = String::new();
        for (state, part) in owners.into_iter().rev() {
            location.push_str("/States/");
            location.push_str(&self.state(state).name);
            part.write(&mut location);
        }
        location.push_str("/States/");
        location.push_str(name);
        location
    }

    /// The states with their ids, in the order of their ids.
    fn numbered(&self) -> impl Iterator<Item = (StateId, &StateOutline)> {
        (0..).map(StateId).zip(&self.states)
    }
}

/// Adds a finding about a state.
fn report(whole: &Findings, code: Code, place: Place, location: impl FnOnce() -> String, message: String) {
    whole.add(code.severity(), || {
        Diagnostic::new(code, message, Some(location()), Some(place))
    });
}

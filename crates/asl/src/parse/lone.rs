//! Lone: a definition of one state, to be tested by itself.
//!
//! It is read as the only state of a machine. Where it goes to is known by name alone: a state that ends at once
//! stands for every name.

use json::Str;

use crate::document::{Content, Node, Object};
use crate::model::{Assign, Flow, QueryLanguage, Selection, State, StateId, StateKind, StateMachine};
use crate::parse::fields::{Field, Location};
use crate::parse::flow::{Head, Reader, Scope};
use crate::validate::{FlowOutline, StateOutline};

/// What AWS calls a state that is tested by itself.
pub const LONE_STATE: &str = "StateName";

impl Reader<'_> {
    /// Reads the state and the names that it goes to.
    pub(crate) fn lone_state(&mut self, root: &Node) -> Option<Head> {
        // The state itself has no name that could be gone to.
        let mut names = vec![Str::default()];
        if let Content::Object(object) = &root.content {
            for name in targets(object) {
                if !name.is_empty() && !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        let scope = Scope::new(StateMachine::TOP, &names);
        let ids: Vec<StateId> = (0..names.len() as u32).map(StateId).collect();
        self.outline.flows.push(FlowOutline {
            start: Some(StateId(0)),
            states: ids.clone(),
            ..FlowOutline::default()
        });
        self.flows.push(Some(Flow {
            start_at: StateId(0),
            owner: None,
            states: ids,
        }));
        self.outline.states.push(StateOutline::new(
            LONE_STATE.into(),
            StateMachine::TOP,
            root.place,
        ));
        self.states.push(None);
        for name in &names[1..] {
            let outline = StateOutline::new(name.clone(), StateMachine::TOP, root.place);
            self.outline.states.push(StateOutline {
                ends: true,
                is_elsewhere: true,
                ..outline
            });
            self.states.push(Some(elsewhere(name.clone())));
        }

        let states = Location::ROOT.field("States");
        let field = Field {
            name: LONE_STATE,
            node: root,
            location: states.state(LONE_STATE),
            language: QueryLanguage::JsonPath,
            findings: self.findings,
        };
        self.states[0] = self.state(StateId(0), &field, &scope);
        Some(Head::default())
    }
}

/// The names that a state goes to.
fn targets(state: &Object) -> impl Iterator<Item = &Str> {
    let own = ["Next", "Default"].into_iter().filter_map(|name| state.get(name));
    let nested = ["Choices", "Catch"]
        .into_iter()
        .filter_map(|name| state.get(name))
        .flat_map(|member| match &member.value.content {
            Content::Array(elements) => elements.as_slice(),
            _ => &[],
        })
        .filter_map(|element| match &element.content {
            Content::Object(object) => object.get("Next"),
            _ => None,
        });
    own.chain(nested).filter_map(|member| member.value.as_text())
}

/// A state that is known by its name.
fn elsewhere(name: Str) -> State {
    State {
        name,
        flow: StateMachine::TOP,
        comment: None,
        query_language: QueryLanguage::JsonPath,
        input_path: Selection::Whole,
        output_path: Selection::Whole,
        output: None,
        assign: Assign::default(),
        kind: StateKind::Succeed,
    }
}

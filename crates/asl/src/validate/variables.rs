//! Scopes of variables: a branch or processor may read the variables around it, but not assign their names.
//!
//! What the Parallel or Map itself assigns is no clash: that happens when its branches are over.

use std::collections::HashMap;

use json::Str;

use crate::diagnostics::{Code, Findings};
use crate::model::{FlowId, StateId};
use crate::validate::{Outline, report};

/// The states of each flow that assign a variable.
type Assigning = HashMap<FlowId, Vec<StateId>>;

pub(crate) fn check(outline: &Outline, whole: &Findings) {
    let mut assigning: HashMap<&Str, Assigning> = HashMap::new();
    for (id, state) in outline.numbered() {
        for (name, ..) in &state.assigned {
            assigning
                .entry(name)
                .or_default()
                .entry(state.flow)
                .or_default()
                .push(id);
        }
    }
    for (id, state) in outline.numbered() {
        for (name, part, place) in &state.assigned {
            if !is_assigned_around(outline, state.flow, &assigning[name]) {
                continue;
            }
            let location = || {
                let mut location = outline.location(id);
                part.write(&mut location);
                location + "/Assign"
            };
            let message =
                format!("Variable '{name}' is assigned in an outer scope and cannot be assigned here");
            report(whole, Code::SchemaValidationFailed, *place, location, message);
        }
    }
}

fn is_assigned_around(outline: &Outline, flow: FlowId, assigning: &Assigning) -> bool {
    let mut owner = outline.flow(flow).owner;
    while let Some((state, _)) = owner {
        let around = outline.state(state).flow;
        if assigning
            .get(&around)
            .is_some_and(|states| states.iter().any(|other| *other != state))
        {
            return true;
        }
        owner = outline.flow(around).owner;
    }
    false
}

//! Scopes of variables: a branch or processor may read the variables around it, but not assign their names.

use std::collections::{HashMap, HashSet};

use json::Str;

use crate::diagnostics::{Code, Findings};
use crate::model::FlowId;
use crate::validate::{Outline, report};

pub(crate) fn check(outline: &Outline, whole: &Findings) {
    let mut flows_of: HashMap<&Str, HashSet<FlowId>> = HashMap::new();
    for state in &outline.states {
        for (name, ..) in &state.assigned {
            flows_of.entry(name).or_default().insert(state.flow);
        }
    }
    for (id, state) in outline.numbered() {
        for (name, part, place) in &state.assigned {
            if !is_assigned_around(outline, state.flow, &flows_of[name]) {
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

fn is_assigned_around(outline: &Outline, flow: FlowId, flows: &HashSet<FlowId>) -> bool {
    let mut owner = outline.flow(flow).owner;
    while let Some((state, _)) = owner {
        let around = outline.state(state).flow;
        if flows.contains(&around) {
            return true;
        }
        owner = outline.flow(around).owner;
    }
    false
}

//! Names: of states, which are unique in the whole machine, and labels, likewise.

use std::collections::HashSet;

use crate::diagnostics::{Code, Findings};
use crate::limits::STATE_NAME_CHARS_MAX;
use crate::model::FlowId;
use crate::validate::{Outline, report};

pub(crate) fn check(outline: &Outline, whole: &Findings) {
    let mut seen = HashSet::new();
    for (id, state) in outline.numbered().filter(|(_, state)| !state.is_elsewhere) {
        let name = &*state.name;
        if let Some(fault) = fault(name) {
            report(
                whole,
                Code::InvalidStateName,
                state.place,
                || outline.location(id),
                fault,
            );
        }
        if !seen.insert(name) {
            let message = format!("Duplicate State name: {name}");
            report(
                whole,
                Code::DuplicateStateName,
                state.place,
                || outline.location(id),
                message,
            );
        }
    }
    for (flow, repeated) in (0..)
        .map(FlowId)
        .zip(outline.flows.iter().map(|flow| &flow.repeated))
    {
        for (name, place) in repeated {
            let message = format!("Duplicate State name: {name}");
            let location = || outline.location_in(flow, name);
            report(whole, Code::DuplicateStateName, *place, location, message);
        }
    }
    let mut seen = HashSet::new();
    for (id, label, place) in &outline.labels {
        if !seen.insert(label) {
            let location = || format!("{}/Label", outline.location(*id));
            report(
                whole,
                Code::DuplicateLabelName,
                *place,
                location,
                format!("Duplicate Label name: {label}"),
            );
        }
    }
}

fn fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("Invalid State name: The name of a State cannot be empty".into());
    }
    if name.chars().count() <= STATE_NAME_CHARS_MAX {
        return None;
    }
    Some(format!(
        "Invalid State name: State '{name}' exceeds the {STATE_NAME_CHARS_MAX}-character limit allowed by the service"
    ))
}

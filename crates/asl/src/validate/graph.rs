//! The graph of each flow: some state must end it, and something must lead to every state.

use crate::diagnostics::{Code, Diagnostic, Findings, Severity};
use crate::model::StateId;
use crate::validate::{FlowOutline, Outline, report};

pub(crate) fn check(outline: &Outline, whole: &Findings) {
    for flow in &outline.flows {
        let ends = flow.states.iter().any(|id| outline.state(*id).ends);
        if ends {
            check_reached(outline, flow, whole);
            continue;
        }
        // AWS names no location for it, and leaves unreachable states out then.
        let place = flow.states.first().map(|id| outline.state(*id).place);
        whole.add(Severity::Error, || {
            Diagnostic::new(
                Code::MissingEndState,
                "Workflow has no terminal state",
                None,
                place,
            )
        });
    }
}

fn check_reached(outline: &Outline, flow: &FlowOutline, whole: &Findings) {
    let Some(first) = flow.states.first() else {
        return;
    };
    let place_of = |id: StateId| (id.0 - first.0) as usize;
    let mut reached = vec![false; flow.states.len()];
    // AWS asks no more than that something leads to a state, be it out of reach itself.
    for id in &flow.states {
        for next in &outline.state(*id).next {
            reached[place_of(*next)] = true;
        }
    }
    if let Some(start) = flow.start {
        reached[place_of(start)] = true;
    }
    for id in flow.states.iter().filter(|id| !reached[place_of(**id)]) {
        let state = outline.state(*id);
        let message = format!("State \"{}\" is not reachable.", state.name);
        report(
            whole,
            Code::MissingTransitionTarget,
            state.place,
            || outline.location(*id),
            message,
        );
    }
}

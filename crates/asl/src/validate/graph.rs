//! The graph of each flow: some state must end it, and every state must be reached.

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
    let mut open: Vec<StateId> = flow.start.into_iter().collect();
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut reached[place_of(id)], true) {
            open.extend(&outline.state(id).next);
        }
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

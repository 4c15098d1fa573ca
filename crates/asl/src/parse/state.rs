//! States: what all have in common, and which kind each is.

use crate::model::{State, StateId, StateKind};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::{Reader, Scope};
use crate::parse::{choice, fail, map, parallel, pass, task, wait};
use crate::query::Sees;
use crate::validate::Part;

const EVERY: &Known = &[
    ("Type", In::Both),
    ("Comment", In::Both),
    ("QueryLanguage", In::Both),
];

/// `Next` and `End`.
pub(crate) const TRANSITION: &Known = &[("Next", In::Both), ("End", In::Both)];

/// `InputPath` and `OutputPath`, or what JSONata has in their place.
pub(crate) const IN_AND_OUT: &Known = &[
    ("InputPath", In::JsonPath),
    ("OutputPath", In::JsonPath),
    ("Output", In::Jsonata),
];

/// `Assign`.
pub(crate) const ASSIGN: &Known = &[("Assign", In::Both)];

const NOTHING: &Known = &[];

const TYPES: [&str; 8] = [
    "Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map",
];

impl Reader<'_> {
    /// Reads one state; `None` when something in it is wrong, which was then reported.
    pub(crate) fn state(&mut self, id: StateId, field: &Field<'_>, scope: &Scope<'_>) -> Option<State> {
        let mut fields = field.object()?;
        fields.language = self.state_language(&fields);
        if !fields.require(&["Type"]) {
            return None;
        }
        let kind_name = fields.get("Type")?.one_of(&TYPES)?;
        let own: [&Known; 4] = match kind_name {
            "Pass" => [pass::KNOWN, TRANSITION, IN_AND_OUT, ASSIGN],
            "Task" => [task::KNOWN, TRANSITION, IN_AND_OUT, ASSIGN],
            "Choice" => [choice::KNOWN, NOTHING, IN_AND_OUT, ASSIGN],
            "Wait" => [wait::KNOWN, TRANSITION, IN_AND_OUT, ASSIGN],
            "Succeed" => [NOTHING, NOTHING, IN_AND_OUT, NOTHING],
            "Fail" => [fail::KNOWN, NOTHING, NOTHING, NOTHING],
            "Parallel" => [parallel::KNOWN, TRANSITION, IN_AND_OUT, ASSIGN],
            _ => [map::KNOWN, TRANSITION, IN_AND_OUT, ASSIGN],
        };
        fields.check_names(&[EVERY, own[0], own[1], own[2], own[3]]);

        let comment = fields.get("Comment").map(|comment| comment.text().cloned());
        let input_path = fields.selection("InputPath");
        let kind = self.kind(kind_name, id, &fields, scope);
        let output_path = fields.selection("OutputPath");
        let sees = match kind_name {
            "Task" | "Parallel" | "Map" => Sees::Result,
            _ => Sees::Input,
        };
        let output = fields.output(sees);
        let assign = self.assign(id, &fields, Part::State, sees);
        Some(State {
            name: field.name.into(),
            flow: scope.flow,
            comment: comment.flatten(),
            query_language: fields.language,
            input_path: input_path?,
            output_path: output_path?,
            output: output?,
            assign: assign?,
            kind: kind?,
        })
    }

    fn kind(&mut self, kind: &str, id: StateId, fields: &Fields<'_>, scope: &Scope<'_>) -> Option<StateKind> {
        match kind {
            "Pass" => self.pass(id, fields, scope).map(StateKind::Pass),
            "Task" => self.task(id, fields, scope).map(Box::new).map(StateKind::Task),
            "Choice" => self.choice(id, fields, scope).map(StateKind::Choice),
            "Wait" => self.wait(id, fields, scope).map(StateKind::Wait),
            "Succeed" => {
                self.outline.states[id.0 as usize].ends = true;
                Some(StateKind::Succeed)
            }
            "Fail" => {
                self.outline.states[id.0 as usize].ends = true;
                fail::fail(fields).map(StateKind::Fail)
            }
            "Parallel" => self
                .parallel(id, fields, scope)
                .map(Box::new)
                .map(StateKind::Parallel),
            _ => self.map(id, fields, scope).map(Box::new).map(StateKind::Map),
        }
    }
}

//! Pass: its fields.

use json::Value;

use crate::diagnostics::Code;
use crate::document::{Content, Node};
use crate::model::{Pass, StateId};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::{Reader, Scope};
use crate::parse::paths::looks_computed;

pub(crate) const KNOWN: &Known = &[
    ("Parameters", In::JsonPath),
    ("Result", In::JsonPath),
    ("ResultPath", In::JsonPath),
];

impl Reader<'_> {
    pub(crate) fn pass(&mut self, id: StateId, fields: &Fields<'_>, scope: &Scope<'_>) -> Option<Pass> {
        let parameters = fields.template("Parameters");
        let result = fields.get("Result").map(|field| {
            warn_of_static(&field, field.name, field.node);
            field.node.to_value()
        });
        let result_path = fields.result_path();
        let transition = self.transition(id, fields, scope);
        Some(Pass {
            parameters: parameters?,
            result,
            result_path: result_path?,
            transition: transition?,
        })
    }
}

/// Warns of a result that looks computed: it is given as it stands.
fn warn_of_static(field: &Field<'_>, name: &str, node: &Node) {
    match &node.content {
        Content::Scalar(Value::String(text))
            if looks_computed(text) || (name.ends_with(".$") && text.starts_with('$')) =>
        {
            let result = Field {
                node,
                location: field.location,
                ..*field
            };
            result.report(
                Code::PassResultIsStatic,
                format_args!("'{text}' is given as it stands: the Result of a Pass state is not computed"),
            );
        }
        Content::Scalar(_) => {}
        Content::Array(elements) => elements
            .iter()
            .for_each(|element| warn_of_static(field, "", element)),
        Content::Object(object) => {
            object
                .iter()
                .for_each(|(name, member)| warn_of_static(field, name, &member.value));
        }
    }
}

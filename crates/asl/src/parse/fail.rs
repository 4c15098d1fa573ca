//! Fail: its fields.

use crate::model::{Fail, FailText};
use crate::parse::fields::{Fields, In, Known};

pub(crate) const KNOWN: &Known = &[
    ("Error", In::Both),
    ("ErrorPath", In::JsonPath),
    ("Cause", In::Both),
    ("CausePath", In::JsonPath),
];

pub(crate) fn fail(fields: &Fields<'_>) -> Option<Fail> {
    let error = text(fields, "Error", "ErrorPath");
    let cause = text(fields, "Cause", "CausePath");
    Some(Fail {
        error: error?,
        cause: cause?,
    })
}

fn text(fields: &Fields<'_>, name: &str, path_name: &str) -> Option<Option<FailText>> {
    let alone = fields.at_most_one(&[name, path_name]);
    let literal = fields.get(name).map(|field| {
        field.warn_of_path_name();
        if field.is_expression() {
            return field.query().map(FailText::Query);
        }
        field.text().cloned().map(FailText::Literal)
    });
    let computed = fields
        .get(path_name)
        .map(|field| field.expression().map(FailText::Computed));
    if !alone {
        return None;
    }
    match literal.or(computed) {
        Some(text) => text.map(Some),
        None => Some(None),
    }
}

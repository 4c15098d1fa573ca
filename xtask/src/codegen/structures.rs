//! Structures: requests, answers and what they share.

use std::fmt::Write;

use crate::codegen::imports;
use crate::codegen::model::{Kind, Member, Model, Shape};
use crate::codegen::names::field;

pub(super) fn requests(model: &Model) -> String {
    let mut source = String::new();
    for operation in &model.operations {
        let about = format!(
            "What [`Operation::{0}`](crate::Operation::{0}) is asked.",
            operation.name
        );
        write_structure(&mut source, model, &operation.input, &about);
    }
    format!(
        "//! Requests: what each operation is asked.\n\n{}{source}",
        imports::of(model, &source, "requests")
    )
}

pub(super) fn answers(model: &Model) -> String {
    let mut source = String::new();
    for operation in &model.operations {
        let about = format!(
            "What [`Operation::{0}`](crate::Operation::{0}) answers.",
            operation.name
        );
        write_structure(&mut source, model, &operation.output, &about);
    }
    format!(
        "//! Answers: what each operation returns.\n\n{}{source}",
        imports::of(model, &source, "answers")
    )
}

/// The structures inside requests and answers, but for those of the history.
pub(super) fn shared(model: &Model) -> String {
    let mut source = String::new();
    for name in model.shapes.keys() {
        if imports::module(model, name) == Some("shapes") {
            write_structure(&mut source, model, name, &format!("`{name}` of the model."));
        }
    }
    let imports = imports::of(model, &source, "shapes");
    format!("//! Shapes: the structures inside requests and answers.\n\n{imports}{source}")
}

pub(super) fn write_structure(source: &mut String, model: &Model, name: &str, about: &str) {
    let Kind::Structure(members) = &model.shape(name).kind else {
        panic!("{name} is no structure");
    };
    let _ = write!(
        source,
        "/// {about}\n\
         #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]\n\
         #[serde(rename_all = \"camelCase\")]\n\
         pub struct {name} {{\n"
    );
    for member in members {
        write_member(source, model, member);
    }
    source.push_str("}\n\n");
}

pub(super) fn write_member(source: &mut String, model: &Model, member: &Member) {
    let shape = model.shape(&member.shape);
    let _ = writeln!(source, "/// {}", about(&member.shape, shape));
    let mut rust = rust_type(model, &member.shape);
    if !member.required {
        source.push_str("#[serde(skip_serializing_if = \"Option::is_none\")]\n");
        rust = format!("Option<{rust}>");
    }
    let _ = writeln!(source, "pub {}: {rust},", field(&member.name));
}

fn rust_type(model: &Model, shape: &str) -> String {
    match &model.shape(shape).kind {
        Kind::Text | Kind::Payload | Kind::Definition => "Text".to_owned(),
        Kind::Integer => "i32".to_owned(),
        Kind::Long => "i64".to_owned(),
        Kind::Float => "f64".to_owned(),
        Kind::Boolean => "bool".to_owned(),
        Kind::Timestamp => "Timestamp".to_owned(),
        Kind::List(item) => format!("Vec<{}>", rust_type(model, item)),
        Kind::Map(key, value) => format!("BTreeMap<{}, {}>", rust_type(model, key), rust_type(model, value)),
        Kind::Enum(_) | Kind::Structure(_) | Kind::History(..) => shape.to_owned(),
    }
}

/// What the model says of a member's value, after the name of its shape.
fn about(name: &str, shape: &Shape) -> String {
    let (kind, unit) = match &shape.kind {
        Kind::Text | Kind::Definition => ("text", " characters"),
        Kind::Payload => ("text", " bytes"),
        Kind::Enum(_) => ("an enum", ""),
        Kind::Integer | Kind::Long => ("a whole number", ""),
        Kind::Float => ("a number", ""),
        Kind::Boolean => ("`true` or `false`", ""),
        Kind::Timestamp => ("a moment", ""),
        Kind::List(_) => ("a list", " items"),
        Kind::Map(..) => ("a map", ""),
        Kind::Structure(_) | Kind::History(..) => ("a structure", ""),
    };
    let range = match (shape.min, shape.max) {
        (None, None) => String::new(),
        (Some(min), None) => format!(", {min}{unit} or more"),
        (None | Some(0), Some(max)) => format!(", at most {max}{unit}"),
        (Some(min), Some(max)) => format!(", {min} to {max}{unit}"),
    };
    let sensitive = if shape.sensitive { "; not to be logged" } else { "" };
    format!("`{name}`: {kind}{range}{sensitive}.")
}

//! Imports: what a generated file has to bring into scope.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::codegen::model::{Kind, Model};

/// The `use` lines for what `source`, the text of module `own`, names.
pub(super) fn of(model: &Model, source: &str, own: &str) -> String {
    let words: BTreeSet<&str> = source
        .split(|character: char| !character.is_alphanumeric())
        .collect();
    let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in model
        .shapes
        .keys()
        .map(String::as_str)
        .filter(|name| words.contains(name))
    {
        if let Some(module) = module(model, name).filter(|module| *module != own) {
            modules.entry(module).or_default().push(name);
        }
    }
    let mut lines = String::new();
    if words.contains("BTreeMap") {
        lines.push_str("use std::collections::BTreeMap;\n\n");
    }
    if words.contains("Serialize") {
        lines.push_str("use serde::{Deserialize, Serialize};\n\n");
    }
    for (module, names) in modules {
        let _ = writeln!(lines, "use crate::generated::{module}::{{{}}};", names.join(", "));
    }
    let has_fields = words.contains("Serialize");
    for name in ["Text", "Timestamp"]
        .iter()
        .filter(|name| has_fields && words.contains(**name))
    {
        let _ = writeln!(lines, "use crate::{name};");
    }
    lines.push('\n');
    lines
}

/// The generated module that a shape's Rust type is in; plain values have none.
pub(super) fn module(model: &Model, shape: &str) -> Option<&'static str> {
    match model.shape(shape).kind {
        Kind::Enum(_) => Some("enums"),
        Kind::History(..) => Some("history"),
        Kind::Structure(_) if shape.ends_with("EventDetails") => Some("history"),
        Kind::Structure(_) if model.operations.iter().any(|operation| operation.input == shape) => {
            Some("requests")
        }
        Kind::Structure(_) if model.operations.iter().any(|operation| operation.output == shape) => {
            Some("answers")
        }
        Kind::Structure(_) => Some("shapes"),
        _ => None,
    }
}

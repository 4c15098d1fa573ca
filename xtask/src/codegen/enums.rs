//! Enums: the strings that are one of a few.

use std::fmt::Write;

use crate::codegen::model::{Kind, Model};
use crate::codegen::names::variant;

pub(super) fn source(model: &Model) -> String {
    let mut source = "//! Enums: the strings that are one of a few.\n\n\
                      use std::fmt;\n\nuse serde::{Deserialize, Serialize};\n\n"
        .to_owned();
    let reasons = ("ValidationExceptionReason", &model.validation_reasons);
    let shapes = model.shapes.iter().filter_map(|(name, shape)| match &shape.kind {
        Kind::Enum(values) => Some((name.as_str(), values)),
        _ => None,
    });
    for (name, values) in shapes.chain([reasons]) {
        write_enum(&mut source, name, values);
    }
    write_event_details(&mut source, model);
    source
}

fn write_enum(source: &mut String, name: &str, values: &[String]) {
    let mut variants = String::new();
    let mut texts = String::new();
    for (index, value) in values.iter().enumerate() {
        let default = if index == 0 { "#[default]\n" } else { "" };
        let variant = variant(value);
        let _ = write!(
            variants,
            "/// `{value}`.\n#[serde(rename = \"{value}\")]\n{default}{variant},\n"
        );
        let _ = writeln!(texts, "Self::{variant} => \"{value}\",");
    }
    let all: Vec<String> = values
        .iter()
        .map(|value| format!("Self::{}", variant(value)))
        .collect();
    let _ = write!(
        source,
        "/// `{name}` of the model; its first value is the default.\n\
         #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]\n\
         pub enum {name} {{\n{variants}}}\n\n\
         impl {name} {{\n\
         /// Every value, in the model's order.\n\
         pub const ALL: [Self; {count}] = [{all}];\n\n\
         /// The value as it is written on the wire.\n\
         pub const fn as_str(self) -> &'static str {{\nmatch self {{\n{texts}}}\n}}\n}}\n\n\
         impl fmt::Display for {name} {{\n\
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\nf.pad(self.as_str())\n}}\n}}\n\n",
        count = values.len(),
        all = all.join(", "),
    );
}

/// Tells which member holds the details of each type of event.
fn write_event_details(source: &mut String, model: &Model) {
    let mut arms = String::new();
    for (event, member) in &model.events {
        let member = member
            .as_ref()
            .map_or("None".to_owned(), |member| format!("Some(\"{member}\")"));
        let _ = writeln!(arms, "Self::{} => {member},", variant(event));
    }
    let _ = write!(
        source,
        "impl HistoryEventType {{\n\
         /// The member of the event that holds its details; some types have none.\n\
         pub const fn details_member(self) -> Option<&'static str> {{\nmatch self {{\n{arms}}}\n}}\n}}\n"
    );
}

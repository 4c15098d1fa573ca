//! History: the events of an execution and their details.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::codegen::imports;
use crate::codegen::model::{Kind, Model};
use crate::codegen::structures::{write_member, write_structure};

pub(super) fn source(model: &Model) -> String {
    let Kind::History(members, details) = &model.shape("HistoryEvent").kind else {
        panic!("HistoryEvent has no details");
    };
    let mut source = "/// One event of an execution's history.\n\
                      #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]\n\
                      #[serde(rename_all = \"camelCase\")]\n\
                      pub struct HistoryEvent {\n"
        .to_owned();
    for member in members {
        write_member(&mut source, model, member);
    }
    source.push_str(
        "/// What the event tells besides; [`HistoryEventType::details_member`] says which details go with a type.\n\
         #[serde(flatten)]\npub details: Option<HistoryEventDetails>,\n}\n\n\
         /// The details of an event, written under the member's name.\n\
         #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]\n\
         pub enum HistoryEventDetails {\n",
    );
    for (member, shape) in details {
        let variant = variant(member);
        let _ = write!(
            source,
            "/// `{member}`.\n#[serde(rename = \"{member}\")]\n{variant}({shape}),\n"
        );
    }
    source.push_str(
        "}\n\nimpl HistoryEventDetails {\n/// The member of the event that holds these details.\n\
         pub const fn member(&self) -> &'static str {\nmatch self {\n",
    );
    for (member, _) in details {
        let _ = writeln!(source, "Self::{}(_) => \"{member}\",", variant(member));
    }
    source.push_str("}\n}\n}\n\n");
    let shapes: BTreeSet<&String> = details.iter().map(|(_, shape)| shape).collect();
    for shape in shapes {
        write_structure(&mut source, model, shape, &format!("`{shape}` of the model."));
    }
    let imports = imports::of(model, &source, "history");
    format!("//! History: the events of an execution and their details.\n\n{imports}{source}")
}

/// `taskFailedEventDetails` as `TaskFailed`.
fn variant(member: &str) -> String {
    let stem = member.trim_end_matches("EventDetails");
    let (first, rest) = stem.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

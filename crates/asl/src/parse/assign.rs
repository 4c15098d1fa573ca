//! `Assign`: variables and what they are set to.

use crate::diagnostics::Code;
use crate::document::{Content, Member};
use crate::limits::VARIABLE_NAME_CHARS_MAX;
use crate::model::{Assign, QueryLanguage, StateId};
use crate::parse::fields::{Field, Fields, report};
use crate::parse::flow::Reader;
use crate::query::Sees;
use crate::template::Template;
use crate::validate::Part;

impl Reader<'_> {
    /// Reads the `Assign` of a state, a choice rule or a catcher.
    pub(crate) fn assign(
        &mut self,
        id: StateId,
        fields: &Fields<'_>,
        part: Part,
        sees: Sees,
    ) -> Option<Assign> {
        let Some(field) = fields.get("Assign") else {
            return Some(Assign::default());
        };
        let object = field.object()?;
        let mut variables: Vec<Option<_>> = Vec::with_capacity(object.object.len());
        for (written, member) in object.object.iter() {
            let computed = match fields.language {
                QueryLanguage::JsonPath => written.strip_suffix(".$"),
                QueryLanguage::Jsonata => None,
            };
            let name = computed.unwrap_or(written);
            let template = match fields.language {
                QueryLanguage::JsonPath => variable(&field, written, computed.is_some(), member),
                QueryLanguage::Jsonata => field.member(written, &member.value).template_seeing(sees),
            };
            if let Some(fault) = fault(name) {
                let message = format_args!("Variable name '{name}' {fault}");
                report(
                    field.findings,
                    Code::SchemaValidationFailed,
                    &field.location,
                    member.place,
                    message,
                );
                variables.push(None);
                continue;
            }
            if computed.is_some() && object.has(name) {
                let message = format_args!("Variable '{name}' is assigned twice");
                report(
                    field.findings,
                    Code::SchemaValidationFailed,
                    &field.location,
                    member.place,
                    message,
                );
            }
            self.assigned(id, name.into(), part, member.place);
            variables.push(template.map(|template| (name.into(), template)));
        }
        variables.into_iter().collect::<Option<_>>().map(Assign)
    }
}

fn variable(assign: &Field<'_>, written: &str, computed: bool, member: &Member) -> Option<Template> {
    // Findings about a variable are located at `Assign`, as AWS does.
    let field = Field {
        name: written,
        node: &member.value,
        ..*assign
    };
    if computed {
        return field.expression();
    }
    if matches!(member.value.content, Content::Scalar(_)) {
        field.warn_of_paths();
    }
    field.template()
}

/// What is wrong with the name of a variable.
fn fault(name: &str) -> Option<&'static str> {
    let mut letters = name.chars();
    if name == "states" {
        return Some("is reserved");
    }
    if name.chars().count() > VARIABLE_NAME_CHARS_MAX {
        return Some("exceeds the 80-character limit");
    }
    if !letters.next().is_some_and(unicode_ident::is_xid_start) {
        return Some("must start with a letter");
    }
    if !letters.all(unicode_ident::is_xid_continue) {
        return Some("may hold letters, digits and underscores only");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_are_unicode_identifiers() {
        for name in ["x", "größe", "a_1", "名前", &"v".repeat(VARIABLE_NAME_CHARS_MAX)] {
            assert_eq!(fault(name), None, "{name}");
        }
        for name in [
            "",
            "1a",
            "_a",
            "a-b",
            "a b",
            "states",
            "$a",
            &"v".repeat(VARIABLE_NAME_CHARS_MAX + 1),
        ] {
            assert!(fault(name).is_some(), "{name}");
        }
    }
}

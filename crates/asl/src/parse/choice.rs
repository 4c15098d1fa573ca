//! Choice: its fields, and its rules.

use json::Value;

use crate::choice::{ChoiceOperator, ChoiceRule, Operand};
use crate::diagnostics::Code;
use crate::document::Content;
use crate::limits::CHOICE_NESTING_MAX;
use crate::model::{Choice, ChoiceBranch, QueryLanguage, StateId};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::{Reader, Scope};
use crate::query::Sees;
use crate::timestamp;
use crate::validate::Part;

pub(crate) const KNOWN: &Known = &[("Choices", In::Both), ("Default", In::Both)];

const TOP_RULE: &Known = &[
    ("Next", In::Both),
    ("Assign", In::Both),
    ("Comment", In::Both),
    ("Condition", In::Jsonata),
    ("Output", In::Jsonata),
];

const NESTED_RULE: &Known = &[("Comment", In::Both)];

impl Reader<'_> {
    pub(crate) fn choice(&mut self, id: StateId, fields: &Fields<'_>, scope: &Scope<'_>) -> Option<Choice> {
        fields.require(&["Choices"]);
        let branches = fields
            .get("Choices")
            .and_then(|field| self.branches(id, &field, scope));
        let default = fields.get("Default").map(|field| self.goes_to(id, &field, scope));
        let default = match default {
            Some(default) => Some(default?),
            None => None,
        };
        Some(Choice {
            branches: branches?,
            default,
        })
    }

    fn branches(&mut self, id: StateId, field: &Field<'_>, scope: &Scope<'_>) -> Option<Vec<ChoiceBranch>> {
        let elements = field.filled_array()?;
        let mut branches = Vec::with_capacity(elements.len());
        for (index, node) in elements.iter().enumerate() {
            branches.push(self.choice_branch(id, &field.element(index, node), scope, index));
        }
        branches.into_iter().collect()
    }

    fn choice_branch(
        &mut self,
        id: StateId,
        element: &Field<'_>,
        scope: &Scope<'_>,
        index: usize,
    ) -> Option<ChoiceBranch> {
        let fields = element.object()?;
        fields.require(&["Next"]);
        let rule = match fields.language {
            QueryLanguage::JsonPath => rule(&fields, TOP_RULE, 0),
            QueryLanguage::Jsonata => condition(&fields),
        };
        let output = fields.output(Sees::Input);
        let assign = self.assign(id, &fields, Part::Choice(index), Sees::Input);
        let next = fields.get("Next").and_then(|next| self.goes_to(id, &next, scope));
        Some(ChoiceBranch {
            rule: rule?,
            output: output?,
            assign: assign?,
            next: next?,
        })
    }
}

/// A rule of JSONata.
fn condition(fields: &Fields<'_>) -> Option<ChoiceRule> {
    operators(fields, TOP_RULE);
    fields.comment();
    fields.require(&["Condition"]);
    let condition = fields.get("Condition")?;
    if condition.is_expression() {
        return condition.query().map(ChoiceRule::Condition);
    }
    condition.boolean().map(ChoiceRule::Constant)
}

/// The operators in a rule, and whether there are fields besides that a rule may not have, which are reported.
fn operators<'a>(fields: &Fields<'a>, known: &Known) -> (Vec<&'a str>, bool) {
    let mut found = Vec::new();
    let mut strange = false;
    for (name, member) in fields.object.iter() {
        let is_operator = matches!(&**name, "And" | "Or" | "Not") || ChoiceOperator::parse(name).is_some();
        if is_operator {
            found.push(&**name);
        }
        let languages = match known.iter().find(|(other, _)| *other == &**name) {
            Some((_, languages)) => Some(*languages),
            None => (is_operator || &**name == "Variable").then_some(In::JsonPath),
        };
        strange |= !fields.check_name(name, member.place, languages);
    }
    (found, strange)
}

fn rule(fields: &Fields<'_>, known: &Known, depth: usize) -> Option<ChoiceRule> {
    let (found, strange) = operators(fields, known);
    fields.comment();
    let [operator] = found[..] else {
        match found.len() {
            // A misspelt operator was reported as a field that is not supported.
            0 if strange => {}
            0 => fields.error("A Choice Rule must have a comparison operator"),
            _ => fields.error("Each Choice Rule can only have one comparison operator"),
        }
        return None;
    };
    let field = fields.get(operator)?;
    if matches!(operator, "And" | "Or" | "Not") {
        if let Some(variable) = fields.object.get("Variable") {
            fields.check_name("Variable", variable.place, None);
        }
        return combined(&field, depth);
    }
    if !fields.require(&["Variable"]) {
        return None;
    }
    let variable = fields.get("Variable").and_then(|field| variable(&field));
    let (operator, takes_path) = ChoiceOperator::parse(operator)?;
    let operand = if takes_path {
        field.path().map(Operand::Path)
    } else {
        literal(&field)
    };
    Some(ChoiceRule::Compare {
        variable: variable?,
        operator,
        operand: operand?,
    })
}

fn combined(field: &Field<'_>, depth: usize) -> Option<ChoiceRule> {
    if depth == CHOICE_NESTING_MAX {
        let message = format!("Choice rules are nested more than {CHOICE_NESTING_MAX} levels deep");
        field.report(Code::TooDeeplyNested, message);
        return None;
    }
    if field.name == "Not" {
        return Some(ChoiceRule::Not(Box::new(rule(
            &field.object()?,
            NESTED_RULE,
            depth + 1,
        )?)));
    }
    let elements = field.filled_array()?;
    let mut rules = Vec::with_capacity(elements.len());
    for (index, node) in elements.iter().enumerate() {
        let element = field.element(index, node);
        rules.push(
            element
                .object()
                .and_then(|fields| rule(&fields, NESTED_RULE, depth + 1)),
        );
    }
    let rules = rules.into_iter().collect::<Option<Vec<_>>>()?;
    Some(if field.name == "And" {
        ChoiceRule::And(rules)
    } else {
        ChoiceRule::Or(rules)
    })
}

fn variable(field: &Field<'_>) -> Option<crate::path::Path> {
    if !field.text()?.starts_with('$') {
        field.error("Value is not a Reference Path: Reference path didn't start with '$'");
        return None;
    }
    field.path()
}

/// What a variable is compared with, of the type that the operator's name says.
fn literal(field: &Field<'_>) -> Option<Operand> {
    let content = &field.node.content;
    if field.name.starts_with("String") {
        field.text()?;
        if field.name != "StringMatches" {
            field.warn_of_path_name();
        }
    } else if field.name.starts_with("Numeric") {
        if !matches!(content, Content::Scalar(Value::Number(_))) {
            field.warn_of_path_name();
            return field.expected("Number");
        }
    } else if field.name.starts_with("Timestamp") {
        if timestamp::parse(field.text()?).is_none() {
            field.warn_of_path_name();
            field.error("String does not match RFC3339 timestamp");
            return None;
        }
    } else {
        field.boolean()?;
    }
    Some(Operand::Literal(field.node.to_value()))
}

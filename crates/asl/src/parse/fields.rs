//! The fields of an object: typed access that reports what is missing, unknown or of the wrong type.

use std::fmt::{self, Display};

use json::{Str, Value};

use crate::diagnostics::{Code, Diagnostic, Findings, Place};
use crate::document::{Content, Node, Object};
use crate::model::QueryLanguage;

/// Where a value stands in the tree of the definition. Costs nothing until it is printed.
#[derive(Clone, Copy)]
pub(crate) struct Location<'a> {
    parent: Option<&'a Location<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    State(&'a str),
    Index(usize),
}

impl<'a> Location<'a> {
    pub(crate) const ROOT: Location<'static> = Location {
        parent: None,
        step: Step::Root,
    };

    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        Self {
            parent: Some(self),
            step: Step::Field(name),
        }
    }

    pub(crate) fn state(&'a self, name: &'a str) -> Self {
        Self {
            parent: Some(self),
            step: Step::State(name),
        }
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self {
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    fn write(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.write(out)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) | Step::State(name) => write!(out, "/{name}"),
            Step::Index(index) => write!(out, "[{index}]"),
        }
    }

    /// The place inside the state, as AWS names it when the state runs: `Output/result`, `Catch[1]/Output`.
    pub(crate) fn within_state(&self) -> String {
        let mut out = self.parent.map(Self::within_state).unwrap_or_default();
        match self.step {
            Step::Root | Step::State(_) => out.clear(),
            Step::Field(name) => {
                if !out.is_empty() {
                    out.push('/');
                }
                out.push_str(name);
            }
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
        out
    }
}

impl Display for Location<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Step::Root => out.write_str("/"),
            Step::Field(_) | Step::State(_) | Step::Index(_) => self.write(out),
        }
    }
}

/// Adds a finding about one value.
pub(crate) fn report(
    findings: &Findings,
    code: Code,
    location: &Location<'_>,
    place: Place,
    message: impl Display,
) {
    findings.add(code.severity(), || {
        Diagnostic::new(code, message.to_string(), Some(location.to_string()), Some(place))
    });
}

/// The languages in which a field may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum In {
    Both,
    JsonPath,
    Jsonata,
}

/// The fields that an object may have.
pub(crate) type Known = [(&'static str, In)];

/// One object of the definition.
pub(crate) struct Fields<'a> {
    pub(crate) object: &'a Object,
    pub(crate) location: Location<'a>,
    pub(crate) place: Place,
    pub(crate) language: QueryLanguage,
    pub(crate) findings: &'a Findings,
}

/// One field that is present.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) node: &'a Node,
    pub(crate) location: Location<'a>,
    pub(crate) language: QueryLanguage,
    pub(crate) findings: &'a Findings,
}

impl<'a> Field<'a> {
    pub(crate) fn error(&self, message: impl Display) {
        self.report(Code::SchemaValidationFailed, message);
    }

    pub(crate) fn report(&self, code: Code, message: impl Display) {
        report(self.findings, code, &self.location, self.node.place, message);
    }

    /// Reports a value of the wrong type, and gives nothing.
    pub(crate) fn expected<T>(&self, kind: &str) -> Option<T> {
        self.error(format_args!("Expected value of type {kind}"));
        None
    }

    pub(crate) fn text(&self) -> Option<&'a Str> {
        match self.node.as_text() {
            Some(text) => Some(text),
            None => self.expected("String"),
        }
    }

    pub(crate) fn filled_text(&self) -> Option<&'a Str> {
        let text = self.text()?;
        if text.is_empty() {
            self.error("Value cannot be empty");
            return None;
        }
        Some(text)
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match &self.node.content {
            Content::Scalar(Value::Bool(value)) => Some(*value),
            _ => self.expected("Boolean"),
        }
    }

    /// A whole number from `min` to `max`.
    pub(crate) fn whole(&self, min: u64, max: u64) -> Option<u64> {
        let Content::Scalar(Value::Number(number)) = &self.node.content else {
            return self.expected("Integer");
        };
        if !number.is_integer() {
            return self.expected("Integer");
        }
        match number.as_i64().map(u64::try_from) {
            Some(Ok(value)) if value > max => self.too_large(max),
            Some(Ok(value)) if value < min => self.too_small(min),
            Some(Ok(value)) => Some(value),
            Some(Err(_)) => self.too_small(min),
            None => self.too_large(max),
        }
    }

    /// A number from `min` to `max`.
    pub(crate) fn number(&self, min: f64, max: f64) -> Option<f64> {
        let Content::Scalar(Value::Number(number)) = &self.node.content else {
            return self.expected("Number");
        };
        // AWS writes these limits with a fraction: `Maximum value is 100.0`.
        match number.as_f64() {
            value if value < min => self.too_small(format_args!("{min:?}")),
            value if value > max => self.too_large(format_args!("{max:?}")),
            value => Some(value),
        }
    }

    fn too_small<T>(&self, min: impl Display) -> Option<T> {
        self.error(format_args!("Minimum value is {min}"));
        None
    }

    fn too_large<T>(&self, max: impl Display) -> Option<T> {
        self.error(format_args!("Maximum value is {max}"));
        None
    }

    /// One of a few words.
    pub(crate) fn one_of(&self, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text()?;
        let word = words.iter().find(|word| **word == &**text);
        if word.is_none() {
            let words = words.join(", ");
            self.error(format_args!(
                "The field '{}' should have one of these values: [{words}]",
                self.name
            ));
        }
        word.copied()
    }

    pub(crate) fn object(&self) -> Option<Fields<'_>> {
        let Content::Object(object) = &self.node.content else {
            return self.expected("Object");
        };
        Some(Fields {
            object,
            location: self.location,
            place: self.node.place,
            language: self.language,
            findings: self.findings,
        })
    }

    pub(crate) fn array(&self) -> Option<&'a [Node]> {
        match &self.node.content {
            Content::Array(elements) => Some(elements),
            _ => self.expected("Array"),
        }
    }

    pub(crate) fn filled_array(&self) -> Option<&'a [Node]> {
        let elements = self.array()?;
        if elements.is_empty() {
            self.error("Value cannot be empty");
            return None;
        }
        Some(elements)
    }

    /// An element of the array that this field holds.
    pub(crate) fn element<'s>(&'s self, index: usize, node: &'s Node) -> Field<'s> {
        Field {
            name: self.name,
            node,
            location: self.location.index(index),
            language: self.language,
            findings: self.findings,
        }
    }

    /// A member of the object that this field holds.
    pub(crate) fn member<'s>(&'s self, name: &'s str, node: &'s Node) -> Field<'s> {
        Field {
            name,
            node,
            location: self.location.field(name),
            language: self.language,
            findings: self.findings,
        }
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn get<'s>(&'s self, name: &'s str) -> Option<Field<'s>> {
        let member = self.object.get(name)?;
        Some(Field {
            name,
            node: &member.value,
            location: self.location.field(name),
            language: self.language,
            findings: self.findings,
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some()
    }

    /// Adds a finding about the object as a whole.
    pub(crate) fn error(&self, message: impl Display) {
        self.report(Code::SchemaValidationFailed, self.place, message);
    }

    pub(crate) fn report(&self, code: Code, place: Place, message: impl Display) {
        report(self.findings, code, &self.location, place, message);
    }

    /// Reports every field that is not among the known ones, or not for the object's query language.
    pub(crate) fn check_names(&self, known: &[&Known]) {
        for (name, member) in self.object.iter() {
            let languages = known
                .iter()
                .flat_map(|part| part.iter())
                .find(|(other, _)| *other == &**name);
            self.check_name(name, member.place, languages.map(|(_, languages)| *languages));
        }
    }

    /// Reports a field that is not known, or not for the object's query language; whether it may be there.
    pub(crate) fn check_name(&self, name: &str, place: Place, languages: Option<In>) -> bool {
        let code = Code::SchemaValidationFailed;
        let (written, other) = match (languages, self.language) {
            (None, _) => {
                self.report(code, place, format_args!("Field '{name}' is not supported"));
                return false;
            }
            (Some(In::Jsonata), QueryLanguage::JsonPath) => ("JSONPath", "JSONata"),
            (Some(In::JsonPath), QueryLanguage::Jsonata) => ("JSONata", "JSONPath"),
            _ => return true,
        };
        let message = format_args!(
            "The QueryLanguage is set to '{written}', but field '{name}' is only supported for the '{other}' \
             QueryLanguage"
        );
        self.report(code, place, message);
        false
    }

    /// Reports the fields that are missing; whether none is.
    pub(crate) fn require(&self, names: &[&str]) -> bool {
        let missing: Vec<&str> = names.iter().copied().filter(|name| !self.has(name)).collect();
        if !missing.is_empty() {
            self.error(format_args!(
                "These fields are required: [{}]",
                missing.join(", ")
            ));
        }
        missing.is_empty()
    }

    /// Reports fields that exclude one another; whether at most one is present.
    pub(crate) fn at_most_one(&self, names: &[&str]) -> bool {
        let present: Vec<&str> = names.iter().copied().filter(|name| self.has(name)).collect();
        if present.len() > 1 {
            self.error(format_args!(
                "There should only be one of the following fields: [{}]",
                present.join(", ")
            ));
        }
        present.len() <= 1
    }

    /// Reports when not exactly one of the fields is present.
    pub(crate) fn exactly_one(&self, names: &[&str]) -> bool {
        if names.iter().any(|name| self.has(name)) {
            return self.at_most_one(names);
        }
        self.error(format_args!(
            "One of these fields is required: [{}]",
            names.join(", ")
        ));
        false
    }

    pub(crate) fn comment(&self) -> Option<Str> {
        self.get("Comment")?.text().cloned()
    }
}

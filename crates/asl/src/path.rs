//! Paths: `$…` into the input, `$$…` into the context object, `$name…` into a variable.

use json::{Str, Value};
use jsonpath::SyntaxError;

use crate::env::Env;
use crate::failure::Failure;

/// What a path starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// `$`: the state's input, or result.
    Input,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(Str),
}

/// A compiled path.
#[derive(Debug, Clone)]
pub struct Path {
    text: Str,
    root: Root,
    path: jsonpath::Path,
}

impl Path {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let path = jsonpath::Path::parse(text)?;
        Ok(Self { text: text.into(), root: Root::Input, path })
    }

    /// The path as written.
    pub fn text(&self) -> &Str {
        &self.text
    }

    /// What it starts from.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Whether it can find one value at most.
    pub fn is_definite(&self) -> bool {
        self.path.is_definite()
    }

    /// The value it leads to; States.Runtime in AWS's words where there is none.
    pub fn resolve(&self, env: Env<'_>) -> Result<Value, Failure> {
        self.path
            .find(env.input)
            .map_err(|error| Failure::runtime(format!("Invalid path '{}' : {error}", self.text)))
    }
}

/// A path that a result is written to.
#[derive(Debug, Clone)]
pub struct ReferencePath {
    text: Str,
    path: jsonpath::ReferencePath,
}

impl ReferencePath {
    /// Reads a reference path, which starts with `$`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Ok(Self { text: text.into(), path: jsonpath::ReferencePath::parse(text)? })
    }

    /// The path as written.
    pub fn text(&self) -> &Str {
        &self.text
    }

    /// The input with a value written into its place.
    pub fn write(&self, input: &Value, value: Value) -> Result<Value, Failure> {
        self.path.write(input, value).map_err(|error| Failure::runtime(error.to_string()))
    }
}

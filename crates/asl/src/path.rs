//! Paths: `$…` into the input, `$$…` into the context object, `$name…` into a variable.

use json::{Str, Value};
use jsonpath::{NotFound, SyntaxError};

use crate::env::Env;
use crate::failure::Failure;
use crate::limits::VARIABLE_NAME_CHARS_MAX;

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

/// A compiled path. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Path {
    text: Str,
    root: Root,
    path: jsonpath::Path,
}

/// Why a path gave nothing.
#[derive(Debug)]
pub(crate) enum Unresolved {
    /// It leads nowhere.
    NotFound(NotFound),
    /// The variable that it starts from is not in reach.
    NoVariable(Str),
    /// There is nothing to look into: the input is null.
    NullInput,
}

impl Path {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let text = text.trim();
        let rest = text
            .strip_prefix('$')
            .ok_or_else(|| SyntaxError::new(0, "a path starts with '$'"))?;
        let (root, rest) = match rest.chars().next() {
            None | Some('.' | '[') => (Root::Input, rest),
            Some('$') => (Root::Context, &rest[1..]),
            Some(_) => {
                let name = &rest[..rest.find(['.', '[']).unwrap_or(rest.len())];
                if !is_variable_name(name) {
                    return Err(SyntaxError::new(1, format!("'{name}' is no name of a variable")));
                }
                (Root::Variable(name.into()), &rest[name.len()..])
            }
        };
        let skipped = text.len() - rest.len() - 1;
        let path = jsonpath::Path::parse(&format!("${rest}"))
            .map_err(|error| SyntaxError::new(error.offset + skipped, error.message))?;
        Ok(Self {
            text: text.into(),
            root,
            path,
        })
    }

    /// The path as written.
    pub fn text(&self) -> &Str {
        &self.text
    }

    /// What it starts from.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The name of the variable that it starts from, if it does.
    pub fn variable(&self) -> Option<&str> {
        match &self.root {
            Root::Variable(name) => Some(name),
            Root::Input | Root::Context => None,
        }
    }

    /// Whether it can find one value at most.
    pub fn is_definite(&self) -> bool {
        self.path.is_definite()
    }

    /// The value it leads to; `States.Runtime` in AWS's words where there is none.
    pub fn resolve(&self, env: Env<'_>) -> Result<Value, Failure> {
        self.find(env).map_err(|reason| self.failure(reason))
    }

    pub(crate) fn failure(&self, reason: Unresolved) -> Failure {
        let reason = match reason {
            Unresolved::NotFound(error) => error.to_string(),
            Unresolved::NoVariable(name) => format!("The variable '${name}' has no value"),
            Unresolved::NullInput => return null_input(),
        };
        Failure::runtime(format!("Invalid path '{}' : {reason}", self.text))
    }

    pub(crate) fn find(&self, env: Env<'_>) -> Result<Value, Unresolved> {
        match &self.root {
            Root::Input if env.input.is_null() && !self.path.is_root() => Err(Unresolved::NullInput),
            Root::Input => self.path.find(env.input).map_err(Unresolved::NotFound),
            Root::Context => self
                .path
                .find(env.outside.context())
                .map_err(Unresolved::NotFound),
            Root::Variable(name) => {
                let value = env
                    .outside
                    .variable(name)
                    .ok_or_else(|| Unresolved::NoVariable(name.clone()))?;
                self.path.find(&value).map_err(Unresolved::NotFound)
            }
        }
    }
}

/// Whether a name may name a variable: a Unicode identifier of at most 80 characters.
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(unicode_ident::is_xid_start)
        && name.chars().all(unicode_ident::is_xid_continue)
        && name.chars().count() <= VARIABLE_NAME_CHARS_MAX
}

/// A path that a result is written to: `$`, names and indexes.
#[derive(Debug, Clone)]
pub struct ReferencePath {
    text: Str,
    path: jsonpath::ReferencePath,
}

impl ReferencePath {
    /// Reads a reference path, which starts with `$`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Ok(Self {
            text: text.into(),
            path: jsonpath::ReferencePath::parse(text)?,
        })
    }

    /// The path as written.
    pub fn text(&self) -> &Str {
        &self.text
    }

    /// Whether it is `$` alone.
    pub fn is_root(&self) -> bool {
        self.path.is_root()
    }

    /// The input with a value written into its place.
    ///
    /// Fails with `States.ReferencePathConflict` where something is in the way.
    pub fn write(&self, input: &Value, value: Value) -> Result<Value, Failure> {
        self.path
            .write(input, value)
            .map_err(|error| conflict(&error.step, input))
    }
}

/// What AWS says of a path into an input that is null.
pub(crate) fn null_input() -> Failure {
    Failure::runtime("Unable to apply Path transformation to null or empty input.")
}

/// What AWS says when a reference path does not fit its input.
pub(crate) fn conflict(step: &str, input: &Value) -> Failure {
    Failure::new(
        "States.ReferencePathConflict",
        format!("Unable to apply step \"{step}\" to input {input}"),
    )
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::testing::World;

    fn resolve(text: &str) -> Result<Value, Failure> {
        let world = World::new()
            .context(json!({"State": {"Name": "S"}}))
            .variable("order", json!({"id": [7]}));
        Path::parse(text)
            .unwrap()
            .resolve(world.env(&json!({"a": {"b": 1}})))
    }

    #[test]
    fn a_path_starts_from_input_context_or_variable() {
        assert_eq!(resolve("$.a.b"), Ok(json!(1)));
        assert_eq!(resolve("$"), Ok(json!({"a": {"b": 1}})));
        assert_eq!(resolve("$$.State.Name"), Ok(json!("S")));
        assert_eq!(resolve("$$"), Ok(json!({"State": {"Name": "S"}})));
        assert_eq!(resolve("$order.id[0]"), Ok(json!(7)));
        assert_eq!(resolve("$order['id']"), Ok(json!([7])));
        assert_eq!(resolve("$order"), Ok(json!({"id": [7]})));
    }

    #[test]
    fn a_missing_value_is_said_in_jayways_words() {
        let cause = |text| resolve(text).unwrap_err();
        assert_eq!(
            cause("$.x"),
            Failure::runtime("Invalid path '$.x' : No results for path: $['x']")
        );
        assert_eq!(
            cause("$.x.y"),
            Failure::runtime("Invalid path '$.x.y' : Missing property in path $['x']")
        );
        assert_eq!(
            cause("$$.x"),
            Failure::runtime("Invalid path '$$.x' : No results for path: $['x']")
        );
        assert_eq!(
            cause("$order.no"),
            Failure::runtime("Invalid path '$order.no' : No results for path: $['no']")
        );
        assert_eq!(
            cause("$none"),
            Failure::runtime("Invalid path '$none' : The variable '$none' has no value")
        );
    }

    #[test]
    fn null_input_has_no_inside() {
        let world = World::new();
        let path = Path::parse("$.a").unwrap();
        assert_eq!(
            path.resolve(world.env(&Value::Null)),
            Err(Failure::runtime(
                "Unable to apply Path transformation to null or empty input."
            ))
        );
        assert_eq!(
            Path::parse("$").unwrap().resolve(world.env(&Value::Null)),
            Ok(Value::Null)
        );
    }

    #[test]
    fn names_of_variables_are_checked() {
        let long = format!("${}", "v".repeat(81));
        for text in ["", "a", "$1", "$_a", "$a b", "$a-b", "$$$", "$a..", &long] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        assert_eq!(Path::parse("$größe_2.x").unwrap().variable(), Some("größe_2"));
        assert_eq!(Path::parse("$a.").unwrap_err().offset, 3);
    }

    #[test]
    fn a_result_that_does_not_fit_is_a_conflict() {
        let path = ReferencePath::parse("$.a.b").unwrap();
        assert_eq!(path.write(&json!({}), json!(1)), Ok(json!({"a": {"b": 1}})));
        let failure = path.write(&json!({"a": [1]}), json!(1)).unwrap_err();
        assert_eq!(failure.error.as_deref(), Some("States.ReferencePathConflict"));
        assert_eq!(
            failure.cause.as_deref(),
            Some(r#"Unable to apply step "b" to input {"a":[1]}"#)
        );
    }
}

//! Templates: JSON with parts that are computed. In JSONPath these are members named `….$`, in JSONata strings
//! in `{% … %}`.

use json::{Str, Value};

use crate::env::Env;
use crate::failure::Failure;
use crate::intrinsics::Call;
use crate::limits::TEMPLATE_ERRORS_MAX;
use crate::path::{Path, Unresolved, null_input};
use crate::query::Query;

/// A compiled payload template. What is constant in it is shared, never copied.
#[derive(Debug, Clone)]
pub struct Template(Node);

#[derive(Debug, Clone)]
enum Node {
    Constant(Value),
    Object(Vec<(Str, Node)>),
    Array(Vec<Node>),
    /// The field's name as written is in the messages: `id.$`.
    Path {
        field: Str,
        path: Path,
    },
    Call(Call),
    Query(Query),
}

/// A member of a template that is no path and no intrinsic function call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Where the member stands inside the template, as in `/a/0/b.$`; empty for an expression of its own.
    pub pointer: String,
    /// The member's name as written: `b.$`.
    pub field: String,
    /// What AWS says of it when a machine is created.
    pub message: String,
    /// What is wrong, and where in the expression.
    pub reason: String,
}

impl Template {
    /// Compiles a template; gives all of its faults, not only the first, up to a limit.
    pub fn compile(value: &Value) -> Result<Self, Vec<TemplateError>> {
        let mut errors = Vec::new();
        let node = Node::compile(value, &mut String::new(), &mut errors);
        if errors.is_empty() {
            Ok(Self(node))
        } else {
            Err(errors)
        }
    }

    /// Compiles one path or intrinsic function call, as `ErrorPath` and `CausePath` hold.
    pub fn compile_expression(field: &str, text: &str) -> Result<Self, TemplateError> {
        match expression(field, text) {
            Ok(node) => Ok(Self(node)),
            Err(reason) => Err(TemplateError::new(String::new(), field, reason)),
        }
    }

    /// A template without anything to compute.
    pub fn constant(value: Value) -> Self {
        Self(Node::Constant(value))
    }

    /// A template that is one JSONata expression.
    pub(crate) fn query(query: Query) -> Self {
        Self(Node::Query(query))
    }

    /// An object of templates.
    pub(crate) fn object(members: Vec<(Str, Self)>) -> Self {
        let node = Node::Object(
            members
                .into_iter()
                .map(|(name, member)| (name, member.0))
                .collect(),
        );
        Self(node.folded())
    }

    /// An array of templates.
    pub(crate) fn array(elements: Vec<Self>) -> Self {
        let node = Node::Array(elements.into_iter().map(|element| element.0).collect());
        Self(node.folded())
    }

    /// The failure of a value of the wrong type; the field is named where no expression of its own is.
    pub fn unexpected(&self, field: &str, expected: &str, value: &Value) -> Failure {
        if let Node::Query(query) = &self.0 {
            return query.unexpected(expected, value);
        }
        let found = value.kind();
        let cause =
            format!("The value of the field '{field}' must be of type '{expected}', but was '{found}'");
        Failure::query(cause, Some(field.into()))
    }

    /// The value of the template.
    ///
    /// Fails with `States.Runtime` where a path leads nowhere or a function cannot take its arguments, with
    /// `States.QueryEvaluationError` where JSONata gives no value.
    pub fn evaluate(&self, env: Env<'_>) -> Result<Value, Failure> {
        self.0.evaluate(env)
    }

    /// Names every variable that the template reads, in the order of writing, repeats included.
    pub fn references(&self, visit: &mut dyn FnMut(&str)) {
        self.0.references(visit);
    }
}

impl TemplateError {
    fn new(pointer: String, field: &str, reason: String) -> Self {
        let message = format!(
            "The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call"
        );
        Self {
            pointer,
            field: field.to_owned(),
            message,
            reason,
        }
    }
}

fn expression(field: &str, text: &str) -> Result<Node, String> {
    if text.trim_start().starts_with('$') {
        let path = Path::parse(text).map_err(|error| error.to_string())?;
        return Ok(Node::Path {
            field: field.into(),
            path,
        });
    }
    Call::parse(text)
        .map(Node::Call)
        .map_err(|error| error.to_string())
}

impl Node {
    fn compile(value: &Value, pointer: &mut String, errors: &mut Vec<TemplateError>) -> Self {
        let length = pointer.len();
        let node = match value {
            Value::Object(members) => {
                let mut nodes = Vec::with_capacity(members.len());
                for (name, member) in members.iter() {
                    pointer.push('/');
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    nodes.push(Self::compile_member(name, member, pointer, errors));
                    pointer.truncate(length);
                }
                Self::Object(nodes)
            }
            Value::Array(elements) => {
                let mut nodes = Vec::with_capacity(elements.len());
                for (place, element) in elements.iter().enumerate() {
                    pointer.push_str(&format!("/{place}"));
                    nodes.push(Self::compile(element, pointer, errors));
                    pointer.truncate(length);
                }
                Self::Array(nodes)
            }
            _ => return Self::Constant(value.clone()),
        };
        if node.is_constant() {
            Self::Constant(value.clone())
        } else {
            node
        }
    }

    fn compile_member(
        name: &Str,
        member: &Value,
        pointer: &mut String,
        errors: &mut Vec<TemplateError>,
    ) -> (Str, Self) {
        let Some(bare) = name.strip_suffix(".$") else {
            return (name.clone(), Self::compile(member, pointer, errors));
        };
        let compiled = match member {
            Value::String(text) => expression(name, text),
            other => Err(format!("expected a string, found {}", other.kind())),
        };
        let node = compiled.unwrap_or_else(|reason| {
            if errors.len() < TEMPLATE_ERRORS_MAX {
                errors.push(TemplateError::new(pointer.clone(), name, reason));
            }
            Self::Constant(Value::Null)
        });
        (bare.into(), node)
    }

    /// Whether nothing directly below is computed. A name that ends in `.$` never stays constant.
    fn is_constant(&self) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Object(members) => members.iter().all(|(_, node)| matches!(node, Self::Constant(_))),
            Self::Array(elements) => elements.iter().all(|node| matches!(node, Self::Constant(_))),
            Self::Path { .. } | Self::Call(_) | Self::Query(_) => false,
        }
    }

    /// The same with one constant in place of what holds only constants.
    fn folded(self) -> Self {
        if !self.is_constant() {
            return self;
        }
        let constant = |node| match node {
            Self::Constant(value) => value,
            _ => Value::Null,
        };
        match self {
            Self::Object(members) => {
                let members = members.into_iter().map(|(name, node)| (name, constant(node)));
                Self::Constant(Value::Object(members.collect()))
            }
            Self::Array(elements) => Self::Constant(elements.into_iter().map(constant).collect()),
            other => other,
        }
    }

    fn evaluate(&self, env: Env<'_>) -> Result<Value, Failure> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, node)| Ok((name.clone(), node.evaluate(env)?)));
                Ok(Value::Object(members.collect::<Result<_, Failure>>()?))
            }
            Self::Array(elements) => elements.iter().map(|node| node.evaluate(env)).collect(),
            Self::Path { field, path } => path.find(env).map_err(|reason| missing(field, path, reason, env)),
            Self::Call(call) => call.evaluate(env),
            Self::Query(query) => query.evaluate(env),
        }
    }

    fn references(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Self::Constant(_) => {}
            Self::Object(members) => members.iter().for_each(|(_, node)| node.references(visit)),
            Self::Array(elements) => elements.iter().for_each(|node| node.references(visit)),
            Self::Path { path, .. } => path.variable().into_iter().for_each(visit),
            Self::Call(call) => call.references(visit),
            Self::Query(query) => query.references(visit),
        }
    }
}

fn missing(field: &str, path: &Path, reason: Unresolved, env: Env<'_>) -> Failure {
    if let Unresolved::NullInput = reason {
        return null_input();
    }
    let (path, input) = (path.text(), env.input);
    Failure::runtime(format!(
        "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{input}'"
    ))
}

#[cfg(test)]
mod tests {
    use json::json;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::World;

    fn evaluate(template: Value, input: Value) -> Result<Value, Failure> {
        let world = World::new()
            .context(json!({"Name": "ctx"}))
            .variable("v", json!({"w": [1, 2]}));
        Template::compile(&template).unwrap().evaluate(world.env(&input))
    }

    #[test]
    fn members_are_computed_wherever_they_stand() {
        let template = json!({
            "plain": {"x": [1, {"y": null}]},
            "all.$": "$",
            "deep": [{"a.$": "$.a"}, 7, [{"name.$": "$$.Name"}]],
            "var.$": "$v.w[1]",
            "call.$": "States.Array($.a, 'x')",
            "text": "$.a",
        });
        let expected = json!({
            "plain": {"x": [1, {"y": null}]},
            "all": {"a": 5},
            "deep": [{"a": 5}, 7, [{"name": "ctx"}]],
            "var": 2,
            "call": [5, "x"],
            "text": "$.a",
        });
        assert_eq!(
            evaluate(template, json!({"a": 5})).unwrap().to_string(),
            expected.to_string()
        );
        assert_eq!(evaluate(json!([]), json!({})), Ok(json!([])));
        assert_eq!(evaluate(json!("$.a"), json!({})), Ok(json!("$.a")));
    }

    #[test]
    fn constants_are_shared() {
        let value = json!({"big": {"list": [1, 2, 3]}, "id.$": "$.id"});
        let template = Template::compile(&value).unwrap();
        let result = template.evaluate(World::new().env(&json!({"id": 1}))).unwrap();
        let (Some(Value::Object(big)), Some(Value::Object(original))) = (result.get("big"), value.get("big"))
        else {
            panic!("both are objects")
        };
        assert!(big.is_same(original));
    }

    #[test]
    fn a_missing_path_names_field_and_input() {
        let cause = |template| evaluate(template, json!({"k": "v"})).unwrap_err();
        assert_eq!(
            cause(json!({"out": {"value.$": "$.x"}})),
            Failure::runtime(
                r#"The JSONPath '$.x' specified for the field 'value.$' could not be found in the input '{"k":"v"}'"#
            )
        );
        assert_eq!(
            cause(json!({"value.$": "$$.x"})),
            Failure::runtime(
                r#"The JSONPath '$$.x' specified for the field 'value.$' could not be found in the input '{"k":"v"}'"#
            )
        );
        assert_eq!(
            cause(json!({"value.$": "$none.x"})),
            Failure::runtime(
                r#"The JSONPath '$none.x' specified for the field 'value.$' could not be found in the input '{"k":"v"}'"#
            )
        );
        assert_eq!(
            evaluate(json!({"value.$": "$.x[*]"}), json!({})),
            Ok(json!({"value": []}))
        );
    }

    #[test]
    fn every_fault_is_reported_with_its_place() {
        let faults = Template::compile(&json!({
            "a.$": "no path",
            "b": [1, {"c/d.$": "$.x["}],
            "e.$": 5,
            "f.$": "States.Nope()",
            "g.$": "$.fine",
        }))
        .unwrap_err();
        let places: Vec<_> = faults
            .iter()
            .map(|fault| (fault.pointer.as_str(), fault.field.as_str()))
            .collect();
        assert_eq!(
            places,
            [
                ("/a.$", "a.$"),
                ("/b/1/c~1d.$", "c/d.$"),
                ("/e.$", "e.$"),
                ("/f.$", "f.$")
            ]
        );
        assert_eq!(
            faults[0].message,
            "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call"
        );
    }

    #[test]
    fn an_expression_stands_alone() {
        let world = World::new();
        let template = Template::compile_expression("ErrorPath", "$.e").unwrap();
        assert_eq!(template.evaluate(world.env(&json!({"e": "E"}))), Ok(json!("E")));
        assert_eq!(
            template.evaluate(world.env(&json!({}))),
            Err(Failure::runtime(
                "The JSONPath '$.e' specified for the field 'ErrorPath' could not be found in the input '{}'"
            ))
        );
        assert!(Template::compile_expression("ErrorPath", "text").is_err());
    }

    #[test]
    fn variables_are_named_in_order() {
        let template = Template::compile(&json!({
            "a.$": "$one.x",
            "b": [{"c.$": "States.Format('{} {}', $two, States.Array($three, $.four, $one))"}],
            "d.$": "$$.five",
        }))
        .unwrap();
        let mut names = Vec::new();
        template.references(&mut |name| names.push(name.to_owned()));
        assert_eq!(names, ["one", "two", "three", "one"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_compiling_panic(text in "\\PC{0,40}") {
            let _ = Template::compile(&json!({"a.$": text.clone()}));
            let _ = Template::compile(&json!({"a.$": format!("States.Format('{text}', $.a)")}));
        }
    }
}

//! Queries: one JSONata expression of a state, and what it is worth when the state runs.

use std::cell::OnceCell;

use json::{Str, Value};
use jsonata::{Budget, Dialect, Expression, Functions, Kind, Options, Outcome};

use crate::diagnostics::Code;
use crate::env::{Env, Produced};
use crate::failure::Failure;
use crate::limits::{CAUSE_CHARS_MAX, JSONATA_STEPS_MAX, JSONATA_VALUE_BYTES_MAX};

/// A compiled JSONata expression. Clones share it.
#[derive(Debug, Clone)]
pub struct Query {
    /// The expression as written, without its delimiters.
    text: Str,
    /// Where it stands in its state: `Output/result`, `Catch[1]/Output`.
    location: Str,
    expression: Expression,
    sees_context: bool,
}

/// What `$states` holds beside the input and the context object, where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    /// Nothing.
    Input,
    /// `$states.result`.
    Result,
    /// `$states.errorOutput`.
    Error,
}

/// Why an expression cannot stand where it stands.
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) message: String,
}

/// How a string of a JSONata state is to be taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written<'t> {
    /// As it stands.
    Text,
    /// As an expression.
    Expression(&'t str),
    /// One delimiter without the other.
    Unclear,
}

/// Looks for the delimiters of an expression.
pub(crate) fn written(text: &str) -> Written<'_> {
    if let Some(inner) = text.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}")) {
        return Written::Expression(inner.trim());
    }
    if text.starts_with("{%") || text.ends_with("%}") {
        return Written::Unclear;
    }
    Written::Text
}

impl Query {
    /// Compiles an expression for its place in a state.
    pub(crate) fn compile(text: &str, location: &str, sees: Sees) -> Result<Self, Vec<Fault>> {
        let options = Options {
            dialect: Dialect::V2_0_6,
            functions: Functions::StepFunctions,
        };
        let expression = Expression::compile(text, options).map_err(|error| {
            let message = error.message();
            vec![Fault {
                code: Code::InvalidJsonataExpression,
                message,
            }]
        })?;
        let references = expression.references();
        let mut faults = Vec::new();
        let mut refuse = |message: String| {
            faults.push(Fault {
                code: Code::UnsupportedJsonataExpression,
                message,
            });
        };
        for reference in &references.top_level {
            let name = &reference.path[0];
            refuse(format!(
                "Reference to '{name}' at the top level is not supported."
            ));
        }
        for _ in &references.root {
            refuse("Reference to '$$' at the top level is not supported.".to_owned());
        }
        let mut sees_context = false;
        for reference in references
            .variables
            .iter()
            .filter(|used| &*used.path[0] == "states")
        {
            match reference.path.get(1).map(|name| &**name) {
                Some("context") | None => sees_context = true,
                Some(name @ "result") if sees != Sees::Result => {
                    refuse(format!("Reference to '$states.{name}' is not supported here."));
                }
                Some(name @ "errorOutput") if sees != Sees::Error => {
                    refuse(format!("Reference to '$states.{name}' is not supported here."));
                }
                Some(_) => {}
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            text: text.into(),
            location: location.into(),
            expression,
            sees_context,
        })
    }

    /// What the expression is worth.
    ///
    /// Fails with `States.QueryEvaluationError` where it throws an error, goes over a limit, or gives nothing
    /// or a function.
    pub fn evaluate(&self, env: Env<'_>) -> Result<Value, Failure> {
        let states = OnceCell::new();
        let variables = |name: &str| match name {
            "states" => Some(states.get_or_init(|| self.states(env)).clone()),
            name => env.outside.variable(name),
        };
        let outcome = self.expression.evaluate(
            None,
            jsonata::Env {
                variables: &variables,
                now_millis: env.outside.now_millis(),
                random: &mut || env.outside.random(),
                budget: Budget {
                    steps_max: JSONATA_STEPS_MAX,
                    ..Budget::AWS
                },
            },
        );
        match outcome {
            Ok(Outcome::Value(value)) => Ok(value),
            Ok(Outcome::Undefined) => Err(self.failure("returned nothing (undefined).")),
            Ok(Outcome::Function) => Err(self.failure("returned an unsupported result type.")),
            Err(error) => {
                let joint = match error.kind() {
                    Kind::Coded => ". ",
                    Kind::Depth | Kind::Memory | Kind::Time => ": ",
                };
                Err(self.failure(&format!("threw an error during evaluation{joint}{error}")))
            }
        }
    }

    /// A value of one type.
    pub(crate) fn evaluate_to(&self, expected: &str, env: Env<'_>) -> Result<Value, Failure> {
        let value = self.evaluate(env)?;
        if value.kind() == expected {
            return Ok(value);
        }
        Err(self.unexpected(expected, &value))
    }

    /// A whole number that is not negative.
    pub(crate) fn evaluate_to_whole(&self, env: Env<'_>) -> Result<u64, Failure> {
        let value = self.evaluate(env)?;
        let Some(number) = value.as_f64() else {
            return Err(self.unexpected("number", &value));
        };
        // 2^53, up to which doubles hold every whole number.
        if !(0.0..=9_007_199_254_740_992.0).contains(&number) || number.fract() != 0.0 {
            return Err(self.failure(&format!(
                "returned a value that is not a whole number of at least 0: {value}"
            )));
        }
        Ok(number as u64)
    }

    /// The failure of a value of the wrong type.
    pub(crate) fn unexpected(&self, expected: &str, value: &Value) -> Failure {
        let (found, value) = (value.kind(), shown(value));
        self.failure(&format!(
            "returned an unexpected result type. Expected '{expected}', but was '{found}' for value: {value}"
        ))
    }

    /// A failure with other words than those about an expression, located here.
    pub(crate) fn located(&self, mut cause: String) -> Failure {
        if let Some((end, _)) = cause.char_indices().nth(CAUSE_CHARS_MAX) {
            cause.truncate(end);
        }
        Failure::query(cause, Some(self.location.clone()))
    }

    fn failure(&self, what: &str) -> Failure {
        let (text, location) = (&self.text, &self.location);
        self.located(format!(
            "The JSONata expression '{text}' specified for the field '{location}' {what}"
        ))
    }

    fn states(&self, env: Env<'_>) -> Value {
        let mut members = vec![("input", env.input.clone())];
        if self.sees_context {
            members.push(("context", env.outside.context().clone()));
        }
        match env.produced {
            Produced::Nothing => {}
            Produced::Result(result) => members.push(("result", result.clone())),
            Produced::Error(error) => members.push(("errorOutput", error.clone())),
        }
        Value::object(members)
    }

    /// Names every variable that the expression reads and does not bind itself, repeats included.
    pub fn references(&self, visit: &mut dyn FnMut(&str)) {
        for reference in self.expression.references().variables {
            if &*reference.path[0] != "states" {
                visit(&reference.path[0]);
            }
        }
    }
}

/// A value as a message shows it; one that is too long is left out.
pub(crate) fn shown(value: &Value) -> String {
    value
        .text_within(JSONATA_VALUE_BYTES_MAX)
        .unwrap_or_else(|_| "…".to_owned())
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::testing::World;

    fn evaluate(text: &str, input: Value) -> Result<Value, Failure> {
        let world = World::new()
            .context(json!({"Execution": {"Name": "run"}}))
            .variable("v", json!({"w": [1, 2]}));
        compile(text, Sees::Input).evaluate(world.env(&input))
    }

    fn compile(text: &str, sees: Sees) -> Query {
        Query::compile(text, "Output/x", sees).unwrap_or_else(|faults| panic!("{}", faults[0].message))
    }

    fn cause(text: &str) -> String {
        let failure = evaluate(text, json!({})).unwrap_err();
        assert_eq!(failure.error.as_deref(), Some("States.QueryEvaluationError"));
        assert_eq!(failure.location.as_deref(), Some("Output/x"));
        failure.cause.unwrap().to_string()
    }

    #[test]
    fn delimiters_stand_at_both_ends_or_nowhere() {
        assert_eq!(written("{% 1 + 1 %}"), Written::Expression("1 + 1"));
        assert_eq!(written("{%%}"), Written::Expression(""));
        // With blanks on both sides too, as recorded from AWS.
        for text in ["plain {% 1 %} text", " {% 1 %} ", ""] {
            assert_eq!(written(text), Written::Text, "{text}");
        }
        for text in ["{% 1", "1 %}", " {% 1 %}", "{% 1 %} ", "{%}"] {
            assert_eq!(written(text), Written::Unclear, "{text}");
        }
    }

    #[test]
    fn an_expression_sees_input_context_and_variables() {
        assert_eq!(evaluate("$states.input.a", json!({"a": 1})), Ok(json!(1)));
        assert_eq!(
            evaluate("$states.context.Execution.Name", json!({})),
            Ok(json!("run"))
        );
        assert_eq!(
            evaluate("$lookup($states, 'context').Execution.Name", json!({})),
            Ok(json!("run"))
        );
        assert_eq!(evaluate("$v.w[1]", json!({})), Ok(json!(2)));
        assert_eq!(evaluate("($x := 2; $x * $x)", json!({})), Ok(json!(4)));
    }

    #[test]
    fn result_and_error_are_seen_where_they_are() {
        let (world, input, made) = (World::new(), json!({}), json!({"n": 7}));
        let result = compile("$states.result.n", Sees::Result);
        assert_eq!(
            result.evaluate(world.env(&input).with_result(&made)),
            Ok(json!(7))
        );
        let error = compile("$states.errorOutput.n", Sees::Error);
        assert_eq!(error.evaluate(world.env(&input).with_error(&made)), Ok(json!(7)));
    }

    #[test]
    fn the_input_is_shared() {
        let input = json!({"big": {"list": [1, 2, 3]}});
        let value = evaluate("$states.input.big", input.clone()).unwrap();
        assert!(input.get("big").is_some_and(|big| big.is_same(&value)));
    }

    #[test]
    fn failures_name_expression_and_field() {
        let opening = |text| format!("The JSONata expression '{text}' specified for the field 'Output/x' ");
        for (text, words) in [
            ("$none", "returned nothing (undefined)."),
            ("$sum", "returned an unsupported result type."),
            (
                "$none()",
                "threw an error during evaluation. T1006: Attempted to invoke a non-function",
            ),
            (
                "$eval('1')",
                "threw an error during evaluation. T1006: Attempted to invoke a non-function",
            ),
            (
                "($f := function($n) { 1 + $f($n + 1) }; $f(1))",
                "threw an error during evaluation: Stack overflow error: Check for non-terminating recursive \
                 function. Consider rewriting as tail-recursive.",
            ),
            (
                "[1..873783]",
                "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for \
                 excessive memory usage",
            ),
            (
                "($f := function($n) { $f($n + 1) }; $f(1))",
                "threw an error during evaluation: Expression evaluation timeout: Check for infinite loop",
            ),
        ] {
            assert_eq!(cause(text), opening(text) + words);
        }
        let failure = compile("'text'", Sees::Input)
            .evaluate_to("array", World::new().env(&json!({})))
            .unwrap_err();
        assert_eq!(
            failure.cause.as_deref().unwrap(),
            opening("'text'")
                + "returned an unexpected result type. Expected 'array', but was 'string' for value: \"text\""
        );
    }

    #[test]
    fn what_a_failure_says_is_bounded() {
        let text = format!("$none & $error('{}')", "ä".repeat(CAUSE_CHARS_MAX));
        assert_eq!(cause(&text).chars().count(), CAUSE_CHARS_MAX);
        let failure = evaluate("$error($pad('', 200000, 'x'))", json!({})).unwrap_err();
        assert!(failure.cause.unwrap().len() <= CAUSE_CHARS_MAX);
    }

    #[test]
    fn whole_numbers_are_whole_and_not_negative() {
        let whole = |text| compile(text, Sees::Input).evaluate_to_whole(World::new().env(&json!({})));
        assert_eq!(whole("5"), Ok(5));
        assert_eq!(whole("10 / 2"), Ok(5));
        assert!(
            whole("1.5").is_err()
                && whole("0 - 1").is_err()
                && whole("'5'").is_err()
                && whole("1e300").is_err()
        );
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let faults = |text, sees| -> Vec<String> {
            let faults = Query::compile(text, "Output", sees).err().unwrap_or_default();
            faults
                .into_iter()
                .map(|fault| format!("{}: {}", fault.code.as_str(), fault.message))
                .collect()
        };
        assert_eq!(
            faults("phone.home & $$.x", Sees::Input),
            [
                "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported.",
                "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' at the top level is not supported.",
            ]
        );
        assert_eq!(
            faults("$states.errorOutput", Sees::Result),
            ["UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$states.errorOutput' is not supported here."]
        );
        assert_eq!(
            faults("$states.result", Sees::Error),
            ["UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$states.result' is not supported here."]
        );
        assert_eq!(
            faults("1 +", Sees::Input),
            ["INVALID_JSONATA_EXPRESSION: Unexpected end of expression"]
        );
        assert!(faults("$states.input.a.(b & c)", Sees::Input).is_empty());
    }
}

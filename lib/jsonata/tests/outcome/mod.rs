//! Outcomes: what an expression comes to, here and in the files that `tools/record.mjs` writes.

#![allow(dead_code, reason = "each test binary uses some of it")]

use std::fmt;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use json::{Object, Value};
use jsonata::{Budget, Dialect, Env, Expression};

/// The moment at which the recorded expressions were evaluated.
pub(crate) const NOW_MILLIS: i64 = 1_700_000_000_123;

/// So many steps are a few seconds; whoever needs more hangs.
const STEPS_MAX: u64 = 60_000_000;

/// What an expression comes to.
#[derive(Clone, PartialEq)]
pub(crate) enum Outcome {
    Undefined,
    Function,
    Value(Value),
    Error(Failure),
    /// A limit was passed.
    Limit(String),
    /// The evaluator panicked, or the reference failed in a way that says nothing about JSONata.
    Crash(String),
    /// The reference gave no answer in time.
    Silence,
}

/// An error as jsonata-js shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) position: Option<i64>,
    pub(crate) token: Option<Value>,
    pub(crate) value: Option<Value>,
}

/// An expression with what it is evaluated on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) expr: String,
    pub(crate) input: Option<Value>,
    pub(crate) bindings: Object,
    pub(crate) depth_max: Option<u32>,
}

impl Case {
    /// Reads what record.mjs wrote.
    pub(crate) fn read(case: &Value) -> Self {
        let input = match case.get("on") {
            Some(name) => Some(read(&data(&format!(
                "inputs/{}.json",
                name.as_str().expect("a name")
            )))),
            None => case.get("input").cloned(),
        };
        Self {
            expr: text(case, "expr"),
            input,
            bindings: case
                .get("bindings")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            depth_max: None,
        }
    }

    /// Compiles and evaluates; a panic is an outcome too.
    pub(crate) fn outcome(&self, dialect: Dialect) -> Outcome {
        catch_unwind(AssertUnwindSafe(|| self.evaluate(dialect))).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            Outcome::Crash(
                text.or(panic.downcast_ref::<&str>().copied())
                    .unwrap_or("panic")
                    .to_owned(),
            )
        })
    }

    fn evaluate(&self, dialect: Dialect) -> Outcome {
        let expression = match Expression::compile(&self.expr, dialect) {
            Ok(expression) => expression,
            Err(error) => return error.into(),
        };
        let budget = Budget {
            depth_max: self.depth_max.unwrap_or(Budget::default().depth_max),
            steps_max: STEPS_MAX,
            ..Budget::default()
        };
        let mut random = || 1 << 63;
        let env = Env {
            variables: &|name| self.bindings.get(name).cloned(),
            now_millis: NOW_MILLIS,
            random: &mut random,
            budget,
        };
        match expression.evaluate(self.input.as_ref(), env) {
            Ok(jsonata::Outcome::Undefined) => Outcome::Undefined,
            Ok(jsonata::Outcome::Function) => Outcome::Function,
            Ok(jsonata::Outcome::Value(value)) => Outcome::Value(value),
            Err(error) => error.into(),
        }
    }
}

impl From<jsonata::Error> for Outcome {
    fn from(error: jsonata::Error) -> Self {
        if error.kind() != jsonata::Kind::Coded {
            return Self::Limit(error.message());
        }
        Self::Error(Failure {
            code: error.code().to_owned(),
            message: error.message(),
            position: error.position().map(|position| position as i64),
            token: error.about_token().cloned(),
            value: error.about_value().cloned(),
        })
    }
}

impl Outcome {
    /// Reads what the reference said.
    pub(crate) fn read(case: &Value) -> Self {
        if let Some(error) = case.get("error") {
            return Self::Error(Failure {
                code: text(error, "code"),
                message: error
                    .get("message")
                    .map(|_| text(error, "message"))
                    .unwrap_or_default(),
                position: error.get("position").and_then(Value::as_i64),
                token: error.get("token").cloned(),
                value: error.get("value").cloned(),
            });
        }
        if let Some(value) = case.get("value") {
            return Self::Value(value.clone());
        }
        if case.get("undefined").is_some() {
            return Self::Undefined;
        }
        if case.get("function").is_some() {
            return Self::Function;
        }
        match case.get("crash") {
            Some(_) => Self::Crash(text(case, "crash")),
            None => Self::Silence,
        }
    }

    /// Whether both are the same to whoever evaluates: values with the order of their members, errors
    /// with code, text, position and token.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(a), Self::Value(b)) => same(a, b, Order::Written),
            (Self::Error(a), Self::Error(b)) => {
                a.code == b.code && a.message == b.message && a.position == b.position && a.token == b.token
            }
            (a, b) => a == b,
        }
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => out.write_str("nothing"),
            Self::Function => out.write_str("a function"),
            Self::Value(value) => write!(out, "{}", clip(&value.to_string())),
            Self::Error(failure) => write!(
                out,
                "{}: {} (at {:?}, token {:?})",
                failure.code,
                clip(&failure.message),
                failure.position,
                failure.token
            ),
            Self::Limit(text) => write!(out, "limit: {text}"),
            Self::Crash(text) => write!(out, "crash: {text}"),
            Self::Silence => out.write_str("no answer in time"),
        }
    }
}

/// Whether the order of an object's members counts.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Order {
    Any,
    Written,
}

/// Whether two values are equal, numbers as doubles.
pub(crate) fn same(a: &Value, b: &Value, order: Order) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b, order))
        }
        // JavaScript lists names that look like indexes first, in their order; JSON knows no such thing.
        (Value::Object(a), Value::Object(b))
            if order == Order::Written && !a.names().any(|name| is_index(name)) =>
        {
            let pairs = a.iter().zip(b.iter());
            a.len() == b.len() && { pairs }.all(|((name, a), (other, b))| name == other && same(a, b, order))
        }
        (Value::Object(a), Value::Object(b)) => {
            let found = |(name, a): (&json::Str, &Value)| b.get(name).is_some_and(|b| same(a, b, order));
            a.len() == b.len() && a.iter().all(found)
        }
        (a, b) => a == b,
    }
}

fn is_index(name: &str) -> bool {
    name.parse::<u32>().is_ok_and(|index| index.to_string() == name)
}

/// A file of this crate's test data.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// Reads a JSON file that must be there.
pub(crate) fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    json::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Says something on stderr, whether the test passes or not.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The first hundreds of characters.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.to_string(),
        Some(other) => other.to_string(),
        None => panic!("no {name} in {value}"),
    }
}

//! What the fields of a state are worth when it runs.

use std::sync::Arc;

use json::{Str, Value};

use crate::env::Env;
use crate::failure::Failure;
use crate::model::{Assign, FailText, Map, ResultPath, Selection, Until, Whole};

impl Selection {
    /// The part of the input that is selected.
    pub fn select(&self, env: Env<'_>) -> Result<Value, Failure> {
        match self {
            Self::Whole => Ok(env.input.clone()),
            Self::Nothing => Ok(Value::empty_object()),
            Self::Path(path) => path.resolve(env),
        }
    }
}

impl ResultPath {
    /// The input with the result in its place.
    pub fn place(&self, input: &Value, result: Value) -> Result<Value, Failure> {
        match self {
            Self::Replace => Ok(result),
            Self::Discard => Ok(input.clone()),
            Self::Into(path) => path.write(input, result),
        }
    }
}

impl Assign {
    /// Whether it sets nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The new values, all computed from the variables of before.
    pub fn evaluate(&self, env: Env<'_>) -> Result<Vec<(Str, Value)>, Failure> {
        self.0.iter().map(|(name, template)| Ok((name.clone(), template.evaluate(env)?))).collect()
    }
}

impl Whole {
    /// The number; `field` is the name without `Path`, as in `TimeoutSeconds`.
    pub fn resolve(&self, _field: &str, env: Env<'_>) -> Result<u64, Failure> {
        match self {
            Self::Literal(value) => Ok(*value),
            Self::Path(path) => path.resolve(env).map(|value| value.as_i64().unwrap_or_default() as u64),
        }
    }
}

impl Until {
    /// When the Wait is over, in milliseconds since 1970.
    pub fn resolve(&self, now_millis: i64, _env: Env<'_>) -> Result<i64, Failure> {
        match self {
            Self::Seconds(seconds) => Ok(now_millis + *seconds as i64 * 1000),
            Self::Timestamp(millis) => Ok(*millis),
            Self::SecondsPath(_) | Self::TimestampPath(_) => Ok(now_millis),
        }
    }
}

impl FailText {
    /// The text; `field` is `ErrorPath` or `CausePath`.
    pub fn resolve(&self, _field: &str, env: Env<'_>) -> Result<Str, Failure> {
        match self {
            Self::Literal(text) => Ok(text.clone()),
            Self::Computed(template) => Ok(template.evaluate(env)?.as_str().unwrap_or_default().into()),
        }
    }
}

impl Map {
    /// What it iterates over.
    pub fn items(&self, env: Env<'_>) -> Result<Arc<[Value]>, Failure> {
        let items = match &self.items_path {
            Some(path) => path.resolve(env)?,
            None => env.input.clone(),
        };
        match items {
            Value::Array(items) => Ok(items),
            other => Err(Failure::runtime(format!("Map state input must be an array but was: {other}"))),
        }
    }
}

//! What expressions see in tests.

use std::cell::Cell;

use json::{Str, Value};

use crate::env::{Env, Outside};
use crate::limits::Limits;

/// A context object, some variables, and numbers that count up.
#[derive(Default)]
pub(crate) struct World {
    context: Value,
    variables: Vec<(Str, Value)>,
    random: Cell<u64>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn context(mut self, context: Value) -> Self {
        self.context = context;
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: Value) -> Self {
        self.variables.push((name.into(), value));
        self
    }

    pub(crate) fn env<'a>(&'a self, input: &'a Value) -> Env<'a> {
        Env::new(input, self)
    }
}

impl Outside for World {
    fn context(&self) -> &Value {
        &self.context
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.variables
            .iter()
            .find(|(known, _)| &**known == name)
            .map(|(_, value)| value.clone())
    }

    fn limits(&self) -> &Limits {
        &Limits::AWS
    }

    fn now_millis(&self) -> i64 {
        0
    }

    fn random(&self) -> u64 {
        self.random
            .set(self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        self.random.get()
    }
}

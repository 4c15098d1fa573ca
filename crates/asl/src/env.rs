//! What an expression may see while it is evaluated.

use json::Value;

use crate::limits::Limits;

/// What is around a state: its context object, the variables in reach, and chance.
pub trait Outside {
    /// The context object, `$$`. Made when first asked for.
    fn context(&self) -> &Value;

    /// The value of a variable in reach.
    fn variable(&self, name: &str) -> Option<Value>;

    /// What the execution keeps to.
    fn limits(&self) -> &Limits;

    /// The moment of the step, in milliseconds since 1970, for `$now` and `$millis`.
    fn now_millis(&self) -> i64;

    /// The next number of the step's random sequence, for `States.UUID`, `$uuid` and their like.
    fn random(&self) -> u64;
}

/// Everything that an expression may see.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// What `$` means, and `$states.input`.
    pub input: &'a Value,
    /// What is around the state.
    pub outside: &'a dyn Outside,
    /// What the state has produced by then, for JSONata.
    pub produced: Produced<'a>,
}

/// What a state has produced when its expressions are evaluated.
#[derive(Clone, Copy)]
pub enum Produced<'a> {
    /// Nothing yet, or nothing of its own.
    Nothing,
    /// `$states.result`.
    Result(&'a Value),
    /// `$states.errorOutput`.
    Error(&'a Value),
}

impl<'a> Env<'a> {
    /// What an expression may see before the state has produced anything.
    pub fn new(input: &'a Value, outside: &'a dyn Outside) -> Self {
        Self {
            input,
            outside,
            produced: Produced::Nothing,
        }
    }

    /// With the result of the state's work.
    pub fn with_result(mut self, result: &'a Value) -> Self {
        self.produced = Produced::Result(result);
        self
    }

    /// With the error that a catcher caught.
    pub fn with_error(mut self, error: &'a Value) -> Self {
        self.produced = Produced::Error(error);
        self
    }
}

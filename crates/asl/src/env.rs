//! What an expression may see while it is evaluated.

use json::Value;

/// What is around a state: its context object, the variables in reach, and chance.
pub trait Outside {
    /// The context object, `$$`. Made when first asked for.
    fn context(&self) -> &Value;

    /// The value of a variable in reach.
    fn variable(&self, name: &str) -> Option<Value>;

    /// The next number of the step's random sequence, for `States.UUID` and `States.MathRandom`.
    fn random(&self) -> u64;
}

/// Everything that an expression may see.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// What `$` means.
    pub input: &'a Value,
    /// What is around the state.
    pub outside: &'a dyn Outside,
}

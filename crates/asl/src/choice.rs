//! Choice rules: comparisons and how they combine.

use json::Value;

use crate::env::Env;
use crate::failure::Failure;
use crate::model::Choice;
use crate::path::Path;

/// What must be true for a Choice to go somewhere.
#[derive(Debug, Clone)]
pub enum ChoiceRule {
    /// All of them.
    And(Vec<ChoiceRule>),
    /// At least one of them.
    Or(Vec<ChoiceRule>),
    /// Not this one.
    Not(Box<ChoiceRule>),
    /// One comparison.
    Compare {
        /// `Variable`.
        variable: Path,
        /// How it is compared.
        operator: ChoiceOperator,
        /// What it is compared with.
        operand: Operand,
    },
}

/// What a variable is compared with.
#[derive(Debug, Clone)]
pub enum Operand {
    /// Written in the definition.
    Literal(Value),
    /// Found by a path: the operator's `…Path` twin.
    Path(Path),
}

/// How a comparison compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoiceOperator {
    /// `StringEquals`.
    StringEquals,
}

impl ChoiceOperator {
    /// The operator of that name, and whether it is the twin that takes a path.
    pub fn parse(name: &str) -> Option<(Self, bool)> {
        match name {
            "StringEquals" => Some((Self::StringEquals, false)),
            "StringEqualsPath" => Some((Self::StringEquals, true)),
            _ => None,
        }
    }
}

impl ChoiceRule {
    /// Whether it is true.
    pub fn holds(&self, _env: Env<'_>) -> Result<bool, Failure> {
        Ok(false)
    }

    /// Names every variable that the rule reads.
    pub fn references(&self, _visit: &mut dyn FnMut(&str)) {}
}

impl Choice {
    /// The index of the first branch whose rule is true.
    pub fn choose(&self, env: Env<'_>) -> Result<Option<usize>, Failure> {
        for (index, branch) in self.branches.iter().enumerate() {
            if branch.rule.holds(env)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

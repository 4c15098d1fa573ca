//! Choice rules: comparisons and how they combine.

use std::cmp::Ordering;

use json::{Number, Value};

use crate::env::Env;
use crate::failure::Failure;
use crate::model::Choice;
use crate::path::Path;
use crate::query::Query;
use crate::timestamp;

/// What must be true for a Choice to go somewhere.
#[derive(Debug, Clone)]
pub enum ChoiceRule {
    /// All of them.
    And(Vec<ChoiceRule>),
    /// At least one of them.
    Or(Vec<ChoiceRule>),
    /// Not this one.
    Not(Box<ChoiceRule>),
    /// A condition of JSONata that is written down.
    Constant(bool),
    /// A condition of JSONata: an expression that must give a boolean.
    Condition(Query),
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
    /// `StringEquals`, `StringLessThan`, …: by UTF-16 units, as Java compares.
    String(Relation),
    /// `NumericEquals`, …: by value, whatever the way of writing.
    Numeric(Relation),
    /// `TimestampEquals`, …: as instants.
    Timestamp(Relation),
    /// `BooleanEquals`.
    BooleanEquals,
    /// `StringMatches`: `*` stands for any text, `\*` for itself, `\\` for a backslash.
    StringMatches,
    /// `IsNull`, `IsString`, …: whether the test gives what the operand says.
    Is(Kind),
}

/// The relation that two values must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in the language")]
pub enum Relation {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

/// What a value is tested for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in the language")]
pub enum Kind {
    Null,
    Present,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

impl Relation {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "Equals" => Self::Equals,
            "LessThan" => Self::LessThan,
            "GreaterThan" => Self::GreaterThan,
            "LessThanEquals" => Self::LessThanEquals,
            "GreaterThanEquals" => Self::GreaterThanEquals,
            _ => return None,
        })
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::GreaterThan => ordering.is_gt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}

impl ChoiceOperator {
    /// The operator of that name, and whether it is the twin that takes a path.
    pub fn parse(name: &str) -> Option<(Self, bool)> {
        let kind = match name {
            "StringMatches" => return Some((Self::StringMatches, false)),
            "IsNull" => Some(Kind::Null),
            "IsPresent" => Some(Kind::Present),
            "IsNumeric" => Some(Kind::Numeric),
            "IsString" => Some(Kind::String),
            "IsBoolean" => Some(Kind::Boolean),
            "IsTimestamp" => Some(Kind::Timestamp),
            _ => None,
        };
        if let Some(kind) = kind {
            return Some((Self::Is(kind), false));
        }
        let (base, takes_path) = match name.strip_suffix("Path") {
            Some(base) => (base, true),
            None => (name, false),
        };
        let operator = if base == "BooleanEquals" {
            Self::BooleanEquals
        } else if let Some(relation) = base.strip_prefix("String") {
            Self::String(Relation::parse(relation)?)
        } else if let Some(relation) = base.strip_prefix("Numeric") {
            Self::Numeric(Relation::parse(relation)?)
        } else {
            Self::Timestamp(Relation::parse(base.strip_prefix("Timestamp")?)?)
        };
        Some((operator, takes_path))
    }

    /// Whether a value compares so with an operand. What is of the wrong kind is false.
    fn holds(self, value: &Value, operand: &Value) -> bool {
        match (self, value, operand) {
            (Self::String(relation), Value::String(value), Value::String(operand)) => {
                relation.holds(value.encode_utf16().cmp(operand.encode_utf16()))
            }
            (Self::StringMatches, Value::String(value), Value::String(pattern)) => matches(value, pattern),
            (Self::Numeric(relation), Value::Number(value), Value::Number(operand)) => {
                relation.holds(Number::compare(*value, *operand))
            }
            (Self::Timestamp(relation), Value::String(value), Value::String(operand)) => {
                match (timestamp::parse(value), timestamp::parse(operand)) {
                    (Some(value), Some(operand)) => relation.holds(value.cmp(&operand)),
                    _ => false,
                }
            }
            (Self::BooleanEquals, Value::Bool(value), Value::Bool(operand)) => value == operand,
            (Self::Is(kind), value, Value::Bool(wanted)) => kind.is(value) == *wanted,
            _ => false,
        }
    }
}

impl Kind {
    fn is(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Present, _)
            | (Self::Null, Value::Null)
            | (Self::Numeric, Value::Number(_))
            | (Self::String, Value::String(_))
            | (Self::Boolean, Value::Bool(_)) => true,
            (Self::Timestamp, Value::String(text)) => timestamp::parse(text).is_some(),
            _ => false,
        }
    }
}

/// Whether a text matches a pattern: greedily from the left, back to the last `*` at a mismatch.
fn matches(text: &str, pattern: &str) -> bool {
    let mut text = text.chars();
    let mut pattern = pattern.chars();
    let mut retry = None;
    loop {
        let mut rest = pattern.clone();
        let wanted = match rest.next() {
            Some('*') => {
                retry = Some((rest.clone(), text.clone()));
                pattern = rest;
                continue;
            }
            Some('\\') => {
                let mut escaped = rest.clone();
                match escaped.next() {
                    Some(c @ ('*' | '\\')) => {
                        rest = escaped;
                        Some(c)
                    }
                    _ => Some('\\'),
                }
            }
            other => other,
        };
        match (text.next(), wanted) {
            (None, None) => return true,
            (Some(found), Some(wanted)) if found == wanted => pattern = rest,
            _ => {
                let Some((after_star, mut from)) = retry.take() else {
                    return false;
                };
                if from.next().is_none() {
                    return false;
                }
                retry = Some((after_star.clone(), from.clone()));
                (pattern, text) = (after_star, from);
            }
        }
    }
}

impl ChoiceRule {
    /// Whether it is true.
    ///
    /// Fails with `States.Runtime` where a variable or an operand is missing, unless it is asked
    /// whether it is there. Rules after the one that decides are not looked at.
    pub fn holds(&self, env: Env<'_>) -> Result<bool, Failure> {
        match self {
            Self::And(rules) => {
                for rule in rules {
                    if !rule.holds(env)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(rules) => {
                for rule in rules {
                    if rule.holds(env)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(rule) => Ok(!rule.holds(env)?),
            Self::Constant(truth) => Ok(*truth),
            Self::Condition(query) => Ok(query.evaluate_to("boolean", env)? == Value::Bool(true)),
            Self::Compare {
                variable,
                operator: ChoiceOperator::Is(Kind::Present),
                operand,
            } => {
                let present = variable.find(env).is_ok();
                Ok(matches!(operand, Operand::Literal(Value::Bool(wanted)) if *wanted == present))
            }
            Self::Compare {
                variable,
                operator,
                operand,
            } => {
                let value = existing(variable, env)?;
                match operand {
                    Operand::Literal(operand) => Ok(operator.holds(&value, operand)),
                    Operand::Path(path) => Ok(operator.holds(&value, &existing(path, env)?)),
                }
            }
        }
    }

    /// Names every variable that the rule reads, in the order of writing.
    pub fn references(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Self::And(rules) | Self::Or(rules) => rules.iter().for_each(|rule| rule.references(visit)),
            Self::Not(rule) => rule.references(visit),
            Self::Constant(_) => {}
            Self::Condition(query) => query.references(visit),
            Self::Compare {
                variable, operand, ..
            } => {
                variable.variable().into_iter().for_each(&mut *visit);
                if let Operand::Path(path) = operand {
                    path.variable().into_iter().for_each(visit);
                }
            }
        }
    }
}

fn existing(path: &Path, env: Env<'_>) -> Result<Value, Failure> {
    path.find(env).map_err(|_| {
        Failure::runtime(format!(
            "Invalid path '{}': The choice state's condition path references an invalid value.",
            path.text()
        ))
    })
}

impl Choice {
    /// The index of the first branch whose rule is true; none when the Default, if any, is taken.
    pub fn choose(&self, env: Env<'_>) -> Result<Option<usize>, Failure> {
        for (index, branch) in self.branches.iter().enumerate() {
            if branch.rule.holds(env)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use json::json;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::World;

    fn compare(value: Value, operator: &str, operand: Value) -> bool {
        let (operator, takes_path) = ChoiceOperator::parse(operator).unwrap();
        let literal = Operand::Literal(operand.clone());
        let operand_path = Operand::Path(Path::parse("$.operand").unwrap());
        let operand_of_rule = if takes_path { operand_path } else { literal };
        let variable = Path::parse("$.value").unwrap();
        let rule = ChoiceRule::Compare {
            variable,
            operator,
            operand: operand_of_rule,
        };
        rule.holds(World::new().env(&json!({"value": value, "operand": operand})))
            .unwrap()
    }

    const EARLY: &str = "2024-01-01T00:00:00Z";
    const LATE: &str = "2024-01-01T02:00:00+01:00";

    /// Every operator that has a `…Path` twin: a pair for which it is true, and one for which it is false.
    fn relations() -> Vec<(&'static str, [Value; 2], [Value; 2])> {
        let (a, b) = (|| json!("a"), || json!("b"));
        let (one, two) = (|| json!(1), || json!(2.5));
        let (early, late) = (|| json!(EARLY), || json!(LATE));
        vec![
            ("StringEquals", [a(), a()], [a(), b()]),
            ("StringLessThan", [a(), b()], [b(), b()]),
            ("StringGreaterThan", [b(), a()], [b(), b()]),
            ("StringLessThanEquals", [b(), b()], [b(), a()]),
            ("StringGreaterThanEquals", [b(), b()], [a(), b()]),
            ("NumericEquals", [one(), json!(1.0)], [one(), two()]),
            ("NumericLessThan", [one(), two()], [two(), two()]),
            ("NumericGreaterThan", [two(), one()], [two(), two()]),
            ("NumericLessThanEquals", [two(), two()], [two(), one()]),
            ("NumericGreaterThanEquals", [two(), two()], [one(), two()]),
            (
                "TimestampEquals",
                [early(), json!("2023-12-31T19:00:00.000-05:00")],
                [early(), late()],
            ),
            ("TimestampLessThan", [early(), late()], [late(), late()]),
            ("TimestampGreaterThan", [late(), early()], [late(), late()]),
            ("TimestampLessThanEquals", [late(), late()], [late(), early()]),
            ("TimestampGreaterThanEquals", [late(), late()], [early(), late()]),
            (
                "BooleanEquals",
                [json!(false), json!(false)],
                [json!(true), json!(false)],
            ),
        ]
    }

    fn of_every_kind() -> [Value; 7] {
        [
            json!(null),
            json!(true),
            json!(3),
            json!("text"),
            json!([]),
            json!({}),
            json!(EARLY),
        ]
    }

    #[test]
    fn relations_hold_fail_and_refuse_wrong_kinds() {
        let mut operators = 0;
        for (name, [value, operand], [other_value, other_operand]) in relations() {
            for name in [name.to_owned(), format!("{name}Path")] {
                operators += 1;
                assert!(
                    compare(value.clone(), &name, operand.clone()),
                    "{name} {value} {operand}"
                );
                assert!(
                    !compare(other_value.clone(), &name, other_operand.clone()),
                    "{name} {other_value} {other_operand}"
                );
                for wrong in of_every_kind() {
                    let fits = wrong.kind() == operand.kind();
                    if !fits {
                        assert!(
                            !compare(wrong.clone(), &name, operand.clone()),
                            "{name} {wrong} {operand}"
                        );
                        assert!(
                            !compare(value.clone(), &name, wrong.clone()),
                            "{name} {value} {wrong}"
                        );
                    }
                }
            }
        }
        assert_eq!(operators, 32);
        assert!(!compare(json!("text"), "TimestampLessThan", json!(EARLY)));
        assert!(!compare(json!(EARLY), "TimestampLessThanPath", json!("text")));
        assert!(!compare(
            json!("2024-01-01T00:00:00"),
            "TimestampEquals",
            json!(EARLY)
        ));
    }

    #[test]
    fn tests_of_kind_answer_for_every_kind() {
        let answers = |name| of_every_kind().map(|value| compare(value, name, json!(true)));
        assert_eq!(
            answers("IsNull"),
            [true, false, false, false, false, false, false]
        );
        assert_eq!(
            answers("IsBoolean"),
            [false, true, false, false, false, false, false]
        );
        assert_eq!(
            answers("IsNumeric"),
            [false, false, true, false, false, false, false]
        );
        assert_eq!(
            answers("IsString"),
            [false, false, false, true, false, false, true]
        );
        assert_eq!(
            answers("IsTimestamp"),
            [false, false, false, false, false, false, true]
        );
        assert_eq!(answers("IsPresent"), [true; 7]);
        for name in [
            "IsNull",
            "IsBoolean",
            "IsNumeric",
            "IsString",
            "IsTimestamp",
            "IsPresent",
        ] {
            let negated = of_every_kind().map(|value| compare(value, name, json!(false)));
            assert_eq!(negated, answers(name).map(|answer| !answer), "{name}");
        }
    }

    #[test]
    fn texts_match_patterns() {
        for (text, pattern, expected) in [
            ("foo23.log", "foo*.log", true),
            ("zebra.log", "*.log", true),
            ("foobar.zebra", "foo*.*", true),
            ("foobar", "foo*.*", false),
            ("", "", true),
            ("", "*", true),
            ("a", "", false),
            ("abc", "abc", true),
            ("abc", "ab", false),
            ("ab", "abc", false),
            ("abcbc", "a*bc", true),
            ("abcbd", "a*bc", false),
            ("a*c", r"a\*c", true),
            ("abc", r"a\*c", false),
            (r"a\c", r"a\\c", true),
            (r"a\", r"a\\*", true),
            (r"a\bc", r"a\\*", true),
            (r"a\d", r"a\d", true),
            (r"a\", r"a\", true),
            ("ünïcode", "ü*ode", true),
            ("axxb", "a**b", true),
        ] {
            assert_eq!(matches(text, pattern), expected, "{text} {pattern}");
        }
        assert!(!compare(json!(5), "StringMatches", json!("*")));
        assert!(compare(json!("x"), "StringMatches", json!("*")));
        assert!(!matches(
            &"a".repeat(3000),
            &"*a".repeat(1000).replace("*a", "*a*b")
        ));
    }

    #[test]
    fn there_are_39_operators() {
        let plain = relations().into_iter().map(|(name, ..)| name.to_owned());
        let twins = relations().into_iter().map(|(name, ..)| format!("{name}Path"));
        let alone = [
            "StringMatches",
            "IsNull",
            "IsPresent",
            "IsNumeric",
            "IsString",
            "IsBoolean",
            "IsTimestamp",
        ];
        let names: Vec<_> = plain.chain(twins).chain(alone.map(str::to_owned)).collect();
        assert_eq!(names.len(), 39);
        assert!(names.iter().all(|name| ChoiceOperator::parse(name).is_some()));
        for name in [
            "",
            "String",
            "StringMatchesPath",
            "IsNullPath",
            "BooleanLessThan",
            "StringEqualsPathPath",
            "And",
        ] {
            assert_eq!(ChoiceOperator::parse(name), None, "{name}");
        }
    }

    fn rule(variable: &str, operator: &str, operand: Value) -> ChoiceRule {
        let (operator, takes_path) = ChoiceOperator::parse(operator).unwrap();
        let operand = match operand.as_str() {
            Some(path) if takes_path => Operand::Path(Path::parse(path).unwrap()),
            _ => Operand::Literal(operand),
        };
        ChoiceRule::Compare {
            variable: Path::parse(variable).unwrap(),
            operator,
            operand,
        }
    }

    fn holds(rule: &ChoiceRule, input: Value) -> Result<bool, Failure> {
        let world = World::new()
            .context(json!({"n": 1}))
            .variable("v", json!({"n": 1}));
        rule.holds(world.env(&input))
    }

    #[test]
    fn rules_combine_and_stop_at_the_deciding_one() {
        let yes = || rule("$.a", "NumericEquals", json!(1));
        let no = || rule("$.a", "NumericEquals", json!(2));
        let missing = || rule("$.x", "NumericEquals", json!(1));
        let input = || json!({"a": 1});
        assert_eq!(holds(&ChoiceRule::And(vec![yes(), yes()]), input()), Ok(true));
        assert_eq!(holds(&ChoiceRule::And(vec![yes(), no()]), input()), Ok(false));
        assert_eq!(holds(&ChoiceRule::And(vec![no(), missing()]), input()), Ok(false));
        assert_eq!(
            holds(&ChoiceRule::Or(vec![no(), yes(), missing()]), input()),
            Ok(true)
        );
        assert_eq!(holds(&ChoiceRule::Or(vec![no(), no()]), input()), Ok(false));
        assert_eq!(holds(&ChoiceRule::Not(Box::new(no())), input()), Ok(true));
        assert!(holds(&ChoiceRule::And(vec![yes(), missing()]), input()).is_err());
        assert!(holds(&ChoiceRule::Not(Box::new(missing())), input()).is_err());
    }

    #[test]
    fn a_missing_variable_fails_unless_presence_is_asked_for() {
        let words = "Invalid path '$.x': The choice state's condition path references an invalid value.";
        for operator in ["StringEquals", "IsNull", "IsString"] {
            let failure = holds(&rule("$.x", operator, json!(true)), json!({})).unwrap_err();
            assert_eq!(failure, Failure::runtime(words));
        }
        let failure = holds(&rule("$.a", "StringEqualsPath", json!("$.x")), json!({"a": "b"})).unwrap_err();
        assert_eq!(failure, Failure::runtime(words));
        assert_eq!(
            holds(&rule("$.x", "IsPresent", json!(true)), json!({})),
            Ok(false)
        );
        assert_eq!(
            holds(&rule("$.x.y", "IsPresent", json!(false)), json!({})),
            Ok(true)
        );
        assert_eq!(
            holds(&rule("$none", "IsPresent", json!(false)), json!({})),
            Ok(true)
        );
        assert_eq!(
            holds(&rule("$.x", "IsPresent", json!(true)), json!({"x": null})),
            Ok(true)
        );
    }

    #[test]
    fn variables_and_the_context_object_are_compared() {
        assert_eq!(
            holds(&rule("$v.n", "NumericEqualsPath", json!("$$.n")), json!({})),
            Ok(true)
        );
        let mut names = Vec::new();
        let nested = ChoiceRule::Not(Box::new(ChoiceRule::Or(vec![rule(
            "$v.n",
            "NumericEqualsPath",
            json!("$w"),
        )])));
        nested.references(&mut |name| names.push(name.to_owned()));
        assert_eq!(names, ["v", "w"]);
    }

    proptest! {
        #[test]
        fn a_text_matches_itself_escaped(text in "[a*\\\\]{0,12}") {
            let pattern = text.replace('\\', r"\\").replace('*', r"\*");
            prop_assert!(matches(&text, &pattern));
        }

        #[test]
        fn matching_ends(text in "[ab]{0,40}", pattern in "[ab*\\\\]{0,20}") {
            matches(&text, &pattern);
        }
    }
}

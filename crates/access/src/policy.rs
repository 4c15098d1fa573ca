//! Policy: statements as IAM has them, and what they decide.
//!
//! Whatever a policy may say on AWS and is not understood here is refused when it is read: a condition that nobody
//! looks at would allow more than its author meant.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::pattern::matches;

/// A policy as IAM writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<StatementDocument>,
}

/// A statement as IAM writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct StatementDocument {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: String,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    resource: Option<OneOrMany<String>>,
    not_resource: Option<OneOrMany<String>>,
    condition: Option<IgnoredAny>,
    principal: Option<IgnoredAny>,
    not_principal: Option<IgnoredAny>,
}

/// What IAM lets stand alone or in a list.
#[derive(Debug)]
struct OneOrMany<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    // What serde derives for an enum would say of a misspelt member only that nothing fits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one or a list of them")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(text.into_deserializer()).map(|one| OneOrMany(vec![one]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, many: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(many)).map(OneOrMany)
    }
}

/// What a policy says that is not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadPolicy {
    /// It is written in another version of the language.
    #[error("`Version` is `{0}`, and must be `2012-10-17`")]
    Version(String),
    /// A statement, counted from one.
    #[error("statement {place}: {reason}")]
    Statement {
        /// Which.
        place: usize,
        /// What about it.
        reason: String,
    },
}

/// What a policy decides about an action on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allowed,
    /// No statement is about it.
    NotAllowed,
    /// A statement denies it, whatever others allow.
    Denied,
}

/// Statements that were understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Policy(Vec<Statement>);

#[derive(Debug, PartialEq, Eq)]
struct Statement {
    is_allowing: bool,
    /// In lower case: IAM looks at no case here.
    actions: Patterns,
    resources: Patterns,
}

/// Those that match, or all that don't.
#[derive(Debug, PartialEq, Eq)]
enum Patterns {
    Of(Vec<String>),
    AllBut(Vec<String>),
}

impl Patterns {
    fn cover(&self, text: &str) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|pattern| matches(pattern, text)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| matches(pattern, text)),
        }
    }
}

impl Policy {
    /// Understands statements, or says which of them it does not.
    pub fn of(statements: impl IntoIterator<Item = StatementDocument>) -> Result<Self, BadPolicy> {
        let understood = statements.into_iter().enumerate().map(|(place, document)| {
            document.understood().map_err(|reason| BadPolicy::Statement {
                place: place + 1,
                reason,
            })
        });
        understood.collect::<Result<_, _>>().map(Self)
    }

    /// What the statements decide about an action, such as `states:StartExecution`, on a resource.
    pub fn decide(&self, action: &str, resource: &str) -> Decision {
        let action = action.to_ascii_lowercase();
        let covering = self
            .0
            .iter()
            .filter(|statement| statement.actions.cover(&action) && statement.resources.cover(resource));
        let mut decision = Decision::NotAllowed;
        for statement in covering {
            if !statement.is_allowing {
                return Decision::Denied;
            }
            decision = Decision::Allowed;
        }
        decision
    }
}

impl PolicyDocument {
    /// The statements of the policy.
    pub fn statements(self) -> Result<Vec<StatementDocument>, BadPolicy> {
        if let Some(version) = self.version
            && version != "2012-10-17"
            && version != "2008-10-17"
        {
            return Err(BadPolicy::Version(version));
        }
        Ok(self.statement.0)
    }
}

impl StatementDocument {
    fn understood(self) -> Result<Statement, String> {
        if self.condition.is_some() {
            return Err(
                "`Condition` is not supported; remove it, or deny by `Action` and `Resource` instead".into(),
            );
        }
        if self.principal.is_some() || self.not_principal.is_some() {
            return Err("`Principal` has no place in the policy of a key: it is always about the key".into());
        }
        let is_allowing = match &*self.effect {
            "Allow" => true,
            "Deny" => false,
            other => return Err(format!("`Effect` is `{other}`, and must be `Allow` or `Deny`")),
        };
        let actions = one_of("Action", self.action, self.not_action, |action| {
            let is_named = action.split_once(':').is_some_and(|(service, name)| {
                !service.is_empty() && !service.contains(['*', '?']) && !name.is_empty()
            });
            if action == "*" || is_named {
                return Ok(action.to_ascii_lowercase());
            }
            Err(format!(
                "`{action}` is no action, as in `states:StartExecution` or `states:*`"
            ))
        })?;
        let resources = one_of("Resource", self.resource, self.not_resource, |resource| {
            if resource.contains("${") {
                return Err(format!("`{resource}`: variables of policies are not supported"));
            }
            if resource == "*" || resource.starts_with("arn:") {
                return Ok(resource);
            }
            Err(format!(
                "`{resource}` is no resource: it must be `*` or begin with `arn:`"
            ))
        })?;
        Ok(Statement {
            is_allowing,
            actions,
            resources,
        })
    }
}

fn one_of(
    name: &str,
    of: Option<OneOrMany<String>>,
    all_but: Option<OneOrMany<String>>,
    read: impl Fn(String) -> Result<String, String>,
) -> Result<Patterns, String> {
    let patterns = |name: &str, given: OneOrMany<String>| {
        let read: Vec<String> = given.0.into_iter().map(&read).collect::<Result<_, _>>()?;
        match read.is_empty() {
            true => Err(format!("`{name}` is empty")),
            false => Ok(read),
        }
    };
    match (of, all_but) {
        (Some(of), None) => Ok(Patterns::Of(patterns(name, of)?)),
        (None, Some(all_but)) => Ok(Patterns::AllBut(patterns(&format!("Not{name}"), all_but)?)),
        _ => Err(format!("needs either `{name}` or `Not{name}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:order";

    fn policy(statements: &str) -> Result<Policy, String> {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#);
        let document: PolicyDocument = serde_json::from_str(&document).map_err(|error| error.to_string())?;
        let statements = document.statements().map_err(|error| error.to_string())?;
        Policy::of(statements).map_err(|error| error.to_string())
    }

    fn decided(statements: &str, action: &str) -> Decision {
        policy(statements).unwrap().decide(action, MACHINE)
    }

    #[test]
    fn what_no_statement_is_about_is_not_allowed() {
        let start = r#"{"Effect": "Allow", "Action": "states:Start*", "Resource": "arn:aws:states:*:stateMachine:ord?r"}"#;
        assert_eq!(decided(start, "states:StartExecution"), Decision::Allowed);
        assert_eq!(decided(start, "states:StopExecution"), Decision::NotAllowed);
        let other = start.replace("ord?r", "other");
        assert_eq!(decided(&other, "states:StartExecution"), Decision::NotAllowed);
        assert_eq!(decided("[]", "states:StartExecution"), Decision::NotAllowed);
    }

    #[test]
    fn denial_wins_over_whatever_allows() {
        let statements = r#"[
            {"Sid": "a", "Effect": "Deny", "Action": ["states:Delete*", "states:Stop*"], "Resource": "*"},
            {"Effect": "Allow", "Action": "*", "Resource": "*"}
        ]"#;
        assert_eq!(decided(statements, "states:DeleteStateMachine"), Decision::Denied);
        assert_eq!(decided(statements, "states:StartExecution"), Decision::Allowed);
    }

    #[test]
    fn all_but_some_can_be_named() {
        let statement =
            r#"{"Effect": "Allow", "NotAction": "states:Delete*", "NotResource": "arn:aws:states:*:other"}"#;
        assert_eq!(decided(statement, "states:StartExecution"), Decision::Allowed);
        assert_eq!(
            decided(statement, "states:DeleteStateMachine"),
            Decision::NotAllowed
        );
        let other = statement.replace(":other", ":order");
        assert_eq!(decided(&other, "states:StartExecution"), Decision::NotAllowed);
    }

    #[test]
    fn case_counts_in_resources_and_not_in_actions() {
        let of = |action: &str, resource: &str| {
            let statement =
                format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#);
            decided(&statement, "states:StartExecution")
        };
        assert_eq!(of("STATES:startexecution", MACHINE), Decision::Allowed);
        assert_eq!(
            of("states:*", &MACHINE.to_uppercase().replace("ARN:", "arn:")),
            Decision::NotAllowed
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (statement, reason) in [
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {}}}"#,
                "statement 1: `Condition` is not supported; remove it, or deny by `Action` and `Resource` instead",
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}"#,
                "statement 1: `Principal` has no place in the policy of a key: it is always about the key",
            ),
            (
                r#"{"Effect": "allow", "Action": "*", "Resource": "*"}"#,
                "statement 1: `Effect` is `allow`, and must be `Allow` or `Deny`",
            ),
            (
                r#"{"Effect": "Allow", "Resource": "*"}"#,
                "statement 1: needs either `Action` or `NotAction`",
            ),
            (
                r#"{"Effect": "Allow", "Action": [], "Resource": "*"}"#,
                "statement 1: `Action` is empty",
            ),
            (
                r#"{"Effect": "Allow", "NotAction": [], "Resource": "*"}"#,
                "statement 1: `NotAction` is empty",
            ),
            (
                r#"{"Effect": "Allow", "Action": "StartExecution", "Resource": "*"}"#,
                "statement 1: `StartExecution` is no action, as in `states:StartExecution` or `states:*`",
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "order"}"#,
                "statement 1: `order` is no resource: it must be `*` or begin with `arn:`",
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:states:::${aws:username}"}"#,
                "statement 1: `arn:aws:states:::${aws:username}`: variables of policies are not supported",
            ),
        ] {
            assert_eq!(policy(statement).unwrap_err(), reason);
        }
    }

    #[test]
    fn what_is_misspelt_is_named_whether_in_a_list_or_not() {
        for (statement, reason) in [
            (
                r#"{"Effect": "Allow", "Actions": "*", "Resource": "*"}"#,
                "unknown field `Actions`",
            ),
            (
                r#"{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}"#,
                "duplicate field `Effect`",
            ),
            (r#"{"Action": "*", "Resource": "*"}"#, "missing field `Effect`"),
            (
                r#"{"Effect": "Allow", "Action": {"a": 1}, "Resource": "*"}"#,
                "invalid type: map, expected a string",
            ),
            ("7", "invalid type: integer `7`"),
        ] {
            for statement in [statement.to_owned(), format!("[{statement}]")] {
                let refused = policy(&statement).unwrap_err();
                assert!(refused.starts_with(reason), "{statement}: {refused}");
            }
        }
    }
}

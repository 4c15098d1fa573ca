//! Naming: which names parameters and results have.

use jiff::Timestamp;
use json::{Object, Str, Value};

use crate::facts::{Member, Structure};
use crate::wire::moment;
use crate::wire::request::BadParameter;

/// The names that parameters and results have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Those of `aws-sdk` integrations, which come from the AWS SDK for Java 2: `SsekmsKeyId`.
    Sdk,
    /// Those of optimised integrations, which are the API's own with a capital: `SSEKMSKeyId`.
    Api,
}

impl Naming {
    /// A moment in a result: text, or for optimised integrations, whose results an older client writes, the milliseconds
    /// since 1970.
    pub(crate) fn moment(self, moment: Timestamp) -> Value {
        match self {
            Self::Sdk => Value::from(moment::to_result(moment)),
            Self::Api => Value::from(moment.as_millisecond()),
        }
    }

    /// A member's name.
    pub(crate) fn name(self, member: &Member) -> &Str {
        match self {
            Self::Sdk => &member.asl_name,
            Self::Api => &member.api_name,
        }
    }

    /// The members that `value` gives, in the order of the model, those that are null left out.
    ///
    /// Fails when it isn't an object, or gives something the model doesn't know.
    pub(crate) fn members<'a>(
        self,
        structure: &'a Structure,
        value: &'a Value,
        at: &str,
    ) -> Result<Vec<(&'a Member, &'a Value)>, BadParameter> {
        let object = entries(value, at)?;
        let known = |name: &Str| structure.members.iter().any(|member| self.name(member) == name);
        if let Some(name) = object.names().find(|name| !known(name)) {
            return Err(BadParameter::Unknown {
                name: below(at, name),
            });
        }
        let given = structure.members.iter().filter_map(|member| {
            let value = self.given(object, member)?;
            Some((member, value))
        });
        Ok(given.collect())
    }

    fn given<'a>(self, object: &'a Object, member: &Member) -> Option<&'a Value> {
        object.get(self.name(member)).filter(|value| !value.is_null())
    }
}

/// The entries of a parameter that is a list.
pub(crate) fn items<'a>(value: &'a Value, at: &str) -> Result<&'a [Value], BadParameter> {
    value
        .as_array()
        .ok_or_else(|| BadParameter::kind(at, "a list", value))
}

/// The entries of a parameter that is an object.
pub(crate) fn entries<'a>(value: &'a Value, at: &str) -> Result<&'a Object, BadParameter> {
    value
        .as_object()
        .ok_or_else(|| BadParameter::kind(at, "an object", value))
}

/// The name of a parameter inside another.
pub(crate) fn below(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_text_or_milliseconds() {
        let moment: Timestamp = "2026-01-02T03:04:05.006Z".parse().unwrap();
        assert_eq!(
            Naming::Sdk.moment(moment),
            Value::from("2026-01-02T03:04:05.006Z")
        );
        assert_eq!(Naming::Api.moment(moment), Value::from(1_767_323_045_006_i64));
    }
}

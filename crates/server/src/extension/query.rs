//! Query: the members of a request's query string.

use std::borrow::Cow;

use api::{Caller, Text};
use ids::ExecutionArn;
use json::Str;

use crate::extension::Refusal;

/// How many members are read; those after it are left out.
const MEMBERS_MAX: usize = 32;

/// A query string, decoded.
#[derive(Debug, Default)]
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        let members = text.split('&').filter(|member| !member.is_empty());
        let pair = |member: &'a str| {
            let (name, value) = member.split_once('=').unwrap_or((member, ""));
            (decoded(name), decoded(value))
        };
        Self(members.take(MEMBERS_MAX).map(pair).collect())
    }

    /// The first member of that name, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(member, _)| member == name);
        found.map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }

    pub(crate) fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name)
            .ok_or_else(|| Refusal::invalid(format!("the request lacks `{name}`")))
    }

    /// A whole number; one that is none is refused.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let parsed = self.get(name).map(str::parse).transpose();
        parsed.map_err(|_| Refusal::invalid(format!("`{name}` must be a whole number")))
    }

    /// The ARN of an execution of the caller.
    pub(crate) fn execution(&self, caller: &Caller) -> Result<(Str, ExecutionArn), Refusal> {
        let text = self.need("executionArn")?;
        let arn: ExecutionArn = Text::from(text)
            .parse()
            .map_err(|_| Refusal::invalid(format!("`{text}` is no ARN of an execution")))?;
        if arn.state_machine.scope != caller.scope {
            return Err(Refusal::missing(format!("there is no execution `{text}`")));
        }
        Ok((text.into(), arn))
    }
}

/// Percent-decodes a member; `+` is a space. What is no UTF-8 then is taken as it is.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                match (digit(ahead.next()), digit(ahead.next())) {
                    (Some(high), Some(low)) => {
                        rest = ahead;
                        u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte")
                    }
                    _ => byte,
                }
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_or_else(|_| Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_decoded() {
        let query = Query::read("a=1&b=x%20y+z&c=%C3%A9&empty=&odd=%zz%4&a=2&bad=%ff");
        assert_eq!(query.get("a"), Some("1"));
        assert_eq!(query.get("b"), Some("x y z"));
        assert_eq!(query.get("c"), Some("é"));
        assert_eq!(query.get("empty"), None);
        assert_eq!(query.get("odd"), Some("%zz%4"));
        assert_eq!(query.get("bad"), Some("%ff"));
        assert_eq!(query.number("a"), Ok(Some(1)));
        assert!(query.number("b").is_err());
        assert!(query.need("nothing").is_err());
    }
}

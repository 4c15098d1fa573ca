//! Tags: checked, stored and shown.

use std::collections::HashSet;

use api::{ApiError, Tag, Text};
use store::Tags;

use crate::refusals;

/// What the keys of AWS's own tags begin with, in letters of any case.
const RESERVED: &str = "aws:";

/// Tags as they are stored, so many at the most; of a key that is given twice, the last value.
pub(crate) fn stored(given: Option<Vec<Tag>>, resource_arn: &str, limit: usize) -> Result<Tags, ApiError> {
    let mut seen = HashSet::new();
    let mut tags = Tags::new();
    for tag in given.unwrap_or_default().into_iter().rev() {
        let key = tag.key.unwrap_or_default();
        let value = tag.value.unwrap_or_default();
        check(&key, &value)?;
        if seen.insert(key.clone()) {
            tags.push((key.into_arc(), value.into_arc()));
        }
    }
    tags.reverse();
    if tags.len() > limit {
        return Err(refusals::too_many_tags(resource_arn, limit));
    }
    Ok(tags)
}

/// Tags as answers have them.
pub(crate) fn shown(tags: Tags) -> Vec<Tag> {
    let shown = |(key, value)| Tag {
        key: Some(Text::from(key)),
        value: Some(Text::from(value)),
    };
    tags.into_iter().map(shown).collect()
}

fn check(key: &str, value: &str) -> Result<(), ApiError> {
    let fault = if key.is_empty() {
        "A tag must have a key".to_owned()
    } else if key
        .get(..RESERVED.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
    {
        format!("Tag keys that begin with '{RESERVED}' are reserved for system use: '{key}'")
    } else if !key.chars().all(is_allowed) {
        format!("A tag's key has characters that are not allowed: '{key}'")
    } else if !value.chars().all(is_allowed) {
        format!("A tag's value has characters that are not allowed: '{value}'")
    } else {
        return Ok(());
    };
    Err(ApiError::validation_exception(fault))
}

/// Letters and digits of any script, blanks, and a few signs.
fn is_allowed(c: char) -> bool {
    let is_blank = c.is_whitespace() && !c.is_control();
    c.is_alphanumeric() || is_blank || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            key: Some(key.into()),
            value: Some(value.into()),
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let tags = stored(Some(vec![tag("a", "1"), tag("b", "2"), tag("a", "3")]), "arn", 50).unwrap();
        assert_eq!(tags, [("b".into(), "2".into()), ("a".into(), "3".into())]);
        assert_eq!(stored(None, "arn", 50).unwrap(), []);
    }

    #[test]
    fn keys_and_values_are_checked() {
        let error = |key, value| {
            stored(Some(vec![tag(key, value)]), "arn", 50)
                .unwrap_err()
                .to_string()
        };
        for (key, value) in [("a", ""), ("équipe rouge", "a_b.c:d/e=f+g-h@i"), ("awsome", "1")] {
            assert!(stored(Some(vec![tag(key, value)]), "arn", 50).is_ok(), "{key}");
        }
        assert_eq!(error("", "1"), "ValidationException: A tag must have a key");
        for key in ["aws:a", "AWS:a"] {
            assert_eq!(
                error(key, "1"),
                format!(
                    "ValidationException: Tag keys that begin with 'aws:' are reserved for system use: '{key}'"
                )
            );
        }
        assert!(error("a&b", "1").contains("key has characters"));
        assert!(error("a", "1\n2").contains("value has characters"));
    }

    #[test]
    fn there_are_at_most_fifty() {
        let many = |count: usize| Some((0..count).map(|key| tag(&key.to_string(), "")).collect());
        assert_eq!(stored(many(50), "arn", 50).unwrap().len(), 50);
        assert_eq!(
            stored(many(51), "arn", 50).unwrap_err().resource_name.as_deref(),
            Some("arn")
        );
    }
}

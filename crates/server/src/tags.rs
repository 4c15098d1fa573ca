//! Tags that come with a new resource.

use std::collections::HashSet;

use api::{ApiError, Tag};
use store::Tags;

/// The most tags that a resource may have.
const TAGS_MAX: usize = 50;

/// Tags as they are stored; of a key that is given twice, the last value.
pub(crate) fn stored(given: Option<Vec<Tag>>, resource_arn: &str) -> Result<Tags, ApiError> {
    let mut seen = HashSet::new();
    let pairs = given.unwrap_or_default().into_iter().rev().map(|tag| {
        let text = |text: Option<api::Text>| text.unwrap_or_default().into_arc();
        (text(tag.key), text(tag.value))
    });
    let mut tags: Tags = pairs.filter(|(key, _)| seen.insert(key.clone())).collect();
    tags.reverse();
    if tags.len() > TAGS_MAX {
        let message = format!("Too many tags: a resource can have {TAGS_MAX}");
        return Err(ApiError::too_many_tags(message).with_resource_name(resource_arn));
    }
    Ok(tags)
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
        let tags = stored(Some(vec![tag("a", "1"), tag("b", "2"), tag("a", "3")]), "arn").unwrap();
        assert_eq!(tags, [("b".into(), "2".into()), ("a".into(), "3".into())]);
        assert_eq!(stored(None, "arn").unwrap(), []);
    }

    #[test]
    fn there_are_at_most_fifty() {
        let many = |count: usize| Some((0..count).map(|key| tag(&key.to_string(), "")).collect());
        assert_eq!(stored(many(50), "arn").unwrap().len(), 50);
        assert_eq!(
            stored(many(51), "arn").unwrap_err().resource_name.as_deref(),
            Some("arn")
        );
    }
}

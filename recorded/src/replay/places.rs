//! places: what `{{…}}` stands for in a case.
//!
//! | place | stands for |
//! |---|---|
//! | `uid1`, `uuid1`, … | a random name, a random UUID: the same wherever the case has it |
//! | `account`, `region`, `role`, … | what the replay was given |
//! | `s3.path.to.value` | a value in the answer of step `s3`; `|` reads the JSON in a text and goes on inside |

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

/// What the places of one case stand for, as far as it is known.
pub(crate) struct Places {
    values: HashMap<String, String>,
    answers: HashMap<String, Value>,
}

/// A place that an earlier answer should have given.
#[derive(Debug)]
pub(crate) struct Unknown(String);

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no earlier answer has {}", self.0)
    }
}

impl Places {
    pub(crate) fn new<const N: usize>(values: [(&str, String); N]) -> Self {
        Self {
            values: values.map(|(name, value)| (name.to_owned(), value)).into(),
            answers: HashMap::new(),
        }
    }

    /// Remembers what a step was answered.
    pub(crate) fn learn(&mut self, step: &str, answer: Value) {
        self.answers.insert(step.to_owned(), answer);
    }

    /// The ARNs of the state machines and activities that answers named.
    pub(crate) fn own_arns(&self) -> Vec<&str> {
        self.answers
            .values()
            .flat_map(|answer| [answer.get("stateMachineArn"), answer.get("activityArn")])
            .filter_map(|arn| arn.and_then(Value::as_str))
            .collect()
    }

    /// A text with its places filled in.
    pub(crate) fn fill(&mut self, text: &str) -> Result<String, Unknown> {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, behind)) = rest.split_once("{{") {
            filled.push_str(before);
            match behind.split_once("}}").filter(|(name, _)| is_name(name)) {
                Some((name, after)) => {
                    filled.push_str(&self.value(name)?);
                    rest = after;
                }
                None => {
                    // Only one brace is passed over: `{{{a}}` has a place behind its first.
                    filled.push('{');
                    rest = &rest[before.len() + 1..];
                }
            }
        }
        Ok(filled + rest)
    }

    fn value(&mut self, name: &str) -> Result<String, Unknown> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let value = if is_numbered("uid", name) {
            uuid::Uuid::new_v4().simple().to_string()[..8].to_owned()
        } else if is_numbered("uuid", name) {
            uuid::Uuid::new_v4().to_string()
        } else {
            let (step, path) = name.split_once('.').unwrap_or((name, ""));
            let found = self.answers.get(step).and_then(|answer| walk(answer, path));
            match found.ok_or_else(|| Unknown(name.to_owned()))? {
                Value::String(text) => text,
                other => other.to_string(),
            }
        };
        self.values.insert(name.to_owned(), value.clone());
        Ok(value)
    }
}

fn is_numbered(kind: &str, name: &str) -> bool {
    let number = name.strip_prefix(kind).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letters, digits and `_ . | -`, with single blanks or slashes between them.
fn is_name(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_.|-".contains(letter);
    text.split([' ', '/'])
        .all(|word| !word.is_empty() && word.chars().all(is_plain))
}

/// Follows a path such as `events.-1.message|` or `tags.*.key`: names, indices (negative ones from the end), `*` for
/// every member, `|` to read the JSON in a text.
pub(crate) fn walk(value: &Value, path: &str) -> Option<Value> {
    let mut value = value.clone();
    for word in words(path) {
        value = match (word, value) {
            ("|", Value::Array(items)) => items.iter().map(parsed).collect::<Option<_>>()?,
            ("|", text) => parsed(&text)?,
            ("*", Value::Object(members)) => members.keys().cloned().collect(),
            ("*", Value::Array(items)) => Value::Array(items),
            (word, Value::Array(items)) => match word.parse::<i64>() {
                Ok(index) => items.get(place(index, items.len())?)?.clone(),
                Err(_) => items
                    .iter()
                    .map(|item| item.get(word).cloned())
                    .collect::<Option<_>>()?,
            },
            (word, value) => value.get(word)?.clone(),
        };
    }
    Some(value)
}

fn words(path: &str) -> impl Iterator<Item = &str> {
    path.split('.')
        .flat_map(|part| part.split_inclusive('|'))
        .flat_map(|part| match part.strip_suffix('|') {
            Some(word) => [word, "|"],
            None => [part, ""],
        })
        .filter(|word| !word.is_empty())
}

fn parsed(text: &Value) -> Option<Value> {
    serde_json::from_str(text.as_str()?).ok()
}

fn place(index: i64, len: usize) -> Option<usize> {
    let from_end = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 {
        len.checked_sub(from_end)
    } else {
        Some(from_end)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_filled_in() {
        let mut places = Places::new([("region", "eu-west-1".to_owned())]);
        places.learn("s1", json!({"arn": "a:b", "n": 4, "text": r#"{"token": "t"}"#}));
        assert_eq!(places.fill("x-{{s1.arn}}/{{region}}").unwrap(), "x-a:b/eu-west-1");
        assert_eq!(places.fill("{{s1.n}}{{s1.text|token}}").unwrap(), "4t");
        assert_eq!(places.fill("{{uid1}}").unwrap(), places.fill("{{uid1}}").unwrap());
        assert_eq!(places.fill("{{{s1.n}}}").unwrap(), "{4}");
        assert_eq!(places.fill("{{ $x }} {{}}").unwrap(), "{{ $x }} {{}}");
        assert_eq!(
            places.fill("{{s2.arn}}").unwrap_err().to_string(),
            "no earlier answer has s2.arn"
        );
    }

    #[test]
    fn paths_go_through_lists_and_texts() {
        let value = json!({"events": [{"m": "{\"a\": 1}"}, {"m": "{\"a\": 2}"}]});
        assert_eq!(walk(&value, "events.-1.m|a"), Some(json!(2)));
        assert_eq!(walk(&value, "events.*.m|a"), Some(json!([1, 2])));
        assert_eq!(walk(&value, "events.2"), None);
        assert_eq!(walk(&value, "events.-3"), None);
    }
}

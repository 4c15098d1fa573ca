//! comparison: what AWS answered against what was answered here, and the first difference.

use serde_json::{Map, Value, json};

use crate::json_text;
use crate::pattern::{Bound, Pattern};

/// Where two answers part.
#[derive(Debug, PartialEq)]
pub(crate) struct Difference {
    /// The path to the place; empty for the whole.
    pub(crate) path: String,
    /// What AWS has there, if anything.
    pub(crate) aws: Option<Value>,
    /// What we have there, if anything.
    pub(crate) ours: Option<Value>,
}

impl Difference {
    fn boxed(path: &str, aws: Option<&Value>, ours: Option<&Value>) -> Box<Self> {
        Box::new(Self {
            path: path.to_owned(),
            aws: aws.cloned(),
            ours: ours.cloned(),
        })
    }
}

/// The accounts and regions of answers are written in a form that is the same for all who replay a case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Neutral {
    /// The account that the case works in.
    pub(crate) account: String,
    /// The region that the case works in.
    pub(crate) region: String,
}

impl Neutral {
    /// The text with account, region and partition in their neutral forms.
    pub(crate) fn text(&self, text: &str) -> String {
        text.replace(&self.account, "111111111111")
            .replace(&self.region, "<region>")
            .replace("arn:aws:", "arn:<partition>:")
    }
}

/// Compares the answers of one case; remembers what numbered places stand for.
pub(crate) struct Comparison {
    neutral: Neutral,
    pub(crate) bound: Bound,
}

impl Comparison {
    pub(crate) fn new(neutral: Neutral) -> Self {
        Self {
            neutral,
            bound: Bound::new(),
        }
    }

    /// How answers are made neutral.
    pub(crate) fn neutral(&self) -> &Neutral {
        &self.neutral
    }

    /// Compares all there is. What is wanted is in neutral form; what we have is not.
    pub(crate) fn compare(&mut self, want: &Value, have: &Value) -> Result<(), Box<Difference>> {
        self.value(want, Some(have), "")
    }

    fn value(&mut self, want: &Value, have: Option<&Value>, path: &str) -> Result<(), Box<Difference>> {
        let difference = || Err(Difference::boxed(path, Some(want), have));
        if let Value::String(text) = want {
            return if self.text(text, have) {
                Ok(())
            } else {
                difference()
            };
        }
        let Some(have) = have else { return difference() };
        // JSON in a text is compared as what it says, not as how it is written.
        let parsed = match (want, have) {
            (Value::Object(_) | Value::Array(_), Value::String(text)) => match serde_json::from_str(text) {
                Ok(parsed) => Some(parsed),
                Err(_) => return difference(),
            },
            _ => None,
        };
        match (want, parsed.as_ref().unwrap_or(have)) {
            (Value::Object(want), Value::Object(have)) => self.members(want, have, path),
            (Value::Array(want), Value::Array(have)) => self.items(want, have, path),
            (want, Value::String(text)) if *text == json_text::write(want, json_text::PLAIN) => Ok(()),
            (want, have) if want == have => Ok(()),
            _ => difference(),
        }
    }

    fn text(&mut self, want: &str, have: Option<&Value>) -> bool {
        let pattern = Pattern::parse(want);
        match have {
            Some(_) if pattern.is_anything() => true,
            Some(Value::String(text)) => pattern.matches(&self.neutral.text(text), &mut self.bound),
            _ => false,
        }
    }

    fn members(
        &mut self,
        want: &Map<String, Value>,
        have: &Map<String, Value>,
        path: &str,
    ) -> Result<(), Box<Difference>> {
        let mut have: Map<String, Value> = have
            .iter()
            .map(|(name, value)| (self.neutral.text(name), value.clone()))
            .collect();
        for (name, value) in want {
            let path = member_path(path, name);
            if name == "ResponseMetadata" {
                self.status(value, have.get(name), &path)?;
                continue;
            }
            if is_headers_of_another_service(&path) && have.get(name).is_some_and(Value::is_object) {
                continue;
            }
            let found = match have.get(name) {
                Some(found) => Some(found.clone()),
                None => self.member_that_fits(name, want, &mut have),
            };
            self.value(value, found.as_ref(), &path)?;
            have.shift_remove(name);
        }
        let extra = have
            .iter()
            .find(|(name, _)| !want.contains_key(*name) && !may_be_extra(path, name));
        match extra {
            Some((name, value)) => Err(Difference::boxed(&member_path(path, name), None, Some(value))),
            None => Ok(()),
        }
    }

    /// Takes the first member whose name fits a name with places in it.
    fn member_that_fits(
        &mut self,
        name: &str,
        want: &Map<String, Value>,
        have: &mut Map<String, Value>,
    ) -> Option<Value> {
        let pattern = Pattern::parse(name);
        if !pattern.has_places() {
            return None;
        }
        let fitting = have
            .keys()
            .find(|have| !want.contains_key(*have) && pattern.matches(have, &mut self.bound))?
            .clone();
        have.shift_remove(&fitting)
    }

    /// Of what surrounds an answer, only the HTTP status counts.
    fn status(&self, want: &Value, have: Option<&Value>, path: &str) -> Result<(), Box<Difference>> {
        let Some(want) = want.get("HTTPStatusCode") else {
            return Ok(());
        };
        let have = have.and_then(|have| have.get("HTTPStatusCode"));
        if have == Some(want) {
            return Ok(());
        }
        Err(Difference::boxed(
            &format!("{path}.HTTPStatusCode"),
            Some(want),
            have,
        ))
    }

    fn items(&mut self, want: &[Value], have: &[Value], path: &str) -> Result<(), Box<Difference>> {
        let place = |index: usize| format!("{path}[{index}]");
        let unordered: Vec<usize> = (0..want.len())
            .filter(|index| want.len() == have.len() && is_unordered(&want[*index]))
            .collect();
        self.unordered_events(want, have, &unordered, path)?;
        for index in (0..want.len().max(have.len())).filter(|index| !unordered.contains(index)) {
            let (Some(want), Some(have)) = (want.get(index), have.get(index)) else {
                return Err(Difference::boxed(&place(index), want.get(index), have.get(index)));
            };
            // Of an event of another type, the whole says more than its first member that differs.
            if let (Some(want_type), Some(have_type)) = (want.get("type"), have.get("type"))
                && want_type != have_type
            {
                return Err(Difference::boxed(&place(index), Some(want), Some(have)));
            }
            self.value(want, Some(have), &place(index))?;
        }
        Ok(())
    }

    /// Finds a partner for every event that concurrent branches may bring in any order.
    fn unordered_events(
        &mut self,
        want: &[Value],
        have: &[Value],
        places: &[usize],
        path: &str,
    ) -> Result<(), Box<Difference>> {
        let mut free = places.to_vec();
        for &index in places {
            let before = self.bound.clone();
            let partner = free.iter().position(|&candidate| {
                self.bound = before.clone();
                let Some(event) = without_order(&have[candidate]) else {
                    return false;
                };
                self.value(&want[index], Some(&event), "").is_ok()
            });
            match partner {
                Some(partner) => drop(free.remove(partner)),
                None => {
                    self.bound = before;
                    let ours = free.first().map(|&candidate| &have[candidate]);
                    return Err(Difference::boxed(
                        &format!("{path}[{index}]"),
                        Some(&want[index]),
                        ours,
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Whether an expected event is one of several whose order AWS doesn't promise.
fn is_unordered(event: &Value) -> bool {
    event.get("id") == Some(&json!([0]))
}

/// An event of ours with the numbers that such an event has in recordings.
fn without_order(event: &Value) -> Option<Value> {
    let mut event = event.as_object()?.clone();
    event.insert("id".to_owned(), json!([0]));
    event.insert("previousEventId".to_owned(), json!(0));
    Some(Value::Object(event))
}

fn is_headers_of_another_service(path: &str) -> bool {
    ["AllHttpHeaders", "HttpHeaders"].iter().any(|headers| {
        path.strip_suffix(headers)
            .is_some_and(|holder| holder.ends_with("SdkHttpMetadata."))
    })
}

/// Whether a member that AWS doesn't have says nothing: what surrounds an answer, and headers that aren't Amazon's.
fn may_be_extra(path: &str, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_foreign = lower.starts_with("x-") && !lower.starts_with("x-am");
    name == "ResponseMetadata" || (path.ends_with("Headers") && is_foreign)
}

fn member_path(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(want: Value, have: Value) -> Result<(), Box<Difference>> {
        let neutral = Neutral {
            account: "400000000001".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        Comparison::new(neutral).compare(&want, &have)
    }

    fn path(want: Value, have: Value) -> String {
        compare(want, have).unwrap_err().path
    }

    #[test]
    fn accounts_and_regions_are_neutral() {
        let want = json!({"arn": "arn:<partition>:states:<region>:111111111111:activity:a"});
        let have = json!({"arn": "arn:aws:states:eu-west-1:400000000001:activity:a"});
        assert_eq!(compare(want, have), Ok(()));
    }

    #[test]
    fn json_in_texts_is_compared_as_json() {
        assert_eq!(
            compare(json!({"input": {"a": [1]}}), json!({"input": "{ \"a\":[1] }"})),
            Ok(())
        );
        assert_eq!(compare(json!({"output": 1.5}), json!({"output": "1.5"})), Ok(()));
        assert_eq!(path(json!({"output": 1}), json!({"output": "1.0"})), "output");
        assert_eq!(path(json!({"input": {}}), json!({"input": "{"})), "input");
    }

    #[test]
    fn kinds_of_numbers_differ() {
        assert_eq!(path(json!([1]), json!([1.0])), "[0]");
        assert_eq!(path(json!({"a": null}), json!({})), "a");
    }

    #[test]
    fn members_too_many_or_too_few_are_found() {
        assert_eq!(path(json!({"a": {"b": 1}}), json!({"a": {}})), "a.b");
        let extra = compare(json!({"a": {}}), json!({"a": {"b": 1}})).unwrap_err();
        assert_eq!(
            (extra.path.as_str(), extra.aws, extra.ours),
            ("a.b", None, Some(json!(1)))
        );
        let headers = json!({"Headers": {"X-Amz-Id": ["1"], "x-foo": ["2"]}});
        assert_eq!(path(json!({"Headers": {}}), headers), "Headers.X-Amz-Id");
    }

    #[test]
    fn of_what_surrounds_an_answer_the_status_counts() {
        let answer = |status: u16| json!({"ResponseMetadata": {"HTTPStatusCode": status, "Date": "now"}});
        let want = json!({"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}}});
        assert_eq!(compare(want.clone(), answer(200)), Ok(()));
        assert_eq!(path(want, answer(400)), "ResponseMetadata.HTTPStatusCode");
    }

    #[test]
    fn names_may_have_places() {
        assert_eq!(compare(json!({"<id:1>": "<id:1>"}), json!({"x": "x"})), Ok(()));
        assert!(compare(json!({"<id:1>": "<id:1>"}), json!({"x": "y"})).is_err());
    }

    #[test]
    fn events_of_branches_come_in_any_order() {
        let want = json!([{"id": 1}, {"id": [0], "previousEventId": 0, "name": "A"}, {"id": [0], "previousEventId": 0, "name": "B"}]);
        let have = json!([{"id": 1}, {"id": 2, "previousEventId": 1, "name": "B"}, {"id": 3, "previousEventId": 1, "name": "A"}]);
        assert_eq!(compare(want.clone(), have), Ok(()));
        let twice = json!([{"id": 1}, {"id": 2, "previousEventId": 1, "name": "B"}, {"id": 3, "previousEventId": 1, "name": "B"}]);
        assert_eq!(path(want, twice), "[1]");
    }

    #[test]
    fn event_of_another_type_is_shown_whole() {
        let difference = compare(json!([{"a": 1, "type": "X"}]), json!([{"a": 2, "type": "Y"}])).unwrap_err();
        assert_eq!(
            (difference.path.as_str(), difference.ours.unwrap()["type"].clone()),
            ("[0]", json!("Y"))
        );
    }
}

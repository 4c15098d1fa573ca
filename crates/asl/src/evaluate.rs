//! What the fields of a state are worth when it runs.

use std::sync::Arc;

use json::{Str, Value};

use crate::env::Env;
use crate::failure::Failure;
use crate::model::{Assign, FailText, Items, Map, Percentage, ResultPath, Selection, Until, Whole};
use crate::path::{Path, Unresolved, conflict};
use crate::query::shown;
use crate::template::Template;
use crate::timestamp;

impl Selection {
    /// The part of the input that is selected.
    pub fn select(&self, env: Env<'_>) -> Result<Value, Failure> {
        match self {
            Self::Whole => Ok(env.input.clone()),
            Self::Nothing => Ok(Value::empty_object()),
            Self::Path(path) => path.resolve(env),
        }
    }
}

impl ResultPath {
    /// The input with the result in its place.
    pub fn place(&self, input: &Value, result: Value) -> Result<Value, Failure> {
        match self {
            Self::Replace => Ok(result),
            Self::Discard => Ok(input.clone()),
            Self::Into(path) => path.write(input, result),
        }
    }
}

impl Assign {
    /// Whether it sets nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The new values, all computed from the variables of before.
    ///
    /// Fails with `States.Runtime` where one value, or all together, are larger than the limits. What
    /// an execution's variables have together is for the engine to watch.
    pub fn evaluate(&self, env: Env<'_>) -> Result<Vec<(Str, Value)>, Failure> {
        let limits = env.outside.limits();
        let mut values = Vec::with_capacity(self.0.len());
        let mut total = 0;
        for (name, template) in &self.0 {
            let value = template.evaluate(env)?;
            let Some(bytes) = bytes_up_to(&value, limits.variable_bytes) else {
                return Err(Failure::runtime(format!(
                    "The value of the variable '{name}' is larger than the limit of {} bytes.",
                    limits.variable_bytes
                )));
            };
            total += bytes;
            if total > limits.assign_bytes {
                return Err(Failure::runtime(format!(
                    "The variables of the field 'Assign' are together larger than the limit of {} bytes.",
                    limits.assign_bytes
                )));
            }
            values.push((name.clone(), value));
        }
        Ok(values)
    }
}

/// The length of the value's JSON text; `None` when it is longer than the limit.
fn bytes_up_to(value: &Value, limit: usize) -> Option<usize> {
    use std::fmt::{self, Write};

    struct Counter {
        left: usize,
    }

    impl fmt::Write for Counter {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.left = self.left.checked_sub(text.len()).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    let mut counter = Counter { left: limit };
    write!(counter, "{value}").ok()?;
    Some(limit - counter.left)
}

impl Whole {
    /// The number. The field is named without its `Path`, as in `TimeoutSeconds` or `MaxConcurrency`.
    pub fn resolve(&self, field: &str, env: Env<'_>) -> Result<u64, Failure> {
        let path = match self {
            Self::Literal(value) => return Ok(*value),
            Self::Query(query) => return query.evaluate_to_whole(env),
            Self::Path(path) => path,
        };
        let value = path.resolve(env)?;
        let number = integer(&value);
        if field.ends_with("Seconds") {
            return seconds(field, path, &value);
        }
        let Some(number) = number else {
            let (value, path) = (plain(&value), path.text());
            return Err(Failure::runtime(format!(
                "The {field}Path field refers to value \"{value}\" which is not a valid integer: {path}"
            )));
        };
        u64::try_from(number).map_err(|_| Failure::runtime(format!("{field} cannot be negative.")))
    }
}

impl Percentage {
    /// The percentage, from 0 to 100.
    pub fn resolve(&self, env: Env<'_>) -> Result<f64, Failure> {
        let (value, path) = match self {
            Self::Literal(percentage) => return Ok(*percentage),
            Self::Query(query) => (query.evaluate_to("number", env)?, None),
            Self::Path(path) => (path.resolve(env)?, Some(path)),
        };
        let number = match (&value, path) {
            (Value::String(text), Some(_)) => text.parse().ok(),
            (value, _) => value.as_f64(),
        };
        match (number, path) {
            (Some(number), _) if (0.0..=100.0).contains(&number) => Ok(number),
            (None, Some(path)) => Err(Failure::runtime(format!(
                "The ToleratedFailurePercentagePath field refers to value \"{}\" which is not a valid float: {}",
                plain(&value),
                path.text()
            ))),
            _ => Err(Failure::runtime(
                "ToleratedFailurePercentage must be between 0 and 100.",
            )),
        }
    }
}

fn seconds(field: &str, path: &Path, value: &Value) -> Result<u64, Failure> {
    let fault = |words: &str| {
        let (value, path) = (plain(value), path.text());
        Failure::runtime(format!("The {field}Path parameter {words}: {path} == {value}"))
    };
    let number = integer(value).ok_or_else(|| fault("cannot be parsed as a long value"))?;
    u64::try_from(number).map_err(|_| fault("references a negative value"))
}

/// An integer, or a text that reads as one; AWS takes both.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    }
}

/// A value as the messages show it: text without quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Until {
    /// When the Wait is over, in milliseconds since 1970; it may be past.
    pub fn resolve(&self, now_millis: i64, env: Env<'_>) -> Result<i64, Failure> {
        let after = |seconds: u64| {
            let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
            now_millis.saturating_add(millis)
        };
        match self {
            Self::Seconds(seconds) => Ok(after(*seconds)),
            Self::Timestamp(millis) => Ok(*millis),
            Self::SecondsQuery(query) => query.evaluate_to_whole(env).map(after),
            Self::TimestampQuery(query) => {
                let value = query.evaluate_to("string", env)?;
                let instant = value.as_str().and_then(timestamp::parse).ok_or_else(|| {
                    let value = plain(&value);
                    query.located(format!(
                        "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format \
                         string: {value}"
                    ))
                })?;
                Ok(timestamp::millis(instant))
            }
            Self::SecondsPath(path) => {
                let value = referenced("SecondsPath", path, env)?;
                seconds("Seconds", path, &value).map(after)
            }
            Self::TimestampPath(path) => {
                let value = referenced("TimestampPath", path, env)?;
                let instant = value.as_str().and_then(timestamp::parse).ok_or_else(|| {
                    let (value, path) = (plain(&value), path.text());
                    Failure::runtime(format!(
                        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset \
                         date-time format string: {path} == {value}"
                    ))
                })?;
                Ok(timestamp::millis(instant))
            }
        }
    }
}

fn referenced(field: &str, path: &Path, env: Env<'_>) -> Result<Value, Failure> {
    path.find(env).map_err(|_| {
        let path = path.text();
        Failure::runtime(format!(
            "The {field} parameter does not reference an input value: {path}"
        ))
    })
}

impl FailText {
    /// The text; the field is `ErrorPath` or `CausePath`.
    pub fn resolve(&self, field: &str, env: Env<'_>) -> Result<Str, Failure> {
        let template = match self {
            Self::Literal(text) => return Ok(text.clone()),
            Self::Query(query) => {
                let value = query.evaluate_to("string", env)?;
                return Ok(value.as_str().unwrap_or_default().into());
            }
            Self::Computed(template) => template,
        };
        match template.evaluate(env)? {
            Value::String(text) => Ok(text),
            other => Err(Failure::runtime(format!(
                "The value of the field '{field}' must be a string but was: {other}"
            ))),
        }
    }
}

impl Map {
    /// What it iterates over.
    ///
    /// Fails with `States.ReferencePathConflict` where its path leads nowhere, as AWS does, and with
    /// `States.QueryEvaluationError` where JSONata gives no array.
    pub fn items(&self, env: Env<'_>) -> Result<Arc<[Value]>, Failure> {
        match self.iterable(env, false)? {
            Value::Array(items) => Ok(items),
            _ => Ok(Arc::default()),
        }
    }

    /// What it iterates over: an array, or for a Distributed Map an object, whose members are the items.
    ///
    /// Fails as [`Map::items`] does.
    pub fn array_or_object(&self, env: Env<'_>) -> Result<Value, Failure> {
        self.iterable(env, true)
    }

    fn iterable(&self, env: Env<'_>, objects: bool) -> Result<Value, Failure> {
        match &self.items {
            Items::Path(path) => items_of(path.as_ref(), env, objects),
            Items::Template(template) => items_from(template.as_ref(), env, objects),
        }
    }
}

/// Whether a value has items.
fn has_items(value: &Value, objects: bool) -> bool {
    matches!(value, Value::Array(_)) || (objects && matches!(value, Value::Object(_)))
}

fn items_from(template: Option<&Template>, env: Env<'_>, objects: bool) -> Result<Value, Failure> {
    let Some(template) = template else {
        return match env.input {
            items if has_items(items, objects) => Ok(items.clone()),
            other => Err(Failure::query(
                format!("Map state input must be an array but was: {}", shown(other)),
                None,
            )),
        };
    };
    match template.evaluate(env)? {
        items if has_items(&items, objects) => Ok(items),
        other => Err(template.unexpected("Items", "array", &other)),
    }
}

fn items_of(path: Option<&Path>, env: Env<'_>, objects: bool) -> Result<Value, Failure> {
    let Some(path) = path else {
        return match env.input {
            items if has_items(items, objects) => Ok(items.clone()),
            _ => Err(no_array("$")),
        };
    };
    match path.find(env) {
        Ok(items) if has_items(&items, objects) => Ok(items),
        Ok(_) => Err(no_array(path.text())),
        Err(Unresolved::NotFound(error)) if error.step().is_some() => {
            Err(conflict(error.step().unwrap_or_default(), env.input))
        }
        Err(reason) => Err(path.failure(reason)),
    }
}

/// AWS shows a path into the context object with one `$`.
fn no_array(path: &str) -> Failure {
    let path = if path.starts_with("$$") { &path[1..] } else { path };
    Failure::runtime(format!("Reference path \"{path}\" must point to array."))
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::limits::Limits;
    use crate::path::ReferencePath;
    use crate::testing::World;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    fn with<T>(input: Value, run: impl FnOnce(Env<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let world = World::new()
            .context(json!({"Execution": {"Input": {"list": [9]}}}))
            .variable("v", json!({"list": [1, 2], "n": "5"}));
        run(world.env(&input))
    }

    #[test]
    fn a_selection_is_all_nothing_or_a_part() {
        let input = || json!({"a": {"b": 1}});
        assert_eq!(with(input(), |env| Selection::Whole.select(env)), Ok(input()));
        assert_eq!(with(input(), |env| Selection::Nothing.select(env)), Ok(json!({})));
        assert_eq!(
            with(input(), |env| Selection::Path(path("$.a")).select(env)),
            Ok(json!({"b": 1}))
        );
        assert_eq!(
            with(input(), |env| Selection::Path(path("$v.n")).select(env)),
            Ok(json!("5"))
        );
        assert_eq!(
            with(input(), |env| Selection::Path(path("$.c.d")).select(env)),
            Err(Failure::runtime(
                "Invalid path '$.c.d' : Missing property in path $['c']"
            ))
        );
    }

    #[test]
    fn a_result_replaces_vanishes_or_joins() {
        let (input, result) = (json!({"a": 1}), json!([2]));
        let into = |text| ResultPath::Into(ReferencePath::parse(text).unwrap());
        assert_eq!(ResultPath::Replace.place(&input, result.clone()), Ok(json!([2])));
        assert_eq!(
            ResultPath::Discard.place(&input, result.clone()),
            Ok(json!({"a": 1}))
        );
        assert_eq!(
            into("$.b.c").place(&input, result.clone()),
            Ok(json!({"a": 1, "b": {"c": [2]}}))
        );
        assert_eq!(
            into("$.a.b").place(&input, result),
            Err(Failure::new(
                "States.ReferencePathConflict",
                r#"Unable to apply step "b" to input {"a":1}"#
            ))
        );
    }

    #[test]
    fn assignments_see_the_values_of_before() {
        let template = |value: Value| Template::compile(&value).unwrap();
        let assign = Assign(vec![
            ("v".into(), template(json!({"n": 1}))),
            ("w".into(), Template::compile_expression("w.$", "$v.n").unwrap()),
        ]);
        let values = with(json!({}), |env| assign.evaluate(env)).unwrap();
        assert_eq!(values, [("v".into(), json!({"n": 1})), ("w".into(), json!("5"))]);
        assert!(!assign.is_empty());
    }

    #[test]
    fn a_variable_and_an_assign_have_a_size() {
        let text = |bytes: usize| Template::constant(json!("x".repeat(bytes - 2)));
        let evaluate =
            |assign: Assign| with(json!({}), |env| assign.evaluate(env).map(|values| values.len()));
        assert_eq!(
            evaluate(Assign(vec![("a".into(), text(Limits::AWS.variable_bytes))])),
            Ok(1)
        );
        let failure = evaluate(Assign(vec![("a".into(), text(Limits::AWS.variable_bytes + 1))])).unwrap_err();
        assert!(failure.cause.unwrap().contains("variable 'a'"));
        let two = |bytes| {
            Assign(vec![
                ("a".into(), text(bytes)),
                ("b".into(), text(Limits::AWS.assign_bytes / 2)),
            ])
        };
        assert_eq!(evaluate(two(Limits::AWS.assign_bytes / 2)), Ok(2));
        let failure = evaluate(two(Limits::AWS.assign_bytes / 2 + 1)).unwrap_err();
        assert!(failure.cause.unwrap().contains("'Assign'"));
    }

    #[test]
    fn whole_numbers_come_from_numbers_and_texts() {
        let resolve = |field: &str, value: Value| {
            with(json!({"x": value}), |env| {
                Whole::Path(path("$.x")).resolve(field, env)
            })
        };
        assert_eq!(
            Whole::Literal(4).resolve("MaxConcurrency", World::new().env(&Value::Null)),
            Ok(4)
        );
        assert_eq!(resolve("MaxConcurrency", json!(3)), Ok(3));
        assert_eq!(resolve("MaxConcurrency", json!("3")), Ok(3));
        assert_eq!(resolve("TimeoutSeconds", json!(60)), Ok(60));
        for (field, value, cause) in [
            (
                "MaxConcurrency",
                json!("three"),
                "The MaxConcurrencyPath field refers to value \"three\" which is not a valid integer: $.x",
            ),
            (
                "MaxConcurrency",
                json!({}),
                "The MaxConcurrencyPath field refers to value \"{}\" which is not a valid integer: $.x",
            ),
            (
                "MaxConcurrency",
                json!(1.5),
                "The MaxConcurrencyPath field refers to value \"1.5\" which is not a valid integer: $.x",
            ),
            ("MaxConcurrency", json!(-1), "MaxConcurrency cannot be negative."),
            (
                "TimeoutSeconds",
                json!(1.5),
                "The TimeoutSecondsPath parameter cannot be parsed as a long value: $.x == 1.5",
            ),
            (
                "HeartbeatSeconds",
                json!(-2),
                "The HeartbeatSecondsPath parameter references a negative value: $.x == -2",
            ),
        ] {
            assert_eq!(resolve(field, value), Err(Failure::runtime(cause)));
        }
        assert_eq!(
            with(json!({}), |env| Whole::Path(path("$.x"))
                .resolve("TimeoutSeconds", env)),
            Err(Failure::runtime(
                "Invalid path '$.x' : No results for path: $['x']"
            ))
        );
    }

    #[test]
    fn a_wait_ends_after_seconds_or_at_a_moment() {
        let resolve = |until: Until, input| with(input, |env| until.resolve(1_000, env));
        assert_eq!(resolve(Until::Seconds(2), json!({})), Ok(3_000));
        assert_eq!(resolve(Until::Seconds(u64::MAX), json!({})), Ok(i64::MAX));
        assert_eq!(resolve(Until::Timestamp(5), json!({})), Ok(5));
        assert_eq!(
            resolve(Until::SecondsPath(path("$.x")), json!({"x": 2})),
            Ok(3_000)
        );
        assert_eq!(resolve(Until::SecondsPath(path("$v.n")), json!({})), Ok(6_000));
        let moment = json!({"x": "1970-01-01T00:00:02.5Z"});
        assert_eq!(resolve(Until::TimestampPath(path("$.x")), moment), Ok(2_500));
    }

    #[test]
    fn a_wait_says_what_is_wrong_with_its_value() {
        let cause = |until: Until, input| with(input, |env| until.resolve(0, env)).unwrap_err();
        let seconds = || Until::SecondsPath(path("$.x"));
        let moment = || Until::TimestampPath(path("$.x"));
        for (until, input, words) in [
            (
                seconds(),
                json!({}),
                "The SecondsPath parameter does not reference an input value: $.x",
            ),
            (
                seconds(),
                json!({"x": 1.5}),
                "The SecondsPath parameter cannot be parsed as a long value: $.x == 1.5",
            ),
            (
                seconds(),
                json!({"x": "soon"}),
                "The SecondsPath parameter cannot be parsed as a long value: $.x == soon",
            ),
            (
                seconds(),
                json!({"x": -1}),
                "The SecondsPath parameter references a negative value: $.x == -1",
            ),
            (
                moment(),
                json!({}),
                "The TimestampPath parameter does not reference an input value: $.x",
            ),
            (
                moment(),
                json!({"x": "2024-01-01"}),
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time \
                 format string: $.x == 2024-01-01",
            ),
            (
                moment(),
                json!({"x": 7}),
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time \
                 format string: $.x == 7",
            ),
        ] {
            assert_eq!(cause(until, input), Failure::runtime(words));
        }
    }

    #[test]
    fn the_words_of_a_failure_are_computed() {
        let computed = |text| FailText::Computed(Template::compile_expression("CausePath", text).unwrap());
        let resolve = |text: FailText| {
            with(json!({"why": "late", "n": 1}), |env| {
                text.resolve("CausePath", env)
            })
        };
        assert_eq!(resolve(FailText::Literal("fixed".into())), Ok("fixed".into()));
        assert_eq!(resolve(computed("$.why")), Ok("late".into()));
        assert_eq!(
            resolve(computed("States.Format('too {}', $.why)")),
            Ok("too late".into())
        );
        assert!(resolve(computed("$.n")).is_err());
    }

    fn items(path_text: Option<&str>, input: Value) -> Result<Value, Failure> {
        with(input, |env| items_of(path_text.map(path).as_ref(), env, false))
    }

    #[test]
    fn items_are_an_array_of_input_context_or_variable() {
        assert_eq!(items(None, json!([1])), Ok(json!([1])));
        assert_eq!(items(Some("$.a"), json!({"a": [1, 2]})), Ok(json!([1, 2])));
        assert_eq!(items(Some("$.a[*].b"), json!({"a": [{"b": 1}]})), Ok(json!([1])));
        assert_eq!(items(Some("$v.list"), json!({})), Ok(json!([1, 2])));
        assert_eq!(items(Some("$$.Execution.Input.list"), json!({})), Ok(json!([9])));
    }

    #[test]
    fn what_is_no_array_has_no_items() {
        for (text, words) in [
            (None, r#"Reference path "$" must point to array."#),
            (Some("$.a"), r#"Reference path "$.a" must point to array."#),
            (
                Some("$$.Execution.Input"),
                r#"Reference path "$.Execution.Input" must point to array."#,
            ),
            (Some("$$"), r#"Reference path "$" must point to array."#),
            (Some("$v"), r#"Reference path "$v" must point to array."#),
        ] {
            assert_eq!(items(text, json!({"a": 1})), Err(Failure::runtime(words)));
        }
        assert_eq!(
            items(Some("$.b.c"), json!({"a": 1})),
            Err(Failure::new(
                "States.ReferencePathConflict",
                r#"Unable to apply step "b" to input {"a":1}"#
            ))
        );
        assert!(items(Some("$none"), json!({})).is_err());
        assert!(items(Some("$.a"), Value::Null).is_err());
    }
}

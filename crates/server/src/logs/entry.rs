//! Entries: an event of a history as AWS writes it to CloudWatch Logs.

use api::{HistoryEvent, HistoryEventType as Type, LogLevel, LoggingConfiguration};
use runtime::Logged;
use serde_json::{Map, Value};

use crate::history::{self, Data};

/// An event as it is logged.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// When it became true, in milliseconds since 1970.
    pub(super) milliseconds: i64,
    /// What AWS writes about it: JSON, without a line break.
    pub(super) text: String,
}

/// The entries for events, those left out that the level leaves out.
pub(super) fn entries(logged: &Logged, configuration: &LoggingConfiguration) -> Vec<Entry> {
    let level = configuration.level.unwrap_or(LogLevel::Off);
    let data = match configuration.include_execution_data {
        Some(true) => Data::Included,
        Some(false) | None => Data::LeftOut,
    };
    let shown = logged
        .events
        .iter()
        .filter_map(|event| history::shown(event, data));
    shown
        .filter(|event| is_logged(level, event.r#type))
        .map(|event| Entry {
            milliseconds: event.timestamp.milliseconds,
            text: text(logged, event, data),
        })
        .collect()
}

/// Whether a level logs events of a type.
fn is_logged(level: LogLevel, r#type: Type) -> bool {
    match level {
        LogLevel::All => true,
        LogLevel::Error => {
            is_fatal(r#type)
                || matches!(
                    r#type,
                    Type::FailStateEntered
                        | Type::LambdaFunctionFailed
                        | Type::LambdaFunctionScheduleFailed
                        | Type::LambdaFunctionStartFailed
                        | Type::LambdaFunctionTimedOut
                        | Type::MapIterationAborted
                        | Type::MapIterationFailed
                        | Type::MapRunAborted
                        | Type::MapRunFailed
                        | Type::MapStateAborted
                        | Type::MapStateFailed
                        | Type::ParallelStateAborted
                        | Type::ParallelStateFailed
                        | Type::TaskFailed
                        | Type::TaskStartFailed
                        | Type::TaskStateAborted
                        | Type::TaskSubmitFailed
                        | Type::TaskTimedOut
                        | Type::WaitStateAborted
                )
        }
        LogLevel::Fatal => is_fatal(r#type),
        LogLevel::Off => false,
    }
}

fn is_fatal(r#type: Type) -> bool {
    matches!(
        r#type,
        Type::ExecutionAborted | Type::ExecutionFailed | Type::ExecutionTimedOut
    )
}

/// Numbers are written as texts, as AWS writes them.
fn text(logged: &Logged, event: HistoryEvent, data: Data) -> String {
    let milliseconds = event.timestamp.milliseconds;
    let (id, previous, r#type) = (event.id, event.previous_event_id.unwrap_or(0), event.r#type);
    let mut entry = Map::new();
    entry.insert("id".to_owned(), id.to_string().into());
    entry.insert("type".to_owned(), r#type.as_str().into());
    entry.insert("details".to_owned(), details(event, data));
    entry.insert("previous_event_id".to_owned(), previous.to_string().into());
    entry.insert("event_timestamp".to_owned(), milliseconds.to_string().into());
    entry.insert("execution_arn".to_owned(), (&*logged.execution_arn).into());
    entry.insert(
        "redrive_count".to_owned(),
        logged.redrive_count.to_string().into(),
    );
    Value::Object(entry).to_string()
}

/// What the event tells besides; an empty object where it tells nothing.
fn details(event: HistoryEvent, data: Data) -> Value {
    let member = match event.details.map(serde_json::to_value) {
        // The details stand under a name of their own, which the entry has no use for.
        Some(Ok(Value::Object(named))) => named.into_iter().next().map(|(_, details)| details),
        _ => None,
    };
    let mut details = member.unwrap_or_else(|| Value::Object(Map::new()));
    if let (Data::LeftOut, Value::Object(members)) = (data, &mut details) {
        members.remove("inputDetails");
        members.remove("outputDetails");
    }
    numbers_to_texts(&mut details);
    details
}

fn numbers_to_texts(value: &mut Value) {
    match value {
        Value::Number(number) => *value = number.to_string().into(),
        Value::Array(elements) => elements.iter_mut().for_each(numbers_to_texts),
        Value::Object(members) => members.values_mut().for_each(numbers_to_texts),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_log_what_aws_says_they_log() {
        let count = |level| {
            let types = Type::ALL.iter().filter(|r#type| is_logged(level, **r#type));
            types.count()
        };
        assert_eq!(count(LogLevel::All), Type::ALL.len());
        assert_eq!(count(LogLevel::Error), 22);
        assert_eq!(count(LogLevel::Fatal), 3);
        assert_eq!(count(LogLevel::Off), 0);
        assert!(is_logged(LogLevel::Error, Type::FailStateEntered));
        assert!(!is_logged(LogLevel::Error, Type::ActivityFailed));
    }

    #[test]
    fn numbers_become_texts_and_nothing_else_changes() {
        let mut value = serde_json::json!({"a": 1, "b": [2.5, true, null, "x"], "c": {"d": -3}});
        numbers_to_texts(&mut value);
        assert_eq!(
            value,
            serde_json::json!({"a": "1", "b": ["2.5", true, null, "x"], "c": {"d": "-3"}})
        );
    }
}

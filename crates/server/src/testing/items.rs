//! Items: what a test gives in place of what a Map's `ItemReader` would read.

use std::sync::Arc;

use api::{ApiError, Text};
use asl::Map;
use items::{Entry, Format};
use json::Value;

/// Reads the items out of the text of a source, as its reader says that they are written.
pub(crate) fn read(data: &Text, map: &Map) -> Result<Arc<[Value]>, ApiError> {
    let reader = map.distributed.as_ref().and_then(|map| map.reader.as_ref());
    let Some(reader) = reader else {
        return Err(refused("The state has no ItemReader."));
    };
    // Rows of other sources are given as what is made of them.
    let format = integrations::item_format(reader).unwrap_or_else(|| Format::Json {
        pointer: reader.items_pointer.clone().unwrap_or_default(),
    });
    let items = items::all(data, &format).map_err(|fault| refused(&fault.to_string()))?;
    Ok(items.into_iter().map(Entry::into_value).collect())
}

fn refused(fault: &str) -> ApiError {
    ApiError::validation_exception(format!("Invalid MapItemReaderData provided: {fault}"))
}

#[cfg(test)]
mod tests {
    use asl::StateKind;

    use super::*;

    /// The items that a Map with this `ReaderConfig` finds in a text.
    fn found(config: &str, data: &str) -> Result<String, String> {
        let definition = format!(
            r#"{{"Type":"Map","End":true,"ItemReader":{{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{config}}},
            "ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},
            "StartAt":"P","States":{{"P":{{"Type":"Pass","End":true}}}}}}}}"#
        );
        let machine = asl::read_lone_state(&definition, asl::Limits::AWS)
            .machine
            .expect("it is right");
        let StateKind::Map(map) = &machine.states[0].kind else {
            panic!("it is a Map")
        };
        match read(&Text::from(data), map) {
            Ok(items) => Ok(Value::Array(items).to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn items_are_read_as_the_reader_says() {
        for (config, data, items) in [
            (r#"{"InputType":"JSON"}"#, "[1, 2]", "[1,2]"),
            (
                r#"{"InputType":"JSON"}"#,
                r#"{"a": 1}"#,
                r#"[{"Key":"a","Value":1}]"#,
            ),
            (
                r#"{"InputType":"JSON","ItemsPointer":"/a/1/b~1c"}"#,
                r#"{"a": [0, {"b/c": [3]}]}"#,
                "[3]",
            ),
            (r#"{"InputType":"JSONL"}"#, "{\"a\": 1}\n\n2\n", r#"[{"a":1},2]"#),
            (
                r#"{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"}"#,
                "id,name\r\n1,\"a, \"\"b\"\"\"\n2\n3,c,d\n",
                r#"[{"name":"a, \"b\"","id":"1"},{"name":"","id":"2"},{"name":"c","id":"3"}]"#,
            ),
            (
                r#"{"InputType":"CSV","CSVDelimiter":"PIPE","CSVHeaders":["a","b"]}"#,
                "1|x\\|y",
                r#"[{"a":"1","b":"x|y"}]"#,
            ),
        ] {
            assert_eq!(found(config, data).as_deref(), Ok(items), "{config}");
        }
    }

    #[test]
    fn data_that_gives_no_items_is_refused() {
        for (config, data, fault) in [
            (r#"{"InputType":"JSON"}"#, "[1", "The data is not valid JSON."),
            (
                r#"{"InputType":"JSON"}"#,
                "7",
                "Attempting to map over non-iterable node.",
            ),
            (
                r#"{"InputType":"JSON","ItemsPointer":"/b"}"#,
                r#"{"a": []}"#,
                "Attempting to map over non-iterable node.",
            ),
            (
                r#"{"InputType":"JSONL"}"#,
                "1\nx",
                "A line of the data is not valid JSON.",
            ),
            (
                r#"{"InputType":"CSV"}"#,
                "a,a\n1,2",
                "CSV headers cannot contain duplicates.",
            ),
        ] {
            let refusal = format!("ValidationException: Invalid MapItemReaderData provided: {fault}");
            assert_eq!(found(config, data), Err(refusal), "{data}");
        }
    }
}

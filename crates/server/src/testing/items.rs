//! Items: what a test gives in place of what a Map's `ItemReader` would read.

use std::sync::Arc;

use api::{ApiError, Text};
use asl::{ItemFormat, Map};
use json::{Str, Value};

/// Reads the items out of the text of a source, as its reader says that they are written.
pub(crate) fn read(data: &Text, map: &Map) -> Result<Arc<[Value]>, ApiError> {
    let reader = map.distributed.as_ref().and_then(|map| map.reader.as_ref());
    let Some(reader) = reader else {
        return Err(refused("The state has no ItemReader."));
    };
    match reader.format {
        ItemFormat::JsonLines => json_lines(data),
        ItemFormat::Csv => Ok(csv(data, reader.csv_delimiter, reader.csv_headers.as_deref())?.into()),
        // Rows of other sources are given as what is made of them.
        ItemFormat::Json | ItemFormat::Parquet | ItemFormat::Manifest => {
            let document = json::parse(data).map_err(|_| refused("The data is not valid JSON."))?;
            let found = match &reader.items_pointer {
                Some(pointer) => pointed(&document, pointer),
                None => Some(&document),
            };
            items(found).ok_or_else(|| refused("Attempting to map over non-iterable node."))
        }
    }
}

/// The elements of an array, or the pairs of an object.
fn items(node: Option<&Value>) -> Option<Arc<[Value]>> {
    match node? {
        Value::Array(items) => Some(Arc::clone(items)),
        Value::Object(members) => {
            let pair = |(name, value): (&Str, &Value)| {
                Value::object([("Key", Value::from(name.clone())), ("Value", value.clone())])
            };
            Some(members.iter().map(pair).collect())
        }
        _ => None,
    }
}

/// What a JSON Pointer (RFC 6901) leads to.
fn pointed<'v>(document: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.is_empty() {
        return Some(document);
    }
    let steps = pointer.strip_prefix('/')?.split('/');
    steps.into_iter().try_fold(document, |node, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match node {
            Value::Object(members) => members.get(&step),
            Value::Array(_) => node.at(step.parse().ok()?),
            _ => None,
        }
    })
}

fn json_lines(data: &str) -> Result<Arc<[Value]>, ApiError> {
    let lines = data.lines().filter(|line| !line.trim().is_empty());
    let item = |line| json::parse(line).map_err(|_| refused("A line of the data is not valid JSON."));
    lines.map(item).collect()
}

/// The rows as objects of texts. Rows that are too short have empty texts, and what is too long is cut off.
fn csv(data: &str, delimiter: char, headers: Option<&[Str]>) -> Result<Vec<Value>, ApiError> {
    let mut rows = rows(data, delimiter).into_iter();
    let headers: Vec<Str> = match headers {
        Some(headers) => headers.to_vec(),
        None => rows
            .next()
            .unwrap_or_default()
            .into_iter()
            .map(Str::from)
            .collect(),
    };
    for (place, header) in headers.iter().enumerate() {
        if headers[..place].contains(header) {
            return Err(refused("CSV headers cannot contain duplicates."));
        }
    }
    let item = |row: Vec<String>| {
        let mut cells = row.into_iter();
        let members = headers
            .iter()
            .map(|header| (header.clone(), Value::from(cells.next().unwrap_or_default())));
        Value::object(members)
    };
    Ok(rows.map(item).collect())
}

/// The cells of each row: quoted ones may hold delimiters, line ends and doubled quotes.
fn rows(data: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell) = (Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = data.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            '\\' if matches!(letters.peek(), Some(next) if matches!(next, '"' | '\\') || *next == delimiter) =>
            {
                cell.extend(letters.next());
            }
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter if letter == delimiter && !quoted => row.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows.retain(|row| row.len() > 1 || !row[0].is_empty());
    rows
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
        let machine = asl::read_lone_state(&definition).machine.expect("it is right");
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
                r#"[{"id":"1","name":"a, \"b\""},{"id":"2","name":""},{"id":"3","name":"c"}]"#,
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

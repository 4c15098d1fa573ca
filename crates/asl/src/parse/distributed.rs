//! Distributed: the fields of a Map that only a Distributed Map has.

use json::Str;

use crate::document::Content;
use crate::model::{Distributed, ItemBatcher, ItemFormat, ItemReader};
use crate::parse::fields::{Field, Fields};

/// Reads `ItemReader`, `ItemBatcher` and `ResultWriter`.
pub(crate) fn fields(fields: &Fields<'_>) -> Option<Distributed> {
    let reader = fields.get("ItemReader").map(|field| reader(&field));
    let batcher = fields.get("ItemBatcher").map(|field| batcher(&field));
    let writer = fields.get("ResultWriter").map(|field| writes(&field));
    Some(Distributed {
        reader: match reader {
            Some(reader) => Some(reader?),
            None => None,
        },
        batcher: match batcher {
            Some(batcher) => Some(batcher?),
            None => None,
        },
        writes_results: match writer {
            Some(writes) => writes?,
            None => false,
        },
    })
}

fn reader(field: &Field<'_>) -> Option<ItemReader> {
    let reader = field.object()?;
    let plain = ItemReader {
        format: ItemFormat::Json,
        items_pointer: None,
        csv_delimiter: ',',
        csv_headers: None,
        max_items: None,
    };
    let Some(config) = reader.get("ReaderConfig") else {
        return Some(plain);
    };
    let config = config.object()?;
    Some(ItemReader {
        format: match text(&config, "InputType")? {
            None | Some("JSON") => ItemFormat::Json,
            Some("JSONL") => ItemFormat::JsonLines,
            Some("CSV") => ItemFormat::Csv,
            Some(_) => ItemFormat::Rows,
        },
        items_pointer: text(&config, "ItemsPointer")?.map(Str::from),
        csv_delimiter: match text(&config, "CSVDelimiter")? {
            Some("PIPE") => '|',
            Some("SEMICOLON") => ';',
            Some("SPACE") => ' ',
            Some("TAB") => '\t',
            None | Some(_) => ',',
        },
        csv_headers: match config.get("CSVHeaders") {
            Some(headers) => Some(texts(&headers)?),
            None => None,
        },
        max_items: config.whole("MaxItems", "MaxItemsPath", 1, i64::MAX as u64)?,
    })
}

fn batcher(field: &Field<'_>) -> Option<ItemBatcher> {
    let fields = field.object()?;
    let batch_input = fields.template("BatchInput");
    let items_max = fields.whole("MaxItemsPerBatch", "MaxItemsPerBatchPath", 1, i64::MAX as u64);
    let bytes_max = fields.whole(
        "MaxInputBytesPerBatch",
        "MaxInputBytesPerBatchPath",
        1,
        i64::MAX as u64,
    );
    Some(ItemBatcher {
        batch_input: batch_input?,
        items_max: items_max?,
        bytes_max: bytes_max?,
    })
}

/// Whether the writer writes elsewhere: without a `Resource` it only says what the state's output looks like.
fn writes(field: &Field<'_>) -> Option<bool> {
    Some(field.object()?.has("Resource"))
}

/// A text that may be absent: `None` when it is no text, `Some(None)` when it is not there.
fn text<'f>(fields: &'f Fields<'_>, name: &'f str) -> Option<Option<&'f str>> {
    match fields.get(name) {
        Some(field) => field.text().map(|text| Some(&**text)),
        None => Some(None),
    }
}

fn texts(field: &Field<'_>) -> Option<Vec<Str>> {
    let Content::Array(nodes) = &field.node.content else {
        return field.expected("Array");
    };
    let text = |(index, node)| field.element(index, node).text().cloned();
    let texts: Vec<Option<Str>> = nodes.iter().enumerate().map(text).collect();
    texts.into_iter().collect()
}

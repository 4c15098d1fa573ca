//! Distributed: the fields of a Map that only a Distributed Map has.

use json::Str;

use crate::diagnostics::Code;
use crate::limits::{BATCH_BYTES_MAX, LABEL_CHARS_MAX, MAP_ITEMS_MAX};
use crate::model::{
    ChildType, Distributed, ItemBatcher, ItemFormat, ItemReader, ManifestType, ResultWriter, StateId,
    Transformation,
};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::Reader;
use crate::parse::resource;
use crate::template::Template;

const ITEM_READER: &Known = &[
    ("Resource", In::Both),
    ("Parameters", In::JsonPath),
    ("Arguments", In::Jsonata),
    ("ReaderConfig", In::Both),
];

const READER_CONFIG: &Known = &[
    ("InputType", In::Both),
    ("Transformation", In::Both),
    ("ManifestType", In::Both),
    ("CSVDelimiter", In::Both),
    ("CSVHeaderLocation", In::Both),
    ("CSVHeaders", In::Both),
    ("ItemsPointer", In::Both),
    ("MaxItems", In::Both),
    ("MaxItemsPath", In::JsonPath),
];

const ITEM_BATCHER: &Known = &[
    ("MaxItemsPerBatch", In::Both),
    ("MaxItemsPerBatchPath", In::JsonPath),
    ("MaxInputBytesPerBatch", In::Both),
    ("MaxInputBytesPerBatchPath", In::JsonPath),
    ("BatchInput", In::Both),
];

const RESULT_WRITER: &Known = &[
    ("Resource", In::Both),
    ("Parameters", In::JsonPath),
    ("Arguments", In::Jsonata),
    ("WriterConfig", In::Both),
];

const WRITER_CONFIG: &Known = &[("Transformation", In::Both), ("OutputType", In::Both)];

/// What lists objects, which needs not be told what stands in them.
const LISTING: &str = "s3:listObjectsV2";

const READERS: [&str; 2] = ["s3:getObject", LISTING];
const WRITERS: [&str; 1] = ["s3:putObject"];

impl Reader<'_> {
    /// Reads `ItemReader`, `ItemBatcher`, `ResultWriter` and `Label`.
    pub(crate) fn distributed(
        &mut self,
        id: StateId,
        fields: &Fields<'_>,
        children: ChildType,
    ) -> Option<Distributed> {
        let reader = optional(fields, "ItemReader", item_reader);
        let batcher = optional(fields, "ItemBatcher", item_batcher);
        let writer = optional(fields, "ResultWriter", result_writer);
        let mut given = None;
        if let (Some(Some(reader)), Some(field)) = (&reader, fields.get("ItemReader"))
            && reader.format == ItemFormat::Parquet
        {
            self.outline.parquet.push((id, field.node.place));
        }
        if let Some(field) = fields.get("Label")
            && let Some(label) = field.text()
        {
            if let Some(fault) = label_fault(label) {
                field.report(Code::InvalidLabelName, fault);
            }
            self.outline.labels.push((id, label.clone(), field.node.place));
            given = Some(label.clone());
        }
        Some(Distributed {
            children,
            label: given,
            reader: reader?,
            batcher: batcher?,
            writer: writer?,
        })
    }
}

fn item_reader(field: &Field<'_>) -> Option<ItemReader> {
    let fields = field.object()?;
    fields.check_names(&[ITEM_READER]);
    fields.require(&["Resource"]);
    let lists = action(&fields, &READERS) == Some(LISTING);
    let parameters = location(&fields);
    let config = optional(&fields, "ReaderConfig", |field| reader_config(field, lists))?;
    let reader = config.unwrap_or(ItemReader {
        lists,
        parameters: None,
        format: ItemFormat::Json,
        flattens: false,
        manifest: None,
        items_pointer: None,
        csv_delimiter: ',',
        csv_headers: None,
        max_items: None,
    });
    Some(ItemReader { parameters, ..reader })
}

fn reader_config(field: &Field<'_>, lists: bool) -> Option<ItemReader> {
    let config = field.object()?;
    config.check_names(&[READER_CONFIG]);
    let format = word(
        &config,
        "InputType",
        &["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"],
    );
    let transformation = word(&config, "Transformation", &["NONE", "LOAD_AND_FLATTEN"]);
    let flattens = transformation == Some(Some("LOAD_AND_FLATTEN"));
    let manifest = word(&config, "ManifestType", &["ATHENA_DATA", "S3_INVENTORY"]);
    // How the files of an inventory are written stands in its manifest.
    if flattens || !lists && manifest != Some(Some("S3_INVENTORY")) {
        config.require(&["InputType"]);
    }
    let delimiter = word(
        &config,
        "CSVDelimiter",
        &["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"],
    );
    let location = word(&config, "CSVHeaderLocation", &["FIRST_ROW", "GIVEN"]);
    if location == Some(Some("GIVEN")) {
        config.require(&["CSVHeaders"]);
    }
    let headers = optional(&config, "CSVHeaders", texts);
    let pointer = optional(&config, "ItemsPointer", |field| field.filled_text().cloned());
    let max_items = config.whole_or_reference("MaxItems", "MaxItemsPath", 0, MAP_ITEMS_MAX);
    transformation?;
    Some(ItemReader {
        lists,
        parameters: None,
        format: match format? {
            Some("JSONL") => ItemFormat::JsonLines,
            Some("CSV") => ItemFormat::Csv,
            Some("PARQUET") => ItemFormat::Parquet,
            Some("MANIFEST") => ItemFormat::Manifest,
            None | Some(_) => ItemFormat::Json,
        },
        flattens,
        manifest: manifest?.map(|manifest| match manifest {
            "ATHENA_DATA" => ManifestType::Athena,
            _ => ManifestType::Inventory,
        }),
        items_pointer: pointer?,
        csv_delimiter: match delimiter? {
            Some("PIPE") => '|',
            Some("SEMICOLON") => ';',
            Some("SPACE") => ' ',
            Some("TAB") => '\t',
            None | Some(_) => ',',
        },
        csv_headers: headers?.filter(|_| location != Some(Some("FIRST_ROW"))),
        max_items: max_items?,
    })
}

fn item_batcher(field: &Field<'_>) -> Option<ItemBatcher> {
    const BOUNDS: [&str; 4] = [
        "MaxItemsPerBatch",
        "MaxItemsPerBatchPath",
        "MaxInputBytesPerBatch",
        "MaxInputBytesPerBatchPath",
    ];
    let fields = field.object()?;
    fields.check_names(&[ITEM_BATCHER]);
    if !BOUNDS.iter().any(|name| fields.has(name)) {
        let bounds = BOUNDS.join(", ");
        fields.error(format_args!("One of these fields is required: [{bounds}]"));
    }
    let items_max = fields.whole_or_reference(BOUNDS[0], BOUNDS[1], 0, i64::MAX as u64);
    let bytes_max = fields.whole_or_reference(BOUNDS[2], BOUNDS[3], 0, BATCH_BYTES_MAX);
    let batch_input = optional(&fields, "BatchInput", |field| {
        if !field.is_expression() {
            field.object()?;
        }
        field.template()
    });
    Some(ItemBatcher {
        batch_input: batch_input?,
        items_max: items_max?,
        bytes_max: bytes_max?,
    })
}

/// A place to export to, a form to write in, or both. Without a place it only says what the state's output looks
/// like.
fn result_writer(field: &Field<'_>) -> Option<ResultWriter> {
    let fields = field.object()?;
    fields.check_names(&[RESULT_WRITER]);
    let exports = fields.has("Resource") || fields.has(fields.given());
    if exports || !fields.has("WriterConfig") {
        fields.require(&["Resource", fields.given()]);
    }
    action(&fields, &WRITERS);
    let destination = location(&fields);
    let (mut transformation, mut lines) = (None, false);
    optional(&fields, "WriterConfig", |field| {
        let config = field.object()?;
        config.check_names(&[WRITER_CONFIG]);
        let made = word(&config, "Transformation", &["NONE", "COMPACT", "FLATTEN"]);
        let output = word(&config, "OutputType", &["JSON", "JSONL"]);
        lines = output? == Some("JSONL");
        transformation = made?.map(|made| match made {
            "COMPACT" => Transformation::Compact,
            "FLATTEN" => Transformation::Flatten,
            _ => Transformation::None,
        });
        Some(())
    });
    Some(ResultWriter {
        destination,
        transformation,
        lines,
    })
}

/// The action that `Resource` names, of those that read or write.
fn action(fields: &Fields<'_>, known: &[&'static str]) -> Option<&'static str> {
    let field = fields.get("Resource")?;
    let text = field.filled_text()?;
    let named = text
        .strip_prefix("arn:aws")
        .and_then(|rest| rest.split_once(":states:::"))
        .filter(|(partition, _)| !partition.contains(':'));
    let action = named.and_then(|(_, name)| known.iter().find(|action| **action == name));
    if action.is_none() {
        field.error(resource::not_recognized(text));
    }
    action.copied()
}

/// `Parameters` or `Arguments`: which bucket, and what in it.
fn location(fields: &Fields<'_>) -> Option<Template> {
    let field = fields.get(fields.given())?;
    if !field.is_expression() {
        field.object()?;
    }
    field.template()
}

/// A field that may be absent: `None` when it is faulty, `Some(None)` when it is not there.
fn optional<T>(
    fields: &Fields<'_>,
    name: &str,
    read: impl FnOnce(&Field<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match fields.get(name) {
        Some(field) => read(&field).map(Some),
        None => Some(None),
    }
}

fn word(fields: &Fields<'_>, name: &str, words: &[&'static str]) -> Option<Option<&'static str>> {
    optional(fields, name, |field| field.one_of(words))
}

fn texts(field: &Field<'_>) -> Option<Vec<Str>> {
    let nodes = field.filled_array()?;
    let text = |(index, node)| field.element(index, node).text().cloned();
    let texts: Vec<Option<Str>> = nodes.iter().enumerate().map(text).collect();
    texts.into_iter().collect()
}

fn label_fault(label: &str) -> Option<String> {
    if label.is_empty() {
        return Some("Label cannot be empty".into());
    }
    if label.chars().count() > LABEL_CHARS_MAX {
        return Some(format!("Label cannot exceed {LABEL_CHARS_MAX} characters"));
    }
    let wrong = label
        .chars()
        .find(|letter| !ids::name::is_name_character(*letter))?;
    Some(format!("Label contains invalid character: '{}'", shown(wrong)))
}

/// A character as AWS shows it: one that can't be printed by its number.
fn shown(character: char) -> String {
    match character {
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        printable if !printable.is_control() && !printable.is_whitespace() || printable == ' ' => {
            printable.into()
        }
        other if u32::from(other) < 0x100 => format!("\\x{:02x}", u32::from(other)),
        other if u32::from(other) < 0x1_0000 => format!("\\u{:04x}", u32::from(other)),
        other => format!("\\U{:08x}", u32::from(other)),
    }
}

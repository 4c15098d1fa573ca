//! Manifest: objects that name the objects in which the items are.

use json::{Str, Value};

use crate::MANIFEST_BYTES_MAX;
use crate::fault::Fault;
use crate::format::{Columns, Format};
use crate::lines::Lines;
use crate::object::Part;
use crate::text::Text;

/// The `manifest.json` of an inventory, which gives one value: the whole document.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    is_read: bool,
}

impl Inventory {
    pub(crate) fn next(&mut self, text: &mut Text) -> Result<Part<Value>, Fault> {
        if self.is_read {
            return Ok(Part::End);
        }
        if text.rest().len() > MANIFEST_BYTES_MAX {
            return Err(Fault::LongManifest);
        }
        if !text.is_whole {
            return Ok(Part::More);
        }
        self.is_read = true;
        let document = json::parse_bytes(text.rest())
            .map_err(|error| Fault::Manifest(format!("it is not valid JSON: {error}")))?;
        text.take(text.rest().len());
        Ok(Part::Item(document))
    }
}

/// What the manifest of an inventory leads to: the bucket and the keys of its files, and how they are written.
pub(crate) fn inventory(document: &Value) -> Result<(Str, Vec<Str>, Format), Fault> {
    let text = |name: &str| {
        document
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| Fault::Manifest(format!("it has no text `{name}`")))
    };
    let format = text("fileFormat")?;
    if format != "CSV" {
        return Err(Fault::Manifest(format!(
            "its `fileFormat` is {format}, and only CSV is supported"
        )));
    }
    let columns = text("fileSchema")?.split(',').map(|name| Str::from(name.trim()));
    let bucket = text("destinationBucket")?;
    let bucket = bucket.rsplit_once(":::").map_or(bucket, |(_, name)| name);
    let files = document
        .get("files")
        .and_then(Value::as_array)
        .ok_or_else(|| Fault::Manifest("it has no array `files`".to_owned()))?;
    let key = |file: &Value| {
        let key = file.get("key").and_then(Value::as_str);
        key.map(Str::from)
            .ok_or_else(|| Fault::Manifest("a file has no text `key`".to_owned()))
    };
    let keys: Result<Vec<Str>, Fault> = files.iter().map(key).collect();
    let format = Format::Csv {
        delimiter: b',',
        columns: Columns::Given(columns.collect()),
    };
    Ok((bucket.into(), keys?, format))
}

/// Lines with the address of an object on each, which are its values.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    lines: Lines,
    bytes: usize,
}

impl Addresses {
    pub(crate) fn next(&mut self, text: &mut Text) -> Result<Part<Value>, Fault> {
        loop {
            let line = match self.lines.line(text)? {
                Part::Item(line) => line,
                Part::More => return Ok(Part::More),
                Part::End => return Ok(Part::End),
            };
            self.bytes += line.len() + 1;
            if self.bytes > MANIFEST_BYTES_MAX {
                return Err(Fault::LongManifest);
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim().trim_matches('"');
            if !line.is_empty() {
                return Ok(Part::Item(Value::from(line)));
            }
        }
    }
}

/// The bucket and the key of an address: `s3://bucket/key`.
pub(crate) fn address(text: &str) -> Result<(Str, Str), Fault> {
    let parts = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
    let (bucket, key) = parts
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        .ok_or_else(|| Fault::Manifest("a line is no address of the form `s3://bucket/key`".to_owned()))?;
    Ok((bucket.into(), key.into()))
}

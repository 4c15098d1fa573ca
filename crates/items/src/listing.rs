//! Listing: the entries of a bucket, as a Distributed Map has them.

use jiff::Timestamp;
use json::{Str, Value};

use crate::fault::Fault;

/// A page of a listing.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Value>,
    /// What the next page is asked for with.
    pub(crate) next: Option<Str>,
}

/// Reads the answer to `ListObjectsV2`, with the names of the AWS SDK.
pub(crate) fn page(answer: &Value) -> Result<Page, Fault> {
    let contents = answer
        .get("Contents")
        .and_then(Value::as_array)
        .unwrap_or_default();
    let entries: Result<Vec<Value>, Fault> = contents.iter().map(entry).collect();
    let is_truncated = answer.get("IsTruncated").and_then(Value::as_bool) == Some(true);
    let token = answer.get("NextContinuationToken").and_then(Value::as_str);
    if is_truncated && token.is_none() {
        return Err(Fault::Listing("it goes on, but does not say where"));
    }
    Ok(Page {
        entries: entries?,
        next: token.filter(|_| is_truncated).map(Str::from),
    })
}

/// An entry: AWS's members in AWS's order, the time in seconds.
fn entry(object: &Value) -> Result<Value, Fault> {
    let key = object
        .get("Key")
        .filter(|key| key.as_str().is_some())
        .ok_or(Fault::Listing("an object has no key"))?;
    let seconds = object
        .get("LastModified")
        .and_then(Value::as_str)
        .and_then(|text| text.parse::<Timestamp>().ok())
        .map(|moment| Value::from(moment.as_second()));
    let members = [
        ("Etag", object.get("ETag").cloned()),
        ("Key", Some(key.clone())),
        ("LastModified", seconds),
        ("Size", object.get("Size").cloned()),
        ("StorageClass", object.get("StorageClass").cloned()),
    ];
    Ok(Value::object(
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    ))
}

//! S3: where AWS's Distributed Maps read their items and write their results.
//!
//! Objects are read in ranges, each when it is needed, so that a map run that waits holds no connection. All ranges are
//! of one version of the object: when it changes in between, the map run fails.

use asl::{ItemFormat, ItemReader, ManifestType};
use aws::{Answer, BODY_BYTES_MAX, Bodies, Caller, Client, Failure, Naming, Services};
use engine::Ending;
use items::{Columns, Format, Layout, Manifest, Next, Place, Reading, results};
use json::{Object, Str, Value};

use crate::call::{BoxFuture, ending};
use crate::map_runs::{
    ChildResult, ChildStatus, ITEM_READER_FAILED, Item, ItemSource, ItemsOrder, MapRunIo, MapRunScope,
    RESULT_WRITER_FAILED, ResultSink, ResultsOrder,
};

/// How many bytes of an object are asked for at once.
const RANGE_BYTES: u64 = BODY_BYTES_MAX as u64;

/// How many bytes of text a page is made of, about, however many items were asked for.
const PAGE_BYTES: u64 = 1 << 20;

/// Reads from S3 and writes to it.
pub(crate) struct S3 {
    client: Client,
}

impl S3 {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }
}

impl MapRunIo for S3 {
    fn items(&self, order: ItemsOrder) -> BoxFuture<'static, Result<Box<dyn ItemSource>, Ending>> {
        let bucket = Bucket::new(self.client.clone(), &order.scope);
        Box::pin(std::future::ready(source(bucket, &order)))
    }

    fn results(&self, order: ResultsOrder) -> BoxFuture<'static, Result<Box<dyn ResultSink>, Ending>> {
        let bucket = Bucket::new(self.client.clone(), &order.scope);
        Box::pin(std::future::ready(sink(bucket, &order)))
    }
}

fn source(s3: Bucket, order: &ItemsOrder) -> Result<Box<dyn ItemSource>, Ending> {
    let failed = |cause: String| ending(ITEM_READER_FAILED, cause);
    let given = order.parameters.as_object().cloned().unwrap_or_default();
    let layout = layout(&order.reader).map_err(failed)?;
    let bucket = text(&given, "Bucket").map_err(failed)?;
    let most = order.items_max.unwrap_or(0);
    let (reading, place) = if order.reader.lists {
        (Reading::of_listing(bucket, layout, most), None)
    } else {
        let key = text(&given, "Key").map_err(failed)?;
        let place = Place { bucket, key };
        let reading = Reading::of_object(place.clone(), layout, most);
        (reading.map_err(|fault| failed(fault.to_string()))?, Some(place))
    };
    Ok(Box::new(Source {
        s3,
        given,
        place,
        reading,
        version: None,
    }))
}

/// What a reader's source leads to; the cause when it cannot be read.
fn layout(reader: &ItemReader) -> Result<Layout, String> {
    if reader.lists && !reader.flattens {
        return Ok(Layout::Entries);
    }
    let is_manifest = reader.manifest.is_some() || reader.format == ItemFormat::Manifest;
    if is_manifest && reader.manifest != Some(ManifestType::Athena) {
        return Ok(Layout::Manifest(Manifest::Inventory));
    }
    let format = item_format(reader).ok_or_else(|| {
        let cause = match reader.format {
            ItemFormat::Manifest => "A manifest of ATHENA_DATA needs CSV or JSONL as InputType.",
            _ => "This version of Stepwell reads no items from PARQUET.",
        };
        cause.to_owned()
    })?;
    Ok(match is_manifest {
        true => Layout::Manifest(Manifest::Athena(format)),
        false => Layout::Contents(format),
    })
}

/// How the items stand in the object that a reader reads; `None` where that is known only once it was read, and for
/// Parquet.
pub fn item_format(reader: &ItemReader) -> Option<Format> {
    Some(match reader.format {
        ItemFormat::Json => Format::Json {
            pointer: reader.items_pointer.clone().unwrap_or_default(),
        },
        ItemFormat::JsonLines => Format::JsonLines,
        ItemFormat::Csv => Format::Csv {
            // All delimiters that there are can be said in a byte.
            delimiter: u8::try_from(reader.csv_delimiter).unwrap_or(b','),
            columns: match &reader.csv_headers {
                Some(names) => Columns::Given(names.clone()),
                None => Columns::FirstRow,
            },
        },
        ItemFormat::Parquet | ItemFormat::Manifest => return None,
    })
}

fn text(given: &Object, name: &str) -> Result<Str, String> {
    match given.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        _ => Err(format!("The field '{name}' is required but was missing")),
    }
}

/// Calls S3 on behalf of a map run.
struct Bucket {
    client: Client,
    caller: Caller,
}

impl Bucket {
    fn new(client: Client, scope: &MapRunScope) -> Self {
        let session_name = scope.map_run_arn.rsplit(':').next().unwrap_or_default();
        let caller = Caller {
            account: scope.account.to_string(),
            region: scope.region.to_string(),
            role_arn: None,
            session_name: session_name.to_owned(),
        };
        Self { client, caller }
    }

    /// Calls an operation. A refusal is the cause that AWS shows.
    async fn call(&self, action: &str, parameters: Object, body: Option<Vec<u8>>) -> Result<Answer, Refused> {
        let call = Services::embedded()
            .find("s3", action)
            .map_err(|unknown| Refused::of(unknown.to_string()))?;
        let parameters = Value::Object(parameters);
        let bodies = Bodies {
            sent: body.map(Into::into),
            ..Bodies::default()
        };
        let answer = self
            .client
            .fetch(&call, &parameters, Naming::Sdk, &self.caller, bodies)
            .await;
        answer.map_err(|failure| Refused {
            status: match &failure {
                Failure::Refused { refusal, .. } => refusal.status,
                _ => 0,
            },
            cause: failure.error(call.service()).1,
        })
    }
}

/// S3 gave nothing.
struct Refused {
    status: u16,
    cause: String,
}

impl Refused {
    fn of(cause: impl Into<String>) -> Self {
        Self {
            status: 0,
            cause: cause.into(),
        }
    }
}

/// The items of an object, a listing or a manifest.
struct Source {
    s3: Bucket,
    /// What the definition says of what is read first.
    given: Object,
    /// The object that is read first; none when a bucket is listed.
    place: Option<Place>,
    reading: Reading,
    /// The version of the object that is being read.
    version: Option<String>,
}

impl ItemSource for Source {
    fn page(&mut self, most: usize) -> BoxFuture<'_, Result<Vec<Item>, Ending>> {
        Box::pin(async move {
            let page = self.read(most.max(1)).await;
            page.map_err(|cause| ending(ITEM_READER_FAILED, cause))
        })
    }
}

impl Source {
    async fn read(&mut self, most: usize) -> Result<Vec<Item>, String> {
        let before = self.reading.bytes_read();
        let mut items = Vec::new();
        while items.len() < most {
            match self.reading.next_step().map_err(|fault| fault.to_string())? {
                Next::Item(item) => {
                    items.push(Item {
                        value: item.value,
                        key: item.key,
                        source: item.source,
                    });
                    if self.reading.bytes_read() - before >= PAGE_BYTES {
                        break;
                    }
                }
                Next::Bytes(place, from) => {
                    self.fetch(&place, from).await.map_err(|refused| refused.cause)?
                }
                Next::Page(token) => self.list(token).await.map_err(|refused| refused.cause)?,
                Next::End => break,
            }
        }
        Ok(items)
    }

    async fn fetch(&mut self, place: &Place, from: u64) -> Result<(), Refused> {
        let mut parameters = if self.place.as_ref() == Some(place) {
            self.given.clone()
        } else {
            Object::new()
        };
        parameters.insert("Bucket", place.bucket.clone());
        parameters.insert("Key", place.key.clone());
        parameters.insert("Range", format!("bytes={from}-{}", from + RANGE_BYTES - 1));
        if from == 0 {
            self.version = None;
        }
        if let Some(version) = &self.version {
            parameters.insert("IfMatch", version.clone());
        }
        let answer = match self.s3.call("getObject", parameters, None).await {
            // An object without bytes has no range.
            Err(refused) if refused.status == 416 && from == 0 => {
                self.reading.give(b"", true);
                return Ok(());
            }
            answer => answer?,
        };
        self.version = answer.header("etag").map(str::to_owned);
        // A service that knows no ranges gives the whole object, which is of no use but at the start.
        let total = match answer.status {
            206 => total(&answer).ok_or_else(|| Refused::of("S3 did not say which range it gave."))?,
            _ if from == 0 => answer.body.len() as u64,
            _ => return Err(Refused::of("S3 did not give the range that it was asked for.")),
        };
        let end = from + answer.body.len() as u64;
        if answer.body.is_empty() && end < total {
            return Err(Refused::of("S3 gave an empty range."));
        }
        self.reading.give(&answer.body, end >= total);
        Ok(())
    }

    async fn list(&mut self, token: Option<Str>) -> Result<(), Refused> {
        let mut parameters = self.given.clone();
        if let Some(token) = token {
            parameters.insert("ContinuationToken", token);
        }
        let call = Services::embedded()
            .find("s3", "listObjectsV2")
            .map_err(|unknown| Refused::of(unknown.to_string()))?;
        let answer = self.s3.call("listObjectsV2", parameters, None).await?;
        let answer = aws::parse(&call, &answer, Naming::Sdk).map_err(|bad| Refused::of(bad.to_string()))?;
        self.reading
            .give_page(&answer)
            .map_err(|fault| Refused::of(fault.to_string()))
    }
}

/// How many bytes the object has of which a range was given: `Content-Range: bytes 0-9/20`.
fn total(answer: &Answer) -> Option<u64> {
    answer.header("content-range")?.rsplit('/').next()?.parse().ok()
}

fn sink(s3: Bucket, order: &ResultsOrder) -> Result<Box<dyn ResultSink>, Ending> {
    let given = order.parameters.as_object().cloned().unwrap_or_default();
    let bucket = text(&given, "Bucket").map_err(|cause| ending(RESULT_WRITER_FAILED, cause))?;
    let prefix = given.get("Prefix").and_then(Value::as_str).unwrap_or_default();
    let form = results::Form {
        transformation: match order.writer.transformation {
            None | Some(asl::Transformation::None) => results::Transformation::None,
            Some(asl::Transformation::Compact) => results::Transformation::Compact,
            Some(asl::Transformation::Flatten) => results::Transformation::Flatten,
        },
        output_type: if order.writer.lines {
            results::OutputType::JsonLines
        } else {
            results::OutputType::Json
        },
    };
    let arn = order.scope.map_run_arn.clone();
    Ok(Box::new(Sink {
        files: results::Files::new(bucket.clone(), prefix, arn, form),
        s3,
        given,
        bucket,
    }))
}

/// The files of a map run.
struct Sink {
    s3: Bucket,
    /// What the definition says of what is written.
    given: Object,
    bucket: Str,
    files: results::Files,
}

impl ResultSink for Sink {
    fn write(&mut self, results: Vec<ChildResult>) -> BoxFuture<'_, Result<(), Ending>> {
        Box::pin(async move {
            for result in results {
                let group = match result.status {
                    ChildStatus::Succeeded => results::Group::Succeeded,
                    ChildStatus::Failed => results::Group::Failed,
                    ChildStatus::Pending => results::Group::Pending,
                };
                let output = result.output.map(|output| output.value().clone());
                if let Some(file) = self.files.add(group, result.record, output) {
                    put(&self.s3, &self.given, file).await?;
                }
            }
            Ok(())
        })
    }

    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<Value, Ending>> {
        Box::pin(async move {
            let key = self.files.manifest_key();
            for file in self.files.finish() {
                put(&self.s3, &self.given, file).await?;
            }
            Ok(Value::object([
                ("Bucket", Value::from(self.bucket)),
                ("Key", Value::from(key)),
            ]))
        })
    }
}

async fn put(s3: &Bucket, given: &Object, file: results::File) -> Result<(), Ending> {
    let mut parameters = given.clone();
    parameters.remove("Prefix");
    parameters.insert("Key", file.key);
    parameters.insert("ContentType", "application/json");
    let put = s3
        .call("putObject", parameters, Some(file.body.into_bytes()))
        .await;
    put.map(drop)
        .map_err(|refused| ending(RESULT_WRITER_FAILED, refused.cause))
}

//! How fast items are read: `cargo run --release -p items --example throughput`.

use std::io::Write;
use std::time::Instant;

use items::{Columns, Format, Object, Part};

/// How many bytes an object is given at once, as from S3.
const RANGE_BYTES: usize = 4 << 20;

/// How many bytes of text each format is measured with.
const TEXT_BYTES: usize = 256 << 20;

fn main() {
    let row = |number: usize| format!("{number},name {number},\"a, b\",12.5,2026-01-02T03:04:05Z\n");
    let line = |number: usize| {
        format!("{{\"n\":{number},\"name\":\"name {number}\",\"list\":[1,2,{{\"a\":null}}]}}\n")
    };
    let csv = Format::Csv {
        delimiter: b',',
        columns: Columns::Given(["n", "name", "text", "price", "at"].map(Into::into).to_vec()),
    };
    let document = Format::Json { pointer: "".into() };
    measure("CSV", "a.csv", &csv, text("", &row, ""));
    measure("JSONL", "a.jsonl", &Format::JsonLines, text("", &line, ""));
    let element = |number: usize| format!("{},", line(number).trim_end());
    measure("JSON", "a.json", &document, text("[", &element, "0]"));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all(&text("", &line, ""))
        .expect("a vector takes everything");
    let packed = packed.finish().expect("a vector takes everything");
    measure("JSONL, gzip", "a.gz", &Format::JsonLines, packed);
}

fn text(front: &str, item: &dyn Fn(usize) -> String, back: &str) -> Vec<u8> {
    let mut text = front.as_bytes().to_vec();
    let mut number = 0;
    while text.len() < TEXT_BYTES {
        text.extend_from_slice(item(number).as_bytes());
        number += 1;
    }
    text.extend_from_slice(back.as_bytes());
    text
}

fn measure(name: &str, key: &str, format: &Format, bytes: Vec<u8>) {
    let began = Instant::now();
    let mut object = Object::new(key, format).expect("the format is right");
    let mut ranges = bytes.chunks(RANGE_BYTES).peekable();
    let mut items = 0u64;
    loop {
        match object.next_part().expect("the text is right") {
            Part::Item(_) => items += 1,
            Part::End => break,
            Part::More => {
                let range = ranges.next().unwrap_or_default();
                object.give(range, ranges.peek().is_none());
            }
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let megabytes = object.bytes_read() as f64 / 1e6;
    println!(
        "{name:12} {:6.0} MB/s {:9.0} items/s",
        megabytes / seconds,
        items as f64 / seconds
    );
}

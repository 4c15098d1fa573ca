//! Objects of every format, given at once and in pieces.

use std::io::Write;

use items::{Columns, Fault, Format, HEADER_BYTES_MAX, ITEM_BYTES_MAX, Object, Part};
use json::Value;
use proptest::prelude::*;

fn csv(delimiter: u8) -> Format {
    Format::Csv {
        delimiter,
        columns: Columns::FirstRow,
    }
}

fn given(names: &[&str]) -> Format {
    Format::Csv {
        delimiter: b',',
        columns: Columns::Given(names.iter().map(|name| (*name).into()).collect()),
    }
}

fn json_at(pointer: &str) -> Format {
    Format::Json {
        pointer: pointer.into(),
    }
}

/// The items of an object that comes in pieces of so many bytes.
fn in_pieces(key: &str, format: &Format, bytes: &[u8], size: usize) -> Result<Vec<Value>, Fault> {
    let mut object = Object::new(key, format)?;
    let mut pieces = bytes.chunks(size).peekable();
    let mut items = Vec::new();
    loop {
        match object.next_part()? {
            Part::Item(item) => items.push(item.into_value()),
            Part::End => return Ok(items),
            Part::More => {
                let piece = pieces.next().unwrap_or_default();
                object.give(piece, pieces.peek().is_none());
            }
        }
    }
}

fn text(items: Result<Vec<Value>, Fault>) -> Result<String, Fault> {
    items.map(|items| Value::from(items).to_string())
}

/// Reads a text at once and in pieces of every small size, which must give the same.
fn read(format: &Format, data: &str) -> Result<String, Fault> {
    let whole = text(in_pieces("", format, data.as_bytes(), usize::MAX));
    for size in 1..8 {
        let pieces = text(in_pieces("", format, data.as_bytes(), size));
        assert_eq!(pieces, whole, "pieces of {size} bytes of {data}");
    }
    whole
}

#[test]
fn csv_gives_rows_as_objects_of_texts() {
    for (format, data, items) in [
        (csv(b','), "a,b\n1,true\n", r#"[{"a":"1","b":"true"}]"#),
        (
            csv(b','),
            "\u{feff}a,b\r\n1,x\r\n\r\n2,y",
            r#"[{"a":"1","b":"x"},{"a":"2","b":"y"}]"#,
        ),
        (
            csv(b','),
            "a,b\n1\n1,2,3\n,,,\n   \n",
            r#"[{"a":"1","b":""},{"a":"1","b":"2"},{"a":"","b":""},{"a":"   ","b":""}]"#,
        ),
        (
            csv(b','),
            "a,b\n\"x,\n\"\"y\"\"\",z",
            r#"[{"a":"x,\n\"y\"","b":"z"}]"#,
        ),
        (csv(b','), "a\n{\"\"k\"\":1}\n", r#"[{"a":"{\"k\":1}"}]"#),
        (csv(b','), "a\n5\" disk\n", r#"[{"a":"5\" disk"}]"#),
        (
            csv(b','),
            "a,b\nC:\\\\x\\,y,\\q\\\"\n",
            r#"[{"a":"C:\\x,y","b":"q\""}]"#,
        ),
        (csv(b','), "a,b\n\"\",\n", r#"[{"a":"","b":""}]"#),
        (csv(b'|'), "a|b\n1,5|\"2|3\"\n", r#"[{"a":"1,5","b":"2|3"}]"#),
        (csv(b'\t'), "a\tb\n1\t2\n", r#"[{"a":"1","b":"2"}]"#),
        (csv(b' '), "a b\n1 2\n", r#"[{"a":"1","b":"2"}]"#),
        (
            csv(b','),
            "a,b\n\"unclosed,1\n",
            r#"[{"a":"unclosed,1\n","b":""}]"#,
        ),
        (csv(b','), "", "[]"),
        (csv(b','), "a,b", "[]"),
        (given(&["x", "y"]), "1,2\n", r#"[{"x":"1","y":"2"}]"#),
    ] {
        assert_eq!(read(&format, data).as_deref(), Ok(items), "{data}");
    }
}

#[test]
fn columns_stand_in_the_order_of_javas_hash_map() {
    assert_eq!(
        read(&csv(b','), "0,True,{}\na,b,c\n").as_deref(),
        Ok(r#"[{"0":"a","{}":"c","True":"b"}]"#)
    );
}

#[test]
fn csv_headers_are_checked() {
    assert_eq!(read(&csv(b','), "a,b,a\n1,2,3\n"), Err(Fault::DuplicateHeaders));
    assert_eq!(read(&given(&["H1", "H1"]), "1,2\n"), Err(Fault::DuplicateHeaders));
    assert_eq!(
        Fault::DuplicateHeaders.to_string(),
        "CSV headers cannot contain duplicates."
    );
    let header = |bytes: usize| format!("{}\n1\n", "h".repeat(bytes));
    assert!(read(&csv(b','), &header(HEADER_BYTES_MAX)).is_ok());
    assert_eq!(
        read(&csv(b','), &header(HEADER_BYTES_MAX + 1)),
        Err(Fault::LongHeader)
    );
}

#[test]
fn json_gives_elements_and_members() {
    for (pointer, data, items) in [
        (
            "",
            "[1, \"a,]\\\"\", {\"b\": [2]}, null, [], -1.5e3 ]",
            r#"[1,"a,]\"",{"b":[2]},null,[],-1500.0]"#,
        ),
        ("", " [ ] ", "[]"),
        ("", "{}", "[]"),
        (
            "",
            "{\"a\": 1 , \"b\":{\"c\":2}}",
            r#"[{"Key":"a","Value":1},{"Key":"b","Value":{"c":2}}]"#,
        ),
        (
            "/a/1/b~1c",
            "{\"x\": \"}\", \"a\": [0, {\"y\": [1], \"b/c\": [3, 4]}], \"z\": 1}",
            "[3,4]",
        ),
        (
            "/a",
            "{\"b\" : 1.5 , \"a\": {\"k\": true}}",
            r#"[{"Key":"k","Value":true}]"#,
        ),
        ("/", "{\"\": [1]}", "[1]"),
        ("/a", "{\"a\": [1]} and whatever follows", "[1]"),
    ] {
        assert_eq!(read(&json_at(pointer), data).as_deref(), Ok(items), "{data}");
    }
}

#[test]
fn json_that_holds_no_items_is_refused() {
    for (pointer, data, fault) in [
        ("", "7", Fault::NotIterable),
        ("", "\"text\"", Fault::NotIterable),
        ("/b", "{\"a\": []}", Fault::NotIterable),
        ("/b", "{}", Fault::NotIterable),
        ("/1", "[[1]]", Fault::NotIterable),
        ("/x", "[[1]]", Fault::NotIterable),
        ("/a/b", "{\"a\": 1}", Fault::NotIterable),
        ("", "[1", Fault::NotJson),
        ("", "[1,]", Fault::NotJson),
        ("", "[,1]", Fault::NotJson),
        ("", "[1 2]", Fault::NotJson),
        ("", "[1] 2", Fault::NotJson),
        ("", "{\"a\" 1}", Fault::NotJson),
        ("", "{a: 1}", Fault::NotJson),
        ("", "[nope]", Fault::NotJson),
        ("", "[\"a", Fault::NotJson),
        ("", "", Fault::NotJson),
        ("", "  ", Fault::NotJson),
    ] {
        let whole = text(in_pieces("", &json_at(pointer), data.as_bytes(), usize::MAX));
        assert_eq!(whole, Err(fault), "{data}");
        assert!(read_pieces_fail(&json_at(pointer), data), "{data}");
    }
}

fn read_pieces_fail(format: &Format, data: &str) -> bool {
    (1..8).all(|size| in_pieces("", format, data.as_bytes(), size).is_err())
}

#[test]
fn json_lines_give_a_document_each() {
    assert_eq!(
        read(&Format::JsonLines, "{\"a\": 1}\r\n\n [2]\n\"x\"").as_deref(),
        Ok(r#"[{"a":1},[2],"x"]"#)
    );
    assert_eq!(read(&Format::JsonLines, "1\nx\n"), Err(Fault::LineNotJson));
    assert_eq!(read(&Format::JsonLines, "").as_deref(), Ok("[]"));
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn packed_objects_are_unpacked() {
    let data: String = (0..20_000)
        .map(|number| format!("{{\"n\":{number}}}\n"))
        .collect();
    let plain = in_pieces("a.jsonl", &Format::JsonLines, data.as_bytes(), 1000).unwrap();
    assert_eq!(plain.len(), 20_000);
    for (key, bytes) in [("a.gz", gzip(data.as_bytes())), ("a.ZST", zstd(data.as_bytes()))] {
        for size in [7, 1000, usize::MAX] {
            assert!(
                in_pieces(key, &Format::JsonLines, &bytes, size).unwrap() == plain,
                "{key}"
            );
        }
        // Two frames make one text.
        let (front, back) = data.as_bytes().split_at(5000);
        let pack: fn(&[u8]) -> Vec<u8> = if key == "a.gz" { gzip } else { zstd };
        let both = [pack(front), pack(back)].concat();
        assert!(
            in_pieces(key, &Format::JsonLines, &both, 999).unwrap() == plain,
            "{key}"
        );
        assert_eq!(in_pieces(key, &Format::JsonLines, b"", 10), Ok(Vec::new()));
        let cut = &bytes[..bytes.len() - 6];
        assert!(in_pieces(key, &Format::JsonLines, cut, 999).is_err(), "{key}");
        assert!(
            in_pieces(key, &Format::JsonLines, data.as_bytes(), 999).is_err(),
            "{key}"
        );
    }
}

#[test]
fn text_without_an_end_is_refused_before_it_is_held() {
    let flood = vec![b'x'; ITEM_BYTES_MAX + (1 << 20)];
    for (key, bytes) in [
        ("a", flood.clone()),
        ("a.gz", gzip(&flood)),
        ("a.zst", zstd(&flood)),
    ] {
        assert_eq!(
            in_pieces(key, &Format::JsonLines, &bytes, 1 << 20),
            Err(Fault::LongItem)
        );
        assert_eq!(
            in_pieces(key, &given(&["a"]), &bytes, 1 << 20),
            Err(Fault::LongItem)
        );
        assert_eq!(
            in_pieces(key, &csv(b','), &bytes, 1 << 20),
            Err(Fault::LongHeader)
        );
    }
    let text = [b"[\"".to_vec(), flood].concat();
    assert_eq!(in_pieces("a", &json_at(""), &text, 1 << 20), Err(Fault::LongItem));
    let deep = vec![b'['; 1 << 20];
    assert!(in_pieces("a", &json_at(""), &deep, 1 << 16).is_err());
}

#[test]
fn text_that_is_passed_over_may_be_endless() {
    let mut data = b"{\"a\": \"".to_vec();
    data.resize(ITEM_BYTES_MAX * 2, b'x');
    data.extend_from_slice(b"\", \"b\": [1]}");
    assert_eq!(
        text(in_pieces("", &json_at("/b"), &data, 1 << 20)).as_deref(),
        Ok("[1]")
    );
}

fn formats() -> Vec<Format> {
    vec![
        csv(b','),
        given(&["a", "b"]),
        json_at(""),
        json_at("/a"),
        json_at("/0"),
        Format::JsonLines,
    ]
}

proptest! {
    #[test]
    fn no_text_panics_and_pieces_do_not_matter(
        data in r#"([\[\]{},:"\\\n\r \t]|a|0|true|"a"|\\u12|é){0,40}"#,
        size in 1usize..9,
    ) {
        for format in formats() {
            let whole = in_pieces("", &format, data.as_bytes(), usize::MAX);
            let pieces = in_pieces("", &format, data.as_bytes(), size);
            prop_assert_eq!(whole.is_ok(), pieces.is_ok());
            if whole.is_ok() {
                prop_assert_eq!(whole, pieces);
            }
        }
    }

    #[test]
    fn no_packed_bytes_panic(data in proptest::collection::vec(any::<u8>(), 0..400), cut in 0usize..200) {
        for key in ["a.gz", "a.zst"] {
            let _ = in_pieces(key, &Format::JsonLines, &data, 50);
            let mut packed = if key == "a.gz" { gzip(&data) } else { zstd(&data) };
            if let Some(byte) = packed.get_mut(cut) {
                *byte ^= 0x55;
            }
            let _ = in_pieces(key, &Format::JsonLines, &packed, 50);
        }
    }

    #[test]
    fn elements_come_as_they_are_parsed_at_once(elements in proptest::collection::vec(r#"(-?[0-9]{1,4}|"[a-z\\"]{0,3}"|\[1, \{"a": "\]"\}\]|null)"#, 0..8)) {
        let data = format!("[{}]", elements.join(" , "));
        let at_once = json::parse(&data).ok();
        let items = in_pieces("", &json_at(""), data.as_bytes(), 3).ok().map(Value::from);
        prop_assert_eq!(items, at_once);
    }
}

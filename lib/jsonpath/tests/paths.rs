//! The table of paths in `paths.txt`, and what must hold for any text.

use json::{Value, json};
use jsonpath::{Path, ReferencePath};
use proptest::prelude::*;

#[test]
fn paths_find_what_the_table_says() {
    let mut document = Value::Null;
    let mut cases = 0;
    let mut wrong = Vec::new();
    for line in include_str!("paths.txt").lines() {
        if let Some(text) = line.strip_prefix("> ") {
            document = json::parse(text).unwrap();
            continue;
        }
        let Some((path, expected)) = line.split_once(" => ") else {
            continue;
        };
        cases += 1;
        let found = match Path::parse(path) {
            Err(_) => "?".to_owned(),
            Ok(path) => match path.find(&document) {
                Ok(value) => value.to_string(),
                Err(error) => format!("! {error}"),
            },
        };
        let expected = json::parse(expected).map_or(expected.to_owned(), |value| value.to_string());
        if found != expected {
            wrong.push(format!("{path}\n  expected {expected}\n     found {found}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {cases}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(cases > 200, "only {cases} cases were read");
}

#[test]
fn definite_paths_are_known() {
    for (text, definite) in [
        ("$", true),
        ("$.a[0]['b'][-1]", true),
        ("$['a','b']", true),
        ("$['a','b'].c", false),
        ("$.a[*]", false),
        ("$..a", false),
        ("$.a[0,1]", false),
        ("$.a[0:1]", false),
        ("$.a[?(@.b)]", false),
    ] {
        assert_eq!(Path::parse(text).unwrap().is_definite(), definite, "{text}");
    }
}

#[test]
fn the_missing_step_is_named() {
    let step = |path: &str| {
        Path::parse(path)
            .unwrap()
            .find(&json!({"a": 1}))
            .unwrap_err()
            .step()
            .map(str::to_owned)
    };
    assert_eq!(step("$.b").as_deref(), Some("b"));
    assert_eq!(step("$.b.c").as_deref(), Some("b"));
    assert_eq!(step("$.a[3]").as_deref(), Some("3"));
}

#[test]
fn found_values_are_shared() {
    let document = json!({"a": {"b": [1, 2, 3]}});
    let found = Path::parse("$.a.b").unwrap().find(&document).unwrap();
    let (Value::Array(found), Value::Array(original)) =
        (&found, &document.get("a").unwrap().get("b").unwrap())
    else {
        panic!("both are arrays")
    };
    assert!(std::sync::Arc::ptr_eq(found, original));
}

#[test]
fn reference_paths_read_one_place() {
    let document = json!({"a": [{"b": 1}]});
    let read = |text: &str| ReferencePath::parse(text).unwrap().read(&document).cloned();
    assert_eq!(read("$.a[0].b"), Some(json!(1)));
    assert_eq!(read("$['a'][0]"), Some(json!({"b": 1})));
    assert_eq!(read("$.a[1]"), None);
    assert_eq!(read("$.a.b"), None);
    for text in [
        "$.a[*]",
        "$..a",
        "$.a[0,1]",
        "$.a[1:]",
        "$.a[?(@.b)]",
        "$['a','b']",
        "$.a[-1]",
        "a",
    ] {
        assert!(ReferencePath::parse(text).is_err(), "{text}");
    }
}

#[test]
fn writing_makes_what_is_missing_and_leaves_the_rest() {
    let document = json!({"a": [{"b": 1}, 2], "c": null});
    let write = |text: &str| ReferencePath::parse(text).unwrap().write(&document, json!("new"));
    for (path, after) in [
        ("$", json!("new")),
        ("$.d", json!({"a": [{"b": 1}, 2], "c": null, "d": "new"})),
        (
            "$.d.e.f",
            json!({"a": [{"b": 1}, 2], "c": null, "d": {"e": {"f": "new"}}}),
        ),
        ("$.a", json!({"a": "new", "c": null})),
        ("$.a[0].b", json!({"a": [{"b": "new"}, 2], "c": null})),
        ("$.a[1]", json!({"a": [{"b": 1}, "new"], "c": null})),
        ("$.c", json!({"a": [{"b": 1}, 2], "c": "new"})),
    ] {
        assert_eq!(write(path).unwrap().to_string(), after.to_string(), "{path}");
    }
    for (path, step) in [
        ("$.a[2]", "2"),
        ("$.c.d", "d"),
        ("$.a.b", "b"),
        ("$.x[0]", "0"),
        ("$[0]", "0"),
    ] {
        assert_eq!(&*write(path).unwrap_err().step, step, "{path}");
    }
    assert_eq!(document, json!({"a": [{"b": 1}, 2], "c": null}));
}

#[test]
fn hostile_paths_end() {
    let nested = (0..900).fold(json!(1), |inner, _| json!([inner, 1]));
    let scan = format!("$..*{}", "..*".repeat(6));
    let error = Path::parse(&scan).unwrap().find(&nested).unwrap_err();
    assert!(error.to_string().contains("visits more than"), "{error}");

    assert!(Path::parse(&format!("${}", "[?(@".repeat(10_000))).is_err());
    assert!(Path::parse(&format!("$[?({}@.a", "!(".repeat(100_000))).is_err());
    assert!(Path::parse(&format!("${}", ".a".repeat(100_000))).is_err());
    assert!(Path::parse(&format!("$[?(@.a in {})]", "[".repeat(100_000))).is_err());
    assert!(Path::parse("$[?(@.a =~ /((a{1000}){1000}){1000}/)]").is_err());

    let texts: Value = (0..50).map(|_| Value::from("a".repeat(2000))).collect();
    assert_eq!(
        Path::parse("$[?(@ =~ /(a+)+b/)]").unwrap().find(&texts).unwrap(),
        json!([])
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = Path::parse(&text);
        let _ = ReferencePath::parse(&text);
    }

    #[test]
    fn what_is_parsed_can_be_evaluated(
        pieces in prop::collection::vec(prop::sample::select(vec![
            ".a", ".b", "['a']", "['a','b']", "[0]", "[-1]", "[0,1]", "[1:]", "[:2]", "[0:2]", "[*]", ".*", "..a",
            "..*", "..[0]", "[?(@.a)]", "[?(@.a == 1)]", "[?(@ > 0 || @.b in [1])]", "[?(@.a =~ /x.*/i)]",
            "[", "]", "(", ")", "?", "'", ".", "@", "!", "&&", " ", "\\",
        ]), 0..8),
    ) {
        let document = json!({"a": [{"a": 1, "b": [1, {"a": "xyz"}]}, 2, null], "b": {"a": {"b": 1.5}}});
        if let Ok(path) = Path::parse(&format!("${}", pieces.concat())) {
            match path.find(&document) {
                Ok(found) => prop_assert!(path.is_definite() || found.as_array().is_some()),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}

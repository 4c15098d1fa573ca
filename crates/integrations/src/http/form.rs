//! Forms: JSON as `application/x-www-form-urlencoded`, and the escapes of addresses.

use json::Value;

/// How arrays are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ArrayFormat {
    /// `a[0]=x&a[1]=y`
    #[default]
    Indices,
    /// `a=x&a=y`
    Repeat,
    /// `a=x,y`
    Commas,
    /// `a[]=x&a[]=y`
    Brackets,
}

impl ArrayFormat {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "INDICES" => Self::Indices,
            "REPEAT" => Self::Repeat,
            "COMMAS" => Self::Commas,
            "BRACKETS" => Self::Brackets,
            _ => return None,
        })
    }
}

/// A value as a form: the members of an object, named `a[b]` where they nest. Text is taken as it is.
pub(crate) fn encode(value: &Value, arrays: ArrayFormat) -> String {
    if let Some(text) = value.as_str() {
        return text.to_owned();
    }
    let mut pairs = Vec::new();
    if let Some(members) = value.as_object() {
        for (name, member) in members.iter() {
            put(&mut pairs, name, member, arrays);
        }
    }
    joined(&pairs)
}

/// Pairs of names and values as a query.
pub(crate) fn query(pairs: &[(String, String)]) -> String {
    let escaped: Vec<_> = pairs
        .iter()
        .map(|(name, value)| (name.clone(), escape(value)))
        .collect();
    joined(&escaped)
}

/// A scalar as it is written where there are no types; nothing for null, objects and arrays.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        value => Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
    }
}

fn put(pairs: &mut Vec<(String, String)>, name: &str, value: &Value, arrays: ArrayFormat) {
    if let Some(members) = value.as_object() {
        for (member, value) in members.iter() {
            put(pairs, &format!("{name}[{member}]"), value, arrays);
        }
        return;
    }
    let Some(items) = value.as_array() else {
        let text = scalar(value).unwrap_or_default();
        return pairs.push((name.to_owned(), escape(&text)));
    };
    if arrays == ArrayFormat::Commas && items.iter().all(|item| scalar(item).is_some()) {
        let items: Vec<_> = items
            .iter()
            .filter_map(scalar)
            .map(|item| escape(&item))
            .collect();
        return pairs.push((name.to_owned(), items.join(",")));
    }
    for (index, item) in items.iter().enumerate() {
        match arrays {
            ArrayFormat::Repeat => put(pairs, name, item, arrays),
            ArrayFormat::Brackets => put(pairs, &format!("{name}[]"), item, arrays),
            // What nests in a list of values has no other form.
            ArrayFormat::Indices | ArrayFormat::Commas => {
                put(pairs, &format!("{name}[{index}]"), item, arrays);
            }
        }
    }
}

/// Pairs whose values are escaped already.
fn joined(pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{}={value}", escape(name)))
        .collect();
    pairs.join("&")
}

/// Every byte that is not a letter, a digit or one of `-._~` as `%XX`.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(byte.into()),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_have_four_forms() {
        let value = json::json!({"array": ["a", "b c", 3], "x": {"y": true}});
        for (arrays, form) in [
            (
                "INDICES",
                "array%5B0%5D=a&array%5B1%5D=b%20c&array%5B2%5D=3&x%5By%5D=true",
            ),
            ("REPEAT", "array=a&array=b%20c&array=3&x%5By%5D=true"),
            ("COMMAS", "array=a,b%20c,3&x%5By%5D=true"),
            (
                "BRACKETS",
                "array%5B%5D=a&array%5B%5D=b%20c&array%5B%5D=3&x%5By%5D=true",
            ),
        ] {
            assert_eq!(encode(&value, ArrayFormat::named(arrays).unwrap()), form);
        }
        assert_eq!(ArrayFormat::named("indices"), None);
    }

    #[test]
    fn what_nests_is_named_by_its_path() {
        let value = json::json!({"a": [{"b": [1]}, null], "c": null});
        assert_eq!(
            encode(&value, ArrayFormat::Commas),
            "a%5B0%5D%5Bb%5D=1&a%5B1%5D=&c="
        );
        assert_eq!(encode(&json::json!("a=b&c"), ArrayFormat::Indices), "a=b&c");
    }
}

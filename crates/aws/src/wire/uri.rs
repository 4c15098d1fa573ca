//! URI: forms, and paths with places for parameters.

pub(crate) use sigv4::uri::{encode, encode_path};

/// `a=b&c=d`, both sides encoded.
pub(crate) fn encode_pairs(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// Fills the places of a template: `{Bucket}` encoded, `{Key+}` with its slashes kept.
///
/// Fails with the name of a place for which `value` gives nothing or an empty text.
pub(crate) fn fill(
    template: &str,
    encode_values: bool,
    value: impl Fn(&str) -> Option<String>,
) -> Result<String, &str> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((place, after)) = after.split_once('}') else {
            break;
        };
        let name = place.strip_suffix('+').unwrap_or(place);
        let text = value(name).filter(|text| !text.is_empty()).ok_or(name)?;
        match (encode_values, place.ends_with('+')) {
            (false, _) => filled.push_str(&text),
            (true, false) => filled.push_str(&encode(&text)),
            (true, true) => filled.push_str(&encode_path(&text)),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_pairs_are_encoded() {
        let pairs = [
            ("a".to_owned(), "x y".to_owned()),
            ("b&".to_owned(), String::new()),
        ];
        assert_eq!(encode_pairs(&pairs), "a=x%20y&b%26=");
    }

    #[test]
    fn places_are_filled() {
        let value = |name: &str| match name {
            "Bucket" => Some("b/1".to_owned()),
            "Key" => Some("k/1".to_owned()),
            "Empty" => Some(String::new()),
            _ => None,
        };
        assert_eq!(fill("/{Bucket}/{Key+}", true, value).as_deref(), Ok("/b%2F1/k/1"));
        assert_eq!(fill("{Key}.", false, value).as_deref(), Ok("k/1."));
        assert_eq!(fill("/x", true, value).as_deref(), Ok("/x"));
        assert_eq!(fill("/{Other}", true, value), Err("Other"));
        assert_eq!(fill("/{Empty+}", true, value), Err("Empty"));
    }
}

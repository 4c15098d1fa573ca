//! pattern: expected texts with places where anything may stand.
//!
//! `<name>` stands for any text, `<name:1>` for a text that is the same wherever the case has `<name:1>`. `<region>` and
//! `<partition>` are plain text: answers are brought into that form before they are compared.

use std::collections::BTreeMap;

/// The texts that numbered places stood for so far.
pub(crate) type Bound = BTreeMap<String, String>;

/// An expected text taken apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Any,
    Numbered(String),
}

impl Pattern {
    /// Finds the places in an expected text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let (mut plain, mut rest) = (String::new(), text);
        while let Some(open) = rest.find('<') {
            plain.push_str(&rest[..open]);
            rest = &rest[open..];
            let Some(place) = place(rest) else {
                plain.push('<');
                rest = &rest[1..];
                continue;
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(if place.contains(':') {
                Part::Numbered(place.to_owned())
            } else {
                Part::Any
            });
            rest = &rest[place.len()..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Self(parts)
    }

    /// Whether this is one place and nothing else, so that anything but a text may stand there as well.
    pub(crate) fn is_anything(&self) -> bool {
        self.0 == [Part::Any]
    }

    /// Whether it has any place.
    pub(crate) fn has_places(&self) -> bool {
        self.0.iter().any(|part| !matches!(part, Part::Text(_)))
    }

    /// Whether a text fits. Numbered places that were met for the first time are bound if it does.
    pub(crate) fn matches(&self, text: &str, bound: &mut Bound) -> bool {
        let mut met = Vec::new();
        if !fits(&self.0, text, bound, &mut met) {
            return false;
        }
        bound.extend(
            met.into_iter()
                .map(|(name, text)| (name.to_owned(), text.to_owned())),
        );
        true
    }
}

/// The place that a text begins with: `<name>` or `<name:1>`.
fn place(text: &str) -> Option<&str> {
    let inside = &text[1..];
    let is_name = |letter: char| letter.is_alphanumeric() || "_ .{}()-".contains(letter);
    let name = &inside[..inside.find(|letter| !is_name(letter))?];
    if !name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        || ["region", "partition"].contains(&name)
    {
        return None;
    }
    let rest = &inside[name.len()..];
    let number = rest.strip_prefix(':').map_or(0, |digits| {
        1 + digits
            .find(|digit: char| !digit.is_ascii_digit())
            .unwrap_or(digits.len())
    });
    let is_closed = number != 1 && rest[number..].starts_with('>');
    is_closed.then(|| &text[..1 + name.len() + number + 1])
}

/// Tries the shortest text for each place first.
fn fits<'t>(parts: &'t [Part], text: &'t str, bound: &Bound, met: &mut Vec<(&'t str, &'t str)>) -> bool {
    let Some((part, others)) = parts.split_first() else {
        return text.is_empty();
    };
    let name = match part {
        Part::Text(plain) => return rest_fits(plain, others, text, bound, met),
        Part::Any => None,
        Part::Numbered(name) => {
            let known = met.iter().find(|(known, _)| known == name).map(|(_, text)| *text);
            if let Some(known) = known.or(bound.get(name).map(String::as_str)) {
                let known = known.to_owned();
                return rest_fits(&known, others, text, bound, met);
            }
            Some(name)
        }
    };
    let ends = text
        .char_indices()
        .map(|(start, letter)| start + letter.len_utf8());
    for end in ends {
        if let Some(Part::Text(next)) = others.first()
            && !text[end..].starts_with(next.as_str())
        {
            continue;
        }
        let before = met.len();
        met.extend(name.map(|name| (name.as_str(), &text[..end])));
        if fits(others, &text[end..], bound, met) {
            return true;
        }
        met.truncate(before);
    }
    false
}

fn rest_fits<'t>(
    plain: &str,
    others: &'t [Part],
    text: &'t str,
    bound: &Bound,
    met: &mut Vec<(&'t str, &'t str)>,
) -> bool {
    text.strip_prefix(plain)
        .is_some_and(|rest| fits(others, rest, bound, met))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).matches(text, &mut Bound::new())
    }

    #[test]
    fn places_stand_for_at_least_one_letter() {
        assert!(matches("Request ID: <uuid>;", "Request ID: 1-2;"));
        assert!(!matches("Request ID: <uuid>;", "Request ID: ;"));
        assert!(matches("<a>x<b>", "xxx"));
        assert!(matches("<Date (some day)>", "x\ny"));
    }

    #[test]
    fn numbered_place_is_the_same_everywhere() {
        let mut bound = Bound::new();
        assert!(Pattern::parse("<id:1>/<id:2>/<id:1>").matches("a/b/a", &mut bound));
        assert!(!Pattern::parse("<id:2>").matches("a", &mut bound));
        assert!(Pattern::parse("<id:2>").matches("b", &mut bound));
        assert!(!matches("<id:1>/<id:1>", "a/b"));
    }

    #[test]
    fn what_only_looks_like_a_place_is_text() {
        for text in [
            "<region>",
            "<partition>",
            "a < b > c",
            "<1>",
            "<a:>",
            "<a",
            "<<",
            "<a:1",
        ] {
            let pattern = Pattern::parse(text);
            assert!(!pattern.has_places(), "{text}: {pattern:?}");
            assert!(matches(text, text), "{text}");
        }
        assert!(Pattern::parse("<timestamp>").is_anything());
        assert!(!Pattern::parse("<id:1>").is_anything());
    }
}

//! YAML text to the same tree as JSON, with places: YAML 1.2, its core schema's scalars, no tags of one's own.

use std::collections::HashMap;

use json::{DEPTH_MAX, Number, Str, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use crate::diagnostics::Place;
use crate::document::json_text::parse_number;
use crate::document::{Content, Malformed, Node, Object};
use crate::limits::YAML_NODES_MAX;

/// Reads the one document in a text. `None` when there is nothing at all.
pub(crate) fn parse(text: &str) -> Result<Option<Node>, Malformed> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| scan_error(&error))?;
        builder.event(event, span)?;
    }
    Ok(builder.root.map(|part| part.node))
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Part>,
    anchors: HashMap<usize, Part>,
    nodes: usize,
}

/// A node, and how much there is in it.
#[derive(Clone)]
struct Part {
    node: Node,
    nodes: usize,
    depth: usize,
}

/// A sequence or mapping that is not finished.
struct Open {
    place: Place,
    anchor: usize,
    nodes: usize,
    depth: usize,
    into: Into,
}

enum Into {
    Sequence(Vec<Node>),
    Mapping {
        object: Object,
        name: Option<(Str, Place)>,
    },
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Malformed> {
        let place = place(span);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err(malformed(
                place,
                "a definition is one YAML document, and a second one starts here",
            )),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(part) => {
                    self.count(part.nodes, place)?;
                    self.add(part, place)
                }
                None => Err(malformed(place, "an alias stands inside of what it refers to")),
            },
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, place)?;
                let value = scalar(&text, style, tag.as_deref(), place)?;
                let node = match self.awaits_name() {
                    true => Node::scalar(place, &*text),
                    false => Node::scalar(place, value),
                };
                self.finish(
                    Part {
                        node,
                        nodes: 1,
                        depth: 0,
                    },
                    anchor,
                )
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq", place)?;
                self.start(place, anchor, Into::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map", place)?;
                self.start(
                    place,
                    anchor,
                    Into::Mapping {
                        object: Object::default(),
                        name: None,
                    },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let content = match open.into {
                    Into::Sequence(elements) => Content::Array(elements),
                    Into::Mapping { object, .. } => Content::Object(object),
                };
                let node = Node {
                    place: open.place,
                    content,
                };
                self.finish(
                    Part {
                        node,
                        nodes: open.nodes,
                        depth: open.depth,
                    },
                    open.anchor,
                )
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn awaits_name(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                into: Into::Mapping { name: None, .. },
                ..
            })
        )
    }

    fn start(&mut self, place: Place, anchor: usize, into: Into) -> Result<(), Malformed> {
        if self.awaits_name() {
            return Err(malformed(place, "the name of a member must be a text"));
        }
        if self.open.len() == DEPTH_MAX {
            return Err(malformed(
                place,
                format!("nesting is deeper than {DEPTH_MAX} levels"),
            ));
        }
        self.count(1, place)?;
        self.open.push(Open {
            place,
            anchor,
            nodes: 1,
            depth: 1,
            into,
        });
        Ok(())
    }

    /// Counts values, those that an alias repeats included: a small text can make very many.
    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Malformed> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > YAML_NODES_MAX {
            return Err(malformed(
                place,
                format!("the definition holds more than {YAML_NODES_MAX} values"),
            ));
        }
        Ok(())
    }

    fn finish(&mut self, part: Part, anchor: usize) -> Result<(), Malformed> {
        if anchor != 0 {
            self.count(part.nodes, part.node.place)?;
            self.anchors.insert(anchor, part.clone());
        }
        let place = part.node.place;
        self.add(part, place)
    }

    /// Puts a node where it belongs; `place` is where an alias stands for it.
    fn add(&mut self, part: Part, place: Place) -> Result<(), Malformed> {
        if self.open.len() + part.depth > DEPTH_MAX {
            return Err(malformed(
                place,
                format!("nesting is deeper than {DEPTH_MAX} levels"),
            ));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(part);
            return Ok(());
        };
        open.nodes += part.nodes;
        open.depth = open.depth.max(part.depth + 1);
        match &mut open.into {
            Into::Sequence(elements) => elements.push(part.node),
            Into::Mapping { object, name } => match name.take() {
                Some((name, place)) => object.insert(name, place, part.node),
                None => match part.node.as_text() {
                    Some(text) => *name = Some((text.clone(), place)),
                    None => return Err(malformed(place, "the name of a member must be a text")),
                },
            },
        }
        Ok(())
    }
}

fn place(span: Span) -> Place {
    let (line, column) = (span.start.line(), span.start.col() + 1);
    Place {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

fn malformed(place: Place, message: impl std::convert::Into<String>) -> Malformed {
    Malformed {
        message: message.into(),
        place,
    }
}

fn scan_error(error: &ScanError) -> Malformed {
    let marker = error.marker();
    malformed(
        place(Span {
            start: *marker,
            end: *marker,
        }),
        error.info(),
    )
}

fn check_tag(tag: Option<&Tag>, kind: &str, place: Place) -> Result<(), Malformed> {
    match tag {
        Some(tag) if !is_core(tag, kind) => Err(malformed(
            place,
            format!("the tag '{}{}' is not known", tag.handle, tag.suffix),
        )),
        _ => Ok(()),
    }
}

fn is_core(tag: &Tag, kind: &str) -> bool {
    (tag.handle == "tag:yaml.org,2002:" || tag.handle == "!!") && tag.suffix == kind
}

/// The value of a scalar by the core schema.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Result<Value, Malformed> {
    match tag {
        Some(tag) if is_core(tag, "str") => return Ok(Value::from(text)),
        Some(tag)
            if ["int", "float", "bool", "null"]
                .iter()
                .any(|kind| is_core(tag, kind)) => {}
        Some(_) => check_tag(tag, "str", place)?,
        None if style != ScalarStyle::Plain => return Ok(Value::from(text)),
        None => {}
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Err(malformed(place, "JSON has no infinite numbers"));
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Ok(Value::from(text));
    }
    match number(text, unsigned) {
        Some(Some(number)) => Ok(Value::Number(number)),
        Some(None) => Err(malformed(place, format!("the number {text} is out of range"))),
        None => Ok(Value::from(text)),
    }
}

/// `None` when it is no number; `Some(None)` when it is too large a number.
fn number(text: &str, unsigned: &str) -> Option<Option<Number>> {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return Some(u64::from_str_radix(digits, radix).ok().map(Number::from));
        }
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        ),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && all_digits(exponent));
    let digits = text.strip_prefix('+').unwrap_or(text);
    is_number.then(|| parse_number(digits, !mantissa.contains('.') && exponent.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        parse(text).unwrap().unwrap().to_value().to_string()
    }

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        assert_eq!(
            value(
                "[~, null, true, False, yes, on, 12, +3, -4, 0o17, 0x1F, 1.5, .5, 1e3, 1_000, 2016-03-14, '1', \"2\"]"
            ),
            r#"[null,null,true,false,"yes","on",12,3,-4,15,31,1.5,0.5,1000.0,"1_000","2016-03-14","1","2"]"#
        );
        assert_eq!(value("!!str 5"), r#""5""#);
        assert_eq!(
            value("a: |\n  x\n  y\nb: >-\n  x\n  y"),
            r#"{"a":"x\ny\n","b":"x y"}"#
        );
        assert_eq!(value("1: a\ntrue: b"), r#"{"1":"a","true":"b"}"#);
    }

    #[test]
    fn places_are_those_of_the_text() {
        let root = parse("a: 1\nb:\n  - x\n  - y: z\n").unwrap().unwrap();
        let Content::Object(object) = &root.content else {
            panic!("an object")
        };
        assert_eq!(object.get("b").unwrap().place, Place { line: 2, column: 1 });
        assert_eq!(root.nearest("/a").place, Place { line: 1, column: 4 });
        assert_eq!(root.nearest("/b/1/y").place, Place { line: 4, column: 8 });
    }

    #[test]
    fn aliases_repeat_what_they_refer_to() {
        assert_eq!(value("a: &x {k: 1}\nb: *x"), r#"{"a":{"k":1},"b":{"k":1}}"#);
        assert!(refusal("a: *nothing").contains("unknown anchor"));
        assert!(refusal("a: &x [*x]").contains("inside of what it refers to"));
    }

    #[test]
    fn alias_bombs_are_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let below = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 10].join(", "));
        }
        assert!(refusal(&text).contains("holds more than"));
        let text = format!("a: &a\n  {}x\nb:\n  {}*a", "- ".repeat(600), "- ".repeat(600));
        assert!(refusal(&text).contains("deeper than 1000 levels"));
    }

    #[test]
    fn anchors_around_anchors_are_counted() {
        let deep: String = (0..200).map(|n| format!("&a{n} [")).collect();
        let text = format!("{deep}{}{}", "x, ".repeat(2000), "]".repeat(200));
        assert!(refusal(&text).contains("holds more than"));
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        assert!(refusal("a: .inf").contains("infinite"));
        assert!(refusal("[a, b]: 1").contains("must be a text"));
        assert!(refusal("a: !Sub x").contains("tag '!Sub' is not known"));
        assert!(refusal("a: 1\n---\nb: 2").contains("second one"));
        assert!(refusal("a: [1").contains("flow sequence"));
        assert!(refusal(&"- ".repeat(5000)).contains("deeper than 1000 levels"));
        assert!(parse(&"[".repeat(5000)).is_err());
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(parse("").unwrap().is_none());
        assert!(parse("# only a comment\n").unwrap().is_none());
    }
}

//! The tree of a definition: JSON or YAML, with the place of every name and value in the text.

pub(crate) mod json_text;
pub(crate) mod yaml_text;

use indexmap::IndexMap;
use json::{Str, Value};

use crate::diagnostics::Place;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Anything that holds no other values.
    Scalar(Value),
    Array(Vec<Node>),
    Object(Object),
}

/// The members of an object in the order of writing.
///
/// A name that stands twice keeps its first place in the order and its last value, as in AWS's JSON parser.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    members: IndexMap<Str, Member>,
    repeated: Vec<(Str, Place)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Where the name stands.
    pub(crate) place: Place,
    pub(crate) value: Node,
}

/// A text that is no document: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) message: String,
    pub(crate) place: Place,
}

impl Object {
    pub(crate) fn insert(&mut self, name: Str, place: Place, value: Node) {
        if self
            .members
            .insert(name.clone(), Member { place, value })
            .is_some()
        {
            self.repeated.push((name, place));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Member> {
        self.members.get(name)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&Str, &Member)> {
        self.members.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The names that stand more than once, with the place of each repetition.
    pub(crate) fn repeated(&self) -> &[(Str, Place)] {
        &self.repeated
    }
}

impl Node {
    pub(crate) fn scalar(place: Place, value: impl Into<Value>) -> Self {
        Self {
            place,
            content: Content::Scalar(value.into()),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar(Value::Null))
    }

    pub(crate) fn as_text(&self) -> Option<&Str> {
        match &self.content {
            Content::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The value without its places.
    pub(crate) fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::Array(elements) => elements.iter().map(Self::to_value).collect(),
            Content::Object(object) => {
                let members = object
                    .iter()
                    .map(|(name, member)| (name.clone(), member.value.to_value()));
                Value::Object(members.collect())
            }
        }
    }

    /// The node that a JSON pointer such as `/a/0/b` leads to, or the last one on the way that exists.
    pub(crate) fn nearest(&self, pointer: &str) -> &Node {
        let mut node = self;
        for step in pointer.split('/').skip(1) {
            let next = match &node.content {
                Content::Scalar(_) => None,
                Content::Array(elements) => step.parse().ok().and_then(|index: usize| elements.get(index)),
                Content::Object(object) => object
                    .get(&step.replace("~1", "/").replace("~0", "~"))
                    .map(|member| &member.value),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }
}

//! Streams: what flows from step to step of a path, and how the results of a step are gathered.

use std::rc::Rc;

use crate::value::{Array, Tuple, Val};

/// What flows from step to step.
pub(crate) enum Stream {
    /// A sequence without items.
    Empty,
    /// A sequence of one.
    One(Val),
    /// A sequence of several.
    Many(Vec<Val>),
    /// An array that is passed on as it is.
    Whole(Val),
    /// Items with bindings.
    Tuples(Vec<Tuple>),
}

impl From<Val> for Stream {
    /// A value as the items it stands for.
    fn from(value: Val) -> Self {
        match value {
            Val::Undefined => Self::Empty,
            Val::Tuples(tuples) => Self::Tuples(Rc::unwrap_or_clone(tuples)),
            array if array.is_array() => Self::Whole(array),
            one => Self::One(one),
        }
    }
}

impl Stream {
    pub(super) fn sequence(mut items: Vec<Val>) -> Self {
        match items.len() {
            0 => Self::Empty,
            1 => Self::One(items.pop().unwrap_or_default()),
            _ => Self::Many(items),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Many(items) => items.len(),
            Self::Whole(array) => array.elements().len(),
            Self::Tuples(tuples) => tuples.len(),
        }
    }

    pub(super) fn get(&self, place: usize) -> Val {
        match self {
            Self::Empty => Val::Undefined,
            Self::One(item) => item.clone(),
            Self::Many(items) => items[place].clone(),
            Self::Whole(array) => array.elements().get(place),
            Self::Tuples(tuples) => tuples[place].item.clone(),
        }
    }

    /// The value it stands for once no step follows.
    pub(crate) fn into_val(self) -> Val {
        match self {
            Self::Empty => Val::Undefined,
            Self::One(item) => item,
            Self::Many(items) => Val::sequence(items),
            Self::Whole(array) => array,
            Self::Tuples(tuples) => Val::Tuples(Rc::new(tuples)),
        }
    }

    pub(super) fn items(self) -> Vec<Val> {
        match self {
            Self::Empty => Vec::new(),
            Self::One(item) => vec![item],
            Self::Many(items) => items,
            Self::Whole(array) => array.elements().to_vec(),
            Self::Tuples(tuples) => tuples.into_iter().map(|tuple| tuple.item).collect(),
        }
    }

    pub(super) fn keep_singleton(self) -> Val {
        let items = match self {
            Self::Empty => return Val::Undefined,
            Self::One(item) => vec![item],
            Self::Many(items) => items,
            Self::Whole(Val::Array(mut array)) => {
                if array.cons && !array.sequence {
                    vec![Val::Array(array)]
                } else {
                    if array.sequence {
                        Rc::make_mut(&mut array).keep_singleton = true;
                    }
                    return super::collapse(Val::Array(array), false);
                }
            }
            other => return other.into_val(),
        };
        let mut array = Array::sequence(items);
        array.keep_singleton = true;
        Val::Array(Rc::new(array))
    }
}

/// Gathers the results of a step over several items.
#[derive(Default)]
pub(super) struct Results {
    count: usize,
    first: Option<Stream>,
    items: Vec<Val>,
}

impl Results {
    /// How many elements a result of so many adds to those that are there; none as long as it is the only one.
    pub(super) fn added_by(&self, count: usize) -> usize {
        match &self.first {
            _ if self.count == 0 => 0,
            Some(first) => first.len() + count,
            None => count,
        }
    }

    pub(super) fn push(&mut self, result: Stream) {
        self.count += 1;
        if self.count == 1 {
            self.first = Some(result);
            return;
        }
        if let Some(first) = self.first.take() {
            self.add(first);
        }
        self.add(result);
    }

    pub(super) fn push_val(&mut self, value: Val) {
        match value {
            Val::Undefined => {}
            // A list that was constructed is not flattened.
            Val::Array(array) if array.cons => self.push(Stream::One(Val::Array(array))),
            other if self.count > 0 && self.first.is_none() => {
                self.count += 1;
                match other.is_array() {
                    true => other.spread_into(&mut self.items),
                    false => self.items.push(other),
                }
            }
            other => self.push(Stream::from(other)),
        }
    }

    fn add(&mut self, result: Stream) {
        match result {
            Stream::Empty => {}
            Stream::One(item) => self.items.push(item),
            Stream::Many(items) => self.items.extend(items),
            Stream::Whole(array) => array.spread_into(&mut self.items),
            Stream::Tuples(tuples) => self.items.extend(tuples.into_iter().map(|tuple| tuple.item)),
        }
    }

    pub(super) fn finish(mut self, last: bool) -> Stream {
        match self.first.take() {
            Some(Stream::Whole(array)) if !last || array.is_sequence() => {
                Stream::sequence(array.elements().to_vec())
            }
            Some(Stream::One(Val::Array(array))) if array.cons && !array.sequence && last => {
                Stream::Whole(Val::Array(array))
            }
            Some(other) => other,
            None => Stream::sequence(self.items),
        }
    }
}

//! Objects: members in the order they were written, found quickly in wide ones too.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::value::{Str, Value};

/// Objects with more members than this get an index of names on first look-up.
const LINEAR_MAX: usize = 12;

/// For how many members there is room at first when more may come.
const ROOM_MAX: usize = 64;

/// The members of a JSON object, shared, in the order they were written.
///
/// A name stands once: writing it again replaces the value and keeps the place.
#[derive(Clone, Default)]
pub struct Object(Arc<Members>);

#[derive(Default)]
struct Members {
    list: Vec<(Str, Value)>,
    index: OnceLock<HashMap<Str, u32>>,
}

impl Clone for Members {
    fn clone(&self) -> Self {
        Self {
            list: self.list.clone(),
            index: OnceLock::new(),
        }
    }
}

impl Members {
    fn position(&self, name: &str) -> Option<usize> {
        if self.list.len() <= LINEAR_MAX {
            return self.list.iter().position(|(key, _)| &**key == name);
        }
        let index = self.index.get_or_init(|| {
            self.list
                .iter()
                .enumerate()
                .map(|(place, (key, _))| (key.clone(), place as u32))
                .collect()
        });
        index.get(name).map(|place| *place as usize)
    }

    fn insert(&mut self, name: Str, value: Value) {
        if let Some(place) = self.position(&name) {
            self.list[place].1 = value;
            return;
        }
        if let Some(index) = self.index.get_mut() {
            index.insert(name.clone(), self.list.len() as u32);
        }
        self.list.push((name, value));
    }
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// An object of members whose names are known to differ.
    pub fn from_distinct(list: Vec<(Str, Value)>) -> Self {
        debug_assert!(
            list.len() > LINEAR_MAX
                || (1..list.len()).all(|end| list[..end].iter().all(|(name, _)| *name != list[end].0))
        );
        Self(Arc::new(Members {
            list,
            index: OnceLock::new(),
        }))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.list.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.list.is_empty()
    }

    /// The value of a member.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.position(name).map(|place| &self.0.list[place].1)
    }

    /// Whether a member of that name exists.
    pub fn contains(&self, name: &str) -> bool {
        self.0.position(name).is_some()
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Str, &Value)> + DoubleEndedIterator {
        self.0.list.iter().map(|(name, value)| (name, value))
    }

    /// The names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &Str> + DoubleEndedIterator {
        self.0.list.iter().map(|(name, _)| name)
    }

    /// The values in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + DoubleEndedIterator {
        self.0.list.iter().map(|(_, value)| value)
    }

    /// Sets a member; copies the list of members first when it is shared.
    pub fn insert(&mut self, name: impl Into<Str>, value: impl Into<Value>) {
        Arc::make_mut(&mut self.0).insert(name.into(), value.into());
    }

    /// Removes a member and returns its value; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let place = self.0.position(name)?;
        let members = Arc::make_mut(&mut self.0);
        members.index = OnceLock::new();
        Some(members.list.remove(place).1)
    }

    /// Whether both are the very same shared object.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}

impl PartialEq for Object {
    /// Objects are equal when they have the same members, in whatever order.
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other)
            || (self.len() == other.len()
                && self
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|twin| twin == value)))
    }
}

impl<K: Into<Str>, V: Into<Value>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let members = members.into_iter();
        // Where an iterator may end early, its lower bound is nothing.
        let (least, most) = members.size_hint();
        let room = most.unwrap_or(least).min(ROOM_MAX);
        let mut list = Members {
            list: Vec::with_capacity(room),
            index: OnceLock::new(),
        };
        for (name, value) in members {
            list.insert(name.into(), value.into());
        }
        if list.list.len() < list.list.capacity() / 2 {
            list.list.shrink_to_fit();
        }
        Self(Arc::new(list))
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = &'a (Str, Value);
    type IntoIter = std::slice::Iter<'a, (Str, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.list.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_keeps_its_first_place_and_its_last_value() {
        let object: Object = [("a", 1), ("b", 2), ("a", 3)].into_iter().collect();
        assert_eq!(Value::from(object).to_string(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn wide_objects_find_remove_and_replace() {
        let mut object: Object = (0..100).map(|n| (n.to_string(), n)).collect();
        assert_eq!(object.get("77"), Some(&Value::from(77)));
        assert_eq!(object.remove("50"), Some(Value::from(50)));
        assert_eq!(object.get("50"), None);
        assert_eq!(object.get("99"), Some(&Value::from(99)));
        object.insert("100", 100);
        object.insert("99", true);
        assert_eq!(object.get("100"), Some(&Value::from(100)));
        assert_eq!(object.get("99"), Some(&Value::Bool(true)));
        assert_eq!(object.len(), 100);
    }

    #[test]
    fn writing_to_a_shared_object_leaves_the_other_alone() {
        let first: Object = [("a", 1)].into_iter().collect();
        let mut second = first.clone();
        second.insert("b", 2);
        assert_eq!(first.len(), 1);
        assert_eq!(second.len(), 2);
    }

    #[test]
    fn order_does_not_matter_for_equality() {
        let first: Object = [("a", 1), ("b", 2)].into_iter().collect();
        let second: Object = [("b", 2), ("a", 1)].into_iter().collect();
        assert_eq!(first, second);
    }
}

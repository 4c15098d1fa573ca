//! Object constructors and group-by: items under the keys they evaluate to.

use std::collections::HashMap;
use std::rc::Rc;

use json::Str;

use super::{Evaluator, Frame, Stream, nested};
use crate::ast::Group;
use crate::error::Error;
use crate::signature::with_value;
use crate::value::{Members, Tuple, Val};

/// More keys than this are found through a map.
const LINEAR_MAX: usize = 8;

struct Entry<T> {
    key: Str,
    pair: usize,
    data: T,
}

/// The entries in order of their first item.
struct Entries<T> {
    list: Vec<Entry<T>>,
    index: HashMap<Str, usize>,
}

impl<T> Entries<T> {
    fn new() -> Self {
        Self {
            list: Vec::new(),
            index: HashMap::new(),
        }
    }

    fn find(&mut self, key: &str) -> Option<usize> {
        if self.list.len() <= LINEAR_MAX {
            return self.list.iter().position(|entry| &*entry.key == key);
        }
        if self.index.len() != self.list.len() {
            let places = self.list.iter().enumerate();
            self.index = places.map(|(place, entry)| (entry.key.clone(), place)).collect();
        }
        self.index.get(key).copied()
    }

    fn add(&mut self, key: Str, pair: usize, data: T) {
        if !self.index.is_empty() {
            self.index.insert(key.clone(), self.list.len());
        }
        self.list.push(Entry { key, pair, data });
    }
}

/// What gathers under a key: one item as it is, several as an array.
enum Data {
    One(Val),
    Several(Vec<Val>),
}

impl Data {
    fn append(&mut self, item: Val) {
        let mut items = match std::mem::replace(self, Self::One(Val::Undefined)) {
            Self::One(Val::Undefined) => {
                *self = Self::One(item);
                return;
            }
            Self::One(first) => {
                let mut items = Vec::new();
                first.spread_into(&mut items);
                items
            }
            Self::Several(items) => items,
        };
        item.spread_into(&mut items);
        *self = Self::Several(items);
    }

    fn into_val(self) -> Val {
        match self {
            Self::One(value) => value,
            Self::Several(items) => Val::array(items),
        }
    }
}

impl Evaluator<'_> {
    pub(super) fn group_stream(
        &mut self,
        group: &Group,
        stream: Stream,
        frame: &Rc<Frame>,
    ) -> Result<Val, Error> {
        match stream {
            Stream::Tuples(tuples) => self.group_tuples(group, &tuples, frame),
            Stream::Empty => self.group_items(group, &[Val::Undefined], frame),
            other => {
                self.meter.look(other.len())?;
                let mut items = other.items();
                if items.is_empty() {
                    items.push(Val::Undefined);
                }
                self.group_items(group, &items, frame)
            }
        }
    }

    pub(super) fn group(&mut self, group: &Group, input: Val, frame: &Rc<Frame>) -> Result<Val, Error> {
        match input {
            Val::Tuples(tuples) => self.group_tuples(group, &tuples, frame),
            array if array.is_array() => {
                self.meter.look(array.elements().len())?;
                let items = array.elements().to_vec();
                if items.is_empty() {
                    return self.group_items(group, &[Val::Undefined], frame);
                }
                self.group_items(group, &items, frame)
            }
            one => self.group_items(group, &[one], frame),
        }
    }

    fn group_items(&mut self, group: &Group, items: &[Val], frame: &Rc<Frame>) -> Result<Val, Error> {
        if let ([item], Some(names)) = (items, &group.names) {
            return self.members(group, names, item, frame);
        }
        let mut entries: Entries<Data> = Entries::new();
        for item in items {
            for (pair, (key, _)) in group.pairs.iter().enumerate() {
                let Some(key) = self.key(group, key, item, frame)? else {
                    continue;
                };
                match entries.find(&key) {
                    Some(place) if entries.list[place].pair != pair => {
                        return Err(Error::new("D1009").at(group.position).value(key));
                    }
                    Some(place) => {
                        self.meter.look(item.elements().len())?;
                        entries.list[place].data.append(item.clone());
                    }
                    None => entries.add(key, pair, Data::One(item.clone())),
                }
            }
        }
        self.meter.charge_elements(entries.list.len() * 2)?;
        let mut members = Vec::with_capacity(entries.list.len());
        for entry in entries.list {
            let context = entry.data.into_val();
            let value = self.evaluate(&group.pairs[entry.pair].1, &context, frame)?;
            if !value.is_undefined() {
                members.push((entry.key, value));
            }
        }
        nested(Val::object(members))
    }

    /// An object of one item, with names that are known.
    fn members(&mut self, group: &Group, names: &[Str], item: &Val, frame: &Rc<Frame>) -> Result<Val, Error> {
        // The keys are evaluated first, each as a node.
        for _ in names {
            self.meter.enter()?;
            self.meter.leave();
        }
        self.meter.charge_elements(names.len() * 2)?;
        let mut members = Vec::with_capacity(names.len());
        for (name, (_, value)) in names.iter().zip(&group.pairs) {
            let value = self.evaluate(value, item, frame)?;
            if !value.is_undefined() {
                members.push((name.clone(), value));
            }
        }
        nested(Val::object_of(members))
    }

    fn group_tuples(&mut self, group: &Group, tuples: &[Tuple], frame: &Rc<Frame>) -> Result<Val, Error> {
        let mut entries: Entries<Vec<Tuple>> = Entries::new();
        for tuple in tuples {
            let inner = Frame::with(frame, tuple.bindings.clone());
            for (pair, (key, _)) in group.pairs.iter().enumerate() {
                let Some(key) = self.key(group, key, &tuple.item, &inner)? else {
                    continue;
                };
                match entries.find(&key) {
                    Some(place) if entries.list[place].pair != pair => {
                        return Err(Error::new("D1009").at(group.position).value(key));
                    }
                    Some(place) => entries.list[place].data.push(tuple.clone()),
                    None => entries.add(key, pair, vec![tuple.clone()]),
                }
            }
        }
        let mut members = Members::default();
        for entry in entries.list {
            let merged = merge(&entry.data);
            let inner = Frame::with(frame, merged.bindings);
            let value = self.evaluate(&group.pairs[entry.pair].1, &merged.item, &inner)?;
            if !value.is_undefined() {
                members.set(entry.key, value);
            }
        }
        nested(members.into_val())
    }

    fn key(
        &mut self,
        group: &Group,
        key: &crate::ast::Node,
        item: &Val,
        frame: &Rc<Frame>,
    ) -> Result<Option<Str>, Error> {
        match self.evaluate(key, item, frame)? {
            Val::Undefined => Ok(None),
            Val::Json(json::Value::String(key)) => {
                self.meter.read(key.len())?;
                Ok(Some(key))
            }
            other => Err(with_value(Error::new("T1003").at(group.position), &other)),
        }
    }
}

/// Tuples as one, each binding holding all their values.
fn merge(tuples: &[Tuple]) -> Tuple {
    let mut merged = match tuples.first() {
        Some(first) if tuples.len() == 1 => return first.clone(),
        Some(first) => first.clone(),
        None => unreachable!("an entry has a tuple"),
    };
    let mut item = Data::One(merged.item.clone());
    for tuple in &tuples[1..] {
        item.append(tuple.item.clone());
    }
    merged.item = item.into_val();
    for (name, value) in &mut merged.bindings {
        let mut data = Data::One(value.clone());
        for tuple in &tuples[1..] {
            if let Some((_, other)) = tuple.bindings.iter().find(|(known, _)| known == name)
                && !other.is_undefined()
            {
                data.append(other.clone());
            }
        }
        *value = data.into_val();
    }
    merged
}

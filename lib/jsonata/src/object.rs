//! Objects made while evaluating, finished and in the making.

use std::cell::OnceCell;
use std::collections::HashMap;

use json::Str;

use crate::value::{Shape, Val};

/// Wide objects get an index of their names at the first look-up.
const LINEAR_MAX: usize = 12;

/// An object whose members may hold functions.
#[derive(Default)]
pub(crate) struct Object {
    list: Vec<(Str, Val)>,
    index: OnceCell<HashMap<Str, u32>>,
    shape: Shape,
}

impl Object {
    /// An object of members whose names differ.
    pub(crate) fn new(list: Vec<(Str, Val)>) -> Self {
        Self {
            shape: Shape::around(list.iter().map(|(_, value)| value)),
            list,
            index: OnceCell::new(),
        }
    }

    pub(crate) fn into_members(self) -> Vec<(Str, Val)> {
        self.list
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn members(&self) -> &[(Str, Val)] {
        &self.list
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Val> {
        if self.list.len() <= LINEAR_MAX {
            return self
                .list
                .iter()
                .find(|(known, _)| &**known == name)
                .map(|(_, value)| value);
        }
        let index = self.index.get_or_init(|| {
            let places = self.list.iter().enumerate();
            places
                .map(|(place, (name, _))| (name.clone(), place as u32))
                .collect()
        });
        index.get(name).map(|place| &self.list[*place as usize].1)
    }
}

/// Members in order, each name once; finds names quickly however many there are.
#[derive(Default)]
pub(crate) struct Members {
    list: Vec<(Str, Val)>,
    index: HashMap<Str, usize>,
}

impl Members {
    pub(crate) fn of(list: Vec<(Str, Val)>) -> Self {
        Self {
            list,
            index: HashMap::new(),
        }
    }

    pub(crate) fn position(&mut self, name: &str) -> Option<usize> {
        if self.list.len() <= LINEAR_MAX {
            return self.list.iter().position(|(known, _)| &**known == name);
        }
        if self.index.len() != self.list.len() {
            let places = self.list.iter().enumerate();
            self.index = places.map(|(place, (name, _))| (name.clone(), place)).collect();
        }
        self.index.get(name).copied()
    }

    pub(crate) fn set(&mut self, name: Str, value: Val) {
        match self.position(&name) {
            Some(place) => self.list[place].1 = value,
            None => {
                if !self.index.is_empty() {
                    self.index.insert(name.clone(), self.list.len());
                }
                self.list.push((name, value));
            }
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(place) = self.position(name) {
            self.list.remove(place);
            self.index.clear();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn into_list(self) -> Vec<(Str, Val)> {
        self.list
    }

    pub(crate) fn into_val(self) -> Val {
        Val::object_of(self.list)
    }
}

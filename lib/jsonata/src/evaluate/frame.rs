//! Frames: the variables of a block, a function call or a tuple.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use smallvec::SmallVec;

use crate::ast::Sym;
use crate::value::Val;

/// More variables than this are found through a map.
const LINEAR_MAX: usize = 16;

/// The variables of one scope.
#[derive(Default)]
pub(crate) struct Frame {
    variables: RefCell<Variables>,
    parent: Option<Rc<Frame>>,
    /// How deep what is in it nests, so that it can be dropped.
    nesting: Cell<u32>,
}

enum Variables {
    Few(SmallVec<[(Sym, Val); 2]>),
    Many(HashMap<Sym, Val>),
}

impl Default for Variables {
    fn default() -> Self {
        Self::Few(SmallVec::new())
    }
}

impl Variables {
    fn get(&self, name: Sym) -> Option<&Val> {
        match self {
            Self::Few(list) => list
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value),
            Self::Many(map) => map.get(&name),
        }
    }

    /// Sets a variable; gives back its old value.
    fn set(&mut self, name: Sym, value: Val) -> Option<Val> {
        let list = match self {
            Self::Many(map) => return map.insert(name, value),
            Self::Few(list) => list,
        };
        if let Some((_, place)) = list.iter_mut().find(|(known, _)| *known == name) {
            return Some(std::mem::replace(place, value));
        }
        list.push((name, value));
        if list.len() > LINEAR_MAX {
            // The first of a name counts, as it does in a search.
            let list = std::mem::take(list);
            *self = Self::Many(list.into_iter().rev().collect());
        }
        None
    }
}

impl Frame {
    pub(crate) fn inside(parent: &Rc<Frame>) -> Self {
        Self {
            variables: RefCell::default(),
            parent: Some(parent.clone()),
            nesting: parent.nesting.clone(),
        }
    }

    pub(crate) fn with(parent: &Rc<Frame>, variables: SmallVec<[(Sym, Val); 2]>) -> Rc<Self> {
        let inside = variables
            .iter()
            .map(|(_, value)| value.nesting() + 1)
            .max()
            .unwrap_or(0);
        Rc::new(Self {
            variables: RefCell::new(Variables::Few(variables)),
            parent: Some(parent.clone()),
            nesting: Cell::new(inside.max(parent.nesting())),
        })
    }

    pub(crate) fn nesting(&self) -> u32 {
        self.nesting.get()
    }

    pub(crate) fn bind(&self, name: Sym, value: Val) {
        // A function that knows this frame is no deeper in it.
        let knows_this = value.as_func().is_some_and(|func| func.knows(self));
        if !knows_this {
            self.nesting.set(self.nesting().max(value.nesting() + 1));
        }
        let old = self.variables.borrow_mut().set(name, value);
        drop(old);
    }

    /// The value of a variable here or further out.
    pub(crate) fn lookup(&self, name: Sym) -> Option<Val> {
        let mut frame = self;
        loop {
            if let Some(value) = frame.variables.borrow().get(name) {
                return Some(value.clone());
            }
            frame = frame.parent.as_deref()?;
        }
    }

    /// Forgets everything, so that functions which know their own frame are freed.
    pub(crate) fn clear(&self) {
        let variables = std::mem::take(&mut *self.variables.borrow_mut());
        drop(variables);
    }
}

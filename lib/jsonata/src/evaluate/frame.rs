//! Frames: the variables of a block, a function call or a tuple.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use smallvec::SmallVec;

use crate::ast::Sym;
use crate::value::Val;

/// The variables of one scope. Few, so they are searched.
#[derive(Default)]
pub(crate) struct Frame {
    variables: RefCell<SmallVec<[(Sym, Val); 2]>>,
    parent: Option<Rc<Frame>>,
    /// How deep what is in it nests, so that it can be dropped.
    nesting: Cell<u32>,
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
            variables: RefCell::new(variables),
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
        let mut variables = self.variables.borrow_mut();
        let old = match variables.iter_mut().find(|(known, _)| *known == name) {
            Some((_, place)) => std::mem::replace(place, value),
            None => {
                variables.push((name, value));
                return;
            }
        };
        drop(variables);
        drop(old);
    }

    /// The value of a variable here or further out.
    pub(crate) fn lookup(&self, name: Sym) -> Option<Val> {
        let mut frame = self;
        loop {
            if let Some((_, value)) = frame.variables.borrow().iter().find(|(known, _)| *known == name) {
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

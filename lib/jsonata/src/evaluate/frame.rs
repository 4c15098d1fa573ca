//! Frames: the variables of a block, a function call or a tuple.

use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;

use crate::ast::Sym;
use crate::value::Val;

/// The variables of one scope. Few, so they are searched.
#[derive(Default)]
pub(crate) struct Frame {
    variables: RefCell<SmallVec<[(Sym, Val); 2]>>,
    parent: Option<Rc<Frame>>,
}

impl Frame {
    pub(crate) fn inside(parent: &Rc<Frame>) -> Self {
        Self {
            variables: RefCell::default(),
            parent: Some(parent.clone()),
        }
    }

    pub(crate) fn with(parent: &Rc<Frame>, variables: SmallVec<[(Sym, Val); 2]>) -> Rc<Self> {
        Rc::new(Self {
            variables: RefCell::new(variables),
            parent: Some(parent.clone()),
        })
    }

    pub(crate) fn bind(&self, name: Sym, value: Val) {
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

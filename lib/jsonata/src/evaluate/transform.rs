//! Transforms: `|pattern|update, delete|`, a copy of the input with changed objects.

use std::collections::HashMap;
use std::rc::Rc;

use json::Value;
use smallvec::smallvec;

use super::function::Func;
use super::{Evaluator, Frame, nested};
use crate::ast::Transform;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::signature::with_value;
use crate::value::{Object, Val};

/// Objects of the copy, by where they are, and what became of them.
type Changes = HashMap<*const Object, Val>;

impl Evaluator<'_> {
    pub(super) fn transform(
        &mut self,
        transform: &Transform,
        frame: &Rc<Frame>,
        input: &Val,
    ) -> Result<Val, Error> {
        if input.is_undefined() {
            return Ok(Val::Undefined);
        }
        let copy = self.copy_for_transform(transform, frame, input)?;
        let matches = self.evaluate(&transform.pattern, &copy, frame)?;
        self.meter.look(matches.elements().len())?;
        let matches = matches.elements().to_vec();
        let mut changes = Changes::new();
        for matched in &matches {
            self.change(transform, matched, frame, &mut changes)?;
        }
        if changes.is_empty() {
            return Ok(copy);
        }
        nested(self.rebuild(&copy, &changes)?)
    }

    fn copy_for_transform(
        &mut self,
        transform: &Transform,
        frame: &Rc<Frame>,
        input: &Val,
    ) -> Result<Val, Error> {
        self.meter.look(self.expression.names.len())?;
        let clone = self.symbol_of("clone").map(|name| self.variable(name, frame));
        match clone {
            None => self.deep_copy(input),
            Some(Val::Func(func)) if matches!(*func, Func::Native(_)) => self.deep_copy(input),
            Some(clone @ Val::Func(_)) => {
                let copy = self.apply(&clone, smallvec![input.clone()], &Val::null(), None)?;
                // Whatever it gave, its objects need an identity of their own.
                self.deep_copy(&copy)
            }
            Some(_) => Err(Error::new("T2013").at(transform.position)),
        }
    }

    /// Notes what the update and the deletions make of a match.
    ///
    /// Matches may lie within each other, and each sees what became of the others so far: what the update
    /// sees and gives is a copy with the changes in it, what is noted keeps the identity of its members.
    fn change(
        &mut self,
        transform: &Transform,
        matched: &Val,
        frame: &Rc<Frame>,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        let current = self.rebuild(matched, changes)?;
        let update = self.evaluate(&transform.update, &current, frame)?;
        if !update.is_undefined() && !update.is_object() {
            return Err(with_value(
                Error::new("T2011").maybe_at(transform.update.place()),
                &update,
            ));
        }
        let identity = match matched {
            Val::Object(object) => Some(Rc::as_ptr(object)),
            _ => None,
        };
        if let Some(identity) = identity {
            let mut members = changes.get(&identity).unwrap_or(matched).to_members();
            for (name, value) in update.members() {
                members.set(name, self.rebuild(&value, changes)?);
            }
            changes.insert(identity, nested(Val::object(members.into_list()))?);
        }
        let Some(delete) = &transform.delete else {
            return Ok(());
        };
        let current = self.rebuild(matched, changes)?;
        let names = self.evaluate(delete, &current, frame)?;
        let elements = names.elements();
        if elements.iter().any(|name| name.as_str().is_none()) {
            return Err(with_value(Error::new("T2012").maybe_at(delete.place()), &names));
        }
        if let Some(identity) = identity {
            let mut members = changes.get(&identity).unwrap_or(matched).to_members();
            for name in elements.iter() {
                members.remove(name.as_str().unwrap_or_default());
            }
            changes.insert(identity, Val::object(members.into_list()));
        }
        Ok(())
    }

    /// A copy of the value with changed objects in their places.
    fn rebuild(&mut self, value: &Val, changes: &Changes) -> Result<Val, Error> {
        self.meter.step(1)?;
        self.meter.charge(8)?;
        stacker::maybe_grow(super::RED_ZONE, super::STACK_PIECE, || match value {
            Val::Object(object) => {
                let object = match changes.get(&Rc::as_ptr(object)) {
                    Some(Val::Object(changed)) => changed,
                    _ => object,
                };
                let members = object.members().iter();
                let members = members.map(|(name, value)| Ok((name.clone(), self.rebuild(value, changes)?)));
                Ok(Val::object(members.collect::<Result<_, Error>>()?))
            }
            Val::Array(array) => {
                let items = array.items.iter().map(|item| self.rebuild(item, changes));
                Ok(Val::Array(Rc::new(
                    array.with_items(items.collect::<Result<_, Error>>()?),
                )))
            }
            other => Ok(other.clone()),
        })
    }

    /// A copy whose objects are nobody else's. It goes through text in jsonata-js: functions become empty strings.
    pub(crate) fn deep_copy(&mut self, value: &Val) -> Result<Val, Error> {
        self.meter.step(2)?;
        self.meter.charge(8)?;
        stacker::maybe_grow(super::RED_ZONE, super::STACK_PIECE, || {
            Ok(match value {
                Val::Json(Value::Number(number)) if !number.as_f64().is_finite() => Val::null(),
                Val::Json(Value::Number(number))
                    if self.dialect() == Dialect::V2_0_6 && number.as_f64().fract() != 0.0 =>
                {
                    Val::number(crate::number::to_fifteen_digits(number.as_f64()))
                }
                Val::Func(_) => Val::text(""),
                object if object.is_object() => {
                    let members = object.members().into_iter();
                    let members = members.map(|(name, value)| Ok((name, self.deep_copy(&value)?)));
                    Val::object(members.collect::<Result<_, Error>>()?)
                }
                array if array.is_array() => {
                    let items = array.elements().iter().map(|item| self.deep_copy(&item));
                    Val::array(items.collect::<Result<_, Error>>()?)
                }
                other => other.clone(),
            })
        })
    }
}

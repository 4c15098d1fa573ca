//! What an expression works on: JSON by reference, and what only exists while evaluating.

use std::rc::Rc;

use json::{Number, Str, Value};
use smallvec::SmallVec;

use crate::ast::Sym;
use crate::budget::Meter;
use crate::error::Error;
use crate::evaluate::function::Func;
pub(crate) use crate::object::{Members, Object};

/// Containers made while evaluating nest at most so deep, so that dropping them is safe.
pub(crate) const NESTING_MAX: u32 = 1000;

/// What a function is called with.
pub(crate) type Arguments = SmallVec<[Val; 3]>;

/// A value has more parts than can be shown.
struct TooLarge;

/// A value during an evaluation.
#[derive(Clone, Default)]
pub(crate) enum Val {
    /// Nothing, which is not `null`.
    #[default]
    Undefined,
    /// A part of the input, or a scalar.
    Json(Value),
    /// An array or a sequence made here.
    Array(Rc<Array>),
    /// An object made here.
    Object(Rc<Object>),
    /// A function.
    Func(Rc<Func>),
    /// Items of a path that carry bindings.
    Tuples(Rc<Vec<Tuple>>),
}

/// An array with jsonata's marks.
#[derive(Clone, Default)]
pub(crate) struct Array {
    pub(crate) items: Vec<Val>,
    /// A result sequence: one item stands for itself, none is nothing.
    pub(crate) sequence: bool,
    /// A sequence that stays an array with one item.
    pub(crate) keep_singleton: bool,
    /// Made by a constructor in a path: is not flattened.
    pub(crate) cons: bool,
    /// The wrapper round an input that is an array.
    pub(crate) outer: bool,
    shape: Shape,
}

/// What is known of a container without looking into it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shape {
    /// How deep containers made here nest in it, itself included.
    pub(crate) depth: u32,
    /// Whether a function is in it somewhere.
    pub(crate) holds_function: bool,
}

impl Shape {
    pub(crate) fn around<'v>(parts: impl Iterator<Item = &'v Val>) -> Self {
        let mut shape = Self {
            depth: 1,
            holds_function: false,
        };
        for part in parts {
            if !matches!(part, Val::Json(_)) {
                shape.depth = shape.depth.max(part.nesting() + 1);
                shape.holds_function |= part.holds_function();
            }
        }
        shape
    }
}

/// An item of a path with the variables bound on the way to it.
#[derive(Clone)]
pub(crate) struct Tuple {
    pub(crate) item: Val,
    pub(crate) bindings: SmallVec<[(Sym, Val); 2]>,
}

impl Tuple {
    pub(crate) fn bind(&mut self, name: Sym, value: Val) {
        match self.bindings.iter_mut().find(|(known, _)| *known == name) {
            Some((_, place)) => *place = value,
            None => self.bindings.push((name, value)),
        }
    }
}

impl Array {
    /// A plain array.
    pub(crate) fn plain(items: Vec<Val>) -> Self {
        Self {
            shape: Shape::around(items.iter()),
            items,
            ..Self::default()
        }
    }

    /// The same with other items.
    pub(crate) fn with_items(&self, items: Vec<Val>) -> Self {
        Self {
            shape: Shape::around(items.iter()),
            items,
            ..*self
        }
    }

    /// A result sequence.
    pub(crate) fn sequence(items: Vec<Val>) -> Self {
        Self {
            sequence: true,
            ..Self::plain(items)
        }
    }
}

impl Val {
    /// A number; whole ones are written without a fraction. Infinity and NaN may exist until the end.
    pub(crate) fn number(number: f64) -> Self {
        let whole = number as i64;
        if whole as f64 == number && number.abs() < 9.2e18 {
            return Self::Json(Value::Number(Number::Int(whole)));
        }
        Self::Json(Value::Number(Number::Float(number)))
    }

    pub(crate) fn text(text: impl Into<Str>) -> Self {
        Self::Json(Value::String(text.into()))
    }

    pub(crate) fn bool(value: bool) -> Self {
        Self::Json(Value::Bool(value))
    }

    pub(crate) fn null() -> Self {
        Self::Json(Value::Null)
    }

    pub(crate) fn array(items: Vec<Val>) -> Self {
        Self::Array(Rc::new(Array::plain(items)))
    }

    pub(crate) fn sequence(items: Vec<Val>) -> Self {
        Self::Array(Rc::new(Array::sequence(items)))
    }

    pub(crate) fn object(list: Vec<(Str, Val)>) -> Self {
        Self::Object(Rc::new(Object::new(list)))
    }

    /// An object of members whose names differ; one of scalars is JSON already, and stays so.
    pub(crate) fn object_of(list: Vec<(Str, Val)>) -> Self {
        if !list.iter().all(|(_, value)| value.is_json_scalar()) {
            return Self::object(list);
        }
        let scalars = list.into_iter().map(|(name, value)| match value {
            Self::Json(value) => (name, value),
            _ => (name, Value::Null),
        });
        Self::Json(Value::Object(json::Object::from_distinct(scalars.collect())))
    }

    pub(crate) fn func(func: Func) -> Self {
        Self::Func(Rc::new(func))
    }

    /// How deep containers made here nest in it.
    pub(crate) fn nesting(&self) -> u32 {
        match self {
            Self::Array(array) => array.shape.depth,
            Self::Object(object) => object.shape().depth,
            Self::Func(func) => func.nesting(),
            _ => 0,
        }
    }

    pub(crate) fn is_undefined(&self) -> bool {
        matches!(self, Self::Undefined)
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(
            self,
            Self::Json(Value::Array(_)) | Self::Array(_) | Self::Tuples(_)
        )
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Json(Value::Object(_)) | Self::Object(_))
    }

    pub(crate) fn is_sequence(&self) -> bool {
        matches!(self, Self::Array(array) if array.sequence)
    }

    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Json(Value::Number(number)) => Some(number.as_f64()),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Json(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&Str> {
        match self {
            Self::Json(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_func(&self) -> Option<&Rc<Func>> {
        match self {
            Self::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The elements if it is an array, itself otherwise, none if it is nothing.
    pub(crate) fn elements(&self) -> Elements<'_> {
        match self {
            Self::Undefined => Elements::Vals(&[]),
            Self::Json(Value::Array(elements)) => Elements::Json(elements),
            Self::Array(array) => Elements::Vals(&array.items),
            Self::Tuples(tuples) => Elements::Tuples(tuples),
            one => Elements::Vals(std::slice::from_ref(one)),
        }
    }

    /// The names of an object's members.
    pub(crate) fn names(&self) -> Vec<Str> {
        match self {
            Self::Json(Value::Object(members)) => members.names().cloned().collect(),
            Self::Object(object) => object.members().iter().map(|(name, _)| name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// The members of an object.
    pub(crate) fn members(&self) -> Vec<(Str, Val)> {
        match self {
            Self::Json(Value::Object(members)) => members
                .iter()
                .map(|(name, value)| (name.clone(), Self::Json(value.clone())))
                .collect(),
            Self::Object(object) => object.members().to_vec(),
            _ => Vec::new(),
        }
    }

    /// The members of an object, to be changed.
    pub(crate) fn to_members(&self) -> Members {
        Members::of(self.members())
    }

    /// The value as JSON, if it is not too large to be shown in an error. What JSON cannot say becomes `null` (in
    /// arrays) or is left out (of objects).
    pub(crate) fn to_json(&self) -> Option<Value> {
        self.to_json_within(&mut 100_000).ok().flatten()
    }

    fn to_json_within(&self, parts: &mut usize) -> Result<Option<Value>, TooLarge> {
        *parts = parts.checked_sub(1).ok_or(TooLarge)?;
        Ok(Some(match self {
            Self::Undefined | Self::Func(_) => return Ok(None),
            Self::Json(value) => value.clone(),
            Self::Object(object) => {
                let mut members = Vec::with_capacity(object.len());
                for (name, value) in object.members() {
                    if let Some(value) = value.to_json_within(parts)? {
                        members.push((name.clone(), value));
                    }
                }
                Value::Object(members.into_iter().collect())
            }
            array => {
                let mut items = Vec::with_capacity(array.elements().len());
                for item in array.elements().iter() {
                    let item = stacker::maybe_grow(64 * 1024, 1024 * 1024, || item.to_json_within(parts))?;
                    items.push(item.unwrap_or_default());
                }
                Value::from(items)
            }
        }))
    }

    /// Whether a function is in it somewhere.
    pub(crate) fn holds_function(&self) -> bool {
        match self {
            Self::Func(_) => true,
            Self::Array(array) => array.shape.holds_function,
            Self::Object(object) => object.shape().holds_function,
            Self::Tuples(tuples) => tuples.iter().any(|tuple| tuple.item.holds_function()),
            Self::Undefined | Self::Json(_) => false,
        }
    }

    /// Whether it is neither array nor object nor function, and can stand in JSON.
    pub(crate) fn is_json_scalar(&self) -> bool {
        match self {
            Self::Json(Value::Number(Number::Float(number))) => number.is_finite(),
            Self::Json(value) => !matches!(value, Value::Array(_) | Value::Object(_)),
            _ => false,
        }
    }

    /// The member of an object of that name.
    pub(crate) fn member(&self, name: &str) -> Self {
        match self {
            Self::Json(Value::Object(members)) => {
                members.get(name).cloned().map_or(Self::Undefined, Self::Json)
            }
            Self::Object(object) => object.get(name).cloned().unwrap_or_default(),
            _ => Self::Undefined,
        }
    }

    /// How many members an object has.
    pub(crate) fn member_count(&self) -> usize {
        match self {
            Self::Json(Value::Object(members)) => members.len(),
            Self::Object(object) => object.len(),
            _ => 0,
        }
    }

    /// The member of an object of that name; from arrays, the members of all their elements.
    pub(crate) fn lookup(&self, name: &str, meter: &mut Meter<'_>) -> Result<Self, Error> {
        if !self.is_array() {
            return Ok(self.member(name));
        }
        let mut found = Vec::new();
        self.gather(name, &mut found, meter)?;
        Ok(Self::sequence(found))
    }

    fn gather(&self, name: &str, found: &mut Vec<Self>, meter: &mut Meter<'_>) -> Result<(), Error> {
        match self {
            Self::Json(value) => gather(value, name, found, meter),
            Self::Object(object) => {
                let Some(value) = object.get(name) else {
                    return Ok(());
                };
                meter.look(value.elements().len())?;
                value.spread_into(found);
                Ok(())
            }
            Self::Array(array) => {
                meter.step(1 + array.items.len() as u64 / 8)?;
                array
                    .items
                    .iter()
                    .try_for_each(|item| item.gather(name, found, meter))
            }
            Self::Tuples(tuples) => {
                meter.look(tuples.len())?;
                tuples
                    .iter()
                    .try_for_each(|tuple| tuple.item.gather(name, found, meter))
            }
            Self::Undefined | Self::Func(_) => Ok(()),
        }
    }

    /// Appends the elements of an array, or the value itself.
    pub(crate) fn spread_into(&self, out: &mut Vec<Self>) {
        match self {
            Self::Json(Value::Array(elements)) => out.extend(elements.iter().cloned().map(Self::Json)),
            Self::Array(array) => out.extend(array.items.iter().cloned()),
            Self::Tuples(tuples) => out.extend(tuples.iter().map(|tuple| tuple.item.clone())),
            one => out.push(one.clone()),
        }
    }
}

fn gather(value: &Value, name: &str, found: &mut Vec<Val>, meter: &mut Meter<'_>) -> Result<(), Error> {
    match value {
        Value::Object(members) => match members.get(name) {
            Some(Value::Array(elements)) => {
                meter.look(elements.len())?;
                found.extend(elements.iter().cloned().map(Val::Json));
            }
            Some(value) => found.push(Val::Json(value.clone())),
            None => {}
        },
        Value::Array(elements) => {
            meter.step(1 + elements.len() as u64 / 8)?;
            for element in elements.iter() {
                gather(element, name, found, meter)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The elements of an array of either making.
#[derive(Clone, Copy)]
pub(crate) enum Elements<'a> {
    Json(&'a [Value]),
    Vals(&'a [Val]),
    Tuples(&'a [Tuple]),
}

impl Elements<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(elements) => elements.len(),
            Self::Vals(items) => items.len(),
            Self::Tuples(tuples) => tuples.len(),
        }
    }

    pub(crate) fn get(&self, place: usize) -> Val {
        match self {
            Self::Json(elements) => elements.get(place).cloned().map_or(Val::Undefined, Val::Json),
            Self::Vals(items) => items.get(place).cloned().unwrap_or_default(),
            Self::Tuples(tuples) => tuples
                .get(place)
                .map(|tuple| tuple.item.clone())
                .unwrap_or_default(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Val> {
        (0..self.len()).map(move |place| self.get(place))
    }

    pub(crate) fn to_vec(self) -> Vec<Val> {
        self.iter().collect()
    }

    /// Every element as a number, or `None` when one is not.
    pub(crate) fn numbers(&self) -> Option<Vec<f64>> {
        match self {
            Self::Json(elements) => elements.iter().map(Value::as_f64).collect(),
            Self::Vals(items) => items.iter().map(Val::as_f64).collect(),
            Self::Tuples(_) => None,
        }
    }
}

//! Search: collects what the indefinite part of a path finds.

use json::Value;

use crate::error::NotFound;
use crate::path::{effective, merged};
use crate::step::{Slice, Step};

/// How many values one evaluation may look at; hostile paths grow as powers of the input.
pub(crate) const VISITS_MAX: usize = 2_000_000;

/// Why a search ended without a result.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something is missing: an indefinite path then finds nothing.
    NotFound(NotFound),
    /// A step that makes no sense where it stands, or too long a search: every path fails.
    Refused(NotFound),
}

/// A search below a value. Once a path has become indefinite, what does not fit is passed over.
pub(crate) struct Search<'a> {
    steps: &'a [Step],
    root: &'a Value,
    found: Vec<Value>,
    visits: &'a mut usize,
}

impl<'a> Search<'a> {
    pub(crate) fn new(steps: &'a [Step], root: &'a Value, visits: &'a mut usize) -> Self {
        Self {
            steps,
            root,
            found: Vec::new(),
            visits,
        }
    }

    pub(crate) fn found(self) -> Value {
        Value::from(self.found)
    }

    /// Takes the steps from `at` on, starting at a value.
    pub(crate) fn walk(&mut self, value: &Value, at: usize) -> Result<(), Stop> {
        self.visit()?;
        let Some(step) = self.steps.get(at) else {
            self.found.push(value.clone());
            return Ok(());
        };
        match step {
            Step::Name(name) => match value.get(name) {
                Some(member) => self.walk(member, at + 1),
                None => Ok(()),
            },
            Step::Names(names) => self.names(value, names, at),
            Step::Index(index) => self.element(value, *index, at),
            Step::Indexes(indexes) => indexes
                .iter()
                .try_for_each(|index| self.element(value, *index, at)),
            Step::Slice(slice) => self.slice(value, *slice, at),
            Step::Wildcard => children(value).try_for_each(|child| self.walk(child, at + 1)),
            Step::Scan => self.scan(value, at + 1),
            Step::Filter(filters) => match value {
                Value::Array(elements) => elements.iter().try_for_each(|element| {
                    if self.satisfies(element, filters)? {
                        self.walk(element, at + 1)
                    } else {
                        Ok(())
                    }
                }),
                // Jayway asks an object itself, not its members.
                Value::Object(_) if self.satisfies(value, filters)? => self.walk(value, at + 1),
                _ => Ok(()),
            },
        }
    }

    fn names(&mut self, value: &Value, names: &[json::Str], at: usize) -> Result<(), Stop> {
        let Value::Object(members) = value else {
            return Ok(());
        };
        if at + 1 == self.steps.len() {
            self.found.push(merged(members, names));
            return Ok(());
        }
        let mut members = names.iter().filter_map(|name| members.get(name));
        members.try_for_each(|member| self.walk(member, at + 1))
    }

    fn element(&mut self, value: &Value, index: i64, at: usize) -> Result<(), Stop> {
        let Value::Array(elements) = value else {
            return Ok(());
        };
        match effective(index, elements.len()) {
            Some(index) => self.walk(&elements[index], at + 1),
            None => Ok(()),
        }
    }

    fn slice(&mut self, value: &Value, slice: Slice, at: usize) -> Result<(), Stop> {
        let Value::Array(elements) = value else {
            return Ok(());
        };
        let length = elements.len() as i64;
        let (from, to) = match slice {
            Slice::From(from) => (from_end(from, length).max(0), length),
            Slice::To(to) => (0, from_end(to, length).min(length)),
            // Jayway counts from a negative start up to the end as written: each index by itself may
            // count from the end.
            Slice::Between(from, to) => (from.max(-length), to.min(length)),
        };
        (from..to).try_for_each(|index| self.element(value, index, at))
    }

    /// Tries the step at `at` here and on everything below, a parent before its children.
    fn scan(&mut self, value: &Value, at: usize) -> Result<(), Stop> {
        let mut waiting = vec![value];
        while let Some(value) = waiting.pop() {
            self.visit()?;
            match (value, &self.steps[at]) {
                (Value::Object(_), Step::Name(_) | Step::Names(_) | Step::Wildcard | Step::Filter(_))
                | (Value::Array(_), Step::Index(_) | Step::Indexes(_) | Step::Slice(_) | Step::Wildcard) => {
                    self.walk(value, at)?;
                }
                // Jayway looks into an array only when the array itself satisfies the filter; the scan
                // comes to the objects in it anyway.
                (Value::Array(_), Step::Filter(filters)) if self.satisfies(value, filters)? => {
                    self.walk(value, at)?;
                }
                _ => {}
            }
            let start = waiting.len();
            waiting.extend(children(value).filter(|child| is_container(child)));
            waiting[start..].reverse();
        }
        Ok(())
    }

    fn satisfies(&mut self, value: &Value, filters: &[crate::filter::Filter]) -> Result<bool, Stop> {
        for filter in filters {
            self.visit()?;
            if !filter.accepts(value, self.root, self.visits)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn visit(&mut self) -> Result<(), Stop> {
        spend(self.visits, 1)
    }
}

/// Counts work; refuses when it is too much.
pub(crate) fn spend(visits: &mut usize, cost: usize) -> Result<(), Stop> {
    *visits = visits.saturating_add(cost);
    if *visits <= VISITS_MAX {
        return Ok(());
    }
    let message = format!("The path visits more than {VISITS_MAX} values");
    Err(Stop::Refused(NotFound { message, step: None }))
}

fn from_end(index: i64, length: i64) -> i64 {
    if index < 0 {
        index.saturating_add(length)
    } else {
        index
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// The elements of an array or the values of an object, in order.
pub(crate) fn children(value: &Value) -> impl Iterator<Item = &Value> {
    let elements = value.as_array().unwrap_or_default().iter();
    let members = value.as_object().into_iter().flat_map(|members| members.values());
    elements.chain(members)
}

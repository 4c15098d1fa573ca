//! Path: a compiled path and what it finds.

use std::sync::Arc;

use json::{Str, Value};

use crate::error::{NotFound, SyntaxError};
use crate::java::JavaText;
use crate::parse;
use crate::search::{Search, Stop};
use crate::step::{Step, Written};

/// A compiled path. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Path {
    steps: Arc<[Step]>,
    definite: bool,
}

impl Path {
    /// Reads a path that starts with `$`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Ok(Self::new(parse::path(text)?))
    }

    pub(crate) fn new(steps: Vec<Step>) -> Self {
        let last = steps.len().saturating_sub(1);
        let definite = steps.iter().enumerate().all(|(at, step)| match step {
            Step::Name(_) | Step::Index(_) => true,
            // Several names at the end give one object: the members that exist.
            Step::Names(_) => at == last,
            _ => false,
        });
        Self {
            steps: steps.into(),
            definite,
        }
    }

    /// Whether it can find one value at most.
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// Whether it is `$` alone.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What a definite path leads to, shared with the root, or a new array of all that an indefinite one finds.
    ///
    /// An indefinite path whose beginning is missing finds nothing, `[]`; but a filter or slice right at
    /// a value that it cannot be applied to fails, as in Jayway.
    pub fn find(&self, root: &Value) -> Result<Value, NotFound> {
        match self.seek(root, root, &mut 0) {
            Ok(found) => Ok(found),
            Err(Stop::NotFound(_)) if !self.definite => Ok(Value::from(Vec::new())),
            Err(Stop::NotFound(error) | Stop::Refused(error)) => Err(error),
        }
    }

    /// Finds from a value inside a document: `root` is what `$` means in a filter.
    pub(crate) fn seek(&self, value: &Value, root: &Value, visits: &mut usize) -> Result<Value, Stop> {
        let mut value = value;
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                Step::Name(name) => value = self.member(value, name, at)?,
                Step::Index(index) => value = self.element(value, *index, at)?,
                Step::Names(names) if at + 1 == self.steps.len() => return self.members(value, names, at),
                _ => return self.seek_all(value, root, at, visits),
            }
        }
        Ok(value.clone())
    }

    fn member<'a>(&self, value: &'a Value, name: &Str, at: usize) -> Result<&'a Value, Stop> {
        let Value::Object(members) = value else {
            return Err(self.no_object(at));
        };
        if let Some(found) = members.get(name) {
            return Ok(found);
        }
        let (words, steps) = match at + 1 == self.steps.len() {
            true => ("No results for path: ", &*self.steps),
            false => ("Missing property in path ", &self.steps[..=at]),
        };
        Err(self.not_found(at, format!("{words}{}", Written(steps))))
    }

    fn element<'a>(&self, value: &'a Value, index: i64, at: usize) -> Result<&'a Value, Stop> {
        let elements = self.array(value, at)?;
        effective(index, elements.len())
            .map(|index| &elements[index])
            .ok_or_else(|| self.not_found(at, format!("No results for path: {}", Written(&self.steps))))
    }

    fn members(&self, value: &Value, names: &[Str], at: usize) -> Result<Value, Stop> {
        let Value::Object(members) = value else {
            return Err(self.no_object(at));
        };
        Ok(merged(members, names))
    }

    /// Collects from the first indefinite step on. Everything before it was found.
    fn seek_all(&self, value: &Value, root: &Value, at: usize, visits: &mut usize) -> Result<Value, Stop> {
        match &self.steps[at] {
            Step::Slice(_) | Step::Indexes(_) => {
                self.array(value, at)?;
            }
            Step::Names(_) if !matches!(value, Value::Object(_)) => return Err(self.no_object(at)),
            Step::Filter(_) if !matches!(value, Value::Array(_) | Value::Object(_)) => {
                let message = format!(
                    "Filter: {} can not be applied to primitives. Current context is: {}",
                    Rest(&self.steps[at..]),
                    JavaText(value)
                );
                return Err(Stop::Refused(NotFound { message, step: None }));
            }
            _ => {}
        }
        let mut search = Search::new(&self.steps, root, visits);
        search.walk(value, at)?;
        Ok(search.found())
    }

    fn array<'a>(&self, value: &'a Value, at: usize) -> Result<&'a [Value], Stop> {
        match value {
            Value::Array(elements) => Ok(elements),
            Value::Null => {
                Err(self.not_found(at, format!("The path {} is null", Written(&self.steps[..at]))))
            }
            other => Err(Stop::Refused(NotFound {
                message: format!(
                    "Filter: {} can only be applied to arrays. Current context is: {}",
                    Rest(&self.steps[at..]),
                    JavaText(other)
                ),
                step: Some(self.steps[at].bare()),
            })),
        }
    }

    fn no_object(&self, at: usize) -> Stop {
        let path = Written(&self.steps[..at]);
        self.not_found(
            at,
            format!("Property {} not found in path {path}", self.steps[at]),
        )
    }

    fn not_found(&self, at: usize, message: String) -> Stop {
        Stop::NotFound(NotFound {
            message,
            step: Some(self.steps[at].bare()),
        })
    }
}

/// The index counted from the end when negative; `None` when out of range.
pub(crate) fn effective(index: i64, length: usize) -> Option<usize> {
    let index = if index < 0 {
        index.checked_add(i64::try_from(length).ok()?)?
    } else {
        index
    };
    usize::try_from(index).ok().filter(|index| *index < length)
}

/// Those of the named members that exist, as one object.
pub(crate) fn merged(members: &json::Object, names: &[Str]) -> Value {
    let picked = names
        .iter()
        .filter_map(|name| members.get(name).map(|value| (name.clone(), value.clone())));
    Value::Object(picked.collect())
}

struct Rest<'a>(&'a [Step]);

impl std::fmt::Display for Rest<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|step| step.fmt(out))
    }
}

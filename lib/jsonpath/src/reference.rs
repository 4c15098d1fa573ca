//! Reference paths: paths that name exactly one place, to read and to write.

use std::sync::Arc;

use json::{Object, Value};

use crate::error::{SyntaxError, WriteError};
use crate::parse;
use crate::path::Path;
use crate::step::Step;

/// A path of names and indexes only. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReferencePath {
    path: Path,
}

impl ReferencePath {
    /// Reads a reference path, which starts with `$`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let steps = parse::path(text)?;
        let place = |step: &Step| matches!(step, Step::Name(_)) || matches!(step, Step::Index(0..));
        if !steps.iter().all(place) {
            return Err(SyntaxError::new(0, "a reference path has names and indexes only"));
        }
        Ok(Self {
            path: Path::new(steps),
        })
    }

    /// Whether it is `$` alone.
    pub fn is_root(&self) -> bool {
        self.path.is_root()
    }

    /// The value at that place.
    pub fn read<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        self.path.steps().iter().try_fold(root, |value, step| match step {
            Step::Name(name) => value.get(name),
            Step::Index(index) => value.at(usize::try_from(*index).ok()?),
            _ => None,
        })
    }

    /// The root with a value written into that place; what lies beside it is shared.
    ///
    /// Missing objects on the way are made. An element of an array must exist, and what is neither
    /// object nor array is in the way.
    pub fn write(&self, root: &Value, value: Value) -> Result<Value, WriteError> {
        written(Some(root), self.path.steps(), value)
    }
}

fn written(place: Option<&Value>, steps: &[Step], value: Value) -> Result<Value, WriteError> {
    let Some((step, rest)) = steps.split_first() else {
        return Ok(value);
    };
    match (step, place) {
        (Step::Name(name), None) => {
            let mut members = Object::new();
            members.insert(name.clone(), written(None, rest, value)?);
            Ok(Value::Object(members))
        }
        (Step::Name(name), Some(Value::Object(members))) => {
            let member = written(members.get(name), rest, value)?;
            let mut members = members.clone();
            members.insert(name.clone(), member);
            Ok(Value::Object(members))
        }
        (Step::Index(index), Some(Value::Array(elements))) => {
            let index = usize::try_from(*index)
                .ok()
                .filter(|index| *index < elements.len());
            let index = index.ok_or_else(|| WriteError { step: step.bare() })?;
            let mut elements: Arc<[Value]> = elements.clone();
            let element = written(Some(&elements[index]), rest, value)?;
            Arc::make_mut(&mut elements)[index] = element;
            Ok(Value::Array(elements))
        }
        _ => Err(WriteError { step: step.bare() }),
    }
}

//! Paths: steps over items, tuples with bindings.

use std::rc::Rc;

use json::Value;
use smallvec::SmallVec;

use super::stream::{Results, Stream};
use super::{Evaluator, Frame};
use crate::ast::{Kind, Node, Stage};
use crate::error::Error;
use crate::value::{Tuple, Val};

pub(super) fn is_plain(step: &Node) -> bool {
    step.stages.is_empty()
        && step.predicate.is_empty()
        && !step.tuple
        && step.group.is_none()
        && !step.keep_array
}

impl Evaluator<'_> {
    /// A path of names through objects, from the context or a variable: it looks at nothing but what is on its way,
    /// and copies nothing. `None` when the path is not one of these.
    pub(super) fn straight_path(
        &mut self,
        node: &Node,
        steps: &[Node],
        input: &Val,
        frame: &Rc<Frame>,
    ) -> Option<Result<Val, Error>> {
        if node.keep_singleton || node.keep_array || node.group.is_some() {
            return None;
        }
        let variable;
        let (start, names) = match &steps[0].kind {
            Kind::Name(_) => (input, steps),
            Kind::Variable(name) if is_plain(&steps[0]) => {
                variable = self.variable(*name, frame);
                if variable.is_undefined() {
                    return Some(Ok(Val::Undefined));
                }
                (&variable, &steps[1..])
            }
            Kind::Context if is_plain(&steps[0]) => (input, &steps[1..]),
            _ => return None,
        };
        self.walk(names, start)
    }

    /// The member that plain names lead to from an object of the input.
    pub(super) fn walk(&mut self, names: &[Node], start: &Val) -> Option<Result<Val, Error>> {
        let Val::Json(whole @ Value::Object(_)) = start else {
            return None;
        };
        let mut value = whole;
        for step in names {
            let Kind::Name(name) = &step.kind else { return None };
            if !is_plain(step) {
                return None;
            }
            let next = match value {
                Value::Object(members) => members.get(name),
                Value::Array(_) => return None,
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => return Some(Ok(Val::Undefined)),
            }
        }
        if let Err(error) = self.meter.enter() {
            return Some(Err(error));
        }
        self.meter.leave();
        Some(Ok(Val::Json(value.clone())))
    }

    pub(super) fn path(
        &mut self,
        node: &Node,
        steps: &[Node],
        input: &Val,
        frame: &Rc<Frame>,
    ) -> Result<Val, Error> {
        let absolute = matches!(steps[0].kind, Kind::Variable(_) | Kind::Context);
        let mut stream = match input {
            array if array.is_array() && !absolute => Stream::Whole(array.clone()),
            one => Stream::One(one.clone()),
        };
        let mut tuples: Option<Vec<Tuple>> = None;
        let mut is_tuples = false;
        for (place, step) in steps.iter().enumerate() {
            is_tuples |= step.tuple;
            if place == 0 && step.consarray {
                stream = match self.evaluate(step, input, frame)? {
                    Val::Undefined => Stream::Empty,
                    value => Stream::from(value),
                };
            } else if is_tuples {
                tuples = Some(self.tuple_step(step, &stream, tuples.take(), frame)?);
            } else {
                stream = self.step(step, stream, frame, place + 1 == steps.len())?;
            }
            if !is_tuples && stream.len() == 0 {
                break;
            }
        }
        if let Some(tuples) = tuples {
            if let Some(group) = &node.group {
                return self.group(group, Val::Tuples(Rc::new(tuples)), frame);
            }
            if node.tuple {
                return Ok(Val::Tuples(Rc::new(tuples)));
            }
            stream = Stream::sequence(tuples.into_iter().map(|tuple| tuple.item).collect());
        }
        if let Some(group) = &node.group {
            return self.group_stream(group, stream, frame);
        }
        if node.keep_singleton || node.keep_array {
            self.meter.look(stream.len())?;
            return Ok(stream.keep_singleton());
        }
        Ok(super::collapse(stream.into_val(), false))
    }

    fn step(&mut self, step: &Node, input: Stream, frame: &Rc<Frame>, last: bool) -> Result<Stream, Error> {
        if let Kind::Sort(terms) = &step.kind {
            let mut sorted = self.sort(terms, step.position, input, frame)?;
            for stage in &step.stages {
                if let Stage::Filter(predicate) = stage {
                    sorted = self.filter(predicate, sorted, frame)?;
                }
            }
            return Ok(sorted);
        }
        let mut results = Results::default();
        let name = match &step.kind {
            Kind::Name(name) if step.predicate.is_empty() && step.group.is_none() && !step.keep_array => {
                Some(name)
            }
            _ => None,
        };
        if let Some(name) = name
            && step.stages.is_empty()
        {
            // A name needs no evaluation of its own, and its input no copy.
            self.meter.enter()?;
            self.meter.leave();
            self.name_step(name, &input, &mut results)?;
            return Ok(results.finish(last));
        }
        let count = input.len();
        for place in 0..count {
            let item = input.get(place);
            let value = match name {
                Some(name) => {
                    self.meter.step(1)?;
                    self.lookup(name, &item)?
                }
                None => self.evaluate(step, &item, frame)?,
            };
            if step.stages.is_empty() {
                self.gather(value, &mut results)?;
                continue;
            }
            let mut stream = Stream::from(value);
            for stage in &step.stages {
                if let Stage::Filter(predicate) = stage {
                    stream = self.filter(predicate, stream, frame)?;
                }
            }
            self.meter.charge_elements(results.added_by(stream.len()))?;
            results.push(stream);
        }
        Ok(results.finish(last))
    }

    fn name_step(&mut self, name: &str, input: &Stream, results: &mut Results) -> Result<(), Error> {
        self.meter.step(input.len() as u64)?;
        match input {
            Stream::Empty => Ok(()),
            Stream::One(item) => self.name_of_item(name, item, results),
            Stream::Many(items) => items
                .iter()
                .try_for_each(|item| self.name_of_item(name, item, results)),
            Stream::Tuples(tuples) => tuples
                .iter()
                .try_for_each(|tuple| self.name_of_item(name, &tuple.item, results)),
            Stream::Whole(Val::Json(Value::Array(elements))) => elements.iter().try_for_each(|element| {
                let value = match element {
                    Value::Object(members) => members.get(name).cloned().map_or(Val::Undefined, Val::Json),
                    array @ Value::Array(_) => self.lookup(name, &Val::Json(array.clone()))?,
                    _ => Val::Undefined,
                };
                self.gather(value, results)
            }),
            Stream::Whole(Val::Array(array)) => array
                .items
                .iter()
                .try_for_each(|item| self.name_of_item(name, item, results)),
            Stream::Whole(array) => {
                let mut items = array.elements().iter();
                items.try_for_each(|item| self.name_of_item(name, &item, results))
            }
        }
    }

    fn name_of_item(&mut self, name: &str, item: &Val, results: &mut Results) -> Result<(), Error> {
        let value = self.lookup(name, item)?;
        self.gather(value, results)
    }

    fn lookup(&mut self, name: &str, item: &Val) -> Result<Val, Error> {
        Ok(super::collapse(item.lookup(name, &mut self.meter)?, false))
    }

    /// Adds what a step gives for an item. Elements of arrays are copied when there are several.
    #[inline]
    fn gather(&mut self, value: Val, results: &mut Results) -> Result<(), Error> {
        if value.is_array() {
            self.meter
                .charge_elements(results.added_by(value.elements().len()))?;
        }
        results.push_val(value);
        Ok(())
    }

    fn tuple_step(
        &mut self,
        step: &Node,
        input: &Stream,
        tuples: Option<Vec<Tuple>>,
        frame: &Rc<Frame>,
    ) -> Result<Vec<Tuple>, Error> {
        if let Kind::Sort(terms) = &step.kind {
            let mut out = match tuples {
                Some(tuples) => self.sort_tuples(terms, step.position, tuples, frame)?,
                None => {
                    let items = Stream::sequence((0..input.len()).map(|place| input.get(place)).collect());
                    let sorted = self.sort(terms, step.position, items, frame)?.items();
                    let numbered = sorted.into_iter().enumerate();
                    numbered
                        .map(|(place, item)| {
                            let mut tuple = Tuple::from_item(item);
                            if let Some(index) = step.index {
                                tuple.bind(index, Val::number(place as f64));
                            }
                            tuple
                        })
                        .collect()
                }
            };
            for stage in &step.stages {
                out = self.tuple_stage(stage, out, frame)?;
            }
            return Ok(out);
        }
        let tuples = match tuples {
            Some(tuples) => tuples,
            None => (0..input.len())
                .map(|place| Tuple::from_item(input.get(place)))
                .collect(),
        };
        let mut out = Vec::new();
        for tuple in tuples {
            let inner = if tuple.bindings.is_empty() {
                frame.clone()
            } else {
                Frame::with(frame, tuple.bindings.clone())
            };
            let results = match self.evaluate(step, &tuple.item, &inner)? {
                Val::Undefined => continue,
                Val::Tuples(results) => {
                    for result in results.iter() {
                        let mut merged = Tuple {
                            item: result.item.clone(),
                            bindings: tuple.bindings.clone(),
                        };
                        for (name, value) in &result.bindings {
                            merged.bind(*name, value.clone());
                        }
                        out.push(merged);
                    }
                    continue;
                }
                other => other,
            };
            let elements = results.elements();
            self.meter.charge_elements(elements.len())?;
            for (place, result) in elements.iter().enumerate() {
                let mut next = tuple.clone();
                match step.focus {
                    Some(focus) => next.bind(focus, result),
                    None => next.item = result,
                }
                if let Some(index) = step.index {
                    next.bind(index, Val::number(place as f64));
                }
                if let Some(ancestor) = step.ancestor {
                    next.bind(ancestor, tuple.item.clone());
                }
                out.push(next);
            }
        }
        for stage in &step.stages {
            out = self.tuple_stage(stage, out, frame)?;
        }
        Ok(out)
    }

    fn tuple_stage(
        &mut self,
        stage: &Stage,
        mut tuples: Vec<Tuple>,
        frame: &Rc<Frame>,
    ) -> Result<Vec<Tuple>, Error> {
        match stage {
            Stage::Filter(predicate) => match self.filter(predicate, Stream::Tuples(tuples), frame)? {
                Stream::Tuples(tuples) => Ok(tuples),
                other => Ok(other.items().into_iter().map(Tuple::from_item).collect()),
            },
            Stage::Index(name) => {
                for (place, tuple) in tuples.iter_mut().enumerate() {
                    tuple.bind(*name, Val::number(place as f64));
                }
                Ok(tuples)
            }
        }
    }
}

impl Tuple {
    fn from_item(item: Val) -> Self {
        Self {
            item,
            bindings: SmallVec::new(),
        }
    }
}

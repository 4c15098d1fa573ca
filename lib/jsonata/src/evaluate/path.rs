//! Paths: steps over items, predicates, tuples with bindings.

use std::rc::Rc;

use json::Value;
use smallvec::SmallVec;

use super::{Evaluator, Frame};
use crate::ast::{Kind, Node, Stage};
use crate::error::Error;
use crate::functions::{boolean, numeric};
use crate::value::{Array, Tuple, Val};

/// What flows from step to step.
pub(crate) enum Stream {
    /// A sequence without items.
    Empty,
    /// A sequence of one.
    One(Val),
    /// A sequence of several.
    Many(Vec<Val>),
    /// An array that is passed on as it is.
    Whole(Val),
    /// Items with bindings.
    Tuples(Vec<Tuple>),
}

impl From<Val> for Stream {
    /// A value as the items it stands for.
    fn from(value: Val) -> Self {
        match value {
            Val::Undefined => Self::Empty,
            Val::Tuples(tuples) => Self::Tuples(Rc::unwrap_or_clone(tuples)),
            array if array.is_array() => Self::Whole(array),
            one => Self::One(one),
        }
    }
}

impl Stream {
    fn sequence(mut items: Vec<Val>) -> Self {
        match items.len() {
            0 => Self::Empty,
            1 => Self::One(items.pop().unwrap_or_default()),
            _ => Self::Many(items),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Many(items) => items.len(),
            Self::Whole(array) => array.elements().len(),
            Self::Tuples(tuples) => tuples.len(),
        }
    }

    fn get(&self, place: usize) -> Val {
        match self {
            Self::Empty => Val::Undefined,
            Self::One(item) => item.clone(),
            Self::Many(items) => items[place].clone(),
            Self::Whole(array) => array.elements().get(place),
            Self::Tuples(tuples) => tuples[place].item.clone(),
        }
    }

    /// The value it stands for once no step follows.
    pub(crate) fn into_val(self) -> Val {
        match self {
            Self::Empty => Val::Undefined,
            Self::One(item) => item,
            Self::Many(items) => Val::sequence(items),
            Self::Whole(array) => array,
            Self::Tuples(tuples) => Val::Tuples(Rc::new(tuples)),
        }
    }

    pub(super) fn items(self) -> Vec<Val> {
        match self {
            Self::Empty => Vec::new(),
            Self::One(item) => vec![item],
            Self::Many(items) => items,
            Self::Whole(array) => array.elements().to_vec(),
            Self::Tuples(tuples) => tuples.into_iter().map(|tuple| tuple.item).collect(),
        }
    }

    pub(super) fn keep_singleton(self) -> Val {
        let items = match self {
            Self::Empty => return Val::Undefined,
            Self::One(item) => vec![item],
            Self::Many(items) => items,
            Self::Whole(Val::Array(mut array)) => {
                if array.cons && !array.sequence {
                    vec![Val::Array(array)]
                } else {
                    if array.sequence {
                        Rc::make_mut(&mut array).keep_singleton = true;
                    }
                    return super::collapse(Val::Array(array), false);
                }
            }
            other => return other.into_val(),
        };
        let mut array = Array::sequence(items);
        array.keep_singleton = true;
        Val::Array(Rc::new(array))
    }
}

/// Gathers the results of a step over several items.
#[derive(Default)]
struct Results {
    count: usize,
    first: Option<Stream>,
    items: Vec<Val>,
}

impl Results {
    fn push(&mut self, result: Stream) {
        self.count += 1;
        if self.count == 1 {
            self.first = Some(result);
            return;
        }
        if let Some(first) = self.first.take() {
            self.add(first);
        }
        self.add(result);
    }

    fn push_val(&mut self, value: Val) {
        match value {
            Val::Undefined => {}
            // A list that was constructed is not flattened.
            Val::Array(array) if array.cons => self.push(Stream::One(Val::Array(array))),
            other if self.count > 0 && self.first.is_none() => {
                self.count += 1;
                other.spread_into(&mut self.items);
            }
            other => self.push(Stream::from(other)),
        }
    }

    fn add(&mut self, result: Stream) {
        match result {
            Stream::Empty => {}
            Stream::One(item) => self.items.push(item),
            Stream::Many(items) => self.items.extend(items),
            Stream::Whole(array) => array.spread_into(&mut self.items),
            Stream::Tuples(tuples) => self.items.extend(tuples.into_iter().map(|tuple| tuple.item)),
        }
    }

    fn finish(mut self, last: bool) -> Stream {
        match self.first.take() {
            Some(Stream::Whole(array)) if !last || array.is_sequence() => {
                Stream::sequence(array.elements().to_vec())
            }
            Some(Stream::One(Val::Array(array))) if array.cons && !array.sequence && last => {
                Stream::Whole(Val::Array(array))
            }
            Some(other) => other,
            None => Stream::sequence(self.items),
        }
    }
}

fn is_plain(step: &Node) -> bool {
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
        let Val::Json(whole) = start else { return None };
        let Value::Object(_) = whole else { return None };
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
                    super::collapse(item.lookup(name), false)
                }
                None => self.evaluate(step, &item, frame)?,
            };
            if step.stages.is_empty() {
                results.push_val(value);
                continue;
            }
            let mut stream = Stream::from(value);
            for stage in &step.stages {
                if let Stage::Filter(predicate) = stage {
                    stream = self.filter(predicate, stream, frame)?;
                }
            }
            results.push(stream);
        }
        Ok(results.finish(last))
    }

    fn name_step(&mut self, name: &str, input: &Stream, results: &mut Results) -> Result<(), Error> {
        let mut one = |item: &Val| results.push_val(super::collapse(item.lookup(name), false));
        match input {
            Stream::Empty => {}
            Stream::One(item) => one(item),
            Stream::Many(items) => items.iter().for_each(one),
            Stream::Tuples(tuples) => tuples.iter().for_each(|tuple| one(&tuple.item)),
            Stream::Whole(Val::Json(Value::Array(elements))) => {
                for element in elements.iter() {
                    match element {
                        Value::Object(members) => {
                            if let Some(value) = members.get(name) {
                                results.push_val(Val::Json(value.clone()));
                            }
                        }
                        array @ Value::Array(_) => {
                            let found = Val::Json(array.clone()).lookup(name);
                            results.push_val(super::collapse(found, false));
                        }
                        _ => {}
                    }
                }
            }
            Stream::Whole(array) => array.elements().iter().for_each(|item| one(&item)),
        }
        self.meter.step(input.len() as u64)
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

    /// The items a predicate picks, by their place or their truth.
    pub(super) fn filter(
        &mut self,
        predicate: &Node,
        input: Stream,
        frame: &Rc<Frame>,
    ) -> Result<Stream, Error> {
        let count = input.len();
        if let Kind::Literal(Value::Number(number)) = &predicate.kind
            && predicate.predicate.is_empty()
        {
            let Some(place) = place_of(number.as_f64(), count) else {
                return Ok(match input {
                    Stream::Tuples(_) => Stream::Tuples(Vec::new()),
                    _ => Stream::Empty,
                });
            };
            return Ok(match input {
                Stream::Tuples(mut tuples) => Stream::Tuples(vec![tuples.swap_remove(place)]),
                other => match other.get(place) {
                    array if array.is_array() => Stream::Whole(array),
                    item => Stream::One(item),
                },
            });
        }
        if let Stream::Tuples(tuples) = input {
            let mut kept = Vec::new();
            for (place, tuple) in tuples.into_iter().enumerate() {
                let inner = Frame::with(frame, tuple.bindings.clone());
                let result = self.evaluate(predicate, &tuple.item, &inner)?;
                for _ in 0..picks(self, &result, place, count)? {
                    kept.push(tuple.clone());
                }
            }
            return Ok(Stream::Tuples(kept));
        }
        if matches!(input, Stream::Empty) {
            // The predicate is evaluated all the same, and may fail.
            self.evaluate(predicate, &Val::Undefined, frame)?;
            return Ok(Stream::Empty);
        }
        let mut kept = Vec::new();
        for place in 0..count {
            let item = input.get(place);
            let result = self.evaluate(predicate, &item, frame)?;
            for _ in 0..picks(self, &result, place, count)? {
                kept.push(item.clone());
            }
        }
        Ok(Stream::sequence(kept))
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

/// How often the result of a predicate picks the item at a place.
fn picks(evaluator: &Evaluator<'_>, result: &Val, place: usize, count: usize) -> Result<usize, Error> {
    if let Some(number) = numeric(result)? {
        return Ok(usize::from(place_of(number, count) == Some(place)));
    }
    if result.is_array() {
        let elements = result.elements();
        if let Some(numbers) = elements.numbers() {
            if numbers.iter().any(|number| number.is_infinite()) {
                return Err(Error::new("D1001"));
            }
            return Ok(numbers
                .iter()
                .filter(|number| place_of(**number, count) == Some(place))
                .count());
        }
    }
    match result {
        Val::Func(_) => Ok(usize::from(evaluator.truth(result)?)),
        _ => Ok(usize::from(boolean(result)?.unwrap_or(false))),
    }
}

/// The place an index means; negative ones count from the end.
fn place_of(index: f64, count: usize) -> Option<usize> {
    let mut index = index.floor();
    if index < 0.0 {
        index += count as f64;
    }
    (index >= 0.0 && index < count as f64).then_some(index as usize)
}

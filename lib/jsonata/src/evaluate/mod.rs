//! The evaluator: walks the compiled expression over values.

pub(crate) mod comparator;
pub(crate) mod frame;
pub(crate) mod function;
mod group;
pub(crate) mod operators;
mod path;
mod predicate;
pub(crate) mod sort;
mod stream;
mod transform;

use std::rc::{Rc, Weak};

use json::{Str, Value};

use crate::ast::{Kind, Node, Stage, Sym};
use crate::budget::Meter;
use crate::dialect::Dialect;
use crate::error::{Error, Kind as Limit};
use crate::expression::{Compiled, Env};
use crate::functions::{Builtin, Functions, boolean, builtin};
use crate::value::{NESTING_MAX, Val};

pub(crate) use frame::Frame;
pub(crate) use stream::Stream;

/// One evaluation under way.
pub(crate) struct Evaluator<'a> {
    pub(crate) expression: &'a Compiled,
    pub(crate) variables: &'a dyn Fn(&str) -> Option<Value>,
    pub(crate) now_millis: i64,
    pub(crate) random: &'a mut dyn FnMut() -> u64,
    pub(crate) meter: Meter<'a>,
    /// The expression's names and those that `$eval` added.
    names: Vec<Str>,
    /// Values of names that no frame has, once they are known.
    base: Vec<Option<Val>>,
    root: Rc<Frame>,
    /// The frame that `$eval` is called in.
    pub(crate) eval_frame: Rc<Frame>,
    input: Val,
    /// Frames that hold functions which know them.
    cyclic: Vec<Weak<Frame>>,
}

/// Below this much stack, a new piece is taken.
pub(crate) const RED_ZONE: usize = 128 * 1024;
pub(crate) const STACK_PIECE: usize = 1024 * 1024;

impl<'a> Evaluator<'a> {
    pub(crate) fn new(expression: &'a Compiled, input: Val, env: Env<'a>) -> Self {
        Self {
            expression,
            variables: env.variables,
            now_millis: env.now_millis,
            random: env.random,
            meter: Meter::new(env.budget),
            names: Vec::new(),
            base: vec![None; expression.names.len()],
            root: Rc::default(),
            eval_frame: Rc::default(),
            input,
            cyclic: Vec::new(),
        }
    }

    /// Evaluates the whole expression.
    pub(crate) fn run(&mut self) -> Result<Val, Error> {
        let input = match &self.input {
            // An input that is an array is one item.
            array if array.is_array() => {
                let mut wrapper = crate::value::Array::sequence(vec![array.clone()]);
                wrapper.outer = true;
                Val::Array(Rc::new(wrapper))
            }
            other => other.clone(),
        };
        let root = self.root.clone();
        self.eval_frame = root.clone();
        let expression = self.expression;
        let result = self.evaluate(&expression.node, &input, &root);
        root.clear();
        for frame in std::mem::take(&mut self.cyclic) {
            if let Some(frame) = frame.upgrade() {
                frame.clear();
            }
        }
        result
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.expression.options.dialect
    }

    pub(crate) fn evaluate(&mut self, node: &Node, input: &Val, frame: &Rc<Frame>) -> Result<Val, Error> {
        self.meter.enter()?;
        let result = match &node.kind {
            // What cannot recurse needs no look at the stack.
            Kind::Literal(value) if node.predicate.is_empty() && node.group.is_none() => {
                Ok(Val::Json(value.clone()))
            }
            Kind::Variable(name) if node.predicate.is_empty() && node.group.is_none() && !node.keep_array => {
                Ok(self.variable(*name, frame))
            }
            Kind::Path(steps) => match self.straight_path(node, steps, input, frame) {
                Some(value) => value,
                None => stacker::maybe_grow(RED_ZONE, STACK_PIECE, || self.path(node, steps, input, frame)),
            },
            _ => stacker::maybe_grow(RED_ZONE, STACK_PIECE, || self.evaluate_node(node, input, frame)),
        };
        self.meter.leave();
        result
    }

    fn evaluate_node(&mut self, node: &Node, input: &Val, frame: &Rc<Frame>) -> Result<Val, Error> {
        let mut result = self.evaluate_kind(node, input, frame)?;
        if !node.predicate.is_empty() {
            let mut stream = Stream::from(result);
            for stage in &node.predicate {
                if let Stage::Filter(predicate) = stage {
                    stream = self.filter(predicate, stream, frame)?;
                }
            }
            result = if node.keep_array {
                stream.keep_singleton()
            } else {
                stream.into_val()
            };
        }
        if let Some(group) = &node.group {
            result = self.group(group, result, frame)?;
        }
        if node.keep_array && result.is_sequence() {
            self.meter.look(result.elements().len())?;
        }
        Ok(collapse(result, node.keep_array))
    }

    fn evaluate_kind(&mut self, node: &Node, input: &Val, frame: &Rc<Frame>) -> Result<Val, Error> {
        Ok(match &node.kind {
            Kind::Path(steps) => self.path(node, steps, input, frame)?,
            Kind::Name(name) => input.lookup(name, &mut self.meter)?,
            Kind::Literal(value) => Val::Json(value.clone()),
            Kind::Context => match input {
                Val::Array(array) if array.outer => array.items.first().cloned().unwrap_or_default(),
                other => other.clone(),
            },
            Kind::Variable(name) | Kind::Parent(name) => self.variable(*name, frame),
            Kind::Wildcard => self.wildcard(input)?,
            Kind::Descendant => self.descendants(input)?,
            Kind::Binary(op, pair) => self.binary(*op, &pair.0, &pair.1, node.position, input, frame)?,
            Kind::Negate(operand) => {
                let value = self.evaluate(operand, input, frame)?;
                self.negate(value, node.position)?
            }
            Kind::Array(items) => self.array(items, node.consarray, input, frame)?,
            Kind::Object(group) => self.group(group, input.clone(), frame)?,
            Kind::Function(procedure, arguments) => {
                self.call(procedure, arguments, node.position, input, frame, None)?
            }
            Kind::Partial(procedure, arguments) => {
                self.partial(procedure, arguments, node.position, input, frame)?
            }
            Kind::Lambda(lambda) => self.lambda(lambda, input, frame),
            Kind::Condition(parts) => {
                let condition = self.evaluate(&parts.0, input, frame)?;
                if self.truth(&condition)? {
                    self.evaluate(&parts.1, input, frame)?
                } else if let Some(otherwise) = &parts.2 {
                    self.evaluate(otherwise, input, frame)?
                } else {
                    Val::Undefined
                }
            }
            Kind::Elvis(pair) => {
                let value = self.evaluate(&pair.0, input, frame)?;
                if self.truth(&value)? {
                    value
                } else {
                    self.evaluate(&pair.1, input, frame)?
                }
            }
            Kind::Coalesce(pair) => match self.evaluate(&pair.0, input, frame)? {
                Val::Undefined => self.evaluate(&pair.1, input, frame)?,
                value => value,
            },
            Kind::Block(expressions, binds) => {
                let inner;
                let frame = if *binds {
                    inner = Rc::new(Frame::inside(frame));
                    &inner
                } else {
                    frame
                };
                let mut result = Val::Undefined;
                for expression in expressions {
                    result = self.evaluate(expression, input, frame)?;
                }
                result
            }
            Kind::Bind(name, value) => {
                let value = self.evaluate(value, input, frame)?;
                if !matches!(value, Val::Json(_) | Val::Undefined) && value.holds_function() {
                    self.meter.charge(64)?;
                    self.cyclic.push(Rc::downgrade(frame));
                }
                frame.bind(*name, value.clone());
                value
            }
            Kind::Apply(pair) => self.apply_operator(&pair.0, &pair.1, node.position, input, frame)?,
            Kind::Transform(transform) => Val::func(function::Func::Transform {
                transform: transform.clone(),
                frame: frame.clone(),
            }),
            Kind::Regex(regex) => Val::func(function::Func::Regex(regex.clone())),
            Kind::Sort(_) => Val::Undefined,
        })
    }

    /// The value of a variable, `$$`, or a builtin function.
    pub(crate) fn variable(&mut self, name: Sym, frame: &Rc<Frame>) -> Val {
        if let Some(value) = frame.lookup(name) {
            return value;
        }
        let place = name.0 as usize;
        if let Some(Some(value)) = self.base.get(place) {
            return value.clone();
        }
        let value = self.outer_variable(place);
        if self.base.len() <= place {
            self.base.resize(place + 1, None);
        }
        self.base[place] = Some(value.clone());
        value
    }

    fn outer_variable(&mut self, place: usize) -> Val {
        let text = match self.names.get(place) {
            Some(name) => name,
            None => &self.expression.names[place],
        };
        if &**text == "$" {
            return self.input.clone();
        }
        if let Some(value) = (self.variables)(text) {
            return Val::Json(value);
        }
        let known: Option<&'static Builtin> = match self.expression.builtins.get(place) {
            Some(known) => *known,
            None => builtin(text, self.expression.options.functions),
        };
        known.map_or(Val::Undefined, |builtin| {
            Val::func(function::Func::Native(builtin))
        })
    }

    /// Compiles an expression that may use this one's names.
    pub(crate) fn compile_inner(&mut self, text: &str) -> Result<Node, Error> {
        if self.names.is_empty() {
            self.names = self.expression.names.clone();
        }
        self.meter.look(self.names.len() * 4)?;
        let mut names = std::mem::take(&mut self.names);
        let node = crate::parser::compile(text, self.dialect(), &mut names);
        self.names = names;
        node
    }

    /// The frame that an expression in a text sees.
    pub(crate) fn frame_of_eval(&self) -> Rc<Frame> {
        self.eval_frame.clone()
    }

    pub(crate) fn is_step_functions(&self) -> bool {
        self.expression.options.functions == Functions::StepFunctions
    }

    /// A name's symbol, if it is known.
    pub(crate) fn symbol_of(&self, name: &str) -> Option<Sym> {
        let names = if self.names.is_empty() {
            &self.expression.names
        } else {
            &self.names
        };
        names
            .iter()
            .position(|known| &**known == name)
            .map(|place| Sym(place as u32))
    }

    pub(crate) fn name_of(&self, name: Sym) -> Str {
        let names = if self.names.is_empty() {
            &self.expression.names
        } else {
            &self.names
        };
        names[name.0 as usize].clone()
    }

    /// Whether a value counts as true in a condition. Functions do in 2.0.6: they are objects there.
    pub(crate) fn truth(&mut self, value: &Val) -> Result<bool, Error> {
        if let Val::Func(func) = value
            && !matches!(**func, function::Func::Regex(_))
        {
            return Ok(self.dialect() == Dialect::V2_0_6);
        }
        Ok(boolean(&mut self.meter, value)?.unwrap_or(false))
    }

    fn array(
        &mut self,
        items: &[Node],
        consarray: bool,
        input: &Val,
        frame: &Rc<Frame>,
    ) -> Result<Val, Error> {
        let mut out: Vec<Val> = Vec::with_capacity(items.len());
        // One value that is no array makes a sequence of itself and stays one; a second makes an array.
        for item in items {
            let value = self.evaluate(item, input, frame)?;
            if value.is_undefined() {
                continue;
            }
            if matches!(item.kind, Kind::Array(_)) {
                out.push(value);
            } else {
                if value.is_array() {
                    self.meter.charge_elements(value.elements().len())?;
                }
                match value {
                    Val::Array(array) if out.is_empty() => out = Rc::unwrap_or_clone(array).items,
                    value => value.spread_into(&mut out),
                }
            }
        }
        let mut array = crate::value::Array::plain(out);
        array.cons = consarray;
        nested(Val::Array(Rc::new(array)))
    }

    fn wildcard(&mut self, input: &Val) -> Result<Val, Error> {
        let inner;
        let input = match input {
            Val::Array(array) if array.outer => {
                inner = array.items.first().cloned().unwrap_or_default();
                &inner
            }
            other => other,
        };
        let values: Vec<Val> = match input {
            object if object.is_object() => {
                self.meter.charge_elements(object.member_count() * 4)?;
                object.members().into_iter().map(|(_, value)| value).collect()
            }
            array if array.is_array() => {
                self.meter.charge_elements(array.elements().len())?;
                array.elements().to_vec()
            }
            // A builtin is an object with members in 2.0.6, one of which is its implementation.
            Val::Func(func)
                if matches!(**func, function::Func::Native(_)) && self.dialect() == Dialect::V2_0_6 =>
            {
                vec![Val::bool(true), input.clone()]
            }
            _ => Vec::new(),
        };
        let mut out = Vec::with_capacity(values.len());
        let mut plain = false;
        for value in values {
            if value.is_array() {
                // Appending an array makes a plain array of the sequence, as in jsonata-js.
                plain = true;
                self.flatten(&value, &mut out)?;
            } else {
                out.push(value);
            }
        }
        Ok(if plain {
            Val::array(out)
        } else {
            Val::sequence(out)
        })
    }

    fn flatten(&mut self, value: &Val, out: &mut Vec<Val>) -> Result<(), Error> {
        if !value.is_array() {
            out.push(value.clone());
            return self.meter.step(1);
        }
        stacker::maybe_grow(RED_ZONE, STACK_PIECE, || {
            let mut elements = value.elements().iter();
            elements.try_for_each(|element| self.flatten(&element, out))
        })
    }

    fn descendants(&mut self, input: &Val) -> Result<Val, Error> {
        if input.is_undefined() {
            return Ok(Val::Undefined);
        }
        let mut found = Vec::new();
        self.descend(input, &mut found)?;
        Ok(Val::sequence(found))
    }

    fn descend(&mut self, value: &Val, found: &mut Vec<Val>) -> Result<(), Error> {
        self.meter.charge(32)?;
        stacker::maybe_grow(RED_ZONE, STACK_PIECE, || match value {
            array if array.is_array() => {
                let mut elements = array.elements().iter();
                elements.try_for_each(|element| self.descend(&element, found))
            }
            Val::Json(Value::Object(members)) => {
                found.push(value.clone());
                members
                    .values()
                    .try_for_each(|member| self.descend(&Val::Json(member.clone()), found))
            }
            Val::Object(object) => {
                found.push(value.clone());
                object
                    .members()
                    .iter()
                    .try_for_each(|(_, member)| self.descend(member, found))
            }
            other => {
                found.push(other.clone());
                Ok(())
            }
        })
    }
}

/// A sequence of one is that one, of none is nothing, unless it is to stay an array.
pub(crate) fn collapse(value: Val, keep_array: bool) -> Val {
    let Val::Array(mut array) = value else {
        return value;
    };
    if !array.sequence {
        return Val::Array(array);
    }
    if keep_array && !array.keep_singleton {
        Rc::make_mut(&mut array).keep_singleton = true;
    }
    match array.items.len() {
        0 => Val::Undefined,
        1 if !array.keep_singleton => match Rc::try_unwrap(array) {
            Ok(mut array) => array.items.pop().unwrap_or_default(),
            Err(array) => array.items[0].clone(),
        },
        _ => Val::Array(array),
    }
}

/// Refuses what nests deeper than can be dropped.
pub(crate) fn nested(value: Val) -> Result<Val, Error> {
    if value.nesting() > NESTING_MAX {
        return Err(Error::limit(Limit::Depth));
    }
    Ok(value)
}

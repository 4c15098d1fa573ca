//! Functions: what they are, how they are called, tail calls, partial application.

use std::rc::Rc;
use std::sync::Arc;

use json::{Str, Value};
use smallvec::{SmallVec, smallvec};

use super::{Evaluator, Frame, nested};
use crate::ast::{Kind, Lambda, Node, Sym, Transform};
use crate::error::{Error, Kind as Limit};
use crate::functions::Builtin;
use crate::functions::matching;
use crate::regex::Regex;
use crate::value::{Arguments, NESTING_MAX, Val};

/// A function value.
pub(crate) enum Func {
    Native(&'static Builtin),
    Lambda(Closure),
    /// A lambda some of whose parameters are given: the others by name.
    PartialLambda {
        closure: Closure,
        open: Vec<Sym>,
    },
    /// A builtin some of whose arguments are given.
    PartialNative {
        builtin: &'static Builtin,
        given: Vec<Option<Val>>,
        nesting: u32,
    },
    /// Another function some of whose arguments are given.
    PartialOther {
        func: Val,
        given: Vec<Option<Val>>,
        nesting: u32,
    },
    Regex(Arc<Regex>),
    /// The next match of a regular expression.
    Next {
        regex: Arc<Regex>,
        text: Str,
        from: usize,
    },
    Transform {
        transform: Arc<Transform>,
        frame: Rc<Frame>,
    },
    /// `f ~> g`
    Chain {
        first: Val,
        second: Val,
        nesting: u32,
    },
}

/// A lambda with what it was made in.
#[derive(Clone)]
pub(crate) struct Closure {
    lambda: Arc<Lambda>,
    input: Val,
    frame: Rc<Frame>,
}

impl Closure {
    pub(super) fn lambda(&self) -> &Lambda {
        &self.lambda
    }

    pub(super) fn input(&self) -> &Val {
        &self.input
    }

    pub(super) fn frame(&self) -> &Rc<Frame> {
        &self.frame
    }
}

/// How a call is named in errors, and where it is.
#[derive(Clone)]
pub(crate) struct Site {
    token: Option<Value>,
    position: usize,
}

impl Site {
    /// In jsonata-js, a chain is the lambda `function($f, $g) { function($x){ $g($f($x)) } }`, and shows it.
    fn in_chain(name: &str, position: usize) -> Self {
        Self {
            token: Some(name.into()),
            position,
        }
    }
}

impl Func {
    /// How many arguments it can take.
    pub(crate) fn arity(&self) -> usize {
        match self {
            Self::Native(builtin) => builtin.arity,
            Self::Lambda(closure) => closure.lambda.parameters.len(),
            Self::PartialLambda { open, .. } => open.len(),
            Self::PartialNative { given, .. } | Self::PartialOther { given, .. } => {
                given.iter().filter(|argument| argument.is_none()).count()
            }
            Self::Regex(_) => 2,
            Self::Next { .. } => 0,
            Self::Transform { .. } | Self::Chain { .. } => 1,
        }
    }

    /// How deep functions and values nest in it, which is how deep dropping it goes.
    pub(crate) fn nesting(&self) -> u32 {
        match self {
            Self::Native(_) | Self::Regex(_) | Self::Next { .. } => 0,
            Self::Lambda(closure) | Self::PartialLambda { closure, .. } => {
                1 + closure.frame.nesting().max(closure.input.nesting())
            }
            Self::PartialNative { nesting, .. } | Self::PartialOther { nesting, .. } => *nesting,
            Self::Transform { frame, .. } => 1 + frame.nesting(),
            Self::Chain { nesting, .. } => *nesting,
        }
    }

    /// Whether it was made in this very frame.
    pub(crate) fn knows(&self, frame: &Frame) -> bool {
        match self {
            Self::Lambda(closure) => std::ptr::eq(&*closure.frame, frame),
            Self::Transform { frame: own, .. } => std::ptr::eq(&**own, frame),
            _ => false,
        }
    }

    fn thunk(&self) -> Option<&Closure> {
        match self {
            Self::Lambda(closure) if closure.lambda.thunk => Some(closure),
            _ => None,
        }
    }
}

impl Evaluator<'_> {
    pub(super) fn lambda(&mut self, lambda: &Arc<Lambda>, input: &Val, frame: &Rc<Frame>) -> Val {
        Val::func(Func::Lambda(Closure {
            lambda: lambda.clone(),
            input: input.clone(),
            frame: frame.clone(),
        }))
    }

    /// A call written as one; `first` is the left side of `~>`.
    pub(super) fn call(
        &mut self,
        procedure: &Node,
        arguments: &[Node],
        position: usize,
        input: &Val,
        frame: &Rc<Frame>,
        first: Option<Val>,
    ) -> Result<Val, Error> {
        let func = self.evaluate(procedure, input, frame)?;
        let name = self.procedure_name(procedure);
        if func.is_undefined() && self.is_forgotten_dollar(procedure, frame) {
            return Err(with_name(Error::new("T1005").at(position), name));
        }
        let mut values = Arguments::with_capacity(arguments.len() + usize::from(first.is_some()));
        values.extend(first);
        for argument in arguments {
            values.push(self.evaluate(argument, input, frame)?);
        }
        if let Val::Func(function) = &func
            && let Func::Native(builtin) = &**function
            && builtin.name == "eval"
        {
            self.eval_frame = frame.clone();
        }
        let site = Site {
            token: name,
            position,
        };
        let result = self.apply(&func, values, input, Some(&site));
        result.map_err(|error| error.or_at(position).or_token(site.token.as_ref()))
    }

    /// What jsonata-js calls the procedure of a call.
    fn procedure_name(&self, procedure: &Node) -> Option<Value> {
        Some(match &procedure.kind {
            Kind::Path(steps) => return self.procedure_name(&steps[0]),
            Kind::Name(name) => Value::String(name.clone()),
            Kind::Variable(name) => Value::String(self.name_of(*name)),
            Kind::Context => Value::from(""),
            Kind::Literal(value) => value.clone(),
            Kind::Function(..) | Kind::Partial(..) => Value::from("("),
            Kind::Array(_) => Value::from("["),
            Kind::Object(_) => Value::from("{"),
            Kind::Negate(_) => Value::from("-"),
            Kind::Binary(op, _) => Value::from(op.text()),
            Kind::Bind(..) => Value::from(":="),
            Kind::Apply(_) => Value::from("~>"),
            Kind::Wildcard => Value::from("*"),
            Kind::Descendant => Value::from("**"),
            Kind::Regex(_) => Value::empty_object(),
            Kind::Block(..)
            | Kind::Parent(_)
            | Kind::Lambda(_)
            | Kind::Condition(_)
            | Kind::Elvis(_)
            | Kind::Coalesce(_)
            | Kind::Transform(_)
            | Kind::Sort(_) => return None,
        })
    }

    /// Whether a variable has the name that was called without its `$`.
    fn is_forgotten_dollar(&mut self, procedure: &Node, frame: &Rc<Frame>) -> bool {
        let Kind::Path(steps) = &procedure.kind else {
            return false;
        };
        let Kind::Name(name) = &steps[0].kind else {
            return false;
        };
        if let Some(symbol) = self.symbol_of(name) {
            return !self.variable(symbol, frame).is_undefined();
        }
        (self.variables)(name).is_some()
            || crate::functions::builtin(name, self.expression.options.functions).is_some()
    }

    pub(super) fn apply_operator(
        &mut self,
        left: &Node,
        right: &Node,
        position: usize,
        input: &Val,
        frame: &Rc<Frame>,
    ) -> Result<Val, Error> {
        let value = self.evaluate(left, input, frame)?;
        if let Kind::Function(procedure, arguments) = &right.kind {
            return self.call(procedure, arguments, right.position, input, frame, Some(value));
        }
        let func = self.evaluate(right, input, frame)?;
        if func.as_func().is_none() {
            return Err(crate::signature::with_value(
                Error::new("T2006").at(position),
                &func,
            ));
        }
        if value.as_func().is_some() {
            let nesting = 1 + value.nesting().max(func.nesting());
            return nested(Val::func(Func::Chain {
                first: value,
                second: func,
                nesting,
            }));
        }
        self.apply(&func, smallvec![value], &Val::null(), None)
    }

    pub(super) fn partial(
        &mut self,
        procedure: &Node,
        arguments: &[Option<Node>],
        position: usize,
        input: &Val,
        frame: &Rc<Frame>,
    ) -> Result<Val, Error> {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            given.push(match argument {
                Some(argument) => Some(self.evaluate(argument, input, frame)?),
                None => None,
            });
        }
        let func = self.evaluate(procedure, input, frame)?;
        let name = self.procedure_name(procedure);
        if func.is_undefined() && self.is_forgotten_dollar(procedure, frame) {
            return Err(with_name(Error::new("T1007").at(position), name));
        }
        let Val::Func(function) = &func else {
            return Err(with_name(Error::new("T1008").at(position), name));
        };
        let nesting = 1 + given
            .iter()
            .flatten()
            .map(Val::nesting)
            .max()
            .unwrap_or(0)
            .max(func.nesting());
        nested(Val::func(match &**function {
            Func::Lambda(closure) => partial_lambda(closure, &closure.lambda.parameters, given),
            Func::PartialLambda { closure, open } => partial_lambda(closure, open, given),
            Func::Native(builtin) => {
                given.resize(builtin.parameters, Some(Val::Undefined));
                Func::PartialNative {
                    builtin,
                    given,
                    nesting,
                }
            }
            _ => Func::PartialOther { func, given, nesting },
        }))
    }

    /// Calls a function and whatever it ends with calling.
    pub(crate) fn apply(
        &mut self,
        func: &Val,
        arguments: Arguments,
        context: &Val,
        site: Option<&Site>,
    ) -> Result<Val, Error> {
        let mut result = self.apply_once(func, arguments, context, site)?;
        loop {
            let Val::Func(thunk) = &result else {
                return Ok(result);
            };
            let Some(closure) = thunk.thunk() else {
                return Ok(result);
            };
            let Kind::Function(procedure, arguments) = &closure.lambda.body.kind else {
                return Ok(result);
            };
            let next = self.evaluate(procedure, &closure.input, &closure.frame)?;
            let site = Site {
                token: self
                    .procedure_name(procedure)
                    .filter(|_| matches!(procedure.kind, Kind::Variable(_))),
                position: procedure.position,
            };
            let mut values = Arguments::with_capacity(arguments.len());
            for argument in arguments {
                values.push(self.evaluate(argument, &closure.input, &closure.frame)?);
            }
            result = self.apply_once(&next, values, context, Some(&site))?;
        }
    }

    fn apply_once(
        &mut self,
        func: &Val,
        arguments: Arguments,
        context: &Val,
        site: Option<&Site>,
    ) -> Result<Val, Error> {
        let Val::Func(function) = func else {
            return Err(Error::new("T1006"));
        };
        // A chain of chains is called without evaluating anything, and must not be free.
        self.meter.step(1)?;
        self.meter.enter_native()?;
        let result = stacker::maybe_grow(super::RED_ZONE, super::STACK_PIECE, || {
            self.apply_function(function, arguments, context)
        });
        self.meter.leave_native();
        // What a chain calls it calls last, when its own call is over.
        let site = site.filter(|_| !matches!(**function, Func::Chain { .. }));
        match (result, site) {
            (Ok(value), _) => nested(value),
            (Err(error), Some(site)) => {
                let error = error.or_token(site.token.as_ref());
                Err(if site.position > 0 {
                    error.at(site.position)
                } else {
                    error
                })
            }
            (Err(error), None) => Err(error),
        }
    }

    fn apply_function(
        &mut self,
        function: &Rc<Func>,
        mut arguments: Arguments,
        context: &Val,
    ) -> Result<Val, Error> {
        match &**function {
            Func::Native(builtin) => {
                if let Some(signature) = &builtin.signature {
                    arguments = signature.validate(arguments, context, self.dialect(), &mut self.meter)?;
                }
                (builtin.run)(self, &arguments, context)
            }
            Func::Lambda(closure) => {
                if let Some(signature) = &closure.lambda.signature {
                    arguments = signature.validate(arguments, context, self.dialect(), &mut self.meter)?;
                }
                self.apply_closure(closure, &closure.lambda.parameters, arguments)
            }
            Func::PartialLambda { closure, open } => self.apply_closure(closure, open, arguments),
            Func::PartialNative { builtin, given, .. } => {
                let all = fill(given, arguments);
                (builtin.run)(self, &all, &Val::Undefined)
            }
            Func::PartialOther { func, given, .. } => {
                let all = fill(given, arguments);
                self.apply(func, all, &Val::null(), None)
            }
            Func::Regex(regex) => {
                let text = arguments.first().and_then(Val::as_text).cloned();
                let from = arguments.get(1).and_then(Val::as_f64).unwrap_or(0.0);
                match text {
                    Some(text) => matching::find(self, regex, &text, from.max(0.0) as usize),
                    None => Ok(Val::Undefined),
                }
            }
            Func::Next { regex, text, from } => matching::next(self, regex, text, *from),
            Func::Transform { transform, frame } => match arguments.first() {
                None | Some(Val::Undefined) => Ok(Val::Undefined),
                Some(value) if value.is_object() || value.is_array() => {
                    self.transform(transform, frame, value)
                }
                Some(value) => Err(crate::signature::with_value(Error::new("T0410").index(1), value)),
            },
            Func::Chain { first, second, .. } => {
                let value = self.apply(first, arguments, &Val::null(), Some(&Site::in_chain("f", 39)))?;
                self.apply(
                    second,
                    smallvec![value],
                    &Val::null(),
                    Some(&Site::in_chain("g", 35)),
                )
            }
        }
    }

    fn apply_closure(
        &mut self,
        closure: &Closure,
        parameters: &[Sym],
        arguments: Arguments,
    ) -> Result<Val, Error> {
        self.meter.look(parameters.len())?;
        let mut arguments = arguments.into_iter();
        let mut variables: SmallVec<[(Sym, Val); 2]> = SmallVec::with_capacity(parameters.len());
        for parameter in parameters {
            variables.push((*parameter, arguments.next().unwrap_or_default()));
        }
        let frame = Frame::with(&closure.frame, variables);
        if frame.nesting() > NESTING_MAX {
            return Err(Error::limit(Limit::Depth));
        }
        self.evaluate(&closure.lambda.body, &closure.input, &frame)
    }
}

fn partial_lambda(closure: &Closure, parameters: &[Sym], given: Vec<Option<Val>>) -> Func {
    let frame = Rc::new(Frame::inside(&closure.frame));
    let mut open = Vec::new();
    let mut given = given.into_iter();
    for parameter in parameters {
        match given.next() {
            Some(None) => open.push(*parameter),
            Some(Some(value)) => frame.bind(*parameter, value),
            None => frame.bind(*parameter, Val::Undefined),
        }
    }
    Func::PartialLambda {
        closure: Closure {
            lambda: closure.lambda.clone(),
            input: closure.input.clone(),
            frame,
        },
        open,
    }
}

fn fill(given: &[Option<Val>], arguments: Arguments) -> Arguments {
    let mut arguments = arguments.into_iter();
    given
        .iter()
        .map(|argument| match argument {
            Some(value) => value.clone(),
            None => arguments.next().unwrap_or_default(),
        })
        .collect()
}

fn with_name(error: Error, name: Option<Value>) -> Error {
    match name {
        Some(name) => error.token(name),
        None => error,
    }
}

//! The compiled expression: what the evaluator walks.

use std::collections::HashSet;
use std::sync::Arc;

use json::{Str, Value};

use crate::regex::Regex;
use crate::signature::Signature;

/// A variable's name, as its place in the expression's table of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Sym(pub(crate) u32);

/// A part of an expression.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) position: usize,
    /// `[]` follows: results stay arrays.
    pub(crate) keep_array: bool,
    /// A path with such a step.
    pub(crate) keep_singleton: bool,
    /// An array constructor at an end of a path: is not flattened.
    pub(crate) consarray: bool,
    /// The step makes tuples: items with bindings.
    pub(crate) tuple: bool,
    /// `@$name`
    pub(crate) focus: Option<Sym>,
    /// `#$name`
    pub(crate) index: Option<Sym>,
    /// The name under which `%` finds this step's context.
    pub(crate) ancestor: Option<Sym>,
    pub(crate) predicate: Vec<Stage>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) group: Option<Box<Group>>,
    /// Slots of `%` that still look for their step; empty when compiled.
    pub(crate) seeking: Vec<usize>,
}

/// What is done to the results of a step.
#[derive(Debug)]
pub(crate) enum Stage {
    Filter(Node),
    Index(Sym),
}

/// `{key: value, …}` after a step.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) pairs: Vec<(Node, Node)>,
    pub(crate) position: usize,
    /// The keys, if they are plain texts that differ.
    pub(crate) names: Option<Box<[Str]>>,
}

impl Group {
    pub(crate) fn new(pairs: Vec<(Node, Node)>, position: usize) -> Self {
        let names: Option<Box<[Str]>> = pairs.iter().map(|(key, _)| key.plain_text().cloned()).collect();
        let mut known = HashSet::new();
        Self {
            names: names.filter(|names| names.iter().all(|name| known.insert(name.clone()))),
            pairs,
            position,
        }
    }
}

/// One `<` or `>` term of an order-by clause.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) descending: bool,
    pub(crate) expression: Node,
}

/// `function($a, $b)<signature>{ body }`, or the thunk of a tail call.
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<Sym>,
    pub(crate) signature: Option<Signature>,
    pub(crate) body: Node,
    pub(crate) thunk: bool,
}

/// `|pattern|update, delete|`
#[derive(Debug)]
pub(crate) struct Transform {
    pub(crate) pattern: Node,
    pub(crate) update: Node,
    pub(crate) delete: Option<Node>,
    pub(crate) position: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Concat,
    Range,
    In,
    And,
    Or,
}

impl Op {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Concat => "&",
            Self::Range => "..",
            Self::In => "in",
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

#[derive(Debug)]
pub(crate) enum Kind {
    Path(Vec<Node>),
    Name(Str),
    /// A string, number, boolean or null.
    Literal(Value),
    /// `$`
    Context,
    Variable(Sym),
    Wildcard,
    Descendant,
    /// `%`: while parsing the number of a slot, then the name it was given.
    Parent(Sym),
    Binary(Op, Box<(Node, Node)>),
    Negate(Box<Node>),
    Array(Vec<Node>),
    Object(Box<Group>),
    Function(Box<Node>, Vec<Node>),
    /// A call with `?` (`None`) among its arguments.
    Partial(Box<Node>, Vec<Option<Node>>),
    Lambda(Arc<Lambda>),
    Condition(Box<(Node, Node, Option<Node>)>),
    /// `a ?: b`
    Elvis(Box<(Node, Node)>),
    /// `a ?? b`
    Coalesce(Box<(Node, Node)>),
    /// Expressions, and whether one of them binds a variable here.
    Block(Vec<Node>, bool),
    Bind(Sym, Box<Node>),
    Apply(Box<(Node, Node)>),
    Transform(Arc<Transform>),
    Regex(Arc<Regex>),
    Sort(Vec<Term>),
}

impl Node {
    pub(crate) fn new(kind: Kind, position: usize) -> Self {
        Self {
            kind,
            position,
            keep_array: false,
            keep_singleton: false,
            consarray: false,
            tuple: false,
            focus: None,
            index: None,
            ancestor: None,
            predicate: Vec::new(),
            stages: Vec::new(),
            group: None,
            seeking: Vec::new(),
        }
    }

    /// The text, if the node is one and nothing follows it.
    fn plain_text(&self) -> Option<&Str> {
        match &self.kind {
            Kind::Literal(Value::String(text)) if self.predicate.is_empty() && self.group.is_none() => {
                Some(text)
            }
            _ => None,
        }
    }

    /// Where jsonata-js says that the node is; it doesn't know of paths.
    pub(crate) fn place(&self) -> Option<usize> {
        (!matches!(self.kind, Kind::Path(_) | Kind::Parent(_))).then_some(self.position)
    }

    /// jsonata-js's name of the kind.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Path(_) => "path",
            Kind::Name(_) => "name",
            Kind::Literal(Value::String(_)) => "string",
            Kind::Literal(Value::Number(_)) => "number",
            Kind::Literal(_) => "value",
            Kind::Context | Kind::Variable(_) => "variable",
            Kind::Wildcard => "wildcard",
            Kind::Descendant => "descendant",
            Kind::Parent(_) => "parent",
            Kind::Binary(..) => "binary",
            Kind::Negate(_) | Kind::Array(_) | Kind::Object(_) => "unary",
            Kind::Function(..) => "function",
            Kind::Partial(..) => "partial",
            Kind::Lambda(_) => "lambda",
            Kind::Condition(_) | Kind::Elvis(_) | Kind::Coalesce(_) => "condition",
            Kind::Block(..) => "block",
            Kind::Bind(..) => "bind",
            Kind::Apply(_) => "apply",
            Kind::Transform(_) => "transform",
            Kind::Regex(_) => "regex",
            Kind::Sort(_) => "sort",
        }
    }

    /// Calls `visit` with each direct part.
    pub(crate) fn parts<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match &self.kind {
            Kind::Path(nodes) | Kind::Array(nodes) | Kind::Block(nodes, _) => {
                nodes.iter().for_each(&mut *visit)
            }
            Kind::Binary(_, pair) | Kind::Elvis(pair) | Kind::Coalesce(pair) | Kind::Apply(pair) => {
                visit(&pair.0);
                visit(&pair.1);
            }
            Kind::Negate(node) | Kind::Bind(_, node) => visit(node),
            Kind::Object(group) => group.pairs.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Kind::Function(procedure, arguments) => {
                visit(procedure);
                arguments.iter().for_each(&mut *visit);
            }
            Kind::Partial(procedure, arguments) => {
                visit(procedure);
                arguments.iter().flatten().for_each(&mut *visit);
            }
            Kind::Lambda(lambda) => visit(&lambda.body),
            Kind::Condition(parts) => {
                visit(&parts.0);
                visit(&parts.1);
                parts.2.iter().for_each(&mut *visit);
            }
            Kind::Transform(transform) => {
                visit(&transform.pattern);
                visit(&transform.update);
                transform.delete.iter().for_each(&mut *visit);
            }
            Kind::Sort(terms) => terms.iter().for_each(|term| visit(&term.expression)),
            Kind::Name(_)
            | Kind::Literal(_)
            | Kind::Context
            | Kind::Variable(_)
            | Kind::Wildcard
            | Kind::Descendant
            | Kind::Parent(_)
            | Kind::Regex(_) => {}
        }
        for stage in self.predicate.iter().chain(&self.stages) {
            if let Stage::Filter(node) = stage {
                visit(node);
            }
        }
        for (key, value) in self.group.iter().flat_map(|group| &group.pairs) {
            visit(key);
            visit(value);
        }
    }

    /// Calls `visit` with each direct part, to be changed.
    pub(crate) fn parts_mut(&mut self, visit: &mut dyn FnMut(&mut Node)) {
        match &mut self.kind {
            Kind::Path(nodes) | Kind::Array(nodes) | Kind::Block(nodes, _) => {
                nodes.iter_mut().for_each(&mut *visit)
            }
            Kind::Binary(_, pair) | Kind::Elvis(pair) | Kind::Coalesce(pair) | Kind::Apply(pair) => {
                visit(&mut pair.0);
                visit(&mut pair.1);
            }
            Kind::Negate(node) | Kind::Bind(_, node) => visit(node),
            Kind::Object(group) => group.pairs.iter_mut().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Kind::Function(procedure, arguments) => {
                visit(procedure);
                arguments.iter_mut().for_each(&mut *visit);
            }
            Kind::Partial(procedure, arguments) => {
                visit(procedure);
                arguments.iter_mut().flatten().for_each(&mut *visit);
            }
            Kind::Lambda(lambda) => {
                if let Some(lambda) = Arc::get_mut(lambda) {
                    visit(&mut lambda.body);
                }
            }
            Kind::Condition(parts) => {
                visit(&mut parts.0);
                visit(&mut parts.1);
                parts.2.iter_mut().for_each(&mut *visit);
            }
            Kind::Transform(transform) => {
                if let Some(transform) = Arc::get_mut(transform) {
                    visit(&mut transform.pattern);
                    visit(&mut transform.update);
                    transform.delete.iter_mut().for_each(&mut *visit);
                }
            }
            Kind::Sort(terms) => terms.iter_mut().for_each(|term| visit(&mut term.expression)),
            Kind::Name(_)
            | Kind::Literal(_)
            | Kind::Context
            | Kind::Variable(_)
            | Kind::Wildcard
            | Kind::Descendant
            | Kind::Parent(_)
            | Kind::Regex(_) => {}
        }
        for stage in self.predicate.iter_mut().chain(&mut self.stages) {
            if let Stage::Filter(node) = stage {
                visit(node);
            }
        }
        for (key, value) in self.group.iter_mut().flat_map(|group| &mut group.pairs) {
            visit(key);
            visit(value);
        }
    }
}

//! Works out what a tree means: flattens paths, hangs predicates on steps.

use std::collections::HashMap;
use std::sync::Arc;

use json::{Str, Value};

use super::ancestry::{Slot, push_ancestry};
use super::pratt::{Raw, RawKind};
use super::tail::tail_calls;
use crate::ast::{Group, Kind, Lambda, Node, Op, Stage, Sym, Term, Transform};
use crate::error::Error;
use crate::regex::Regex;

/// Turns the tree into nodes. Names become symbols of `names`.
pub(super) struct Processor<'a> {
    pub(super) names: &'a mut Vec<Str>,
    /// The places of the names.
    symbols: HashMap<Str, Sym>,
    pub(super) slots: Vec<Slot>,
}

impl<'a> Processor<'a> {
    pub(super) fn new(names: &'a mut Vec<Str>) -> Self {
        let places = names.iter().cloned().zip(0..);
        Self {
            symbols: places.map(|(name, place)| (name, Sym(place))).collect(),
            names,
            slots: Vec::new(),
        }
    }

    pub(super) fn symbol(&mut self, name: &str) -> Sym {
        if let Some(known) = self.symbols.get(name) {
            return *known;
        }
        let symbol = Sym(self.names.len() as u32);
        let name: Str = name.into();
        self.names.push(name.clone());
        self.symbols.insert(name, symbol);
        symbol
    }

    pub(super) fn process(&mut self, raw: Raw) -> Result<Node, Error> {
        let keep_array = raw.keep_array;
        let mut node = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.process_kind(raw))?;
        node.keep_array |= keep_array;
        Ok(node)
    }

    fn process_kind(&mut self, raw: Raw) -> Result<Node, Error> {
        let position = raw.position;
        let kind = match raw.kind {
            RawKind::Name(name) => return Ok(self.name(name, position, raw.keep_array)),
            RawKind::Keyword(name) => return Ok(self.name(name.into(), position, raw.keep_array)),
            RawKind::Literal(value) => Kind::Literal(value),
            RawKind::Variable(name) if name.is_empty() => Kind::Context,
            RawKind::Variable(name) => Kind::Variable(self.symbol(&name)),
            RawKind::Wildcard => Kind::Wildcard,
            RawKind::Descendant => Kind::Descendant,
            RawKind::Parent => {
                let slot = self.slots.len();
                self.slots.push(Slot {
                    label: slot,
                    level: 1,
                });
                Kind::Parent(Sym(slot as u32))
            }
            RawKind::Regex {
                pattern,
                ignore_case,
                multiline,
            } => Kind::Regex(Arc::new(Regex::new(&pattern, ignore_case, multiline, position)?)),
            RawKind::Placeholder => return Err(Error::new("S0201").at(position).token("?")),
            RawKind::End => return Err(Error::new("S0207").at(position).token("(end)")),
            RawKind::Binary(operator, left, right) => {
                return self.binary(operator, *left, *right, position, raw.keep_array);
            }
            RawKind::Group(left, pairs) => return self.group(*left, pairs, position),
            RawKind::Order(left, terms) => return self.order(*left, terms, position),
            RawKind::Negate(operand) => {
                let operand = self.process(*operand)?;
                if let Kind::Literal(Value::Number(number)) = operand.kind {
                    let mut literal = operand;
                    literal.kind = Kind::Literal(crate::number::to_value(-number.as_f64()));
                    return Ok(literal);
                }
                return Ok(self.around(position, vec![operand], |mut parts| {
                    Kind::Negate(Box::new(parts.pop().expect("one part was given")))
                }));
            }
            RawKind::Array(items) => {
                let items = self.all(items)?;
                return Ok(self.around(position, items, Kind::Array));
            }
            RawKind::Object(pairs) => {
                let mut node = Node::new(Kind::Wildcard, position);
                let mut done = Vec::with_capacity(pairs.len());
                for (key, value) in pairs {
                    let key = self.process(key)?;
                    push_ancestry(&mut node, &key);
                    let value = self.process(value)?;
                    push_ancestry(&mut node, &value);
                    done.push((key, value));
                }
                node.kind = Kind::Object(Box::new(Group::new(done, position)));
                return Ok(node);
            }
            RawKind::Function(procedure, arguments, partial) => {
                return self.function(*procedure, arguments, partial, position);
            }
            RawKind::Lambda {
                parameters,
                signature,
                body,
            } => {
                let parameters = parameters.iter().map(|name| self.symbol(name)).collect();
                let body = tail_calls(self.process(*body)?);
                Kind::Lambda(Arc::new(Lambda {
                    parameters,
                    signature,
                    body,
                    thunk: false,
                }))
            }
            RawKind::Condition(condition, then, otherwise) => {
                let mut node = Node::new(Kind::Wildcard, position);
                let condition = self.process(*condition)?;
                push_ancestry(&mut node, &condition);
                let then = self.process(*then)?;
                push_ancestry(&mut node, &then);
                let otherwise = otherwise.map(|otherwise| self.process(*otherwise)).transpose()?;
                if let Some(otherwise) = &otherwise {
                    push_ancestry(&mut node, otherwise);
                }
                node.kind = Kind::Condition(Box::new((condition, then, otherwise)));
                return Ok(node);
            }
            RawKind::Elvis(left, right) => return self.pair(*left, *right, position, Kind::Elvis),
            RawKind::Coalesce(left, right) => return self.pair(*left, *right, position, Kind::Coalesce),
            RawKind::Block(expressions) => {
                let expressions = self.all(expressions)?;
                let constructs = |part: &Node| match &part.kind {
                    Kind::Path(steps) => part.consarray || steps[0].consarray,
                    _ => part.consarray,
                };
                let consarray = expressions.iter().any(constructs);
                let mut node = self.around(position, expressions, |parts| Kind::Block(parts, false));
                node.consarray = consarray;
                return Ok(node);
            }
            RawKind::Transform(pattern, update, delete) => Kind::Transform(Arc::new(Transform {
                pattern: self.process(*pattern)?,
                update: self.process(*update)?,
                delete: delete.map(|delete| self.process(*delete)).transpose()?,
                position,
            })),
        };
        Ok(Node::new(kind, position))
    }

    fn name(&mut self, name: Str, position: usize, keep_array: bool) -> Node {
        let mut step = Node::new(Kind::Name(name), position);
        step.keep_array = keep_array;
        let mut path = Node::new(Kind::Path(vec![step]), position);
        path.keep_singleton = keep_array;
        path
    }

    fn all(&mut self, nodes: Vec<Raw>) -> Result<Vec<Node>, Error> {
        nodes.into_iter().map(|node| self.process(node)).collect()
    }

    /// A node that takes over what its parts still seek.
    fn around(&mut self, position: usize, parts: Vec<Node>, make: impl FnOnce(Vec<Node>) -> Kind) -> Node {
        let mut node = Node::new(Kind::Wildcard, position);
        for part in &parts {
            push_ancestry(&mut node, part);
        }
        node.kind = make(parts);
        node
    }

    fn pair(
        &mut self,
        left: Raw,
        right: Raw,
        position: usize,
        make: impl FnOnce(Box<(Node, Node)>) -> Kind,
    ) -> Result<Node, Error> {
        let mut node = Node::new(Kind::Wildcard, position);
        let left = self.process(left)?;
        let right = self.process(right)?;
        push_ancestry(&mut node, &left);
        push_ancestry(&mut node, &right);
        node.kind = make(Box::new((left, right)));
        Ok(node)
    }

    fn function(
        &mut self,
        procedure: Raw,
        arguments: Vec<Raw>,
        partial: bool,
        position: usize,
    ) -> Result<Node, Error> {
        let mut node = Node::new(Kind::Wildcard, position);
        let mut done = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if matches!(argument.kind, RawKind::Placeholder) {
                done.push(None);
                continue;
            }
            let argument = self.process(argument)?;
            push_ancestry(&mut node, &argument);
            done.push(Some(argument));
        }
        let procedure = Box::new(self.process(procedure)?);
        node.kind = if partial {
            Kind::Partial(procedure, done)
        } else {
            Kind::Function(procedure, done.into_iter().flatten().collect())
        };
        Ok(node)
    }

    fn group(&mut self, left: Raw, pairs: Vec<(Raw, Raw)>, position: usize) -> Result<Node, Error> {
        let mut node = self.process(left)?;
        if node.group.is_some() {
            return Err(Error::new("S0210").at(position));
        }
        let mut done = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            done.push((self.process(key)?, self.process(value)?));
        }
        node.group = Some(Box::new(Group::new(done, position)));
        Ok(node)
    }

    fn order(&mut self, left: Raw, terms: Vec<(bool, Raw)>, position: usize) -> Result<Node, Error> {
        let mut path = self.process(left)?;
        if !matches!(path.kind, Kind::Path(_)) {
            let position = path.position;
            path = Node::new(Kind::Path(vec![path]), position);
        }
        let mut sort = Node::new(Kind::Wildcard, position);
        let mut done = Vec::with_capacity(terms.len());
        for (descending, expression) in terms {
            let expression = self.process(expression)?;
            push_ancestry(&mut sort, &expression);
            done.push(Term {
                descending,
                expression,
            });
        }
        sort.kind = Kind::Sort(done);
        steps_of(&mut path).push(sort);
        self.resolve_ancestry(&mut path)?;
        Ok(path)
    }

    fn binary(
        &mut self,
        operator: &'static str,
        left: Raw,
        right: Raw,
        position: usize,
        keep_array: bool,
    ) -> Result<Node, Error> {
        let op = match operator {
            "." => return self.path(left, right),
            "[" => return self.filter(left, right, position),
            ":=" => {
                let RawKind::Variable(name) = &left.kind else {
                    return Err(Error::new("S0212").at(position));
                };
                let name = self.symbol(name);
                let value = self.process(right)?;
                let mut node = Node::new(Kind::Wildcard, position);
                push_ancestry(&mut node, &value);
                node.kind = Kind::Bind(name, Box::new(value));
                return Ok(node);
            }
            "@" => return self.focus(left, right, position, keep_array),
            "#" => return self.index(left, right),
            "~>" => {
                let left = self.process(left)?;
                let right = self.process(right)?;
                let keep = left.keep_array || right.keep_array;
                let mut node = Node::new(Kind::Apply(Box::new((left, right))), position);
                node.keep_array = keep;
                return Ok(node);
            }
            "+" => Op::Add,
            "-" => Op::Subtract,
            "*" => Op::Multiply,
            "/" => Op::Divide,
            "%" => Op::Modulo,
            "=" => Op::Equal,
            "!=" => Op::NotEqual,
            "<" => Op::Less,
            "<=" => Op::LessEqual,
            ">" => Op::Greater,
            ">=" => Op::GreaterEqual,
            "&" => Op::Concat,
            ".." => Op::Range,
            "in" => Op::In,
            "and" => Op::And,
            "or" => Op::Or,
            other => return Err(Error::new("S0204").at(position).token(other)),
        };
        self.pair(left, right, position, |pair| Kind::Binary(op, pair))
    }

    fn path(&mut self, left: Raw, right: Raw) -> Result<Node, Error> {
        let first = self.process(left)?;
        let mut path = if matches!(first.kind, Kind::Path(_)) {
            first
        } else {
            let position = first.position;
            let seeking = match first.kind {
                Kind::Parent(slot) => vec![slot.0 as usize],
                _ => Vec::new(),
            };
            let mut path = Node::new(Kind::Path(vec![first]), position);
            path.seeking = seeking;
            path
        };
        let mut rest = self.process(right)?;
        let steps = steps_of(&mut path);
        match rest.kind {
            Kind::Path(more) => steps.extend(more),
            _ => {
                rest.stages.append(&mut rest.predicate);
                steps.push(rest);
            }
        }
        for step in steps.iter_mut() {
            match &step.kind {
                Kind::Literal(Value::String(name)) => step.kind = Kind::Name(name.clone()),
                Kind::Literal(value) => {
                    return Err(Error::new("S0213").at(step.position).value(value.clone()));
                }
                _ => {}
            }
        }
        let keep = steps.iter().any(|step| step.keep_array);
        let last = steps.len() - 1;
        for place in [0, last] {
            if matches!(steps[place].kind, Kind::Array(_)) {
                steps[place].consarray = true;
            }
        }
        path.keep_singleton |= keep;
        self.resolve_ancestry(&mut path)?;
        Ok(path)
    }

    fn filter(&mut self, left: Raw, right: Raw, position: usize) -> Result<Node, Error> {
        let mut node = self.process(left)?;
        let is_path = matches!(node.kind, Kind::Path(_));
        {
            let step = last_step(&mut node);
            if step.group.is_some() {
                return Err(Error::new("S0209").at(position));
            }
        }
        let predicate = self.process(right)?;
        let step = last_step(&mut node);
        for slot in predicate.seeking.clone() {
            if self.slots[slot].level == 1 {
                self.seek_parent(step, slot)?;
            } else {
                self.slots[slot].level -= 1;
            }
        }
        if !predicate.seeking.is_empty() {
            push_ancestry(step, &predicate);
        }
        let stages = if is_path {
            &mut step.stages
        } else {
            &mut step.predicate
        };
        stages.push(Stage::Filter(predicate));
        Ok(node)
    }

    fn focus(&mut self, left: Raw, right: Raw, position: usize, keep_array: bool) -> Result<Node, Error> {
        let mut node = self.process(left)?;
        let name = self.variable(&right);
        let step = last_step(&mut node);
        if !step.stages.is_empty() || !step.predicate.is_empty() {
            return Err(Error::new("S0215").at(position));
        }
        if matches!(step.kind, Kind::Sort(_)) {
            return Err(Error::new("S0216").at(position));
        }
        step.keep_array |= keep_array;
        step.focus = Some(name);
        step.tuple = true;
        Ok(node)
    }

    fn index(&mut self, left: Raw, right: Raw) -> Result<Node, Error> {
        let mut node = self.process(left)?;
        let name = self.variable(&right);
        if !matches!(node.kind, Kind::Path(_)) {
            node.stages.append(&mut node.predicate);
            let position = node.position;
            node = Node::new(Kind::Path(vec![node]), position);
        }
        let step = last_step(&mut node);
        if step.stages.is_empty() {
            step.index = Some(name);
        } else {
            step.stages.push(Stage::Index(name));
        }
        step.tuple = true;
        Ok(node)
    }

    fn variable(&mut self, raw: &Raw) -> Sym {
        match &raw.kind {
            RawKind::Variable(name) => self.symbol(name),
            _ => self.symbol(""),
        }
    }
}

fn steps_of(path: &mut Node) -> &mut Vec<Node> {
    match &mut path.kind {
        Kind::Path(steps) => steps,
        _ => unreachable!("only paths are asked for their steps"),
    }
}

fn last_step(node: &mut Node) -> &mut Node {
    if matches!(node.kind, Kind::Path(_)) {
        return steps_of(node).last_mut().expect("a path has a step");
    }
    node
}

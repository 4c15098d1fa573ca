//! Comparators: functions such as `function($a, $b) { $a.price > $b.price }`, which compare what two items come to
//! under one expression. A sort evaluates it once for an item, not once for a comparison.

use std::cmp::Ordering;
use std::rc::Rc;

use json::{Str, Value};
use smallvec::{SmallVec, smallvec};

use super::function::{Closure, Func};
use super::operators::compare_text;
use super::path::is_plain;
use super::sort::merge_sort;
use super::{Evaluator, Frame};
use crate::ast::{Kind, Lambda, Node, Op, Stage, Sym};
use crate::error::{Error, Kind as Limit};
use crate::value::Val;

/// Builtins that give the same for the same, call no function and fail the same way each time.
const PURE: [&str; 27] = [
    "abs",
    "average",
    "boolean",
    "ceil",
    "count",
    "exists",
    "floor",
    "formatNumber",
    "fromMillis",
    "join",
    "length",
    "lookup",
    "lowercase",
    "max",
    "min",
    "not",
    "number",
    "pad",
    "power",
    "round",
    "sqrt",
    "string",
    "substring",
    "sum",
    "toMillis",
    "trim",
    "uppercase",
];

/// Expressions that nest deeper are not looked at.
const DEPTH_MAX: usize = 16;

/// A comparator of that kind.
struct Comparator<'f> {
    op: Op,
    /// What an item comes to, if `parameter` is the item.
    key: &'f Node,
    /// The names that follow the item, if the key is nothing else.
    names: Option<&'f [Node]>,
    parameter: Sym,
    /// Whether the second item stands on the operator's left.
    swapped: bool,
    /// Evaluations that the key is nested in.
    depth: usize,
    procedures: SmallVec<[Sym; 2]>,
}

/// What items are sorted by. Nothing is NaN, or no text: no comparison with it is true.
enum Keys {
    Numbers(Vec<f64>),
    Texts(Vec<Option<Str>>),
}

/// The order a comparator puts items in, found from their keys.
pub(crate) struct KeyOrder {
    keys: Keys,
    op: Op,
    swapped: bool,
}

impl KeyOrder {
    pub(crate) fn ascending(numbers: Vec<f64>) -> Self {
        Self {
            keys: Keys::Numbers(numbers),
            op: Op::Greater,
            swapped: false,
        }
    }

    /// Where the items come from once they are sorted.
    pub(crate) fn places(&self, evaluator: &mut Evaluator<'_>) -> Result<Vec<u32>, Error> {
        match &self.keys {
            Keys::Numbers(keys) => {
                evaluator
                    .meter
                    .step(keys.len() as u64 * u64::from(keys.len().ilog2() + 1))?;
                match (self.op, self.swapped) {
                    (Op::Greater, false) | (Op::Less, true) => by_numbers(keys, |a, b| a > b, false),
                    (Op::Less, false) | (Op::Greater, true) => by_numbers(keys, |a, b| a < b, true),
                    (Op::GreaterEqual, false) | (Op::LessEqual, true) => {
                        by_numbers(keys, |a, b| a >= b, false)
                    }
                    _ => by_numbers(keys, |a, b| a <= b, true),
                }
            }
            Keys::Texts(keys) => merge_sort(keys.len(), |a, b| {
                let (Some(a), Some(b)) = (&keys[a], &keys[b]) else {
                    return Ok(false);
                };
                evaluator.meter.compare(a.len(), b.len())?;
                let order = compare_text(a, b);
                let order = if self.swapped { order.reverse() } else { order };
                Ok(match self.op {
                    Op::Less => order == Ordering::Less,
                    Op::LessEqual => order != Ordering::Greater,
                    Op::Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                })
            }),
        }
    }
}

/// `falls` says whether `swaps` puts the greatest first.
fn by_numbers(keys: &[f64], swaps: impl Fn(f64, f64) -> bool, falls: bool) -> Result<Vec<u32>, Error> {
    if keys.iter().any(|key| key.is_nan() || swaps(*key, *key)) {
        return merge_sort(keys.len(), |a, b| Ok(swaps(keys[a], keys[b])));
    }
    // Nothing is without an order, and equal ones keep their places: any such sort gives what jsonata-js's does.
    let ranks = keys
        .iter()
        .map(|key| if falls { !rank(*key) } else { rank(*key) });
    let mut sorted: Vec<(u64, u32)> = ranks.zip(0..).collect();
    sorted.sort_unstable();
    Ok(sorted.into_iter().map(|(_, place)| place).collect())
}

/// A whole number that is greater where the number is, and the same for both zeros.
fn rank(number: f64) -> u64 {
    const SIGN: u64 = 1 << 63;
    let bits = (number + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

impl Evaluator<'_> {
    /// The keys of items under a comparator; `None` if it is not of the kind, or if comparing them may fail.
    pub(crate) fn key_order(&mut self, comparator: &Val, items: &[Val]) -> Result<Option<KeyOrder>, Error> {
        let Val::Func(func) = comparator else {
            return Ok(None);
        };
        let Func::Lambda(closure) = &**func else {
            return Ok(None);
        };
        let Some(comparator) = Comparator::of(closure.lambda()) else {
            return Ok(None);
        };
        if !comparator
            .procedures
            .iter()
            .all(|name| self.is_pure(*name, closure))
        {
            return Ok(None);
        }
        match self.keys(&comparator, closure, items) {
            Ok(keys) => Ok(keys.map(|keys| KeyOrder {
                keys,
                op: comparator.op,
                swapped: comparator.swapped,
            })),
            Err(error) if matches!(error.kind(), Limit::Time | Limit::Memory) => Err(error),
            // The comparison that meets it first is to fail.
            Err(_) => Ok(None),
        }
    }

    fn is_pure(&mut self, procedure: Sym, closure: &Closure) -> bool {
        match self.variable(procedure, closure.frame()) {
            Val::Func(func) => matches!(&*func, Func::Native(builtin) if PURE.contains(&builtin.name)),
            _ => false,
        }
    }

    fn keys(
        &mut self,
        comparator: &Comparator<'_>,
        closure: &Closure,
        items: &[Val],
    ) -> Result<Option<Keys>, Error> {
        // Nothing in a key can hold on to the frame, so that one serves all.
        let frame = Frame::with(closure.frame(), smallvec![(comparator.parameter, Val::Undefined)]);
        let mut keys = Keys::Numbers(Vec::with_capacity(items.len()));
        let mut missing = 0;
        for (place, item) in items.iter().enumerate() {
            let value = self.sort_key(comparator, closure, &frame, item)?;
            missing += usize::from(value.is_undefined());
            match (&mut keys, value) {
                (Keys::Numbers(keys), Val::Undefined) => keys.push(f64::NAN),
                (Keys::Texts(keys), Val::Undefined) => keys.push(None),
                (Keys::Numbers(keys), Val::Json(Value::Number(number))) => keys.push(number.as_f64()),
                (Keys::Texts(keys), Val::Json(Value::String(text))) => keys.push(Some(text)),
                (Keys::Numbers(_), Val::Json(Value::String(text))) if missing == place => {
                    let mut texts = vec![None; place];
                    texts.push(Some(text));
                    keys = Keys::Texts(texts);
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(keys))
    }

    fn sort_key(
        &mut self,
        comparator: &Comparator<'_>,
        closure: &Closure,
        frame: &Rc<Frame>,
        item: &Val,
    ) -> Result<Val, Error> {
        for _ in 0..comparator.depth {
            self.meter.enter()?;
        }
        let mut walked = None;
        if let Some(names) = comparator.names {
            self.meter.enter()?;
            walked = self.walk(names, item);
            self.meter.leave();
        }
        let value = walked.unwrap_or_else(|| {
            frame.bind(comparator.parameter, item.clone());
            self.evaluate(comparator.key, closure.input(), frame)
        });
        for _ in 0..comparator.depth {
            self.meter.leave();
        }
        value
    }
}

impl<'f> Comparator<'f> {
    fn of(lambda: &'f Lambda) -> Option<Self> {
        let [first, second] = lambda.parameters[..] else {
            return None;
        };
        if first == second || lambda.signature.is_some() || lambda.thunk {
            return None;
        }
        let mut body = &lambda.body;
        let mut depth = 1;
        while let Kind::Block(expressions, false) = &body.kind
            && let [one] = &expressions[..]
            && is_plain(body)
            && depth < DEPTH_MAX
        {
            body = one;
            depth += 1;
        }
        let Kind::Binary(op @ (Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual), sides) =
            &body.kind
        else {
            return None;
        };
        if !is_plain(body) {
            return None;
        }
        [(first, second), (second, first)]
            .into_iter()
            .find_map(|(left, right)| {
                let mut alike = Alike {
                    left,
                    right,
                    procedures: SmallVec::new(),
                };
                alike.nodes(&sides.0, &sides.1, 0).then_some(Self {
                    op: *op,
                    key: &sides.0,
                    names: names_after(&sides.0, left),
                    parameter: left,
                    swapped: left == second,
                    depth,
                    procedures: alike.procedures,
                })
            })
    }
}

/// The steps after a variable.
fn names_after(key: &Node, variable: Sym) -> Option<&[Node]> {
    match &key.kind {
        Kind::Path(steps) if is_plain(key) && !key.keep_singleton && is_plain(&steps[0]) => {
            matches!(steps[0].kind, Kind::Variable(name) if name == variable).then_some(&steps[1..])
        }
        _ => None,
    }
}

/// Compares two expressions that are the same but for one variable.
struct Alike {
    left: Sym,
    right: Sym,
    procedures: SmallVec<[Sym; 2]>,
}

impl Alike {
    fn nodes(&mut self, a: &Node, b: &Node, depth: usize) -> bool {
        let marks = |node: &Node| (node.keep_array, node.keep_singleton, node.consarray);
        let is_simple = |node: &Node| {
            !node.tuple
                && node.focus.is_none()
                && node.index.is_none()
                && node.ancestor.is_none()
                && node.group.is_none()
        };
        depth < DEPTH_MAX
            && marks(a) == marks(b)
            && is_simple(a)
            && is_simple(b)
            && self.stages(&a.predicate, &b.predicate, depth + 1)
            && self.stages(&a.stages, &b.stages, depth + 1)
            && self.kinds(&a.kind, &b.kind, depth + 1)
    }

    fn stages(&mut self, a: &[Stage], b: &[Stage], depth: usize) -> bool {
        let mut pairs = a.iter().zip(b);
        a.len() == b.len()
            && pairs.all(|pair| match pair {
                (Stage::Filter(a), Stage::Filter(b)) => self.nodes(a, b, depth),
                _ => false,
            })
    }

    fn list(&mut self, a: &[Node], b: &[Node], depth: usize) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.nodes(a, b, depth))
    }

    fn kinds(&mut self, a: &Kind, b: &Kind, depth: usize) -> bool {
        match (a, b) {
            (Kind::Variable(a), Kind::Variable(b)) => {
                (*a == self.left && *b == self.right) || (a == b && *a != self.left && *a != self.right)
            }
            (Kind::Path(a), Kind::Path(b)) => self.list(a, b, depth),
            (Kind::Name(a), Kind::Name(b)) => a == b,
            (Kind::Literal(a), Kind::Literal(b)) => a == b,
            (Kind::Context, Kind::Context) => true,
            (Kind::Negate(a), Kind::Negate(b)) => self.nodes(a, b, depth),
            (Kind::Binary(a, left), Kind::Binary(b, right)) => {
                a == b && self.nodes(&left.0, &right.0, depth) && self.nodes(&left.1, &right.1, depth)
            }
            (Kind::Elvis(a), Kind::Elvis(b)) | (Kind::Coalesce(a), Kind::Coalesce(b)) => {
                self.nodes(&a.0, &b.0, depth) && self.nodes(&a.1, &b.1, depth)
            }
            (Kind::Condition(a), Kind::Condition(b)) => {
                self.nodes(&a.0, &b.0, depth)
                    && self.nodes(&a.1, &b.1, depth)
                    && match (&a.2, &b.2) {
                        (Some(a), Some(b)) => self.nodes(a, b, depth),
                        (None, None) => true,
                        _ => false,
                    }
            }
            (Kind::Function(a, left), Kind::Function(b, right)) => {
                let (Kind::Variable(name), Kind::Variable(other)) = (&a.kind, &b.kind) else {
                    return false;
                };
                self.procedures.push(*name);
                name == other && is_plain(a) && is_plain(b) && self.list(left, right, depth)
            }
            _ => false,
        }
    }
}

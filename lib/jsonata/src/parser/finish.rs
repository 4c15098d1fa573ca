//! The last pass: names of `%`, which blocks need a frame of their own.

use json::Str;

use super::ancestry::Slot;
use super::pratt;
use super::process::Processor;
use crate::ast::{Kind, Node, Sym};
use crate::dialect::Dialect;
use crate::error::Error;

/// Compiles an expression. Its names are added to `names`, which may hold those of an expression around it.
pub(crate) fn compile(text: &str, dialect: Dialect, names: &mut Vec<Str>) -> Result<Node, Error> {
    let raw = pratt::parse(text, dialect)?;
    let mut processor = Processor::new(names);
    let mut node = processor.process(raw)?;
    if matches!(node.kind, Kind::Parent(_)) || !node.seeking.is_empty() {
        return Err(Error::new("S0217").maybe_at(node.place()).token(node.type_name()));
    }
    let slots = std::mem::take(&mut processor.slots);
    // A space cannot stand in a name that an expression writes; the count keeps them apart from those of `$eval`.
    let first = processor.names.len();
    let labels: Vec<Sym> = slots
        .iter()
        .map(|slot| processor.symbol(&format!(" {first}.{}", slot.label)))
        .collect();
    finish(&mut node, &slots, &labels);
    Ok(node)
}

fn finish(node: &mut Node, slots: &[Slot], labels: &[Sym]) {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || finish_node(node, slots, labels));
}

fn finish_node(node: &mut Node, slots: &[Slot], labels: &[Sym]) {
    if let Kind::Parent(slot) = &mut node.kind {
        *slot = labels[slot.0 as usize];
    }
    if let Some(slot) = node.ancestor {
        node.ancestor = Some(labels[slot.0 as usize]);
    }
    node.seeking = Vec::new();
    node.parts_mut(&mut |part| finish(part, slots, labels));
    if let Kind::Block(expressions, binds) = &mut node.kind {
        *binds = expressions.iter().any(needs_frame);
    }
}

/// Whether a variable is bound in the scope the node stands in, or may be.
fn needs_frame(node: &Node) -> bool {
    let mut found = match &node.kind {
        Kind::Bind(..) => return true,
        Kind::Lambda(lambda) if !lambda.thunk => return false,
        Kind::Block(..) => false,
        _ => false,
    };
    if let Kind::Block(_, true) = node.kind {
        // It has a frame of its own, but its predicates have not.
        return node.predicate.len() + node.stages.len() > 0 || node.group.is_some();
    }
    node.parts(&mut |part| found = found || needs_frame(part));
    found
}

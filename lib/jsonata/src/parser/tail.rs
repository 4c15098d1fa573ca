//! Tail calls: calls whose result is that of the function they stand in.

use std::sync::Arc;

use crate::ast::{Kind, Lambda, Node};

/// Marks calls whose result is the function's own, so that they do not grow the stack.
pub(super) fn tail_calls(mut node: Node) -> Node {
    if matches!(node.kind, Kind::Function(..)) && node.predicate.is_empty() {
        let position = node.position;
        let lambda = Lambda {
            parameters: Vec::new(),
            signature: None,
            body: node,
            thunk: true,
        };
        return Node::new(Kind::Lambda(Arc::new(lambda)), position);
    }
    match &mut node.kind {
        Kind::Condition(parts) => {
            replace(&mut parts.1, tail_calls);
            if let Some(otherwise) = &mut parts.2 {
                replace(otherwise, tail_calls);
            }
        }
        Kind::Elvis(pair) | Kind::Coalesce(pair) => replace(&mut pair.1, tail_calls),
        Kind::Block(expressions, _) => {
            if let Some(last) = expressions.last_mut() {
                replace(last, tail_calls);
            }
        }
        _ => {}
    }
    node
}

fn replace(place: &mut Node, change: impl FnOnce(Node) -> Node) {
    let node = std::mem::replace(place, Node::new(Kind::Wildcard, 0));
    *place = change(node);
}

//! Ancestry: which step of a path each `%` means.

use super::process::Processor;
use crate::ast::{Kind, Node, Sym};
use crate::error::Error;

/// Where a `%` is looked for.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) label: usize,
    pub(super) level: i32,
}

impl Processor<'_> {
    /// Looks in a step for what a slot of `%` refers to.
    pub(super) fn seek_parent(&mut self, node: &mut Node, slot: usize) -> Result<(), Error> {
        match &mut node.kind {
            Kind::Name(_) | Kind::Wildcard => {
                self.slots[slot].level -= 1;
                if self.slots[slot].level == 0 {
                    if let Some(known) = node.ancestor {
                        self.slots[slot].label = self.slots[known.0 as usize].label;
                    }
                    node.ancestor = Some(Sym(slot as u32));
                    node.tuple = true;
                }
            }
            Kind::Parent(_) => self.slots[slot].level += 1,
            Kind::Block(expressions, _) => {
                if let Some(last) = expressions.last_mut() {
                    self.seek_parent(last, slot)?;
                    node.tuple = true;
                }
            }
            Kind::Path(steps) => {
                for step in steps.iter_mut().rev() {
                    self.seek_parent(step, slot)?;
                    if self.slots[slot].level <= 0 {
                        break;
                    }
                }
                node.tuple = true;
            }
            _ => return Err(Error::new("S0217").maybe_at(node.place()).token(node.type_name())),
        }
        Ok(())
    }

    pub(super) fn resolve_ancestry(&mut self, path: &mut Node) -> Result<(), Error> {
        let Kind::Path(steps) = &mut path.kind else {
            return Ok(());
        };
        let Some(last) = steps.last() else { return Ok(()) };
        let mut slots = last.seeking.clone();
        if let Kind::Parent(slot) = last.kind {
            slots.push(slot.0 as usize);
        }
        for slot in slots {
            let mut place = steps.len() as isize - 2;
            while self.slots[slot].level > 0 {
                if place < 0 {
                    path.seeking.push(slot);
                    break;
                }
                let mut step = place as usize;
                place -= 1;
                // Steps that bind their focus go together: they have one context.
                while place >= 0 && steps[step].focus.is_some() && steps[place as usize].focus.is_some() {
                    step = place as usize;
                    place -= 1;
                }
                self.seek_parent(&mut steps[step], slot)?;
            }
        }
        Ok(())
    }
}

/// A node seeks what a part of it seeks.
pub(super) fn push_ancestry(node: &mut Node, part: &Node) {
    node.seeking.extend(&part.seeking);
    if let Kind::Parent(slot) = part.kind {
        node.seeking.push(slot.0 as usize);
    }
}

//! Compiles a pattern's tree to the matcher's instructions.

use std::sync::Arc;

use super::parse::{Class, Parsed, Tree};

/// What the matcher runs.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) code: Vec<Instruction>,
    pub(super) groups: usize,
    pub(super) loops: usize,
    pub(super) ignore_case: bool,
    pub(super) multiline: bool,
}

#[derive(Debug)]
pub(super) enum Instruction {
    /// One character; `back` says to look at the one before.
    Char {
        c: char,
        back: bool,
    },
    Any {
        back: bool,
    },
    Class {
        class: Arc<Class>,
        back: bool,
    },
    Start,
    End,
    Boundary(bool),
    /// Notes the place as the start (even) or end (odd) of a group.
    Save(usize),
    Back {
        group: usize,
        back: bool,
    },
    /// Tries the first, then the second.
    Split(usize, usize),
    Jump(usize),
    /// Forgets the groups after the first number up to the second.
    Forget(usize, usize),
    /// Notes the place a round starts at.
    Enter(usize),
    /// Goes on only if the round has moved.
    Moved(usize),
    /// Runs what follows up to `Done` on its own, then goes to `next` if that is as wanted.
    Look {
        negative: bool,
        next: usize,
    },
    Done,
}

const CODE_MAX: usize = 50_000;

pub(super) fn compile(parsed: &Parsed, ignore_case: bool, multiline: bool) -> Result<Program, &'static str> {
    let mut compiler = Compiler {
        code: Vec::new(),
        loops: 0,
        names: &parsed.names,
    };
    compiler.tree(&parsed.tree, false)?;
    compiler.emit(Instruction::Done)?;
    Ok(Program {
        code: compiler.code,
        groups: parsed.groups,
        loops: compiler.loops,
        ignore_case,
        multiline,
    })
}

struct Compiler<'a> {
    code: Vec<Instruction>,
    loops: usize,
    names: &'a [(String, usize)],
}

impl Compiler<'_> {
    fn emit(&mut self, instruction: Instruction) -> Result<usize, &'static str> {
        if self.code.len() >= CODE_MAX {
            return Err("Regular expression too large");
        }
        self.code.push(instruction);
        Ok(self.code.len() - 1)
    }

    fn tree(&mut self, tree: &Tree, back: bool) -> Result<(), &'static str> {
        match tree {
            Tree::Empty => {}
            Tree::Char(c) => {
                self.emit(Instruction::Char { c: *c, back })?;
            }
            Tree::Any => {
                self.emit(Instruction::Any { back })?;
            }
            Tree::Class(class) => {
                let class = class.clone();
                self.emit(Instruction::Class { class, back })?;
            }
            Tree::Start => {
                self.emit(Instruction::Start)?;
            }
            Tree::End => {
                self.emit(Instruction::End)?;
            }
            Tree::Boundary(wanted) => {
                self.emit(Instruction::Boundary(*wanted))?;
            }
            Tree::Group(inner, None) => self.tree(inner, back)?,
            Tree::Group(inner, Some(number)) => {
                let (first, second) = if back {
                    (number * 2 + 1, number * 2)
                } else {
                    (number * 2, number * 2 + 1)
                };
                self.emit(Instruction::Save(first))?;
                self.tree(inner, back)?;
                self.emit(Instruction::Save(second))?;
            }
            Tree::Back(group) => {
                self.emit(Instruction::Back { group: *group, back })?;
            }
            Tree::NamedBack(name) => {
                let known = self.names.iter().find(|(known, _)| known == name);
                let (_, group) = known.ok_or("Invalid named capture referenced")?;
                self.emit(Instruction::Back { group: *group, back })?;
            }
            Tree::Look {
                ahead,
                negative,
                inner,
            } => {
                let look = self.emit(Instruction::Look {
                    negative: *negative,
                    next: 0,
                })?;
                self.tree(inner, !ahead)?;
                self.emit(Instruction::Done)?;
                let end = self.code.len();
                self.code[look] = Instruction::Look {
                    negative: *negative,
                    next: end,
                };
            }
            Tree::Sequence(items) => {
                if back {
                    items.iter().rev().try_for_each(|item| self.tree(item, back))?;
                } else {
                    items.iter().try_for_each(|item| self.tree(item, back))?;
                }
            }
            Tree::Either(choices) => self.either(choices, back)?,
            Tree::Repeat {
                inner,
                least,
                most,
                greedy,
                groups,
            } => {
                self.repeat(inner, *least, *most, *greedy, *groups, back)?;
            }
        }
        Ok(())
    }

    fn either(&mut self, choices: &[Tree], back: bool) -> Result<(), &'static str> {
        let mut jumps = Vec::new();
        for (place, choice) in choices.iter().enumerate() {
            if place + 1 == choices.len() {
                self.tree(choice, back)?;
                break;
            }
            let split = self.emit(Instruction::Split(0, 0))?;
            self.tree(choice, back)?;
            jumps.push(self.emit(Instruction::Jump(0))?);
            self.code[split] = Instruction::Split(split + 1, self.code.len());
        }
        let end = self.code.len();
        for jump in jumps {
            self.code[jump] = Instruction::Jump(end);
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        inner: &Tree,
        least: u32,
        most: Option<u32>,
        greedy: bool,
        groups: (usize, usize),
        back: bool,
    ) -> Result<(), &'static str> {
        for _ in 0..least {
            self.round(inner, groups, back)?;
        }
        match most {
            None => {
                let split = self.emit(Instruction::Split(0, 0))?;
                self.moving_round(inner, groups, back)?;
                self.emit(Instruction::Jump(split))?;
                self.split(split, greedy);
            }
            Some(most) => {
                let mut splits = Vec::new();
                for _ in least..most {
                    splits.push(self.emit(Instruction::Split(0, 0))?);
                    self.moving_round(inner, groups, back)?;
                }
                let end = self.code.len();
                for split in splits {
                    self.code[split] = match greedy {
                        true => Instruction::Split(split + 1, end),
                        false => Instruction::Split(end, split + 1),
                    };
                }
            }
        }
        Ok(())
    }

    fn split(&mut self, split: usize, greedy: bool) {
        let end = self.code.len();
        self.code[split] = match greedy {
            true => Instruction::Split(split + 1, end),
            false => Instruction::Split(end, split + 1),
        };
    }

    fn round(&mut self, inner: &Tree, groups: (usize, usize), back: bool) -> Result<(), &'static str> {
        if groups.0 < groups.1 {
            self.emit(Instruction::Forget(groups.0, groups.1))?;
        }
        self.tree(inner, back)
    }

    /// A round that is not needed, and so has to move on.
    fn moving_round(&mut self, inner: &Tree, groups: (usize, usize), back: bool) -> Result<(), &'static str> {
        if matches!(inner, Tree::Char(_) | Tree::Any | Tree::Class(_)) {
            return self.tree(inner, back);
        }
        let number = self.loops;
        self.loops += 1;
        self.emit(Instruction::Enter(number))?;
        self.round(inner, groups, back)?;
        self.emit(Instruction::Moved(number))?;
        Ok(())
    }
}

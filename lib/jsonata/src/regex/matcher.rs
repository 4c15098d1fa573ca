//! Runs a compiled pattern over a text by backtracking.

use super::compile::{Instruction, Program};
use super::parse::Class;
use crate::error::{Error, Kind};

/// A match: its bytes and those of its groups.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) range: (usize, usize),
    pub(crate) groups: Vec<Option<(usize, usize)>>,
}

const NONE: usize = usize::MAX;

/// Moves between two payments.
const LOT: u64 = 256;

/// More than this many places to go back to is too much memory.
const TRAIL_MAX: usize = 1_000_000;

enum Trail {
    Branch { code: usize, place: usize },
    Save { slot: usize, old: usize },
    Enter { slot: usize, old: usize },
}

struct Run<'a> {
    program: &'a Program,
    text: &'a str,
    saves: Vec<usize>,
    enters: Vec<usize>,
    trail: Vec<Trail>,
    moves: u64,
    pay: &'a mut dyn FnMut(u64) -> Result<(), Error>,
}

pub(super) fn find(
    program: &Program,
    text: &str,
    from: usize,
    pay: &mut dyn FnMut(u64) -> Result<(), Error>,
) -> Result<Option<Found>, Error> {
    let mut run = Run {
        program,
        text,
        saves: vec![NONE; (program.groups + 1) * 2],
        enters: vec![NONE; program.loops],
        trail: Vec::new(),
        moves: 0,
        pay,
    };
    let found = run.search(from)?;
    let rest = run.moves;
    (run.pay)(rest)?;
    Ok(found)
}

impl Run<'_> {
    fn search(&mut self, from: usize) -> Result<Option<Found>, Error> {
        let (program, text) = (self.program, self.text);
        let mut start = from;
        while start <= text.len() {
            if let Some(end) = self.run(0, start)? {
                let pair = |group: usize| {
                    let (start, end) = (self.saves[group * 2], self.saves[group * 2 + 1]);
                    (start != NONE && end != NONE).then_some((start, end))
                };
                return Ok(Some(Found {
                    range: (start, end),
                    groups: (1..=program.groups).map(pair).collect(),
                }));
            }
            debug_assert!(
                self.saves.iter().all(|place| *place == NONE),
                "what fails is undone"
            );
            start += text[start..].chars().next().map_or(1, char::len_utf8);
        }
        Ok(None)
    }

    fn step(&mut self) -> Result<(), Error> {
        self.moves += 1;
        if self.moves < LOT {
            return Ok(());
        }
        self.moves = 0;
        (self.pay)(LOT)?;
        if self.trail.len() > TRAIL_MAX {
            return Err(Error::limit(Kind::Memory));
        }
        Ok(())
    }

    /// Runs from an instruction to `Done`; leaves the saved places of the match, and no trail of its own.
    fn run(&mut self, start: usize, place: usize) -> Result<Option<usize>, Error> {
        let floor = self.trail.len();
        let (mut code, mut place) = (start, place);
        loop {
            self.step()?;
            let program = self.program;
            let next = match &program.code[code] {
                Instruction::Char { c, back } => self.one(place, *back, |found| self.same(found, *c)),
                Instruction::Any { back } => self.one(place, *back, |found| {
                    !matches!(found, '\n' | '\r' | '\u{2028}' | '\u{2029}')
                }),
                Instruction::Class { class, back } => {
                    self.one(place, *back, |found| self.within(found, class))
                }
                Instruction::Start => self.is_start(place).then_some(place),
                Instruction::End => self.is_end(place).then_some(place),
                Instruction::Boundary(wanted) => (self.is_boundary(place) == *wanted).then_some(place),
                Instruction::Save(slot) => {
                    self.save(*slot, place);
                    Some(place)
                }
                Instruction::Forget(first, last) => {
                    (self.pay)((last - first) as u64 / 4)?;
                    for group in first + 1..=*last {
                        self.save(group * 2, NONE);
                        self.save(group * 2 + 1, NONE);
                    }
                    Some(place)
                }
                Instruction::Back { group, back } => self.repeated(*group, *back, place)?,
                Instruction::Split(first, second) => {
                    self.trail.push(Trail::Branch { code: *second, place });
                    code = *first;
                    continue;
                }
                Instruction::Jump(target) => {
                    code = *target;
                    continue;
                }
                Instruction::Enter(slot) => {
                    let old = std::mem::replace(&mut self.enters[*slot], place);
                    self.trail.push(Trail::Enter { slot: *slot, old });
                    Some(place)
                }
                Instruction::Moved(slot) => (self.enters[*slot] != place).then_some(place),
                Instruction::Look { negative, next } => match self.look(code + 1, place, *negative)? {
                    true => {
                        code = *next;
                        continue;
                    }
                    false => None,
                },
                Instruction::Done => {
                    self.keep_saves(floor);
                    return Ok(Some(place));
                }
            };
            match next {
                Some(moved) => {
                    place = moved;
                    code += 1;
                }
                None => match self.back_to(floor) {
                    Some((branch, there)) => {
                        code = branch;
                        place = there;
                    }
                    None => return Ok(None),
                },
            }
        }
    }

    fn look(&mut self, code: usize, place: usize, negative: bool) -> Result<bool, Error> {
        let floor = self.trail.len();
        let found = self.run(code, place)?.is_some();
        if negative && found {
            // What a refused look saved is forgotten.
            self.back_to_floor(floor);
        }
        Ok(found != negative)
    }

    /// Drops the branches above the floor, and keeps how to undo what was saved there.
    fn keep_saves(&mut self, floor: usize) {
        let above: Vec<Trail> = self.trail.drain(floor..).collect();
        self.trail.extend(
            above
                .into_iter()
                .filter(|entry| !matches!(entry, Trail::Branch { .. })),
        );
    }

    fn back_to_floor(&mut self, floor: usize) {
        while self.trail.len() > floor {
            if let Some(entry) = self.trail.pop() {
                self.undo(&entry);
            }
        }
    }

    fn back_to(&mut self, floor: usize) -> Option<(usize, usize)> {
        while self.trail.len() > floor {
            let entry = self.trail.pop()?;
            if let Trail::Branch { code, place } = entry {
                return Some((code, place));
            }
            self.undo(&entry);
        }
        None
    }

    fn undo(&mut self, entry: &Trail) {
        match *entry {
            Trail::Branch { .. } => {}
            Trail::Save { slot, old } => self.saves[slot] = old,
            Trail::Enter { slot, old } => self.enters[slot] = old,
        }
    }

    fn save(&mut self, slot: usize, place: usize) {
        let old = std::mem::replace(&mut self.saves[slot], place);
        if old != place {
            self.trail.push(Trail::Save { slot, old });
        }
    }

    fn before(&self, place: usize) -> Option<char> {
        self.text[..place].chars().next_back()
    }

    fn after(&self, place: usize) -> Option<char> {
        self.text[place..].chars().next()
    }

    fn one(&self, place: usize, back: bool, fits: impl Fn(char) -> bool) -> Option<usize> {
        let found = if back {
            self.before(place)
        } else {
            self.after(place)
        }?;
        if !fits(found) {
            return None;
        }
        Some(if back {
            place - found.len_utf8()
        } else {
            place + found.len_utf8()
        })
    }

    fn same(&self, a: char, b: char) -> bool {
        a == b || (self.program.ignore_case && canonical(a) == canonical(b))
    }

    fn within(&self, c: char, class: &Class) -> bool {
        let holds = |c: char| {
            let above = class.ranges.partition_point(|(first, _)| *first <= c);
            above > 0 && c <= class.ranges[above - 1].1
        };
        let mut found = holds(c);
        if !found && self.program.ignore_case {
            found = holds(canonical(c)) || c.to_lowercase().any(holds);
        }
        found != class.negative
    }

    fn is_start(&self, place: usize) -> bool {
        place == 0 || (self.program.multiline && self.before(place).is_some_and(is_line_end))
    }

    fn is_end(&self, place: usize) -> bool {
        place == self.text.len() || (self.program.multiline && self.after(place).is_some_and(is_line_end))
    }

    fn is_boundary(&self, place: usize) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        is_word(self.before(place)) != is_word(self.after(place))
    }

    fn repeated(&mut self, group: usize, back: bool, place: usize) -> Result<Option<usize>, Error> {
        let (start, end) = (self.saves[group * 2], self.saves[group * 2 + 1]);
        if start == NONE || end == NONE {
            return Ok(Some(place));
        }
        (self.pay)((end - start) as u64 / 8)?;
        let text = self.text;
        let wanted = &text[start..end];
        let mut place = place;
        if back {
            for c in wanted.chars().rev() {
                match self.one(place, true, |found| self.same(found, c)) {
                    Some(moved) => place = moved,
                    None => return Ok(None),
                }
            }
        } else {
            for c in wanted.chars() {
                match self.one(place, false, |found| self.same(found, c)) {
                    Some(moved) => place = moved,
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(place))
    }
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// The character that stands for all cases of one.
fn canonical(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) if c.is_ascii() || !one.is_ascii() => one,
        _ => c,
    }
}

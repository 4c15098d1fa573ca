//! Parsing: text to steps, accepting what Jayway's compiler accepts.

mod filter;

use crate::error::SyntaxError;
use crate::step::{Slice, Step};

/// How many steps a path may have.
pub(crate) const STEPS_MAX: usize = 500;

/// Reads a whole path, which starts with `$`.
pub(crate) fn path(text: &str) -> Result<Vec<Step>, SyntaxError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    parser.spaces();
    if !parser.eat("$") {
        return Err(parser.error("a path starts with '$'"));
    }
    let steps = parser.steps(End::Text)?;
    Ok(steps)
}

/// Where a path ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With the text.
    Text,
    /// In a filter: before an operator, a parenthesis or a space.
    Operand,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn steps(&mut self, end: End) -> Result<Vec<Step>, SyntaxError> {
        let mut steps = Vec::new();
        loop {
            if self.at == self.text.len() {
                break;
            }
            if end == End::Text && self.rest().trim_end().is_empty() {
                break;
            }
            if end == End::Operand && !matches!(self.peek(), Some('.' | '[')) {
                break;
            }
            if steps.len() >= STEPS_MAX {
                return Err(self.error(format!("a path has at most {STEPS_MAX} steps")));
            }
            if self.eat("..") {
                steps.push(Step::Scan);
                match self.peek() {
                    None => return Err(self.error("a path must not end with '..'")),
                    Some('.') => return Err(self.error("'.' is not valid here")),
                    Some('[') => steps.push(self.bracket()?),
                    _ => steps.push(self.name(end)?),
                }
            } else if self.eat(".") {
                match self.peek() {
                    None => return Err(self.error("a path must not end with '.'")),
                    Some('[') => steps.push(self.bracket()?),
                    _ => steps.push(self.name(end)?),
                }
            } else if self.peek() == Some('[') {
                steps.push(self.bracket()?);
            } else if steps.is_empty() {
                return Err(self.error("expected '.' or '['"));
            } else {
                // Jayway reads a bare name after a bracket or a wildcard.
                steps.push(self.name(end)?);
            }
        }
        Ok(steps)
    }

    /// What stands after a dot.
    fn name(&mut self, end: End) -> Result<Step, SyntaxError> {
        if self.eat("*") {
            return Ok(Step::Wildcard);
        }
        let stops = |c: char| match end {
            End::Text => matches!(c, '.' | '[' | ' '),
            End::Operand => ".[ ()=!<>&|,]".contains(c),
        };
        let rest = self.rest();
        let length = rest.find(stops).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.error("expected a name"));
        }
        let name = &rest[..length];
        if end == End::Text && rest[length..].starts_with(' ') && !rest[length..].trim_end().is_empty() {
            return Err(self.error("a name with spaces stands in brackets: ['my name']"));
        }
        if name.chars().any(char::is_control) {
            return Err(self.error("a name with control characters stands in brackets"));
        }
        self.at += length;
        Ok(Step::Name(name.into()))
    }

    fn bracket(&mut self) -> Result<Step, SyntaxError> {
        self.at += 1;
        self.spaces();
        let step = match self.peek() {
            Some('\'' | '"') => self.quoted_names()?,
            Some('*') => {
                self.at += 1;
                self.spaces();
                Step::Wildcard
            }
            Some('?') => self.filters()?,
            Some('0'..='9' | '-' | ':') => self.indexes()?,
            _ => return Err(self.error("expected a quoted name, an index, '*' or '?('")),
        };
        if !self.eat("]") {
            return Err(self.error("expected ']'"));
        }
        Ok(step)
    }

    fn quoted_names(&mut self) -> Result<Step, SyntaxError> {
        let mut names = vec![self.quoted_name()?.into()];
        while self.eat(",") {
            self.spaces();
            names.push(self.quoted_name()?.into());
        }
        let first = names.swap_remove(0);
        if names.is_empty() {
            return Ok(Step::Name(first));
        }
        names.push(first);
        let last = names.len() - 1;
        names.swap(0, last);
        Ok(Step::Names(names.into()))
    }

    /// A name in quotes. As AWS was seen to do, a quote ends the name only before `]` or `,`, and a
    /// backslash stands for itself, except before the quote in use or another backslash.
    fn quoted_name(&mut self) -> Result<String, SyntaxError> {
        let Some(quote @ ('\'' | '"')) = self.peek() else {
            return Err(self.error("expected a quoted name"));
        };
        let start = self.at;
        self.at += 1;
        let mut name = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c == '\\' && self.peek().is_some_and(|next| next == quote || next == '\\') {
                name.push(self.peek().unwrap_or(c));
                self.at += 1;
            } else if c == quote && self.rest().trim_start_matches(' ').starts_with([']', ',']) {
                self.spaces();
                return Ok(name);
            } else {
                name.push(c);
            }
        }
        Err(SyntaxError::new(start, "a quoted name does not end"))
    }

    fn indexes(&mut self) -> Result<Step, SyntaxError> {
        let length = self.rest().find(']').ok_or_else(|| self.error("expected ']'"))?;
        let inside = self.rest()[..length].trim_end();
        let step = if inside.contains(':') {
            let mut bounds = inside.split(':').map(|bound| match bound {
                "" => Ok(None),
                bound => self.integer(bound).map(Some),
            });
            let from = bounds.next().transpose()?.flatten();
            let to = bounds.next().transpose()?.flatten();
            if bounds.count() > 1 {
                return Err(self.error("a slice has at most three parts"));
            }
            match (from, to) {
                (Some(from), Some(to)) => Step::Slice(Slice::Between(from, to)),
                (Some(from), None) => Step::Slice(Slice::From(from)),
                (None, Some(to)) => Step::Slice(Slice::To(to)),
                (None, None) => return Err(self.error("a slice needs a start or an end")),
            }
        } else {
            let indexes: Result<Vec<i64>, SyntaxError> = inside
                .split(',')
                .map(|index| self.integer(index.trim()))
                .collect();
            match indexes?.as_slice() {
                [index] => Step::Index(*index),
                indexes => Step::Indexes(indexes.into()),
            }
        };
        self.at += length;
        Ok(step)
    }

    /// An integer as Java reads an `int`.
    fn integer(&self, text: &str) -> Result<i64, SyntaxError> {
        text.parse::<i32>()
            .ok()
            .filter(|_| !text.starts_with('+'))
            .map(i64::from)
            .ok_or_else(|| self.error(format!("'{text}' is no index")))
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let there = self.rest().starts_with(wanted);
        if there {
            self.at += wanted.len();
        }
        there
    }

    fn eat_after_spaces(&mut self, wanted: &str) -> bool {
        self.spaces();
        self.eat(wanted)
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.at, message)
    }
}

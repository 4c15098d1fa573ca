//! Parsing of calls: `States.Name('text', -1.5, true, null, $.path, States.Other())`.

use json::Value;
use jsonpath::SyntaxError;

use super::{Argument, Call, Function};
use crate::limits::INTRINSIC_DEPTH_MAX;
use crate::path::Path;

/// Reads a call; nothing but spaces may stand around it.
pub(super) fn call(text: &str) -> Result<Call, SyntaxError> {
    let mut parser = Parser { text, at: 0 };
    parser.spaces();
    let call = parser.call(1)?;
    parser.spaces();
    if parser.at < text.len() {
        return Err(parser.error("nothing may follow the call"));
    }
    Ok(call)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn call(&mut self, depth: usize) -> Result<Call, SyntaxError> {
        if depth > INTRINSIC_DEPTH_MAX {
            return Err(self.error(format!("calls nest at most {INTRINSIC_DEPTH_MAX} levels deep")));
        }
        let start = self.at;
        if !self.eat("States.") {
            return Err(self.error("expected 'States.'"));
        }
        let rest = self.rest();
        let name = &rest[..rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len())];
        let (function, fewest, most) = Function::named(name)
            .ok_or_else(|| self.error(format!("there is no function 'States.{name}'")))?;
        self.at += name.len();
        self.spaces();
        if !self.eat("(") {
            return Err(self.error("expected '('"));
        }
        let arguments = self.arguments(function, depth)?;
        if !(fewest..=most).contains(&arguments.len()) {
            let found = arguments.len();
            return Err(SyntaxError::new(
                start,
                format!("States.{name} does not take {found} arguments"),
            ));
        }
        Ok(Call {
            function,
            arguments,
            text: self.text[start..self.at].into(),
        })
    }

    fn arguments(&mut self, function: Function, depth: usize) -> Result<Vec<Argument>, SyntaxError> {
        let mut arguments = Vec::new();
        self.spaces();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            self.spaces();
            let is_template = function == Function::Format && arguments.is_empty();
            arguments.push(self.argument(is_template, depth)?);
            self.spaces();
            if self.eat(")") {
                return Ok(arguments);
            }
            if !self.eat(",") {
                return Err(self.error("expected ',' or ')'"));
            }
        }
    }

    fn argument(&mut self, is_template: bool, depth: usize) -> Result<Argument, SyntaxError> {
        match self.peek() {
            Some('\'') => self.literal(is_template),
            Some('$') => self.path(),
            Some('S') => Ok(Argument::Call(self.call(depth + 1)?)),
            _ => self.word(),
        }
    }

    /// Text between apostrophes. Apostrophes, braces and backslashes may be escaped, nothing else;
    /// in a template, an unescaped `{}` is a place for a value.
    fn literal(&mut self, is_template: bool) -> Result<Argument, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut pieces = Vec::new();
        let mut piece = String::new();
        while let Some(c) = self.next() {
            match c {
                '\'' if is_template => {
                    pieces.push(piece.into());
                    return Ok(Argument::Pieces(pieces));
                }
                '\'' => return Ok(Argument::Value(Value::from(piece))),
                '\\' => match self.next() {
                    Some(escaped @ ('\'' | '{' | '}' | '\\')) => piece.push(escaped),
                    _ => return Err(self.error("a backslash stands before ', {, } or \\ only")),
                },
                '{' if is_template && self.eat("}") => pieces.push(std::mem::take(&mut piece).into()),
                c => piece.push(c),
            }
        }
        Err(SyntaxError::new(start, "a text does not end"))
    }

    /// A path ends at the comma or parenthesis that is not inside its brackets.
    fn path(&mut self) -> Result<Argument, SyntaxError> {
        let start = self.at;
        let mut brackets = 0usize;
        let mut quote = None;
        while let Some(c) = self.peek() {
            match (quote, c) {
                (Some(_), '\\') => {
                    self.next();
                }
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') if brackets > 0 => quote = Some(c),
                (None, '[') => brackets += 1,
                (None, ']') => brackets = brackets.saturating_sub(1),
                (None, '(') if brackets == 0 && self.rest().starts_with("()") => {
                    self.next();
                }
                (None, ',' | ')' | ' ') if brackets == 0 => break,
                _ => {}
            }
            self.next();
        }
        Path::parse(&self.text[start..self.at])
            .map(Argument::Path)
            .map_err(|error| SyntaxError::new(start + error.offset, error.message))
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Argument, SyntaxError> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)))
            .unwrap_or(rest.len());
        let value = json::parse(&rest[..length])
            .map_err(|_| self.error("expected a text in apostrophes, a number, a path or a call"))?;
        self.at += length;
        Ok(Argument::Value(value))
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let there = self.rest().starts_with(wanted);
        if there {
            self.at += wanted.len();
        }
        there
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
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

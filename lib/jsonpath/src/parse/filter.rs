//! Filters: `[?(…)]`, their conditions and what these compare.

use json::Value;

use super::{End, Parser};
use crate::error::SyntaxError;
use crate::filter::{Filter, Operand, Operator};
use crate::path::Path;
use crate::step::Step;

/// How deep a filter may nest: parentheses, negations, filters in the paths of filters.
const FILTER_DEPTH_MAX: usize = 20;

/// How much memory a compiled regular expression may take; it bounds the time of a match, too.
const REGEX_BYTES_MAX: usize = 32 * 1024;

impl Parser<'_> {
    pub(super) fn filters(&mut self) -> Result<Step, SyntaxError> {
        let mut filters = Vec::new();
        loop {
            if !self.eat("?") {
                return Err(self.error("expected '?'"));
            }
            self.spaces();
            if !self.eat("(") {
                return Err(self.error("expected '(' after '?'"));
            }
            filters.push(self.any()?);
            self.spaces();
            if !self.eat(")") {
                return Err(self.error("expected ')'"));
            }
            self.spaces();
            if !self.eat(",") {
                return Ok(Step::Filter(filters.into()));
            }
            self.spaces();
        }
    }

    fn any(&mut self) -> Result<Filter, SyntaxError> {
        let mut filters = vec![self.all()?];
        while self.eat_after_spaces("||") {
            filters.push(self.all()?);
        }
        Ok(one_or(filters, Filter::Any))
    }

    fn all(&mut self) -> Result<Filter, SyntaxError> {
        let mut filters = vec![self.condition()?];
        while self.eat_after_spaces("&&") {
            filters.push(self.condition()?);
        }
        Ok(one_or(filters, Filter::All))
    }

    fn condition(&mut self) -> Result<Filter, SyntaxError> {
        self.depth += 1;
        if self.depth > FILTER_DEPTH_MAX {
            return Err(self.error(format!("a filter nests at most {FILTER_DEPTH_MAX} levels deep")));
        }
        self.spaces();
        let filter = if self.eat("!") {
            Filter::Not(Box::new(self.condition()?))
        } else if self.eat("(") {
            let filter = self.any()?;
            if !self.eat_after_spaces(")") {
                return Err(self.error("expected ')'"));
            }
            filter
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, SyntaxError> {
        self.spaces();
        if self.peek() == Some('/') {
            let regex = self.regex()?;
            if !self.eat_after_spaces("=~") {
                return Err(self.error("expected '=~'"));
            }
            self.spaces();
            return Ok(Filter::Matches(self.operand()?, regex));
        }
        let start = self.at;
        let left = self.operand()?;
        self.spaces();
        if self.eat("=~") {
            self.spaces();
            return Ok(Filter::Matches(left, self.regex()?));
        }
        let Some(operator) = self.operator() else {
            return match left {
                Operand::Literal(_) => Err(SyntaxError::new(start, "a value alone is no condition")),
                path => Ok(Filter::Exists(path)),
            };
        };
        self.spaces();
        Ok(Filter::Compare(left, operator, self.operand()?))
    }

    fn operator(&mut self) -> Option<Operator> {
        let rest = self.rest();
        for (written, operator) in Operator::WRITTEN {
            let Some(start) = rest.get(..written.len()) else {
                continue;
            };
            let word = written.starts_with(|c: char| c.is_ascii_alphabetic());
            let ends = !word || !rest[written.len()..].starts_with(|c: char| c.is_alphanumeric());
            if start.eq_ignore_ascii_case(written) && ends {
                self.at += written.len();
                return Some(operator);
            }
        }
        None
    }

    fn operand(&mut self) -> Result<Operand, SyntaxError> {
        match self.peek() {
            Some('@') => {
                self.at += 1;
                let (path, length) = self.inner_path()?;
                Ok(Operand::Here { path, length })
            }
            Some('$') => {
                self.at += 1;
                let (path, length) = self.inner_path()?;
                Ok(Operand::Root { path, length })
            }
            Some('\'') => self.text_literal('\''),
            Some('"') => self.text_literal('"'),
            Some('[' | '{') => self.json_literal(),
            _ => self.word_literal(),
        }
    }

    fn inner_path(&mut self) -> Result<(Path, bool), SyntaxError> {
        let mut steps = self.steps(End::Operand)?;
        let asks_length = matches!(steps.last(), Some(Step::Name(name)) if &**name == "length");
        if !self.eat("()") {
            return Ok((Path::new(steps), false));
        }
        if !asks_length {
            return Err(self.error("length() is the only function"));
        }
        steps.pop();
        Ok((Path::new(steps), true))
    }

    fn text_literal(&mut self, quote: char) -> Result<Operand, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '\\' => match self.peek() {
                    Some(next) => {
                        self.at += next.len_utf8();
                        text.push(match next {
                            'n' => '\n',
                            'r' => '\r',
                            't' => '\t',
                            'b' => '\u{8}',
                            'f' => '\u{c}',
                            other => other,
                        });
                    }
                    None => break,
                },
                c if c == quote => return Ok(Operand::Literal(Value::from(text))),
                c => text.push(c),
            }
        }
        Err(SyntaxError::new(start, "a text does not end"))
    }

    /// `[1, 'a']` or `{"a": 1}`; texts may stand in single quotes.
    fn json_literal(&mut self) -> Result<Operand, SyntaxError> {
        let start = self.at;
        let mut text = String::new();
        let mut nesting = 0usize;
        let mut quote = None;
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match (quote, c) {
                (Some(_), '\\') => {
                    let next = self.peek().ok_or_else(|| self.error("a text does not end"))?;
                    self.at += next.len_utf8();
                    if next != '\'' {
                        text.push('\\');
                    }
                    text.push(next);
                    continue;
                }
                (Some(open), c) if c == open => {
                    quote = None;
                    text.push('"');
                    continue;
                }
                (Some(_), '"') => text.push('\\'),
                (None, '\'' | '"') => {
                    quote = Some(c);
                    text.push('"');
                    continue;
                }
                (None, '[' | '{') => nesting += 1,
                (None, ']' | '}') => nesting -= 1,
                _ => {}
            }
            text.push(c);
            if nesting == 0 {
                let value = json::parse(&text).map_err(|error| SyntaxError::new(start, error.message))?;
                return Ok(Operand::Literal(value));
            }
        }
        Err(SyntaxError::new(start, "a value does not end"))
    }

    /// A number, `true`, `false` or `null`.
    fn word_literal(&mut self) -> Result<Operand, SyntaxError> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || "+-._".contains(c)))
            .unwrap_or(rest.len());
        match json::parse(&rest[..length]) {
            Ok(value) => {
                self.at += length;
                Ok(Operand::Literal(value))
            }
            Err(_) => Err(self.error("expected a path or a value")),
        }
    }

    /// `/…/flags`, anchored: Jayway wants the whole text to match.
    fn regex(&mut self) -> Result<regex_lite::Regex, SyntaxError> {
        let start = self.at;
        if !self.eat("/") {
            return Err(self.error("expected a regular expression between slashes"));
        }
        let mut pattern = String::new();
        loop {
            let c = self
                .peek()
                .ok_or_else(|| SyntaxError::new(start, "a regular expression does not end"))?;
            self.at += c.len_utf8();
            match (c, self.peek()) {
                ('/', _) => break,
                ('\\', Some('/')) => {
                    self.at += 1;
                    pattern.push('/');
                }
                ('\\', Some(next)) => {
                    self.at += next.len_utf8();
                    pattern.extend(['\\', next]);
                }
                _ => pattern.push(c),
            }
        }
        let mut flags = String::new();
        while let Some(flag @ ('i' | 'm' | 's' | 'x' | 'u' | 'd' | 'U')) = self.peek() {
            self.at += 1;
            // Java's other flags widen case and classes to Unicode; here they are ASCII's.
            if "imsx".contains(flag) && !flags.contains(flag) {
                flags.push(flag);
            }
        }
        let flags = if flags.is_empty() {
            flags
        } else {
            format!("(?{flags})")
        };
        regex_lite::RegexBuilder::new(&format!(r"\A(?:{flags}{pattern})\z"))
            .size_limit(REGEX_BYTES_MAX)
            .build()
            .map_err(|error| SyntaxError::new(start, error.to_string()))
    }
}

fn one_or(mut filters: Vec<Filter>, combine: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.len() {
        1 => filters.remove(0),
        _ => combine(filters),
    }
}

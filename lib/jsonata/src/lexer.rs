//! The lexer: the expression's text, one token at a time.

use json::Str;

use crate::dialect::Dialect;
use crate::error::Error;

/// A token and where it starts, in UTF-16 units.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) position: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    Operator(&'static str),
    Name(Str),
    Variable(Str),
    String(Str),
    Number(f64),
    Bool(bool),
    Null,
    Regex {
        pattern: Str,
        ignore_case: bool,
        multiline: bool,
    },
    End,
}

const SINGLE: &[(char, &str)] = &[
    ('.', "."),
    ('[', "["),
    (']', "]"),
    ('{', "{"),
    ('}', "}"),
    ('(', "("),
    (')', ")"),
    (',', ","),
    ('@', "@"),
    ('#', "#"),
    (';', ";"),
    (':', ":"),
    ('?', "?"),
    ('+', "+"),
    ('-', "-"),
    ('*', "*"),
    ('/', "/"),
    ('%', "%"),
    ('|', "|"),
    ('=', "="),
    ('<', "<"),
    ('>', ">"),
    ('^', "^"),
    ('&', "&"),
    ('!', "!"),
    ('~', "~"),
];

const DOUBLE: &[(char, char, &str)] = &[
    ('.', '.', ".."),
    (':', '=', ":="),
    ('!', '=', "!="),
    ('>', '=', ">="),
    ('<', '=', "<="),
    ('*', '*', "**"),
    ('~', '>', "~>"),
];

pub(crate) struct Lexer {
    text: Vec<char>,
    place: usize,
    astral: bool,
    dialect: Dialect,
}

impl Lexer {
    pub(crate) fn new(text: &str, dialect: Dialect) -> Self {
        Self {
            text: text.chars().collect(),
            place: 0,
            astral: text.chars().any(|c| c > '\u{ffff}'),
            dialect,
        }
    }

    /// The length of the text in UTF-16 units.
    pub(crate) fn end(&self) -> usize {
        self.units(self.text.len())
    }

    fn units(&self, place: usize) -> usize {
        if !self.astral {
            return place;
        }
        self.text[..place.min(self.text.len())]
            .iter()
            .map(|c| c.len_utf16())
            .sum()
    }

    fn here(&self) -> Option<char> {
        self.text.get(self.place).copied()
    }

    fn after(&self, count: usize) -> Option<char> {
        self.text.get(self.place + count).copied()
    }

    /// The next token; after an operand (`infix`) a slash divides, elsewhere it opens a regular expression.
    pub(crate) fn next(&mut self, infix: bool) -> Result<Token, Error> {
        self.skip()?;
        let start = self.place;
        let Some(first) = self.here() else {
            return Ok(self.token(TokenKind::End, start));
        };
        if first == '/' && !infix {
            self.place += 1;
            let regex = self.regex()?;
            // jsonata-js stamps the token when it is complete.
            return Ok(self.token(regex, self.place));
        }
        if let Some(kind) = self.operator(first) {
            // jsonata-js moves on before it stamps an operator.
            return Ok(self.token(kind, self.place));
        }
        if first == '"' || first == '\'' {
            let kind = self.string(first)?;
            return Ok(self.token(kind, self.place));
        }
        if let Some(kind) = self.number()? {
            return Ok(self.token(kind, self.place));
        }
        if first == '`' {
            self.place += 1;
            let Some(length) = self.text[self.place..].iter().position(|c| *c == '`') else {
                return Err(Error::new("S0105").at(self.end()));
            };
            let name: String = self.text[self.place..self.place + length].iter().collect();
            self.place += length + 1;
            return Ok(self.token(TokenKind::Name(name.into()), self.place));
        }
        let kind = self.word();
        Ok(self.token(kind, self.place))
    }

    fn token(&self, kind: TokenKind, place: usize) -> Token {
        Token {
            kind,
            position: self.units(place),
        }
    }

    fn skip(&mut self) -> Result<(), Error> {
        loop {
            while self.here().is_some_and(is_space) {
                self.place += 1;
            }
            if self.here() != Some('/') || self.after(1) != Some('*') {
                return Ok(());
            }
            let start = self.place;
            self.place += 2;
            while !(self.here() == Some('*') && self.after(1) == Some('/')) {
                self.place += 1;
                if self.place >= self.text.len() {
                    return Err(Error::new("S0106").at(self.units(start)));
                }
            }
            self.place += 2;
        }
    }

    fn operator(&mut self, first: char) -> Option<TokenKind> {
        let second = self.after(1);
        if self.dialect == Dialect::Newest && first == '?' {
            let text = match second {
                Some(':') => Some("?:"),
                Some('?') => Some("??"),
                _ => None,
            };
            if let Some(text) = text {
                self.place += 2;
                return Some(TokenKind::Operator(text));
            }
        }
        if let Some((_, _, text)) = DOUBLE.iter().find(|(a, b, _)| *a == first && Some(*b) == second) {
            self.place += 2;
            return Some(TokenKind::Operator(text));
        }
        let (_, text) = SINGLE.iter().find(|(c, _)| *c == first)?;
        self.place += 1;
        Some(TokenKind::Operator(text))
    }

    fn string(&mut self, quote: char) -> Result<TokenKind, Error> {
        self.place += 1;
        let mut out = String::new();
        let mut high = None;
        while let Some(c) = self.here() {
            if c == quote {
                self.place += 1;
                if high.is_some() {
                    out.push('\u{fffd}');
                }
                return Ok(TokenKind::String(out.into()));
            }
            let mut unit = None;
            let mut plain = c;
            if c == '\\' {
                self.place += 1;
                let Some(escape) = self.here() else {
                    return Err(Error::new("S0103").at(self.end()).token(""));
                };
                plain = match escape {
                    '"' | '\\' | '/' => escape,
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        unit = Some(self.hex_unit()?);
                        ' '
                    }
                    other => {
                        return Err(Error::new("S0103")
                            .at(self.units(self.place))
                            .token(other.to_string()));
                    }
                };
            }
            self.place += 1;
            match (high.take(), unit) {
                (Some(first), Some(second)) if (0xdc00..0xe000).contains(&second) => {
                    let code = 0x10000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(second) - 0xdc00);
                    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                    continue;
                }
                (Some(_), _) => out.push('\u{fffd}'),
                (None, _) => {}
            }
            match unit {
                Some(unit) if (0xd800..0xdc00).contains(&unit) => high = Some(unit),
                Some(unit) => out.push(char::from_u32(unit.into()).unwrap_or('\u{fffd}')),
                None => out.push(plain),
            }
        }
        Err(Error::new("S0101").at(self.end()))
    }

    /// The unit after `\u`; leaves the place on its last digit.
    fn hex_unit(&mut self) -> Result<u16, Error> {
        let end = (self.place + 5).min(self.text.len());
        let digits: String = self.text[self.place + 1..end].iter().collect();
        match u16::from_str_radix(&digits, 16) {
            Ok(unit) if digits.len() == 4 && !digits.starts_with('+') => {
                self.place += 4;
                Ok(unit)
            }
            _ => Err(Error::new("S0104").at(self.units(self.place))),
        }
    }

    fn number(&mut self) -> Result<Option<TokenKind>, Error> {
        let digit = |place: usize| self.text.get(place).is_some_and(char::is_ascii_digit);
        let mut end = self.place;
        if !digit(end) {
            return Ok(None);
        }
        if self.text[end] == '0' {
            end += 1;
        } else {
            while digit(end) {
                end += 1;
            }
        }
        if self.text.get(end) == Some(&'.') && digit(end + 1) {
            end += 1;
            while digit(end) {
                end += 1;
            }
        }
        if matches!(self.text.get(end), Some('e' | 'E')) {
            let sign = usize::from(matches!(self.text.get(end + 1), Some('+' | '-')));
            if digit(end + 1 + sign) {
                end += 1 + sign;
                while digit(end) {
                    end += 1;
                }
            }
        }
        let text: String = self.text[self.place..end].iter().collect();
        let number: f64 = text.parse().unwrap_or(f64::INFINITY);
        if !number.is_finite() {
            return Err(Error::new("S0102").at(self.units(self.place)).token(text));
        }
        self.place = end;
        Ok(Some(TokenKind::Number(number)))
    }

    fn word(&mut self) -> TokenKind {
        let start = self.place;
        let stops = |c: char| is_space(c) || SINGLE.iter().any(|(operator, _)| *operator == c);
        while self.here().is_some_and(|c| !stops(c)) {
            self.place += 1;
        }
        let text: String = self.text[start..self.place].iter().collect();
        match text.as_str() {
            "or" => TokenKind::Operator("or"),
            "in" => TokenKind::Operator("in"),
            "and" => TokenKind::Operator("and"),
            "true" => TokenKind::Bool(true),
            "false" => TokenKind::Bool(false),
            "null" => TokenKind::Null,
            _ => match text.strip_prefix('$') {
                Some(name) => TokenKind::Variable(name.into()),
                None => TokenKind::Name(text.into()),
            },
        }
    }

    fn regex(&mut self) -> Result<TokenKind, Error> {
        let start = self.place;
        let mut depth = 0i32;
        while let Some(c) = self.here() {
            if c == '/' && depth == 0 {
                let slashes = self.text[..self.place]
                    .iter()
                    .rev()
                    .take_while(|c| **c == '\\')
                    .count();
                if slashes % 2 == 0 {
                    return self.regex_end(start);
                }
            }
            let escaped = self.place > 0 && self.text[self.place - 1] == '\\';
            match c {
                '(' | '[' | '{' if !escaped => depth += 1,
                ')' | ']' | '}' if !escaped => depth -= 1,
                _ => {}
            }
            self.place += 1;
        }
        Err(Error::new("S0302").at(self.end()))
    }

    fn regex_end(&mut self, start: usize) -> Result<TokenKind, Error> {
        if start == self.place {
            return Err(Error::new("S0301").at(self.units(self.place)));
        }
        let pattern: String = self.text[start..self.place].iter().collect();
        self.place += 1;
        let (mut ignore_case, mut multiline) = (false, false);
        while let Some(c @ ('i' | 'm')) = self.here() {
            ignore_case |= c == 'i';
            multiline |= c == 'm';
            self.place += 1;
        }
        Ok(TokenKind::Regex {
            pattern: pattern.into(),
            ignore_case,
            multiline,
        })
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}')
}

//! Pratt's algorithm: tokens to a tree of operators.

use json::{Str, Value};

use crate::dialect::Dialect;
use crate::error::{Error, Kind as Limit};
use crate::lexer::{Lexer, Token, TokenKind};
use crate::signature::Signature;

/// A tree is at most so high.
const HEIGHT_MAX: usize = 1500;

/// A part of the tree, before its meaning is worked out.
pub(super) struct Raw {
    pub(super) kind: RawKind,
    pub(super) position: usize,
    pub(super) keep_array: bool,
    height: usize,
}

pub(super) enum RawKind {
    Name(Str),
    Variable(Str),
    Literal(Value),
    Regex {
        pattern: Str,
        ignore_case: bool,
        multiline: bool,
    },
    Wildcard,
    Descendant,
    Parent,
    /// `and`, `or`, `in` where a name stands.
    Keyword(&'static str),
    /// `?` among arguments.
    Placeholder,
    Binary(&'static str, Box<Raw>, Box<Raw>),
    Group(Box<Raw>, Vec<(Raw, Raw)>),
    Order(Box<Raw>, Vec<(bool, Raw)>),
    Negate(Box<Raw>),
    Array(Vec<Raw>),
    Object(Vec<(Raw, Raw)>),
    Function(Box<Raw>, Vec<Raw>, bool),
    Lambda {
        parameters: Vec<Str>,
        signature: Option<Signature>,
        body: Box<Raw>,
    },
    Condition(Box<Raw>, Box<Raw>, Option<Box<Raw>>),
    Elvis(Box<Raw>, Box<Raw>),
    Coalesce(Box<Raw>, Box<Raw>),
    Block(Vec<Raw>),
    Transform(Box<Raw>, Box<Raw>, Option<Box<Raw>>),
    End,
}

impl Raw {
    /// What jsonata-js shows of the node in an error.
    fn token(&self) -> Option<Value> {
        Some(match &self.kind {
            RawKind::Name(text) | RawKind::Variable(text) => Value::String(text.clone()),
            RawKind::Literal(value) => value.clone(),
            RawKind::Keyword(text) | RawKind::Binary(text, ..) => Value::from(*text),
            RawKind::Wildcard => Value::from("*"),
            RawKind::Descendant => Value::from("**"),
            RawKind::Parent => Value::from("%"),
            RawKind::Placeholder => Value::from("?"),
            RawKind::Group(..) | RawKind::Object(_) => Value::from("{"),
            RawKind::Order(..) => Value::from("^"),
            RawKind::Negate(_) => Value::from("-"),
            RawKind::Array(_) => Value::from("["),
            RawKind::Function(..) | RawKind::Lambda { .. } | RawKind::Block(_) => Value::from("("),
            RawKind::Condition(..) => Value::from("?"),
            RawKind::Elvis(..) => Value::from("?:"),
            RawKind::Coalesce(..) => Value::from("??"),
            RawKind::Transform(..) => Value::from("|"),
            RawKind::End => Value::from("(end)"),
            // A regular expression has no JSON but this.
            RawKind::Regex { .. } => Value::empty_object(),
        })
    }
}

/// Parses a whole expression.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Raw, Error> {
    let mut parser = Parser {
        lexer: Lexer::new(text, dialect),
        token: Token {
            kind: TokenKind::End,
            position: 0,
        },
        depth: 0,
    };
    parser.advance(None, false)?;
    let tree = parser.expression(0)?;
    if parser.token.kind != TokenKind::End {
        return Err(Error::new("S0201")
            .at(parser.token.position)
            .token(token_value(&parser.token.kind)));
    }
    Ok(tree)
}

struct Parser {
    lexer: Lexer,
    token: Token,
    depth: usize,
}

fn token_value(kind: &TokenKind) -> Value {
    match kind {
        TokenKind::Operator(text) => Value::from(*text),
        TokenKind::Name(text) | TokenKind::Variable(text) | TokenKind::String(text) => {
            Value::String(text.clone())
        }
        TokenKind::Number(number) => crate::number::to_value(*number),
        TokenKind::Bool(value) => Value::Bool(*value),
        TokenKind::Null => Value::Null,
        // A RegExp has no members that JSON shows.
        TokenKind::Regex { .. } => Value::empty_object(),
        TokenKind::End => Value::from("(end)"),
    }
}

fn left_power(kind: &TokenKind) -> u8 {
    let TokenKind::Operator(text) = kind else { return 0 };
    match *text {
        "[" | "(" | "@" | "#" => 80,
        "." => 75,
        "{" => 70,
        "*" | "/" | "%" => 60,
        "+" | "-" | "&" => 50,
        "=" | "<" | ">" | "^" | "!=" | "<=" | ">=" | "~>" | "in" | "?:" | "??" => 40,
        "and" => 30,
        "or" => 25,
        "?" => 20,
        ":=" => 10,
        _ => 0,
    }
}

impl Parser {
    fn is(&self, operator: &'static str) -> bool {
        self.token.kind == TokenKind::Operator(operator)
    }

    /// Moves on; with `expected`, only over that operator. `infix` says that an operand has just ended.
    fn advance(&mut self, expected: Option<&'static str>, infix: bool) -> Result<Token, Error> {
        if let Some(expected) = expected
            && self.token.kind != TokenKind::Operator(expected)
        {
            let code = if self.token.kind == TokenKind::End {
                "S0203"
            } else {
                "S0202"
            };
            return Err(Error::new(code)
                .at(self.token.position)
                .token(token_value(&self.token.kind))
                .value(expected));
        }
        let next = self.lexer.next(infix)?;
        if let TokenKind::Operator(text @ ("!" | "~")) = next.kind {
            return Err(Error::new("S0204").at(next.position).token(text));
        }
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn take(&mut self, expected: &'static str) -> Result<Token, Error> {
        self.advance(Some(expected), false)
    }

    fn close(&mut self, expected: &'static str) -> Result<Token, Error> {
        self.advance(Some(expected), true)
    }

    fn expression(&mut self, power: u8) -> Result<Raw, Error> {
        if self.depth == HEIGHT_MAX {
            return Err(Error::limit(Limit::Depth));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.operand_and_operators(power));
        self.depth -= 1;
        result
    }

    fn operand_and_operators(&mut self, power: u8) -> Result<Raw, Error> {
        let token = self.advance(None, true)?;
        let mut left = self.prefix(token)?;
        while power < left_power(&self.token.kind) {
            let token = self.advance(None, false)?;
            left = self.infix(token, left)?;
            if left.height > HEIGHT_MAX {
                return Err(Error::limit(Limit::Depth));
            }
        }
        Ok(left)
    }

    fn prefix(&mut self, token: Token) -> Result<Raw, Error> {
        let position = token.position;
        let kind = match token.kind {
            TokenKind::Name(name) => RawKind::Name(name),
            TokenKind::Variable(name) => RawKind::Variable(name),
            TokenKind::String(text) => RawKind::Literal(Value::String(text)),
            TokenKind::Number(number) => RawKind::Literal(crate::number::to_value(number)),
            TokenKind::Bool(value) => RawKind::Literal(Value::Bool(value)),
            TokenKind::Null => RawKind::Literal(Value::Null),
            TokenKind::Regex {
                pattern,
                ignore_case,
                multiline,
            } => RawKind::Regex {
                pattern,
                ignore_case,
                multiline,
            },
            TokenKind::End => RawKind::End,
            TokenKind::Operator(operator) => return self.prefix_operator(operator, position),
        };
        Ok(node(kind, position))
    }

    fn prefix_operator(&mut self, operator: &'static str, position: usize) -> Result<Raw, Error> {
        let kind = match operator {
            "and" | "or" | "in" => RawKind::Keyword(operator),
            "-" => RawKind::Negate(Box::new(self.expression(70)?)),
            "*" => RawKind::Wildcard,
            "**" => RawKind::Descendant,
            "%" => RawKind::Parent,
            "(" => {
                let mut expressions = Vec::new();
                while !self.is(")") {
                    expressions.push(self.expression(0)?);
                    if !self.is(";") {
                        break;
                    }
                    self.take(";")?;
                }
                self.close(")")?;
                RawKind::Block(expressions)
            }
            "[" => self.array()?,
            "{" => RawKind::Object(self.pairs()?),
            "|" => {
                let pattern = self.expression(0)?;
                self.take("|")?;
                let update = self.expression(0)?;
                let mut delete = None;
                if self.is(",") {
                    self.take(",")?;
                    delete = Some(Box::new(self.expression(0)?));
                }
                self.take("|")?;
                RawKind::Transform(Box::new(pattern), Box::new(update), delete)
            }
            other => return Err(Error::new("S0211").at(position).token(other)),
        };
        Ok(node(kind, position))
    }

    fn array(&mut self) -> Result<RawKind, Error> {
        let mut items = Vec::new();
        if !self.is("]") {
            loop {
                let mut item = self.expression(0)?;
                if self.is("..") {
                    let position = self.token.position;
                    self.take("..")?;
                    let end = self.expression(0)?;
                    item = node(RawKind::Binary("..", Box::new(item), Box::new(end)), position);
                }
                items.push(item);
                if !self.is(",") {
                    break;
                }
                self.take(",")?;
            }
        }
        self.close("]")?;
        Ok(RawKind::Array(items))
    }

    fn pairs(&mut self) -> Result<Vec<(Raw, Raw)>, Error> {
        let mut pairs = Vec::new();
        if !self.is("}") {
            loop {
                let name = self.expression(0)?;
                self.take(":")?;
                let value = self.expression(0)?;
                pairs.push((name, value));
                if !self.is(",") {
                    break;
                }
                self.take(",")?;
            }
        }
        self.close("}")?;
        Ok(pairs)
    }

    fn infix(&mut self, token: Token, mut left: Raw) -> Result<Raw, Error> {
        let power = left_power(&token.kind);
        let position = token.position;
        let TokenKind::Operator(operator) = token.kind else {
            return Ok(left);
        };
        let kind = match operator {
            "(" => return self.call(left, position),
            "[" if self.is("]") => {
                let mut step = &mut left;
                while let RawKind::Binary("[", inner, _) = &mut step.kind {
                    step = inner;
                }
                step.keep_array = true;
                self.take("]")?;
                return Ok(left);
            }
            "[" => {
                let predicate = self.expression(0)?;
                self.close("]")?;
                RawKind::Binary("[", Box::new(left), Box::new(predicate))
            }
            "^" => RawKind::Order(Box::new(left), self.terms()?),
            "{" => {
                let pairs = self.pairs()?;
                RawKind::Group(Box::new(left), pairs)
            }
            ":=" => {
                if !matches!(left.kind, RawKind::Variable(_)) {
                    return Err(with_token(Error::new("S0212").at(left.position), left.token()));
                }
                let value = self.expression(9)?;
                RawKind::Binary(":=", Box::new(left), Box::new(value))
            }
            "@" | "#" => {
                let name = self.expression(80)?;
                if !matches!(name.kind, RawKind::Variable(_)) {
                    return Err(Error::new("S0214").at(name.position).token(operator));
                }
                RawKind::Binary(operator, Box::new(left), Box::new(name))
            }
            "?" => {
                let then = self.expression(0)?;
                let mut otherwise = None;
                if self.is(":") {
                    self.take(":")?;
                    otherwise = Some(Box::new(self.expression(0)?));
                }
                RawKind::Condition(Box::new(left), Box::new(then), otherwise)
            }
            "?:" => RawKind::Elvis(Box::new(left), Box::new(self.expression(0)?)),
            "??" => RawKind::Coalesce(Box::new(left), Box::new(self.expression(0)?)),
            other => RawKind::Binary(other, Box::new(left), Box::new(self.expression(power)?)),
        };
        Ok(node(kind, position))
    }

    fn terms(&mut self) -> Result<Vec<(bool, Raw)>, Error> {
        self.take("(")?;
        let mut terms = Vec::new();
        loop {
            let mut descending = false;
            if self.is("<") {
                self.take("<")?;
            } else if self.is(">") {
                descending = true;
                self.take(">")?;
            }
            terms.push((descending, self.expression(0)?));
            if !self.is(",") {
                break;
            }
            self.take(",")?;
        }
        self.take(")")?;
        Ok(terms)
    }

    fn call(&mut self, left: Raw, position: usize) -> Result<Raw, Error> {
        let mut arguments = Vec::new();
        let mut partial = false;
        if !self.is(")") {
            loop {
                if self.is("?") {
                    partial = true;
                    arguments.push(node(RawKind::Placeholder, self.token.position));
                    self.take("?")?;
                } else {
                    arguments.push(self.expression(0)?);
                }
                if !self.is(",") {
                    break;
                }
                self.take(",")?;
            }
        }
        self.close(")")?;
        if matches!(&left.kind, RawKind::Name(name) if &**name == "function" || &**name == "λ") {
            return self.lambda(arguments, position);
        }
        Ok(node(
            RawKind::Function(Box::new(left), arguments, partial),
            position,
        ))
    }

    fn lambda(&mut self, arguments: Vec<Raw>, position: usize) -> Result<Raw, Error> {
        let mut parameters = Vec::with_capacity(arguments.len());
        for (place, argument) in arguments.into_iter().enumerate() {
            let RawKind::Variable(name) = &argument.kind else {
                let error = Error::new("S0208").at(argument.position).value(place + 1);
                return Err(with_token(error, argument.token()));
            };
            parameters.push(name.clone());
        }
        let signature = self.signature()?;
        self.take("{")?;
        let body = Box::new(self.expression(0)?);
        self.take("}")?;
        let kind = RawKind::Lambda {
            parameters,
            signature,
            body,
        };
        Ok(node(kind, position))
    }

    fn signature(&mut self) -> Result<Option<Signature>, Error> {
        if !self.is("<") {
            return Ok(None);
        }
        let position = self.token.position;
        let mut depth = 1;
        let mut text = "<".to_owned();
        while depth > 0 && !self.is("{") && self.token.kind != TokenKind::End {
            self.advance(None, false)?;
            match &self.token.kind {
                TokenKind::Operator(">") => depth -= 1,
                TokenKind::Operator("<") => depth += 1,
                _ => {}
            }
            match token_value(&self.token.kind) {
                Value::String(part) => text.push_str(&part),
                other => text.push_str(&other.to_string()),
            }
        }
        self.take(">")?;
        let signature = Signature::parse(&text).map_err(|(error, offset)| error.at(position + offset))?;
        Ok(Some(signature))
    }
}

fn with_token(error: Error, token: Option<Value>) -> Error {
    match token {
        Some(token) => error.token(token),
        None => error,
    }
}

fn node(kind: RawKind, position: usize) -> Raw {
    let highest = |nodes: &[Raw]| nodes.iter().map(|node| node.height).max().unwrap_or(0);
    let pair = |pairs: &[(Raw, Raw)]| {
        pairs
            .iter()
            .map(|(a, b)| a.height.max(b.height))
            .max()
            .unwrap_or(0)
    };
    let below = match &kind {
        RawKind::Binary(_, a, b) | RawKind::Elvis(a, b) | RawKind::Coalesce(a, b) => a.height.max(b.height),
        RawKind::Group(a, pairs) => a.height.max(pair(pairs)),
        RawKind::Order(a, terms) => a
            .height
            .max(terms.iter().map(|(_, term)| term.height).max().unwrap_or(0)),
        RawKind::Negate(a) => a.height,
        RawKind::Array(items) | RawKind::Block(items) => highest(items),
        RawKind::Object(pairs) => pair(pairs),
        RawKind::Function(a, arguments, _) => a.height.max(highest(arguments)),
        RawKind::Lambda { body, .. } => body.height,
        RawKind::Condition(a, b, c) | RawKind::Transform(a, b, c) => {
            a.height.max(b.height).max(c.as_ref().map_or(0, |c| c.height))
        }
        _ => 0,
    };
    Raw {
        kind,
        position,
        keep_array: false,
        height: below + 1,
    }
}

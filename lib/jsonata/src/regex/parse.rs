//! Reads a pattern: ECMAScript's syntax without the flag `u`, with its leniencies.

mod class;

use std::sync::Arc;

pub(super) use class::Class;

/// A part of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Empty,
    Char(char),
    Any,
    Class(Arc<Class>),
    Start,
    End,
    Boundary(bool),
    Group(Box<Tree>, Option<usize>),
    Back(usize),
    NamedBack(String),
    Look {
        ahead: bool,
        negative: bool,
        inner: Box<Tree>,
    },
    Repeat {
        inner: Box<Tree>,
        least: u32,
        most: Option<u32>,
        greedy: bool,
        groups: (usize, usize),
    },
    Sequence(Vec<Tree>),
    Either(Vec<Tree>),
}

/// A pattern's tree, its groups and their names.
pub(super) struct Parsed {
    pub(super) tree: Tree,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
}

/// Groups nest at most so deep.
const DEPTH_MAX: usize = 200;
const REPEAT_MAX: u32 = 100_000;

struct Parser {
    text: Vec<char>,
    place: usize,
    groups: usize,
    names: Vec<(String, usize)>,
    all_groups: usize,
    depth: usize,
}

pub(super) fn parse(pattern: &str) -> Result<Parsed, &'static str> {
    let text: Vec<char> = pattern.chars().collect();
    let mut parser = Parser {
        all_groups: count_groups(&text),
        text,
        place: 0,
        groups: 0,
        names: Vec::new(),
        depth: 0,
    };
    let tree = parser.either()?;
    if parser.place < parser.text.len() {
        return Err("Unmatched ')'");
    }
    Ok(Parsed {
        tree,
        groups: parser.groups,
        names: parser.names,
    })
}

fn count_groups(text: &[char]) -> usize {
    let mut count = 0;
    let mut class = false;
    let mut place = 0;
    while place < text.len() {
        match text[place] {
            '\\' => place += 1,
            '[' => class = true,
            ']' => class = false,
            '(' if !class => {
                let named = text.get(place + 1) == Some(&'?')
                    && text.get(place + 2) == Some(&'<')
                    && !matches!(text.get(place + 3), Some('=' | '!'));
                count += usize::from(named || text.get(place + 1) != Some(&'?'));
            }
            _ => {}
        }
        place += 1;
    }
    count
}

impl Parser {
    fn here(&self) -> Option<char> {
        self.text.get(self.place).copied()
    }

    fn eat(&mut self, text: &str) -> bool {
        let fits = text
            .chars()
            .enumerate()
            .all(|(after, c)| self.text.get(self.place + after) == Some(&c));
        if fits {
            self.place += text.chars().count();
        }
        fits
    }

    fn either(&mut self) -> Result<Tree, &'static str> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("Regular expression too large");
        }
        let mut choices = vec![self.sequence()?];
        while self.eat("|") {
            choices.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if choices.len() == 1 {
            choices.swap_remove(0)
        } else {
            Tree::Either(choices)
        })
    }

    fn sequence(&mut self) -> Result<Tree, &'static str> {
        let mut items = Vec::new();
        while let Some(c) = self.here() {
            if c == '|' || c == ')' {
                break;
            }
            let groups_before = self.groups;
            let atom = self.atom()?;
            items.push(self.repeated(atom, groups_before)?);
        }
        Ok(match items.len() {
            0 => Tree::Empty,
            1 => items.swap_remove(0),
            _ => Tree::Sequence(items),
        })
    }

    fn atom(&mut self) -> Result<Tree, &'static str> {
        let Some(c) = self.here() else {
            return Ok(Tree::Empty);
        };
        self.place += 1;
        Ok(match c {
            '.' => Tree::Any,
            '^' => Tree::Start,
            '$' => Tree::End,
            '(' => self.group()?,
            '[' => Tree::Class(Arc::new(self.class()?)),
            '*' | '+' | '?' => return Err("Nothing to repeat"),
            '{' if self.counts(true).is_some() => return Err("Nothing to repeat"),
            '\\' => self.escape()?,
            other => Tree::Char(other),
        })
    }

    fn group(&mut self) -> Result<Tree, &'static str> {
        let look = [
            ("?=", true, false),
            ("?!", true, true),
            ("?<=", false, false),
            ("?<!", false, true),
        ];
        for (text, ahead, negative) in look {
            if self.eat(text) {
                let inner = Box::new(self.either()?);
                self.close()?;
                return Ok(Tree::Look {
                    ahead,
                    negative,
                    inner,
                });
            }
        }
        if self.eat("?:") {
            let inner = Box::new(self.either()?);
            self.close()?;
            return Ok(Tree::Group(inner, None));
        }
        self.groups += 1;
        let number = self.groups;
        if self.eat("?<") {
            let name = self.name()?;
            if self.names.iter().any(|(known, _)| *known == name) {
                return Err("Duplicate capture group name");
            }
            self.names.push((name, number));
        } else if self.here() == Some('?') {
            return Err("Invalid group");
        }
        let inner = Box::new(self.either()?);
        self.close()?;
        Ok(Tree::Group(inner, Some(number)))
    }

    fn name(&mut self) -> Result<String, &'static str> {
        let mut name = String::new();
        while let Some(c) = self.here() {
            self.place += 1;
            if c == '>' && !name.is_empty() {
                return Ok(name);
            }
            if !(c.is_alphanumeric() || c == '_' || c == '$') {
                break;
            }
            name.push(c);
        }
        Err("Invalid capture group name")
    }

    fn close(&mut self) -> Result<(), &'static str> {
        if self.eat(")") {
            Ok(())
        } else {
            Err("Unterminated group")
        }
    }

    /// `2}`, `2,}` or `2,3}` after an opening brace; moves on only if asked and it is one.
    fn counts(&mut self, stay: bool) -> Option<(u32, Option<u32>)> {
        let start = self.place;
        let least = self.digits();
        let result = match least {
            None => None,
            Some(least) if self.eat("}") => Some((least, Some(least))),
            Some(least) if self.eat(",") => {
                let most = self.digits();
                self.eat("}").then_some((least, most))
            }
            Some(_) => None,
        };
        if stay || result.is_none() {
            self.place = start;
        }
        result
    }

    fn digits(&mut self) -> Option<u32> {
        let start = self.place;
        let mut number: u32 = 0;
        while let Some(digit) = self.here().and_then(|c| c.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit);
            self.place += 1;
        }
        (self.place > start).then_some(number)
    }

    fn repeated(&mut self, atom: Tree, groups_before: usize) -> Result<Tree, &'static str> {
        let start = self.place;
        let (least, most) = match self.here() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.place += 1;
                match self.counts(false) {
                    Some(counts) => {
                        self.place -= 1;
                        counts
                    }
                    None => {
                        self.place = start;
                        return Ok(atom);
                    }
                }
            }
            _ => return Ok(atom),
        };
        self.place += 1;
        let is_lookbehind = matches!(atom, Tree::Look { ahead: false, .. });
        if is_lookbehind || matches!(atom, Tree::Start | Tree::End | Tree::Boundary(_)) {
            return Err("Nothing to repeat");
        }
        if most.is_some_and(|most| most < least) {
            return Err("numbers out of order in {} quantifier");
        }
        if least > REPEAT_MAX {
            return Err("Regular expression too large");
        }
        let greedy = !self.eat("?");
        Ok(Tree::Repeat {
            inner: Box::new(atom),
            least,
            most: most.filter(|most| *most <= REPEAT_MAX),
            greedy,
            groups: (groups_before, self.groups),
        })
    }

    fn escape(&mut self) -> Result<Tree, &'static str> {
        let Some(c) = self.here() else {
            return Err("\\ at end of pattern");
        };
        match c {
            'b' | 'B' => {
                self.place += 1;
                return Ok(Tree::Boundary(c == 'b'));
            }
            '1'..='9' => {
                let start = self.place;
                if let Some(number) = self.digits()
                    && number as usize <= self.all_groups
                {
                    return Ok(Tree::Back(number as usize));
                }
                self.place = start;
            }
            'k' if self.text.get(self.place + 1) == Some(&'<') && self.pattern_has_names() => {
                self.place += 2;
                return Ok(Tree::NamedBack(self.name()?));
            }
            _ => {}
        }
        if let Some(class) = self.class_escape() {
            return Ok(Tree::Class(Arc::new(class)));
        }
        Ok(Tree::Char(self.character_escape()))
    }

    fn pattern_has_names(&self) -> bool {
        self.text
            .windows(4)
            .any(|w| w[0] == '(' && w[1] == '?' && w[2] == '<' && w[3] != '=' && w[3] != '!')
    }

    fn character_escape(&mut self) -> char {
        let Some(c) = self.here() else { return '\\' };
        self.place += 1;
        match c {
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'c' => match self.here().filter(char::is_ascii_alphabetic) {
                Some(letter) => {
                    self.place += 1;
                    char::from(letter as u8 % 32)
                }
                None => {
                    self.place -= 1;
                    '\\'
                }
            },
            'x' => self.hex(2).unwrap_or('x'),
            'u' => self.unit().unwrap_or('u'),
            '0'..='7' => {
                let mut code = c.to_digit(8).unwrap_or(0);
                while let Some(digit) = self
                    .here()
                    .and_then(|c| c.to_digit(8))
                    .filter(|digit| code * 8 + digit < 256)
                {
                    code = code * 8 + digit;
                    self.place += 1;
                }
                char::from_u32(code).unwrap_or('\0')
            }
            other => other,
        }
    }

    fn hex_code(&mut self, count: usize) -> Option<u32> {
        let digits = self.text.get(self.place..self.place + count)?;
        let mut code = 0;
        for digit in digits {
            code = code * 16 + digit.to_digit(16)?;
        }
        self.place += count;
        Some(code)
    }

    fn hex(&mut self, count: usize) -> Option<char> {
        self.hex_code(count).and_then(char::from_u32)
    }

    /// The unit after `\u`; two that make a pair are one character.
    fn unit(&mut self) -> Option<char> {
        let first = self.hex_code(4)?;
        if (0xd800..0xdc00).contains(&first) && self.here() == Some('\\') {
            let start = self.place;
            self.place += 1;
            if self.eat("u")
                && let Some(second) = self.hex_code(4)
                && (0xdc00..0xe000).contains(&second)
            {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            self.place = start;
        }
        Some(char::from_u32(first).unwrap_or('\u{fffd}'))
    }
}

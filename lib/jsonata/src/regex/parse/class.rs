//! Classes: sets of characters, as `[…]` and as `\d`, `\w`, `\s` write them.

use super::Parser;

/// A set of characters.
#[derive(Debug, Clone, Default)]
pub(in crate::regex) struct Class {
    pub(in crate::regex) negative: bool,
    /// In order, and apart from each other.
    pub(in crate::regex) ranges: Vec<(char, char)>,
}

impl Parser {
    /// `\d` and its like, after the backslash.
    pub(super) fn class_escape(&mut self) -> Option<Class> {
        let c = self.here()?;
        let ranges: &[(char, char)] = match c.to_ascii_lowercase() {
            'd' => &[('0', '9')],
            'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            's' => &[
                ('\t', '\r'),
                (' ', ' '),
                ('\u{a0}', '\u{a0}'),
                ('\u{1680}', '\u{1680}'),
                ('\u{2000}', '\u{200a}'),
                ('\u{2028}', '\u{2029}'),
                ('\u{202f}', '\u{202f}'),
                ('\u{205f}', '\u{205f}'),
                ('\u{3000}', '\u{3000}'),
                ('\u{feff}', '\u{feff}'),
            ],
            _ => return None,
        };
        self.place += 1;
        Some(Class {
            negative: c.is_ascii_uppercase(),
            ranges: ranges.to_vec(),
        })
    }

    pub(super) fn class(&mut self) -> Result<Class, &'static str> {
        let mut class = Class {
            negative: self.eat("^"),
            ranges: Vec::new(),
        };
        loop {
            let Some(c) = self.here() else {
                return Err("Unterminated character class");
            };
            if c == ']' {
                self.place += 1;
                merge(&mut class.ranges);
                return Ok(class);
            }
            let first = self.class_atom(&mut class.ranges)?;
            let is_range =
                self.here() == Some('-') && self.text.get(self.place + 1).is_some_and(|c| *c != ']');
            if !is_range {
                class.ranges.extend(first.map(|c| (c, c)));
                continue;
            }
            self.place += 1;
            let second = self.class_atom(&mut class.ranges)?;
            match (first, second) {
                (Some(first), Some(second)) if first <= second => class.ranges.push((first, second)),
                (Some(_), Some(_)) => return Err("Range out of order in character class"),
                (first, second) => {
                    class.ranges.push(('-', '-'));
                    class
                        .ranges
                        .extend(first.into_iter().chain(second).map(|c| (c, c)));
                }
            }
        }
    }

    /// One character of a class, or `None` when a whole set was added.
    fn class_atom(&mut self, ranges: &mut Vec<(char, char)>) -> Result<Option<char>, &'static str> {
        let Some(c) = self.here() else {
            return Err("Unterminated character class");
        };
        self.place += 1;
        if c != '\\' {
            return Ok(Some(c));
        }
        if self.here().is_none() {
            return Err("\\ at end of pattern");
        }
        if self.eat("b") {
            return Ok(Some('\u{8}'));
        }
        if let Some(class) = self.class_escape() {
            if class.negative {
                ranges.extend(complement(&class.ranges));
            } else {
                ranges.extend(class.ranges);
            }
            return Ok(None);
        }
        Ok(Some(self.character_escape()))
    }
}

/// Puts ranges in order and those together that overlap.
fn merge(ranges: &mut Vec<(char, char)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, before| {
        let overlaps = next.0 <= before.1;
        if overlaps {
            before.1 = before.1.max(next.1);
        }
        overlaps
    });
}

/// All characters outside sorted ranges.
fn complement(ranges: &[(char, char)]) -> Vec<(char, char)> {
    let mut out = Vec::new();
    let mut next = 0u32;
    for (first, last) in ranges {
        if u32::from(*first) > next {
            push_codes(next, u32::from(*first) - 1, &mut out);
        }
        next = u32::from(*last) + 1;
    }
    push_codes(next, u32::from(char::MAX), &mut out);
    out
}

fn push_codes(first: u32, last: u32, out: &mut Vec<(char, char)>) {
    for (low, high) in [(first, last.min(0xd7ff)), (first.max(0xe000), last)] {
        if low <= high
            && let (Some(low), Some(high)) = (char::from_u32(low), char::from_u32(high))
        {
            out.push((low, high));
        }
    }
}

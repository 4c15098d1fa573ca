//! Regular expressions with JavaScript's meaning, and a count of every move.
//!
//! Backtracking can take exponential time; here each move is paid for, so that a hostile pattern ends with the
//! budget. Matching works on characters, not UTF-16 units.

mod compile;
mod matcher;
mod parse;

use crate::error::Error;

pub(crate) use matcher::Found;

/// A compiled regular expression.
#[derive(Debug)]
pub(crate) struct Regex {
    program: compile::Program,
    source: String,
    /// Where it stands in the expression.
    position: usize,
}

impl Regex {
    /// Compiles a pattern; `ignore_case` is the flag `i`, `multiline` the flag `m`.
    pub(crate) fn new(
        pattern: &str,
        ignore_case: bool,
        multiline: bool,
        position: usize,
    ) -> Result<Self, Error> {
        let wrong = |why: &str| {
            Error::new("S0300")
                .at(position)
                .text(format!("Invalid regular expression: /{pattern}/: {why}"))
        };
        let tree = parse::parse(pattern).map_err(wrong)?;
        let program = compile::compile(&tree, ignore_case, multiline).map_err(wrong)?;
        Ok(Self {
            program,
            source: pattern.to_owned(),
            position,
        })
    }

    /// How many groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.program.groups + self.program.loops
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The first match that starts at or after a byte. `pay` is asked for each lot of moves.
    pub(crate) fn find(
        &self,
        text: &str,
        from: usize,
        pay: &mut dyn FnMut(u64) -> Result<(), Error>,
    ) -> Result<Option<Found>, Error> {
        matcher::find(&self.program, text, from, pay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, text: &str) -> Option<Vec<Option<String>>> {
        let regex = Regex::new(pattern, false, false, 0).unwrap();
        let found = regex.find(text, 0, &mut |_| Ok(())).unwrap()?;
        let part = |range: &Option<(usize, usize)>| range.map(|(start, end)| text[start..end].to_owned());
        Some(
            std::iter::once(&Some(found.range))
                .chain(&found.groups)
                .map(part)
                .collect(),
        )
    }

    fn whole(pattern: &str, text: &str) -> Option<String> {
        find(pattern, text)?.swap_remove(0)
    }

    #[test]
    fn javascript_syntax_is_understood() {
        assert_eq!(whole("ab+c?", "xabbd").as_deref(), Some("abb"));
        assert_eq!(whole("a{2,3}?", "aaaa").as_deref(), Some("aa"));
        assert_eq!(whole("^[^a-c]+$", "xyz").as_deref(), Some("xyz"));
        assert_eq!(whole(r"\d+", "x٣12").as_deref(), Some("12"));
        assert_eq!(whole(r"(?<=\$)\d+(?!\d|%)", "10% $25").as_deref(), Some("25"));
        assert_eq!(whole(r"(a|b)\1", "abba").as_deref(), Some("bb"));
        assert_eq!(whole(r"(?<x>a)\k<x>", "aa").as_deref(), Some("aa"));
        assert_eq!(whole(r"\bfoo\b", "a foo b").as_deref(), Some("foo"));
        assert_eq!(
            whole(r"[\w.-]+@[\w]+\u002eorg", "to a.b@c.org").as_deref(),
            Some("a.b@c.org")
        );
        assert_eq!(whole("a{,2}", "a{,2}").as_deref(), Some("a{,2}"));
        assert_eq!(
            find("(z)((a+)?(b+)?(c))*", "zaacbbbcac").unwrap(),
            [
                Some("zaacbbbcac".into()),
                Some("z".into()),
                Some("ac".into()),
                Some("a".into()),
                None,
                Some("c".into())
            ]
        );
        assert_eq!(whole("(?:a*)*b", "aaab").as_deref(), Some("aaab"));
        assert_eq!(whole("[]", "a"), None);
        assert_eq!(whole("(?<!a)b", "abcb").as_deref(), Some("b"));
    }

    #[test]
    fn wrong_patterns_are_refused() {
        for pattern in ["(", ")", "*a", "a**", "[b-a]", "[", "(?", "a{3,2}", "\\"] {
            assert!(Regex::new(pattern, false, false, 0).is_err(), "{pattern}");
        }
    }

    #[test]
    fn exponential_patterns_end_with_the_budget() {
        let regex = Regex::new("^(a+)+$", false, false, 0).unwrap();
        let mut moves = 0;
        let mut pay = |count| {
            moves += count;
            if moves > 1_000_000 {
                Err(Error::limit(crate::error::Kind::Time))
            } else {
                Ok(())
            }
        };
        assert!(
            regex
                .find("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 0, &mut pay)
                .is_err()
        );
    }
}

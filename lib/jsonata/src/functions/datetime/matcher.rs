//! Matching a text against the pieces of a picture, with the choices and the order of a regular expression.
//!
//! Places that led nowhere are remembered, so that the work is at most the text's length times the pieces.

use std::collections::HashSet;

use crate::error::{Error, Kind};
use crate::functions::number_words::WORDS;

/// What a picture expects at a place of the text, regardless of case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    One(char),
    Any,
    /// From `min` to `max` characters of a class, rather more than fewer.
    Run {
        class: Class,
        min: usize,
        max: usize,
    },
    /// One of these texts, the first that fits first.
    Either(&'static [&'static str]),
    /// A word of a number, or what stands between two.
    Word,
    /// More such words.
    MoreWords,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Digit,
    DigitOrBracket,
    Letter,
    RomanNumeral,
    Sign,
}

impl Class {
    fn has(self, character: char) -> bool {
        match self {
            Self::Digit => character.is_ascii_digit(),
            Self::DigitOrBracket => character.is_ascii_digit() || character == '[',
            Self::Letter => character.is_ascii_alphabetic(),
            Self::RomanNumeral => "MDCLXVImdclxvi".contains(character),
            Self::Sign => matches!(character, '+' | '-'),
        }
    }
}

/// The steps that matching a text may take.
const STEPS_MAX: usize = 4_000_000;

struct Frame {
    piece: usize,
    place: usize,
    tried: usize,
}

/// The place in the text at which each piece starts, if the pieces fit the whole of it.
///
/// Fails when finding out takes too long.
pub(super) fn find(pieces: &[Piece], text: &[char]) -> Result<Option<Vec<(usize, usize)>>, Error> {
    let mut hopeless = HashSet::new();
    let mut steps = 0;
    let mut frames = vec![Frame {
        piece: 0,
        place: 0,
        tried: 0,
    }];
    while let Some(frame) = frames.last_mut() {
        let (piece, place, choice) = (frame.piece, frame.place, frame.tried);
        frame.tried += 1;
        if piece == pieces.len() && place == text.len() {
            return Ok(Some(
                frames
                    .into_iter()
                    .map(|frame| (frame.piece, frame.place))
                    .collect(),
            ));
        }
        let next = match pieces.get(piece) {
            Some(known) if !hopeless.contains(&(piece, place)) => known.choose(piece, &text[place..], choice),
            _ => None,
        };
        steps += next.as_ref().map_or(1, |next| next.steps);
        if steps > STEPS_MAX {
            return Err(Error::limit(Kind::Time));
        }
        match next {
            Some(Choice { end: None, .. }) => {}
            Some(Choice {
                piece,
                end: Some(length),
                ..
            }) => frames.push(Frame {
                piece,
                place: place + length,
                tried: 0,
            }),
            None => {
                hopeless.insert((piece, place));
                frames.pop();
            }
        }
    }
    Ok(None)
}

/// Where to go on.
struct Choice {
    piece: usize,
    /// The characters that the choice takes, nothing when it doesn't fit.
    end: Option<usize>,
    steps: usize,
}

impl Piece {
    /// The nth way, from 0, in which this piece, at an index among the others, fits the start of the text.
    fn choose(&self, index: usize, text: &[char], nth: usize) -> Option<Choice> {
        let to_next = |end: Option<usize>, steps: usize| {
            Some(Choice {
                piece: index + 1,
                end,
                steps,
            })
        };
        match self {
            Self::One(expected) => {
                let fits = text.first().is_some_and(|found| fold(*found) == fold(*expected));
                if nth == 0 {
                    to_next(fits.then_some(1), 1)
                } else {
                    None
                }
            }
            Self::Any => {
                let line_end = ['\n', '\r', '\u{2028}', '\u{2029}'];
                let fits = text.first().is_some_and(|found| !line_end.contains(found));
                if nth == 0 {
                    to_next(fits.then_some(1), 1)
                } else {
                    None
                }
            }
            Self::Run { class, min, max } => {
                let most = text
                    .iter()
                    .take(*max)
                    .take_while(|character| class.has(**character))
                    .count();
                let length = most.checked_sub(nth).filter(|length| length >= min)?;
                to_next(Some(length), 1 + most)
            }
            Self::Either(texts) => {
                let expected = texts.get(nth)?;
                to_next(starts_with(text, expected).then_some(expected.len()), 1)
            }
            Self::Word => Some(Choice {
                piece: index + 1,
                end: word(text, nth)?,
                steps: 1,
            }),
            Self::MoreWords => match word(text, nth) {
                Some(end) => Some(Choice {
                    piece: index,
                    end,
                    steps: 1,
                }),
                None if nth == WORDS.len() + 2 => to_next(Some(0), 1),
                None => None,
            },
        }
    }
}

/// The length of the nth word if the text starts with it, nothing when there are not so many.
fn word(text: &[char], nth: usize) -> Option<Option<usize>> {
    let fits = |word: &str| starts_with(text, word).then_some(word.len());
    let between = || {
        text.first()
            .filter(|first| matches!(first, '-' | ',' | ' '))
            .map(|_| 1)
    };
    match nth.checked_sub(WORDS.len()) {
        None => Some(fits(&WORDS[nth])),
        Some(0) => Some(fits("and")),
        Some(1) => Some(between()),
        Some(_) => None,
    }
}

/// Whether the text starts with a lower-case ASCII word.
fn starts_with(text: &[char], word: &str) -> bool {
    text.len() >= word.len()
        && word
            .chars()
            .zip(text)
            .all(|(sign, found)| found.to_ascii_lowercase() == sign)
}

/// The character that stands for all its cases in a regular expression of JavaScript that ignores them.
fn fold(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if upper.is_ascii() <= character.is_ascii() && upper <= '\u{ffff}' => upper,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(pieces: &[Piece], text: &str) -> Option<Vec<usize>> {
        let text: Vec<char> = text.chars().collect();
        let found = find(pieces, &text).unwrap()?;
        Some(found.into_iter().map(|(_, place)| place).collect())
    }

    fn digits(min: usize, max: usize) -> Piece {
        Piece::Run {
            class: Class::Digit,
            min,
            max,
        }
    }

    #[test]
    fn earlier_runs_take_what_they_can() {
        assert_eq!(places(&[digits(1, 9), digits(1, 9)], "1234"), Some(vec![0, 3, 4]));
        assert_eq!(places(&[digits(2, 2), digits(1, 9)], "1234"), Some(vec![0, 2, 4]));
        assert_eq!(places(&[digits(2, 2)], "1"), None);
        assert_eq!(places(&[digits(1, 9)], "1a"), None);
    }

    #[test]
    fn case_is_ignored_as_in_javascript() {
        assert!(places(&[Piece::One('É')], "é").is_some());
        assert!(places(&[Piece::One('K')], "\u{212a}").is_none());
        assert!(places(&[Piece::One('s')], "ſ").is_none());
    }

    #[test]
    fn words_end_where_the_rest_fits() {
        let pieces = [Piece::Word, Piece::MoreWords, Piece::One(' '), Piece::One('M')];
        assert!(places(&pieces, "Twenty-Sixth M").is_some());
        assert!(places(&pieces, "sixteen m").is_some());
        assert!(places(&pieces, "seventies M").is_none());
    }

    #[test]
    fn hopeless_texts_are_given_up_early() {
        let mut pieces = vec![digits(1, usize::MAX); 30];
        pieces.push(Piece::One('x'));
        assert_eq!(places(&pieces, &"1".repeat(60)), None);
        let text: Vec<char> = "1".repeat(100_000).chars().collect();
        assert!(find(&pieces, &text).is_err());
    }
}

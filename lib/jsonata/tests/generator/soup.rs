//! Soup: tokens in no order, and expressions with something broken.

use crate::generator::Chance;

const TOKENS: [&str; 78] = [
    "a",
    "b",
    "items",
    "$",
    "$$",
    "$x",
    "$sum",
    "$map",
    "$string",
    "$f",
    "1",
    "0",
    "2.5",
    "1e3",
    "-",
    "+",
    "*",
    "**",
    "/",
    "%",
    "&",
    "=",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "~>",
    ":=",
    "..",
    ".",
    ",",
    ";",
    ":",
    "?",
    "@",
    "#",
    "^",
    "|",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "and",
    "or",
    "in",
    "not",
    "true",
    "false",
    "null",
    "\"s\"",
    "'t'",
    "\"",
    "`q`",
    "`",
    "/r/",
    "/r+/i",
    "function",
    "function($x){$x}",
    "λ",
    "!",
    "~",
    "\\",
    "/*",
    "*/",
    " ",
    "\n",
    "\"\\u00e9\"",
    "é",
    "𝒳",
    "$éa",
    "<n:n>",
    "<s-",
    "(?",
    "1..3",
    "@$v",
];

/// Tokens in no order.
pub(crate) fn soup(chance: &mut Chance) -> String {
    let mut text = String::new();
    for _ in 0..=chance.below(14) {
        text.push_str(TOKENS[chance.below(TOKENS.len())]);
        if chance.percent(30) {
            text.push(' ');
        }
    }
    text
}

/// The expression with something taken out, put in or doubled, once or twice.
pub(crate) fn broken(whole: &str, chance: &mut Chance) -> String {
    let mut signs: Vec<char> = whole.chars().collect();
    for _ in 0..=chance.below(2) {
        if signs.is_empty() {
            break;
        }
        let place = chance.below(signs.len());
        let end = (place + 1 + chance.below(6)).min(signs.len());
        match chance.below(4) {
            0 => drop(signs.drain(place..end)),
            1 => drop(signs.remove(place)),
            2 => {
                let piece: Vec<char> = signs[place..end].to_vec();
                signs.splice(place..place, piece);
            }
            _ => {
                let token: Vec<char> = TOKENS[chance.below(TOKENS.len())].chars().collect();
                signs.splice(place..place, token);
            }
        }
    }
    signs.into_iter().collect()
}

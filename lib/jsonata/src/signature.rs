//! Function signatures: `<s-nn?:s>` and what arguments become under them.

use crate::dialect::Dialect;
use crate::error::Error;
use crate::value::{Arguments, Val};

/// The parameters that a signature describes.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    parameters: Vec<Parameter>,
}

#[derive(Clone, Debug)]
struct Parameter {
    /// The kinds of argument it takes, as jsonata-js's letters: `m` is a missing one.
    accepts: String,
    is_array: bool,
    subtype: Option<String>,
    /// `-`: the context stands in for a missing argument.
    context: bool,
    count: Count,
    kind: char,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Count {
    One,
    Optional,
    Many,
}

impl Signature {
    /// Reads a signature in angle brackets; an error comes with its offset.
    pub(crate) fn parse(text: &str) -> Result<Self, (Error, usize)> {
        let chars: Vec<char> = text.chars().collect();
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut place = 1;
        while place < chars.len() && chars[place] != ':' {
            match chars[place] {
                kind @ ('s' | 'n' | 'b' | 'l' | 'o') => {
                    parameters.push(Parameter::new(kind, &format!("{kind}m")))
                }
                kind @ ('a' | 'x') => parameters.push(Parameter::new(kind, "asnblfom")),
                'f' => parameters.push(Parameter::new('f', "f")),
                'j' => parameters.push(Parameter::new('j', "asnblom")),
                '-' => {
                    if let Some(last) = parameters.last_mut() {
                        last.context = true;
                        last.count = Count::Optional;
                    }
                }
                '?' => set_count(&mut parameters, Count::Optional),
                '+' => set_count(&mut parameters, Count::Many),
                '(' => {
                    let end = closing(&chars, place, '(', ')');
                    let choice: String = chars[place + 1..end].iter().collect();
                    if choice.contains('<') {
                        return Err((Error::new("S0402").value(choice), place));
                    }
                    parameters.push(Parameter::new('(', &format!("{choice}m")));
                    place = end;
                }
                '<' => match parameters.last_mut() {
                    Some(last) if last.kind == 'a' || last.kind == 'f' => {
                        let end = closing(&chars, place, '<', '>');
                        last.subtype = Some(chars[place + 1..end].iter().collect());
                        place = end;
                    }
                    Some(last) => return Err((Error::new("S0401").value(last.kind.to_string()), place)),
                    None => return Err((Error::new("S0401"), place)),
                },
                _ => {}
            }
            place += 1;
        }
        Ok(Self { parameters })
    }

    /// The arguments as the function wants them: arrays made, the context put in.
    pub(crate) fn validate(
        &self,
        arguments: Arguments,
        context: &Val,
        dialect: Dialect,
    ) -> Result<Arguments, Error> {
        if self.fits_as_it_is(&arguments) {
            return Ok(arguments);
        }
        let kinds: Vec<char> = arguments.iter().map(symbol).collect();
        let mut taken = Vec::with_capacity(self.parameters.len());
        if !self.matches(0, &kinds, 0, &mut taken) {
            return Err(self.mismatch(&kinds, &arguments));
        }
        let mut out = Arguments::with_capacity(self.parameters.len());
        // What is missing moves the place among the arguments too, as in jsonata-js.
        let (mut place, mut matched_to) = (0, 0);
        let given = |place: usize| arguments.get(place).cloned().unwrap_or_default();
        for (parameter, count) in self.parameters.iter().zip(taken) {
            if count == 0 {
                if !parameter.context {
                    out.push(given(place));
                    place += 1;
                } else if parameter.accepts.contains(symbol(context)) {
                    out.push(context.clone());
                } else {
                    return Err(with_value(Error::new("T0411"), context).index(place + 1));
                }
                continue;
            }
            let matched = &kinds[matched_to..matched_to + count];
            matched_to += count;
            let first = given(place);
            for kind in matched {
                if parameter.is_array {
                    out.push(match kind {
                        'm' => Val::Undefined,
                        kind => parameter.array(given(place), *kind, matched, place)?,
                    });
                } else if dialect == Dialect::V2_0_6 {
                    // 2.0.6 repeats the first of several.
                    out.push(first.clone());
                } else {
                    out.push(given(place));
                }
                place += 1;
            }
        }
        Ok(out)
    }

    /// Most calls give each parameter one argument of its kind, and nothing needs to be done.
    fn fits_as_it_is(&self, arguments: &[Val]) -> bool {
        arguments.len() == self.parameters.len()
            && self
                .parameters
                .iter()
                .zip(arguments)
                .all(|(parameter, argument)| {
                    let kind = symbol(argument);
                    parameter.accepts.contains(kind)
                        && parameter.count != Count::Many
                        && (!parameter.is_array || (kind == 'a' && parameter.subtype.is_none()))
                })
    }

    fn matches(&self, parameter: usize, kinds: &[char], place: usize, taken: &mut Vec<usize>) -> bool {
        let Some(this) = self.parameters.get(parameter) else {
            return place == kinds.len();
        };
        let fitting = kinds[place..]
            .iter()
            .take_while(|kind| this.accepts.contains(**kind))
            .count();
        let (least, most) = match this.count {
            Count::One => (1, fitting.min(1)),
            Count::Optional => (0, fitting.min(1)),
            Count::Many => (1, fitting),
        };
        for count in (least..=most).rev() {
            taken.push(count);
            if self.matches(parameter + 1, kinds, place + count, taken) {
                return true;
            }
            taken.pop();
        }
        false
    }

    /// Finds the first argument that does not fit.
    fn mismatch(&self, kinds: &[char], arguments: &[Val]) -> Error {
        let mut good = 0;
        for count in 1..=self.parameters.len() {
            let part = Self {
                parameters: self.parameters[..count].to_vec(),
            };
            match part.longest(0, kinds, 0) {
                Some(end) => good = end,
                None => break,
            }
        }
        with_value(
            Error::new("T0410"),
            arguments.get(good).unwrap_or(&Val::Undefined),
        )
        .index(good + 1)
    }

    fn longest(&self, parameter: usize, kinds: &[char], place: usize) -> Option<usize> {
        let Some(this) = self.parameters.get(parameter) else {
            return Some(place);
        };
        let fitting = kinds[place..]
            .iter()
            .take_while(|kind| this.accepts.contains(**kind))
            .count();
        let (least, most) = match this.count {
            Count::One => (1, fitting.min(1)),
            Count::Optional => (0, fitting.min(1)),
            Count::Many => (1, fitting),
        };
        (least..=most)
            .rev()
            .find_map(|count| self.longest(parameter + 1, kinds, place + count))
    }
}

impl Parameter {
    fn new(kind: char, accepts: &str) -> Self {
        Self {
            accepts: accepts.to_owned(),
            is_array: kind == 'a',
            subtype: None,
            context: false,
            count: Count::One,
            kind,
        }
    }

    /// The argument as an array whose elements are of the parameter's type.
    fn array(&self, argument: Val, kind: char, matched: &[char], place: usize) -> Result<Val, Error> {
        if let Some(subtype) = &self.subtype {
            let fits = if kind == 'a' {
                let elements = argument.elements();
                let wanted = subtype.chars().next();
                elements.iter().all(|element| Some(symbol(&element)) == wanted)
            } else {
                subtype.chars().eq(matched.iter().copied())
            };
            if !fits {
                let words = match subtype.as_str() {
                    "a" => "arrays",
                    "b" => "booleans",
                    "f" => "functions",
                    "n" => "numbers",
                    "o" => "objects",
                    "s" => "strings",
                    _ => return Err(with_value(Error::new("T0412"), &argument).index(place + 1)),
                };
                return Err(with_value(Error::new("T0412"), &argument)
                    .index(place + 1)
                    .subtype(words));
            }
        }
        if kind == 'a' {
            return Ok(argument);
        }
        Ok(Val::array(vec![argument]))
    }
}

fn set_count(parameters: &mut [Parameter], count: Count) {
    if let Some(last) = parameters.last_mut() {
        last.count = count;
    }
}

/// The place of the bracket that closes the one at `start`, or the end.
fn closing(chars: &[char], start: usize, open: char, close: char) -> usize {
    let mut depth = 1;
    let mut place = start + 1;
    while place < chars.len() {
        if chars[place] == close {
            depth -= 1;
            if depth == 0 {
                return place;
            }
        } else if chars[place] == open {
            depth += 1;
        }
        place += 1;
    }
    chars.len()
}

/// The letter for the kind of a value.
fn symbol(value: &Val) -> char {
    use json::Value;
    match value {
        Val::Undefined => 'm',
        Val::Func(_) => 'f',
        Val::Object(_) => 'o',
        Val::Array(_) | Val::Tuples(_) => 'a',
        Val::Json(value) => match value {
            Value::Null => 'l',
            Value::Bool(_) => 'b',
            Value::Number(_) => 'n',
            Value::String(_) => 's',
            Value::Array(_) => 'a',
            Value::Object(_) => 'o',
        },
    }
}

pub(crate) fn with_value(error: Error, value: &Val) -> Error {
    match value.to_json() {
        Some(value) => error.value(value),
        None => error,
    }
}

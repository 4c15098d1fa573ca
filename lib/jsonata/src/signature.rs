//! Function signatures: `<s-nn?:s>` and what arguments become under them.

use crate::budget::Meter;
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
        meter: &mut Meter<'_>,
    ) -> Result<Arguments, Error> {
        if self.fits_as_it_is(&arguments) {
            return Ok(arguments);
        }
        let kinds: Vec<char> = arguments.iter().map(symbol).collect();
        let Some(taken) = self.share_out(&kinds, meter)? else {
            return Err(self.mismatch(&kinds, &arguments, meter)?);
        };
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
                        kind => parameter.array(given(place), *kind, matched, place, meter)?,
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

    /// How many arguments each parameter takes, each as many as it can; nothing if they cannot all be taken.
    fn share_out(&self, kinds: &[char], meter: &mut Meter<'_>) -> Result<Option<Vec<usize>>, Error> {
        if let Some(shares) = self.share_out_greedily(kinds, meter)? {
            return Ok(Some(shares));
        }
        let width = kinds.len() + 1;
        let count = self.parameters.len();
        meter.step((count as u64).saturating_mul(width as u64) / 8)?;
        // From each parameter on, whether the arguments from each place on are taken to the last.
        let mut fits = vec![false; (count + 1) * width];
        fits[count * width + kinds.len()] = true;
        for (number, parameter) in self.parameters.iter().enumerate().rev() {
            for place in (0..width).rev() {
                let (least, most) = parameter.range(&kinds[place..], meter)?;
                fits[number * width + place] =
                    (least..=most).any(|taken| fits[(number + 1) * width + place + taken]);
            }
        }
        if !fits[0] {
            return Ok(None);
        }
        let mut place = 0;
        let mut shares = Vec::with_capacity(count);
        for (number, parameter) in self.parameters.iter().enumerate() {
            let (least, most) = parameter.range(&kinds[place..], meter)?;
            let taken = (least..=most)
                .rev()
                .find(|taken| fits[(number + 1) * width + place + taken])
                .unwrap_or(0);
            shares.push(taken);
            place += taken;
        }
        Ok(Some(shares))
    }

    /// The shares if nobody has to leave anything to those that follow.
    fn share_out_greedily(&self, kinds: &[char], meter: &mut Meter<'_>) -> Result<Option<Vec<usize>>, Error> {
        meter.look(self.parameters.len())?;
        let mut place = 0;
        let mut shares = Vec::with_capacity(self.parameters.len());
        for parameter in &self.parameters {
            let (least, most) = parameter.range(&kinds[place..], meter)?;
            if most < least {
                return Ok(None);
            }
            shares.push(most);
            place += most;
        }
        Ok((place == kinds.len()).then_some(shares))
    }

    /// Finds the first argument that does not fit: the one after those that the most parameters can take.
    fn mismatch(&self, kinds: &[char], arguments: &[Val], meter: &mut Meter<'_>) -> Result<Error, Error> {
        let width = kinds.len() + 1;
        let mut good = 0;
        // The places up to which so many parameters can take arguments, in the order in which a greedy search that
        // goes back finds them.
        let mut ends = vec![0];
        for parameter in &self.parameters {
            let mut next = Vec::new();
            let mut known = vec![false; width];
            meter.step(1 + width as u64 / 8)?;
            for place in ends {
                let (least, most) = parameter.range(&kinds[place..], meter)?;
                for taken in (least..=most).rev() {
                    if !std::mem::replace(&mut known[place + taken], true) {
                        next.push(place + taken);
                    }
                }
            }
            let Some(end) = next.first() else { break };
            good = *end;
            ends = next;
        }
        let wrong = arguments.get(good).unwrap_or(&Val::Undefined);
        Ok(with_value(Error::new("T0410"), wrong).index(good + 1))
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

    /// How many of the arguments to come it can take: at least, at most.
    fn range(&self, kinds: &[char], meter: &mut Meter<'_>) -> Result<(usize, usize), Error> {
        let fits = |kind: &&char| self.accepts.contains(**kind);
        Ok(match self.count {
            Count::One => (1, kinds.first().filter(fits).map_or(0, |_| 1)),
            Count::Optional => (0, kinds.first().filter(fits).map_or(0, |_| 1)),
            Count::Many => {
                let most = kinds.iter().take_while(fits).count();
                meter.step(most as u64 / 8)?;
                (1, most)
            }
        })
    }

    /// The argument as an array whose elements are of the parameter's type.
    fn array(
        &self,
        argument: Val,
        kind: char,
        matched: &[char],
        place: usize,
        meter: &mut Meter<'_>,
    ) -> Result<Val, Error> {
        if let Some(subtype) = &self.subtype {
            let fits = if kind == 'a' {
                let elements = argument.elements();
                meter.look(elements.len() * 2)?;
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

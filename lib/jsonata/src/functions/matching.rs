//! Finding in texts: `$contains`, `$match`, `$replace`, `$split`, by text, regular expression or function.

use std::rc::Rc;
use std::sync::Arc;

use json::{Str, Value};
use smallvec::smallvec;

use super::argument;
use super::strings::text;
use super::units::{Units, byte_of};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::evaluate::function::Func;
use crate::regex::{Found, Regex};
use crate::signature::with_value;
use crate::value::{Arguments, Val};

type Outcome = Result<Val, Error>;

fn search(
    evaluator: &mut Evaluator<'_>,
    regex: &Regex,
    text: &str,
    from: usize,
) -> Result<Option<Found>, Error> {
    let meter = &mut evaluator.meter;
    // Each group has a place to be noted in, and may become a text.
    meter.step(2 + regex.groups() as u64 / 4)?;
    let found = regex.find(text, from, &mut |moves| meter.step(moves))?;
    if let Some(found) = &found {
        let length = |range: &Option<(usize, usize)>| range.map_or(0, |(start, end)| 32 + end - start);
        meter.charge(found.groups.iter().map(length).sum())?;
    }
    Ok(found)
}

/// What calling a regular expression gives: the match, its place, its groups, and how to find the next.
pub(crate) fn find(evaluator: &mut Evaluator<'_>, regex: &Arc<Regex>, text: &Str, from: usize) -> Outcome {
    evaluator.meter.read(text.len())?;
    let from = byte_of(text, from);
    if from > text.len() {
        return Ok(Val::Undefined);
    }
    match search(evaluator, regex, text, from)? {
        None => Ok(Val::Undefined),
        Some(found) => as_object(evaluator, regex, text, &found),
    }
}

fn as_object(evaluator: &mut Evaluator<'_>, regex: &Arc<Regex>, text: &Str, found: &Found) -> Outcome {
    let (start, end) = found.range;
    let next = Func::Next {
        regex: regex.clone(),
        text: text.clone(),
        from: end,
    };
    evaluator.meter.charge(64 + end - start)?;
    let mut units = Units::of(text, evaluator)?;
    Ok(Val::object(vec![
        ("match".into(), Val::text(&text[start..end])),
        ("start".into(), units.at(start, evaluator)?),
        ("end".into(), units.at(end, evaluator)?),
        ("groups".into(), Val::array(groups(text, found))),
        ("next".into(), Val::Func(Rc::new(next))),
    ]))
}

fn groups(text: &str, found: &Found) -> Vec<Val> {
    let group = |range: &Option<(usize, usize)>| {
        range.map_or(Val::Undefined, |(start, end)| Val::text(&text[start..end]))
    };
    found.groups.iter().map(group).collect()
}

/// The match after one that ended at a byte.
pub(crate) fn next(evaluator: &mut Evaluator<'_>, regex: &Arc<Regex>, text: &Str, from: usize) -> Outcome {
    match next_found(evaluator, regex, text, from)? {
        None => Ok(Val::Undefined),
        Some(found) => as_object(evaluator, regex, text, &found),
    }
}

fn next_found(
    evaluator: &mut Evaluator<'_>,
    regex: &Regex,
    text: &str,
    from: usize,
) -> Result<Option<Found>, Error> {
    if from >= text.len() {
        return Ok(None);
    }
    let found = search(evaluator, regex, text, from)?;
    if found.as_ref().is_some_and(|found| found.range.0 == found.range.1) {
        // It would be found for ever.
        return Err(Error::new("D1004").at(regex.position()).value(regex.source()));
    }
    Ok(found)
}

/// A match, as much of it as the functions here need.
struct Match {
    text: Str,
    start: usize,
    end: usize,
    groups: Vec<Val>,
    object: Option<Val>,
}

/// Matches one after the other, of a regular expression or of a function that behaves like one.
enum Matches<'m> {
    Regex {
        regex: &'m Arc<Regex>,
        text: &'m Str,
        from: Option<usize>,
        first: bool,
    },
    Function {
        next: Val,
        text: &'m Str,
        first: bool,
    },
}

impl<'m> Matches<'m> {
    fn new(matcher: &'m Val, text: &'m Str) -> Self {
        if let Val::Func(func) = matcher
            && let Func::Regex(regex) = &**func
        {
            return Self::Regex {
                regex,
                text,
                from: Some(0),
                first: true,
            };
        }
        Self::Function {
            next: matcher.clone(),
            text,
            first: true,
        }
    }

    fn next(&mut self, evaluator: &mut Evaluator<'_>) -> Result<Option<Match>, Error> {
        match self {
            Self::Regex {
                regex,
                text,
                from,
                first,
            } => {
                let Some(start) = *from else { return Ok(None) };
                let found = if *first {
                    search(evaluator, regex, text, start)?
                } else {
                    next_found(evaluator, regex, text, start)?
                };
                *first = false;
                *from = found.as_ref().map(|found| found.range.1);
                Ok(found.map(|found| Match {
                    text: text[found.range.0..found.range.1].into(),
                    start: found.range.0,
                    end: found.range.1,
                    groups: groups(text, &found),
                    object: None,
                }))
            }
            Self::Function { next, text, first } => {
                let arguments = if *first {
                    smallvec![Val::Json(Value::String(text.clone()))]
                } else {
                    Arguments::new()
                };
                *first = false;
                let found = evaluator.apply(next, arguments, &Val::null(), None)?;
                if found.is_undefined() {
                    return Ok(None);
                }
                let member = |name: &str| found.member(name);
                let is_match = member("start").as_f64().is_some()
                    || member("groups").is_array()
                    || member("next").as_func().is_some();
                if !is_match {
                    return Err(Error::new("T1010"));
                }
                *next = member("next");
                evaluator.meter.read(text.len())?;
                evaluator.meter.look(member("groups").elements().len())?;
                let at = |name: &str| {
                    byte_of(text, member(name).as_f64().unwrap_or(0.0).max(0.0) as usize).min(text.len())
                };
                let matched = member("match");
                Ok(Some(Match {
                    start: at("start"),
                    end: at("end"),
                    text: matched.as_text().cloned().unwrap_or_else(|| "".into()),
                    groups: member("groups").elements().to_vec(),
                    object: Some(found),
                }))
            }
        }
    }
}

pub(crate) fn contains(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    Ok(match argument(arguments, 1) {
        Val::Undefined if evaluator.dialect() == Dialect::Newest => Val::Undefined,
        Val::Undefined => {
            return Err(Error::new("").text("Cannot read properties of undefined (reading 'apply')"));
        }
        token => match token.as_str() {
            Some(token) => {
                evaluator.meter.read(text.len() + token.len())?;
                Val::bool(text.contains(token))
            }
            None => Val::bool(Matches::new(token, text).next(evaluator)?.is_some()),
        },
    })
}

/// The limit that an argument sets; negative ones are refused with a code.
fn limit(arguments: &[Val], place: usize, code: &'static str) -> Result<Option<f64>, Error> {
    let value = argument(arguments, place);
    match value.as_f64() {
        Some(number) if number < 0.0 => Err(with_value(Error::new(code).index(place + 1), value)),
        number => Ok(number),
    }
}

fn below(limit: Option<f64>, count: usize) -> bool {
    limit.is_none_or(|limit| (count as f64) < limit)
}

pub(crate) fn matches(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    let limit = limit(arguments, 2, "D3040")?;
    let mut found = Vec::new();
    let mut matches = Matches::new(argument(arguments, 1), text);
    let mut units = Units::of(text, evaluator)?;
    while below(limit, found.len()) {
        let Some(one) = matches.next(evaluator)? else {
            break;
        };
        evaluator.meter.charge(64 + one.text.len())?;
        let start = match &one.object {
            Some(object) => object.member("start"),
            None => units.at(one.start, evaluator)?,
        };
        found.push(Val::object(vec![
            ("match".into(), Val::Json(Value::String(one.text))),
            ("index".into(), start),
            ("groups".into(), Val::array(one.groups)),
        ]));
    }
    Ok(Val::sequence(found))
}

pub(crate) fn replace(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    let (pattern, replacement) = (argument(arguments, 1), argument(arguments, 2));
    if pattern.as_str() == Some("") {
        return Err(with_value(Error::new("D3010").index(2), pattern));
    }
    let limit = limit(arguments, 3, "D3011")?;
    if !below(limit, 0) {
        return Ok(Val::Json(Value::String(text.clone())));
    }
    let mut out = String::new();
    let mut place = 0;
    let mut count = 0;
    if let Some(pattern) = pattern.as_str() {
        let replacement = replacement.as_str().unwrap_or("undefined");
        evaluator.meter.read(text.len() + pattern.len())?;
        while below(limit, count)
            && let Some(found) = text[place..].find(pattern)
        {
            evaluator
                .meter
                .step(1 + (found + replacement.len()) as u64 / 64)?;
            push(evaluator, &mut out, &text[place..place + found])?;
            push(evaluator, &mut out, replacement)?;
            place += found + pattern.len();
            count += 1;
        }
    } else {
        let mut matches = Matches::new(pattern, text);
        let mut units = Units::of(text, evaluator)?;
        while below(limit, count) {
            let Some(one) = matches.next(evaluator)? else {
                break;
            };
            push(
                evaluator,
                &mut out,
                text.get(place..one.start).unwrap_or_default(),
            )?;
            place = (one.start + one.text.len()).min(text.len());
            while !text.is_char_boundary(place) {
                place += 1;
            }
            let with = match replacement.as_str() {
                Some(template) => {
                    evaluator.meter.read(template.len() * 4)?;
                    substitute(template, &one, evaluator.meter.bytes_max())?
                }
                None => called(evaluator, replacement, &mut units, one)?,
            };
            evaluator.meter.read(with.len())?;
            push(evaluator, &mut out, &with)?;
            count += 1;
        }
    }
    push(evaluator, &mut out, &text[place..])?;
    evaluator.meter.charge(out.len())?;
    Ok(Val::text(out))
}

fn push(evaluator: &Evaluator<'_>, out: &mut String, part: &str) -> Result<(), Error> {
    if out.len() + part.len() > evaluator.meter.bytes_max() {
        return Err(Error::limit(crate::error::Kind::Memory));
    }
    out.push_str(part);
    Ok(())
}

/// What a replacement function makes of a match.
fn called(
    evaluator: &mut Evaluator<'_>,
    func: &Val,
    units: &mut Units<'_>,
    one: Match,
) -> Result<String, Error> {
    let object = match one.object {
        Some(object) => object,
        None => Val::object(vec![
            ("match".into(), Val::Json(Value::String(one.text))),
            ("start".into(), units.at(one.start, evaluator)?),
            ("end".into(), units.at(one.end, evaluator)?),
            ("groups".into(), Val::array(one.groups)),
        ]),
    };
    let value = evaluator.apply(func, smallvec![object], &Val::null(), None)?;
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(with_value(Error::new("D3012"), &value)),
    }
}

/// The replacement with `$0`, `$1`, … put in.
fn substitute(template: &str, one: &Match, bytes_max: usize) -> Result<String, Error> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        if out.len() > bytes_max {
            return Err(Error::limit(crate::error::Kind::Memory));
        }
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix('0') {
            out.push_str(&one.text);
            rest = after;
            continue;
        }
        let groups = one.groups.len();
        let mut digits_max = if groups == 0 {
            1
        } else {
            groups.ilog10() as usize + 1
        };
        let number = |digits_max: usize| {
            let digits = rest
                .bytes()
                .take(digits_max)
                .take_while(u8::is_ascii_digit)
                .count();
            rest[..digits].parse::<usize>().ok()
        };
        let mut index = number(digits_max);
        if digits_max > 1 && index.is_some_and(|index| index > groups) {
            digits_max -= 1;
            index = number(digits_max);
        }
        match index {
            None => out.push('$'),
            Some(index) => {
                if let Some(group) = index.checked_sub(1).and_then(|place| one.groups.get(place)) {
                    out.push_str(group.as_str().unwrap_or_default());
                }
                rest = &rest[index.to_string().len()..];
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

pub(crate) fn split(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    let limit = limit(arguments, 2, "D3020")?;
    let separator = argument(arguments, 1);
    let mut parts = Vec::new();
    if separator.as_str().is_some() || separator.is_undefined() {
        let count = limit.map_or(usize::MAX, |limit| limit as usize);
        let mut add = |part: &str| {
            evaluator.meter.charge(part.len() + 32)?;
            parts.push(Val::text(part));
            Ok::<(), Error>(())
        };
        match separator.as_str() {
            None => text
                .split("\u{0}never")
                .take(count.min(1))
                .try_for_each(&mut add)?,
            Some("") => {
                let mut buffer = [0; 4];
                text.chars()
                    .take(count)
                    .try_for_each(|c| add(c.encode_utf8(&mut buffer)))?;
            }
            Some(separator) => text.split(separator).take(count).try_for_each(&mut add)?,
        }
        return Ok(Val::array(parts));
    }
    if !below(limit, 0) {
        return Ok(Val::array(parts));
    }
    let mut matches = Matches::new(separator, text);
    let mut start = 0;
    while below(limit, parts.len()) {
        let Some(one) = matches.next(evaluator)? else {
            parts.push(Val::text(&text[start..]));
            break;
        };
        evaluator.meter.charge(32 + one.start.saturating_sub(start))?;
        parts.push(Val::text(text.get(start..one.start).unwrap_or_default()));
        start = one.end;
    }
    Ok(Val::array(parts))
}

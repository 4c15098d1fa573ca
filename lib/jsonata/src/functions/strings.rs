//! Texts: casts, parts, padding, joining.

use json::{Str, Value};

use super::argument;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::number;
use crate::value::Val;

type Outcome = Result<Val, Error>;

pub(crate) fn string(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let value = argument(arguments, 0);
    if value.is_undefined() || value.as_str().is_some() {
        return Ok(value.clone());
    }
    let mut out = String::new();
    let pretty = matches!(argument(arguments, 1), Val::Json(Value::Bool(true)));
    write_string(evaluator, value, pretty, &mut out)?;
    Ok(Val::text(out))
}

/// Appends a value as `$string` gives it.
pub(crate) fn write_string(
    evaluator: &mut Evaluator<'_>,
    value: &Val,
    pretty: bool,
    out: &mut String,
) -> Result<(), Error> {
    match value {
        Val::Undefined | Val::Func(_) => Ok(()),
        Val::Json(Value::String(text)) => {
            evaluator.meter.charge(text.len())?;
            out.push_str(text);
            Ok(())
        }
        Val::Array(array) if array.outer => {
            let inner = array.items.first().cloned().unwrap_or_default();
            write(evaluator, &inner, pretty.then_some(0), out)
        }
        Val::Json(Value::Number(number)) if !number.as_f64().is_finite() => {
            Err(Error::new("D3001").value(Value::Null))
        }
        other => write(evaluator, other, pretty.then_some(0), out),
    }
}

fn write(
    evaluator: &mut Evaluator<'_>,
    value: &Val,
    indent: Option<usize>,
    out: &mut String,
) -> Result<(), Error> {
    if out.len() > evaluator.meter.bytes_max() {
        return Err(Error::limit(crate::error::Kind::Memory));
    }
    evaluator.meter.step(1)?;
    match value {
        Val::Undefined => out.push_str("null"),
        Val::Func(_) => out.push_str("\"\""),
        Val::Json(Value::Number(number)) => write_number(evaluator, number.as_f64(), out)?,
        Val::Json(Value::String(text)) => {
            evaluator.meter.read(text.len() * 2)?;
            write_text(text, out);
        }
        array if array.is_array() => {
            let elements = array.elements();
            list(
                evaluator,
                ('[', ']'),
                elements.len(),
                indent,
                out,
                &mut |evaluator, place, indent, out| write(evaluator, &elements.get(place), indent, out),
            )?;
        }
        object if object.is_object() => {
            let members: Vec<(Str, Val)> = object
                .members()
                .into_iter()
                .filter(|(_, value)| !value.is_undefined())
                .collect();
            list(
                evaluator,
                ('{', '}'),
                members.len(),
                indent,
                out,
                &mut |evaluator, place, indent, out| {
                    let (name, value) = &members[place];
                    evaluator.meter.read(name.len() * 2)?;
                    write_text(name, out);
                    out.push_str(if indent.is_some() { ": " } else { ":" });
                    write(evaluator, value, indent, out)
                },
            )?;
        }
        Val::Json(scalar) => out.push_str(&scalar.to_string()),
        _ => {}
    }
    Ok(())
}

type WriteItem<'w> =
    &'w mut dyn FnMut(&mut Evaluator<'_>, usize, Option<usize>, &mut String) -> Result<(), Error>;

fn list(
    evaluator: &mut Evaluator<'_>,
    brackets: (char, char),
    count: usize,
    indent: Option<usize>,
    out: &mut String,
    item: WriteItem<'_>,
) -> Result<(), Error> {
    out.push(brackets.0);
    let inner = indent.map(|indent| indent + 1);
    let break_line = |indent: Option<usize>, out: &mut String| {
        if let Some(indent) = indent {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", indent));
        }
    };
    for place in 0..count {
        evaluator.meter.read(inner.unwrap_or(0) * 2)?;
        if place > 0 {
            out.push(',');
        }
        break_line(inner, out);
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || item(evaluator, place, inner, out))?;
    }
    if count > 0 {
        break_line(indent, out);
    }
    out.push(brackets.1);
    Ok(())
}

fn write_number(evaluator: &Evaluator<'_>, number: f64, out: &mut String) -> Result<(), Error> {
    if number.is_nan() {
        out.push_str("null");
        return Ok(());
    }
    if number.is_infinite() {
        return Err(Error::new("D1001").value(Value::Null));
    }
    let keeps = evaluator.dialect() == Dialect::Newest && number.fract() == 0.0;
    let short = number.fract() == 0.0 && number.abs() < 1e15;
    number::write_number(
        if keeps || short {
            number
        } else {
            number::to_fifteen_digits(number)
        },
        out,
    );
    Ok(())
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The text of the first argument, if it is one.
pub(crate) fn text(arguments: &[Val]) -> Option<&Str> {
    argument(arguments, 0).as_text()
}

/// Counts the reading of the first argument.
fn read(evaluator: &mut Evaluator<'_>, arguments: &[Val]) -> Result<(), Error> {
    evaluator.meter.read(text(arguments).map_or(0, |text| text.len()))
}

fn with_text(arguments: &[Val], change: impl FnOnce(&str) -> Val) -> Outcome {
    Ok(text(arguments).map_or(Val::Undefined, |text| change(text)))
}

pub(crate) fn length(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    read(evaluator, arguments)?;
    with_text(arguments, |text| Val::number(text.chars().count() as f64))
}

pub(crate) fn lowercase(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    read(evaluator, arguments)?;
    evaluator
        .meter
        .charge(text(arguments).map_or(0, |text| text.len()))?;
    with_text(arguments, |text| Val::text(text.to_lowercase()))
}

pub(crate) fn uppercase(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    read(evaluator, arguments)?;
    evaluator
        .meter
        .charge(text(arguments).map_or(0, |text| text.len()))?;
    with_text(arguments, |text| Val::text(text.to_uppercase()))
}

pub(crate) fn trim(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    read(evaluator, arguments)?;
    evaluator
        .meter
        .charge(text(arguments).map_or(0, |text| text.len()))?;
    with_text(arguments, |text| {
        let mut out = String::new();
        let words = text.split([' ', '\t', '\n', '\r']);
        for word in words.filter(|word| !word.is_empty()) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
        Val::text(out)
    })
}

pub(crate) fn substring(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.charge(text.len())?;
    let count = if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    } as f64;
    // Without a start but with a length, JavaScript counts with NaN and finds nothing.
    let mut start = argument(arguments, 1).as_f64().unwrap_or(f64::NAN);
    if count + start < 0.0 {
        start = 0.0;
    }
    let end = match argument(arguments, 2).as_f64() {
        None => count,
        Some(length) if length <= 0.0 => return Ok(Val::text("")),
        Some(length) if start >= 0.0 => start + length,
        Some(length) => count + start + length,
    };
    let place = |at: f64| match at.trunc() {
        at if at.is_nan() => 0,
        at if at < 0.0 => (count + at).max(0.0) as usize,
        at => at.min(count) as usize,
    };
    let (start, end) = (place(start), place(end));
    if start >= end {
        return Ok(Val::text(""));
    }
    if text.is_ascii() {
        return Ok(Val::text(&text[start..end]));
    }
    Ok(Val::text(
        text.chars().skip(start).take(end - start).collect::<String>(),
    ))
}

/// The text JavaScript makes of a second argument that may be missing.
fn second(arguments: &[Val]) -> &str {
    argument(arguments, 1).as_str().unwrap_or("undefined")
}

pub(crate) fn substring_before(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let mark = second(arguments);
    evaluator
        .meter
        .charge(text(arguments).map_or(0, |text| text.len()) + mark.len())?;
    with_text(arguments, |text| {
        Val::text(text.find(mark).map_or(text, |place| &text[..place]))
    })
}

pub(crate) fn substring_after(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let mark = second(arguments);
    evaluator
        .meter
        .charge(text(arguments).map_or(0, |text| text.len()) + mark.len())?;
    with_text(arguments, |text| {
        Val::text(text.find(mark).map_or(text, |place| &text[place + mark.len()..]))
    })
}

pub(crate) fn pad(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    let width = argument(arguments, 1).as_f64().unwrap_or(f64::NAN);
    let width = if evaluator.dialect() == Dialect::Newest {
        width.trunc()
    } else {
        width
    };
    let filler = argument(arguments, 2)
        .as_str()
        .filter(|filler| !filler.is_empty())
        .unwrap_or(" ");
    read(evaluator, arguments)?;
    let missing = width.abs() - text.chars().count() as f64;
    if missing <= 0.0 || missing.is_nan() {
        return Ok(Val::Json(Value::String(text.clone())));
    }
    if missing.fract() != 0.0 {
        // JavaScript refuses an array with part of an element, and jsonata-js has no code for that.
        return Err(Error::new("").text("Invalid array length"));
    }
    let bytes = missing * filler.len() as f64 / filler.chars().count() as f64;
    if !bytes.is_finite() || bytes > evaluator.meter.bytes_max() as f64 {
        return Err(Error::limit(crate::error::Kind::Memory));
    }
    evaluator.meter.charge(bytes as usize + text.len())?;
    evaluator.meter.read(bytes as usize)?;
    let padding: String = filler.chars().cycle().take(missing as usize).collect();
    Ok(Val::text(if width > 0.0 {
        format!("{text}{padding}")
    } else {
        format!("{padding}{text}")
    }))
}

pub(crate) fn join(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let strings = argument(arguments, 0);
    if strings.is_undefined() {
        return Ok(Val::Undefined);
    }
    let separator = argument(arguments, 1).as_str().unwrap_or("");
    let mut out = String::new();
    evaluator.meter.look(strings.elements().len() * 2)?;
    for (place, element) in strings.elements().iter().enumerate() {
        if place > 0 {
            out.push_str(separator);
        }
        out.push_str(element.as_str().unwrap_or_default());
        if out.len() > evaluator.meter.bytes_max() {
            return Err(Error::limit(crate::error::Kind::Memory));
        }
    }
    evaluator.meter.charge(out.len())?;
    Ok(Val::text(out))
}

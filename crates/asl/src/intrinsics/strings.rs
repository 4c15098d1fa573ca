//! `States.Format` and `States.StringSplit`.

use json::{Str, Value};
use jsonpath::JavaText;

use super::{Bounded, Outcome, Unfit};

/// Cuts a template that came from the input at its `{}`; nothing is escaped there.
pub(super) fn pieces(template: &str) -> Vec<Str> {
    template.split("{}").map(Str::from).collect()
}

/// Puts values between the pieces of a template, printed as Java prints them, as far as there is room.
pub(super) fn format(pieces: &[Str], values: &[Value], room: usize) -> Outcome {
    use std::fmt::Write;

    if pieces.len() != values.len() + 1 {
        return Err(Unfit);
    }
    let mut text = Bounded::new(room);
    for (place, piece) in pieces.iter().enumerate() {
        text.write_str(piece).map_err(|_| Unfit)?;
        if let Some(value) = values.get(place) {
            write!(text, "{}", JavaText(value)).map_err(|_| Unfit)?;
        }
    }
    Ok(Value::from(text.text))
}

/// Splits at every one of the marks; pieces without text are left out.
pub(super) fn split(text: &str, marks: &str) -> Value {
    text.split(|c| marks.contains(c))
        .filter(|piece| !piece.is_empty())
        .map(Value::from)
        .collect()
}

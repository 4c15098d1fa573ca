//! Numbers as text, the way JavaScript writes them.

use json::{Number, Value};

/// The text of a finite double as `Number.toString` gives it.
pub(crate) fn to_text(number: f64) -> String {
    let mut out = String::new();
    write_number(number, &mut out);
    out
}

/// A number as a JSON value; whole ones are integers.
pub(crate) fn to_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9.2e18 {
        return Value::Number(Number::Int(number as i64));
    }
    Value::Number(Number::Float(number))
}

/// Appends the text of a finite double as `Number.toString` gives it.
pub(crate) fn write_number(number: f64, out: &mut String) {
    if number == 0.0 {
        out.push('0');
        return;
    }
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        let mut digits = [0u8; 20];
        let mut place = digits.len();
        let mut rest = number.abs() as u64;
        while rest > 0 {
            place -= 1;
            digits[place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        if number < 0.0 {
            out.push('-');
        }
        out.extend(digits[place..].iter().map(|digit| char::from(*digit)));
        return;
    }
    if number < 0.0 {
        out.push('-');
    }
    let (digits, exponent) = shortest(number.abs());
    layout(&digits, exponent, out);
}

/// The shortest digits that read back as this positive double, and the decimal point's place after the first.
fn shortest(number: f64) -> (String, i32) {
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(number);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let mut exponent: i32 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = if fraction == "0" { "" } else { fraction };
    let mut digits = format!("{whole}{fraction}");
    exponent += whole.len() as i32 - 1;
    let zeros = digits.len() - digits.trim_start_matches('0').len();
    digits.drain(..zeros);
    exponent -= zeros as i32;
    digits.truncate(digits.trim_end_matches('0').len());
    (digits, exponent)
}

/// Writes digits with a point after the first, times ten to the exponent, as JavaScript does.
fn layout(digits: &str, exponent: i32, out: &mut String) {
    let count = digits.len() as i32;
    if (0..21).contains(&exponent) {
        let whole = exponent + 1;
        if count <= whole {
            out.push_str(digits);
            out.extend(std::iter::repeat_n('0', (whole - count) as usize));
        } else {
            out.push_str(&digits[..whole as usize]);
            out.push('.');
            out.push_str(&digits[whole as usize..]);
        }
        return;
    }
    if (-6..0).contains(&exponent) {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        out.push_str(digits);
        return;
    }
    out.push_str(&digits[..1]);
    if count > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    out.push('e');
    out.push(if exponent < 0 { '-' } else { '+' });
    out.push_str(&exponent.abs().to_string());
}

/// The number that remains when only fifteen significant digits are kept.
pub(crate) fn to_fifteen_digits(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

/// The compact JSON text of a value with numbers written as JavaScript writes them.
pub(crate) fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        // JSON has no word for the infinities and NaN, which only exist while evaluating.
        Value::Number(number) if !number.as_f64().is_finite() => out.push_str("null"),
        Value::Number(number) => write_number(number.as_f64(), out),
        Value::Array(elements) => {
            out.push('[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_json(element, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (place, (name, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write_json(value, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_javascript() {
        for (number, text) in [
            (0.1 + 0.2, "0.30000000000000004"),
            (1e21, "1e+21"),
            (123456789012345680000.0, "123456789012345680000"),
            (1e-7, "1e-7"),
            (0.000001, "0.000001"),
            (-1.5e-9, "-1.5e-9"),
            (90.57000000000001, "90.57000000000001"),
            (5e-324, "5e-324"),
            (100.0, "100"),
            (-0.0, "0"),
        ] {
            assert_eq!(to_text(number), text);
        }
    }
}

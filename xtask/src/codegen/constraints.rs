//! Constraints: what the model demands of the members of requests, as a description and as a quick check.

use std::fmt::Write;

use crate::codegen::imports;
use crate::codegen::java_set;
use crate::codegen::model::{Kind, Member, Model, Shape};
use crate::codegen::names::{constant, field};

pub(super) fn source(model: &Model) -> Result<String, String> {
    let mut source = String::new();
    let shapes = model.shapes_of_requests();
    for name in &shapes {
        if !matches!(model.shape(name).kind, Kind::Structure(_)) {
            let _ = writeln!(
                source,
                "const {}: Shape = {};",
                constant(name),
                description(model, name)?
            );
        }
    }
    for name in &shapes {
        if let Kind::Structure(members) = &model.shape(name).kind {
            write_structure(&mut source, model, name, members)?;
        }
    }
    Ok(format!(
        "//! Constraints: what the model demands of the members of requests.\n\n{}\
         use crate::constraint::{{Constrained, Member, Shape, Structure, length_holds}};\n\
         use crate::{{Limits, pattern}};\n\n{source}",
        imports::of(model, &source, "constraints")
    ))
}

fn write_structure(source: &mut String, model: &Model, name: &str, members: &[Member]) -> Result<(), String> {
    let mut described = String::new();
    let mut checks = Vec::new();
    for member in members {
        let shape = model.shape(&member.shape);
        let value = match shape.kind {
            Kind::Structure(_) => format!("Shape::Structure({}::SHAPE)", member.shape),
            _ => constant(&member.shape),
        };
        let presence = if member.required { "required" } else { "optional" };
        let sensitive = if shape.sensitive { ".sensitive()" } else { "" };
        let _ = writeln!(
            described,
            "Member::{presence}(\"{}\", {value}){sensitive},",
            member.name
        );
        checks.extend(check(model, member)?);
    }
    let checks = if checks.is_empty() {
        "true".to_owned()
    } else {
        checks.join("\n&& ")
    };
    let limits = if checks.contains("limits") {
        "limits"
    } else {
        "_limits"
    };
    let _ = write!(
        source,
        "\nimpl Constrained for {name} {{\n\
         const SHAPE: &'static Structure = &Structure {{ name: \"{name}\", members: &[{described}] }};\n\n\
         fn holds(&self, {limits}: &Limits) -> bool {{\n{checks}\n}}\n}}\n"
    );
    Ok(())
}

/// The shape as `violations` reads it.
fn description(model: &Model, name: &str) -> Result<String, String> {
    let shape = model.shape(name);
    let (min, max) = (shape.min, shape.max);
    Ok(match &shape.kind {
        Kind::Text => match &shape.pattern {
            None => format!("Shape::text({min:?}, {max:?})"),
            Some(text) => format!(
                "Shape::pattern({min:?}, {max:?}, r\"{text}\", {})",
                pattern(text)?
            ),
        },
        Kind::Payload => "Shape::Payload".to_owned(),
        Kind::Definition => "Shape::Definition".to_owned(),
        Kind::Enum(values) => format!("Shape::Enum(&{:?})", java_set::order(values)),
        Kind::Integer => format!("Shape::Integer({min:?}, {max:?})"),
        Kind::Long => format!("Shape::Long({min:?}, {max:?})"),
        Kind::Float => format!("Shape::Float({:?}, {:?})", float(min), float(max)),
        Kind::Boolean => "Shape::Boolean".to_owned(),
        Kind::List(item) => {
            let item = match model.shape(item).kind {
                Kind::Structure(_) => format!("Shape::Structure({item}::SHAPE)"),
                _ => constant(item),
            };
            format!("Shape::List(&{item}, {min:?}, {max:?})")
        }
        Kind::Structure(_) => format!("Shape::Structure({name}::SHAPE)"),
        Kind::Timestamp | Kind::Map(..) | Kind::History(..) => {
            return Err(format!(
                "{name} occurs in a request, which the constraints can't describe yet"
            ));
        }
    })
}

/// The check of one member, or nothing if every value of its type is good.
fn check(model: &Model, member: &Member) -> Result<Option<String>, String> {
    let shape = model.shape(&member.shape);
    let field = field(&member.name);
    let by_value = matches!(shape.kind, Kind::Integer | Kind::Long | Kind::Float);
    let Some(check) = value_check(model, shape)? else {
        return Ok(None);
    };
    if member.required {
        let borrow = if by_value { "" } else { "&" };
        return Ok(Some(
            check
                .replace("REF", &format!("{borrow}self.{field}"))
                .replace("VALUE", &format!("self.{field}")),
        ));
    }
    let borrow = if by_value { "" } else { ".as_ref()" };
    let check = check.replace("REF", "value").replace("VALUE", "value");
    Ok(Some(format!("self.{field}{borrow}.is_none_or(|value| {check})")))
}

/// An expression over `VALUE` and `REF`, a reference to it, or nothing if every value is good.
fn value_check(model: &Model, shape: &Shape) -> Result<Option<String>, String> {
    let mut checks = Vec::new();
    match &shape.kind {
        Kind::Text => {
            if shape.min.is_some_and(|min| min > 0) || shape.max.is_some() {
                let max = shape.max.map_or("usize::MAX".to_owned(), |max| max.to_string());
                checks.push(format!("length_holds(REF, {}, {max})", shape.min.unwrap_or(0)));
            }
            if let Some(text) = &shape.pattern {
                checks.push(format!("{}(REF)", pattern(text)?));
            }
        }
        Kind::Payload => checks.push("VALUE.len() <= limits.payload_bytes".to_owned()),
        Kind::Definition => checks.push("length_holds(REF, 1, limits.definition_characters)".to_owned()),
        Kind::Integer | Kind::Long => checks.extend(range(shape.min, shape.max, "VALUE")),
        Kind::Float => checks.extend(range(float(shape.min), float(shape.max), "VALUE")),
        Kind::List(item) => {
            checks.extend(range(shape.min, shape.max, "VALUE.len()"));
            if let Some(check) = value_check(model, model.shape(item))? {
                let check = check.replace("REF", "item").replace("VALUE", "item");
                checks.push(format!("VALUE.iter().all(|item| {check})"));
            }
        }
        Kind::Structure(_) => checks.push("VALUE.holds(limits)".to_owned()),
        Kind::Enum(_) | Kind::Boolean | Kind::Timestamp | Kind::Map(..) | Kind::History(..) => {}
    }
    Ok((!checks.is_empty()).then(|| checks.join(" && ")))
}

fn range<T: std::fmt::Debug>(min: Option<T>, max: Option<T>, value: &str) -> Option<String> {
    match (min, max) {
        (None, None) => None,
        (Some(min), None) => Some(format!("{value} >= {min:?}")),
        (None, Some(max)) => Some(format!("{value} <= {max:?}")),
        (Some(min), Some(max)) => Some(format!("({min:?}..={max:?}).contains(&{value})")),
    }
}

fn float(bound: Option<i64>) -> Option<f64> {
    bound.map(|bound| bound as f64)
}

/// The function that stands for a regular expression of the model.
fn pattern(text: &str) -> Result<&'static str, String> {
    match text {
        r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$" => Ok("pattern::alias_name"),
        r"\p{ASCII}*" => Ok("pattern::ascii"),
        "[!-~]+" => Ok("pattern::visible_ascii"),
        _ => Err(format!("crates/api/src/pattern.rs has no function for {text}")),
    }
}

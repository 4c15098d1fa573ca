//! Intrinsic functions: `States.Format(…)` and its seventeen siblings.
//!
//! A call is parsed once: the function is known, its arguments are counted, literals are values and
//! paths are compiled. What remains for run time are the arguments' values.

mod arrays;
mod encoding;
mod json_texts;
mod math;
mod parse;
mod strings;
mod uuid;

pub use uuid::uuid_text;

use std::fmt::{self, Write as _};

use json::{Str, Value};
use jsonpath::SyntaxError;

use crate::env::Env;
use crate::failure::Failure;
use crate::path::{Path, Unresolved, null_input};

/// A compiled call of an intrinsic function.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    function: Function,
    arguments: Vec<Argument>,
    /// The call as written, for messages.
    text: Str,
}

#[derive(Debug, Clone)]
enum Argument {
    Value(Value),
    /// The text of a `States.Format` that is written down, cut at its `{}`.
    Pieces(Vec<Str>),
    Path(Path),
    Call(Call),
}

/// An intrinsic function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Format,
    StringToJson,
    JsonToString,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
}

impl Function {
    /// Each function with its name and the fewest and most arguments it takes.
    const ALL: [(Self, &'static str, usize, usize); 18] = [
        (Self::Format, "Format", 1, usize::MAX),
        (Self::StringToJson, "StringToJson", 1, 1),
        (Self::JsonToString, "JsonToString", 1, 1),
        (Self::Array, "Array", 0, usize::MAX),
        (Self::ArrayPartition, "ArrayPartition", 2, 2),
        (Self::ArrayContains, "ArrayContains", 2, 2),
        (Self::ArrayRange, "ArrayRange", 3, 3),
        (Self::ArrayGetItem, "ArrayGetItem", 2, 2),
        (Self::ArrayLength, "ArrayLength", 1, 1),
        (Self::ArrayUnique, "ArrayUnique", 1, 1),
        (Self::Base64Encode, "Base64Encode", 1, 1),
        (Self::Base64Decode, "Base64Decode", 1, 1),
        (Self::Hash, "Hash", 2, 2),
        (Self::JsonMerge, "JsonMerge", 3, 3),
        (Self::MathRandom, "MathRandom", 2, 3),
        (Self::MathAdd, "MathAdd", 2, 2),
        (Self::StringSplit, "StringSplit", 2, 2),
        (Self::Uuid, "UUID", 0, 0),
    ];

    fn named(name: &str) -> Option<(Self, usize, usize)> {
        let row = Self::ALL.iter().find(|(_, known, ..)| *known == name)?;
        Some((row.0, row.2, row.3))
    }

    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(function, ..)| *function == self)
            .map_or("", |row| row.1)
    }
}

/// Arguments that a function cannot take. Which one, AWS does not say.
#[derive(Debug, PartialEq, Eq)]
struct Unfit;

type Outcome = Result<Value, Unfit>;

impl Call {
    /// Reads a call. An unknown function, a wrong number of arguments, an unknown escape and calls
    /// nested too deep are errors.
    pub(crate) fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse::call(text)
    }

    /// The result of the call.
    ///
    /// Arguments that do not fit and paths that lead nowhere fail with `States.Runtime`: so AWS was
    /// seen to do, whatever its guide says of `States.IntrinsicFailure`.
    pub(crate) fn evaluate(&self, env: Env<'_>) -> Result<Value, Failure> {
        let values: Vec<Value> = self
            .arguments
            .iter()
            .map(|argument| self.value(argument, env))
            .collect::<Result<_, _>>()?;
        self.apply(&values, env).map_err(|Unfit| {
            Failure::runtime(format!("Invalid arguments in States.{}", self.function.name()))
        })
    }

    /// Names every variable that the call reads, in the order of writing.
    pub(crate) fn references(&self, visit: &mut dyn FnMut(&str)) {
        for argument in &self.arguments {
            match argument {
                Argument::Path(path) => path.variable().into_iter().for_each(&mut *visit),
                Argument::Call(call) => call.references(visit),
                Argument::Value(_) | Argument::Pieces(_) => {}
            }
        }
    }

    fn value(&self, argument: &Argument, env: Env<'_>) -> Result<Value, Failure> {
        match argument {
            Argument::Value(value) => Ok(value.clone()),
            Argument::Pieces(_) => Ok(Value::Null),
            Argument::Call(call) => call.evaluate(env),
            Argument::Path(path) => path.find(env).map_err(|reason| {
                if let Unresolved::NullInput = reason {
                    return null_input();
                }
                Failure::runtime(format!(
                    "The function '{}' had the following error: The JsonPath argument for the field '{}' \
                     could not be found in the input '{}'",
                    self.text,
                    path.text(),
                    env.input
                ))
            }),
        }
    }

    fn apply(&self, values: &[Value], env: Env<'_>) -> Outcome {
        let room = env.outside.limits().intrinsic_bytes();
        match (self.function, values) {
            (Function::Format, [template, values @ ..]) => match self.arguments.first() {
                Some(Argument::Pieces(pieces)) => strings::format(pieces, values, room),
                _ => strings::format(&strings::pieces(text(template)?), values, room),
            },
            (Function::StringSplit, [value, marks]) => Ok(strings::split(text(value)?, text(marks)?)),
            (Function::StringToJson, [value]) => json_texts::parse(text(value)?),
            (Function::JsonToString, [value]) => json_texts::print(value, room),
            (Function::JsonMerge, [left, right, deep]) => json_texts::merge(left, right, deep),
            (Function::Array, values) => Ok(Value::from(values.to_vec())),
            (Function::ArrayPartition, [list, size]) => arrays::partition(array(list)?, rounded(size)?),
            (Function::ArrayContains, [list, item]) => Ok(Value::Bool(array(list)?.contains(item))),
            (Function::ArrayRange, [first, last, step]) => {
                arrays::range(rounded(first)?, rounded(last)?, rounded(step)?)
            }
            (Function::ArrayGetItem, [list, index]) => arrays::item(array(list)?, rounded(index)?),
            (Function::ArrayLength, [list]) => Ok(Value::from(array(list)?.len())),
            (Function::ArrayUnique, [list]) => Ok(arrays::unique(array(list)?)),
            (Function::Base64Encode, [value]) => encoding::encode(text(value)?),
            (Function::Base64Decode, [value]) => encoding::decode(text(value)?),
            (Function::Hash, [value, algorithm]) => encoding::hash(text(value)?, text(algorithm)?),
            (Function::MathAdd, [left, right]) => math::add(rounded(left)?, rounded(right)?),
            (Function::MathRandom, [start, end]) => {
                math::random(rounded(start)?, rounded(end)?, env.outside.random())
            }
            (Function::MathRandom, [start, end, seed]) => {
                math::seeded(rounded(start)?, rounded(end)?, rounded(seed)?)
            }
            (Function::Uuid, []) => Ok(uuid_text(env.outside.random(), env.outside.random()).into()),
            _ => Err(Unfit),
        }
    }
}

fn text(value: &Value) -> Result<&str, Unfit> {
    value.as_str().ok_or(Unfit)
}

fn array(value: &Value) -> Result<&[Value], Unfit> {
    value.as_array().ok_or(Unfit)
}

/// A number as an integer, rounded as AWS rounds: halves towards positive infinity.
fn rounded(value: &Value) -> Result<i64, Unfit> {
    math::rounded(value.as_number().ok_or(Unfit)?).ok_or(Unfit)
}

/// Text that grows up to a limit, so that a value that is shared many times cannot fill the memory.
struct Bounded {
    text: String,
    room: usize,
}

impl Bounded {
    fn new(room: usize) -> Self {
        Self {
            text: String::new(),
            room,
        }
    }

    fn print(value: impl fmt::Display, room: usize) -> Result<String, Unfit> {
        let mut printed = Self::new(room);
        write!(printed, "{value}").map_err(|_| Unfit)?;
        Ok(printed.text)
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.room = self.room.checked_sub(text.len()).ok_or(fmt::Error)?;
        self.text.push_str(text);
        Ok(())
    }
}

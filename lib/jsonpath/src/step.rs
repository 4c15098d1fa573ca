//! Steps: what a compiled path is made of, and how Jayway writes them in its messages.

use std::fmt;

use json::Str;

use crate::filter::Filter;

/// One step of a path.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// `.name`, `['name']`
    Name(Str),
    /// `['a','b']`
    Names(Box<[Str]>),
    /// `[0]`, `[-1]`
    Index(i64),
    /// `[0,2]`
    Indexes(Box<[i64]>),
    /// `[1:5]`; a step width is read and, as in Jayway, ignored.
    Slice(Slice),
    /// `.*`, `[*]`
    Wildcard,
    /// `..`: the step after it is tried on this value and on everything below it.
    Scan,
    /// `[?(…)]`; an element must satisfy all of them.
    Filter(Box<[Filter]>),
}

/// The bounds of a slice; at least one is given.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slice {
    /// `[1:]`
    From(i64),
    /// `[:5]`
    To(i64),
    /// `[1:5]`
    Between(i64, i64),
}

impl Step {
    /// The name or the index, bare.
    pub(crate) fn bare(&self) -> Str {
        match self {
            Self::Name(name) => name.clone(),
            Self::Index(index) => index.to_string().into(),
            other => other.to_string().into(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(out, "['{name}']"),
            Self::Names(names) => {
                out.write_str("[")?;
                separated(out, names, |out, name| write!(out, "'{name}'"))?;
                out.write_str("]")
            }
            Self::Index(index) => write!(out, "[{index}]"),
            Self::Indexes(indexes) => {
                out.write_str("[")?;
                separated(out, indexes, |out, index| write!(out, "{index}"))?;
                out.write_str("]")
            }
            Self::Slice(Slice::From(from)) => write!(out, "[{from}:]"),
            Self::Slice(Slice::To(to)) => write!(out, "[:{to}]"),
            Self::Slice(Slice::Between(from, to)) => write!(out, "[{from}:{to}]"),
            Self::Wildcard => out.write_str("[*]"),
            Self::Scan => out.write_str(".."),
            Self::Filter(filters) => {
                out.write_str("[")?;
                separated(out, filters, |out, _| out.write_str("?"))?;
                out.write_str("]")
            }
        }
    }
}

fn separated<T>(
    out: &mut fmt::Formatter<'_>,
    list: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (place, item) in list.iter().enumerate() {
        if place > 0 {
            out.write_str(",")?;
        }
        write(out, item)?;
    }
    Ok(())
}

/// Steps as Jayway writes a path: `$['a'][0]`.
pub(crate) struct Written<'a>(pub(crate) &'a [Step]);

impl fmt::Display for Written<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("$")?;
        self.0.iter().try_for_each(|step| step.fmt(out))
    }
}

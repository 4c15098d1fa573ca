//! The parser: text to tree (`pratt`), tree to compiled expression (`process`, `finish`).

mod finish;
mod pratt;
mod process;

pub(crate) use finish::compile;

//! The parser: text to tree (`pratt`), tree to compiled expression (`process`, `ancestry`, `tail`, `finish`).

mod ancestry;
mod finish;
mod pratt;
mod process;
mod tail;

pub(crate) use finish::compile;

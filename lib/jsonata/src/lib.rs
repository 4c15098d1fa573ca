//! JSONata over the shared JSON value.
//!
//! An [`Expression`] is compiled once and evaluated often, by any thread. Input is read by reference: a path into a
//! large value copies nothing. Time, chance and variables come from outside ([`Env`]), and a [`Budget`] bounds how
//! deep, how long and with how much memory an expression runs. Errors carry jsonata-js's codes and texts.
//!
//! ```
//! let expression = jsonata::Expression::compile("$sum(items.(price * n))", jsonata::Options::default()).unwrap();
//! let input = json::json!({"items": [{"price": 2, "n": 3}, {"price": 0.5, "n": 4}]});
//! let env = jsonata::Env {
//!     variables: &|_| None,
//!     now_millis: 0,
//!     random: &mut || 0,
//!     budget: jsonata::Budget::default(),
//! };
//! let outcome = expression.evaluate(Some(&input), env).unwrap();
//! assert_eq!(outcome, jsonata::Outcome::Value(json::Value::from(8)));
//! ```

mod ast;
mod budget;
mod dialect;
pub mod error;
mod evaluate;
mod expression;
mod functions;
mod lexer;
mod number;
mod object;
mod outcome;
mod parser;
mod regex;
mod signature;
mod value;

pub use budget::Budget;
pub use dialect::Dialect;
pub use error::{Error, Kind};
pub use expression::{Env, Expression, Options, Reference, References};
pub use functions::Functions;
pub use outcome::Outcome;

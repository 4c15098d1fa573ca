//! The immutable, shared JSON value of the whole product.
//!
//! A [`Value`] is cheap to clone (strings, arrays and objects sit behind an `Arc`), keeps the
//! order in which members were written, and keeps integers apart from decimals: `1` and `1.0`
//! print as they were read.
//!
//! ```
//! let value = json::parse(r#"{"b": 1, "a": [1.0, true]}"#).unwrap();
//! assert_eq!(value.get("a").unwrap().at(0).unwrap().as_f64(), Some(1.0));
//! assert_eq!(value.to_string(), r#"{"b":1,"a":[1.0,true]}"#);
//! ```

mod number;
mod object;
mod parse;
mod payload;
mod print;
mod value;

pub use number::Number;
pub use object::Object;
pub use parse::{DEPTH_MAX, ParseError, parse, parse_bytes};
pub use payload::Payload;
pub use print::Unprintable;
pub use value::{Str, Value};

#[doc(hidden)]
pub use serde_json as __serde_json;

/// Writes a [`Value`] as JSON with Rust expressions inside, as `serde_json::json!` does.
#[macro_export]
macro_rules! json {
    ($($tokens:tt)+) => {
        $crate::Value::from($crate::__serde_json::json!($($tokens)+))
    };
}

//! The JSONPath that Step Functions accepts: Jayway's dialect, and reference paths.
//!
//! A [`Path`] is compiled once and evaluated over shared values without copying them. A definite path
//! gives the value itself, an indefinite one a new array of what it found; a path that leads nowhere
//! says so in Jayway's words. Nesting, steps, the values visited and the size of regular expressions
//! are bounded, so that no path over no input runs for long.
//!
//! ```
//! let input = json::json!({"items": [{"id": 1}, {"id": 2}]});
//! let find = |text: &str| jsonpath::Path::parse(text).unwrap().find(&input);
//! assert_eq!(find("$.items[1].id").unwrap(), json::json!(2));
//! assert_eq!(find("$.items[?(@.id < 2)]").unwrap(), json::json!([{"id": 1}]));
//! assert_eq!(find("$.none").unwrap_err().to_string(), "No results for path: $['none']");
//! ```

mod error;
mod filter;
mod java;
mod parse;
mod path;
mod reference;
mod search;
mod step;

pub use error::{NotFound, SyntaxError, WriteError};
pub use java::JavaText;
pub use path::Path;
pub use reference::ReferencePath;

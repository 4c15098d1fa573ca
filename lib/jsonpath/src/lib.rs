//! The JSONPath that Step Functions accepts: Jayway's dialect, and reference paths.

mod error;
mod path;
mod reference;

pub use error::{NotFound, SyntaxError, WriteError};
pub use path::Path;
pub use reference::ReferencePath;

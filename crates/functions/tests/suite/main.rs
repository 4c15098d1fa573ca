//! Real Python, Node and shell processes behind the Runtime API.

mod lifecycle;
mod runtimes;
mod support;

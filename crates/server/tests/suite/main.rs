//! The server from outside: its operations word for word, its HTTP byte by byte, and hostile requests.

mod api;
mod hostile;
mod http;
mod support;

//! Dialects: which release of the language an expression is written in.

/// A release of JSONata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// 2.0.6, which AWS documents.
    #[default]
    V2_0_6,
    /// 2.2.2, with `??`, `?:` and later corrections.
    Newest,
}

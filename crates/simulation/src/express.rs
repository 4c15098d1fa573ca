//! Express executions: what was seen of them, and what a crash may do to each kind.
//!
//! A synchronous one runs at most once: in the process that was asked for it, and nothing of it is saved. An
//! asynchronous one runs at least once when its start was acknowledged: once in each process until its end is saved,
//! and never afterwards. One of a map run runs until its end is saved.

use std::collections::BTreeMap;

use engine::{Detail, Event};
use json::Str;
use store::Store;

use crate::checks::{Check, must, read};

/// Who started an Express execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Somebody who waits for its end.
    Sync,
    /// Somebody who does not.
    Async,
    /// A map run.
    Child,
}

/// What the names of synchronous ones begin with.
pub(crate) const SYNC: &str = "s";

/// The kind of an execution; none of a Standard one.
pub(crate) fn kind(arn: &str) -> Option<Kind> {
    let (_, rest) = arn.split_once(":express:")?;
    let (machine, name) = rest.split_once(':')?;
    Some(if machine.contains('/') {
        Kind::Child
    } else if name.starts_with(SYNC) {
        Kind::Sync
    } else {
        Kind::Async
    })
}

/// What was seen of the executions that no map run started.
#[derive(Debug, Default)]
pub(crate) struct Express {
    by_arn: BTreeMap<Str, Runs>,
}

#[derive(Debug, Default)]
struct Runs {
    /// The processes in which it began.
    begun: Vec<u64>,
    ends: Vec<String>,
}

impl Express {
    /// Events of an execution became true, in the process of this number.
    pub(crate) fn logged(&mut self, store: &dyn Store, boot: u64, arn: &Str, events: &[Event]) -> Check {
        let Some(kind @ (Kind::Sync | Kind::Async)) = kind(arn) else {
            return Ok(());
        };
        must(kind == Kind::Sync || is_pending(store, arn)?, || {
            format!("{arn} goes on, and is not on disk as one that runs")
        })?;
        let runs = self.by_arn.entry(arn.clone()).or_default();
        for event in events {
            match &event.detail {
                Detail::ExecutionStarted { .. } => {
                    let is_again = match kind {
                        Kind::Sync => !runs.begun.is_empty(),
                        _ => runs.begun.contains(&boot),
                    };
                    must(!is_again, || format!("{arn} runs again"))?;
                    runs.begun.push(boot);
                }
                detail if detail.is_final() => runs.ends.push(format!("{detail:?}")),
                _ => {}
            }
        }
        must(
            runs.begun.last() == Some(&boot) && runs.ends.len() <= runs.begun.len(),
            || format!("{arn} goes on without having begun, or ends twice: {runs:?}"),
        )
    }

    /// Checks what somebody was told who waited for the end.
    pub(crate) fn check_told(&self, store: &dyn Store, arn: &str, end: &str) -> Check {
        let ends = self.by_arn.get(arn).map(|runs| &runs.ends[..]);
        must(ends == Some(&[end.to_owned()]), || {
            format!("{arn} ended {ends:?}, and {end} was told")
        })?;
        must(read(store.find(arn))?.is_none(), || format!("{arn} is on disk"))
    }

    /// What an acknowledged asynchronous execution ended with last.
    pub(crate) fn end(&self, arn: &str) -> Result<&str, String> {
        let end = self.by_arn.get(arn).and_then(|runs| runs.ends.last());
        end.map(String::as_str)
            .ok_or_else(|| format!("{arn} was started, and has never ended"))
    }
}

/// Whether an asynchronous execution is on disk as one that runs again after a crash.
pub(crate) fn is_pending(store: &dyn Store, arn: &str) -> Result<bool, String> {
    let pending = read(store.express_pending(None, usize::MAX))?;
    Ok(pending.iter().any(|start| &*start.created.arn == arn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_who_started_an_execution() {
        let kind = |rest: &str| kind(&format!("arn:aws:states:us-east-1:000000000000:{rest}"));
        assert_eq!(kind("execution:m1:e1"), None);
        assert_eq!(kind("execution:m1/L:e1"), None);
        assert_eq!(kind("express:m1:s1:1-2"), Some(Kind::Sync));
        assert_eq!(kind("express:m1:a1:1-2"), Some(Kind::Async));
        assert_eq!(kind("express:m1/L:0-1:1-2"), Some(Kind::Child));
    }
}

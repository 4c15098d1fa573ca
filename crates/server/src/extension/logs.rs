//! Logs: what a local function printed last, or what it printed in one call.

use functions::{Functions, WorkerLog};
use serde::Serialize;

use crate::extension::Refusal;
use crate::extension::query::Query;

#[derive(Serialize)]
pub(crate) struct Answer {
    logs: Vec<Shown>,
}

#[derive(Debug, Serialize, PartialEq, Eq)]
struct Shown {
    /// The worker's name.
    worker: String,
    text: String,
}

/// The last output of each worker of a function; with `requestId`, that of one call, if it is still known.
pub(crate) fn answer(functions: Option<&Functions>, query: &Query<'_>) -> Result<Answer, Refusal> {
    let name = query.need("functionName")?;
    let functions = functions.filter(|functions| functions.resolve(name).is_some());
    let Some(functions) = functions else {
        return Err(Refusal::missing(format!("there is no local function `{name}`")));
    };
    let logs = functions.logs(name).into_iter();
    Ok(Answer {
        logs: match query.get("requestId") {
            Some(request_id) => logs.filter_map(|log| of_call(log, request_id)).collect(),
            None => logs.map(whole).collect(),
        },
    })
}

fn whole(log: WorkerLog) -> Shown {
    Shown {
        worker: log.worker,
        text: log.text,
    }
}

/// The part of a worker's output between the lines that say that a call began and what it took.
fn of_call(log: WorkerLog, request_id: &str) -> Option<Shown> {
    let is_of = |line: &str, word: &str| {
        let rest = line
            .strip_prefix(word)
            .and_then(|rest| rest.strip_prefix(" RequestId: "));
        rest.is_some_and(|rest| rest.starts_with(request_id))
    };
    let lines: Vec<&str> = log.text.lines().collect();
    let first = lines.iter().position(|line| is_of(line, "START"))?;
    let last = lines
        .iter()
        .rposition(|line| is_of(line, "REPORT") || is_of(line, "END"));
    let last = last.filter(|last| *last >= first).unwrap_or(lines.len() - 1);
    Some(Shown {
        worker: log.worker,
        text: lines[first..=last].join("\n"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_is_cut_out_of_what_its_worker_printed() {
        let text = "START RequestId: a Version: $LATEST\none\nEND RequestId: a\nREPORT RequestId: a Duration: 1 ms\nSTART RequestId: b Version: $LATEST\ntwo\n";
        let log = || WorkerLog {
            worker: "w".into(),
            pid: None,
            text: text.into(),
        };
        let shown = |id| of_call(log(), id).map(|shown| shown.text);
        assert_eq!(
            shown("a").unwrap(),
            "START RequestId: a Version: $LATEST\none\nEND RequestId: a\nREPORT RequestId: a Duration: 1 ms"
        );
        assert_eq!(shown("b").unwrap(), "START RequestId: b Version: $LATEST\ntwo");
        assert_eq!(shown("c"), None);
    }
}

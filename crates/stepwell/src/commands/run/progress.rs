//! Progress: the history's events as they come, on standard error.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use api::{Caller, GetExecutionHistoryInput, HistoryEvent, StepFunctions as _, Text};
use server::Server;

/// How often the history is looked at. Only what people see depends on it.
const PAUSE: Duration = Duration::from_millis(40);

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// Follows one execution, and writes down what happens.
pub(super) struct Progress {
    server: Arc<Server>,
    arn: json::Str,
    shown: bool,
    colour: bool,
    next_token: Option<Text>,
    last: i64,
    started: Option<i64>,
}

impl Progress {
    pub(super) fn new(server: Arc<Server>, arn: &json::Str, shown: bool) -> Self {
        let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self {
            server,
            arn: arn.clone(),
            shown,
            colour,
            next_token: None,
            last: 0,
            started: None,
        }
    }

    /// Waits a moment, and shows what happened meanwhile.
    pub(super) async fn next(&mut self) {
        tokio::time::sleep(PAUSE).await;
        self.catch_up().await;
    }

    /// Shows everything that happened and was not shown.
    pub(super) async fn catch_up(&mut self) {
        while self.shown && self.show_page().await {}
    }

    /// Shows a page of the history; whether there is another.
    async fn show_page(&mut self) -> bool {
        let request = GetExecutionHistoryInput {
            execution_arn: Text::from(&self.arn),
            max_results: Some(1000),
            next_token: self.next_token.clone(),
            include_execution_data: Some(false),
            ..Default::default()
        };
        let Ok(page) = self
            .server
            .get_execution_history(&Caller::default(), request)
            .await
        else {
            return false;
        };
        let last = self.last;
        for event in page.events.iter().filter(|event| event.id > last) {
            self.show(event);
        }
        self.last = page
            .events
            .last()
            .map_or(self.last, |event| self.last.max(event.id));
        // The last page is asked for again: it grows.
        let Some(next_token) = page.next_token else {
            return false;
        };
        self.next_token = Some(next_token);
        true
    }

    fn show(&mut self, event: &HistoryEvent) {
        let at = event.timestamp.milliseconds;
        let started = *self.started.get_or_insert(at);
        let seconds = (at - started) as f64 / 1000.0;
        let kind = event.r#type.as_str();
        let (on, off) = if self.colour {
            (colour(kind), PLAIN)
        } else {
            ("", "")
        };
        let (dim, plain) = if self.colour { (DIM, PLAIN) } else { ("", "") };
        // A terminal that is gone is no reason to stop the execution.
        let _ = writeln!(
            std::io::stderr(),
            "{dim}{seconds:>8.3}{plain}  {on}{kind:<26}{off} {}",
            about(event)
        );
    }
}

fn colour(kind: &str) -> &'static str {
    if ["Failed", "TimedOut", "Aborted"]
        .iter()
        .any(|ending| kind.ends_with(ending))
    {
        RED
    } else if kind.ends_with("Succeeded") {
        GREEN
    } else if kind.ends_with("StateEntered") {
        BOLD
    } else {
        PLAIN
    }
}

/// What an event is about: the state, the resource, or the error.
fn about(event: &HistoryEvent) -> String {
    let event = serde_json::to_value(event).unwrap_or_default();
    let details = event
        .as_object()
        .and_then(|event| event.values().find(|value| value.is_object()));
    let Some(details) = details else {
        return String::new();
    };
    let text = |name: &str| details[name].as_str();
    match (text("name"), text("resource"), text("error")) {
        (Some(name), ..) => match details["index"].as_i64() {
            Some(index) => format!("{name}[{index}]"),
            None => name.to_owned(),
        },
        (None, _, Some(error)) => match text("cause") {
            Some(cause) => format!("{error}: {}", cause.lines().next().unwrap_or_default()),
            None => error.to_owned(),
        },
        (None, Some(resource), None) => resource.to_owned(),
        (None, None, None) => String::new(),
    }
}

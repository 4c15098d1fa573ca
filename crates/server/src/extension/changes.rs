//! Changes: a feed of server-sent events that says which executions went on.
//!
//! Every page that is open has one, and says what it shows: an execution, a state machine, or all of them. It is told
//! ARNs, and asks again for what it shows. A feed costs nothing while nothing changes that its page shows, but a comment
//! now and then, by which a connection that is gone is found.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use access::{Key, Ticket};
use api::Caller;
use bytes::Bytes;
use hyper::Response;
use hyper::body::{Body, Frame};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use ids::Scope;
use jiff::Timestamp;
use runtime::{Changed, Watch};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::Server;
use crate::extension::query::Query;
use crate::extension::rights;
use crate::gate::Who;

/// How often a feed without changes says that it is there.
const PULSE: Duration = Duration::from_secs(20);

/// A feed's body.
pub(crate) struct Feed(mpsc::Receiver<Bytes>);

impl Body for Feed {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let next = self.0.poll_recv(context);
        next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// What a page shows.
enum Shown {
    Execution(String),
    Machine(String),
    /// All state machines of the account, but those that the key is denied.
    Everything(Scope, Option<Arc<Key>>),
}

impl Shown {
    fn read(caller: &Caller, key: Option<Arc<Key>>, query: &Query<'_>) -> Self {
        let own = format!("{}:", caller.scope);
        // Of what belongs to others nothing is told.
        let named = |name| {
            query
                .get(name)
                .map(|arn| if arn.starts_with(&own) { arn } else { "" })
        };
        if let Some(arn) = named("executionArn") {
            return Self::Execution(arn.to_owned());
        }
        match named("stateMachineArn") {
            Some(arn) => Self::Machine(arn.to_owned()),
            None => Self::Everything(caller.scope.clone(), key),
        }
    }

    /// The event that tells a page of changes; none when they are no concern of it.
    fn event(&self, changed: &Changed) -> Option<Bytes> {
        let mut told = Told {
            all: changed.more,
            ..Told::default()
        };
        match self {
            Self::Execution(arn) => told
                .executions
                .extend(changed.executions.get(&**arn).map(|arn| &**arn)),
            Self::Machine(arn) => told
                .machines
                .extend(changed.machines.get(&**arn).map(|arn| &**arn)),
            Self::Everything(scope, key) => {
                let own = format!("{scope}:");
                let machines = changed.machines.iter().map(|arn| &**arn);
                let is_shown = |arn: &&str| arn.starts_with(&own) && rights::may_list(key.as_deref(), arn);
                told.machines.extend(machines.filter(is_shown));
            }
        }
        if !told.all && told.executions.is_empty() && told.machines.is_empty() {
            return None;
        }
        let data = serde_json::to_string(&told).expect("names are JSON");
        Some(Bytes::from(format!("event: changes\ndata: {data}\n\n")))
    }
}

#[derive(Default, Serialize)]
struct Told<'a> {
    executions: Vec<&'a str>,
    machines: Vec<&'a str>,
    /// More changed than is named.
    all: bool,
}

pub(crate) fn answer(server: &Arc<Server>, who: &Who, query: &Query<'_>) -> Response<Feed> {
    // Little may wait to be sent: a page that does not read is told less often.
    let (sender, receiver) = mpsc::channel(1);
    let shown = Shown::read(&who.caller, who.key.clone(), query);
    tokio::spawn(feed(Arc::clone(server), shown, who.ticket.clone(), sender));
    let mut response = Response::new(Feed(receiver));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Tells until the page is gone, who reads it has signed out, or the server ends.
async fn feed(server: Arc<Server>, shown: Shown, ticket: Option<Ticket>, sender: mpsc::Sender<Bytes>) {
    let mut watch = server.runtime.watch();
    let mut told = Bytes::from_static(b": hello\n\n");
    loop {
        tokio::select! {
            sent = sender.send(told) => if sent.is_err() { return },
            () = server.polls_ended() => return,
        }
        told = tokio::select! {
            next = next(&mut watch, &shown) => match next {
                Some(event) => event,
                None => return,
            },
            () = tokio::time::sleep(PULSE) => Bytes::from_static(b":\n\n"),
            () = server.polls_ended() => return,
            () = sender.closed() => return,
        };
        if ticket
            .as_ref()
            .is_some_and(|ticket| !ticket.is_good(Timestamp::now()))
        {
            return;
        }
    }
}

/// The next event for a page; none when the runtime is gone.
async fn next(watch: &mut Watch, shown: &Shown) -> Option<Bytes> {
    loop {
        let event = match watch.recv().await {
            Ok(changed) => shown.event(&changed),
            Err(RecvError::Lagged(_)) => shown.event(&Changed {
                more: true,
                ..Changed::default()
            }),
            Err(RecvError::Closed) => return None,
        };
        if event.is_some() {
            return event;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
    const EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:execution:m:e1";

    fn told(query: &str, changed: &Changed) -> Option<String> {
        let shown = Shown::read(&Caller::default(), None, &Query::read(query));
        let event = shown.event(changed)?;
        Some(String::from_utf8(event.to_vec()).unwrap())
    }

    fn changed() -> Changed {
        let other = "arn:aws:states:us-east-1:111111111111:stateMachine:m";
        Changed {
            executions: [EXECUTION.into(), "e2".into()].into(),
            machines: [MACHINE.into(), other.into()].into(),
            more: false,
        }
    }

    #[test]
    fn page_is_told_of_what_it_shows() {
        assert_eq!(
            told(&format!("executionArn={EXECUTION}"), &changed()).unwrap(),
            format!(
                "event: changes\ndata: {{\"executions\":[\"{EXECUTION}\"],\"machines\":[],\"all\":false}}\n\n"
            )
        );
        for others in [
            format!("executionArn={EXECUTION}3"),
            "executionArn=e2".to_owned(),
            "stateMachineArn=arn:aws:states:us-east-1:111111111111:stateMachine:m".to_owned(),
        ] {
            assert_eq!(told(&others, &changed()), None, "{others}");
        }
        assert!(
            told(&format!("stateMachineArn={MACHINE}"), &changed())
                .unwrap()
                .contains(MACHINE)
        );
    }

    #[test]
    fn lists_are_told_of_the_callers_state_machines() {
        let told = told("", &changed()).unwrap();
        assert!(told.contains(MACHINE) && !told.contains("111111111111"), "{told}");
    }

    #[test]
    fn whoever_missed_something_is_told_so() {
        let missed = Changed {
            more: true,
            ..Changed::default()
        };
        assert!(
            told(&format!("executionArn={EXECUTION}"), &missed)
                .unwrap()
                .contains("\"all\":true")
        );
    }
}

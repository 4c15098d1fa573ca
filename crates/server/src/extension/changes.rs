//! Changes: a feed of server-sent events that says which executions went on.
//!
//! Every page that is open has one. It names ARNs, of executions and of their state machines, and pages ask again for
//! what they show. A feed costs nothing while nothing changes but a comment now and then, by which a connection that
//! is gone is found.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use api::Caller;
use bytes::Bytes;
use hyper::Response;
use hyper::body::{Body, Frame};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use runtime::{Changed, Watch};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::Server;

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

pub(crate) fn answer(server: &Arc<Server>) -> Response<Feed> {
    // Little may wait to be sent: a page that does not read is told less often.
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(feed(Arc::clone(server), sender));
    let mut response = Response::new(Feed(receiver));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Tells until the page is gone or the server ends.
async fn feed(server: Arc<Server>, sender: mpsc::Sender<Bytes>) {
    let mut watch = server.runtime.watch();
    let mut told = Bytes::from_static(b": hello\n\n");
    loop {
        tokio::select! {
            sent = sender.send(told) => if sent.is_err() { return },
            () = server.polls_ended() => return,
        }
        told = tokio::select! {
            next = next(&mut watch) => match next {
                Some(event) => event,
                None => return,
            },
            () = tokio::time::sleep(PULSE) => Bytes::from_static(b":\n\n"),
            () = server.polls_ended() => return,
            () = sender.closed() => return,
        };
    }
}

/// The next event; none when the runtime is gone.
async fn next(watch: &mut Watch) -> Option<Bytes> {
    match watch.recv().await {
        Ok(changed) => Some(event(&changed)),
        Err(RecvError::Lagged(_)) => Some(event(&Changed {
            more: true,
            ..Changed::default()
        })),
        Err(RecvError::Closed) => None,
    }
}

fn event(changed: &Changed) -> Bytes {
    #[derive(Serialize)]
    struct Shown<'a> {
        executions: Vec<&'a str>,
        machines: Vec<&'a str>,
        all: bool,
    }
    let mine = Caller::default().scope;
    let own = |arn: &&str| arn.split(':').nth(4) == Some(&mine.account);
    let shown = Shown {
        executions: changed.executions.iter().map(|arn| &**arn).filter(own).collect(),
        machines: changed.machines.iter().map(|arn| &**arn).filter(own).collect(),
        all: changed.more,
    };
    let data = serde_json::to_string(&shown).expect("names are JSON");
    Bytes::from(format!("event: changes\ndata: {data}\n\n"))
}

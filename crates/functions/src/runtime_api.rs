//! The host's side of the Lambda Runtime API: one loopback listener for each worker, whose port says which one it is.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::outcome::RESPONSE_BYTES_MAX;

const API: &str = "/2018-06-01/runtime/";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
/// More connections than this wait in the listener's queue.
const CONNECTIONS_MAX: usize = 64;
/// A body that is too long is read up to here, so that the worker can go on; beyond, its connection is given up.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One event on its way to a worker.
pub(crate) struct Event {
    pub(crate) request_id: String,
    pub(crate) function_arn: String,
    pub(crate) trace_id: String,
    pub(crate) client_context: Option<String>,
    pub(crate) payload: Bytes,
    pub(crate) deadline: Instant,
    pub(crate) reply: oneshot::Sender<Reply>,
}

/// What a worker answered to an event, or to being started.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Response(Bytes),
    Error { body: Bytes, header: Option<String> },
    TooLarge,
}

/// How far a worker's start has come.
#[derive(Debug, Clone)]
pub(crate) enum Start {
    Waiting,
    /// It asked for its first event.
    Ready,
    /// It reported why it can't take events.
    Failed(Reply),
}

/// The state that one worker's connections share.
pub(crate) struct Host {
    slot: Mutex<Slot>,
    offered: Notify,
    start: watch::Sender<Start>,
}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    /// An event that the worker has not asked for yet.
    Offered(Event),
    /// An event that the worker has, and owes an answer to.
    Taken {
        request_id: String,
        reply: oneshot::Sender<Reply>,
    },
}

impl Host {
    pub(crate) fn new() -> Self {
        Self {
            slot: Mutex::default(),
            offered: Notify::new(),
            start: watch::Sender::new(Start::Waiting),
        }
    }

    pub(crate) fn start(&self) -> watch::Receiver<Start> {
        self.start.subscribe()
    }

    /// Puts an event where the worker's next poll finds it.
    pub(crate) fn offer(&self, event: Event) {
        *self.slot() = Slot::Offered(event);
        self.offered.notify_one();
    }

    /// Takes an event back, unless the worker has it already.
    pub(crate) fn withdraw(&self) -> Option<Event> {
        let mut slot = self.slot();
        match std::mem::take(&mut *slot) {
            Slot::Offered(event) => Some(event),
            other => {
                *slot = other;
                None
            }
        }
    }

    /// Answers the worker's requests for as long as it is polled.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => {
                    let Ok((socket, _)) = accepted else {
                        // Out of file descriptors, most likely; the connection waits in the queue meanwhile.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    };
                    let _ = socket.set_nodelay(true);
                    let host = Arc::clone(&self);
                    let service = service_fn(move |request| Arc::clone(&host).answer(request));
                    connections.spawn(async move {
                        let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
                    });
                }
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        let Some(path) = path.strip_prefix(API) else {
            return Ok(refusal(StatusCode::NOT_FOUND, "NotFound", "no such operation"));
        };
        let parts: Vec<&str> = path.splitn(4, '/').collect();
        Ok(match (request.method(), parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", request_id, "response"]) => match read_reply(request).await {
                Ok(reply) => self.accept(request_id, reply),
                Err(refused) => refused,
            },
            (&Method::POST, ["invocation", request_id, "error"]) => match read_error(request).await {
                Ok(reply) => self.accept(request_id, reply),
                Err(refused) => refused,
            },
            (&Method::POST, ["init", "error"]) => match read_error(request).await {
                Ok(reply) => {
                    self.start.send_replace(Start::Failed(reply));
                    accepted()
                }
                Err(refused) => refused,
            },
            _ => refusal(StatusCode::NOT_FOUND, "NotFound", "no such operation"),
        })
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        self.start.send_if_modified(|start| {
            let waiting = matches!(start, Start::Waiting);
            if waiting {
                *start = Start::Ready;
            }
            waiting
        });
        loop {
            match self.take() {
                Ok(Some(response)) => return response,
                Ok(None) => self.offered.notified().await,
                Err(refused) => return refused,
            }
        }
    }

    #[expect(
        clippy::result_large_err,
        reason = "both sides are the answer to the same request"
    )]
    fn take(&self) -> Result<Option<Response<Full<Bytes>>>, Response<Full<Bytes>>> {
        let mut slot = self.slot();
        match std::mem::take(&mut *slot) {
            Slot::Empty => Ok(None),
            Slot::Offered(event) => {
                let response = invocation(&event);
                *slot = Slot::Taken {
                    request_id: event.request_id,
                    reply: event.reply,
                };
                Ok(Some(response))
            }
            taken @ Slot::Taken { .. } => {
                *slot = taken;
                Err(refusal(
                    StatusCode::FORBIDDEN,
                    "InvalidStateTransition",
                    "the event taken before has not been answered",
                ))
            }
        }
    }

    fn accept(&self, request_id: &str, reply: Reply) -> Response<Full<Bytes>> {
        let mut slot = self.slot();
        let taken = match std::mem::take(&mut *slot) {
            Slot::Taken {
                request_id: taken,
                reply,
            } if taken == request_id => reply,
            other => {
                *slot = other;
                return refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
            }
        };
        drop(slot);
        let response = if matches!(reply, Reply::TooLarge) {
            too_large()
        } else {
            accepted()
        };
        // Nobody listens any more when the call was given up in this moment.
        let _ = taken.send(reply);
        response
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn invocation(event: &Event) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(event.payload.clone()));
    let left = event.deadline.saturating_duration_since(Instant::now());
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + left;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        "lambda-runtime-deadline-ms",
        HeaderValue::from(deadline.as_millis() as u64),
    );
    let texts = [
        ("lambda-runtime-aws-request-id", Some(&event.request_id)),
        ("lambda-runtime-invoked-function-arn", Some(&event.function_arn)),
        ("lambda-runtime-trace-id", Some(&event.trace_id)),
        ("lambda-runtime-client-context", event.client_context.as_ref()),
    ];
    for (name, text) in texts {
        if let Some(value) = text.and_then(|text| HeaderValue::from_bytes(text.as_bytes()).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

async fn read_reply(request: Request<Incoming>) -> Result<Reply, Response<Full<Bytes>>> {
    // A function that streams its response tells of a late failure in a trailer.
    let mut body = request.into_body();
    let mut read = BytesMut::new();
    let mut len = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(refusal(
                StatusCode::BAD_REQUEST,
                "TruncatedResponse",
                "the body ended early",
            ));
        };
        match frame.into_data() {
            Ok(data) => {
                len += data.len();
                if len <= RESPONSE_BYTES_MAX {
                    read.extend_from_slice(&data);
                } else if len > DISCARDED_BYTES_MAX {
                    break;
                }
            }
            Err(frame) => {
                if let Some(kind) = frame.trailers_ref().and_then(|trailers| trailers.get(ERROR_TYPE)) {
                    let header = Some(String::from_utf8_lossy(kind.as_bytes()).into_owned());
                    return Ok(Reply::Error {
                        body: read.freeze(),
                        header,
                    });
                }
            }
        }
    }
    Ok(if len > RESPONSE_BYTES_MAX {
        Reply::TooLarge
    } else {
        Reply::Response(read.freeze())
    })
}

async fn read_error(request: Request<Incoming>) -> Result<Reply, Response<Full<Bytes>>> {
    let header = request.headers().get(ERROR_TYPE);
    let header = header.map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
    Ok(match read_reply(request).await? {
        Reply::Response(body) => Reply::Error { body, header },
        other => other,
    })
}

fn accepted() -> Response<Full<Bytes>> {
    let mut response = json(r#"{"status":"OK"}"#.to_owned());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn too_large() -> Response<Full<Bytes>> {
    let message = format!("Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes).");
    refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    let mut response = json(serde_json::json!({ "errorMessage": message, "errorType": kind }).to_string());
    *response.status_mut() = status;
    response
}

fn json(text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

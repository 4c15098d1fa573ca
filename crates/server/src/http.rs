//! HTTP: connections, limits and shutdown; a request in, a response out.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::{ApiError, Limits, Response as Answer, StepFunctions};
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use lambda::Lambda;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::crowd::{Bounds, Crowd, Place};
use crate::extension::{Answer as ExtensionAnswer, Extension, Feed, denied, session};
use crate::gate::{Gate, Who, api_error};

/// The most bytes that a request's line and headers may have together.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// How long a client may take to send its headers, and how long an idle connection is kept.
const HEADER_WAIT: Duration = Duration::from_secs(75);

/// The same for new connections when there are so many that there is hardly a place left.
const HEADER_WAIT_DENSE: Duration = Duration::from_secs(5);

/// How many requests an HTTP/2 connection may have under way, and how much of them waits to be read.
const STREAMS_MAX: u32 = 128;
const STREAM_WINDOW_BYTES: u32 = 256 << 10;

/// How long a client may take to send a body.
const BODY_WAIT: Duration = Duration::from_secs(30);

/// How much of a body that is too large is read and thrown away.
const DRAINED_BYTES_MAX: usize = 16 << 20;

/// How long a shutdown waits for requests under way.
const GRACE: Duration = Duration::from_secs(5);

/// How many connections may wait to be accepted, as far as the system allows: one that finds no place is tried again by
/// its client's system only after a second, and later each time.
const BACKLOG: u32 = 4096;

/// How long to wait when no connection can be accepted, as when too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

const X_AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const X_AMZN_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const X_AMZN_ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const AMZ_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");
const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// An address that can't be listened on.
#[derive(Debug, thiserror::Error)]
#[error("failed to listen on {address}: {cause}{hint}")]
pub struct BindError {
    address: SocketAddr,
    cause: std::io::Error,
    hint: &'static str,
}

/// Listens on an address; port 0 takes a free one.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    listen(address).map_err(|cause| {
        let hint = match cause.kind() {
            std::io::ErrorKind::AddrInUse => "; is another server running? choose another port with --listen",
            std::io::ErrorKind::PermissionDenied => "; ports below 1024 need privileges",
            std::io::ErrorKind::AddrNotAvailable => "; no network interface has this address",
            _ => "",
        };
        BindError { address, cause, hint }
    })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A server that is started again gets its port back at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What is served from one port.
pub struct Site<S> {
    /// The API of Step Functions.
    pub api: Arc<S>,
    /// The API of Lambda over local functions.
    pub lambda: Option<Lambda>,
    /// The web console, and what it asks beside the API.
    pub console: Option<Extension>,
    /// Who may ask.
    pub gate: Arc<Gate>,
    /// How many connections there may be at once, and how much they may carry.
    pub bounds: Bounds,
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T, Infallible>> + Send>>;

/// A response that is whole, or a feed that goes on.
type Body = Either<Full<Bytes>, Feed>;

impl<S> From<Arc<S>> for Site<S> {
    /// The API of Step Functions alone.
    fn from(api: Arc<S>) -> Self {
        Self {
            api,
            lambda: None,
            console: None,
            gate: Arc::default(),
            bounds: Bounds::default(),
        }
    }
}

/// Answers requests until `shutdown` ends; then lets those under way finish for a few seconds.
///
/// Speaks HTTP/1.1 with keep-alive, and HTTP/2 to clients that begin with it.
pub async fn serve<S: StepFunctions + 'static>(
    listener: TcpListener,
    site: impl Into<Site<S>>,
    shutdown: impl Future<Output = ()>,
) {
    let site = Arc::new(site.into());
    let mut shutdown = std::pin::pin!(shutdown);
    let crowd = Arc::new(Crowd::new(site.bounds));
    let (builder, hurried) = (connections(HEADER_WAIT), connections(HEADER_WAIT_DENSE));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = crowd.enter() else {
            crowd.turn_away(stream);
            continue;
        };
        let builder = if crowd.is_dense() { &hurried } else { &builder };
        accept(stream, place, builder, &graceful, &site, &crowd);
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::debug!("requests were still under way at the end of the shutdown");
    }
}

fn connections(header_wait: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let header_bytes = u32::try_from(HEADER_BYTES_MAX).unwrap_or(u32::MAX);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_wait)
        .max_buf_size(HEADER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(header_bytes)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(STREAM_WINDOW_BYTES)
        .keep_alive_interval(Some(HEADER_WAIT));
    builder
}

fn accept<S: StepFunctions + 'static>(
    stream: TcpStream,
    place: Place,
    builder: &Builder<TokioExecutor>,
    graceful: &GracefulShutdown,
    site: &Arc<Site<S>>,
    crowd: &Arc<Crowd>,
) {
    // A response is written whole: waiting for more to send would only delay it.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection has no TCP_NODELAY");
    }
    let peer = stream.peer_addr().ok().map(|peer| peer.ip());
    let (site, crowd) = (Arc::clone(site), Arc::clone(crowd));
    let answer = service_fn(move |request| {
        let (site, crowd) = (Arc::clone(&site), Arc::clone(&crowd));
        // In a box, all operations are compiled once and not for each version of HTTP, and an idle connection has no
        // room for the largest of them.
        let answer: BoxFuture<_> = Box::pin(async move { Ok(respond(&site, &crowd, peer, request).await) });
        answer
    });
    let connection = builder
        .serve_connection(TokioIo::new(stream), answer)
        .into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}

async fn respond<S: StepFunctions>(
    site: &Site<S>,
    crowd: &Crowd,
    peer: Option<IpAddr>,
    request: Request<Incoming>,
) -> Response<Body> {
    match &site.console {
        Some(extension) if Extension::is_path(request.uri().path()) => {
            extend(&site.gate, extension, crowd, peer, request).await
        }
        _ => respond_whole(site, crowd, request).await.map(Either::Left),
    }
}

/// Answers what the console asks beside the API.
async fn extend(
    gate: &Gate,
    extension: &Extension,
    crowd: &Crowd,
    peer: Option<IpAddr>,
    request: Request<Incoming>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    if let Err(refusal) = gate.check_reader(&head) {
        return denied(&refusal).map(Either::Left);
    }
    if head.uri.path() == session::PATH {
        let response = match read_within(body, crowd, session::BODY_BYTES_MAX).await {
            Ok((body, _place)) => session::answer(gate, &head, &body, peer),
            Err(unread) => unread.response(),
        };
        return response.map(Either::Left);
    }
    let who = gate.who(&head, &["states"]);
    let who = who.and_then(|who| who.prove(&head, &[]).map(|()| who));
    let who = match who {
        Ok(who) => who,
        Err(refusal) => return denied(&refusal).map(Either::Left),
    };
    let (path, query) = (head.uri.path(), head.uri.query());
    match extension.answer(&head.method, path, query, &who).await {
        ExtensionAnswer::Whole(response) => response.map(Either::Left),
        ExtensionAnswer::Feed(response) => response.map(Either::Right),
    }
}

async fn respond_whole<S: StepFunctions>(
    site: &Site<S>,
    crowd: &Crowd,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    if let Some(lambda) = &site.lambda
        && Lambda::is_path(request.uri().path())
    {
        return answer_lambda(lambda, &site.gate, crowd, request).await;
    }
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/") => answer(site, crowd, request).await,
        (&Method::GET | &Method::HEAD, "/health") => health(&*site.api).await,
        (method, path) if site.console.is_some() && console::is_path(path) => {
            console::answer(method, path, request.headers())
        }
        (_, "/" | "/health") => text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n"),
        _ => text(StatusCode::NOT_FOUND, "not found\n"),
    }
}

/// 200 as long as what is decided can be saved. Reads may still be answered when it is not.
async fn health<S: StepFunctions>(service: &S) -> Response<Full<Bytes>> {
    match service.health().await {
        Ok(()) => text(StatusCode::OK, "ok\n"),
        Err(reason) => text(StatusCode::SERVICE_UNAVAILABLE, format!("degraded: {reason}\n")),
    }
}

async fn answer<S: StepFunctions>(
    site: &Site<S>,
    crowd: &Crowd,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let service = &*site.api;
    let answer = match admit(&site.gate, crowd, &head, body, &service.limits()).await {
        Ok((who, body, _place)) => {
            let target = header(&head.headers, &X_AMZ_TARGET).unwrap_or_default();
            api::dispatch(service, &who.caller, target, &body).await
        }
        Err(error) => Answer::from(error),
    };
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(X_AMZN_REQUEST_ID, request_id());
    headers.insert(CONTENT_TYPE, AMZ_JSON);
    response
}

/// Finds out who asks, and reads what they ask. Whoever may not ask has nothing read of it.
async fn admit(
    gate: &Gate,
    crowd: &Crowd,
    head: &Parts,
    body: Incoming,
    limits: &Limits,
) -> Result<(Who, Bytes, Place), ApiError> {
    let who = match gate.check_origin(head).and_then(|()| gate.who(head, &["states"])) {
        Ok(who) => who,
        Err(refusal) => {
            turn_away(body).await;
            return Err(api_error(refusal));
        }
    };
    let (body, place) = read(body, crowd, limits).await?;
    who.prove(head, &body).map_err(api_error)?;
    Ok((who, body, place))
}

async fn answer_lambda(
    lambda: &Lambda,
    gate: &Gate,
    crowd: &Crowd,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let mut response = match admit_to_lambda(lambda, gate, crowd, &head, body).await {
        Ok(response) | Err(response) => response,
    };
    response.headers_mut().insert(X_AMZN_REQUEST_ID, request_id());
    response
}

async fn admit_to_lambda(
    lambda: &Lambda,
    gate: &Gate,
    crowd: &Crowd,
    head: &Parts,
    body: Incoming,
) -> Result<Response<Full<Bytes>>, Response<Full<Bytes>>> {
    let who = match gate.check_origin(head).and_then(|()| gate.who(head, &["lambda"])) {
        Ok(who) => who,
        Err(refusal) => {
            turn_away(body).await;
            return Err(denied_by_lambda(&refusal));
        }
    };
    let (body, _place) = read_within(body, crowd, lambda::REQUEST_BYTES_MAX)
        .await
        .map_err(Unread::response)?;
    who.prove(head, &body)
        .map_err(|refusal| denied_by_lambda(&refusal))?;
    let request = lambda::Request {
        method: &head.method,
        path: head.uri.path(),
        query: head.uri.query(),
        headers: &head.headers,
        body,
        account: who.caller.account(),
        region: who.caller.region(),
    };
    if let Some((action, resource)) = request.permission() {
        who.check(action, &resource)
            .map_err(|refusal| denied_by_lambda(&refusal))?;
    }
    Ok(lambda.answer(request).await.map(Full::new))
}

/// A refusal as Lambda answers it.
fn denied_by_lambda(refusal: &access::Refusal) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "message": refusal.message });
    let mut response = text(StatusCode::FORBIDDEN, body.to_string());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_AMZN_ERROR_TYPE, HeaderValue::from_static(refusal.code.name()));
    response
}

/// Reads what somebody sends who is refused: they would not see the answer before they have sent it.
async fn turn_away(body: Incoming) {
    let _ = tokio::time::timeout(BODY_WAIT, drain(body)).await;
}

/// Why a body was not read.
enum Unread {
    /// There are too many others.
    TooMany,
    TooLarge,
    Broken,
}

impl Unread {
    fn response(self) -> Response<Full<Bytes>> {
        let (status, said) = match self {
            Self::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "too much is sent at once; try again a little later\n",
            ),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the request is too large\n"),
            Self::Broken => (StatusCode::BAD_REQUEST, "the request was not read whole\n"),
        };
        text(status, said)
    }
}

async fn read(body: Incoming, crowd: &Crowd, limits: &Limits) -> Result<(Bytes, Place), ApiError> {
    read_within(body, crowd, limits.request_bytes)
        .await
        .map_err(|unread| match unread {
            Unread::TooMany => ApiError::throttling_exception("Rate exceeded"),
            Unread::TooLarge => ApiError::body_too_large(limits),
            Unread::Broken => ApiError::serialization_exception(""),
        })
}

/// Reads a whole body of a bounded size in a bounded time, along with its place among all others.
async fn read_within(mut body: Incoming, crowd: &Crowd, limit: usize) -> Result<(Bytes, Place), Unread> {
    let size = body.size_hint();
    let is_too_large = size.lower() > u64::try_from(limit).unwrap_or(u64::MAX);
    let whole = async {
        if is_too_large {
            drain(body).await;
            return Err(Unread::TooLarge);
        }
        let most = size.upper().and_then(|bytes| usize::try_from(bytes).ok());
        let Some(place) = crowd.carry(most.unwrap_or(limit).min(limit)) else {
            drain(body).await;
            return Err(Unread::TooMany);
        };
        match Limited::new(&mut body, limit).collect().await {
            Ok(whole) => Ok((whole.to_bytes(), place)),
            Err(error) if error.is::<LengthLimitError>() => {
                drop(place);
                drain(body).await;
                Err(Unread::TooLarge)
            }
            Err(_) => Err(Unread::Broken),
        }
    };
    let answer = tokio::time::timeout(BODY_WAIT, whole).await;
    answer.unwrap_or(Err(Unread::Broken))
}

/// Reads on for a while and throws away what comes: a client that is still sending would not see the answer.
async fn drain(mut body: Incoming) {
    let mut left = DRAINED_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => break,
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn request_id() -> HeaderValue {
    let mut buffer = uuid::Uuid::encode_buffer();
    let text = uuid::Uuid::new_v4().hyphenated().encode_lower(&mut buffer);
    HeaderValue::from_str(text).expect("a UUID is ASCII")
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, PLAIN_TEXT);
    response
}

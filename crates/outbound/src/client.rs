//! Client: sends a request, and reads the answer within its limits.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use hyper::{Method, Uri};
use hyper_util::client::legacy::{Client as Pool, Error as PoolError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::connector::{Connector, Roots};
use crate::guard::Guard;
use crate::tap::{Beginning, HEADERS_MAX};

/// How long a connection that nobody uses is kept.
const IDLE_TIME: Duration = Duration::from_secs(60);

/// Sends requests. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    connector: Connector,
    pool: Pool<Connector, Full<Bytes>>,
}

/// A request, whole.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, such as `GET`.
    pub method: String,
    /// The address, `https://…`.
    pub url: String,
    /// The headers in order. `Host` follows from the address unless it is among them.
    pub headers: Vec<(String, String)>,
    /// The body; an empty one is none.
    pub body: Bytes,
}

/// How much may be spent on a request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the look-up of the name to the last byte of the answer.
    pub time: Duration,
    /// The most bytes of the answer's body.
    pub body_bytes: usize,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The reason phrase as the host wrote it, or the usual one.
    pub reason: String,
    /// The headers in order; their names as the host wrote them where each request has a connection of its own, else in
    /// lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came; one that is compressed stays so.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The request can't be sent as it is.
    #[error("{0}")]
    Unsendable(String),
    /// The guard does not let it through.
    #[error("{0}")]
    Refused(String),
    /// The host can't be found or reached, or does not prove who it is.
    #[error("{0}")]
    Unreachable(String),
    /// The connection was lost, or what came is no HTTP.
    #[error("the connection to {0} was lost: {1}")]
    Lost(String, String),
    /// The time was over.
    #[error("there was no answer within {0} seconds")]
    TimedOut(u64),
    /// The body is larger than the limit.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
}

/// A text that should have been certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no certificate in the text, or one that can't be read")]
pub struct BadCertificates;

/// Whether connections are used again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Connections,
    Nothing,
}

impl Client {
    /// A client that reaches what the guard lets it reach, with a connection for each request.
    pub fn new(guard: Guard) -> Self {
        Self::with(guard, Roots::OfMachine, Keep::Nothing)
    }

    /// The same, whose connections are kept for the next request to the same host.
    pub fn keeping_connections(guard: Guard) -> Self {
        Self::with(guard, Roots::OfMachine, Keep::Connections)
    }

    /// The same as [`Client::new`], for hosts that prove who they are by these certificates (PEM) and by no others.
    pub fn trusting(guard: Guard, pem: &[u8]) -> Result<Self, BadCertificates> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| BadCertificates)?;
            roots.add(certificate).map_err(|_| BadCertificates)?;
        }
        if roots.is_empty() {
            return Err(BadCertificates);
        }
        Ok(Self::with(guard, Roots::Given(roots), Keep::Nothing))
    }

    fn with(guard: Guard, roots: Roots, keep: Keep) -> Self {
        let is_kept = keep == Keep::Connections;
        let connector = Connector::new(guard, roots, !is_kept);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(if is_kept { usize::MAX } else { 0 })
            .retry_canceled_requests(is_kept)
            .http1_max_headers(HEADERS_MAX)
            .build(connector.clone());
        Self(Arc::new(Inner { connector, pool }))
    }

    /// Sends a request and reads its answer. A redirect is an answer.
    pub async fn send(&self, request: Request, limits: Limits) -> Result<Response, Failure> {
        let sent = tokio::time::timeout(limits.time, self.exchange(request, limits.body_bytes));
        sent.await
            .unwrap_or(Err(Failure::TimedOut(limits.time.as_secs())))
    }

    async fn exchange(&self, request: Request, body_bytes_max: usize) -> Result<Response, Failure> {
        let uri: Uri = request.url.parse().map_err(|error| {
            let address = shown(&request.url);
            Failure::Unsendable(format!("'{address}' is no address: {error}"))
        })?;
        // What can be told without connecting is told at once, and in the same words.
        self.0.connector.place(&uri)?;
        let host = uri.host().unwrap_or_default().to_owned();
        let message = message(request, uri)?;
        let answer = self.0.pool.request(message).await;
        let answer = answer.map_err(|error| failure(&error, &host))?;
        read(answer, &host, body_bytes_max).await
    }
}

/// The request as it goes over the connection.
fn message(request: Request, uri: Uri) -> Result<hyper::Request<Full<Bytes>>, Failure> {
    let unsendable = |what: String| Failure::Unsendable(what);
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| unsendable(format!("'{}' is no method", request.method)))?;
    let host = uri
        .authority()
        .map(|authority| HeaderValue::from_str(authority.as_str()));
    let mut message = hyper::Request::new(Full::new(request.body));
    *message.method_mut() = method;
    *message.uri_mut() = uri;
    let headers = message.headers_mut();
    // The length follows from the body; another one would only confuse the host.
    let is_sent = |(name, _): &&(String, String)| !name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str());
    for (name, value) in request.headers.iter().filter(is_sent) {
        let not_allowed = |_| unsendable(format!("the header '{name}' has characters that are not allowed"));
        let value =
            HeaderValue::from_bytes(value.as_bytes()).map_err(|error| not_allowed(error.to_string()))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| not_allowed(error.to_string()))?;
        headers.append(name, value);
    }
    if !headers.contains_key(HOST)
        && let Some(host) = host
    {
        headers.insert(HOST, host.map_err(|error| unsendable(error.to_string()))?);
    }
    Ok(message)
}

/// What is in the way of an answer: what the connector found, or that the connection was lost.
fn failure(error: &PoolError, host: &str) -> Failure {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(failure) = inner.downcast_ref::<Failure>() {
            return failure.clone();
        }
        source = inner.source();
    }
    Failure::Lost(host.to_owned(), innermost(error))
}

/// Reads an answer, as much of it as is allowed.
async fn read(
    answer: hyper::Response<Incoming>,
    host: &str,
    body_bytes_max: usize,
) -> Result<Response, Failure> {
    let (head, mut body) = answer.into_parts();
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::Lost(host.to_owned(), innermost(&error)))?;
        if let Some(data) = frame.data_ref() {
            if read.len() + data.len() > body_bytes_max {
                return Err(Failure::TooLarge(body_bytes_max));
            }
            read.extend_from_slice(data);
        }
    }
    let beginning = head.extensions.get::<Beginning>();
    let (reason, written) = beginning.map(Beginning::written).unwrap_or_default();
    let name = |name: &HeaderName| {
        let as_written = written
            .iter()
            .find(|written| written.eq_ignore_ascii_case(name.as_str()));
        as_written.cloned().unwrap_or_else(|| name.to_string())
    };
    let headers = head.headers.iter();
    Ok(Response {
        status: head.status.as_u16(),
        reason: reason
            .filter(|reason| !reason.is_empty())
            .or_else(|| head.status.canonical_reason().map(str::to_owned))
            .unwrap_or_default(),
        headers: headers
            .map(|(key, value)| (name(key), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: read,
    })
}

/// An address as messages show it: its query may have secrets in it.
pub(crate) fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// What is really wrong, below what wraps it.
fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

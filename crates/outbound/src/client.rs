//! Client: sends a request, and reads the answer within its limits.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use hyper::{Method, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::guard::Guard;
use crate::tap::Tap;

/// How long one of a host's addresses may take before the next is tried.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Sends requests, each over a connection of its own. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    guard: Guard,
    /// Made when it is first needed, since it reads the certificates that this machine trusts.
    tls: OnceLock<Result<TlsConnector, String>>,
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
    /// The headers in order, their names as the host wrote them.
    pub headers: Vec<(String, String)>,
    /// The body.
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

/// Where a request goes.
struct Place {
    host: String,
    port: u16,
    is_tls: bool,
    /// Whether the operator named it.
    is_trusted: bool,
}

impl Client {
    /// A client that reaches what the guard lets it reach.
    pub fn new(guard: Guard) -> Self {
        Self(Arc::new(Inner {
            guard,
            tls: OnceLock::new(),
        }))
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
        let place = self.place(&uri)?;
        let message = message(&request, &uri)?;
        let stream = self.connect(&place).await?;
        if !place.is_tls {
            return speak(stream, message, &place, body_bytes_max).await;
        }
        let name = ServerName::try_from(place.host.clone())
            .map_err(|_| Failure::Unsendable(format!("'{}' is no name of a host", place.host)))?;
        let tls = self.tls()?.connect(name, stream).await.map_err(|error| {
            Failure::Unreachable(format!("no secure connection to {}: {error}", place.host))
        })?;
        speak(tls, message, &place, body_bytes_max).await
    }

    fn place(&self, uri: &Uri) -> Result<Place, Failure> {
        let address = uri.to_string();
        let address = shown(&address);
        let unsendable = |what: &str| Failure::Unsendable(format!("'{address}' {what}"));
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(unsendable("is no HTTPS address")),
        };
        let authority = uri.authority().ok_or_else(|| unsendable("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(unsendable("must not have a user name in it"));
        }
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = bare.unwrap_or(host).to_owned();
        if host.is_empty() {
            return Err(unsendable("names no host"));
        }
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let is_trusted = self.0.guard.trusts(&host, port);
        if !is_tls && !is_trusted && !self.0.guard.plain {
            return Err(Failure::Refused(format!(
                "'{address}' is not an HTTPS address; plain = true below [http] in stepwell.toml allows it"
            )));
        }
        Ok(Place {
            host,
            port,
            is_tls,
            is_trusted,
        })
    }

    /// Connects to the first address of a host that answers. Each is checked right before, so that no name can mean
    /// something else in between.
    async fn connect(&self, place: &Place) -> Result<TcpStream, Failure> {
        let Place { host, port, .. } = place;
        let found = tokio::net::lookup_host((host.as_str(), *port)).await;
        let found: Vec<SocketAddr> = found
            .map_err(|error| Failure::Unreachable(format!("the host '{host}' can't be found: {error}")))?
            .collect();
        let mut failure = Failure::Unreachable(format!("the host '{host}' has no address"));
        for address in found {
            if !place.is_trusted
                && let Err(what) = self.0.guard.check(address.ip())
            {
                let ip = address.ip();
                return Err(Failure::Refused(format!(
                    "'{host}' is {ip}, {what}, which is not reached; \"{ip}\" in allow below [http] in stepwell.toml \
                     allows it"
                )));
            }
            match tokio::time::timeout(CONNECT_TIME, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A request that waits for more to send would only be slower.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => {
                    failure = Failure::Unreachable(format!("no connection to {host}:{port}: {error}"));
                }
                Err(_) => {
                    failure =
                        Failure::Unreachable(format!("no connection to {host}:{port}: it does not answer"));
                }
            }
        }
        Err(failure)
    }

    fn tls(&self) -> Result<&TlsConnector, Failure> {
        let made = self.0.tls.get_or_init(connector).as_ref();
        made.map_err(|error| Failure::Unreachable(error.clone()))
    }
}

/// TLS with the certificates that this machine trusts, or those that `SSL_CERT_FILE` names.
fn connector() -> Result<TlsConnector, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (trusted, _) = roots.add_parsable_certificates(found.certs);
    if trusted == 0 {
        let why = found
            .errors
            .first()
            .map_or_else(String::new, |error| format!(" ({error})"));
        return Err(format!(
            "no certificates are trusted here{why}; SSL_CERT_FILE can name a file with some"
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The request as it goes over the connection.
fn message(request: &Request, uri: &Uri) -> Result<hyper::Request<Full<Bytes>>, Failure> {
    let unsendable = |what: String| Failure::Unsendable(what);
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| unsendable(format!("'{}' is no method", request.method)))?;
    let mut message = hyper::Request::new(Full::new(request.body.clone()));
    *message.method_mut() = method;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *message.uri_mut() = path
        .parse()
        .map_err(|_| unsendable(format!("'{}' is no path", shown(path))))?;
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
        && let Some(authority) = uri.authority()
    {
        let host = HeaderValue::from_str(authority.as_str());
        headers.insert(HOST, host.map_err(|error| unsendable(error.to_string()))?);
    }
    Ok(message)
}

/// An address as messages show it: its query may have secrets in it.
fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// Sends over a connection, and reads what comes back.
async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    message: hyper::Request<Full<Bytes>>,
    place: &Place,
    body_bytes_max: usize,
) -> Result<Response, Failure> {
    let lost = |error: hyper::Error| Failure::Lost(place.host.clone(), innermost(&error));
    let (tap, beginning) = Tap::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tap))
        .await
        .map_err(lost)?;
    // It ends with the answer, or when the sender is dropped: nothing of it is left behind.
    let connection = AbortOnDrop(tokio::spawn(connection));
    let answer = sender.send_request(message).await.map_err(lost)?;
    let (head, mut body) = answer.into_parts();
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(lost)?;
        if let Some(data) = frame.data_ref() {
            if read.len() + data.len() > body_bytes_max {
                return Err(Failure::TooLarge(body_bytes_max));
            }
            read.extend_from_slice(data);
        }
    }
    drop(connection);
    let (reason, written) = beginning.written();
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

struct AbortOnDrop(tokio::task::JoinHandle<hyper::Result<()>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What is really wrong, below what wraps it.
fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

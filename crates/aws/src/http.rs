//! HTTP: sends a request and reads the answer, as much of it as is allowed.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use thiserror::Error;

use crate::wire::Answer;

/// How long a host may take to answer the telephone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests. Connections are kept and used again.
pub(crate) struct Http {
    plain: Client<HttpConnector, Full<Bytes>>,
    /// Made when it is first needed, because it reads the host's certificates.
    tls: OnceLock<Result<TlsClient, String>>,
}

type TlsClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A request with all that is sent.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: &'a str,
    pub(crate) address: String,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum NoAnswer {
    #[error("the request cannot be sent: {0}")]
    BadRequest(String),
    #[error("connecting to {0} failed: {1}")]
    Connect(String, String),
    #[error("the connection was lost: {0}")]
    Lost(String),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl Http {
    pub(crate) fn new() -> Self {
        let plain = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector());
        Self {
            plain,
            tls: OnceLock::new(),
        }
    }

    /// Sends a request, and reads at most `body_bytes_max` of its answer.
    pub(crate) async fn send(
        &self,
        outgoing: Outgoing<'_>,
        body_bytes_max: usize,
    ) -> Result<Answer, NoAnswer> {
        let bad = |what: &str| NoAnswer::BadRequest(format!("{what} is not allowed"));
        let uri: Uri = outgoing.address.parse().map_err(|_| bad("the address"))?;
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let is_tls = uri.scheme_str() == Some("https");
        let method = Method::from_bytes(outgoing.method.as_bytes()).map_err(|_| bad("the method"))?;
        let mut request = hyper::Request::new(Full::new(outgoing.body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        for (name, value) in outgoing.headers {
            let what = format!("the header `{name}`");
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| bad(&what))?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(&what))?;
            request.headers_mut().append(name, value);
        }
        let answer = if is_tls {
            self.tls()?.request(request).await
        } else {
            self.plain.request(request).await
        };
        let answer = answer.map_err(|error| {
            if error.is_connect() {
                NoAnswer::Connect(authority, innermost(&error))
            } else {
                NoAnswer::Lost(innermost(&error))
            }
        })?;
        read(answer, body_bytes_max).await
    }

    fn tls(&self) -> Result<&TlsClient, NoAnswer> {
        let made = self.tls.get_or_init(|| {
            let mut plain = connector();
            plain.enforce_http(false);
            let connector = HttpsConnectorBuilder::new()
                .with_native_roots()
                .map_err(|error| format!("no certificates are trusted here ({error}); set SSL_CERT_FILE"))?
                .https_only()
                .enable_http1()
                .wrap_connector(plain);
            let client = Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_TIMEOUT)
                .build(connector);
            Ok(client)
        });
        made.as_ref().map_err(|error| NoAnswer::BadRequest(error.clone()))
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector.set_nodelay(true);
    connector.set_keepalive(Some(IDLE_TIMEOUT));
    connector
}

async fn read(
    answer: hyper::Response<hyper::body::Incoming>,
    body_bytes_max: usize,
) -> Result<Answer, NoAnswer> {
    let (head, mut body) = answer.into_parts();
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    });
    let mut answer = Answer {
        status: head.status.as_u16(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| NoAnswer::Lost(innermost(&error)))?;
        if let Some(data) = frame.data_ref() {
            if answer.body.len() + data.len() > body_bytes_max {
                return Err(NoAnswer::TooLarge(body_bytes_max));
            }
            answer.body.extend_from_slice(data);
        }
    }
    Ok(answer)
}

/// What is really wrong, below what wraps it.
fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

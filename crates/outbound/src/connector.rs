//! Connector: connects to a host, if the guard lets it, and proves over TLS that it is the one.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use crate::client::{Failure, shown};
use crate::guard::Guard;
use crate::tap::Tap;

/// How long one of a host's addresses may take before the next is tried.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Makes connections. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Inner>);

struct Inner {
    guard: Guard,
    /// Whether the beginning of what a connection brings is kept.
    is_tapped: bool,
    roots: Roots,
    /// Made when it is first needed, since it may read the certificates that this machine trusts.
    tls: OnceLock<Result<TlsConnector, String>>,
}

/// Whose word is taken for who a host is.
pub(crate) enum Roots {
    /// The certificates that this machine trusts, or those that `SSL_CERT_FILE` names.
    OfMachine,
    /// These alone.
    Given(RootCertStore),
}

/// A connection, over TLS or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Where a request goes.
pub(crate) struct Place {
    host: String,
    port: u16,
    is_tls: bool,
    /// Whether the operator named it.
    is_trusted: bool,
}

impl Connector {
    pub(crate) fn new(guard: Guard, roots: Roots, is_tapped: bool) -> Self {
        Self(Arc::new(Inner {
            guard,
            is_tapped,
            roots,
            tls: OnceLock::new(),
        }))
    }

    /// Where an address leads, unless it is none, or one that may not be reached whatever stands behind its name.
    pub(crate) fn place(&self, uri: &Uri) -> Result<Place, Failure> {
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
            let way_out = self.0.guard.purpose.way_out("plain = true");
            return Err(Failure::Refused(format!(
                "'{address}' is not an HTTPS address{way_out}"
            )));
        }
        Ok(Place {
            host,
            port,
            is_tls,
            is_trusted,
        })
    }

    async fn connect(&self, uri: Uri) -> Result<Box<dyn Stream>, Failure> {
        let place = self.place(&uri)?;
        let stream = self.reach(&place).await?;
        if !place.is_tls {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(place.host.clone())
            .map_err(|_| Failure::Unsendable(format!("'{}' is no name of a host", place.host)))?;
        let shaken = tokio::time::timeout(CONNECT_TIME, self.tls()?.connect(name, stream)).await;
        let insecure =
            |why: &str| Failure::Unreachable(format!("no secure connection to {}: {why}", place.host));
        let secure = shaken
            .map_err(|_| insecure("it does not answer"))?
            .map_err(|error| insecure(&error.to_string()))?;
        Ok(Box::new(secure))
    }

    /// Connects to the first address of a host that answers. Each is checked right before, so that no name can mean
    /// something else in between.
    async fn reach(&self, place: &Place) -> Result<TcpStream, Failure> {
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
                let way_out = self.0.guard.purpose.way_out(&format!("\"{ip}\" in allow"));
                return Err(Failure::Refused(format!(
                    "'{host}' is {ip}, {what}, which is not reached{way_out}"
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
        let made = self.0.tls.get_or_init(|| self.0.roots.connector()).as_ref();
        made.map_err(|error| Failure::Unreachable(error.clone()))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Tap<Box<dyn Stream>>>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let stream = connector.connect(uri).await?;
            Ok(TokioIo::new(Tap::new(stream, connector.0.is_tapped)))
        })
    }
}

impl<S: Stream> Connection for Tap<S> {
    fn connected(&self) -> Connected {
        match self.beginning() {
            Some(beginning) => Connected::new().extra(beginning),
            None => Connected::new(),
        }
    }
}

impl Roots {
    fn connector(&self) -> Result<TlsConnector, String> {
        let roots = match self {
            Self::Given(roots) => roots.clone(),
            Self::OfMachine => of_machine()?,
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

fn of_machine() -> Result<RootCertStore, String> {
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
    Ok(roots)
}

//! Gate: who may ask, and as whom.
//!
//! A server with keys takes nobody's word: a request is signed with one, or comes from a browser in which somebody has
//! signed in with one. A server without keys takes everybody for the owner of the account that the request names, and
//! listens where nobody else can reach it; there, pages of other origins are what is kept out.

use std::borrow::Cow;
use std::sync::Arc;

use access::proof::Claimed;
use access::{Asking, Attempts, Code, Key, Keys, Origins, Refusal, Session, Sessions, Ticket};
use api::{ApiError, Caller, ErrorCode, Text};
use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;
use ids::Scope;
use jiff::Timestamp;
use sigv4::Received;

const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a browser in which somebody has signed in is known by.
pub(crate) const COOKIE_NAME: &str = "stepwell-session";

/// Who may ask.
#[derive(Debug)]
pub struct Gate {
    keys: Option<Arc<Keys>>,
    origins: Origins,
    /// The account and region of everyone who names none.
    pub(crate) home: Scope,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) attempts: Attempts,
}

/// Who asks, as far as the head of a request tells.
pub(crate) struct Who {
    pub(crate) caller: Caller,
    /// With which key, where keys are needed.
    pub(crate) key: Option<Arc<Key>>,
    /// The session by which a browser is let in.
    pub(crate) ticket: Option<Ticket>,
    /// What the rest of the request must prove.
    claimed: Option<Claimed>,
}

impl Default for Gate {
    /// Lets everybody in who is no page of another origin.
    fn default() -> Self {
        Self::new(None, Origins::default(), api::caller::home())
    }
}

impl Gate {
    /// A gate that lets in whoever has one of these keys; without keys, everybody.
    pub fn new(keys: Option<Arc<Keys>>, origins: Origins, home: Scope) -> Self {
        Self {
            keys,
            origins,
            home,
            sessions: Arc::default(),
            attempts: Attempts::default(),
        }
    }

    /// The keys, where they are needed.
    pub(crate) fn keys(&self) -> Option<&Arc<Keys>> {
        self.keys.as_ref()
    }

    /// Refuses what a page of another origin sent.
    pub(crate) fn check_origin(&self, head: &Parts) -> Result<(), Refusal> {
        let asking = asking(head);
        let checked = self.origins.check(&asking);
        // Whoever can be reached under any name would take a page of that name for its own.
        let checked = match (&self.keys, asking.origin) {
            (None, Some(_)) => checked.and_then(|()| self.origins.check_host(&asking)),
            _ => checked,
        };
        checked.map_err(denied)
    }

    /// The same for what browsers ask without saying where from: reading.
    pub(crate) fn check_reader(&self, head: &Parts) -> Result<(), Refusal> {
        self.check_origin(head)?;
        if self.keys.is_some() {
            return Ok(());
        }
        self.origins.check_host(&asking(head)).map_err(denied)
    }

    /// Who asks one of these services, by the name that signatures have for them.
    pub(crate) fn who(&self, head: &Parts, services: &[&str]) -> Result<Who, Refusal> {
        let Some(keys) = &self.keys else {
            let mut caller = Caller::from_authorization(text(head, &AUTHORIZATION), &self.home);
            caller.trace_header = text(head, &X_AMZN_TRACE_ID).map(Text::from);
            return Ok(Who {
                caller,
                key: None,
                ticket: None,
                claimed: None,
            });
        };
        if !head.headers.contains_key(AUTHORIZATION)
            && let Some(token) = cookie(head)
        {
            let session = self.session(token).ok_or_else(|| Refusal {
                code: Code::ExpiredToken,
                message: "The security token included in the request is expired".to_owned(),
            })?;
            return Ok(Who {
                caller: caller(head, &session.key, &self.home.region),
                key: Some(session.key),
                ticket: Some(Ticket::new(&self.sessions, token)),
                claimed: None,
            });
        }
        let claimed = with_received(head, |request| keys.claimed(request, services, Timestamp::now()))?;
        let region = Arc::from(claimed.region());
        if !ids::arn::is_region(&region) {
            return Err(Refusal {
                code: Code::InvalidSignature,
                message: "Credential should be scoped to a valid region.".to_owned(),
            });
        }
        Ok(Who {
            caller: caller(head, &claimed.key, &region),
            key: Some(Arc::clone(&claimed.key)),
            ticket: None,
            claimed: Some(claimed),
        })
    }

    /// The session of a browser, if somebody has signed in there.
    pub(crate) fn session(&self, token: &str) -> Option<Session> {
        self.sessions.find(token, Timestamp::now())
    }
}

/// Who has a key, in a region.
fn caller(head: &Parts, key: &Key, region: &Arc<str>) -> Caller {
    let scope = Scope {
        region: Arc::clone(region),
        account: Arc::from(&*key.account),
    };
    Caller {
        access_key_id: Some(Text::from(&*key.access_key_id)),
        trace_header: text(head, &X_AMZN_TRACE_ID).map(Text::from),
        ..Caller::of(scope)
    }
}

impl Who {
    /// Proves who asks by the whole request.
    pub(crate) fn prove(&self, head: &Parts, body: &[u8]) -> Result<(), Refusal> {
        match &self.claimed {
            Some(claimed) => with_received(head, |request| claimed.prove(request, body)),
            None => Ok(()),
        }
    }

    /// Whether the caller may do an action to a resource.
    pub(crate) fn check(&self, action: &str, resource: &str) -> Result<(), Refusal> {
        match &self.key {
            Some(key) => key.check(action, resource),
            None => Ok(()),
        }
    }
}

/// A refusal as the API of Step Functions answers it.
pub(crate) fn api_error(refusal: Refusal) -> ApiError {
    let code = match refusal.code {
        Code::MissingAuthenticationToken => ErrorCode::MissingAuthenticationTokenException,
        Code::IncompleteSignature => ErrorCode::IncompleteSignatureException,
        Code::UnrecognizedClient => ErrorCode::UnrecognizedClientException,
        Code::InvalidSignature => ErrorCode::InvalidSignatureException,
        Code::ExpiredToken => ErrorCode::ExpiredTokenException,
        Code::AccessDenied => ErrorCode::AccessDeniedException,
    };
    ApiError::new(code, refusal.message)
}

/// The secret by which a browser is known.
pub(crate) fn cookie(head: &Parts) -> Option<&str> {
    let cookies = head.headers.get_all(COOKIE).iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok());
    let mut pairs = cookies
        .flat_map(|cookie| cookie.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value)
}

fn denied(message: String) -> Refusal {
    Refusal {
        code: Code::AccessDenied,
        message,
    }
}

fn asking(head: &Parts) -> Asking<'_> {
    Asking {
        host: host(head),
        // What can't be read is no origin of ours.
        origin: head
            .headers
            .get(ORIGIN)
            .map(|origin| origin.to_str().unwrap_or("?")),
        site: text(head, &SEC_FETCH_SITE),
    }
}

/// HTTP/2 has the host in the address.
fn host(head: &Parts) -> Option<&str> {
    text(head, &HOST).or_else(|| head.uri.authority().map(|authority| authority.as_str()))
}

fn text<'a>(head: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

/// Has something done with a request as signatures have it, the host among its headers.
fn with_received<T>(head: &Parts, done: impl FnOnce(&Received<'_>) -> T) -> T {
    let texts: Vec<(&str, Cow<'_, str>)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let mut headers: Vec<(&str, &str)> = texts.iter().map(|(name, value)| (*name, &**value)).collect();
    if !head.headers.contains_key(HOST)
        && let Some(host) = host(head)
    {
        headers.push(("host", host));
    }
    done(&Received {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query(),
        headers: &headers,
    })
}

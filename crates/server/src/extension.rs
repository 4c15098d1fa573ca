//! What AWS's API has no operation for, below `/stepwell/`: see `docs/console.md`.
//!
//! Reading only: every request is a `GET` whose answer is JSON, the live changes aside. Whatever changes something is
//! an operation of the API; signing in and out is what [`session`] does.

mod activities;
mod changes;
mod counts;
mod family;
mod history;
mod logs;
mod query;
mod rights;
mod search;
pub(crate) mod session;
mod waiting;

use std::sync::Arc;

use bytes::Bytes;
use functions::Functions;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde::Serialize;

pub(crate) use changes::Feed;
pub(crate) use rights::machine_of;

use crate::Server;
use crate::extension::query::Query;
use crate::gate::Who;

/// What paths of the extension begin with.
const PATH: &str = "/stepwell/";

/// Answers requests for the extension.
#[derive(Clone)]
pub struct Extension {
    server: Arc<Server>,
    functions: Option<Functions>,
}

/// An answer that is whole, or one that goes on.
pub(crate) enum Answer {
    Whole(Response<Full<Bytes>>),
    Feed(Response<Feed>),
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequest", message)
    }

    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    pub(crate) fn failed(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "the console was not answered");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalFailure",
            "the server's log says what went wrong",
        )
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }
}

impl Extension {
    /// The extension of a server.
    pub fn of(server: &Arc<Server>) -> Self {
        Self {
            server: Arc::clone(server),
            functions: None,
        }
    }

    /// With what these functions print.
    pub fn with_functions(self, functions: Functions) -> Self {
        let functions = Some(functions);
        Self { functions, ..self }
    }

    pub(crate) fn is_path(path: &str) -> bool {
        path.starts_with(PATH)
    }

    pub(crate) async fn answer(&self, method: &Method, path: &str, query: Option<&str>, who: &Who) -> Answer {
        if method != Method::GET {
            let refusal = Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "only GET is answered here",
            );
            return Answer::Whole(refused(&refusal));
        }
        let (server, caller) = (&*self.server, &who.caller);
        let query = Query::read(query.unwrap_or_default());
        let name = path.strip_prefix(PATH).unwrap_or_default();
        if let Err(refusal) = rights::check(who, name, &query) {
            return Answer::Whole(denied(&refusal));
        }
        let answer = match name {
            "changes" => return Answer::Feed(changes::answer(&self.server, who, &query)),
            "executions" => search::answer(server, who, &query).await.map(json),
            "counts" => counts::answer(server, caller, &query).await.map(json),
            "history" => history::answer(server, caller, &query).await.map(json),
            "waiting" => waiting::answer(server, who, &query).await.map(json),
            "family" => family::answer(server, caller, &query).await.map(json),
            "logs" => logs::answer(self.functions.as_ref(), &query).map(json),
            "activity" => activities::answer(server, caller, &query).await.map(json),
            _ => Err(Refusal::missing(format!("there is nothing at {path}"))),
        };
        Answer::Whole(answer.unwrap_or_else(|refusal| refused(&refusal)))
    }
}

fn json(answer: impl Serialize) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(&answer).expect("answers have nothing that JSON can't say");
    let mut response = Response::new(Full::new(Bytes::from(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A refusal of somebody who may not ask.
pub(crate) fn denied(refusal: &access::Refusal) -> Response<Full<Bytes>> {
    refused(&Refusal::new(
        StatusCode::FORBIDDEN,
        refusal.code.name(),
        &*refusal.message,
    ))
}

fn refused(refusal: &Refusal) -> Response<Full<Bytes>> {
    #[derive(Serialize)]
    struct Shown<'a> {
        code: &'a str,
        message: &'a str,
    }
    let mut response = json(Shown {
        code: refusal.code,
        message: &refusal.message,
    });
    *response.status_mut() = refusal.status;
    response
}

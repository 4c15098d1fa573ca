//! Session: signing in to the console, below `/stepwell/session`.
//!
//! Whoever has an access key exchanges it for a cookie, which its scripts can't read and no other site's page can send;
//! with it, the browser may ask whatever the key may.

use std::net::IpAddr;

use access::{Key, Session};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::extension::{Refusal, json, refused};
use crate::gate::{COOKIE_NAME, Gate, cookie};

/// Where it is.
pub(crate) const PATH: &str = "/stepwell/session";

/// The most bytes that somebody needs to sign in.
pub(crate) const BODY_BYTES_MAX: usize = 16 << 10;

/// Who is signed in, and whether that is needed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    /// Without keys, nobody needs to sign in.
    required: bool,
    /// The region that the console shows.
    region: &'a str,
    /// Who is signed in.
    user: Option<User<'a>>,
    /// Until when, in milliseconds since 1970.
    until: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    name: &'a str,
    arn: &'a str,
    account: &'a str,
    access_key_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignIn {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// Answers a request for the session. It has passed the check of its origin.
pub(crate) fn answer(gate: &Gate, head: &Parts, body: &[u8], from: Option<IpAddr>) -> Response<Full<Bytes>> {
    let answered = match head.method {
        Method::GET => Ok(show(
            gate,
            cookie(head).and_then(|token| gate.session(token)).as_ref(),
        )),
        Method::POST => sign_in(gate, body, from),
        Method::DELETE => Ok(sign_out(gate, head)),
        _ => Err(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "only GET, POST and DELETE are answered here",
        )),
    };
    answered.unwrap_or_else(|refusal| refused(&refusal))
}

fn show(gate: &Gate, session: Option<&Session>) -> Response<Full<Bytes>> {
    json(Shown {
        required: gate.keys().is_some(),
        region: &gate.home.region,
        user: session.map(|session| user(&session.key)),
        until: session.map(|session| session.until.as_millisecond()),
    })
}

fn user(key: &Key) -> User<'_> {
    User {
        name: &key.name,
        arn: &key.arn,
        account: &key.account,
        access_key_id: &key.access_key_id,
    }
}

fn sign_in(gate: &Gate, body: &[u8], from: Option<IpAddr>) -> Result<Response<Full<Bytes>>, Refusal> {
    let Some(keys) = gate.keys() else {
        return Err(Refusal::invalid(
            "this server has no keys, so nobody needs to sign in",
        ));
    };
    let given: SignIn = serde_json::from_slice(body).map_err(|_| {
        Refusal::invalid(
            "signing in takes `accessKeyId`, `secretAccessKey` and, for a key for a time, `sessionToken`",
        )
    })?;
    let now = Timestamp::now();
    let from = from.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    if let Err(wait) = gate.attempts.take(from, now) {
        return Ok(too_many(wait.as_secs() + 1));
    }
    let key = keys.configured(&given.access_key_id);
    // A key that is not there takes as long as one that is.
    let secret = key.as_ref().map_or("", |key| &key.secret);
    let is_secret = sigv4::is_same_secret(secret, &given.secret_access_key);
    let key = key.filter(|key| {
        let is_token = match (&key.session_token, &given.session_token) {
            (Some(token), Some(given)) => sigv4::is_same_secret(token, given),
            (None, None) => true,
            _ => false,
        };
        is_secret && is_token
    });
    let Some(key) = key else {
        tracing::warn!(%from, "somebody failed to sign in to the console");
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "UnrecognizedClientException",
            "There is no such access key, or its secret is another.",
        ));
    };
    gate.attempts.was_right(from);
    tracing::info!(%from, key = key.name, "signed in to the console");
    let (token, session) = gate.sessions.begin(key, now);
    let mut response = show(gate, Some(&session));
    let seconds = session.until.duration_since(now).as_secs();
    set_cookie(&mut response, &token, seconds);
    Ok(response)
}

fn sign_out(gate: &Gate, head: &Parts) -> Response<Full<Bytes>> {
    if let Some(token) = cookie(head) {
        gate.sessions.end(token);
    }
    let mut response = show(gate, None);
    set_cookie(&mut response, "", 0);
    response
}

/// Scripts can't read it, and no page of another site can have it sent.
fn set_cookie(response: &mut Response<Full<Bytes>>, token: &str, seconds: i64) {
    let cookie = format!("{COOKIE_NAME}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    let cookie = HeaderValue::from_str(&cookie).expect("a token is letters and digits");
    response.headers_mut().insert(SET_COOKIE, cookie);
}

fn too_many(seconds: i64) -> Response<Full<Bytes>> {
    let mut response = refused(&Refusal::new(
        StatusCode::TOO_MANY_REQUESTS,
        "TooManyAttempts",
        format!("Too many wrong attempts to sign in; try again in {seconds} seconds."),
    ));
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

//! HTTP: what this crate asks of hosts outside, and which of them each kind of request may reach.

use std::time::Duration;

use bytes::Bytes;
use outbound::{Block, Client, Failure, Guard, Limits, Purpose, Request};
use thiserror::Error;

use crate::wire::Answer;

/// Addresses of this machine, where emulators and stand-ins are.
const OWN: [&str; 3] = ["127.0.0.0/8", "::1", "0.0.0.0"];

/// Where containers and instances are handed their credentials. Nothing else is asked there.
const METADATA: [&str; 5] = [
    "169.254.169.254",
    "fd00:ec2::254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::23",
];

/// Sends requests.
pub(crate) struct Http {
    /// To services: connections are kept, and a cloud's metadata is never reached, whatever name leads there.
    pub(crate) services: Client,
    /// To the hosts that have credentials.
    pub(crate) metadata: Client,
}

/// A request with all that is sent.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: &'a str,
    pub(crate) address: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum NoAnswer {
    #[error("the request cannot be sent: {0}")]
    BadRequest(String),
    #[error("{0}")]
    Connect(String),
    #[error("{0}")]
    Lost(String),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl Http {
    pub(crate) fn new() -> Self {
        let guard = |allowed: &[&[&str]]| Guard {
            plain: true,
            allowed: allowed.concat().into_iter().map(block).collect(),
            trusted: Vec::new(),
            purpose: Purpose::Aws,
        };
        Self {
            services: Client::keeping_connections(guard(&[&OWN])),
            metadata: Client::new(guard(&[&OWN, &METADATA])),
        }
    }
}

/// Sends a request over one of the clients, and reads at most `body_bytes_max` of its answer.
pub(crate) async fn send(
    client: &Client,
    outgoing: Outgoing<'_>,
    time: Duration,
    body_bytes_max: usize,
) -> Result<Answer, NoAnswer> {
    let request = Request {
        method: outgoing.method.to_owned(),
        url: outgoing.address,
        headers: outgoing.headers,
        body: outgoing.body,
    };
    let limits = Limits {
        time,
        body_bytes: body_bytes_max,
    };
    let answer = client
        .send(request, limits)
        .await
        .map_err(|failure| match failure {
            Failure::Unsendable(what) | Failure::Refused(what) => NoAnswer::BadRequest(what),
            Failure::Unreachable(what) => NoAnswer::Connect(what),
            Failure::Lost(..) | Failure::TimedOut(_) => NoAnswer::Lost(failure.to_string()),
            Failure::TooLarge(most) => NoAnswer::TooLarge(most),
        })?;
    Ok(Answer {
        status: answer.status,
        headers: answer.headers,
        body: answer.body,
    })
}

fn block(text: &str) -> Block {
    text.parse().expect("the tables above have addresses")
}

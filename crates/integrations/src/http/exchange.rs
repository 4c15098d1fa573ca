//! Exchange: the request and the answer of an HTTP task, as `TestState` shows them.

use outbound::{Request, Response};

/// A request and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent.
    pub request: SentRequest,
    /// What came back, if anything did.
    pub response: Option<ReceivedResponse>,
}

/// A request, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// `http` or `https`.
    pub protocol: String,
    /// The method.
    pub method: String,
    /// The address with its query.
    pub url: String,
    /// The headers: `[name: value, name: value]`.
    pub headers: String,
    /// The body, if there is one.
    pub body: Option<String>,
}

/// An answer, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedResponse {
    /// `http` or `https`.
    pub protocol: String,
    /// The status.
    pub status_code: String,
    /// The reason phrase.
    pub status_message: String,
    /// The headers: `[name: value, name: value]`.
    pub headers: String,
    /// The body, if there is one.
    pub body: Option<String>,
}

impl Exchange {
    pub(crate) fn of(request: &Request) -> Self {
        let protocol = request
            .url
            .split_once("://")
            .map_or("https", |(protocol, _)| protocol);
        Self {
            request: SentRequest {
                protocol: protocol.to_owned(),
                method: request.method.clone(),
                url: request.url.clone(),
                headers: headers(&request.headers),
                body: text(&request.body),
            },
            response: None,
        }
    }

    pub(crate) fn answered(&mut self, answer: &Response) {
        self.response = Some(ReceivedResponse {
            protocol: self.request.protocol.clone(),
            status_code: answer.status.to_string(),
            status_message: answer.reason.clone(),
            headers: headers(&answer.headers),
            body: text(&answer.body),
        });
    }
}

fn headers(headers: &[(String, String)]) -> String {
    let lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!("[{}]", lines.join(", "))
}

fn text(body: &[u8]) -> Option<String> {
    (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned())
}

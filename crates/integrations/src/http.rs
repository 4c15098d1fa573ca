//! http:invoke: calls an HTTPS API, with the authorization of a connection.

mod asked;
pub(crate) mod connections;
pub(crate) mod exchange;
pub(crate) mod form;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::Ending;
use json::{Payload, Value};
use outbound::{Client, Failure, Guard, Limits, Request, Response};

use self::asked::Asked;
use self::connections::{Connection, Connections, merge, with_query};
use self::exchange::Exchange;
use self::form::ArrayFormat;
use crate::apigateway::Routes;
use crate::call::{Answer, Call, ending};
use crate::parameters::{Fields, refusal};
use crate::sdk::caller;
use crate::web;

/// The parameters of `http:invoke`.
const FIELDS: Fields = Fields {
    required: &["ApiEndpoint", "Method"],
    optional: &[
        "Authentication",
        "Headers",
        "InvocationConfig",
        "QueryParameters",
        "RequestBody",
        "Transform",
    ],
};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/// Headers that a definition may not set.
const FORBIDDEN: [&str; 32] = [
    "A-IM",
    "Accept-Charset",
    "Accept-Datetime",
    "Accept-Encoding",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-MD5",
    "Date",
    "Expect",
    "Forwarded",
    "From",
    "Host",
    "HTTP2-Settings",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Proxy-Authorization",
    "Referer",
    "Server",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "Warning",
];

const FORBIDDEN_PREFIXES: [&str; 3] = ["x-forwarded-", "x-amz-", "x-amzn-"];

/// What HTTP tasks are done with. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Web {
    /// Which hosts definitions may name.
    pub(crate) guard: Guard,
    client: Client,
    connections: Arc<Connections>,
    /// For API Gateway, which may be on this machine where an endpoint stands in for AWS.
    pub(crate) gateway: Client,
    pub(crate) routes: Routes,
}

impl Web {
    /// Reaches what the guard lets through, with these connections. API Gateway's own hosts are found along the routes.
    pub fn new(guard: Guard, connections: Connections, routes: Routes) -> Self {
        let mut gateway = guard.clone();
        gateway.trusted.extend(routes.trusted());
        Self {
            client: Client::new(guard.clone()),
            guard,
            connections: Arc::new(connections),
            gateway: Client::new(gateway),
            routes,
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self::new(Guard::default(), Connections::default(), Routes::default())
    }
}

/// AWS's reason not to start a task with these parameters.
pub(crate) fn refuse(parameters: &Value) -> Option<String> {
    let mut faults = FIELDS.faults(parameters);
    let mut check = |name: &str, is_right: &dyn Fn(&Value) -> bool| {
        if let Some(value) = parameters.get(name)
            && !is_right(value)
        {
            faults.push(format!("The value of the field '{name}' has an invalid format"));
        }
    };
    check("ApiEndpoint", &|value| value.as_str().is_some());
    check("Method", &|value| {
        value.as_str().is_some_and(|method| METHODS.contains(&method))
    });
    check("Headers", &|value| web::headers(value).is_some());
    check("QueryParameters", &|value| {
        value.as_str().is_some() || web::headers(value).is_some()
    });
    check("Transform", &|value| transform(value).is_some());
    for name in ["InvocationConfig", "Authentication"] {
        check(name, &|value| {
            value
                .get("ConnectionArn")
                .is_some_and(|arn| arn.as_str().is_some())
        });
    }
    if parameters
        .get("InvocationConfig")
        .or(parameters.get("Authentication"))
        .is_none()
    {
        faults.push("The field 'InvocationConfig' is required but was missing".to_owned());
    }
    let headers = parameters.get("Headers").unwrap_or(&Value::Null);
    if let Some(name) = web::forbidden(headers, &FORBIDDEN, &FORBIDDEN_PREFIXES) {
        faults.push(format!("The header '{name}' is not supported by Step Functions"));
    }
    refusal(parameters, &faults)
}

/// Sends the request. Along with what came of it: the exchange, `reveal` saying whether with what the connection adds.
pub(crate) async fn invoke(
    web: Web,
    aws: Option<aws::Client>,
    call: Call,
    reveal: bool,
) -> (Answer, Option<Exchange>) {
    let parameters = call.order.parameters.value();
    let prepared = match Prepared::of(parameters, &call) {
        Ok(prepared) => prepared,
        Err(ending) => return (Answer::Failed(ending), None),
    };
    let asked = aws.map(|client| Asked {
        client,
        caller: caller(&call),
    });
    let found = web
        .connections
        .find(&prepared.connection_arn, asked.as_ref())
        .await;
    let connection = match found {
        Ok(connection) => connection,
        Err(ending) => return (Answer::Failed(ending), None),
    };
    let plain = match prepared.request(None) {
        Ok(request) => request,
        Err(ending) => return (Answer::Failed(ending), None),
    };
    // Asking for a token counts too.
    let time = prepared.limits.time;
    let (answer, sent) = tokio::time::timeout(time, exchange(&web, &connection, &prepared))
        .await
        .unwrap_or_else(|_| (Err(failed(Failure::TimedOut(time.as_secs()))), None));
    let shown = sent.filter(|_| reveal).unwrap_or(plain);
    let mut exchange = Exchange::of(&shown);
    let answer = match answer {
        Ok(answer) => {
            exchange.answered(&answer);
            outcome(&answer)
        }
        Err(ending) => Answer::Failed(ending),
    };
    (answer, Some(exchange))
}

/// Sends the request with the connection's authorization, once more with a new token where the host refuses the old.
async fn exchange(
    web: &Web,
    connection: &Connection,
    prepared: &Prepared,
) -> (Result<Response, Ending>, Option<Request>) {
    let mut is_first = true;
    loop {
        let authorization = match web.connections.authorize(&web.client, connection).await {
            Ok(authorization) => authorization,
            Err(ending) => return (Err(ending), None),
        };
        let request = match prepared.request(Some((connection, authorization))) {
            Ok(request) => request,
            Err(ending) => return (Err(ending), None),
        };
        match web.client.send(request.clone(), prepared.limits).await {
            Ok(answer)
                if is_first
                    && matches!(answer.status, 401 | 407)
                    && web.connections.forget_token(connection) =>
            {
                is_first = false;
            }
            Ok(answer) => return (Ok(answer), Some(request)),
            Err(failure) => return (Err(failed(failure)), Some(request)),
        }
    }
}

/// What a definition says of a request.
struct Prepared {
    connection_arn: String,
    method: String,
    endpoint: String,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    /// A query that was given as text.
    query_text: String,
    body: Value,
    form: Option<ArrayFormat>,
    region: String,
    limits: Limits,
}

impl Prepared {
    fn of(parameters: &Value, call: &Call) -> Result<Self, Ending> {
        // A task that was started was not refused; this says the same of one that was not asked about.
        let refused = |text| Err(ending("States.Runtime", text));
        if let Some(text) = refuse(parameters) {
            return refused(text);
        }
        let text = |name: &str| {
            parameters
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let connection = parameters
            .get("InvocationConfig")
            .or(parameters.get("Authentication"));
        let arn = connection.and_then(|connection| connection.get("ConnectionArn"));
        let query = parameters.get("QueryParameters");
        Ok(Self {
            connection_arn: arn.and_then(Value::as_str).unwrap_or_default().to_owned(),
            method: text("Method"),
            endpoint: text("ApiEndpoint"),
            headers: parameters
                .get("Headers")
                .and_then(web::headers)
                .unwrap_or_default(),
            query: query.and_then(web::headers).unwrap_or_default(),
            query_text: text("QueryParameters").trim_start_matches('?').to_owned(),
            body: parameters.get("RequestBody").cloned().unwrap_or_default(),
            form: parameters.get("Transform").and_then(transform).flatten(),
            region: call.region.to_string(),
            limits: Limits {
                time: Duration::from_secs(call.limits.http_task_seconds),
                body_bytes: call.limits.payload_bytes,
            },
        })
    }

    /// The request, with what the connection adds.
    fn request(&self, connection: Option<(&Connection, (String, String))>) -> Result<Request, Ending> {
        let (mut headers, mut query) = (self.headers.clone(), self.query.clone());
        let mut body = self.body.clone();
        if let Some((connection, authorization)) = connection {
            merge(&mut headers, &[authorization], str::eq_ignore_ascii_case);
            let added = &connection.parameters;
            merge(&mut headers, &added.headers, str::eq_ignore_ascii_case);
            merge(&mut query, &added.query, |one, other| one == other);
            body = with_members(body, &added.body)?;
        }
        let body = match self.form {
            _ if body.is_null() => Bytes::new(),
            Some(arrays) => Bytes::from(form::encode(&body, arrays)),
            None => Bytes::from(body.to_string()),
        };
        let has = |name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !body.is_empty() && !has("Content-Type") {
            let kind = match self.form {
                Some(_) => "application/x-www-form-urlencoded",
                None => "application/json; charset=UTF-8",
            };
            headers.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        let own = [
            (
                "User-Agent",
                format!("Amazon|StepFunctions|HttpInvoke|{}", self.region),
            ),
            ("Range", format!("bytes=0-{}", self.limits.body_bytes)),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        merge(&mut headers, &own, str::eq_ignore_ascii_case);
        let url = with_query(&self.endpoint, &self.query_text);
        Ok(Request {
            method: self.method.clone(),
            url: with_query(&url, &form::query(&query)),
            headers,
            body,
        })
    }
}

/// A body with a connection's members over its own.
fn with_members(body: Value, members: &[(String, String)]) -> Result<Value, Ending> {
    if members.is_empty() {
        return Ok(body);
    }
    let mut merged = match &body {
        Value::Null => json::Object::new(),
        Value::Object(object) => object.clone(),
        _ => {
            return Err(ending(
                "States.Runtime",
                "The RequestBody must be a JSON object, since the connection adds body parameters to it.",
            ));
        }
    };
    for (name, value) in members {
        merged.insert(&**name, &**value);
    }
    Ok(Value::from(merged))
}

/// How a body is encoded: as JSON (none), or as a form. Nothing at all if the transform is not understood.
fn transform(value: &Value) -> Option<Option<ArrayFormat>> {
    let arrays = match value.get("RequestEncodingOptions") {
        None => ArrayFormat::default(),
        Some(options) => match options.as_object()?.get("ArrayFormat") {
            None => ArrayFormat::default(),
            Some(format) => ArrayFormat::named(format.as_str()?)?,
        },
    };
    match value.as_object()?.get("RequestBodyEncoding").map(Value::as_str) {
        None | Some(Some("NONE")) => Some(None),
        Some(Some("URL_ENCODED")) => Some(Some(arrays)),
        Some(_) => None,
    }
}

/// What an answer means to the task.
fn outcome(answer: &Response) -> Answer {
    let text = match std::str::from_utf8(&answer.body) {
        Ok(text) if is_readable(answer) => text,
        _ => return Answer::failed("States.Runtime", unreadable(answer)),
    };
    if !(200..300).contains(&answer.status) {
        return Answer::failed(format!("States.Http.StatusCode.{}", answer.status), text);
    }
    Answer::Succeeded(Payload::from(web::result(answer, web::body(text))))
}

/// Whether the host calls its answer something that can be text.
fn is_readable(answer: &Response) -> bool {
    let kind = web::header(answer, "Content-Type").unwrap_or_default();
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind != "application/octet-stream"
        && !["image/", "video/", "audio/"]
            .iter()
            .any(|prefix| kind.starts_with(prefix))
}

fn unreadable(answer: &Response) -> String {
    match web::header(answer, "Content-Type") {
        Some(kind) => format!("The response can't be read as text. Its content type is '{kind}'."),
        None => "The response can't be read as text.".to_owned(),
    }
}

/// What a failure to get an answer means to the task.
pub(crate) fn failed(failure: Failure) -> Ending {
    let error = match &failure {
        Failure::Unsendable(_) => "States.Runtime",
        Failure::TooLarge(_) => {
            return ending(
                "States.DataLimitExceeded",
                "The state/task 'http' returned a result with a size exceeding the maximum number of bytes service limit.",
            );
        }
        Failure::Refused(_) | Failure::Unreachable(_) | Failure::Lost(..) | Failure::TimedOut(_) => {
            "States.Http.Socket"
        }
    };
    ending(error, failure.to_string())
}

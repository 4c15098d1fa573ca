//! eks:call and eks:runJob: speak to the Kubernetes API of a cluster, whose address and certificate the task gives.
//!
//! What AWS makes of the answers is known from its documentation.

mod job;

use std::sync::Arc;
use std::time::Duration;

use asl::Pattern;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use engine::Ending;
use json::{Payload, Value};
use outbound::{Client, Failure, Limits, Request, Response};

use crate::call::{Answer, Call, ending};
use crate::http::Web;
use crate::http::connections::with_query;
use crate::http::form;
use crate::parameters::{Fields, refusal};
use crate::sdk::{caller, common_failure, too_large};
use crate::web::{self, Shape};

pub(crate) use job::{abandon, follow};

const CALL: Fields = Fields {
    required: &[
        "CertificateAuthority",
        "ClusterName",
        "Endpoint",
        "Method",
        "Path",
    ],
    optional: &["QueryParameters", "RequestBody"],
};

const RUN_JOB: Fields = Fields {
    required: &["CertificateAuthority", "ClusterName", "Endpoint", "Job"],
    optional: &["LogOptions", "Namespace"],
};

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"];

/// A minute, as for other calls; a list of pods may be larger than a result.
const TIME: Duration = Duration::from_secs(60);
const LIST_BYTES_MAX: usize = 4 << 20;

/// Whether an action speaks to Kubernetes and not to EKS.
pub(crate) fn is_of_kubernetes(service: &str, action: &str) -> bool {
    service == "eks" && matches!(action, "call" | "runJob")
}

/// AWS's reason not to start a task with these parameters.
pub(crate) fn refuse(action: &str, parameters: &Value) -> Option<String> {
    let fields = if action == "call" { &CALL } else { &RUN_JOB };
    let mut faults = fields.faults(parameters);
    let mut check = |name: &str, is_right: &dyn Fn(&Value) -> bool| {
        let given = parameters.get(name).filter(|value| !value.is_null());
        if given.is_some_and(|value| !is_right(value)) {
            faults.push(format!("The value of the field '{name}' has an invalid format"));
        }
    };
    for name in ["CertificateAuthority", "ClusterName"] {
        check(name, &|value| value.as_str().is_some());
    }
    // A token goes there, which nobody else may read.
    check("Endpoint", &|value| {
        value
            .as_str()
            .is_some_and(|address| address.starts_with("https://"))
    });
    check("Namespace", &|value| {
        value
            .as_str()
            .is_some_and(|name| !name.contains(['/', '?', '#', '%']))
    });
    check("Method", &|value| {
        value.as_str().is_some_and(|name| METHODS.contains(&name))
    });
    check("Path", &|value| {
        value.as_str().is_some_and(|path| path.starts_with('/'))
    });
    check("QueryParameters", &|value| {
        web::pairs(value, Shape::Many).is_some()
    });
    check("Job", &|value| {
        value.as_object().is_some() || value.as_str().is_some()
    });
    check("LogOptions", &|value| job::LogOptions::of(value).is_some());
    refusal(parameters, &faults)
}

/// Calls the API, or has it run a job. A job that is waited for is only submitted by that.
pub(crate) async fn perform(
    web: Web,
    aws: Option<aws::Client>,
    call: Call,
    action: &str,
    pattern: Pattern,
) -> Answer {
    let parameters = call.order.parameters.value();
    if let Some(text) = refuse(action, parameters) {
        return Answer::failed("States.Runtime", text);
    }
    let asked = if action == "call" {
        Asked::of_call(parameters)
    } else {
        Asked::of_job(parameters)
    };
    let answer = match Cluster::new(&web, aws, &call) {
        Ok(cluster) => cluster.ask(asked, call.limits.payload_bytes).await,
        Err(ending) => Err(ending),
    };
    match answer.and_then(successful) {
        Ok(answer) if pattern == Pattern::RequestResponse => {
            Answer::Succeeded(Payload::from(result(&answer)))
        }
        Ok(answer) => Answer::Submitted(Payload::from(result(&answer))),
        Err(ending) => Answer::Failed(ending),
    }
}

/// The answer unless it says that something is wrong.
fn successful(answer: Response) -> Result<Response, Ending> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    Err(ending(
        format!("EKS.{}", answer.status),
        result(&answer).to_text(),
    ))
}

fn result(answer: &Response) -> Value {
    Value::object([
        ("ResponseBody", web::body(&String::from_utf8_lossy(&answer.body))),
        ("StatusCode", Value::from(u32::from(answer.status))),
        ("StatusText", Value::from(&*answer.reason)),
    ])
}

/// A request to a cluster.
struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
}

impl Asked {
    fn get(path: String, query: Vec<(String, String)>) -> Self {
        Self {
            method: "GET".to_owned(),
            path,
            query,
            body: None,
        }
    }

    fn of_call(parameters: &Value) -> Self {
        let query = parameters.get("QueryParameters");
        Self {
            method: text(parameters, "Method").to_owned(),
            path: text(parameters, "Path").to_owned(),
            query: query
                .and_then(|query| web::pairs(query, Shape::Many))
                .unwrap_or_default(),
            body: parameters
                .get("RequestBody")
                .filter(|body| !body.is_null())
                .cloned(),
        }
    }

    fn of_job(parameters: &Value) -> Self {
        Self {
            method: "POST".to_owned(),
            path: job::collection(job::namespace(parameters)),
            query: Vec::new(),
            body: parameters.get("Job").cloned(),
        }
    }

    /// What Kubernetes calls the body; it does not guess what is meant by a change.
    fn content_type(&self) -> &'static str {
        match &self.body {
            Some(Value::Array(_)) if self.method == "PATCH" => "application/json-patch+json",
            _ if self.method == "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        }
    }
}

/// A cluster as a task has it.
struct Cluster<'a> {
    client: Client,
    aws: aws::Client,
    call: &'a Call,
}

impl<'a> Cluster<'a> {
    fn new(web: &Web, aws: Option<aws::Client>, call: &'a Call) -> Result<Self, Ending> {
        let bad = |what: String| Err(of_client(what));
        let Some(aws) = aws else {
            return bad("No AWS services can be called here.".to_owned());
        };
        let authority = text(call.order.parameters.value(), "CertificateAuthority");
        let pem = BASE64_STANDARD.decode(authority.trim()).unwrap_or_default();
        match Client::trusting(web.guard.clone(), &pem) {
            Ok(client) => Ok(Self { client, aws, call }),
            Err(error) => bad(format!("The CertificateAuthority is not what EKS gives: {error}")),
        }
    }

    async fn ask(&self, asked: Asked, body_bytes_max: usize) -> Result<Response, Ending> {
        let parameters = self.call.order.parameters.value();
        let endpoint = text(parameters, "Endpoint").trim_end_matches('/');
        let token = self
            .aws
            .cluster_token(text(parameters, "ClusterName"), endpoint, &caller(self.call))
            .await
            .map_err(|failure| {
                let (_, cause) = failure.error(&eks());
                common_failure(&failure, self.call, "eks").unwrap_or_else(|| of_client(cause))
            })?;
        let mut headers = vec![
            ("Accept".to_owned(), "application/json".to_owned()),
            ("Authorization".to_owned(), format!("Bearer {token}")),
        ];
        if asked.body.is_some() {
            headers.push(("Content-Type".to_owned(), asked.content_type().to_owned()));
        }
        let body = asked.body.as_ref().map_or_else(Bytes::new, |body| {
            let written = body
                .as_str()
                .map_or_else(|| body.to_text().to_string(), str::to_owned);
            Bytes::from(written)
        });
        let request = Request {
            url: with_query(&format!("{endpoint}{}", asked.path), &form::query(&asked.query)),
            method: asked.method,
            headers,
            body,
        };
        let limits = Limits {
            time: TIME,
            body_bytes: body_bytes_max,
        };
        self.client
            .send(request, limits)
            .await
            .map_err(|failure| match failure {
                Failure::TooLarge(_) => too_large("eks"),
                Failure::Unsendable(_) => ending("States.Runtime", failure.to_string()),
                Failure::Refused(_) | Failure::Unreachable(_) | Failure::Lost(..) | Failure::TimedOut(_) => {
                    of_client(failure.to_string())
                }
            })
    }
}

/// What EKS is among all services.
fn eks() -> Arc<aws::Service> {
    let eks = aws::Services::embedded().service("eks");
    eks.expect("the embedded facts have it")
}

fn of_client(what: String) -> Ending {
    ending("EKS.SdkClientException", what)
}

fn text<'v>(parameters: &'v Value, name: &str) -> &'v str {
    parameters.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    fn given(more: Value) -> Value {
        let mut members =
            json!({"ClusterName": "c", "CertificateAuthority": "YQ==", "Endpoint": "https://h"})
                .as_object()
                .unwrap()
                .clone();
        for (name, value) in more.as_object().unwrap().iter() {
            members.insert(name.clone(), value.clone());
        }
        Value::from(members)
    }

    #[test]
    fn parameters_that_do_not_fit_are_named() {
        let call = |more| refuse("call", &given(more));
        assert_eq!(
            call(
                json!({"Method": "GET", "Path": "/api", "QueryParameters": {"a": ["b"]}, "RequestBody": {}})
            ),
            None
        );
        for (more, fault) in [
            (
                json!({"Method": "GET"}),
                "The field 'Path' is required but was missing",
            ),
            (
                json!({"Method": "TRACE", "Path": "/"}),
                "The value of the field 'Method' has an invalid format",
            ),
            (
                json!({"Method": "GET", "Path": "api"}),
                "The value of the field 'Path' has an invalid format",
            ),
            (
                json!({"Method": "GET", "Path": "/", "QueryParameters": {"a": "b"}}),
                "The value of the field 'QueryParameters' has an invalid format",
            ),
            (
                json!({"Method": "GET", "Path": "/", "Job": {}}),
                "The field 'Job' is not supported by Step Functions",
            ),
        ] {
            assert!(call(more).unwrap().contains(fault), "{fault}");
        }
        let run = |more| refuse("runJob", &given(more));
        let options = json!({"RetrieveLogs": true, "RawLogs": false, "LogParameters": {"tailLines": ["6"]}});
        assert_eq!(run(json!({"Job": {}, "LogOptions": options})), None);
        assert_eq!(run(json!({"Job": "{}", "Namespace": "n"})), None);
        for more in [
            json!({"Job": {}, "Endpoint": "http://h"}),
            json!({"Job": {}, "Namespace": "../x"}),
        ] {
            assert!(run(more).is_some());
        }
        for wrong in [
            json!({"Retrieve": true}),
            json!({"RetrieveLogs": "yes"}),
            json!([]),
        ] {
            assert!(run(json!({"Job": {}, "LogOptions": wrong})).is_some());
        }
    }

    #[test]
    fn changes_say_of_what_kind_they_are() {
        let kind = |method: &str, body: Value| {
            Asked::of_call(&json!({"Method": method, "Path": "/", "RequestBody": body})).content_type()
        };
        assert_eq!(kind("POST", json!({})), "application/json");
        assert_eq!(kind("PATCH", json!({})), "application/merge-patch+json");
        assert_eq!(kind("PATCH", json!([])), "application/json-patch+json");
    }

    #[test]
    fn refusals_are_told_as_they_were_answered() {
        let answer = Response {
            status: 401,
            reason: "Unauthorized".to_owned(),
            headers: Vec::new(),
            body: b"{\"kind\":\"Status\",\"code\":401}".to_vec(),
        };
        assert_eq!(
            successful(answer).unwrap_err(),
            ending(
                "EKS.401",
                "{\"ResponseBody\":{\"kind\":\"Status\",\"code\":401},\"StatusCode\":401,\"StatusText\":\"Unauthorized\"}"
            )
        );
    }
}

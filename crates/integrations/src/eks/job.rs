//! Jobs of Kubernetes: asked for until they have ended, with what their containers have printed.

use engine::Ending;
use json::{Object, Payload, Value};

use crate::call::{Answer, Call, ending};
use crate::eks::{Asked, Cluster, LIST_BYTES_MAX, text};
use crate::http::Web;
use crate::optimised::Pauses;
use crate::sdk::too_large;
use crate::web::{self, Shape};

/// Where the jobs of a namespace are.
pub(super) fn collection(namespace: &str) -> String {
    format!("/apis/batch/v1/namespaces/{namespace}/jobs")
}

/// The namespace that a task names, or the usual one.
pub(super) fn namespace(parameters: &Value) -> &str {
    match text(parameters, "Namespace") {
        "" => "default",
        named => named,
    }
}

/// What is wanted of the logs.
#[derive(Debug, Default, PartialEq)]
pub(super) struct LogOptions {
    retrieves: bool,
    is_raw: bool,
    parameters: Vec<(String, String)>,
}

impl LogOptions {
    /// Reads `LogOptions`; nothing if it is not what it should be.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let mut options = Self::default();
        for (name, value) in value.as_object()?.iter() {
            match &**name {
                "RetrieveLogs" => options.retrieves = value.as_bool()?,
                "RawLogs" => options.is_raw = value.as_bool()?,
                "LogParameters" => options.parameters = web::pairs(value, Shape::Many)?,
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Asks for a job until it has ended. A call that fails is made again.
pub(crate) async fn follow(web: Web, aws: Option<aws::Client>, call: Call, accepted: Payload) -> Answer {
    let cluster = match Cluster::new(&web, aws, &call) {
        Ok(cluster) => cluster,
        Err(ending) => return Answer::Failed(ending),
    };
    let Some(path) = path(&call, accepted.value()) else {
        return Answer::failed(
            "States.TaskFailed",
            format!("The cluster did not say which job it has accepted: {accepted}"),
        );
    };
    let mut pauses = Pauses::new();
    loop {
        pauses.next().await;
        let asked = Asked::get(path.clone(), Vec::new());
        let answer = match cluster.ask(asked, call.limits.payload_bytes).await {
            Ok(answer) => answer,
            Err(failure) => {
                warn(&call, "a job can't be asked for", &failure);
                continue;
            }
        };
        let job = web::body(&String::from_utf8_lossy(&answer.body));
        match answer.status {
            404 => return Answer::failed("States.TaskFailed", format!("The job is gone: {job}")),
            200..=299 => match end(&job) {
                None => {}
                Some(false) => return Answer::failed("States.TaskFailed", job.to_text()),
                Some(true) => {
                    return match with_logs(&cluster, &call, job).await {
                        Ok(result) => Answer::Succeeded(Payload::from(result)),
                        Err(ending) => Answer::Failed(ending),
                    };
                }
            },
            status => {
                let failure = ending(format!("EKS.{status}"), answer.reason);
                warn(&call, "a job can't be asked for", &failure);
            }
        }
    }
}

/// Deletes a job and its pods.
pub(crate) async fn abandon(web: Web, aws: Option<aws::Client>, call: Call, accepted: Payload) {
    let Some(path) = path(&call, accepted.value()) else {
        return;
    };
    let asked = Asked {
        method: "DELETE".to_owned(),
        query: vec![("propagationPolicy".to_owned(), "Background".to_owned())],
        ..Asked::get(path, Vec::new())
    };
    let answer = match Cluster::new(&web, aws, &call) {
        Ok(cluster) => cluster.ask(asked, LIST_BYTES_MAX).await,
        Err(ending) => Err(ending),
    };
    if let Err(failure) = answer.and_then(crate::eks::successful) {
        warn(&call, "a job was not deleted", &failure);
    }
}

fn warn(call: &Call, what: &str, failure: &Ending) {
    let error = failure.error.as_deref().unwrap_or_default();
    let cause = failure.cause.as_deref().unwrap_or_default();
    tracing::warn!(execution = %call.execution_arn, state = %call.state, "{what}: {error} {cause}");
}

/// Where the job is that was accepted.
fn path(call: &Call, accepted: &Value) -> Option<String> {
    let metadata = accepted.get("ResponseBody")?.get("metadata")?;
    let name = metadata.get("name").and_then(Value::as_str)?;
    let namespace = match metadata.get("namespace").and_then(Value::as_str) {
        Some(namespace) => namespace,
        None => namespace(call.order.parameters.value()),
    };
    Some(format!("{}/{name}", collection(namespace)))
}

/// Whether a job that has ended did so well; nothing while it goes on.
fn end(job: &Value) -> Option<bool> {
    let conditions = job.get("status")?.get("conditions")?.as_array()?;
    let is_met = |kind: &str| {
        conditions
            .iter()
            .any(|condition| text(condition, "type") == kind && text(condition, "status") == "True")
    };
    if is_met("Failed") {
        return Some(false);
    }
    is_met("Complete").then_some(true)
}

/// The job with the logs of its containers, if these are wanted.
async fn with_logs(cluster: &Cluster<'_>, call: &Call, job: Value) -> Result<Value, Ending> {
    let parameters = call.order.parameters.value();
    let options = parameters.get("LogOptions").and_then(LogOptions::of);
    let Some(options) = options.filter(|options| options.retrieves) else {
        return Ok(job);
    };
    let logs = match logs(cluster, &job, &options).await {
        Ok(pods) => Value::object([("pods", pods)]),
        // What AWS gives for a log that it did not get.
        Err(LogFailure::Missing(failure)) => missing(&failure),
        Err(LogFailure::TooLarge) => return Err(too_large("eks")),
    };
    let mut members = job.as_object().cloned().unwrap_or_default();
    members.insert("logs", logs);
    Ok(Value::from(members))
}

enum LogFailure {
    Missing(Ending),
    TooLarge,
}

/// The logs of each container of each pod of a job.
async fn logs(cluster: &Cluster<'_>, job: &Value, options: &LogOptions) -> Result<Value, LogFailure> {
    let metadata = job.get("metadata").unwrap_or(&Value::Null);
    let (name, namespace) = (text(metadata, "name"), text(metadata, "namespace"));
    let namespace = if namespace.is_empty() {
        "default"
    } else {
        namespace
    };
    let pods_path = format!("/api/v1/namespaces/{namespace}/pods");
    let selector = vec![("labelSelector".to_owned(), format!("job-name={name}"))];
    let listed = cluster
        .ask(Asked::get(pods_path.clone(), selector), LIST_BYTES_MAX)
        .await
        .and_then(crate::eks::successful)
        .map_err(LogFailure::Missing)?;
    let listed = web::body(&String::from_utf8_lossy(&listed.body));
    let (mut bytes, bytes_max) = (0, cluster.call.limits.payload_bytes);
    let mut pods = Object::new();
    for pod in listed.get("items").and_then(Value::as_array).unwrap_or_default() {
        let pod_name = pod.get("metadata").map_or("", |metadata| text(metadata, "name"));
        let spec = pod.get("spec").and_then(|spec| spec.get("containers"));
        let mut containers = Object::new();
        for container in spec.and_then(Value::as_array).unwrap_or_default() {
            let container = text(container, "name");
            let mut query = vec![("container".to_owned(), container.to_owned())];
            query.extend(options.parameters.iter().cloned());
            let asked = Asked::get(format!("{pods_path}/{pod_name}/log"), query);
            let log = cluster
                .ask(asked, bytes_max)
                .await
                .and_then(crate::eks::successful);
            let entry = match log {
                Ok(answer) => {
                    bytes += answer.body.len();
                    let log = String::from_utf8_lossy(&answer.body);
                    let log = if options.is_raw {
                        Value::from(&*log)
                    } else {
                        web::body(&log)
                    };
                    Value::object([("log", log)])
                }
                Err(failure) => missing(&failure),
            };
            // No result may have more, so that the rest need not be asked for.
            if bytes > bytes_max {
                return Err(LogFailure::TooLarge);
            }
            containers.insert(container, entry);
        }
        pods.insert(pod_name, Value::object([("containers", Value::from(containers))]));
    }
    Ok(Value::from(pods))
}

fn missing(failure: &Ending) -> Value {
    let text = |text: &Option<json::Str>| Value::from(text.as_deref().unwrap_or_default());
    Value::object([("error", text(&failure.error)), ("cause", text(&failure.cause))])
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::call::tests::call;

    #[test]
    fn a_job_is_under_way_until_a_condition_says_otherwise() {
        let job = |kind: &str, status: &str| json!({"status": {"conditions": [{"type": "Suspended", "status": "False"}, {"type": kind, "status": status}]}});
        assert_eq!(end(&json!({"status": {"active": 1}})), None);
        assert_eq!(end(&job("Complete", "False")), None);
        assert_eq!(end(&job("Complete", "True")), Some(true));
        assert_eq!(end(&job("Failed", "True")), Some(false));
        assert_eq!(end(&json!("nonsense")), None);
    }

    #[test]
    fn a_job_is_where_the_cluster_says() {
        let call = call("arn:aws:states:::eks:runJob.sync", json!({"Namespace": "n"}));
        let accepted = |metadata: Value| json!({"ResponseBody": {"metadata": metadata}});
        assert_eq!(
            path(&call, &accepted(json!({"name": "j-x1", "namespace": "m"}))).unwrap(),
            "/apis/batch/v1/namespaces/m/jobs/j-x1"
        );
        assert_eq!(
            path(&call, &accepted(json!({"name": "j"}))).unwrap(),
            "/apis/batch/v1/namespaces/n/jobs/j"
        );
        assert_eq!(path(&call, &accepted(json!({}))), None);
    }
}

//! Jobs: how each service is asked what became of what it accepted with `.sync`.
//!
//! The table is `jobs.txt`.

use std::sync::LazyLock;

use json::Value;

/// How a job of one action is asked for and ended.
#[derive(Debug, Default)]
pub(crate) struct Job {
    /// The service and action, as a task's resource names them.
    action: (&'static str, &'static str),
    /// How to ask for it.
    pub(crate) ask: Ask,
    /// Where the job is in the answer.
    found: &'static str,
    /// Where its status is in the job.
    status: &'static str,
    /// The statuses of success, and those of failure. Any other means that it is under way.
    succeeded: Vec<&'static str>,
    failed: Vec<&'static str>,
    /// What the task's result is.
    result: &'static str,
    /// How to end it.
    pub(crate) cancel: Option<Ask>,
}

/// A call about a job.
#[derive(Debug, Default)]
pub(crate) struct Ask {
    /// The service's name among all services of AWS.
    pub(crate) service: &'static str,
    /// The action.
    pub(crate) action: &'static str,
    parameters: Vec<(&'static str, Source)>,
}

/// Where a parameter of a call about a job comes from.
#[derive(Debug)]
enum Source {
    /// What the service answered when it accepted the job.
    Accepted(&'static str),
    /// The same, as a list of one.
    AcceptedList(&'static str),
    /// The task's own parameters; left out where they don't say it.
    Given(&'static str),
    /// A text.
    Text(&'static str),
}

/// What is known of a job.
#[derive(Debug, PartialEq)]
pub(crate) enum State {
    /// It goes on.
    Running,
    /// It has ended well, with this result.
    Succeeded(Value),
    /// It has failed; the cause is this.
    Failed(Value),
}

static JOBS: LazyLock<Vec<Job>> = LazyLock::new(|| read(include_str!("jobs.txt")));

/// The service and operation that are asked, with their names in `aws-sdk` resources, what became of a job that an action
/// of an optimised integration began; what they answer becomes the task's result.
pub fn job_is_asked_for_by(service: &str, action: &str) -> Option<(&'static str, &'static str)> {
    Job::of(service, action).map(|job| (job.ask.service, job.ask.action))
}

impl Job {
    /// The job of an action, if it has one that has to be asked for.
    pub(crate) fn of(service: &str, action: &str) -> Option<&'static Self> {
        JOBS.iter().find(|job| job.action == (service, action))
    }

    /// What an answer says of the job.
    pub(crate) fn state(&self, answer: &Value) -> State {
        let Some(job) = at(answer, self.found) else {
            return State::Running;
        };
        let status = at(job, self.status).and_then(Value::as_str).unwrap_or_default();
        let has_failed = self.failed.contains(&status);
        if !has_failed && !self.succeeded.contains(&status) {
            return State::Running;
        }
        let result = match self.result {
            "job" => job.clone(),
            "answer" => answer.clone(),
            name => Value::object([(name, job.clone())]),
        };
        if has_failed || (self.action == ("ecs", "runTask") && !containers_ended_well(job)) {
            return State::Failed(result);
        }
        State::Succeeded(result)
    }

    /// Whether a job that is not there any more is one that has succeeded: what it does is to remove something.
    pub(crate) fn ends_by_vanishing(&self) -> bool {
        self.action.1.starts_with("delete")
    }
}

impl Ask {
    /// The parameters of the call; `None` when the service's answer doesn't have what they need.
    pub(crate) fn parameters(&self, given: &Value, accepted: &Value) -> Option<Value> {
        let mut filled = Vec::with_capacity(self.parameters.len());
        for (name, source) in &self.parameters {
            let value = match source {
                Source::Accepted(path) => at(accepted, path)?.clone(),
                Source::AcceptedList(path) => Value::from(vec![at(accepted, path)?.clone()]),
                Source::Given(path) => match at(given, path) {
                    Some(value) => value.clone(),
                    None => continue,
                },
                Source::Text(text) => Value::from(*text),
            };
            filled.push((*name, value));
        }
        Some(Value::object(filled))
    }

    fn read(text: &'static str) -> Self {
        let mut parts = text.split_whitespace();
        let (service, action) = parts
            .next()
            .and_then(|call| call.split_once(':'))
            .unwrap_or_default();
        Self {
            service,
            action,
            parameters: parts.map(read_parameter).collect(),
        }
    }
}

fn read_parameter(text: &'static str) -> (&'static str, Source) {
    let place = text.find(['<', '=', '\'']).unwrap_or(text.len() - 1);
    let (name, from) = (&text[..place], &text[place + 1..]);
    let list = from.strip_prefix('[').and_then(|path| path.strip_suffix(']'));
    let source = match (&text[place..=place], list) {
        ("<", Some(path)) => Source::AcceptedList(path),
        ("<", None) => Source::Accepted(from),
        ("=", _) => Source::Given(from),
        _ => Source::Text(from.trim_end_matches('\'')),
    };
    (name, source)
}

/// Whether every container of a stopped task ran and ended with 0.
fn containers_ended_well(task: &Value) -> bool {
    let containers = task
        .get("Containers")
        .and_then(Value::as_array)
        .unwrap_or_default();
    containers
        .iter()
        .all(|container| container.get("ExitCode").and_then(Value::as_i64) == Some(0))
}

/// The part of a value at a path of names and places, such as `Tasks.0.TaskArn`; `.` is the whole.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.').filter(|part| !part.is_empty());
    let found = parts.try_fold(value, |value, part| match part.parse() {
        Ok(place) => value.at(place),
        Err(_) => value.get(part),
    })?;
    (!found.is_null()).then_some(found)
}

fn read(table: &'static str) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for line in table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if !line.starts_with(' ') {
            jobs.push(Job {
                action: line.split_once(':').unwrap_or_default(),
                ..Job::default()
            });
            continue;
        }
        let Some(job) = jobs.last_mut() else { continue };
        let (key, rest) = line.trim().split_once(' ').unwrap_or_default();
        let rest = rest.trim();
        match key {
            "ask" => job.ask = Ask::read(rest),
            "find" => (job.found, job.status) = rest.split_once(' ').unwrap_or_default(),
            "ended" => {
                let (succeeded, failed) = rest.split_once('/').unwrap_or((rest, ""));
                job.succeeded = succeeded.split_whitespace().collect();
                job.failed = failed.split_whitespace().collect();
            }
            "result" => job.result = rest,
            "cancel" => job.cancel = Some(Ask::read(rest)),
            _ => {}
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    /// The member of a shape at a path, by API names.
    fn member(service: &aws::Service, shape: Option<aws::ShapeId>, path: &str) -> bool {
        let mut shape = shape;
        for part in path.split('.').filter(|part| !part.is_empty()) {
            let Some(id) = shape else { return false };
            shape = match &service.shape(id).kind {
                aws::Kind::List(list) if part == "0" => Some(list.item),
                aws::Kind::Structure(structure) => structure
                    .members
                    .iter()
                    .find(|member| &*member.api_name == part)
                    .map(|member| member.shape),
                _ => None,
            };
        }
        shape.is_some()
    }

    #[test]
    fn every_job_can_be_asked_for_and_ended() {
        for job in &*JOBS {
            let (service, action) = job.action;
            let asks = std::iter::once(&job.ask).chain(&job.cancel);
            for ask in asks {
                let call = aws::Services::embedded()
                    .find(ask.service, ask.action)
                    .unwrap_or_else(|error| panic!("{service}:{action}: {error}"));
                for (name, _) in &ask.parameters {
                    assert!(
                        member(call.service(), call.operation().input, name),
                        "{action} {name}"
                    );
                }
            }
            let call = aws::Services::embedded()
                .find(job.ask.service, job.ask.action)
                .unwrap();
            let status = format!("{}.{}", job.found, job.status);
            assert!(
                member(call.service(), call.operation().output, &status),
                "{action} {status}"
            );
            assert!(!job.succeeded.is_empty() && !job.result.is_empty(), "{action}");
        }
    }

    #[test]
    fn every_job_is_one_that_a_definition_may_wait_for() {
        let asl_allows = |service: &str, action: &str| {
            let definition = json!({"StartAt": "T", "States": {"T": {
                "Type": "Task", "End": true,
                "Resource": format!("arn:aws:states:::{service}:{action}.sync")
            }}});
            asl::read(&definition.to_string(), asl::Rules::default())
                .machine
                .is_some()
        };
        for job in &*JOBS {
            let (service, action) = job.action;
            assert!(asl_allows(service, action), "{service}:{action}");
        }
        assert_eq!(JOBS.len(), 32);
    }

    #[test]
    fn a_job_is_under_way_until_its_status_says_otherwise() {
        let job = Job::of("glue", "startJobRun").unwrap();
        let answer = |state: &str| json!({"JobRun": {"Id": "jr", "JobRunState": state}});
        for state in ["RUNNING", "STARTING", "", "something new"] {
            assert_eq!(job.state(&answer(state)), State::Running, "{state}");
        }
        assert_eq!(job.state(&json!({})), State::Running);
        let ended = json!({"Id": "jr", "JobRunState": "SUCCEEDED"});
        assert_eq!(job.state(&answer("SUCCEEDED")), State::Succeeded(ended));
        assert!(matches!(job.state(&answer("TIMEOUT")), State::Failed(_)));
    }

    #[test]
    fn a_stopped_task_has_succeeded_when_its_containers_have() {
        let job = Job::of("ecs", "runTask").unwrap();
        let answer =
            |containers: Value| json!({"Tasks": [{"LastStatus": "STOPPED", "Containers": containers}]});
        assert!(matches!(
            job.state(&answer(json!([{"ExitCode": 0}]))),
            State::Succeeded(_)
        ));
        for containers in [json!([{"ExitCode": 0}, {"ExitCode": 1}]), json!([{"Name": "c"}])] {
            assert!(matches!(job.state(&answer(containers)), State::Failed(_)));
        }
    }

    #[test]
    fn calls_about_a_job_name_it() {
        let job = Job::of("ecs", "runTask").unwrap();
        let accepted = json!({"Tasks": [{"TaskArn": "arn"}], "Failures": []});
        assert_eq!(
            job.ask.parameters(&json!({"Cluster": "c"}), &accepted),
            Some(json!({"Cluster": "c", "Tasks": ["arn"]}))
        );
        assert_eq!(
            job.cancel.as_ref().unwrap().parameters(&json!({}), &accepted),
            Some(json!({"Task": "arn", "Reason": "execution-ended"}))
        );
        assert_eq!(job.ask.parameters(&json!({}), &json!({"Tasks": []})), None);
    }

    #[test]
    fn what_stands_under_a_name_is_shown_under_it() {
        let job = Job::of("athena", "startQueryExecution").unwrap();
        let query = json!({"QueryExecution": {"Status": {"State": "SUCCEEDED"}}});
        assert_eq!(job.state(&query), State::Succeeded(query.clone()));
    }
}

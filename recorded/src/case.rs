//! case: one recorded conversation, as its file says.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Trouble;
use crate::stage::Stage;

/// What a case requires that has a mock configuration.
const MOCKS: &str = "mock-config";

/// One recorded conversation.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    /// Tells it from all others.
    pub(crate) name: String,
    /// What it is about.
    pub(crate) area: String,
    /// The services it needs beyond Step Functions.
    #[serde(default)]
    pub(crate) requires: Vec<String>,
    /// The responses that the server's mock configuration has while the case is replayed.
    pub(crate) mock_config: Option<Value>,
    /// What is said, in order.
    pub(crate) steps: Vec<Step>,
    /// What removes the things that were made.
    #[serde(default)]
    pub(crate) cleanup: Vec<Call>,
}

/// Whether a case can be replayed here.
#[derive(Debug, PartialEq)]
pub(crate) enum Readiness {
    /// Everything it needs is there.
    Runs,
    /// These services are not.
    Needs(Vec<String>),
}

impl Case {
    /// Whether what answers on a stage is enough for the case.
    pub(crate) fn readiness(&self, stage: &Stage) -> Readiness {
        let missing: Vec<String> = self
            .requires
            .iter()
            .filter(|service| *service != MOCKS && !stage.answers_for(service))
            .cloned()
            .collect();
        if missing.is_empty() {
            Readiness::Runs
        } else {
            Readiness::Needs(missing)
        }
    }

    /// Whether it needs other processes, which answer late on a busy machine: local functions, or moto's services.
    pub(crate) fn has_company(&self) -> bool {
        let alone = ["iam", "sts", MOCKS];
        self.requires
            .iter()
            .any(|service| !alone.contains(&service.as_str()))
    }
}

/// One thing said, or waited for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    /// Something outside this conversation has to happen first.
    Wait(Wait),
    /// An operation is called.
    Call(Box<Call>),
}

/// What has to happen before the next step.
#[derive(Debug, Deserialize)]
pub(crate) struct Wait {
    pub(crate) id: String,
    /// What is waited for.
    #[serde(rename = "wait")]
    pub(crate) kind: Awaited,
    /// The execution or the listed thing, with places to be filled in.
    #[serde(alias = "execution")]
    pub(crate) arn: String,
    /// The event that is awaited in a history.
    #[serde(rename = "type")]
    pub(crate) event: Option<String>,
    /// The operation that lists.
    op: Option<String>,
    #[serde(default)]
    params: Value,
    account: Option<Account>,
    region: Option<String>,
}

impl Wait {
    /// The call that lists what has to come or go.
    pub(crate) fn listing(&self) -> Option<Call> {
        Some(Call {
            id: self.id.clone(),
            service: "stepfunctions".to_owned(),
            op: self.op.clone()?,
            params: self.params.clone(),
            account: self.account,
            region: self.region.clone(),
            ..Call::default()
        })
    }
}

/// What may be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Awaited {
    /// An execution has ended.
    Terminated,
    /// An execution has begun.
    Started,
    /// A history has an event of some type.
    Event,
    /// A list has an ARN.
    Listed,
    /// A list no longer has it.
    Gone,
}

/// An operation that is called, and what AWS answered.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Call {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) op: String,
    #[serde(default)]
    pub(crate) params: Value,
    pub(crate) account: Option<Account>,
    pub(crate) region: Option<String>,
    /// What AWS answered, part by part.
    #[serde(default)]
    pub(crate) expect: Vec<Expected>,
    /// The error that AWS answered.
    pub(crate) expect_error: Option<Value>,
    /// What has to be in the answer before it is compared, by path.
    #[serde(default)]
    pub(crate) until: Map<String, Value>,
    /// Whether the call is repeated until the answer is as expected.
    #[serde(default)]
    pub(crate) poll: Value,
    /// Whether any error will do as well.
    #[serde(default)]
    pub(crate) may_fail: bool,
}

impl Call {
    /// Whether the answer may take its time to become what is expected.
    pub(crate) fn is_repeated(&self) -> bool {
        let polls = !matches!(self.poll, Value::Null | Value::Bool(false));
        polls || !self.until.is_empty()
    }
}

/// A part of an answer and what AWS had there.
#[derive(Debug, Deserialize)]
pub(crate) struct Expected {
    /// The path to the part; the whole answer without it.
    #[serde(default)]
    pub(crate) at: String,
    pub(crate) value: Value,
}

/// Which of the two accounts of a case speaks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Account {
    #[default]
    Primary,
    Secondary,
}

/// Reads every case in a folder, in the order of their files' names.
pub(crate) fn load(folder: &Path) -> Result<Vec<Case>, Trouble> {
    let unreadable = |error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Case, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

    #[test]
    fn steps_are_calls_or_waits() {
        let case: Case = serde_json::from_str(
            r#"{"name": "a", "area": "b", "requires": ["iam", "sqs"], "steps": [
                {"id": "s1", "service": "stepfunctions", "op": "ListActivities", "params": {}},
                {"id": "s2", "wait": "terminated", "execution": "{{s1.x}}"}]}"#,
        )
        .unwrap();
        assert!(matches!(&case.steps[0], Step::Call(call) if call.op == "ListActivities"));
        assert!(matches!(&case.steps[1], Step::Wait(wait) if wait.kind == Awaited::Terminated));
        let stage = Stage::bare(Client::new("127.0.0.1:1"));
        assert_eq!(case.readiness(&stage), Readiness::Needs(vec!["sqs".to_owned()]));
        assert!(case.has_company());
    }
}

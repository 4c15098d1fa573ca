//! The mock configuration file: what it says, and what is wrong with it.

use std::collections::HashMap;

use engine::Ending;
use json::{Object, Payload, Value};

use super::Test;

/// The test cases and responses of a mock configuration file.
#[derive(Debug, Default)]
pub(super) struct MockFile {
    /// The test cases of each state machine, in the order of the file.
    machines: HashMap<String, Vec<(String, TestCase)>>,
    responses: HashMap<String, Response>,
}

/// The name of the response that each mocked state gets.
type TestCase = HashMap<String, String>;

/// What the invocations of a state get, in the order of their numbers, which do not overlap.
type Response = Vec<Span>;

/// Invocations `first` to `last`, counted from 0, get the same.
#[derive(Debug)]
struct Span {
    first: u64,
    last: u64,
    mocked: Mocked,
}

/// What one invocation gets.
#[derive(Debug)]
pub(super) enum Mocked {
    Return(Payload),
    Throw(Ending),
}

/// A file that was read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) file: MockFile,
    /// Why it can't be used: each with its place and what would be right.
    pub(super) faults: Vec<String>,
    /// What is probably not meant.
    pub(super) warnings: Vec<String>,
}

impl MockFile {
    /// Reads the text of a file. Nothing at all is a file without test cases.
    pub(super) fn read(text: &str) -> Reading {
        let mut reading = Reading::default();
        if text.trim().is_empty() {
            reading.warnings.push("it is empty".to_owned());
            return reading;
        }
        match json::parse(text) {
            Ok(value) => reading.top(&value),
            Err(error) => reading.faults.push(error.to_string()),
        }
        reading
    }

    /// Whether there is such a test; if not, which there are.
    pub(super) fn check(&self, test: Test<'_>) -> Result<(), String> {
        let Test { machine, case } = test;
        let cases = self.machines.get(machine).map_or(&[][..], Vec::as_slice);
        if cases.iter().any(|(name, _)| name == case) {
            return Ok(());
        }
        let known: Vec<String> = cases.iter().map(|(name, _)| format!("'{name}'")).collect();
        let known = match known.len() {
            0 => "none for it".to_owned(),
            _ => known.join(", "),
        };
        Err(format!(
            "The mock configuration has no test case '{case}' for state machine '{machine}'; it has {known}."
        ))
    }

    /// The name of the response that a state of a test gets, if it is mocked.
    pub(super) fn response_of(&self, test: Test<'_>, state: &str) -> Option<&str> {
        let cases = self.machines.get(test.machine)?;
        let (_, case) = cases.iter().find(|(name, _)| name == test.case)?;
        case.get(state).map(String::as_str)
    }

    /// What the n-th invocation gets of a response.
    pub(super) fn mocked(&self, response: &str, invocation: u64) -> Option<&Mocked> {
        let spans = self.responses.get(response)?;
        let after = spans.partition_point(|span| span.last < invocation);
        let span = spans.get(after).filter(|span| span.first <= invocation)?;
        Some(&span.mocked)
    }
}

impl Reading {
    fn top(&mut self, value: &Value) {
        let Some(top) = self.object("the file", value) else {
            return;
        };
        for (name, value) in top.iter() {
            match &**name {
                "StateMachines" => self.machines(value),
                "MockedResponses" => self.responses(value),
                other => self.ignored("", other, "StateMachines and MockedResponses"),
            }
        }
        self.warn_of_missing_responses();
    }

    fn machines(&mut self, value: &Value) {
        let Some(machines) = self.object("StateMachines", value) else {
            return;
        };
        for (machine, value) in machines.iter() {
            let place = format!("StateMachines.{machine}");
            let Some(members) = self.object(&place, value) else {
                continue;
            };
            for (name, value) in members.iter() {
                if &**name != "TestCases" {
                    self.ignored(&place, name, "TestCases");
                    continue;
                }
                let place = format!("{place}.TestCases");
                let Some(cases) = self.object(&place, value) else {
                    continue;
                };
                let cases = cases.iter().map(|(case, states)| {
                    (
                        case.to_string(),
                        self.test_case(&format!("{place}.{case}"), states),
                    )
                });
                let cases = cases.collect();
                self.file.machines.insert(machine.to_string(), cases);
            }
        }
    }

    fn test_case(&mut self, place: &str, value: &Value) -> TestCase {
        let mut case = TestCase::new();
        let Some(states) = self.object(place, value) else {
            return case;
        };
        for (state, response) in states.iter() {
            match response.as_str() {
                Some(response) => drop(case.insert(state.to_string(), response.to_owned())),
                None => self.faults.push(format!(
                    "{place}.{state} must be the name of one of MockedResponses, but its type is {}",
                    response.kind()
                )),
            }
        }
        case
    }

    fn responses(&mut self, value: &Value) {
        let Some(responses) = self.object("MockedResponses", value) else {
            return;
        };
        for (name, value) in responses.iter() {
            let place = format!("MockedResponses.{name}");
            let Some(members) = self.object(&place, value) else {
                continue;
            };
            let response = self.response(&place, members);
            self.file.responses.insert(name.to_string(), response);
        }
    }

    fn response(&mut self, place: &str, members: &Object) -> Response {
        let mut spans = Response::new();
        for (key, value) in members.iter() {
            let place = format!("{place}.\"{key}\"");
            let Some((first, last)) = invocations(key) else {
                self.faults.push(format!(
                    "{place} must be the number of an invocation, as in \"0\", or a range of them, as in \"1-3\""
                ));
                continue;
            };
            if let Some(mocked) = self.mocked(&place, value) {
                spans.push(Span { first, last, mocked });
            }
        }
        spans.sort_by_key(|span| span.first);
        for pair in spans.windows(2) {
            if pair[1].first <= pair[0].last {
                let invocation = pair[1].first;
                self.faults.push(format!(
                    "{place} has more than one response for invocation {invocation}; it may have one"
                ));
            }
        }
        let mut next = 0;
        for span in &spans {
            if span.first > next {
                self.warnings.push(format!(
                    "{place} has no response for invocation {next}, which fails the execution"
                ));
                break;
            }
            next = span.last.saturating_add(1);
        }
        if members.is_empty() {
            self.warnings.push(format!(
                "{place} has no responses; an execution that needs one fails"
            ));
        }
        spans
    }

    fn mocked(&mut self, place: &str, value: &Value) -> Option<Mocked> {
        let members = self.object(place, value)?;
        let only: Vec<_> = members.iter().collect();
        match only.as_slice() {
            [(name, value)] if &***name == "Return" => Some(Mocked::Return(Payload::from((*value).clone()))),
            [(name, value)] if &***name == "Throw" => self.thrown(&format!("{place}.Throw"), value),
            _ => {
                self.faults.push(format!(
                    "{place} must have one member, `Return` (any JSON) or `Throw` (with `Error` and `Cause`)"
                ));
                None
            }
        }
    }

    fn thrown(&mut self, place: &str, value: &Value) -> Option<Mocked> {
        let members = self.object(place, value)?;
        for name in members
            .names()
            .filter(|name| !matches!(&***name, "Error" | "Cause"))
        {
            self.ignored(place, name, "Error and Cause");
        }
        let mut text = |name: &str| match members.get(name) {
            None if name == "Cause" => Some(None),
            Some(Value::String(text)) => Some(Some(text.clone())),
            other => {
                let fault = match other {
                    None => "is missing".to_owned(),
                    Some(other) => format!("its type is {}", other.kind()),
                };
                self.faults
                    .push(format!("{place}.{name} must be text, but {fault}"));
                None
            }
        };
        let (error, cause) = (text("Error"), text("Cause"));
        Some(Mocked::Throw(Ending {
            error: error?,
            cause: cause?,
        }))
    }

    fn object<'v>(&mut self, place: &str, value: &'v Value) -> Option<&'v Object> {
        let object = value.as_object();
        if object.is_none() {
            self.faults.push(format!(
                "{place} must be an object, but its type is {}",
                value.kind()
            ));
        }
        object
    }

    fn ignored(&mut self, place: &str, name: &str, known: &str) {
        let dot = if place.is_empty() { "" } else { "." };
        self.warnings
            .push(format!("{place}{dot}{name} means nothing; {known} do"));
    }

    fn warn_of_missing_responses(&mut self) {
        for (machine, cases) in &self.file.machines {
            for (case, states) in cases {
                for (state, response) in states {
                    if !self.file.responses.contains_key(response) {
                        self.warnings.push(format!(
                            "StateMachines.{machine}.TestCases.{case}.{state} names the response '{response}', \
                             which MockedResponses does not have; an execution that needs it fails"
                        ));
                    }
                }
            }
        }
        self.warnings.sort();
    }
}

/// The first and last invocation that a key such as `0` or `1-3` stands for.
fn invocations(key: &str) -> Option<(u64, u64)> {
    let number = |text: &str| {
        let text = text.trim();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    let (first, last) = match key.split_once('-') {
        None => (number(key)?, number(key)?),
        Some((first, last)) => (number(first)?, number(last)?),
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        MockFile::read(text).faults.join("\n")
    }

    #[test]
    fn faults_say_where_and_what_would_be_right() {
        for (text, fault) in [
            ("{\"StateMachines\": }", "expected value at line 1 column 19"),
            ("[]", "the file must be an object, but its type is array"),
            (
                r#"{"StateMachines": 1}"#,
                "StateMachines must be an object, but its type is number",
            ),
            (
                r#"{"StateMachines": {"M": {"TestCases": {"C": {"S": {}}}}}}"#,
                "StateMachines.M.TestCases.C.S must be the name of one of MockedResponses, but its type is object",
            ),
            (
                r#"{"MockedResponses": {"R": {"first": {"Return": 1}}}}"#,
                "MockedResponses.R.\"first\" must be the number of an invocation, as in \"0\", or a range of them, as in \"1-3\"",
            ),
            (
                r#"{"MockedResponses": {"R": {"2-1": {"Return": 1}}}}"#,
                "MockedResponses.R.\"2-1\" must be the number of an invocation, as in \"0\", or a range of them, as in \"1-3\"",
            ),
            (
                r#"{"MockedResponses": {"R": {"0-3": {"Return": 1}, "3": {"Return": 2}}}}"#,
                "MockedResponses.R has more than one response for invocation 3; it may have one",
            ),
            (
                r#"{"MockedResponses": {"R": {"0": {"Return": 1, "Throw": {}}}}}"#,
                "MockedResponses.R.\"0\" must have one member, `Return` (any JSON) or `Throw` (with `Error` and `Cause`)",
            ),
            (
                r#"{"MockedResponses": {"R": {"0": {"Throw": {"Cause": 1}}}}}"#,
                "MockedResponses.R.\"0\".Throw.Error must be text, but is missing\n\
                 MockedResponses.R.\"0\".Throw.Cause must be text, but its type is number",
            ),
        ] {
            assert_eq!(faults(text), fault, "{text}");
        }
    }

    #[test]
    fn what_is_probably_not_meant_is_warned_of() {
        let text = r#"{
            "MockedResponse": {},
            "StateMachines": {"M": {"TestCases": {"C": {"S": "Nothing", "T": "Late", "U": "Empty"}}}},
            "MockedResponses": {"Late": {"1": {"Return": null}}, "Empty": {}}
        }"#;
        let reading = MockFile::read(text);
        assert!(reading.faults.is_empty(), "{:?}", reading.faults);
        assert_eq!(
            reading.warnings,
            [
                "MockedResponse means nothing; StateMachines and MockedResponses do",
                "MockedResponses.Empty has no responses; an execution that needs one fails",
                "MockedResponses.Late has no response for invocation 0, which fails the execution",
                "StateMachines.M.TestCases.C.S names the response 'Nothing', which MockedResponses does not have; an \
                 execution that needs it fails",
            ]
        );
        assert_eq!(MockFile::read(" \n").warnings, ["it is empty"]);
    }

    #[test]
    fn ranges_are_not_counted_out() {
        let text = r#"{"MockedResponses": {"R": {"0-18446744073709551615": {"Return": 1}}}}"#;
        let reading = MockFile::read(text);
        assert!(reading.faults.is_empty() && reading.warnings.is_empty());
        assert!(reading.file.mocked("R", u64::MAX).is_some());
    }
}

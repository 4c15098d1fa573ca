//! replay: says what a case says, in its order, and compares every answer.

mod places;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::case::{Account, Awaited, Call, Case, Step, Wait};
use crate::client::{Caller, Reply};
use crate::comparison::{Comparison, Difference, Neutral};
use crate::json_text;
use crate::replay::places::Places;
use crate::stage::Stage;

const REGION: &str = "us-east-1";
const SECOND_REGION: &str = "ap-southeast-1";

/// Each case has two accounts of its own, which no other test uses and no recorded text contains.
const FIRST_ACCOUNT: u64 = 404_000_000_000;

const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(500);

const ENDED: [&str; 4] = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

/// How much of a value is shown.
const SHOWN_CHARS_MAX: usize = 240;

/// Why a case doesn't hold.
#[derive(Debug)]
pub(crate) struct Failure {
    step: String,
    operation: String,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    /// The answer differs, at a place in this part of it.
    Differs(String, Box<Difference>),
    /// Anything else, in a sentence.
    Said(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "       step {} {}: ", self.step, self.operation)?;
        match &self.reason {
            Reason::Said(sentence) => formatter.write_str(sentence),
            Reason::Differs(part, difference) => {
                let path = [part.as_str(), &difference.path];
                let path: Vec<&str> = path.into_iter().filter(|path| !path.is_empty()).collect();
                writeln!(formatter, "at {}", path.join(" "))?;
                writeln!(formatter, "         AWS:  {}", shown(difference.aws.as_ref()))?;
                write!(formatter, "         ours: {}", shown(difference.ours.as_ref()))
            }
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "(nothing)".to_owned();
    };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// One case under way.
pub(crate) struct Replay {
    stage: Stage,
    patience: Duration,
    accounts: [String; 2],
    places: Places,
    comparison: Comparison,
    started: Vec<(Account, String)>,
}

impl Replay {
    /// A replay in accounts that its number gives it. No step may take longer than `patience`.
    pub(crate) fn new(number: u64, stage: Stage, patience: Duration) -> Self {
        let accounts = [0, 1].map(|which| (FIRST_ACCOUNT + number * 2 + which).to_string());
        let neutral = Neutral {
            account: accounts[0].clone(),
            region: REGION.to_owned(),
        };
        let places = Places::new([
            ("account", accounts[0].clone()),
            ("account2", accounts[1].clone()),
            ("region", REGION.to_owned()),
            ("region2", SECOND_REGION.to_owned()),
            ("role", format!("arn:aws:iam::{}:role/recorded", accounts[0])),
            ("aws", stage.gateway().to_owned()),
        ]);
        Self {
            stage,
            patience,
            accounts,
            places,
            comparison: Comparison::new(neutral),
            started: Vec::new(),
        }
    }

    /// Goes through the case; ends at the first step that isn't as it was with AWS.
    ///
    /// A case with a mock configuration writes it to the server's file, so no other may be under way.
    pub(crate) async fn run(mut self, case: &Case, mocks: &Path) -> Result<(), Failure> {
        let outcome = match self.mock(case, mocks) {
            Ok(()) => self.steps(case).await,
            Err(reason) => Err(Failure {
                step: "0".to_owned(),
                operation: "mocks".to_owned(),
                reason,
            }),
        };
        self.clean(case, outcome.is_err()).await;
        outcome
    }

    fn mock(&mut self, case: &Case, mocks: &Path) -> Result<(), Reason> {
        let Some(config) = &case.mock_config else {
            return Ok(());
        };
        let config = self.request(config)?.to_string();
        std::fs::write(mocks, config).map_err(|error| said(format!("{}: {error}", mocks.display())))
    }

    async fn steps(&mut self, case: &Case) -> Result<(), Failure> {
        for step in &case.steps {
            let (id, operation, outcome) = match step {
                Step::Wait(wait) => (&wait.id, "waits", self.wait(wait).await),
                Step::Call(call) => (&call.id, call.op.as_str(), self.say(call).await),
            };
            outcome.map_err(|reason| Failure {
                step: id.clone(),
                operation: operation.to_owned(),
                reason,
            })?;
        }
        Ok(())
    }

    /// Ends what a failed case left running, and removes what the case made. Nobody minds if that fails.
    async fn clean(&mut self, case: &Case, failed: bool) {
        if failed {
            for (account, arn) in &self.started {
                let request = serde_json::json!({"executionArn": arn});
                let caller = self.caller(*account, REGION);
                drop(self.stage.client.call(caller, "StopExecution", &request).await);
            }
        }
        for call in &case.cleanup {
            drop(self.call(call).await);
        }
    }

    async fn wait(&mut self, wait: &Wait) -> Result<(), Reason> {
        let arn = self.places.fill(&wait.arn)?;
        let mut pause = PAUSE_MIN;
        let deadline = Instant::now() + self.patience;
        while !self.has_come(wait, &arn).await? {
            if Instant::now() >= deadline {
                let event = wait.event.as_deref().unwrap_or_default();
                return Err(said(format!("{:?} {event} did not come: {arn}", wait.kind)));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(PAUSE_MAX);
        }
        Ok(())
    }

    async fn has_come(&mut self, wait: &Wait, arn: &str) -> Result<bool, Reason> {
        match wait.kind {
            Awaited::Listed | Awaited::Gone => {
                let listing = wait
                    .listing()
                    .ok_or_else(|| said("nothing says where to look".into()))?;
                let list = answer(self.call(&listing).await?)?;
                let found = Value::Object(list).to_string().contains(arn);
                Ok(found == (wait.kind == Awaited::Listed))
            }
            Awaited::Terminated => {
                let described = self.ask("DescribeExecution", arn).await?;
                let status = described.get("status").and_then(Value::as_str);
                Ok(status.is_some_and(|status| ENDED.contains(&status)))
            }
            Awaited::Started | Awaited::Event => {
                let wanted = wait.event.as_deref().unwrap_or("ExecutionStarted");
                let history = self.ask("GetExecutionHistory", arn).await?;
                let events = history.get("events").and_then(Value::as_array);
                Ok(events.is_some_and(|events| events.iter().any(|event| event["type"] == wanted)))
            }
        }
    }

    /// Asks about an execution as whoever it belongs to.
    async fn ask(&self, operation: &str, arn: &str) -> Result<Map<String, Value>, Reason> {
        let parts: Vec<&str> = arn.split(':').collect();
        let account = if parts.contains(&self.accounts[1].as_str()) {
            Account::Secondary
        } else {
            Account::Primary
        };
        let region = parts.get(3).copied().unwrap_or(REGION);
        let request = serde_json::json!({"executionArn": arn});
        let reply = self
            .stage
            .client
            .call(self.caller(account, region), operation, &request)
            .await;
        answer(reply.map_err(said)?)
    }

    /// Calls an operation and compares the answer, again and again if the case says that it takes time.
    async fn say(&mut self, call: &Call) -> Result<(), Reason> {
        let deadline = Instant::now()
            + if call.is_repeated() {
                self.patience
            } else {
                Duration::ZERO
            };
        loop {
            let bound = self.comparison.bound.clone();
            let outcome = match self.call(call).await? {
                Reply::Refusal(error) => match &call.expect_error {
                    Some(want) => return self.compare_refusal(want, &error),
                    None if call.may_fail => return Ok(()),
                    None => Err(said(format!(
                        "AWS accepts this; ours is {}",
                        shown(error.get("Error"))
                    ))),
                },
                Reply::Answer(answer) => {
                    let answer = self.kept(call, answer);
                    if call.expect_error.is_some() {
                        return Err(said(format!(
                            "AWS refuses this; ours is {}",
                            shown(Some(&answer))
                        )));
                    }
                    self.compare_answer(call, &answer)
                }
            };
            if outcome.is_ok() || Instant::now() >= deadline {
                return outcome;
            }
            self.comparison.bound = bound;
            tokio::time::sleep(PAUSE_MIN * 5).await;
        }
    }

    /// Remembers an answer for the places of later steps; gives the part of it that is the case's own affair.
    fn kept(&mut self, call: &Call, mut answer: Map<String, Value>) -> Value {
        if call.op == "StartExecution"
            && let Some(arn) = answer.get("executionArn").and_then(Value::as_str)
        {
            self.started
                .push((call.account.unwrap_or_default(), arn.to_owned()));
        }
        if ["ListStateMachines", "ListActivities"].contains(&call.op.as_str()) {
            self.leave_own_items(&mut answer);
        }
        let answer = Value::Object(answer);
        self.places.learn(&call.id, answer.clone());
        answer
    }

    /// A recorded list of a whole account has only what its case made, if it made anything.
    fn leave_own_items(&self, answer: &mut Map<String, Value>) {
        let own = self.places.own_arns();
        if own.is_empty() {
            return;
        }
        let is_own = |item: &Value| {
            let members = item.as_object().into_iter().flat_map(Map::values);
            members
                .filter_map(Value::as_str)
                .any(|member| own.contains(&member))
        };
        for list in answer.values_mut().filter_map(Value::as_array_mut) {
            list.retain(is_own);
        }
    }

    fn compare_answer(&mut self, call: &Call, answer: &Value) -> Result<(), Reason> {
        for (path, want) in &call.until {
            let have = places::walk(answer, path);
            let has_come = match (want.as_u64(), have.as_ref().and_then(Value::as_array)) {
                (Some(least), Some(items)) => items.len() as u64 >= least,
                _ => have.as_ref() == Some(want),
            };
            if !has_come {
                return Err(said(format!(
                    "{path} never became {want}: {}",
                    shown(Some(answer))
                )));
            }
        }
        for part in &call.expect {
            let have = match part.at.as_str() {
                "" => answer.clone(),
                path => places::walk(answer, path)
                    .ok_or_else(|| said(format!("nothing at {path}: {}", shown(Some(answer)))))?,
            };
            let want = self.wanted(&part.value)?;
            self.comparison
                .compare(&want, &have)
                .map_err(|difference| Reason::Differs(part.at.clone(), difference))?;
        }
        Ok(())
    }

    /// Members of the error that AWS doesn't have are no difference: SDKs differ in which of them they show.
    fn compare_refusal(&mut self, want: &Value, error: &Map<String, Value>) -> Result<(), Reason> {
        let want = self.wanted(want)?;
        match self.comparison.compare(&want, &Value::Object(error.clone())) {
            Err(difference) if difference.aws.is_some() || difference.path.contains('.') => {
                Err(Reason::Differs("the error's".to_owned(), difference))
            }
            _ => Ok(()),
        }
    }

    /// What AWS answered, its places filled in, in neutral form.
    fn wanted(&mut self, value: &Value) -> Result<Value, Reason> {
        Ok(match value {
            Value::String(text) => Value::String(self.neutral_text(text)?),
            Value::Array(items) => items
                .iter()
                .map(|item| self.wanted(item))
                .collect::<Result<_, _>>()?,
            Value::Object(members) => {
                let mut wanted = Map::new();
                for (name, member) in members {
                    wanted.insert(self.neutral_text(name)?, self.wanted(member)?);
                }
                Value::Object(wanted)
            }
            plain => plain.clone(),
        })
    }

    fn neutral_text(&mut self, text: &str) -> Result<String, Reason> {
        Ok(self.comparison.neutral().text(&self.places.fill(text)?))
    }

    async fn call(&mut self, call: &Call) -> Result<Reply, Reason> {
        let request = self.request(&call.params)?;
        let region = match &call.region {
            Some(region) => self.places.fill(region)?,
            None => REGION.to_owned(),
        };
        let caller = self.caller(call.account.unwrap_or_default(), &region);
        let reply = self.stage.call(caller, &call.service, &call.op, &request).await;
        reply.map_err(said)
    }

    fn caller<'a>(&'a self, account: Account, region: &'a str) -> Caller<'a> {
        let account = match account {
            Account::Primary => &self.accounts[0],
            Account::Secondary => &self.accounts[1],
        };
        Caller { account, region }
    }

    /// A request with its places filled in. What is to be sent as JSON text becomes that text; code stays as it is.
    fn request(&mut self, value: &Value) -> Result<Value, Reason> {
        Ok(match value {
            Value::String(text) => Value::String(self.places.fill(text)?),
            Value::Array(items) => items
                .iter()
                .map(|item| self.request(item))
                .collect::<Result<_, _>>()?,
            Value::Object(members) => {
                if members.contains_key("$zip") {
                    return Ok(value.clone());
                }
                if let Some(json) = members.get("$json") {
                    let is = |name, default| members.get(name).and_then(Value::as_bool).unwrap_or(default);
                    let style = json_text::Style {
                        compact: is("$compact", false),
                        ascii: is("$ascii", true),
                    };
                    return Ok(Value::String(json_text::write(&self.request(json)?, style)));
                }
                let mut request = Map::new();
                for (name, member) in members {
                    request.insert(self.places.fill(name)?, self.request(member)?);
                }
                Value::Object(request)
            }
            plain => plain.clone(),
        })
    }
}

fn said(sentence: String) -> Reason {
    Reason::Said(sentence)
}

impl From<places::Unknown> for Reason {
    fn from(unknown: places::Unknown) -> Self {
        Self::Said(unknown.to_string())
    }
}

fn answer(reply: Reply) -> Result<Map<String, Value>, Reason> {
    match reply {
        Reply::Answer(answer) => Ok(answer),
        Reply::Refusal(error) => Err(said(format!("the answer is {}", shown(error.get("Error"))))),
    }
}

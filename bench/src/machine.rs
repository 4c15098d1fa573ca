//! machine: a state machine or an activity on the server under test, and what is asked of it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Trouble;
use crate::client::Client;

const SETTLE_DEADLINE: Duration = Duration::from_secs(120);
const SETTLE_PAUSE: Duration = Duration::from_millis(2);

/// A state machine made for one measurement.
#[derive(Clone)]
pub(crate) struct Machine {
    arn: String,
}

/// The type of a state machine.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Standard,
    Express,
}

impl Machine {
    /// Creates a machine under a name that no earlier measurement used.
    pub(crate) async fn create(authority: &str, kind: Kind, definition: &Value) -> Result<Self, Trouble> {
        let request = json!({
            "name": unused_name()?,
            "definition": definition.to_string(),
            "roleArn": "arn:aws:iam::000000000000:role/bench",
            "type": match kind { Kind::Standard => "STANDARD", Kind::Express => "EXPRESS" },
        });
        let answer = Client::new(authority).ask("CreateStateMachine", request).await?;
        Ok(Self {
            arn: text(&answer, "stateMachineArn")?,
        })
    }

    /// Starts an execution and gives the answer's text.
    pub(crate) async fn start(&self, client: &mut Client, input: &str) -> Result<String, Trouble> {
        let answer = client.call("StartExecution", self.start_request(input)).await?;
        text(&serde_json::from_slice(&answer)?, "executionArn")
    }

    /// Runs an Express execution to its end, which must be a success.
    pub(crate) async fn run(&self, client: &mut Client, input: &str) -> Result<(), Trouble> {
        let answer = client
            .call("StartSyncExecution", self.start_request(input))
            .await?;
        if contains(&answer, b"\"SUCCEEDED\"") {
            return Ok(());
        }
        Err(format!(
            "an Express execution did not succeed: {}",
            String::from_utf8_lossy(&answer)
        )
        .into())
    }

    /// What a start asks for.
    pub(crate) fn start_request(&self, input: &str) -> String {
        json!({ "stateMachineArn": self.arn, "input": input }).to_string()
    }

    /// Waits until no execution is running. The pause between two looks is part of what a caller measures.
    pub(crate) async fn settle(&self, client: &mut Client) -> Result<(), Trouble> {
        let deadline = Instant::now() + SETTLE_DEADLINE;
        let request = json!({ "stateMachineArn": self.arn, "statusFilter": "RUNNING", "maxResults": 1 });
        loop {
            let answer = client.ask("ListExecutions", request.clone()).await?;
            if answer["executions"].as_array().is_some_and(Vec::is_empty) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("executions still run after {} s", SETTLE_DEADLINE.as_secs()).into());
            }
            tokio::time::sleep(SETTLE_PAUSE).await;
        }
    }

    /// How many executions have a status, by reading the whole list.
    pub(crate) async fn count(&self, client: &mut Client, status: &str) -> Result<usize, Trouble> {
        let mut request = json!({ "stateMachineArn": self.arn, "statusFilter": status, "maxResults": 1000 });
        let mut counted = 0;
        loop {
            let answer = client.ask("ListExecutions", request.clone()).await?;
            counted += answer["executions"].as_array().map_or(0, Vec::len);
            match answer["nextToken"].as_str() {
                Some(token) => request["nextToken"] = json!(token),
                None => return Ok(counted),
            }
        }
    }

    /// Fails unless exactly `expected` executions have succeeded.
    pub(crate) async fn all_succeeded(&self, client: &mut Client, expected: usize) -> Result<(), Trouble> {
        let succeeded = self.count(client, "SUCCEEDED").await?;
        if succeeded == expected {
            return Ok(());
        }
        Err(format!("{expected} executions were started and {succeeded} succeeded").into())
    }
}

/// An activity made for one measurement.
#[derive(Clone)]
pub(crate) struct Activity {
    arn: String,
}

impl Activity {
    /// Creates an activity under a name that no earlier measurement used.
    pub(crate) async fn create(authority: &str) -> Result<Self, Trouble> {
        let answer = Client::new(authority)
            .ask("CreateActivity", json!({ "name": unused_name()? }))
            .await?;
        Ok(Self {
            arn: text(&answer, "activityArn")?,
        })
    }

    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    /// Waits for a task as a worker does; none when the poll ended without one.
    pub(crate) async fn next_task(&self, client: &mut Client) -> Result<Option<Value>, Trouble> {
        let answer = client
            .ask("GetActivityTask", json!({ "activityArn": self.arn }))
            .await?;
        Ok(answer["taskToken"].is_string().then_some(answer))
    }
}

/// Asks for an execution until it has ended, which must be a success.
pub(crate) async fn follow(client: &mut Client, execution: &str) -> Result<(), Trouble> {
    let request = json!({ "executionArn": execution }).to_string();
    loop {
        let answer = client.call("DescribeExecution", request.clone()).await?;
        if contains(&answer, b"\"SUCCEEDED\"") {
            return Ok(());
        }
        if !contains(&answer, b"\"RUNNING\"") {
            return Err(format!(
                "an execution did not succeed: {}",
                String::from_utf8_lossy(&answer)
            )
            .into());
        }
    }
}

/// Whether an answer holds a piece of text: the generator saves itself the parsing where this is enough.
fn contains(answer: &[u8], piece: &[u8]) -> bool {
    answer.windows(piece.len()).any(|window| window == piece)
}

fn text(answer: &Value, member: &str) -> Result<String, Trouble> {
    answer[member]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("an answer without {member}: {answer}").into())
}

fn unused_name() -> Result<String, Trouble> {
    let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(format!("bench-{}", age.as_nanos()))
}

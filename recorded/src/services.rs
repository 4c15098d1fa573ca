//! services: the services of AWS that cases need beside Step Functions, in a process of Python's.
//!
//! `services/serve.py` has the services of moto and asks them as AWS's SDK for Python does, so that their answers have the form
//! that recordings have.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, oneshot};

use crate::Trouble;
use crate::client::{Caller, Reply};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/services/serve.py");

/// Those who answer for other services. They end when this is dropped.
pub(crate) struct Services {
    addresses: Addresses,
    calls: Mutex<ChildStdin>,
    asked: Cell<u64>,
    open: Open,
    _process: Child,
}

/// Where they answer.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Addresses {
    /// Moto.
    pub(crate) services: String,
    /// What API Gateway serves.
    pub(crate) gateway: String,
}

/// Those who wait for answers, by the number of their call.
type Open = Rc<RefCell<HashMap<u64, oneshot::Sender<Outcome>>>>;

type Outcome = Result<Reply, String>;

#[derive(Deserialize)]
struct Line {
    id: u64,
    answer: Option<Map<String, Value>>,
    refusal: Option<Map<String, Value>>,
    trouble: Option<String>,
}

impl Services {
    /// Starts them with a Python that has moto and boto3, from within a `LocalSet`.
    pub(crate) async fn start(python: &Path) -> Result<Self, Trouble> {
        let mut process = Command::new(python)
            .arg(PROGRAM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", python.display()))?;
        let calls = process.stdin.take().ok_or("the services have no input")?;
        let answers = process.stdout.take().ok_or("the services have no output")?;
        let mut answers = BufReader::new(answers).lines();
        let first = answers.next_line().await?;
        let first = first.ok_or("the services of moto didn't start; what Python says stands above")?;
        let open = Open::default();
        tokio::task::spawn_local(hand_out(answers, Rc::clone(&open)));
        Ok(Self {
            addresses: serde_json::from_str(&first)?,
            calls: Mutex::new(calls),
            asked: Cell::new(0),
            open,
            _process: process,
        })
    }

    pub(crate) fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Says where Lambda is: with the server under test.
    pub(crate) async fn learn_lambda(&self, authority: &str) -> Result<(), Trouble> {
        self.write(&json!({"lambda": format!("http://{authority}")}))
            .await
            .map_err(Trouble::from)
    }

    /// Forgets what cases have made there.
    pub(crate) async fn forget(&self) -> Result<(), Trouble> {
        self.write(&json!({"forget": true})).await.map_err(Trouble::from)
    }

    /// Calls an operation of a service. An error means that nothing that can be read came back.
    pub(crate) async fn call(
        &self,
        caller: Caller<'_>,
        service: &str,
        operation: &str,
        parameters: &Value,
    ) -> Outcome {
        let id = self.asked.get();
        self.asked.set(id + 1);
        let (sender, outcome) = oneshot::channel();
        self.open.borrow_mut().insert(id, sender);
        self.write(&json!({
            "id": id,
            "service": service,
            "operation": operation,
            "parameters": parameters,
            "account": caller.account,
            "region": caller.region,
        }))
        .await?;
        outcome
            .await
            .unwrap_or_else(|_| Err(format!("{service}:{operation} was not answered")))
    }

    async fn write(&self, line: &Value) -> Result<(), String> {
        let line = format!("{line}\n");
        let written = self.calls.lock().await.write_all(line.as_bytes()).await;
        written.map_err(|error| format!("the services of moto are gone: {error}"))
    }
}

/// Gives each answer to whoever waits for it. Those who wait when the answers end are let go.
async fn hand_out(mut answers: Lines<BufReader<ChildStdout>>, open: Open) {
    while let Ok(Some(line)) = answers.next_line().await {
        let Ok(Line {
            id,
            answer,
            refusal,
            trouble,
        }) = serde_json::from_str(&line)
        else {
            eprintln!("the services of moto wrote what is no answer: {line}");
            continue;
        };
        let outcome = match (answer, refusal) {
            (Some(answer), _) => Ok(Reply::Answer(answer)),
            (None, Some(refusal)) => Ok(Reply::Refusal(refusal)),
            (None, None) => Err(trouble.unwrap_or_default()),
        };
        if let Some(waiting) = open.borrow_mut().remove(&id) {
            // Whoever has given up needs no answer.
            drop(waiting.send(outcome));
        }
    }
    open.borrow_mut().clear();
}

//! Mocks: results from a mock configuration file of Step Functions Local, in place of tasks that are done.
//!
//! An execution that was started on `<state machine's ARN>#<test case>` gets the responses of that test case:
//! the n-th invocation of a state, retries and rounds of a loop counted, gets the n-th of its responses. A
//! state that the test case does not list is done for real. One that has no response left fails the
//! execution with `States.Runtime`, and so does everything once the test case is gone: nothing that was started as a
//! test is ever done for real by mistake.

mod file;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use asl::{Pattern, Target};
use engine::Ending;
use json::{Payload, Value};

use crate::call::Answer;

use self::file::{MockFile, Mocked};

/// How large a mock configuration file may be.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// What a Task state of a test gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Mock {
    /// The test case does not list the state: it is done for real.
    Real,
    /// It succeeds with this result.
    Return(Payload),
    /// It fails.
    Throw(Ending),
    /// There is no response: the execution fails with `States.Runtime` and this cause.
    Missing(String),
}

/// Which test an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test<'a> {
    /// The name of the state machine.
    pub machine: &'a str,
    /// The name of the test case.
    pub case: &'a str,
}

/// A mock configuration file, read when it is opened and again when it has changed. Cheap to clone; all
/// clones are the same.
#[derive(Clone)]
pub struct Mocks(Arc<Inner>);

struct Inner {
    path: PathBuf,
    loaded: RwLock<Loaded>,
}

/// The file as it was last read.
#[derive(Default)]
struct Loaded {
    /// What told this content from others; none when there was no file.
    stamp: Option<Stamp>,
    file: Arc<MockFile>,
}

type Stamp = (Option<SystemTime>, u64);

/// Why a mock configuration file can't be used.
#[derive(Debug)]
pub struct MockFileError {
    path: PathBuf,
    faults: Vec<String>,
}

impl fmt::Display for MockFileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "the mock configuration {} can't be used",
            self.path.display()
        )?;
        let separator = if self.faults.len() == 1 { ": " } else { ":\n  " };
        self.faults
            .iter()
            .try_for_each(|fault| write!(out, "{separator}{fault}"))
    }
}

impl std::error::Error for MockFileError {}

/// Why an execution can't be started as a test.
#[derive(Debug)]
pub enum TestCaseError {
    /// There is no mock configuration at all.
    NoFile,
    /// The mock configuration has no such test case; the text says which it has.
    Unknown(String),
    /// The mock configuration has changed, and can't be used.
    Unusable(MockFileError),
}

impl std::error::Error for TestCaseError {}

impl fmt::Display for TestCaseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile => out.write_str(NO_FILE),
            Self::Unknown(text) => out.write_str(text),
            Self::Unusable(error) => error.fmt(out),
        }
    }
}

const NO_FILE: &str = "there is no mock configuration; name one with --mock-config FILE or SFN_MOCK_CONFIG";

impl Mocks {
    /// Reads a mock configuration. A file that is not there yet is one without test cases, until it appears.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, MockFileError> {
        let path = path.into();
        let loaded = read(&path)?;
        if loaded.stamp.is_none() {
            let path = path.display();
            tracing::warn!(%path, "the mock configuration is not there yet; it is read once it is");
        }
        Ok(Self(Arc::new(Inner {
            path,
            loaded: RwLock::new(loaded),
        })))
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Checks that there is such a test, after reading the file again if it has changed.
    pub async fn find(&self, test: Test<'_>) -> Result<(), TestCaseError> {
        self.read_again().await.map_err(TestCaseError::Unusable)?;
        self.file().check(test).map_err(TestCaseError::Unknown)
    }

    /// Whether a Task state of a test is done for real.
    pub(crate) fn is_real(&self, test: Test<'_>, state: &str) -> Result<bool, String> {
        let file = self.file();
        file.check(test)?;
        Ok(file.response_of(test, state).is_none())
    }

    /// What a Task state of a test gets at its n-th invocation, counted from 0.
    pub(crate) fn mock(&self, test: Test<'_>, state: &str, invocation: u64) -> Mock {
        let file = self.file();
        if let Err(unknown) = file.check(test) {
            return Mock::Missing(unknown);
        }
        let Some(response) = file.response_of(test, state) else {
            return Mock::Real;
        };
        let (machine, case) = (test.machine, test.case);
        tracing::info!(machine, case, state, response, invocation, "mocked");
        match file.mocked(response, invocation) {
            Some(Mocked::Return(output)) => Mock::Return(output.clone()),
            Some(Mocked::Throw(ending)) => Mock::Throw(ending.clone()),
            None => Mock::Missing(format!(
                "The mocked response '{response}' of state '{state}' has nothing for invocation {invocation}. \
                 Add \"{invocation}\" to MockedResponses.{response} in {}.",
                self.0.path.display()
            )),
        }
    }

    fn file(&self) -> Arc<MockFile> {
        let loaded = self
            .0
            .loaded
            .read()
            .expect("nothing panics while it holds the lock");
        Arc::clone(&loaded.file)
    }

    async fn read_again(&self) -> Result<(), MockFileError> {
        let inner = Arc::clone(&self.0);
        let reading = tokio::task::spawn_blocking(move || {
            let stamp = stamp(&inner.path);
            let is_new = |loaded: &Loaded| loaded.stamp != stamp;
            let is_new = is_new(
                &inner
                    .loaded
                    .read()
                    .expect("nothing panics while it holds the lock"),
            );
            if is_new {
                let loaded = read(&inner.path)?;
                *inner
                    .loaded
                    .write()
                    .expect("nothing panics while it holds the lock") = loaded;
                tracing::info!(path = %inner.path.display(), "the mock configuration was read again");
            }
            Ok(())
        });
        // It panics in no case, and is cancelled only with the whole process.
        reading.await.unwrap_or(Ok(()))
    }
}

/// The cause when a test case can't be looked up since there is no mock configuration any more.
pub fn without_file(test: Test<'_>) -> String {
    let Test { machine, case } = test;
    format!("The execution is test case '{case}' of state machine '{machine}', but {NO_FILE}.")
}

/// What becomes of a task that gets a mock, one after the other; nothing if it is to be done for real.
///
/// A job and a callback are accepted first, as real ones are. AWS then shows what the service answered; here
/// it is the result, since a mock says nothing else.
pub fn mocked_answers(target: &Target, mock: Mock) -> Option<Vec<Answer>> {
    let (mock, is_submitted) = match target {
        Target::Function => (mock.of_a_function(), false),
        Target::Activity => (mock, false),
        Target::Service { pattern, .. } => (mock, *pattern != Pattern::RequestResponse),
    };
    let (accepted, last) = match mock {
        Mock::Real => return None,
        Mock::Return(output) => (output.clone(), Answer::Succeeded(output)),
        Mock::Throw(ending) => (Payload::from(Value::empty_object()), Answer::Failed(ending)),
        Mock::Missing(cause) => return Some(vec![Answer::failed("States.Runtime", cause)]),
    };
    Some(match is_submitted {
        true => vec![Answer::Submitted(accepted), last],
        false => vec![last],
    })
}

impl Mock {
    /// The result of a direct call of a Lambda function: what the function returned, where the mock has the shape
    /// of the answer that the API gives.
    fn of_a_function(self) -> Self {
        let Self::Return(output) = self else { return self };
        let value = output.value();
        match (
            value.get("StatusCode").and_then(Value::as_i64),
            value.get("Payload"),
        ) {
            (Some(_), Some(payload)) => Self::Return(Payload::from(payload.clone())),
            _ => Self::Return(output),
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok(), metadata.len()))
}

fn read(path: &Path) -> Result<Loaded, MockFileError> {
    let unusable = |fault: String| MockFileError {
        path: path.to_owned(),
        faults: vec![fault],
    };
    // Taken before reading: a change in between is noticed the next time.
    let stamp = stamp(path);
    if let Some((_, bytes)) = stamp
        && bytes > FILE_BYTES_MAX
    {
        return Err(unusable(format!(
            "it has {bytes} bytes; the limit is {FILE_BYTES_MAX}"
        )));
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::default()),
        Err(error) => return Err(unusable(error.to_string())),
    };
    let reading = MockFile::read(&text);
    for warning in &reading.warnings {
        tracing::warn!(path = %path.display(), "mock configuration: {warning}");
    }
    if reading.faults.is_empty() {
        Ok(Loaded {
            stamp,
            file: Arc::new(reading.file),
        })
    } else {
        Err(MockFileError {
            path: path.to_owned(),
            faults: reading.faults,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "StateMachines": {"Orders": {"TestCases": {"Happy": {"Pay": "Paid"}, "Empty": {}}}},
        "MockedResponses": {"Paid": {"0": {"Throw": {"Error": "Busy", "Cause": "later"}}, "1-2": {"Return": {"ok": true}}}}
    }"#;

    const HAPPY: Test<'_> = Test {
        machine: "Orders",
        case: "Happy",
    };

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mocks.json");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn each_invocation_gets_its_response() {
        let (_folder, path) = written(FILE);
        let mocks = Mocks::open(path).unwrap();
        let busy = Ending {
            error: Some("Busy".into()),
            cause: Some("later".into()),
        };
        let paid = Payload::from(json::json!({"ok": true}));
        assert_eq!(mocks.mock(HAPPY, "Pay", 0), Mock::Throw(busy));
        assert_eq!(mocks.mock(HAPPY, "Pay", 1), Mock::Return(paid.clone()));
        assert_eq!(mocks.mock(HAPPY, "Pay", 2), Mock::Return(paid));
        assert_eq!(mocks.mock(HAPPY, "Ship", 0), Mock::Real);
        let Mock::Missing(cause) = mocks.mock(HAPPY, "Pay", 3) else {
            panic!("there is no fourth response")
        };
        assert!(cause.starts_with(
            "The mocked response 'Paid' of state 'Pay' has nothing for invocation 3. Add \"3\" to MockedResponses.Paid in "
        ));
    }

    #[test]
    fn states_of_a_test_case_that_is_gone_are_not_done() {
        let (_folder, path) = written(FILE);
        let mocks = Mocks::open(path).unwrap();
        let gone = Test {
            case: "Gone",
            ..HAPPY
        };
        let cause = "The mock configuration has no test case 'Gone' for state machine 'Orders'; it has 'Happy', 'Empty'.";
        assert_eq!(mocks.mock(gone, "Pay", 0), Mock::Missing(cause.to_owned()));
        assert_eq!(mocks.is_real(gone, "Pay"), Err(cause.to_owned()));
        assert_eq!(mocks.is_real(HAPPY, "Pay"), Ok(false));
        assert_eq!(mocks.is_real(HAPPY, "Ship"), Ok(true));
    }

    #[tokio::test]
    async fn a_changed_file_is_read_again() {
        let (_folder, path) = written(FILE);
        let mocks = Mocks::open(&path).unwrap();
        mocks.find(HAPPY).await.unwrap();
        std::fs::write(&path, "{\"StateMachines\": [").unwrap();
        let TestCaseError::Unusable(error) = mocks.find(HAPPY).await.unwrap_err() else {
            panic!("the file is broken")
        };
        assert!(
            error
                .to_string()
                .contains("mocks.json can't be used: EOF while parsing"),
            "{error}"
        );
        std::fs::write(&path, "{}").unwrap();
        assert!(matches!(mocks.find(HAPPY).await, Err(TestCaseError::Unknown(_))));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(mocks.find(HAPPY).await, Err(TestCaseError::Unknown(_))));
    }

    #[tokio::test]
    async fn a_file_may_appear_later() {
        let (_folder, path) = written(FILE);
        let later = path.with_file_name("later.json");
        let mocks = Mocks::open(&later).unwrap();
        assert!(mocks.find(HAPPY).await.is_err());
        std::fs::rename(&path, &later).unwrap();
        mocks.find(HAPPY).await.unwrap();
    }

    #[test]
    fn functions_called_directly_return_their_payload() {
        let direct = |value: Value| Mock::Return(Payload::from(value)).of_a_function();
        assert_eq!(
            direct(json::json!({"StatusCode": 200, "Payload": [1]})),
            Mock::Return(Payload::from(json::json!([1])))
        );
        let plain = json::json!({"Payload": [1]});
        assert_eq!(direct(plain.clone()), Mock::Return(Payload::from(plain)));
    }
}

//! A function in a temporary folder, and what its calls became.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use functions::{FunctionConfig, Functions, Invocation, Outcome, Runtime, Settings};
use serde_json::Value;
use tokio::task::JoinHandle;

/// The only function of its registry, named `f`, whose code the test writes.
pub(crate) struct Fixture {
    folder: tempfile::TempDir,
    pub(crate) functions: Functions,
}

impl Fixture {
    pub(crate) fn new(runtime: Runtime, files: &[(&str, &str)]) -> Self {
        Self::with(runtime, files, |_, _| {})
    }

    pub(crate) fn python(code: &str) -> Self {
        Self::new(Runtime::Python, &[("lambda_function.py", code)])
    }

    pub(crate) fn node(code: &str) -> Self {
        Self::new(Runtime::Node, &[("index.mjs", code)])
    }

    pub(crate) fn with(
        runtime: Runtime,
        files: &[(&str, &str)],
        change: impl FnOnce(&mut FunctionConfig, &mut Settings),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write(folder.path().join(name), text);
        }
        let mut config = FunctionConfig::new("f", runtime, fs::canonicalize(folder.path()).unwrap());
        config.timeout = Duration::from_secs(60);
        let mut settings = Settings::new("123456789012", "eu-west-1");
        change(&mut config, &mut settings);
        Self {
            folder,
            functions: Functions::new([config], settings),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        write(self.path(name), text);
    }

    pub(crate) async fn call(&self, payload: &str) -> Outcome {
        self.functions
            .invoke(Invocation::new("f", payload.to_owned()))
            .await
    }

    /// A call that runs beside the test.
    pub(crate) fn spawn(&self, payload: &str) -> JoinHandle<Outcome> {
        let functions = self.functions.clone();
        let invocation = Invocation::new("f", payload.to_owned());
        tokio::spawn(async move { functions.invoke(invocation).await })
    }

    /// The result of a call that must succeed.
    pub(crate) async fn result(&self, payload: &str) -> Value {
        match self.call(payload).await {
            Outcome::Success { payload, .. } => serde_json::from_str(&payload).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The error type and payload of a call with the id `r-1`, which must fail.
    pub(crate) async fn failure(&self, payload: &str) -> (String, Value) {
        let mut invocation = Invocation::new("f", payload.to_owned());
        invocation.request_id = "r-1".to_owned();
        match self.functions.invoke(invocation).await {
            Outcome::FunctionError {
                error_type, payload, ..
            } => (
                error_type.unwrap_or_default(),
                serde_json::from_str(&payload).unwrap(),
            ),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn until_workers(&self, count: usize) {
        self.functions
            .worker_count()
            .wait_for(|now| *now == count)
            .await
            .unwrap();
    }
}

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    if text.starts_with("#!") {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Whether a process exists and is no zombie.
pub(crate) fn is_running(pid: &Value) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    !stat.rsplit(')').next().unwrap().starts_with(" Z")
}

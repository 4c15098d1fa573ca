//! What a function is: the settings of one, and how they are written in a configuration file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::names;

/// AWS's default time-out.
const TIMEOUT_SECONDS: f64 = 3.0;
/// AWS's longest time-out.
const TIMEOUT_SECONDS_MAX: f64 = 900.0;
const MEMORY_MB: u32 = 128;
const IDLE_SECONDS: f64 = 600.0;
const IDLE_SECONDS_MAX: f64 = 86_400.0;
const CONCURRENCY: usize = 32;

/// One local function.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionConfig {
    /// The name by which state machines call it.
    pub name: String,
    /// What runs its code.
    pub runtime: Runtime,
    /// The directory of its code, which becomes the working directory and `LAMBDA_TASK_ROOT`.
    pub code: PathBuf,
    /// `module.function`. Python and Node have `lambda_function.lambda_handler` and `index.handler` without one.
    pub handler: Option<String>,
    /// Environment variables beside those that Lambda sets; they win over all but the reserved ones.
    pub env: BTreeMap<String, String>,
    /// How long a call may take.
    pub timeout: Duration,
    /// What the function is told about its memory, in MiB; nothing enforces it.
    pub memory_mb: u32,
    /// How many calls may run at a time; further ones wait. Without a number, 32; with 0, every call is throttled.
    pub max_concurrency: Option<usize>,
    /// How long a worker without work is kept.
    pub idle: Duration,
}

/// What runs a function's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// `python3` of the code directory's `.venv`, or of the `PATH`.
    Python,
    /// `node` of the `PATH`.
    Node,
    /// The executable `bootstrap` in the code directory, which speaks the Lambda Runtime API.
    Provided,
    /// A program and its arguments, which speaks the Lambda Runtime API.
    Command(Vec<String>),
}

/// Why functions can't be set up. Each message names the function and the way out.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A name that AWS would not take.
    #[error("function {name:?}: a name has 1 to 64 letters, digits, hyphens and underscores")]
    Name {
        /// The name as written.
        name: String,
    },
    /// A table with unknown keys or values of the wrong type.
    #[error("function {name:?}: {source}")]
    Table {
        /// The function's name.
        name: String,
        /// What the TOML reader says.
        source: toml::de::Error,
    },
    /// A value that means nothing, or keys that don't go together.
    #[error("function {name:?}: {reason}")]
    Value {
        /// The function's name.
        name: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A file or folder that can't be used.
    #[error("{}: {reason}", path.display())]
    Path {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what would be right.
        reason: String,
    },
}

/// A function's table in a configuration file: `[functions.NAME]`, or the whole of a `function.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionTable {
    /// `python`, `node` or `provided`; AWS's names such as `python3.13` and `nodejs22.x` mean the same.
    pub runtime: Option<String>,
    /// A program and its arguments, instead of `runtime`.
    pub command: Option<Vec<String>>,
    /// The code directory, relative to the configuration file.
    pub code: Option<PathBuf>,
    /// `module.function`.
    pub handler: Option<String>,
    /// Environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The longest that a call may take, up to 900.
    pub timeout_seconds: Option<f64>,
    /// What the function is told about its memory.
    pub memory_mb: Option<u32>,
    /// How many calls may run at a time.
    pub max_concurrency: Option<usize>,
    /// How long a worker without work is kept.
    pub idle_seconds: Option<f64>,
}

/// Reads the `functions` table of a configuration file that lies in the folder `base`.
pub fn from_toml(functions: &toml::Table, base: &Path) -> Result<Vec<FunctionConfig>, ConfigError> {
    functions
        .iter()
        .map(|(name, table)| FunctionTable::read(name, table.clone())?.into_config(name, base))
        .collect()
}

impl FunctionTable {
    pub(crate) fn read(name: &str, table: toml::Value) -> Result<Self, ConfigError> {
        table.try_into().map_err(|source| ConfigError::Table {
            name: name.to_owned(),
            source,
        })
    }

    /// Checks the table and looks for what it names; `code` is relative to `base`.
    pub fn into_config(self, name: &str, base: &Path) -> Result<FunctionConfig, ConfigError> {
        let wrong = |reason: String| ConfigError::Value {
            name: name.to_owned(),
            reason,
        };
        if !names::is_name(name) {
            return Err(ConfigError::Name {
                name: name.to_owned(),
            });
        }
        let runtime = match (self.runtime, self.command) {
            (Some(runtime), None) => Runtime::named(&runtime).ok_or_else(|| {
                wrong(format!(
                    "unknown runtime {runtime:?}; known are python, node and provided, or use command"
                ))
            })?,
            (None, Some(command)) if command.first().is_none_or(String::is_empty) => {
                return Err(wrong(
                    "command is empty; it takes a program and its arguments".to_owned(),
                ));
            }
            (None, Some(command)) => Runtime::Command(command),
            (Some(_), Some(_)) => return Err(wrong("runtime and command exclude each other".to_owned())),
            (None, None) => return Err(wrong("neither runtime nor command is given".to_owned())),
        };
        let Some(code) = self.code else {
            return Err(wrong(
                "code is missing; it names the directory of the function's code".to_owned(),
            ));
        };
        let code = absolute(&base.join(code));
        match std::fs::metadata(&code) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(wrong(format!("code {} is not a directory", code.display()))),
            Err(error) => return Err(wrong(format!("code {}: {error}", code.display()))),
        }
        if runtime == Runtime::Provided && !is_executable(&code.join("bootstrap")) {
            return Err(wrong(format!(
                "{} has no executable file named bootstrap",
                code.display()
            )));
        }
        if let Some(key) = self
            .env
            .keys()
            .find(|key| key.is_empty() || key.contains(['=', '\0']))
        {
            return Err(wrong(format!("env has a variable named {key:?}")));
        }
        if let Some(key) = self
            .env
            .iter()
            .find_map(|(key, value)| value.contains('\0').then_some(key))
        {
            return Err(wrong(format!("env.{key} contains a NUL character")));
        }
        let timeout = seconds(
            "timeout_seconds",
            self.timeout_seconds,
            TIMEOUT_SECONDS,
            TIMEOUT_SECONDS_MAX,
        );
        let idle = seconds("idle_seconds", self.idle_seconds, IDLE_SECONDS, IDLE_SECONDS_MAX);
        Ok(FunctionConfig {
            runtime,
            code,
            handler: self.handler,
            env: self.env,
            timeout: timeout.map_err(wrong)?,
            memory_mb: self.memory_mb.unwrap_or(MEMORY_MB),
            max_concurrency: self.max_concurrency,
            idle: idle.map_err(wrong)?,
            name: name.to_owned(),
        })
    }
}

impl FunctionConfig {
    /// A function with AWS's defaults: 3 seconds and 128 MiB.
    pub fn new(name: impl Into<String>, runtime: Runtime, code: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            runtime,
            code: code.into(),
            handler: None,
            env: BTreeMap::new(),
            timeout: Duration::from_secs_f64(TIMEOUT_SECONDS),
            memory_mb: MEMORY_MB,
            max_concurrency: None,
            idle: Duration::from_secs_f64(IDLE_SECONDS),
        }
    }

    /// How many calls may run at a time.
    pub(crate) fn concurrency(&self) -> usize {
        self.max_concurrency.unwrap_or(CONCURRENCY)
    }

    /// What stands in `_HANDLER`.
    pub fn handler(&self) -> &str {
        match (&self.handler, &self.runtime) {
            (Some(handler), _) => handler,
            (None, Runtime::Python) => "lambda_function.lambda_handler",
            (None, Runtime::Node) => "index.handler",
            (None, Runtime::Provided | Runtime::Command(_)) => "bootstrap",
        }
    }
}

impl Runtime {
    fn named(name: &str) -> Option<Self> {
        let is_version = |rest: &str| {
            rest.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'x')
        };
        if name.strip_prefix("python").is_some_and(is_version) {
            return Some(Self::Python);
        }
        if name
            .strip_prefix("nodejs")
            .or(name.strip_prefix("node"))
            .is_some_and(is_version)
        {
            return Some(Self::Node);
        }
        matches!(name, "provided" | "provided.al2" | "provided.al2023").then_some(Self::Provided)
    }
}

fn seconds(key: &str, given: Option<f64>, default: f64, max: f64) -> Result<Duration, String> {
    let seconds = given.unwrap_or(default);
    if seconds > 0.0 && seconds <= max {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(format!(
        "{key} is {seconds}; it must be above 0 and at most {max}"
    ))
}

/// The path from the root, with links left in it, so that a link to the current release can be turned.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

pub(crate) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<FunctionConfig>, String> {
        let table: toml::Table = toml::from_str(text).unwrap();
        from_toml(&table, Path::new("/")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_table_has_the_defaults_of_aws() {
        let functions = read("[greet]\nruntime = 'python3.13'\ncode = 'tmp'\ntimeout_seconds = 30").unwrap();
        let mut expected = FunctionConfig::new("greet", Runtime::Python, "/tmp");
        expected.timeout = Duration::from_secs(30);
        assert_eq!(functions, [expected]);
    }

    #[test]
    fn errors_name_the_function_and_the_way_out() {
        let error = |text: &str| read(text).unwrap_err();
        assert!(
            error("[f]\nruntime = 'python'\ncode = '/tmp'\ntimeout = 3")
                .starts_with("function \"f\": unknown field `timeout`")
        );
        assert!(
            error("[f]\nruntime = 'cobol'\ncode = '/tmp'")
                .contains("unknown runtime \"cobol\"; known are python")
        );
        assert!(error("[f]\ncode = '/tmp'").contains("neither runtime nor command"));
        assert!(error("[f]\nruntime = 'node'\ncommand = ['x']").contains("exclude each other"));
        assert!(error("[f]\nruntime = 'node'").contains("code is missing"));
        assert!(error("[f]\nruntime = 'node'\ncode = 'no/such'").contains("code /no/such: No such file"));
        assert!(
            error("[f]\nruntime = 'provided'\ncode = '/tmp'").contains("no executable file named bootstrap")
        );
        assert!(error("[f]\nruntime = 'node'\ncode = '/tmp'\ntimeout_seconds = 901").contains("at most 900"));
        assert!(
            error("[f]\nruntime = 'node'\ncode = '/tmp'\nidle_seconds = nan").contains("idle_seconds is NaN")
        );
        assert!(error("['a b']\nruntime = 'node'").contains("a name has 1 to 64"));
        assert!(error("f = 3").contains("function \"f\": invalid type"));
    }
}

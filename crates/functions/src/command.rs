//! The command line and environment of a worker process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::config::{FunctionConfig, Runtime, is_executable};
use crate::functions::Settings;

const SHELL: &str = "/bin/sh";
/// Runs a program, and beside it, in the same process group, a reader of the pipe that only this server holds open:
/// when the server dies, however it dies, the reader kills the group.
const WATCHDOG: &str = include_str!("bootstraps/watchdog.sh");

/// Carries a bootstrap's source to the interpreter, so that no file must be written for it.
const SOURCE_VARIABLE: &str = "STEPWELL_BOOTSTRAP";
const PYTHON_SOURCE: &str = include_str!("bootstraps/python.py");
const PYTHON_LOADER: &str =
    "import os; exec(compile(os.environ.pop('STEPWELL_BOOTSTRAP'), '/var/runtime/bootstrap.py', 'exec'))";
const NODE_SOURCE: &str = include_str!("bootstraps/node.js");
const NODE_LOADER: &str = "const source = process.env.STEPWELL_BOOTSTRAP; delete process.env.STEPWELL_BOOTSTRAP; \
     new Function('require', 'load', source + '\\n//# sourceURL=/var/runtime/index.mjs')(require, url => import(url))";

const PATH_DEFAULT: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program that can't be run, and why.
#[derive(Debug)]
pub(crate) struct NoProgram {
    pub(crate) program: String,
    pub(crate) reason: String,
}

impl NoProgram {
    pub(crate) fn new(program: &impl fmt::Display, reason: &impl fmt::Display) -> Self {
        Self {
            program: program.to_string(),
            reason: reason.to_string(),
        }
    }
}

/// A new log stream's name, in AWS's form.
pub(crate) fn log_stream() -> String {
    let day = jiff::Timestamp::now().strftime("%Y/%m/%d").to_string();
    format!("{day}/[$LATEST]{}", uuid::Uuid::new_v4().simple())
}

/// Builds the command of a worker that finds its host at `api`.
pub(crate) fn command(
    config: &FunctionConfig,
    settings: &Settings,
    api: SocketAddr,
    log_stream: &str,
) -> Result<Command, NoProgram> {
    let mut environment = environment(config, settings, log_stream);
    environment.insert("AWS_LAMBDA_RUNTIME_API".into(), api.to_string().into());
    let path = environment.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    let find = |program: &str| find_program(program, &config.code, &path);

    let (program, arguments): (PathBuf, Vec<&str>) = match &config.runtime {
        Runtime::Python => {
            environment.insert(SOURCE_VARIABLE.into(), PYTHON_SOURCE.into());
            let own = config.code.join(".venv/bin/python3");
            let python = if is_executable(&own) {
                own
            } else {
                find("python3")?
            };
            (python, vec!["-c", PYTHON_LOADER])
        }
        Runtime::Node => {
            environment.insert(SOURCE_VARIABLE.into(), NODE_SOURCE.into());
            (find("node")?, vec!["-e", NODE_LOADER])
        }
        Runtime::Provided => (find("./bootstrap")?, Vec::new()),
        Runtime::Command(words) => {
            let (program, arguments) = words
                .split_first()
                .ok_or_else(|| NoProgram::new(&"", &"the command is empty"))?;
            (find(program)?, arguments.iter().map(String::as_str).collect())
        }
    };

    let mut command = if is_executable(Path::new(SHELL)) {
        let mut command = Command::new(SHELL);
        command
            .args(["-c", WATCHDOG, "stepwell-watchdog"])
            .arg(program)
            .stdin(Stdio::piped());
        command
    } else {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        command
    };
    command
        .args(arguments)
        .current_dir(&config.code)
        .env_clear()
        .envs(environment)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    Ok(command)
}

/// What Lambda sets, what the registry adds, and over both what the function's own settings say.
fn environment(
    config: &FunctionConfig,
    settings: &Settings,
    log_stream: &str,
) -> BTreeMap<OsString, OsString> {
    let mut environment = BTreeMap::new();
    for (name, default) in [("PATH", PATH_DEFAULT), ("HOME", "/tmp"), ("LANG", "C.UTF-8")] {
        environment.insert(
            name.into(),
            std::env::var_os(name).unwrap_or_else(|| default.into()),
        );
    }
    let mut set = |name: &str, value: &dyn AsRef<OsStr>| {
        environment.insert(name.into(), value.as_ref().to_owned());
    };
    set("TZ", &":UTC");
    set("AWS_REGION", &settings.region);
    set("AWS_DEFAULT_REGION", &settings.region);
    match &settings.access_key {
        Some(key) => {
            set("AWS_ACCESS_KEY_ID", &key.id);
            set("AWS_SECRET_ACCESS_KEY", &key.secret);
            if let Some(token) = &key.session_token {
                set("AWS_SESSION_TOKEN", token);
            }
        }
        None => {
            set("AWS_ACCESS_KEY_ID", &settings.account);
            set("AWS_SECRET_ACCESS_KEY", &"local");
        }
    }
    if let Some(url) = &settings.endpoint_url {
        set("AWS_ENDPOINT_URL", url);
    }
    // AWS's code directory is read-only, so Python leaves no caches in it; here it is the user's working copy.
    set("PYTHONDONTWRITEBYTECODE", &"1");
    for (name, value) in settings.env.iter().chain(&config.env) {
        set(name, value);
    }
    set("_HANDLER", &config.handler());
    set("LAMBDA_TASK_ROOT", &config.code);
    set("LAMBDA_RUNTIME_DIR", &"/var/runtime");
    set("AWS_LAMBDA_FUNCTION_NAME", &config.name);
    set("AWS_LAMBDA_FUNCTION_VERSION", &crate::EXECUTED_VERSION);
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &config.memory_mb.to_string());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", &"on-demand");
    set(
        "AWS_LAMBDA_LOG_GROUP_NAME",
        &format!("/aws/lambda/{}", config.name),
    );
    set("AWS_LAMBDA_LOG_STREAM_NAME", &log_stream);
    environment
}

/// Finds a program as a shell would, with names that have a slash relative to the code directory.
fn find_program(program: &str, code: &Path, path: &OsStr) -> Result<PathBuf, NoProgram> {
    if program.contains('/') {
        let file = code.join(program);
        return match std::fs::metadata(&file) {
            Ok(_) if is_executable(&file) => Ok(file),
            Ok(_) => Err(NoProgram::new(&file.display(), &"permission denied")),
            Err(_) => Err(NoProgram::new(&file.display(), &"no such file or directory")),
        };
    }
    std::env::split_paths(path)
        .map(|folder| code.join(folder).join(program))
        .find(|file| is_executable(file))
        .ok_or_else(|| NoProgram::new(&program, &"executable file not found in $PATH"))
}

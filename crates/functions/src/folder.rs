//! A folder of functions: each subfolder is one, named after it, and its files say what runs it.

use std::fs;
use std::path::Path;

use crate::config::{ConfigError, FunctionConfig, FunctionTable, is_executable};

const SETTINGS: &str = "function.toml";
const PYTHON_FIRST: [&str; 5] = ["handler", "lambda_function", "app", "main", "index"];
const NODE_FIRST: [&str; 4] = ["index", "handler", "app", "main"];
/// A source file is searched for a handler up to here.
const SOURCE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Finds the functions under a folder, in the order of their names.
///
/// Subfolders whose name begins with `.` or `_`, `node_modules` and plain files are no functions.
pub fn load_folder(folder: &Path) -> Result<Vec<FunctionConfig>, ConfigError> {
    let mut functions = Vec::new();
    for (name, path) in list(folder)? {
        if !path.is_dir() || name.starts_with(['.', '_']) || name == "node_modules" {
            continue;
        }
        functions.push(load_function(&name, &path)?);
    }
    Ok(functions)
}

fn load_function(name: &str, folder: &Path) -> Result<FunctionConfig, ConfigError> {
    let mut table = read_settings(name, folder)?;
    if table.command.is_some() {
        table.code.get_or_insert_with(|| ".".into());
        return table.into_config(name, folder);
    }
    let code = folder.join(table.code.get_or_insert_with(|| ".".into()));
    if table.runtime.is_none() || table.handler.is_none() {
        match find_handler(&code, table.runtime.as_deref())? {
            Some((runtime, handler)) => {
                table.runtime.get_or_insert_with(|| runtime.to_owned());
                table.handler = table.handler.or(handler);
            }
            None if table.runtime.is_none() => {
                return Err(ConfigError::Path {
                    path: folder.to_owned(),
                    reason:
                        "no handler found; expected an executable bootstrap, a Python file with a function \
                             handler or lambda_handler, an index.js or index.mjs, or a function.toml \
                             (a folder that is no function may begin with _)"
                            .to_owned(),
                });
            }
            None => {}
        }
    }
    table.into_config(name, folder)
}

fn read_settings(name: &str, folder: &Path) -> Result<FunctionTable, ConfigError> {
    let path = folder.join(SETTINGS);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(FunctionTable::default()),
        Err(error) => {
            return Err(ConfigError::Path {
                path,
                reason: error.to_string(),
            });
        }
    };
    let table = text.parse::<toml::Table>().map_err(|source| ConfigError::Table {
        name: name.to_owned(),
        source,
    })?;
    FunctionTable::read(name, toml::Value::Table(table))
}

/// The runtime and the handler that the files of a folder suggest, of the given runtime if one is given.
fn find_handler(
    code: &Path,
    runtime: Option<&str>,
) -> Result<Option<(&'static str, Option<String>)>, ConfigError> {
    let wanted = |name: &str| runtime.is_none_or(|runtime| runtime.starts_with(name));
    if wanted("provided") && is_executable(&code.join("bootstrap")) {
        return Ok(Some(("provided", None)));
    }
    if !code.is_dir() {
        // Said better, with the function's name, once the whole table is checked.
        return Ok(None);
    }
    let files = list(code)?;
    if wanted("python")
        && let Some(handler) = python_handler(code, &files)?
    {
        return Ok(Some(("python", Some(handler))));
    }
    if wanted("node")
        && let Some(handler) = node_handler(code, &files)?
    {
        return Ok(Some(("node", Some(handler))));
    }
    Ok(None)
}

fn python_handler(code: &Path, files: &[Entry]) -> Result<Option<String>, ConfigError> {
    let mut modules = stems(files, &["py"]);
    modules.sort_by_key(|module| {
        PYTHON_FIRST
            .iter()
            .position(|first| first == module)
            .unwrap_or(usize::MAX)
    });
    let mut found = Vec::new();
    for module in &modules {
        let file = code.join(format!("{module}.py"));
        if let Some(function) = ["handler", "lambda_handler"]
            .iter()
            .find(|name| defines(&file, name))
        {
            found.push((*module, *function));
        }
    }
    choose(code, &PYTHON_FIRST, &found)
}

fn node_handler(code: &Path, files: &[Entry]) -> Result<Option<String>, ConfigError> {
    let mut modules = stems(files, &["js", "mjs", "cjs"]);
    modules.sort_by_key(|module| {
        NODE_FIRST
            .iter()
            .position(|first| first == module)
            .unwrap_or(usize::MAX)
    });
    let found: Vec<_> = modules.iter().map(|module| (*module, "handler")).collect();
    choose(code, &NODE_FIRST, &found)
}

/// The first of the customary names, or the only other one.
fn choose(code: &Path, first: &[&str], found: &[(&str, &str)]) -> Result<Option<String>, ConfigError> {
    match found {
        [] => Ok(None),
        [(module, function), others @ ..] if others.is_empty() || first.contains(module) => {
            Ok(Some(format!("{module}.{function}")))
        }
        _ => {
            let modules: Vec<_> = found.iter().map(|(module, _)| *module).collect();
            Err(ConfigError::Path {
                path: code.to_owned(),
                reason: format!(
                    "several files could hold the handler ({}); say which in a function.toml: \
                     handler = \"{}.{}\"",
                    modules.join(", "),
                    found[0].0,
                    found[0].1
                ),
            })
        }
    }
}

/// Whether a Python file defines, assigns or imports a name at its outermost level.
fn defines(file: &Path, name: &str) -> bool {
    if fs::metadata(file).is_ok_and(|data| data.len() > SOURCE_BYTES_MAX) {
        return false;
    }
    let Ok(source) = fs::read(file) else { return false };
    let source = String::from_utf8_lossy(&source);
    source.lines().any(|line| {
        let words: Vec<&str> = line
            .split(|char: char| !char.is_alphanumeric() && !matches!(char, '_' | '=' | '#'))
            .take_while(|word| !word.starts_with('#'))
            .filter(|word| !word.is_empty())
            .collect();
        match words.as_slice() {
            _ if line.starts_with([' ', '\t']) => false,
            ["def", defined, ..] => *defined == name,
            ["from", .., imported] => *imported == name,
            [assigned, "=", ..] => *assigned == name,
            _ => false,
        }
    })
}

fn stems<'a>(files: &'a [Entry], extensions: &[&str]) -> Vec<&'a str> {
    let stem = |(name, path): &'a Entry| {
        let (stem, extension) = name.rsplit_once('.')?;
        (extensions.contains(&extension) && !stem.contains('.') && path.is_file()).then_some(stem)
    };
    let mut stems: Vec<&str> = files.iter().filter_map(stem).collect();
    stems.dedup();
    stems
}

type Entry = (String, std::path::PathBuf);

/// What lies in a folder, sorted by name; names that are not UTF-8 are left out.
fn list(folder: &Path) -> Result<Vec<Entry>, ConfigError> {
    let unreadable = |error: std::io::Error| ConfigError::Path {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if let Ok(name) = entry.file_name().into_string() {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Runtime;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            if file.ends_with("bootstrap") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        folder
    }

    fn load(files: &[(&str, &str)]) -> Result<Vec<(String, Runtime, Option<String>)>, String> {
        let folder = folder(files);
        let functions = load_folder(folder.path()).map_err(|error| error.to_string())?;
        Ok(functions
            .into_iter()
            .map(|function| (function.name, function.runtime, function.handler))
            .collect())
    }

    #[test]
    fn files_say_what_runs_them() {
        let found = load(&[
            (
                "a/handler.py",
                "import os\ndef handler(event, context):\n    pass",
            ),
            ("b/lambda_function.py", "def lambda_handler(e, c): pass"),
            ("b/tools.py", "def handler(): pass"),
            ("c/work.py", "from inside import (lambda_handler)"),
            ("c/other.py", "def helper(): pass  # def handler"),
            ("d/index.mjs", ""),
            ("e/handler.js", ""),
            ("e/zebra.js", ""),
            ("f/bootstrap", "#!/bin/sh"),
            ("_shared/x.txt", ""),
            (".git/x", ""),
            ("README.md", ""),
        ]);
        let expected = [
            ("a", Runtime::Python, Some("handler.handler")),
            ("b", Runtime::Python, Some("lambda_function.lambda_handler")),
            ("c", Runtime::Python, Some("work.lambda_handler")),
            ("d", Runtime::Node, Some("index.handler")),
            ("e", Runtime::Node, Some("handler.handler")),
            ("f", Runtime::Provided, None),
        ];
        let expected =
            expected.map(|(name, runtime, handler)| (name.into(), runtime, handler.map(String::from)));
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn settings_win_over_files() {
        let folder = folder(&[
            ("a/handler.py", "def handler(e, c): pass"),
            (
                "a/function.toml",
                "handler = 'handler.other'\ntimeout_seconds = 0.5\nenv = { MODE = 'test' }",
            ),
            ("b/function.toml", "command = ['./serve', '--once']"),
            ("c/src/x.py", "def handler(e, c): pass"),
            ("c/function.toml", "code = 'src'"),
        ]);
        let functions = load_folder(folder.path()).unwrap();
        assert_eq!(functions[0].handler.as_deref(), Some("handler.other"));
        assert_eq!(functions[0].timeout.as_millis(), 500);
        assert_eq!(functions[0].env["MODE"], "test");
        assert_eq!(
            functions[1].runtime,
            Runtime::Command(vec!["./serve".into(), "--once".into()])
        );
        assert_eq!(functions[2].handler.as_deref(), Some("x.handler"));
        assert!(functions[2].code.ends_with("c/src"));
    }

    #[test]
    fn unclear_folders_are_refused() {
        assert!(
            load(&[("a/notes.txt", "")])
                .unwrap_err()
                .contains("no handler found")
        );
        let several = [
            ("a/one.py", "def handler(): pass"),
            ("a/two.py", "def handler(): pass"),
        ];
        assert!(
            load(&several)
                .unwrap_err()
                .contains("several files could hold the handler (one, two)")
        );
        let unknown = [
            ("a/handler.py", "def handler(): pass"),
            ("a/function.toml", "colour = 'red'"),
        ];
        assert!(
            load(&unknown)
                .unwrap_err()
                .contains("function \"a\": unknown field `colour`")
        );
        assert!(
            load(&[("b c/handler.py", "def handler(): pass")])
                .unwrap_err()
                .contains("a name has 1 to 64")
        );
        assert!(
            load_folder(Path::new("/no/such/folder"))
                .unwrap_err()
                .to_string()
                .contains("No such file")
        );
    }
}

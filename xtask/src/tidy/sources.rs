//! Sources: what holds for every file of Rust.

use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 900;
const FILE_NAMES_FORBIDDEN: [&str; 4] = ["helper", "helpers", "util", "utils"];
const MACROS_FORBIDDEN: [&str; 2] = ["todo", "unimplemented"];

/// A line for every file under `folder` that breaks a rule.
pub(crate) fn complaints(folder: &Path) -> Vec<String> {
    let mut complaints = Vec::new();
    for path in files(folder) {
        let Ok(text) = fs::read_to_string(&path) else {
            complaints.push(format!("{}: can't be read as text", path.display()));
            continue;
        };
        let generated = path.components().any(|part| part.as_os_str() == "generated");
        let found = file_complaints(&path, &text, generated);
        complaints.extend(
            found
                .iter()
                .map(|complaint| format!("{}: {complaint}", path.display())),
        );
    }
    complaints
}

/// Every file of Rust under a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && name != "target" && name != "node_modules" && !name.starts_with('.') {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn file_complaints(path: &Path, text: &str, generated: bool) -> Vec<String> {
    let mut complaints = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX && !generated {
        complaints.push(format!("{lines} lines; divide it, {LINES_MAX} are the most"));
    }
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if FILE_NAMES_FORBIDDEN.contains(&name) {
        complaints.push("name it after what it does".to_owned());
    }
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for word in MACROS_FORBIDDEN
            .iter()
            .filter(|word| code.contains(&format!("{word}!")))
        {
            complaints.push(format!("line {}: {word} is left to be written", index + 1));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complain(name: &str, text: &str, generated: bool) -> Vec<String> {
        file_complaints(Path::new(name), text, generated)
    }

    #[test]
    fn file_has_at_most_900_lines() {
        assert!(complain("a.rs", &"\n".repeat(LINES_MAX), false).is_empty());
        assert_eq!(complain("a.rs", &"\n".repeat(LINES_MAX + 1), false).len(), 1);
        assert!(complain("a.rs", &"\n".repeat(LINES_MAX + 1), true).is_empty());
    }

    #[test]
    fn file_is_named_after_what_it_does() {
        assert_eq!(
            complain("src/utils.rs", "", false),
            ["name it after what it does"]
        );
        assert!(complain("src/utility_bill.rs", "", false).is_empty());
    }

    #[test]
    fn nothing_is_left_to_be_written() {
        let text = format!(
            "fn a() {{\n    {}!()\n}}\n// {}!() in a comment\n",
            MACROS_FORBIDDEN[0], MACROS_FORBIDDEN[1]
        );
        assert_eq!(
            complain("a.rs", &text, false),
            ["line 2: todo is left to be written"]
        );
    }
}

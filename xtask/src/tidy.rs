//! Tidy: the rules of the house that a compiler doesn't know.
//!
//! - Rooms use each other only as the table in `ARCHITECTURE.md` allows.
//! - No crate and no file is a place for whatever fits nowhere else.
//! - Every crate takes the workspace's lints.
//! - Files stay short, and nothing is left to be written later.

mod map;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use self::map::Map;

const MAP: &str = "ARCHITECTURE.md";
const CRATE_NAMES_FORBIDDEN: [&str; 6] = ["common", "core", "helpers", "types", "util", "utils"];

/// A crate of the workspace and the other crates of the workspace that it is built from.
pub(crate) struct Room {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) uses: Vec<String>,
}

/// Fails with a line for everything that breaks a rule.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let rooms = rooms(root)?;
    let mut complaints = match fs::read_to_string(root.join(MAP)) {
        Ok(text) => map::complaints(&Map::parse(&text), &rooms),
        Err(_) => vec![map::missing(&rooms)],
    };
    for room in &rooms {
        complaints.extend(crate_complaints(room));
        complaints.extend(sources::complaints(&room.folder));
    }
    if complaints.is_empty() {
        return Ok(());
    }
    let root = format!("{}/", root.display());
    Err(complaints
        .iter()
        .map(|line| line.replace(&root, ""))
        .collect::<Vec<_>>()
        .join("\n"))
}

/// The crates of the workspace, as cargo sees them.
fn rooms(root: &Path) -> Result<Vec<Room>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata names no packages")?;
    Ok(packages.iter().map(room).collect())
}

fn room(package: &Value) -> Room {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let dependencies = package["dependencies"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    // A dependency with a path is a crate of the workspace; tests may use whatever they like.
    let built_from = |dependency: &&Value| dependency["path"].is_string() && dependency["kind"] != "dev";
    let mut uses: Vec<String> = dependencies
        .iter()
        .filter(built_from)
        .map(|used| text(&used["name"]))
        .collect();
    uses.sort();
    uses.dedup();
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    Room {
        name: text(&package["name"]),
        folder: manifest.parent().unwrap_or(&manifest).to_owned(),
        uses,
    }
}

fn crate_complaints(room: &Room) -> Vec<String> {
    let mut complaints = Vec::new();
    if CRATE_NAMES_FORBIDDEN.contains(&room.name.as_str()) {
        complaints.push(format!("crate `{}`: name it after what it does", room.name));
    }
    let manifest = room.folder.join("Cargo.toml");
    let takes_lints = fs::read_to_string(&manifest).is_ok_and(|text| takes_workspace_lints(&text));
    if !takes_lints {
        complaints.push(format!(
            "{}: add `[lints]` with `workspace = true`",
            manifest.display()
        ));
    }
    complaints
}

/// Whether a manifest has the workspace's lints, in either spelling.
fn takes_workspace_lints(manifest: &str) -> bool {
    let mut table = String::new();
    manifest.lines().any(|line| {
        let line: String = line
            .split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        if line.starts_with('[') {
            table = line;
            return false;
        }
        (table == "[lints]" && line == "workspace=true")
            || (table.is_empty() && line == "lints.workspace=true")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_come_from_the_workspace_in_either_spelling() {
        assert!(takes_workspace_lints(
            "[package]\nname = \"a\"\n\n[lints]\nworkspace = true # all of them\n"
        ));
        assert!(takes_workspace_lints("lints.workspace = true\n[package]\n"));
        assert!(!takes_workspace_lints("[package]\nversion.workspace = true\n"));
        assert!(!takes_workspace_lints(
            "[lints]\n\n[features]\nworkspace = true\n"
        ));
    }

    #[test]
    fn dev_dependency_is_no_arrow() {
        let package = serde_json::json!({
            "name": "api",
            "manifest_path": "/repository/crates/api/Cargo.toml",
            "dependencies": [
                {"name": "ids", "path": "/repository/crates/ids", "kind": null},
                {"name": "server", "path": "/repository/crates/server", "kind": "dev"},
                {"name": "serde", "kind": null},
            ],
        });
        let room = room(&package);
        assert_eq!((room.name.as_str(), room.uses), ("api", vec!["ids".to_owned()]));
        assert_eq!(room.folder, Path::new("/repository/crates/api"));
    }

    #[test]
    fn crate_for_whatever_fits_nowhere_is_refused() {
        let room = Room {
            name: "utils".into(),
            folder: "/nowhere".into(),
            uses: Vec::new(),
        };
        assert!(crate_complaints(&room)[0].contains("name it after what it does"));
    }
}

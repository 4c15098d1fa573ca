//! Map: which room may use which, as a table in `ARCHITECTURE.md` says.
//!
//! The table has the columns `room` and `may use` and a row for every crate; names stand in backticks or bare,
//! separated by commas, and a hyphen stands for none:
//!
//! ```text
//! | room   | may use        |
//! |--------|----------------|
//! | json   | -              |
//! | engine | json, asl, ids |
//! ```

use std::collections::BTreeMap;

use crate::tidy::Room;

const HEADER: [&str; 2] = ["room", "may use"];

/// What each room may use.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Map(BTreeMap<String, Vec<String>>);

impl Map {
    /// Reads the first table with the two columns; what else the text holds doesn't matter.
    pub(crate) fn parse(text: &str) -> Self {
        let mut rows = text.lines().map(cells);
        // The header, then the row of hyphens under it.
        let found = rows.any(|row| row.iter().map(|cell| cell.to_ascii_lowercase()).eq(HEADER));
        if !found {
            return Self::default();
        }
        let rows = rows.skip(1).take_while(|row| row.len() == HEADER.len());
        Self(
            rows.map(|row| {
                (
                    name(row[0]),
                    row[1]
                        .split(',')
                        .map(name)
                        .filter(|name| !name.is_empty())
                        .collect(),
                )
            })
            .collect(),
        )
    }
}

/// A line for every crate that the map lacks and every arrow that it doesn't allow.
pub(crate) fn complaints(map: &Map, rooms: &[Room]) -> Vec<String> {
    if map.0.is_empty() {
        return vec![missing(rooms)];
    }
    let mut complaints = Vec::new();
    for Room { name, uses, .. } in rooms {
        let Some(allowed) = map.0.get(name) else {
            complaints.push(format!(
                "ARCHITECTURE.md: crate `{name}` has no row; it uses {}",
                listed(uses)
            ));
            continue;
        };
        for used in uses.iter().filter(|used| !allowed.contains(used)) {
            complaints.push(format!(
                "crate `{name}` uses `{used}`, but ARCHITECTURE.md lets it use only {}; \
                 drop the dependency or, if the arrow belongs there, add it to the table",
                listed(allowed)
            ));
        }
    }
    complaints
}

/// What to write when there is no table: the arrows as they are.
pub(crate) fn missing(rooms: &[Room]) -> String {
    let rows: String = rooms
        .iter()
        .map(|room| format!("\n| {} | {} |", room.name, listed(&room.uses)))
        .collect();
    format!(
        "ARCHITECTURE.md lacks the table of rooms; as things are, it would be\n\n| room | may use |\n|---|---|{rows}\n"
    )
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "-".to_owned()
    } else {
        names.join(", ")
    }
}

/// The cells of a table's row; no cells if the line isn't one.
fn cells(line: &str) -> Vec<&str> {
    let row = line
        .trim()
        .strip_prefix('|')
        .and_then(|row| row.strip_suffix('|'));
    row.map(|row| row.split('|').map(str::trim).collect())
        .unwrap_or_default()
}

/// A crate's name without what surrounds it: backticks, and the folder that holds it.
fn name(cell: &str) -> String {
    let bare = cell.trim().trim_matches('`').trim_matches(['-', '—']);
    bare.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Map\n\n| thing | other |\n|---|---|\n| a | b |\n\n\
                        | Room | May use |\n|---|---|\n| `lib/json` | - |\n| engine | `json`, asl |\n\nMore text.\n";

    fn room(name: &str, uses: &[&str]) -> Room {
        Room {
            name: name.into(),
            folder: "/nowhere".into(),
            uses: uses.iter().map(|&used| used.into()).collect(),
        }
    }

    #[test]
    fn table_is_found_among_others() {
        let expected = [
            ("json", vec![]),
            ("engine", vec!["json".to_owned(), "asl".to_owned()]),
        ];
        assert_eq!(
            Map::parse(TEXT),
            Map(expected.map(|(name, uses)| (name.to_owned(), uses)).into())
        );
    }

    #[test]
    fn allowed_arrows_pass() {
        assert!(complaints(&Map::parse(TEXT), &[room("json", &[]), room("engine", &["json"])]).is_empty());
    }

    #[test]
    fn arrow_that_the_table_lacks_is_named() {
        let complaints = complaints(&Map::parse(TEXT), &[room("engine", &["json", "store"])]);
        assert_eq!(complaints.len(), 1);
        assert!(
            complaints[0].starts_with("crate `engine` uses `store`, but"),
            "{complaints:?}"
        );
    }

    #[test]
    fn crate_without_a_row_is_named() {
        let complaints = complaints(&Map::parse(TEXT), &[room("api", &["ids"])]);
        assert_eq!(
            complaints,
            ["ARCHITECTURE.md: crate `api` has no row; it uses ids"]
        );
    }

    #[test]
    fn missing_table_is_proposed() {
        let complaints = complaints(
            &Map::parse("no table"),
            &[room("api", &["ids"]), room("ids", &[])],
        );
        assert!(
            complaints[0].contains("| api | ids |\n| ids | - |"),
            "{complaints:?}"
        );
    }
}

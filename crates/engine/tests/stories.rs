//! Runs every story: `stories/NAME/` holds a definition, what happens (`story.txt`), and all that follows
//! from it (`expected.txt`). `UPDATE_STORIES=1` writes the expected files anew; read the difference.

mod story;

use std::fs;
use std::path::Path;

fn run(definition: &Path) -> datatest_stable::Result<()> {
    let folder = definition.parent().expect("a definition stands in a folder");
    let transcript = story::tell(
        &fs::read_to_string(definition)?,
        &fs::read_to_string(folder.join("story.txt"))?,
    );
    let expected = folder.join("expected.txt");
    if std::env::var_os("UPDATE_STORIES").is_some() {
        fs::write(&expected, &transcript)?;
        return Ok(());
    }
    let wanted = fs::read_to_string(&expected)?;
    if wanted != transcript {
        return Err(difference(&wanted, &transcript).into());
    }
    Ok(())
}

fn difference(wanted: &str, got: &str) -> String {
    let first = wanted
        .lines()
        .zip(got.lines())
        .take_while(|(wanted, got)| wanted == got)
        .count();
    let line = |text: &str| text.lines().nth(first).unwrap_or("(the end)").to_owned();
    format!(
        "line {}\n  expected: {}\n  got:      {}\n\n{got}",
        first + 1,
        line(wanted),
        line(got)
    )
}

datatest_stable::harness! {
    { test = run, root = "stories", pattern = r"definition\.asl\.json$" },
}

//! options: what the command line asks for.

use std::path::PathBuf;

use crate::case::Case;

pub(crate) const HELP: &str = "\
usage: recorded [OPTIONS] BINARY

Replays the cases in the folder that RECORDED_CASES names against a server that BINARY starts.

  --only TEXT   only cases whose name contains TEXT, or whose area is TEXT; may be repeated
  --python PATH a Python that has moto and boto3; without it, cases that need other services are skipped
  --jobs N      how many cases run at a time (default 16)
  --raise       write the counts of this run to held.toml where they are higher";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// The `stepwell` to be tested.
    pub(crate) binary: PathBuf,
    /// How many cases run at a time.
    pub(crate) jobs: usize,
    /// The Python that answers for other services.
    pub(crate) python: Option<PathBuf>,
    /// Whether higher counts are written down.
    pub(crate) raise: bool,
    only: Vec<String>,
}

impl Options {
    /// Whether a case was asked for.
    pub(crate) fn wants(&self, case: &Case) -> bool {
        let named = |text: &String| *text == case.area || case.name.contains(text);
        self.only.is_empty() || self.only.iter().any(named)
    }

    /// Whether some cases were left out, so that counts say nothing.
    pub(crate) fn is_partial(&self) -> bool {
        !self.only.is_empty()
    }
}

/// Reads the arguments behind the program's name.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut binary = None;
    let (mut jobs, mut raise, mut only, mut python) = (16, false, Vec::new(), None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--only" => only.push(value()?),
            "--jobs" => {
                let text = value()?;
                jobs = text
                    .parse()
                    .ok()
                    .filter(|jobs| *jobs > 0)
                    .ok_or(format!("--jobs {text}: a number above 0 is needed"))?;
            }
            "--python" => python = Some(PathBuf::from(value()?)),
            "--raise" => raise = true,
            option if option.starts_with('-') => return Err(format!("{option} is no option")),
            _ if binary.is_some() => return Err(format!("{argument}: one binary is enough")),
            _ => binary = Some(PathBuf::from(argument)),
        }
    }
    Ok(Options {
        binary: binary.ok_or("which binary?")?,
        jobs,
        python,
        raise,
        only,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        super::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn binary_is_needed_and_the_rest_is_not() {
        let options = parse("target/stepwell --only map --jobs 3").unwrap();
        assert_eq!(
            (options.jobs, options.raise, options.is_partial()),
            (3, false, true)
        );
        assert_eq!(parse("--raise").unwrap_err(), "which binary?");
        assert_eq!(
            parse("a --jobs 0").unwrap_err(),
            "--jobs 0: a number above 0 is needed"
        );
        assert_eq!(parse("a --fast").unwrap_err(), "--fast is no option");
    }
}

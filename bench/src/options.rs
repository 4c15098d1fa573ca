//! options: what the command line asks for.

use std::path::PathBuf;
use std::time::Duration;

use crate::rows::Row;

pub(crate) const HELP: &str = "\
Measures Stepwell and prints a table.

Usage: bench [OPTIONS]

  --rows A,B,…        only these rows (default: all that fit the target)
  --seconds N         how long each rate is measured [10]
  --clients N         connections, instead of each row's own number
  --count N           executions in `parked`, `restart` and `disk` [10000]
  --binary FILE       the server to start [target/release/stepwell]
  --folder DIR        where data folders are made; name a disk, not a tmpfs [target/bench]
  --endpoint HOST:PORT  measure what listens there instead of starting a server
  --pid PID           that server's process, for CPU time and memory
  --output table|json [table]
  --help

Rows:
  size        size of the binary
  startup     start to first answer, empty folder
  idle        memory without load
  pass10      10-Pass Standard executions per second, 64 clients that only start them
  followed    the same, 64 clients that each follow their execution to its end
  latency     start to SUCCEEDED of one 10-Pass Standard execution, alone
  express     StartSyncExecution per second
  describe    DescribeExecution per second
  disk        bytes on disk per finished execution
  parked      memory per waiting execution
  restart     kill -9 with waiting executions, start to first answer
  fdatasync   what the disk itself can do
";

/// What to do.
pub(crate) enum Command {
    /// Measure and print.
    Measure(Options),
    /// Say how to use it.
    Help,
}

/// What to measure and how.
pub(crate) struct Options {
    pub(crate) rows: Vec<Row>,
    pub(crate) duration: Duration,
    pub(crate) clients: Option<usize>,
    pub(crate) count: usize,
    pub(crate) target: Target,
    pub(crate) folder: PathBuf,
    pub(crate) output: Output,
}

/// What is measured.
pub(crate) enum Target {
    /// A server of our own, started afresh for each row.
    Binary(PathBuf),
    /// Somebody else's server.
    Endpoint { authority: String, pid: Option<u32> },
}

/// How the report is printed.
#[derive(Clone, Copy)]
pub(crate) enum Output {
    Table,
    Json,
}

/// Reads the arguments.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments;
    let mut rows = None;
    let mut duration = Duration::from_secs(10);
    let mut clients = None;
    let mut count = 10_000;
    let mut binary = PathBuf::from("target/release/stepwell");
    let mut folder = PathBuf::from("target/bench");
    let mut endpoint: Option<String> = None;
    let mut pid = None;
    let mut output = Output::Table;
    while let Some(option) = arguments.next() {
        if matches!(option.as_str(), "--help" | "-h") {
            return Ok(Command::Help);
        }
        let value = arguments
            .next()
            .ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--rows" => rows = Some(value.split(',').map(row).collect::<Result<Vec<_>, _>>()?),
            "--seconds" => {
                let seconds: f64 = number(&option, &value)?;
                duration =
                    Duration::try_from_secs_f64(seconds).map_err(|error| format!("--seconds: {error}"))?;
            }
            "--clients" => clients = Some(at_least_one(&option, &value)?),
            "--count" => count = at_least_one(&option, &value)?,
            "--binary" => binary = value.into(),
            "--folder" => folder = value.into(),
            "--endpoint" => {
                endpoint = Some(
                    value
                        .trim_start_matches("http://")
                        .trim_end_matches('/')
                        .to_owned(),
                )
            }
            "--pid" => pid = Some(number(&option, &value)?),
            "--output" => output = output_named(&value)?,
            _ => return Err(format!("unknown option {option}")),
        }
    }
    let target = match endpoint {
        Some(authority) => Target::Endpoint { authority, pid },
        None if pid.is_some() => return Err("--pid goes with --endpoint".to_owned()),
        None => Target::Binary(binary),
    };
    let rows = match (rows, &target) {
        (Some(rows), _) => rows,
        (None, Target::Binary(_)) => Row::ALL.to_vec(),
        (None, Target::Endpoint { .. }) => Row::ALL.into_iter().filter(|row| !row.needs_binary()).collect(),
    };
    Ok(Command::Measure(Options {
        rows,
        duration,
        clients,
        count,
        target,
        folder,
        output,
    }))
}

fn row(name: &str) -> Result<Row, String> {
    Row::ALL
        .into_iter()
        .find(|row| row.name() == name.trim())
        .ok_or_else(|| format!("there is no row {name:?}"))
}

fn number<T: std::str::FromStr>(option: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{option}: {value:?} is no number that fits"))
}

fn at_least_one(option: &str, value: &str) -> Result<usize, String> {
    match number(option, value)? {
        0 => Err(format!("{option} must be at least 1")),
        count => Ok(count),
    }
}

fn output_named(name: &str) -> Result<Output, String> {
    match name {
        "table" => Ok(Output::Table),
        "json" => Ok(Output::Json),
        _ => Err(format!("--output is table or json, not {name:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        match parse(line.split_whitespace().map(str::to_owned))? {
            Command::Measure(options) => Ok(options),
            Command::Help => Err("help".to_owned()),
        }
    }

    #[test]
    fn an_endpoint_leaves_out_rows_that_start_a_server() {
        let options = parsed("--endpoint http://127.0.0.1:4566/").expect("a valid line");
        assert!(options.rows.iter().all(|row| !row.needs_binary()));
        assert!(
            matches!(options.target, Target::Endpoint { authority, pid: None } if authority == "127.0.0.1:4566")
        );
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            parsed("--rows pass10,nothing").err().as_deref(),
            Some("there is no row \"nothing\"")
        );
        assert_eq!(
            parsed("--clients 0").err().as_deref(),
            Some("--clients must be at least 1")
        );
        assert_eq!(
            parsed("--pid 1").err().as_deref(),
            Some("--pid goes with --endpoint")
        );
        assert_eq!(
            parsed("--seconds").err().as_deref(),
            Some("--seconds needs a value")
        );
        assert!(parsed("--seconds -1").is_err());
    }

    #[test]
    fn every_row_is_in_the_help() {
        for row in Row::ALL {
            assert!(
                HELP.contains(&format!("\n  {:<12}", row.name())),
                "{} is missing",
                row.name()
            );
        }
    }
}

//! options: what the command line asks for.

use std::path::PathBuf;
use std::time::Duration;

use crate::overload::Overload;
use crate::rows::Row;
use crate::side::{Side, Target};
use crate::soak::Soak;

pub(crate) const HELP: &str = "\
Measures Stepwell and prints a table.

Usage: bench [OPTIONS]
       bench soak [SOAK OPTIONS]
       bench overload [OVERLOAD OPTIONS]

  --rows A,B,…        only these rows (default: all that fit the target)
  --runs N            how often each row is measured; the median is shown [1]
  --seconds N         how long each rate is measured [10]
  --clients N         connections, instead of each row's own number
  --count N           executions in `parked`, `callbacks`, `restart`, `timers` and `disk` [10000]
  --finished N        executions in `finished` [100000]
  --binary FILE       the server to start [target/release/stepwell]
  --folder DIR        where data folders are made; name a disk, not a tmpfs [target/bench]
  --endpoint HOST:PORT  measure what listens there instead of starting a server
  --pid PID           that server's process, for CPU time and memory
  --peer NAME=HOST:PORT[,PID[,KEEPS]]
                      measure this server beside ours, row by row in turns, and show ratios. PID is for CPU time and
                      memory; KEEPS says what it keeps when the power fails, in a word. May be given several times
  --output table|markdown|json [table]
  --help

Rows:
  size        size of the binary
  startup     start to first answer, empty folder
  idle        memory without load
  pass10      10-Pass Standard executions per second, 64 clients that only start them
  followed    the same, 64 clients that each follow their execution to its end
  latency     start to SUCCEEDED of one 10-Pass Standard execution, alone
  express     StartSyncExecution per second, JSONata
  express-jsonpath  the same machine in JSONPath
  activities  activity tasks per second, 16 workers; and how fast a waiting worker gets one
  map         inline Maps of 1,000 to 10,000 items, start to end
  describe    DescribeExecution per second
  disk        bytes on disk per finished execution
  finished    memory after many finished executions
  parked      memory per execution in a Wait state
  callbacks   memory per execution that waits for an activity
  restart     kill -9 with waiting executions, start to first answer
  timers      kill -9 with executions whose Wait ends soon after; how late they end
  fdatasync   what the disk itself can do

Soak: a mixed load at a share of the maximum, which is found first; samples as CSV, and a picture of them.

  --seconds N         how long [1200]
  --share N           of the maximum, 0 to 1 [0.5]
  --clients N         connections [64]
  --sample N          seconds between samples [5]
  --retention N       how many seconds executions are known after their end [300]
  --csv FILE          [soak.csv]
  --svg FILE          [soak.svg]
  --binary FILE, --folder DIR, --endpoint HOST:PORT, --pid PID   as above

Overload: as many callers as can be served, then many more of them, then the first ones again; a line for each.

  --seconds N         how long each [15]
  --clients N         callers that can be served [64]
  --times A,B,…       how many times as many come then; open files must be allowed for all of them [10,100]
  --binary FILE, --folder DIR, --endpoint HOST:PORT, --pid PID   as above
";

/// What to do.
pub(crate) enum Command {
    /// Measure and print.
    Measure(Options),
    /// Put the server under load for a long time.
    Soak(Soak),
    /// Have more callers come than can be served.
    Overload(Overload),
    /// Say how to use it.
    Help,
}

/// What to measure and how.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) rows: Vec<Row>,
    pub(crate) runs: usize,
    pub(crate) duration: Duration,
    pub(crate) clients: Option<usize>,
    pub(crate) count: usize,
    pub(crate) finished: usize,
    /// What is measured; the first is what the others are compared with.
    pub(crate) sides: Vec<Side>,
    pub(crate) folder: PathBuf,
    pub(crate) output: Output,
}

/// How the report is printed.
#[derive(Clone, Copy)]
pub(crate) enum Output {
    Table,
    Markdown,
    Json,
}

/// Reads the arguments.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    if arguments.next_if(|argument| argument == "soak").is_some() {
        return soak(arguments);
    }
    if arguments.next_if(|argument| argument == "overload").is_some() {
        return overload(arguments);
    }
    let mut rows = None;
    let mut runs = 1;
    let mut duration = Duration::from_secs(10);
    let mut clients = None;
    let mut count = 10_000;
    let mut finished = 100_000;
    let mut subject = Subject::new();
    let mut peers = Vec::new();
    let mut output = Output::Table;
    let wants_help = each(arguments, |option, value| {
        match option {
            "--rows" => rows = Some(value.split(',').map(row).collect::<Result<Vec<_>, _>>()?),
            "--runs" => runs = at_least_one(option, &value)?,
            "--seconds" => {
                let seconds: f64 = number(option, &value)?;
                duration =
                    Duration::try_from_secs_f64(seconds).map_err(|error| format!("--seconds: {error}"))?;
            }
            "--clients" => clients = Some(at_least_one(option, &value)?),
            "--count" => count = at_least_one(option, &value)?,
            "--finished" => finished = at_least_one(option, &value)?,
            "--peer" => peers.push(peer(&value)?),
            "--output" => output = output_named(&value)?,
            _ => subject.read(option, &value)?,
        }
        Ok(())
    })?;
    if wants_help {
        return Ok(Command::Help);
    }
    let folder = subject.folder.clone();
    let target = subject.target()?;
    let (name, keeps) = match &target {
        Target::Endpoint { authority, .. } => (authority.clone(), None),
        Target::Binary(_) => {
            let keeps = "everything that was answered: fsync";
            ("stepwell".to_owned(), Some(keeps.to_owned()))
        }
    };
    let ours = Side { name, keeps, target };
    let rows = rows.unwrap_or_else(|| {
        Row::ALL
            .into_iter()
            .filter(|row| row.fits(&ours.target))
            .collect()
    });
    let mut sides = vec![ours];
    sides.extend(peers);
    Ok(Command::Measure(Options {
        rows,
        runs,
        duration,
        clients,
        count,
        finished,
        sides,
        folder,
        output,
    }))
}

fn soak(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut subject = Subject::new();
    let mut soak = Soak {
        target: Target::Binary(PathBuf::new()),
        folder: PathBuf::new(),
        duration: Duration::from_secs(1200),
        share: 0.5,
        clients: 64,
        sample: Duration::from_secs(5),
        retention: Duration::from_secs(300),
        csv: PathBuf::from("soak.csv"),
        svg: PathBuf::from("soak.svg"),
    };
    let wants_help = each(arguments, |option, value| {
        let seconds = || number(option, &value).map(Duration::from_secs);
        match option {
            "--seconds" => soak.duration = seconds()?,
            "--share" => soak.share = number(option, &value)?,
            "--clients" => soak.clients = at_least_one(option, &value)?,
            "--sample" => soak.sample = seconds()?.max(Duration::from_secs(1)),
            "--retention" => soak.retention = seconds()?,
            "--csv" => soak.csv = value.into(),
            "--svg" => soak.svg = value.into(),
            _ => subject.read(option, &value)?,
        }
        Ok(())
    })?;
    if wants_help {
        return Ok(Command::Help);
    }
    if !(soak.share > 0.0 && soak.share <= 1.0) {
        return Err("--share is above 0 and at most 1".to_owned());
    }
    soak.folder = subject.folder.clone();
    soak.target = subject.target()?;
    Ok(Command::Soak(soak))
}

fn overload(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut subject = Subject::new();
    let (mut duration, mut clients, mut times) = (Duration::from_secs(15), 64, vec![10, 100]);
    let wants_help = each(arguments, |option, value| {
        match option {
            "--seconds" => duration = Duration::from_secs(number(option, &value)?),
            "--clients" => clients = at_least_one(option, &value)?,
            "--times" => {
                let each = value.split(',').map(|times| at_least_one(option, times));
                times = each.collect::<Result<_, _>>()?;
            }
            _ => subject.read(option, &value)?,
        }
        Ok(())
    })?;
    if wants_help {
        return Ok(Command::Help);
    }
    Ok(Command::Overload(Overload {
        folder: subject.folder.clone(),
        target: subject.target()?,
        duration,
        clients,
        times,
    }))
}

/// Has `take` take each option with its value, up to a wish for help, if there is one.
fn each(
    mut arguments: impl Iterator<Item = String>,
    mut take: impl FnMut(&str, String) -> Result<(), String>,
) -> Result<bool, String> {
    while let Some(option) = arguments.next() {
        if matches!(option.as_str(), "--help" | "-h") {
            return Ok(true);
        }
        let value = arguments
            .next()
            .ok_or_else(|| format!("{option} needs a value"))?;
        take(&option, value)?;
    }
    Ok(false)
}

/// What is put under load, and where data folders are made: the options that every command has.
struct Subject {
    binary: PathBuf,
    folder: PathBuf,
    endpoint: Option<String>,
    pid: Option<u32>,
}

impl Subject {
    fn new() -> Self {
        Self {
            binary: "target/release/stepwell".into(),
            folder: "target/bench".into(),
            endpoint: None,
            pid: None,
        }
    }

    fn read(&mut self, option: &str, value: &str) -> Result<(), String> {
        match option {
            "--binary" => self.binary = value.into(),
            "--folder" => self.folder = value.into(),
            "--endpoint" => self.endpoint = Some(authority(value)),
            "--pid" => self.pid = Some(number(option, value)?),
            _ => return Err(format!("unknown option {option}")),
        }
        Ok(())
    }

    fn target(self) -> Result<Target, String> {
        match (self.endpoint, self.pid) {
            (Some(authority), pid) => Ok(Target::Endpoint { authority, pid }),
            (None, Some(_)) => Err("--pid goes with --endpoint".to_owned()),
            (None, None) => Ok(Target::Binary(self.binary)),
        }
    }
}

fn row(name: &str) -> Result<Row, String> {
    Row::ALL
        .into_iter()
        .find(|row| row.name() == name.trim())
        .ok_or_else(|| format!("there is no row {name:?}"))
}

fn peer(text: &str) -> Result<Side, String> {
    let form = || format!("--peer is NAME=HOST:PORT[,PID[,KEEPS]], not {text:?}");
    let (name, rest) = text.split_once('=').ok_or_else(form)?;
    let mut parts = rest.splitn(3, ',');
    let authority = authority(parts.next().unwrap_or_default());
    if name.is_empty() || !authority.contains(':') {
        return Err(form());
    }
    let pid = match parts.next() {
        None | Some("") => None,
        Some(pid) => Some(number("--peer", pid)?),
    };
    Ok(Side {
        name: name.to_owned(),
        keeps: parts.next().map(str::to_owned),
        target: Target::Endpoint { authority, pid },
    })
}

fn authority(url: &str) -> String {
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
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
        "markdown" => Ok(Output::Markdown),
        "json" => Ok(Output::Json),
        _ => Err(format!("--output is table, markdown or json, not {name:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        match parse(line.split_whitespace().map(str::to_owned))? {
            Command::Measure(options) => Ok(options),
            Command::Help | Command::Soak(_) | Command::Overload(_) => Err("no measurement".to_owned()),
        }
    }

    #[test]
    fn an_endpoint_leaves_out_rows_that_start_a_server() {
        let options = parsed("--endpoint http://127.0.0.1:4566/").expect("a valid line");
        assert!(!options.rows.contains(&Row::Startup) && options.rows.contains(&Row::Pass10));
        assert!(matches!(
            &options.sides[0].target,
            Target::Endpoint { authority, pid: None } if authority == "127.0.0.1:4566"
        ));
    }

    #[test]
    fn peers_stand_beside_ours() {
        let options = parsed("--peer other=127.0.0.1:4566,4711,memory --peer third=[::1]:80").expect("valid");
        let names: Vec<&str> = options.sides.iter().map(|side| side.name.as_str()).collect();
        assert_eq!(names, ["stepwell", "other", "third"]);
        assert_eq!(options.sides[1].keeps.as_deref(), Some("memory"));
        assert!(matches!(
            options.sides[1].target,
            Target::Endpoint { pid: Some(4711), .. }
        ));
    }

    #[test]
    fn a_soak_has_options_of_its_own() {
        let parsed = |line: &str| parse(line.split_whitespace().map(str::to_owned));
        let Ok(Command::Soak(soak)) = parsed("soak --seconds 60 --share 0.25 --endpoint a:1 --pid 7") else {
            panic!("it is a soak");
        };
        assert_eq!((soak.duration, soak.share), (Duration::from_secs(60), 0.25));
        assert!(matches!(soak.target, Target::Endpoint { authority, pid: Some(7) } if authority == "a:1"));
        for wrong in [
            "soak --share 0",
            "soak --share 2",
            "soak --share nan",
            "soak --rows x",
            "soak --seconds",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_overload_has_options_of_its_own() {
        let parsed = |line: &str| parse(line.split_whitespace().map(str::to_owned));
        let Ok(Command::Overload(overload)) = parsed("overload --clients 8 --times 3,30 --seconds 2") else {
            panic!("it is an overload");
        };
        assert_eq!((overload.clients, overload.times), (8, vec![3, 30]));
        assert_eq!(overload.duration, Duration::from_secs(2));
        assert!(parsed("overload --times 0").is_err());
        assert!(parsed("overload --share 1").is_err());
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
        assert_eq!(
            parsed("--peer 127.0.0.1:80").err().as_deref(),
            Some("--peer is NAME=HOST:PORT[,PID[,KEEPS]], not \"127.0.0.1:80\"")
        );
        assert!(parsed("--seconds -1").is_err());
    }

    #[test]
    fn every_row_is_in_the_help() {
        for row in Row::ALL {
            assert!(
                HELP.contains(&format!("\n  {:<10}  ", row.name())),
                "{} is missing",
                row.name()
            );
        }
    }
}

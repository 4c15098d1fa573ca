//! rows: what can be measured, a file for each kind.

mod activities;
mod disk;
mod express;
mod footprint;
mod map;
mod standard;
mod waiting;

use crate::Trouble;
use crate::client::Client;
use crate::definitions;
use crate::load::{Done, Limit, drive};
use crate::machine::{Kind, Machine};
use crate::options::Options;
use crate::process::Usage;
use crate::report::Report;
use crate::server::Server;
use crate::side::{Side, Target};

const CHAIN: usize = 10;
const WARM_UP: usize = 200;

/// A row of the report, or a few that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Size,
    Startup,
    Idle,
    Pass10,
    Followed,
    Latency,
    Express,
    ExpressJsonPath,
    Activities,
    Map,
    Describe,
    Disk,
    Finished,
    Parked,
    Callbacks,
    Restart,
    Timers,
    Fdatasync,
}

impl Row {
    pub(crate) const ALL: [Self; 18] = [
        Self::Size,
        Self::Startup,
        Self::Idle,
        Self::Pass10,
        Self::Followed,
        Self::Latency,
        Self::Express,
        Self::ExpressJsonPath,
        Self::Activities,
        Self::Map,
        Self::Describe,
        Self::Disk,
        Self::Finished,
        Self::Parked,
        Self::Callbacks,
        Self::Restart,
        Self::Timers,
        Self::Fdatasync,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Startup => "startup",
            Self::Idle => "idle",
            Self::Pass10 => "pass10",
            Self::Followed => "followed",
            Self::Latency => "latency",
            Self::Express => "express",
            Self::ExpressJsonPath => "express-jsonpath",
            Self::Activities => "activities",
            Self::Map => "map",
            Self::Describe => "describe",
            Self::Disk => "disk",
            Self::Finished => "finished",
            Self::Parked => "parked",
            Self::Callbacks => "callbacks",
            Self::Restart => "restart",
            Self::Timers => "timers",
            Self::Fdatasync => "fdatasync",
        }
    }

    /// What is being done, for the person who waits for it.
    pub(crate) fn summary(self) -> &'static str {
        match self {
            Self::Size => "looking at the binary",
            Self::Startup => "starting on empty folders",
            Self::Idle => "looking at the memory of an idle server",
            Self::Pass10 => "starting 10-Pass Standard executions",
            Self::Followed => "starting 10-Pass Standard executions, each followed to its end",
            Self::Latency => "starting one 10-Pass Standard execution at a time",
            Self::Express => "running Express executions in JSONata",
            Self::ExpressJsonPath => "running Express executions in JSONPath",
            Self::Activities => "working on activities",
            Self::Map => "mapping over items",
            Self::Describe => "describing an execution",
            Self::Disk => "filling a data folder with finished executions",
            Self::Finished => "finishing many executions and looking at the memory",
            Self::Parked => "parking executions in a Wait state",
            Self::Callbacks => "parking executions that wait for an activity",
            Self::Restart => "parking executions, killing the server and starting it again",
            Self::Timers => "killing the server before many Waits end",
            Self::Fdatasync => "measuring the disk",
        }
    }

    /// Whether it can be measured there: some rows are about a server that bench starts itself.
    pub(crate) fn fits(self, target: &Target) -> bool {
        match (self, target) {
            (
                Self::Size | Self::Startup | Self::Disk | Self::Restart | Self::Timers,
                Target::Endpoint { .. },
            ) => false,
            (Self::Idle | Self::Finished | Self::Parked | Self::Callbacks, Target::Endpoint { pid, .. }) => {
                pid.is_some()
            }
            _ => true,
        }
    }
}

/// One measurement of one row on one side.
pub(crate) struct Run<'a> {
    pub(crate) side: &'a Side,
    pub(crate) options: &'a Options,
    pub(crate) report: &'a mut Report,
}

impl Run<'_> {
    /// Measures a row and adds its figures.
    pub(crate) async fn measure(&mut self, row: Row) -> Result<(), Trouble> {
        match row {
            Row::Size => footprint::size(self),
            Row::Startup => footprint::startup(self).await,
            Row::Idle => footprint::idle(self).await,
            Row::Pass10 => standard::pass10(self).await,
            Row::Followed => standard::followed(self).await,
            Row::Latency => standard::latency(self).await,
            Row::Express => express::jsonata(self).await,
            Row::ExpressJsonPath => express::jsonpath(self).await,
            Row::Activities => activities::measure(self).await,
            Row::Map => map::measure(self).await,
            Row::Describe => standard::describe(self).await,
            Row::Disk => disk::finished(self).await,
            Row::Finished => waiting::finished(self).await,
            Row::Parked => waiting::parked(self).await,
            Row::Callbacks => waiting::callbacks(self).await,
            Row::Restart => waiting::restart(self).await,
            Row::Timers => waiting::timers(self).await,
            Row::Fdatasync => disk::fdatasync(self),
        }
    }

    /// A server on an empty folder, or the one that was named.
    async fn fresh(&self) -> Result<Server, Trouble> {
        self.configured("").await
    }

    /// The same, with a configuration of its own where the server is our own.
    async fn configured(&self, configuration: &str) -> Result<Server, Trouble> {
        Server::fresh(&self.side.target, &self.options.folder, configuration).await
    }

    fn clients(&self, usual: usize) -> usize {
        self.options.clients.unwrap_or(usual)
    }

    fn cpu(&mut self, name: &'static str, done: &Done, usage: &Usage, per: &str) {
        if let Some(seconds) = usage.server_seconds {
            let how = format!(
                "/proc/PID/stat of the server and its children: {seconds:.2} s over the run, per {per}"
            );
            self.report
                .cost(name, seconds * 1e3 / done.count.max(1) as f64, "ms", how);
        }
    }
}

async fn pass_chain_machine(server: &Server) -> Result<Machine, Trouble> {
    Machine::create(
        server.authority(),
        Kind::Standard,
        &definitions::pass_chain(CHAIN),
    )
    .await
}

/// Runs a few executions, so that what happens once does not count.
async fn warm_up(server: &Server, machine: &Machine) -> Result<(), Trouble> {
    start_all(server, machine, 8, Limit::Count(WARM_UP)).await?;
    machine.settle(&mut Client::new(server.authority())).await
}

async fn start_all(
    server: &Server,
    machine: &Machine,
    clients: usize,
    limit: Limit,
) -> Result<Done, Trouble> {
    start_all_with(server, machine, clients, limit, definitions::pass_chain_input).await
}

async fn start_all_with(
    server: &Server,
    machine: &Machine,
    clients: usize,
    limit: Limit,
    input: impl Fn(usize) -> String + 'static,
) -> Result<Done, Trouble> {
    let machine = machine.clone();
    let start =
        async move |client: &mut Client, number: usize| machine.start(client, &input(number)).await.map(drop);
    drive(server.authority(), clients, limit, start).await
}

/// What a reader should know before trusting a rate.
fn circumstances(done: &Done, usage: &Usage) -> String {
    let mut text = format!("; others used {:.2} cores", usage.others_cores);
    if done.throttled > 0 {
        text += &format!("; throttled {} times", done.throttled);
    }
    text
}

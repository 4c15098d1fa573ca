//! Limits: AWS's quotas and rates as the `[limits]` table of `stepwell.toml` has them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use anyhow::{bail, ensure};
use api::Operation;
use runtime::{Limits, Rate};
use serde::Deserialize;
use server::{Region, Throttling};

/// The name under which starts of Express executions have their rate.
const EXPRESS_STARTS: &str = "StartExecution-express";

/// The name under which state transitions have their rate.
const STATE_TRANSITIONS: &str = "StateTransition";

/// The `[limits]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    payload_bytes: Option<usize>,
    definition_bytes: Option<usize>,
    request_bytes: Option<usize>,
    history_events: Option<u64>,
    variable_bytes: Option<usize>,
    assign_bytes: Option<usize>,
    variables_bytes: Option<usize>,
    inline_map_concurrency: Option<u32>,
    standard_seconds: Option<u64>,
    express_seconds: Option<u64>,
    http_task_seconds: Option<u64>,
    test_state_seconds: Option<u64>,
    redrivable_days: Option<u64>,
    state_machines: Option<usize>,
    activities: Option<usize>,
    open_executions: Option<usize>,
    versions: Option<usize>,
    aliases: Option<usize>,
    tags: Option<usize>,
    open_map_runs: Option<usize>,
    map_run_executions: Option<usize>,
    #[serde(default)]
    throttling: Preset,
    #[serde(default)]
    rates: BTreeMap<String, RateConfig>,
}

/// Which rates count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Preset {
    /// None but those in `[limits.rates]`.
    #[default]
    Off,
    /// AWS's in its three large regions.
    LargeRegions,
    /// AWS's in all other regions.
    OtherRegions,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateConfig {
    bucket: u32,
    refill: u32,
}

impl LimitsConfig {
    /// What the server keeps to.
    ///
    /// # Errors
    ///
    /// A value that makes no sense, by its key and with what may stand there.
    pub(crate) fn limits(&self) -> anyhow::Result<Limits> {
        let aws = Limits::default();
        let executions = self.executions(&aws.executions)?;
        let own = self.rates.get(STATE_TRANSITIONS).map(|rate| rate.rate());
        Ok(Limits {
            request_bytes: self.request_bytes(&executions, aws.request_bytes)?,
            executions,
            state_machines: within("state_machines", self.state_machines, aws.state_machines, COUNT)?,
            activities: within("activities", self.activities, aws.activities, COUNT)?,
            open_executions: within(
                "open_executions",
                self.open_executions,
                aws.open_executions,
                COUNT,
            )?,
            versions: within("versions", self.versions, aws.versions, 1..=100_000)?,
            aliases: within("aliases", self.aliases, aws.aliases, 1..=100_000)?,
            tags: within("tags", self.tags, aws.tags, 1..=1000)?,
            test_state_seconds: within(
                "test_state_seconds",
                self.test_state_seconds,
                aws.test_state_seconds,
                SECONDS,
            )?,
            open_map_runs: within(
                "open_map_runs",
                self.open_map_runs,
                aws.open_map_runs,
                1..=1_000_000,
            )?,
            map_run_executions: within(
                "map_run_executions",
                self.map_run_executions,
                aws.map_run_executions,
                1..=1_000_000,
            )?,
            state_transitions: own.or_else(|| self.throttling.region().map(Region::state_transitions)),
        })
    }

    /// What definitions and executions keep to. Where only the smaller of two limits is raised, the larger one
    /// goes along.
    fn executions(&self, aws: &asl::Limits) -> anyhow::Result<asl::Limits> {
        let payload_bytes = within("payload_bytes", self.payload_bytes, aws.payload_bytes, DATA)?;
        let variable_bytes = within("variable_bytes", self.variable_bytes, aws.variable_bytes, DATA)?;
        let assign_bytes = self.assign_bytes;
        let assign_bytes = within(
            "assign_bytes",
            assign_bytes,
            aws.assign_bytes.max(variable_bytes),
            DATA,
        )?;
        let variables_bytes = within(
            "variables_bytes",
            self.variables_bytes,
            aws.variables_bytes.max(assign_bytes),
            1024..=1 << 30,
        )?;
        at_least("assign_bytes", assign_bytes, "variable_bytes", variable_bytes)?;
        at_least("variables_bytes", variables_bytes, "assign_bytes", assign_bytes)?;
        let days = aws.redrivable_seconds / DAY;
        let days = within("redrivable_days", self.redrivable_days, days, 0..=36_500)?;
        Ok(asl::Limits {
            payload_bytes,
            definition_bytes: within(
                "definition_bytes",
                self.definition_bytes,
                aws.definition_bytes,
                1024..=64 << 20,
            )?,
            history_events: within(
                "history_events",
                self.history_events,
                aws.history_events,
                10..=1_000_000,
            )?,
            variable_bytes,
            assign_bytes,
            variables_bytes,
            inline_map_concurrency: within(
                "inline_map_concurrency",
                self.inline_map_concurrency,
                aws.inline_map_concurrency,
                1..=10_000,
            )?,
            standard_seconds: within(
                "standard_seconds",
                self.standard_seconds,
                aws.standard_seconds,
                SECONDS,
            )?,
            express_seconds: within(
                "express_seconds",
                self.express_seconds,
                aws.express_seconds,
                SECONDS,
            )?,
            redrivable_seconds: days * DAY,
            http_task_seconds: within(
                "http_task_seconds",
                self.http_task_seconds,
                aws.http_task_seconds,
                SECONDS,
            )?,
        })
    }

    /// A request has room for what it carries, which is longer as a member of its JSON text: AWS allows four
    /// times a payload.
    fn request_bytes(&self, executions: &asl::Limits, aws: usize) -> anyhow::Result<usize> {
        let asl::Limits {
            payload_bytes,
            definition_bytes,
            ..
        } = *executions;
        let mut room = aws.max(4 * payload_bytes);
        if definition_bytes > asl::Limits::AWS.definition_bytes {
            room = room.max(2 * definition_bytes);
        }
        let request_bytes = within("request_bytes", self.request_bytes, room, 1024..=256 << 20)?;
        at_least("request_bytes", request_bytes, "payload_bytes", payload_bytes)?;
        at_least(
            "request_bytes",
            request_bytes,
            "definition_bytes",
            definition_bytes,
        )?;
        Ok(request_bytes)
    }

    /// How often operations may be called; nothing when that is nobody's business.
    pub(crate) fn throttling(&self) -> anyhow::Result<Option<Throttling>> {
        let preset = self.throttling.region().map(Throttling::of);
        let is_off = preset.is_none();
        let mut throttling = preset.unwrap_or_else(Throttling::none);
        let mut own = 0;
        for (name, rate) in &self.rates {
            if name == STATE_TRANSITIONS {
                continue;
            }
            own += 1;
            if name == EXPRESS_STARTS {
                throttling = throttling.with_express_starts(rate.rate());
                continue;
            }
            let Some(operation) = Operation::from_target(&format!("AWSStepFunctions.{name}")) else {
                bail!(
                    "[limits.rates]: `{name}` is no operation of the API; use the name of one, as in StartExecution, \
                     or {EXPRESS_STARTS} or {STATE_TRANSITIONS}"
                );
            };
            throttling = throttling.with(operation, rate.rate());
        }
        Ok((!is_off || own > 0).then_some(throttling))
    }
}

/// How many of something there may be.
const COUNT: RangeInclusive<usize> = 1..=1_000_000_000;

/// How large one piece of data may be: what the store keeps as one.
const DATA: RangeInclusive<usize> = 1024..=32 << 20;

/// How long something may take: up to a hundred years.
const SECONDS: RangeInclusive<u64> = 1..=36_500 * DAY;

const DAY: u64 = 86_400;

/// What was set, or else the default; what was set must make sense.
fn within<T: Copy + PartialOrd + fmt::Display>(
    key: &str,
    set: Option<T>,
    default: T,
    range: RangeInclusive<T>,
) -> anyhow::Result<T> {
    let value = set.unwrap_or(default);
    ensure!(
        range.contains(&value),
        "[limits]: `{key}` is {value}; it must be from {} to {}",
        range.start(),
        range.end()
    );
    Ok(value)
}

fn at_least(key: &str, value: usize, other: &str, least: usize) -> anyhow::Result<()> {
    ensure!(
        value >= least,
        "[limits]: `{key}` is {value}; it must be at least `{other}`, which is {least}"
    );
    Ok(())
}

impl Preset {
    fn region(self) -> Option<Region> {
        match self {
            Self::Off => None,
            Self::LargeRegions => Some(Region::Large),
            Self::OtherRegions => Some(Region::Other),
        }
    }
}

impl RateConfig {
    fn rate(self) -> Rate {
        Rate {
            bucket: self.bucket,
            refill: self.refill,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> LimitsConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn nothing_is_throttled_unless_asked_for() {
        let config = LimitsConfig::default();
        assert_eq!(config.throttling().unwrap(), None);
        assert_eq!(config.limits().unwrap(), Limits::default());
        assert_eq!(config.limits().unwrap().state_transitions, None);
    }

    #[test]
    fn presets_have_awss_rates() {
        let config = read("throttling = \"large-regions\"");
        assert_eq!(config.throttling().unwrap(), Some(Throttling::of(Region::Large)));
        let transitions = config.limits().unwrap().state_transitions.unwrap();
        assert_eq!((transitions.bucket, transitions.refill), (5000, 5000));
        let config = read("throttling = \"other-regions\"");
        assert_eq!(config.limits().unwrap().state_transitions.unwrap().refill, 800);
    }

    #[test]
    fn single_rates_win_over_the_preset() {
        let config = read(
            "open_executions = 5\nredrivable_days = 2\n[rates]\nStopExecution = { bucket = 2, refill = 1 }\n\
             StartExecution-express = { bucket = 7, refill = 7 }\nStateTransition = { bucket = 9, refill = 3 }",
        );
        let rate = |bucket, refill| Rate { bucket, refill };
        let expected = Throttling::none()
            .with_express_starts(rate(7, 7))
            .with(Operation::StopExecution, rate(2, 1));
        assert_eq!(config.throttling().unwrap(), Some(expected));
        assert_eq!(config.limits().unwrap().open_executions, 5);
        assert_eq!(config.limits().unwrap().executions.redrivable_seconds, 172_800);
        assert_eq!(config.limits().unwrap().state_transitions, Some(rate(9, 3)));
    }

    #[test]
    fn names_that_do_not_exist_are_refused() {
        let config = read("[rates]\nStarExecution = { bucket = 2, refill = 1 }");
        let error = config.throttling().unwrap_err().to_string();
        assert!(error.contains("`StarExecution` is no operation"), "{error}");
        assert!(toml::from_str::<LimitsConfig>("machines = 1").is_err());
        assert!(toml::from_str::<LimitsConfig>("throttling = \"on\"").is_err());
    }

    #[test]
    fn raised_limits_take_the_larger_ones_along() {
        let limits = read("payload_bytes = 10_485_760\nvariable_bytes = 20_000_000")
            .limits()
            .unwrap();
        assert_eq!(limits.executions.payload_bytes, 10_485_760);
        assert_eq!(limits.request_bytes, 41_943_040);
        assert_eq!(limits.executions.assign_bytes, 20_000_000);
        assert_eq!(limits.executions.variables_bytes, 20_000_000);
        let limits = read("definition_bytes = 4_000_000").limits().unwrap();
        assert_eq!(limits.request_bytes, 8_000_000);
    }

    #[test]
    fn values_that_make_no_sense_are_named_with_what_may_stand_there() {
        for (text, error) in [
            (
                "payload_bytes = 0",
                "[limits]: `payload_bytes` is 0; it must be from 1024 to 33554432",
            ),
            (
                "history_events = 5",
                "[limits]: `history_events` is 5; it must be from 10 to 1000000",
            ),
            (
                "express_seconds = 0",
                "[limits]: `express_seconds` is 0; it must be from 1 to 3153600000",
            ),
            (
                "inline_map_concurrency = 0",
                "[limits]: `inline_map_concurrency` is 0; it must be from 1 to 10000",
            ),
            (
                "request_bytes = 2048",
                "[limits]: `request_bytes` is 2048; it must be at least `payload_bytes`, which is 262144",
            ),
            (
                "assign_bytes = 2048",
                "[limits]: `assign_bytes` is 2048; it must be at least `variable_bytes`, which is 262144",
            ),
            (
                "versions = 0",
                "[limits]: `versions` is 0; it must be from 1 to 100000",
            ),
        ] {
            assert_eq!(read(text).limits().unwrap_err().to_string(), error);
        }
        let negative = toml::from_str::<LimitsConfig>("versions = -1").unwrap_err();
        assert!(negative.to_string().contains("versions = -1"), "{negative}");
    }
}

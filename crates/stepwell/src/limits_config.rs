//! Limits: AWS's quotas and rates as the `[limits]` table of `stepwell.toml` has them.

use std::collections::BTreeMap;

use anyhow::bail;
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
    state_machines: Option<usize>,
    activities: Option<usize>,
    open_executions: Option<usize>,
    redrivable_days: Option<u64>,
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
    /// What the runtime keeps to.
    pub(crate) fn limits(&self) -> Limits {
        let defaults = Limits::default();
        let own = self.rates.get(STATE_TRANSITIONS).map(|rate| rate.rate());
        Limits {
            state_machines: self.state_machines.unwrap_or(defaults.state_machines),
            activities: self.activities.unwrap_or(defaults.activities),
            open_executions: self.open_executions.unwrap_or(defaults.open_executions),
            redrivable_seconds: self
                .redrivable_days
                .map_or(defaults.redrivable_seconds, |days| days.saturating_mul(86_400)),
            state_transitions: own.or_else(|| self.throttling.region().map(Region::state_transitions)),
        }
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
        assert_eq!(config.limits(), Limits::default());
        assert_eq!(config.limits().state_transitions, None);
    }

    #[test]
    fn presets_have_awss_rates() {
        let config = read("throttling = \"large-regions\"");
        assert_eq!(config.throttling().unwrap(), Some(Throttling::of(Region::Large)));
        let transitions = config.limits().state_transitions.unwrap();
        assert_eq!((transitions.bucket, transitions.refill), (5000, 5000));
        let config = read("throttling = \"other-regions\"");
        assert_eq!(config.limits().state_transitions.unwrap().refill, 800);
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
        assert_eq!(config.limits().open_executions, 5);
        assert_eq!(config.limits().redrivable_seconds, 172_800);
        assert_eq!(config.limits().state_transitions, Some(rate(9, 3)));
    }

    #[test]
    fn names_that_do_not_exist_are_refused() {
        let config = read("[rates]\nStarExecution = { bucket = 2, refill = 1 }");
        let error = config.throttling().unwrap_err().to_string();
        assert!(error.contains("`StarExecution` is no operation"), "{error}");
        assert!(toml::from_str::<LimitsConfig>("machines = 1").is_err());
        assert!(toml::from_str::<LimitsConfig>("throttling = \"on\"").is_err());
    }
}

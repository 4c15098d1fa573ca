//! Retention: how long executions are known after their end, as the `[retention]` table of `stepwell.toml` says.

use std::time::Duration;

use anyhow::bail;
use serde::Deserialize;

/// As on AWS.
const DAYS: f64 = 90.0;

const DAY_SECONDS: f64 = 86_400.0;

/// The `[retention]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionConfig {
    days: Option<Days>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Days {
    Count(f64),
    Named(String),
}

impl RetentionConfig {
    /// How long an execution is known after its end; nothing when that is for ever.
    pub(crate) fn retention(&self) -> anyhow::Result<Option<Duration>> {
        let days = match &self.days {
            None => DAYS,
            Some(Days::Count(days)) => *days,
            Some(Days::Named(name)) if name == "forever" => return Ok(None),
            Some(Days::Named(name)) => {
                bail!("[retention]: `days` is a number of days or \"forever\", and not \"{name}\"")
            }
        };
        match Duration::try_from_secs_f64(days * DAY_SECONDS) {
            Ok(retention) => Ok(Some(retention)),
            Err(_) => {
                bail!("[retention]: `days` is {days}, and must be 0 or more; \"forever\" keeps everything")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retention(text: &str) -> anyhow::Result<Option<Duration>> {
        toml::from_str::<RetentionConfig>(text)?.retention()
    }

    #[test]
    fn executions_are_known_for_ninety_days_unless_something_else_is_said() {
        let days = |days: u64| Some(Duration::from_secs(days * 86_400));
        assert_eq!(retention("").unwrap(), days(90));
        assert_eq!(retention("days = 7").unwrap(), days(7));
        assert_eq!(
            retention("days = 0.5").unwrap(),
            Some(Duration::from_secs(43_200))
        );
        assert_eq!(retention("days = 0").unwrap(), Some(Duration::ZERO));
        assert_eq!(retention("days = \"forever\"").unwrap(), None);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "days = -1",
            "days = \"ever\"",
            "days = nan",
            "days = 1e300",
            "weeks = 1",
        ] {
            assert!(retention(text).is_err(), "{text}");
        }
    }
}

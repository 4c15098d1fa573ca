//! Seats: the names and ARNs of a map run's executions.
//!
//! They follow from the map run and the number of the execution, so that the same one is never started twice.

use json::Str;
use store::{ExecId, MapSeat, Redriven};

use crate::chance::{mix, uuid_of};

/// What an execution of a map run needs to know of it.
#[derive(Debug, Clone)]
pub(crate) struct ChildOf {
    /// The map run's ARN.
    pub(crate) map_run_arn: Str,
    /// The state machine with the Map's label.
    pub(crate) machine_arn: Str,
    /// Whether it is an Express execution.
    pub(crate) express: bool,
    /// Which one it is.
    pub(crate) seat: MapSeat,
    /// The Express execution that it runs again, if it does, and how often that was redriven with this.
    pub(crate) again: Option<(ExecId, Redriven)>,
}

/// The label in a map run's ARN: `…:mapRun:NAME/LABEL:UUID`.
pub(crate) fn label(map_run_arn: &str) -> Option<&str> {
    let (_, rest) = map_run_arn.split_once('/')?;
    Some(rest.split_once(':')?.0)
}

/// The names of the executions of one map run.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    /// What the ARNs begin with, the last colon included.
    prefix: String,
    express: bool,
    hash: (u64, u64),
}

impl Seats {
    pub(super) fn new(map_run_arn: &str, express: bool) -> Self {
        let resource = if express { ":express:" } else { ":execution:" };
        let (machine, _) = map_run_arn.rsplit_once(':').unwrap_or_default();
        let hash = |start: u64| {
            map_run_arn.bytes().fold(start, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        };
        Self {
            prefix: format!("{}:", machine.replacen(":mapRun:", resource, 1)),
            express,
            hash: (hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325_cbf2_9ce4)),
        }
    }

    /// Whether they are Express executions.
    pub(super) fn is_express(&self) -> bool {
        self.express
    }

    /// The name of an execution.
    pub(super) fn name(&self, index: u64) -> String {
        let (high, low) = self.hash;
        uuid_of(mix(high ^ mix(index)), mix(low.wrapping_add(index))).to_string()
    }

    /// Its ARN.
    pub(super) fn arn(&self, index: u64) -> Str {
        let name = self.name(index);
        if !self.express {
            return format!("{}{name}", self.prefix).into();
        }
        let (high, low) = self.hash;
        let id = uuid_of(mix(low ^ mix(index)), mix(high.wrapping_sub(index)));
        format!("{}{name}:{id}", self.prefix).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str =
        "arn:aws:states:us-east-1:000000000000:mapRun:m/Items:0b26e34b-36b2-4b18-8ba3-63e39d5ae2c1";

    #[test]
    fn an_execution_always_has_the_same_name() {
        let (one, other) = (Seats::new(RUN, false), Seats::new(RUN, false));
        assert_eq!(one.arn(7), other.arn(7));
        let names: std::collections::HashSet<String> = (0..10_000).map(|index| one.name(index)).collect();
        assert_eq!(names.len(), 10_000);
        assert_ne!(Seats::new(&RUN[..RUN.len() - 1], false).name(7), one.name(7));
    }

    #[test]
    fn arns_have_the_label() {
        let name = Seats::new(RUN, false).name(0);
        let prefix = "arn:aws:states:us-east-1:000000000000";
        let arn = Seats::new(RUN, false).arn(0);
        assert_eq!(*arn, *format!("{prefix}:execution:m/Items:{name}"));
        assert!(arn.parse::<ids::ExecutionArn>().is_ok());
        let express = Seats::new(RUN, true).arn(0);
        assert!(express.starts_with(&format!("{prefix}:express:m/Items:{name}:")));
        assert!(express.parse::<ids::ExecutionArn>().is_ok());
        assert_eq!(label(RUN), Some("Items"));
        assert_eq!(label("arn:aws:states:us-east-1:000000000000:execution:m:e"), None);
    }
}

//! Throttling: how often an account may call an operation. Off unless it is asked for.

use api::{ApiError, Caller, Operation};
use engine::Millis;
use ids::Scope;
use runtime::{Buckets, Rate};
use store::MachineKind;

/// Which of AWS's tables counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// US East (N. Virginia), US West (Oregon) and Europe (Ireland).
    Large,
    /// All the others.
    Other,
}

/// How often accounts may call operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttling {
    /// By operation; without a rate, an operation may be called as often as anybody likes.
    rates: Vec<(Operation, Rate)>,
    /// Starts of Express executions, which do not count as calls of `StartExecution`.
    express_starts: Option<Rate>,
}

/// AWS's rate of Express starts, which is the same everywhere.
const EXPRESS_STARTS: Rate = Rate {
    bucket: 6000,
    refill: 6000,
};

impl Region {
    /// AWS's rate of state transitions of Standard executions.
    pub fn state_transitions(self) -> Rate {
        let rate = match self {
            Self::Large => 5000,
            Self::Other => 800,
        };
        Rate {
            bucket: rate,
            refill: rate,
        }
    }
}

impl Throttling {
    /// AWS's rates.
    pub fn of(region: Region) -> Self {
        let rate = |operation: Operation| {
            let [large, other] = operation.rates()?;
            let (bucket, refill) = match region {
                Region::Large => large,
                Region::Other => other,
            };
            Some((operation, Rate { bucket, refill }))
        };
        Self {
            rates: Operation::ALL.into_iter().filter_map(rate).collect(),
            express_starts: Some(EXPRESS_STARTS),
        }
    }

    /// No rates: a table to be filled.
    pub fn none() -> Self {
        Self {
            rates: Vec::new(),
            express_starts: None,
        }
    }

    /// The same with another rate for an operation.
    pub fn with(mut self, operation: Operation, rate: Rate) -> Self {
        self.rates.retain(|(known, _)| *known != operation);
        self.rates.push((operation, rate));
        self
    }

    /// The same with another rate for starts of Express executions.
    pub fn with_express_starts(mut self, rate: Rate) -> Self {
        self.express_starts = Some(rate);
        self
    }

    fn rate(&self, operation: Operation) -> Option<Rate> {
        let known = self.rates.iter().find(|(known, _)| *known == operation);
        known.map(|(_, rate)| *rate)
    }
}

/// Counts the calls of each account in each region.
#[derive(Debug)]
pub(crate) struct Throttle {
    throttling: Throttling,
    buckets: Buckets<(Counted, Scope)>,
}

/// What has a bucket of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Calls(Operation),
    ExpressStarts,
}

impl Throttle {
    pub(crate) fn new(throttling: Throttling) -> Self {
        Self {
            throttling,
            buckets: Buckets::default(),
        }
    }

    /// Counts a call. Starts are counted once it is known what is started: see [`Throttle::start`].
    pub(crate) fn call(&self, operation: Operation, caller: &Caller, now: Millis) -> Result<(), ApiError> {
        if operation == Operation::StartExecution {
            return Ok(());
        }
        self.count(
            Counted::Calls(operation),
            self.throttling.rate(operation),
            caller,
            now,
        )
    }

    /// Counts a call of `StartExecution`.
    pub(crate) fn start(&self, kind: MachineKind, caller: &Caller, now: Millis) -> Result<(), ApiError> {
        let start = Operation::StartExecution;
        match kind {
            MachineKind::Standard => {
                self.count(Counted::Calls(start), self.throttling.rate(start), caller, now)
            }
            MachineKind::Express => self.count(
                Counted::ExpressStarts,
                self.throttling.express_starts,
                caller,
                now,
            ),
        }
    }

    fn count(
        &self,
        counted: Counted,
        rate: Option<Rate>,
        caller: &Caller,
        now: Millis,
    ) -> Result<(), ApiError> {
        let Some(rate) = rate else { return Ok(()) };
        let key = (counted, caller.scope.clone());
        if self.buckets.with(key, rate, now, |bucket| bucket.take(now)) {
            return Ok(());
        }
        Err(ApiError::throttling_exception("Rate exceeded"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(count: usize, mut call: impl FnMut() -> Result<(), ApiError>) -> usize {
        (0..count).filter(|_| call().is_ok()).count()
    }

    #[test]
    fn operations_have_awss_buckets_in_each_region() {
        let caller = Caller::default();
        for (region, operation, bucket, refill) in [
            (Region::Large, Operation::DescribeExecution, 300, 15),
            (Region::Other, Operation::DescribeExecution, 250, 10),
            (Region::Large, Operation::StopExecution, 1000, 200),
            (Region::Other, Operation::StopExecution, 500, 25),
            (Region::Other, Operation::CreateStateMachine, 100, 1),
        ] {
            let throttle = Throttle::new(Throttling::of(region));
            let call = |now| throttle.call(operation, &caller, Millis(now));
            assert_eq!(allowed(2000, || call(0)), bucket, "{operation}");
            assert_eq!(allowed(2000, || call(1000)), refill, "{operation}");
            assert_eq!(
                call(1000).unwrap_err().to_string(),
                "ThrottlingException: Rate exceeded"
            );
        }
    }

    #[test]
    fn starts_count_by_the_type_of_what_is_started() {
        let throttle = Throttle::new(Throttling::of(Region::Other));
        let caller = Caller::default();
        let start = |kind| throttle.start(kind, &caller, Millis(0));
        assert_eq!(allowed(9000, || start(MachineKind::Standard)), 800);
        assert_eq!(allowed(9000, || start(MachineKind::Express)), 6000);
        assert!(
            throttle
                .call(Operation::StartExecution, &caller, Millis(0))
                .is_ok()
        );
    }

    #[test]
    fn accounts_and_operations_do_not_share_buckets() {
        let rate = Rate { bucket: 1, refill: 1 };
        let throttling = Throttling::none()
            .with(Operation::ListActivities, rate)
            .with(Operation::ListStateMachines, rate);
        let throttle = Throttle::new(throttling);
        let caller = Caller::default();
        let mut other = Caller::default();
        other.scope.account = "111122223333".into();
        let call = |operation, caller: &Caller| throttle.call(operation, caller, Millis(0)).is_ok();
        assert!(call(Operation::ListActivities, &caller));
        assert!(!call(Operation::ListActivities, &caller));
        assert!(call(Operation::ListActivities, &other));
        assert!(call(Operation::ListStateMachines, &caller));
        assert!(
            (0..1000).all(|_| call(Operation::StopExecution, &caller)),
            "it has no rate"
        );
    }
}

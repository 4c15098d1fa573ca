//! Redrive: whether an execution can go on from where it ended, and AWS's words for why not.

use asl::Limits;
use engine::{Millis, Outcome};

use crate::executions::Described;

/// Why an execution cannot be redriven. Prints as AWS's `redriveStatusReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRedrivable {
    /// It runs.
    #[error("Execution is RUNNING and cannot be redriven")]
    Running,
    /// There is nothing to be done again.
    #[error("Execution is SUCCEEDED and cannot be redriven")]
    Succeeded,
    /// Its state machine is being deleted, or gone.
    #[error("State machine is in DELETING status")]
    Deleting,
    /// It is an execution of a map run, which redrives its executions itself.
    #[error("Execution can only be redriven by redriving the execution that started its Map Run")]
    ByMapRun,
    /// Its history has no room for what would follow.
    #[error("Execution history event limit exceeded")]
    HistoryFull,
    /// It began longer ago than an execution may be open.
    #[error("Execution has exceeded the max execution time")]
    OpenTooLong,
    /// It ended too long ago.
    #[error("Execution redrivable period exceeded")]
    TooLate,
}

impl Described {
    /// Why it cannot be redriven at a moment; nothing when it can, as far as it knows itself: see
    /// [`NotRedrivable::Deleting`].
    pub fn redrive_refusal(&self, now: Millis, limits: &Limits) -> Option<NotRedrivable> {
        match &self.outcome {
            None => return Some(NotRedrivable::Running),
            Some(Outcome::Succeeded(_)) => return Some(NotRedrivable::Succeeded),
            Some(Outcome::Failed(_) | Outcome::TimedOut(_) | Outcome::Aborted(_)) => {}
        }
        if self.events >= limits.redrive_events() {
            return Some(NotRedrivable::HistoryFull);
        }
        if now >= self.started.after_seconds(limits.standard_seconds) {
            return Some(NotRedrivable::OpenTooLong);
        }
        let stopped = self.stopped.unwrap_or(self.started);
        (now > stopped.after_seconds(limits.redrivable_seconds)).then_some(NotRedrivable::TooLate)
    }
}

#[cfg(test)]
mod tests {
    use engine::Ending;
    use json::{Payload, Value};

    use super::*;

    const DAY: i64 = 86_400_000;

    fn ended(outcome: Option<Outcome>) -> Described {
        Described {
            arn: "arn:aws:states:us-east-1:000000000000:execution:m:e".into(),
            name: "e".into(),
            machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m".into(),
            version_arn: None,
            alias_arn: None,
            map_run_arn: None,
            trace_header: None,
            started: Millis(0),
            stopped: outcome.is_some().then_some(Millis(DAY)),
            input: Payload::from(Value::Null),
            outcome,
            redriven: None,
            events: 5,
        }
    }

    fn failed() -> Described {
        ended(Some(Outcome::Failed(Ending::default())))
    }

    fn reason(described: &Described, now: i64) -> String {
        described
            .redrive_refusal(Millis(now), &Limits::AWS)
            .map_or_else(String::new, |refusal| refusal.to_string())
    }

    #[test]
    fn what_ended_without_success_can_be_redriven() {
        for outcome in [Outcome::Failed, Outcome::TimedOut, Outcome::Aborted] {
            assert_eq!(reason(&ended(Some(outcome(Ending::default()))), 2 * DAY), "");
        }
        let succeeded = ended(Some(Outcome::Succeeded(Payload::from(Value::Null))));
        assert_eq!(
            reason(&succeeded, DAY),
            "Execution is SUCCEEDED and cannot be redriven"
        );
        assert_eq!(
            reason(&ended(None), DAY),
            "Execution is RUNNING and cannot be redriven"
        );
    }

    #[test]
    fn redrives_are_possible_for_a_fortnight() {
        assert_eq!(reason(&failed(), 15 * DAY), "");
        assert_eq!(
            reason(&failed(), 15 * DAY + 1),
            "Execution redrivable period exceeded"
        );
        assert_eq!(
            failed().redrive_refusal(
                Millis(15 * DAY + 1),
                &Limits {
                    redrivable_seconds: u64::MAX,
                    ..Limits::AWS
                }
            ),
            None,
            "the period is a setting"
        );
    }

    #[test]
    fn redrives_need_room_in_the_history() {
        let full = |events| Described { events, ..failed() };
        assert_eq!(reason(&full(24_998), DAY), "");
        assert_eq!(
            reason(&full(24_999), DAY),
            "Execution history event limit exceeded"
        );
    }

    #[test]
    fn no_execution_is_open_for_more_than_a_year() {
        let late = Described {
            stopped: Some(Millis(360 * DAY)),
            ..failed()
        };
        assert_eq!(reason(&late, 365 * DAY - 1), "");
        assert_eq!(
            reason(&late, 365 * DAY),
            "Execution has exceeded the max execution time"
        );
    }
}

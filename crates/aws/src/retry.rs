//! Retry: which failed attempts are made again, how often and how soon: the SDKs' standard mode.

use std::sync::Mutex;
use std::time::Duration;

use crate::wire::Refusal;

/// How often a request is sent at most.
pub(crate) const ATTEMPTS_MAX: u32 = 3;

/// The longest pause between attempts.
const PAUSE_MAX: Duration = Duration::from_secs(20);

const TOKENS_MAX: u32 = 500;
const RETRY_TOKENS: u32 = 5;

const THROTTLED: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

const TRANSIENT: [&str; 3] = ["InternalError", "RequestTimeout", "RequestTimeoutException"];

/// Why an attempt may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The service is asked too much.
    Throttled,
    /// It may be better next time.
    Transient,
}

/// Whether a service's refusal may be its last word.
pub(crate) fn reason(refusal: &Refusal) -> Option<Reason> {
    let code = refusal.code.as_str();
    if THROTTLED.contains(&code) || refusal.status == 429 {
        return Some(Reason::Throttled);
    }
    let is_transient = TRANSIENT.contains(&code) || matches!(refusal.status, 500 | 502 | 503 | 504);
    is_transient.then_some(Reason::Transient)
}

/// How long to wait after this many attempts. `chance` lies between 0 and 1.
pub(crate) fn pause(reason: Reason, attempts: u32, chance: f64) -> Duration {
    let base = match reason {
        Reason::Throttled => Duration::from_secs(1),
        Reason::Transient => Duration::from_millis(100),
    };
    let longest = base.saturating_mul(1 << attempts.saturating_sub(1).min(10));
    longest.min(PAUSE_MAX).mul_f64(chance.clamp(0.0, 1.0))
}

/// Keeps a service that is down from being asked three times as often: retries cost, successes pay back.
#[derive(Debug)]
pub(crate) struct Quota(Mutex<u32>);

impl Quota {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(TOKENS_MAX))
    }

    /// Pays for a retry, unless too many were made.
    pub(crate) fn take(&self) -> bool {
        let mut tokens = self.0.lock().expect("nobody panics while holding it");
        let Some(left) = tokens.checked_sub(RETRY_TOKENS) else {
            return false;
        };
        *tokens = left;
        true
    }

    /// A call succeeded, after this many attempts.
    pub(crate) fn pay_back(&self, attempts: u32) {
        let paid = if attempts > 1 { RETRY_TOKENS } else { 1 };
        let mut tokens = self.0.lock().expect("nobody panics while holding it");
        *tokens = (*tokens + paid).min(TOKENS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, status: u16) -> Refusal {
        Refusal {
            code: code.to_owned(),
            message: None,
            status,
            request_id: None,
            extended_request_id: None,
        }
    }

    #[test]
    fn throttles_and_faults_are_tried_again() {
        assert_eq!(
            reason(&refusal("ThrottlingException", 400)),
            Some(Reason::Throttled)
        );
        assert_eq!(reason(&refusal("", 429)), Some(Reason::Throttled));
        assert_eq!(reason(&refusal("Whatever", 503)), Some(Reason::Transient));
        assert_eq!(reason(&refusal("ValidationException", 400)), None);
        assert_eq!(reason(&refusal("NotImplemented", 501)), None);
    }

    #[test]
    fn pauses_double_up_to_a_limit() {
        assert_eq!(pause(Reason::Transient, 1, 1.0), Duration::from_millis(100));
        assert_eq!(pause(Reason::Transient, 2, 0.5), Duration::from_millis(100));
        assert_eq!(pause(Reason::Throttled, 2, 1.0), Duration::from_secs(2));
        assert_eq!(pause(Reason::Throttled, 99, 1.0), PAUSE_MAX);
    }

    #[test]
    fn retries_end_where_nothing_succeeds() {
        let quota = Quota::new();
        assert_eq!((0..200).filter(|_| quota.take()).count(), 100);
        quota.pay_back(2);
        assert!(quota.take() && !quota.take());
    }
}

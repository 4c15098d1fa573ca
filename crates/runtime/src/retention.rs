//! Retention: executions are known for a while after their end, then they are removed with all that is stored of them.

use std::sync::Weak;

use asl::Limits;
use engine::Millis;
use store::NextExpiry;

use crate::settings::Settings;
use crate::shared::Shared;

/// When removing begins after the server has started: until then, what was under way is taken up.
const FIRST_MILLIS: i64 = 10_000;

/// What has come of age meanwhile is removed together.
const PAUSE_MILLIS: i64 = 1_000;

/// When to look again after a failure, and at the latest when nothing is known to come of age.
const RETRY_MILLIS: i64 = 60_000;

impl Settings {
    /// When the executions ended, or before, that are no longer known at a moment; nothing when all are known.
    pub(crate) fn forgotten(&self, now: Millis) -> Option<Millis> {
        Some(Millis(now.0.saturating_sub(self.retention_millis()?)))
    }

    /// What redrives keep to: an execution that is about to be removed cannot be redriven.
    pub(crate) fn redrive_limits(&self) -> Limits {
        let kept = self.retention.map_or(u64::MAX, |retention| retention.as_secs());
        let limits = self.limits.executions;
        Limits {
            redrivable_seconds: limits.redrivable_seconds.min(kept),
            ..limits
        }
    }

    fn retention_millis(&self) -> Option<i64> {
        let retention = self.retention?;
        Some(i64::try_from(retention.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Removes executions as they come of age, a slice after the other, as long as the runtime is there.
pub(crate) async fn keep(shared: Weak<Shared>) {
    let mut due = match shared.upgrade() {
        Some(shared) if shared.settings.retention.is_some() => after(shared.clock.now(), FIRST_MILLIS),
        Some(_) | None => return,
    };
    loop {
        let Some(sleep) = shared.upgrade().map(|shared| shared.clock.sleep_until(due)) else {
            return;
        };
        sleep.await;
        let Some(shared) = shared.upgrade() else { return };
        let now = shared.clock.now();
        if now < due {
            continue;
        }
        let (Some(retention), Some(forgotten)) =
            (shared.settings.retention_millis(), shared.settings.forgotten(now))
        else {
            return;
        };
        // What ended at that very moment is forgotten too.
        due = match shared.store.expire(after(forgotten, 1)).await {
            Ok(expired) => match expired.next {
                NextExpiry::More => rested(now, shared.clock.now()),
                NextExpiry::At(stopped) => after(stopped, retention)
                    .max(after(now, PAUSE_MILLIS))
                    .min(after(now, RETRY_MILLIS)),
                NextExpiry::Nothing => after(now, RETRY_MILLIS.min(retention.max(PAUSE_MILLIS))),
            },
            Err(error) => {
                tracing::warn!(%error, "executions that are old enough could not be removed");
                after(now, RETRY_MILLIS)
            }
        };
    }
}

/// When the next slice begins: removing takes at most half of the time, so that it holds up no more than that of what
/// else is written. A slice may have waited for commits, which leave it little then.
fn rested(begun: Millis, now: Millis) -> Millis {
    after(now, now.0.saturating_sub(begun.0).clamp(0, PAUSE_MILLIS))
}

fn after(moment: Millis, millis: i64) -> Millis {
    Millis(moment.0.saturating_add(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_rests_as_long_as_it_took() {
        assert_eq!(rested(Millis(100), Millis(100)), Millis(100));
        assert_eq!(rested(Millis(100), Millis(130)), Millis(160));
        assert_eq!(rested(Millis(100), Millis(9_000)), Millis(10_000));
        assert_eq!(rested(Millis(9_000), Millis(100)), Millis(100));
    }
}

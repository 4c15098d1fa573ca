//! Clocks: the real one, and one that tests move by hand.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::Millis;
use integrations::BoxFuture;

/// The longest sleep at a stretch: a wall clock that is set anew is noticed after it.
const NAP: Duration = Duration::from_secs(30);

/// What time it is, and how to wait for a moment.
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> Millis;

    /// Ends when the moment has come, or a little before: ask for the time again.
    fn sleep_until(&self, due: Millis) -> BoxFuture<'static, ()>;
}

/// The computer's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, due: Millis) -> BoxFuture<'static, ()> {
        let millis = u64::try_from(due.0.saturating_sub(self.now().0)).unwrap_or(0);
        Box::pin(tokio::time::sleep(Duration::from_millis(millis).min(NAP)))
    }
}

/// A clock that stands still until it is moved. Cheap to clone; all clones are the same clock.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Hand>>);

#[derive(Debug)]
struct Hand {
    now: Millis,
    sleepers: BTreeMap<(Millis, u64), Waker>,
    next: u64,
}

impl ManualClock {
    /// A clock that shows this moment.
    pub fn new(now: Millis) -> Self {
        Self(Arc::new(Mutex::new(Hand {
            now,
            sleepers: BTreeMap::new(),
            next: 0,
        })))
    }

    /// Moves the clock on and wakes whoever sleeps until then.
    pub fn advance(&self, millis: i64) {
        let mut hand = self.hand();
        let now = Millis(hand.now.0.saturating_add(millis));
        hand.now = now;
        let later = hand.sleepers.split_off(&(Millis(now.0.saturating_add(1)), 0));
        let due = std::mem::replace(&mut hand.sleepers, later);
        drop(hand);
        due.into_values().for_each(Waker::wake);
    }

    /// The earliest moment that somebody sleeps until.
    pub fn next_sleeper(&self) -> Option<Millis> {
        self.hand().sleepers.keys().next().map(|(due, _)| *due)
    }

    fn hand(&self) -> MutexGuard<'_, Hand> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.hand().now
    }

    fn sleep_until(&self, due: Millis) -> BoxFuture<'static, ()> {
        Box::pin(Sleep {
            clock: self.clone(),
            due,
            place: None,
        })
    }
}

struct Sleep {
    clock: ManualClock,
    due: Millis,
    place: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut hand = clock.hand();
        if hand.now >= self.due {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            hand.next += 1;
            hand.next
        });
        hand.sleepers.insert((self.due, place), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.hand().sleepers.remove(&(self.due, place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_when_their_moment_has_come() {
        let clock = ManualClock::new(Millis(1000));
        let sleep = clock.sleep_until(Millis(1500));
        let woken = tokio::spawn(sleep);
        while clock.next_sleeper().is_none() {
            tokio::task::yield_now().await;
        }
        clock.advance(499);
        assert_eq!(clock.next_sleeper(), Some(Millis(1500)));
        clock.advance(1);
        woken.await.unwrap();
        assert_eq!(clock.now(), Millis(1500));
    }

    #[tokio::test]
    async fn a_dropped_sleeper_leaves_nothing_behind() {
        let clock = ManualClock::new(Millis(0));
        let mut sleep = clock.sleep_until(Millis(10));
        assert!(
            sleep
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        drop(sleep);
        assert_eq!(clock.next_sleeper(), None);
    }
}

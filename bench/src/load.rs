//! load: many clients doing one thing over and over, and how long it took.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::client::Client;

/// When clients stop beginning anything new.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    Count(usize),
    For(Duration),
}

/// What clients did.
pub(crate) struct Done {
    pub(crate) count: usize,
    pub(crate) elapsed: Duration,
    pub(crate) throttled: usize,
    /// How long each took, shortest first.
    sorted: Vec<Duration>,
}

impl Done {
    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    /// The value that `percent` of the samples do not exceed, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        percentile(&self.sorted, percent).as_secs_f64() * 1e3
    }
}

/// The value that `percent` of the sorted samples do not exceed.
pub(crate) fn percentile(sorted: &[Duration], percent: f64) -> Duration {
    let Some(last) = sorted.len().checked_sub(1) else {
        return Duration::ZERO;
    };
    let rank = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
    sorted[rank.saturating_sub(1).min(last)]
}

/// Lets `clients` connections do `work`, which gets a client and a number that no other call gets.
/// The first failure ends everything.
pub(crate) async fn drive<F>(authority: &str, clients: usize, limit: Limit, work: F) -> Result<Done, Trouble>
where
    F: AsyncFn(&mut Client, usize) -> Result<(), Trouble> + 'static,
{
    let work = Rc::new(work);
    let next = Rc::new(Cell::new(0_usize));
    let stopped = Rc::new(Cell::new(false));
    let samples = Rc::new(RefCell::new(Vec::with_capacity(1 << 16)));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let mut client = Client::new(authority);
            let (work, next, stopped, samples) =
                (work.clone(), next.clone(), stopped.clone(), samples.clone());
            tokio::task::spawn_local(async move {
                loop {
                    let number = next.get();
                    let over = match limit {
                        Limit::Count(count) => number >= count,
                        Limit::For(duration) => begun.elapsed() >= duration,
                    };
                    if over || stopped.get() {
                        return Ok(client.throttled());
                    }
                    next.set(number + 1);
                    let asked = Instant::now();
                    // A String, because a Trouble cannot leave its task.
                    if let Err(trouble) = work(&mut client, number).await {
                        stopped.set(true);
                        return Err(trouble.to_string());
                    }
                    samples.borrow_mut().push(asked.elapsed());
                }
            })
        })
        .collect();
    let mut throttled = 0;
    for task in tasks {
        throttled += task.await??;
    }
    let elapsed = begun.elapsed();
    let mut sorted = samples.take();
    sorted.sort_unstable();
    Ok(Done {
        count: sorted.len(),
        elapsed,
        throttled,
        sorted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let sorted: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50.0), Duration::from_millis(50));
        assert_eq!(percentile(&sorted, 99.0), Duration::from_millis(99));
        assert_eq!(percentile(&sorted, 100.0), Duration::from_millis(100));
        assert_eq!(
            percentile(&[Duration::from_millis(7)], 50.0),
            Duration::from_millis(7)
        );
        assert_eq!(percentile(&[], 50.0), Duration::ZERO);
    }
}

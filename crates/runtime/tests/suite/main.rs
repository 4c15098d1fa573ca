//! The runtime with a memory store, scripted tasks and a clock that is moved by hand.

#![expect(
    clippy::unwrap_used,
    reason = "what these tests need and do not find fails them"
)]

mod activities;
mod bucket;
mod callbacks;
mod crashes;
mod express;
mod failures;
mod jobs;
mod lanes;
mod limits;
mod logs;
mod map_runs;
mod nested;
mod recovery;
mod redrives;
mod retention;
mod starts;
mod support;
mod taken_back;
mod test_runs;
mod trials;
mod versions;
mod waits;

//! Many seeded worlds, crashes included.
//!
//! A world is a runtime, a store, a clock, and everybody outside: clients that start, stop, redrive and update,
//! workers that take activity tasks, whoever does tasks. What happens next, and what goes wrong, is drawn from one
//! seed, in one thread, so that a seed always tells the same story. Meanwhile and at the end it is checked that
//! nothing was lost, nothing was done twice, and everything has ended as it should.
//!
//! - [`machines`]: definitions made from a seed. [`plan`]: what is to happen. [`dice`]: chance.
//! - [`laws`]: what holds of every history. `checks`: what must be on disk when something was said.
//! - `map_runs`, `express`: what holds of both. `stopping`: what must run no longer.
//! - `world`: everybody outside; `script`, `bucket`, `clients`: how they speak with the runtime.
//! - `disk`, `media`, `folder`, `weather`: what goes wrong. `driver`: what happens next.

mod bucket;
mod checks;
mod clients;
pub mod dice;
mod disk;
mod driver;
mod express;
mod folder;
pub mod laws;
pub mod machines;
mod map_runs;
mod media;
mod panics;
pub mod plan;
mod script;
mod stopping;
mod story;
mod weather;
mod world;

pub use story::{Failure, Options, Report, run};

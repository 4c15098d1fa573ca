//! The runtime with a memory store, scripted tasks and a clock that is moved by hand.

mod activities;
mod callbacks;
mod crashes;
mod express;
mod failures;
mod nested;
mod recovery;
mod starts;
mod support;
mod waits;

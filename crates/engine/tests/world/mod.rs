//! What an execution under test lives in: a world, a beginning, and chance.

use std::sync::Arc;

use engine::{Head, Millis, Refusal, World};
use json::{Payload, Value};

/// A world in which every task can be sent.
pub(crate) struct Open;

impl World for Open {
    fn refuse(&self, _: &str, _: &asl::Resource, _: &Value) -> Option<Refusal> {
        None
    }
}

/// A Standard execution of a machine.
pub(crate) fn head(id: u64, machine: asl::StateMachine, input: Value) -> Head {
    Head {
        id,
        arn: "arn:aws:states:us-east-1:000000000000:execution:Random:run".into(),
        name: "run".into(),
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:Random".into(),
        machine_name: "Random".into(),
        version_arn: None,
        alias_arn: None,
        role_arn: "arn:aws:iam::000000000000:role/random".into(),
        region: "us-east-1".into(),
        started: Millis(0),
        express: false,
        machine: Arc::new(machine),
        flow: asl::StateMachine::TOP,
        input: Payload::from(input),
    }
}

/// A sequence of random numbers (xorshift).
pub(crate) struct Dice(u64);

impl Dice {
    /// The sequence that belongs to a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

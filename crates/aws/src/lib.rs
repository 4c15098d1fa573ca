//! The model-driven client for every AWS service: what a service's operations take and give comes from one committed
//! file of facts, so that no service needs code of its own.

mod facts;
mod wire;

pub use facts::{
    BadPack, Call, Failure, Kind, Limits, List, Location, Map, Member, Operation, Protocol, Service,
    Services, Shape, ShapeId, Signature, Structure, TimestampFormat, Unknown, XmlNamespace,
};
pub use wire::{Answer, BadAnswer, BadParameter, Naming, Refusal, Request, build, parse};

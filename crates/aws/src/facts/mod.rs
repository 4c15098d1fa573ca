//! Facts: which services there are, what their operations take and give, and how they are spoken to.
//!
//! They come from `data/services.pack`, which `tools/awsfacts` makes from botocore's models.

mod pack;
mod service;
mod services;
mod shape;

pub use pack::BadPack;
pub use service::{DeclaredError, Operation, Protocol, Service, Signature};
pub use services::{Call, InUse, Services, Unknown};
pub use shape::{
    Kind, Limits, List, Location, Map, Member, Shape, ShapeId, Structure, TimestampFormat, XmlNamespace,
};

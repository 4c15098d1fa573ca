//! The model-driven client for every AWS service: what a service's operations take and give comes from one committed
//! file of facts, so that no service needs code of its own.

mod authorize;
mod buckets;
mod client;
mod cluster;
mod credentials;
mod endpoint;
mod facts;
mod http;
mod lend;
mod profile;
mod quirks;
mod retry;
mod sending;
mod settings;
mod sign;
mod sso;
mod wire;

pub use authorize::Unsigned;
pub use client::{BODY_BYTES_MAX, Bodies, Caller, Client, Failure, Reply};
pub use cluster::{Cluster, ClusterToken};
pub use endpoint::{BadEndpoint, Endpoint};

pub use facts::{
    BadPack, Call, DeclaredError, InUse, Kind, Limits, List, Location, Map, Member, Operation, Protocol,
    Service, Services, Shape, ShapeId, Signature, Structure, TimestampFormat, Unknown, XmlNamespace,
};
pub use settings::{BadSetting, Mode, Settings, UnknownMode, Unreachable};
pub use wire::{Answer, BadAnswer, BadParameter, Message, Naming, Refusal, Request, build, messages, parse};

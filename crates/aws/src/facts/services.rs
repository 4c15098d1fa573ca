//! Services: the file of facts, opened at once, each service decoded when it is first asked for.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use thiserror::Error;

use crate::facts::pack::{self, BadPack, Entry};
use crate::facts::service::{Operation, Service};

static EMBEDDED: &[u8] = include_bytes!("../../data/services.pack");

/// Those that [`Services::embedded`] gives.
static IN_USE: OnceLock<Services> = OnceLock::new();

/// Facts that come too late.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the facts about AWS's services are in use already")]
pub struct InUse;

/// Every service that is known.
pub struct Services {
    bytes: Cow<'static, [u8]>,
    /// botocore's version that the facts come from.
    source_version: String,
    /// In the order of their names.
    entries: Vec<(Entry, OnceLock<Arc<Service>>)>,
}

/// Why a task's resource names nothing that can be called.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unknown {
    /// There is no such service.
    #[error("no service is called `{0}`")]
    Service(String),
    /// The service has no such operation.
    #[error("service `{service}` has no action `{action}`")]
    Action {
        /// The service's name in a task's resource.
        service: String,
        /// The action's name in a task's resource.
        action: String,
    },
}

impl Services {
    /// The facts inside this binary, unless others were put in their place.
    pub fn embedded() -> &'static Self {
        IN_USE.get_or_init(|| {
            Self::index(Cow::Borrowed(EMBEDDED)).expect("the embedded file was made by tools/awsfacts")
        })
    }

    /// Puts these facts in the place of those inside the binary, for the rest of the process. Fails when facts are in
    /// use already.
    pub fn replace_embedded(self) -> Result<(), InUse> {
        IN_USE.set(self).map_err(|_| InUse)
    }

    /// The facts of another file, all of which are decoded now, so that no use of them fails later.
    pub fn open(bytes: Vec<u8>) -> Result<Self, BadPack> {
        let services = Self::index(Cow::Owned(bytes))?;
        for (entry, decoded) in &services.entries {
            let service = pack::service(entry, &services.bytes)?;
            decoded.get_or_init(|| Arc::new(service));
        }
        Ok(services)
    }

    fn index(bytes: Cow<'static, [u8]>) -> Result<Self, BadPack> {
        let (source_version, entries) = pack::index(&bytes)?;
        let entries = entries
            .into_iter()
            .map(|entry| (entry, OnceLock::new()))
            .collect();
        Ok(Self {
            bytes,
            source_version,
            entries,
        })
    }

    /// The service that a task's resource calls so: `dynamodb` in `arn:aws:states:::aws-sdk:dynamodb:putItem`.
    pub fn service(&self, asl_id: &str) -> Option<Arc<Service>> {
        let place = self
            .entries
            .binary_search_by(|(entry, _)| entry.asl_id.as_str().cmp(asl_id))
            .ok()?;
        let (entry, decoded) = &self.entries[place];
        let decode =
            || {
                let service = pack::service(entry, &self.bytes);
                Arc::new(service.expect(
                    "a test decodes every service of the embedded file; others are decoded when opened",
                ))
            };
        Some(Arc::clone(decoded.get_or_init(decode)))
    }

    /// The service and the place of its operation that a task's resource names.
    pub fn find(&self, asl_id: &str, action: &str) -> Result<Call, Unknown> {
        let service = self
            .service(asl_id)
            .ok_or_else(|| Unknown::Service(asl_id.to_owned()))?;
        let place = service.operation_place(action).ok_or_else(|| Unknown::Action {
            service: asl_id.to_owned(),
            action: action.to_owned(),
        })?;
        Ok(Call { service, place })
    }

    /// The names of all services, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|(entry, _)| entry.asl_id.as_str())
    }

    /// The version of botocore that the facts come from.
    pub fn source_version(&self) -> &str {
        &self.source_version
    }
}

/// An operation together with the service it belongs to.
#[derive(Clone, Debug)]
pub struct Call {
    service: Arc<Service>,
    place: usize,
}

impl Call {
    /// The service.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The operation.
    pub fn operation(&self) -> &Operation {
        &self.service.operations[self.place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_decoded() {
        let services = Services::embedded();
        let count = services.names().len();
        let operations: usize = services
            .names()
            .map(|name| {
                services
                    .service(name)
                    .map_or(0, |service| service.operations().len())
            })
            .sum();
        assert_eq!((count, operations), (438, 19_788));
    }

    #[test]
    fn embedded_file_is_small() {
        assert!(EMBEDDED.len() < 2_000_000, "{} bytes", EMBEDDED.len());
    }

    #[test]
    fn unknown_names_are_told_apart() {
        let services = Services::embedded();
        let call = services.find("dynamodb", "putItem").expect("exists");
        assert_eq!(&*call.operation().name, "PutItem");
        assert_eq!(&*call.service().error_prefix, "DynamoDb");
        for action in ["PutItem", "putitem", "", "putItems"] {
            assert_eq!(
                services.find("dynamodb", action).err(),
                Some(Unknown::Action {
                    service: "dynamodb".to_owned(),
                    action: action.to_owned(),
                })
            );
        }
        assert_eq!(
            services.find("DynamoDB", "putItem").err(),
            Some(Unknown::Service("DynamoDB".to_owned()))
        );
    }

    #[test]
    fn damaged_file_is_refused() {
        assert!(Services::open(EMBEDDED.to_vec()).is_ok());
        for length in [0, 4, 9, 20, 5_000, EMBEDDED.len() - 1] {
            assert!(
                Services::open(EMBEDDED[..length].to_vec()).is_err(),
                "{length} bytes"
            );
        }
    }
}

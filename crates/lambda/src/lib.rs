//! The Lambda API over local functions: deploy, describe, invoke.
//!
//! [`Lambda::answer`] takes a request of Lambda's REST API and gives the answer, so that deploy scripts, test-suites and
//! SDK clients written for Lambda work with local functions. What is deployed this way lives in a folder and outlives
//! restarts; what a configuration file or a folder of functions sets up is shown and invoked as well, and changed only
//! there. Every version and alias of a function is its `$LATEST`.

mod archive;
mod deployments;
mod description;
mod invoke;
mod manage;
mod permission;
mod wire;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use functions::Functions;
use hyper::{Method, Response};

use crate::deployments::{Deployment, Deployments};
use crate::wire::Refusal;

pub use crate::wire::Request;

/// The most bytes that a request may have: a package of the largest size in base64, and some settings. AWS's figure.
pub const REQUEST_BYTES_MAX: usize = 69_905_067;

/// Where deployed functions are kept.
#[derive(Debug)]
pub enum Keep {
    /// In this folder, which is made with the first function.
    Folder(PathBuf),
    /// In a folder of its own that goes when the [`Lambda`] does.
    UntilTheEnd,
}

/// Answers Lambda's API. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Lambda(Arc<Inner>);

struct Inner {
    functions: Functions,
    deployments: Deployments,
    deployed: RwLock<BTreeMap<String, Deployment>>,
    /// Held by whoever changes something.
    changing: tokio::sync::Mutex<()>,
}

impl Lambda {
    /// Answers for these functions, to which those that were deployed before are added. One that is among them already
    /// stays as it is: what a file says of a function counts.
    ///
    /// Fails when a deployed function can't be read; the error names its folder.
    pub fn open(functions: Functions, keep: Keep) -> std::io::Result<Self> {
        let deployments = match keep {
            Keep::Folder(folder) => Deployments::in_folder(folder),
            Keep::UntilTheEnd => Deployments::temporary(),
        };
        let mut deployed = BTreeMap::new();
        for deployment in deployments.load()? {
            if functions.resolve(&deployment.name).is_some() {
                tracing::warn!(
                    function = deployment.name,
                    "deployed before and set up by a file now: the file counts"
                );
                continue;
            }
            let config = deployments.config(&deployment).map_err(std::io::Error::other)?;
            functions.put(config);
            deployed.insert(deployment.name.clone(), deployment);
        }
        Ok(Self(Arc::new(Inner {
            functions,
            deployments,
            deployed: RwLock::new(deployed),
            changing: tokio::sync::Mutex::default(),
        })))
    }

    /// Whether a path belongs to this API.
    pub fn is_path(path: &str) -> bool {
        path.strip_prefix("/2015-03-31/functions")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Answers a request. Whoever sends it has checked its length against [`REQUEST_BYTES_MAX`].
    pub async fn answer(&self, request: Request<'_>) -> Response<Bytes> {
        if let Err(refusal) = refuse_web_pages(&request) {
            return refusal.into_response();
        }
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let [_, _, rest @ ..] = segments.as_slice() else {
            return unknown(&request).into_response();
        };
        let answered = match (request.method, rest) {
            (&Method::POST, []) => self.create(&request).await,
            (&Method::GET, []) => self.list(&request),
            (&Method::GET, [name]) => self.get(&request, name),
            (&Method::DELETE, [name]) => self.delete(&request, name).await,
            (&Method::GET, [name, "configuration"]) => self.get_configuration(&request, name),
            (&Method::PUT, [name, "configuration"]) => self.update_configuration(&request, name).await,
            (&Method::PUT, [name, "code"]) => self.update_code(&request, name).await,
            (&Method::GET, [name, "versions"]) => self.list_versions(&request, name),
            (&Method::POST, [name, "invocations"]) => self.invoke(&request, name).await,
            _ => Err(unknown(&request)),
        };
        answered.unwrap_or_else(Refusal::into_response)
    }
}

impl Inner {
    fn deployed(&self) -> RwLockReadGuard<'_, BTreeMap<String, Deployment>> {
        self.deployed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn deployed_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Deployment>> {
        self.deployed.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A page in a browser on this machine must not be able to deploy code. Browsers let no page send an `Authorization`
/// header to another origin, and name the origin of what they send.
fn refuse_web_pages(request: &Request<'_>) -> Result<(), Refusal> {
    let is_signed = request
        .header("authorization")
        .is_some_and(|text| text.starts_with("AWS4-"));
    if !is_signed {
        let message = "Missing Authentication Token";
        return Err(Refusal::new(403, "MissingAuthenticationTokenException", message));
    }
    if request.headers.contains_key("origin") || request.headers.contains_key("sec-fetch-site") {
        let message = "Requests from web pages are refused";
        return Err(Refusal::new(403, "AccessDeniedException", message));
    }
    Ok(())
}

fn unknown(request: &Request<'_>) -> Refusal {
    let message = format!(
        "{} {} is no operation that local functions know; see docs/lambda-api.md for those that are",
        request.method, request.path
    );
    Refusal::new(404, "UnknownOperationException", message)
}

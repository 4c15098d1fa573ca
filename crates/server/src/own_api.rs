//! The API for tasks of this very server: `aws-sdk:sfn`.

use std::sync::{Arc, Weak};

use api::{ApiError, Caller, Response};
use ids::Scope;
use integrations::{BoxFuture, OwnAnswer, OwnApi, OwnRequest};

use crate::Server;

/// A server, as its tasks see it. It does not keep the server.
pub(crate) struct Own(pub(crate) Weak<Server>);

impl OwnApi for Own {
    fn answer(&self, request: OwnRequest) -> BoxFuture<'_, OwnAnswer> {
        let server = self.0.upgrade();
        Box::pin(async move {
            let Response { status, body, .. } = match server {
                Some(server) => ask(&server, request).await,
                None => Response::from(ApiError::service_unavailable_exception("")),
            };
            OwnAnswer { status, body }
        })
    }
}

async fn ask(server: &Arc<Server>, request: OwnRequest) -> Response {
    let scope = Scope {
        region: request.region,
        account: request.account,
    };
    let caller = Caller {
        scope,
        ..Caller::default()
    };
    let target = format!("AWSStepFunctions.{}", request.operation);
    api::dispatch(&**server, &caller, &target, &request.body).await
}

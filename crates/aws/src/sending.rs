//! Sending: signs a request, sends it, and sends it again where that may help.

use bytes::Bytes;
use jiff::Timestamp;
use json::Value;
use tracing::debug;

use crate::buckets;
use crate::client::{Client, Failure};
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::facts::{Call, Signature};
use crate::http::{self, NoAnswer, Outgoing};
use crate::quirks;
use crate::retry::{self, Quota, Reason};
use crate::sign::{Scope, Signable, sign};
use crate::wire::{Answer, Refusal, Request, uri};

/// A call on its way.
pub(crate) struct Sending<'a> {
    pub(crate) client: &'a Client,
    pub(crate) call: &'a Call,
    /// What retries of the service's calls are paid from.
    pub(crate) quota: &'a Quota,
    pub(crate) credentials: &'a Credentials,
    pub(crate) body_bytes_max: usize,
}

impl Sending<'_> {
    /// Sends a request to where the service wants it, and once more where S3 says that a bucket is elsewhere.
    pub(crate) async fn place_and_send(
        &self,
        request: &Request,
        parameters: &Value,
        endpoint: Endpoint,
    ) -> Result<(Answer, u32), Failure> {
        let placed = |mut endpoint: Endpoint| {
            let mut request = request.clone();
            quirks::finish(self.call, parameters, &mut request, &mut endpoint);
            (request, endpoint)
        };
        let (first, first_endpoint) = placed(endpoint.clone());
        let (answer, attempts) = self.send(&first, &first_endpoint).await?;
        let elsewhere = answer.header("x-amz-bucket-region");
        let elsewhere = elsewhere.filter(|region| {
            answer.status >= 300
                && !endpoint.is_custom
                && **region != *endpoint.signing_region
                && buckets::is_region(region)
        });
        let Some(region) = elsewhere else {
            return Ok((answer, attempts));
        };
        let (second, second_endpoint) = placed(Endpoint::of_aws(self.call.service(), region));
        self.send(&second, &second_endpoint).await
    }

    async fn send(&self, request: &Request, endpoint: &Endpoint) -> Result<(Answer, u32), Failure> {
        let service = self.call.service();
        if matches!(service.signature, Signature::V2 | Signature::Bearer)
            && !self.call.operation().is_anonymous
        {
            let how = "its kind of signature is not supported";
            return Err(Failure::Client(format!(
                "{} cannot be called: {how}",
                service.error_prefix
            )));
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            let sent = self.send_once(request, endpoint).await;
            debug!(
                service = &*service.asl_id,
                action = &*self.call.operation().name,
                status = sent.as_ref().map_or(0, |answer| answer.status),
                attempts,
                "called"
            );
            let reason = match &sent {
                Ok(answer) => Refusal::of(self.call, answer).as_ref().and_then(retry::reason),
                Err(NoAnswer::Connect(_)) => Some(Reason::Transient),
                // Nobody knows whether a lost request was done, so that only one that may be done twice is sent again.
                Err(NoAnswer::Lost(_)) => self.may_be_repeated(request).then_some(Reason::Transient),
                Err(NoAnswer::BadRequest(_) | NoAnswer::TooLarge(_)) => None,
            };
            let again = reason.filter(|_| attempts < retry::ATTEMPTS_MAX && self.quota.take());
            if let Some(reason) = again {
                tokio::time::sleep(retry::pause(reason, attempts, chance())).await;
                continue;
            }
            return match sent {
                Ok(answer) => Ok((answer, attempts)),
                Err(NoAnswer::TooLarge(_)) => Err(Failure::TooLarge),
                Err(error) => Err(Failure::Client(format!(
                    "Unable to execute HTTP request: {error} (SDK Attempt Count: {attempts})"
                ))),
            };
        }
    }

    fn may_be_repeated(&self, request: &Request) -> bool {
        let operation = self.call.operation();
        let input = operation
            .input
            .and_then(|input| self.call.service().structure(input));
        let has_token =
            input.is_some_and(|input| input.members.iter().any(|member| member.is_idempotency_token));
        let reads = ["Get", "List", "Describe", "BatchGet", "Query", "Scan", "Head"];
        has_token
            || matches!(request.method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE")
            || reads.iter().any(|read| operation.name.starts_with(read))
    }

    async fn send_once(&self, request: &Request, endpoint: &Endpoint) -> Result<Answer, NoAnswer> {
        let prefix = request
            .host_prefix
            .as_deref()
            .filter(|_| !endpoint.is_custom)
            .unwrap_or_default();
        let authority = format!("{prefix}{}", endpoint.authority);
        let path = format!("{}{}", endpoint.path, request.path);
        let mut headers = vec![
            ("Host".to_owned(), authority.clone()),
            (
                "User-Agent".to_owned(),
                concat!("stepwell/", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
        ];
        headers.extend(request.headers.iter().cloned());
        if !self.call.operation().is_anonymous {
            let signable = Signable {
                method: &request.method,
                path: &path,
                query: &request.query,
                body: &request.body,
                is_s3: self.call.service().signature == Signature::S3,
                is_body_unsigned: self.call.operation().is_payload_unsigned && endpoint.is_tls,
            };
            let scope = Scope {
                region: &endpoint.signing_region,
                service: &endpoint.signing_name,
                moment: Timestamp::now(),
            };
            sign(&signable, &mut headers, self.credentials, &scope);
        }
        let scheme = if endpoint.is_tls { "https" } else { "http" };
        let mut address = format!("{scheme}://{authority}{path}");
        if !request.query.is_empty() {
            address.push('?');
            address.push_str(&uri::encode_pairs(&request.query));
        }
        let outgoing = Outgoing {
            method: &request.method,
            address,
            headers,
            body: Bytes::copy_from_slice(&request.body),
        };
        let time = quirks::answer_time(self.call).max(self.client.settings().answer_time());
        http::send(&self.client.http().services, outgoing, time, self.body_bytes_max).await
    }
}

/// A number between 0 and 1.
fn chance() -> f64 {
    let random = uuid::Uuid::new_v4().as_u64_pair().1 & 0xFFFF_FFFF;
    random as f64 / f64::from(u32::MAX)
}

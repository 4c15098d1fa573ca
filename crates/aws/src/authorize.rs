//! Authorize: signs requests that are no operation of a service, such as those to an API behind API Gateway.

use jiff::Timestamp;

use crate::client::{Caller, Client, Failure};
use crate::facts::Services;
use crate::settings::Unreachable;
use crate::sign::{Scope, Signable, sign};

/// A request that is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// The name that signatures have for the service, such as `execute-api`.
    pub service: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path as it is sent.
    pub path: &'a str,
    /// The query, not yet encoded.
    pub query: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

impl Client {
    /// The endpoint that stands in for AWS where a service is called; none where it is AWS itself. `service` is its name
    /// in resources, `apigateway` for example, and `service_id` AWS's own, `API Gateway`: so nothing needs to be decoded
    /// to know that nothing stands in.
    pub fn stand_in(&self, service: &str, service_id: &str) -> Result<Option<String>, Unreachable> {
        if self.settings().address(service, service_id)?.is_none() {
            return Ok(None);
        }
        let Some(service) = Services::embedded().service(service) else {
            return Ok(None);
        };
        debug_assert_eq!(&*service.service_id, service_id);
        // What stands in for AWS does so in every region.
        let endpoint = self.settings().endpoint(&service, "us-east-1")?;
        let scheme = if endpoint.is_tls { "https" } else { "http" };
        Ok(endpoint
            .is_custom
            .then(|| format!("{scheme}://{}{}", endpoint.authority, endpoint.path)))
    }

    /// Adds the headers of a signature. `headers` must name the host.
    pub async fn authorize(
        &self,
        request: Unsigned<'_>,
        headers: &mut Vec<(String, String)>,
        caller: &Caller,
    ) -> Result<(), Failure> {
        let credentials = self.credentials(caller).await?;
        let signable = Signable {
            method: request.method,
            path: request.path,
            query: request.query,
            body: request.body,
            is_s3: false,
            is_body_unsigned: false,
        };
        let scope = Scope {
            region: &caller.region,
            service: request.service,
            moment: Timestamp::now(),
        };
        sign(&signable, headers, &credentials, &scope);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::settings::{Mode, Settings};

    fn client(environment: &[(&str, &str)], mode: Mode) -> Client {
        let environment: BTreeMap<_, _> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut settings = Settings::of(environment, "", "");
        settings.mode = mode;
        Client::new(settings)
    }

    #[test]
    fn what_stands_in_for_aws_is_known() {
        let stood_in = client(
            &[("AWS_ENDPOINT_URL", "http://localhost:5000/base/")],
            Mode::EndpointsOnly,
        );
        assert_eq!(
            stood_in.stand_in("apigateway", "API Gateway"),
            Ok(Some("http://localhost:5000/base".to_owned()))
        );
        let full = client(&[], Mode::Full);
        assert_eq!(full.stand_in("apigateway", "API Gateway"), Ok(None));
        let closed = client(&[], Mode::EndpointsOnly);
        assert!(closed.stand_in("apigateway", "API Gateway").is_err());
    }

    #[tokio::test]
    async fn requests_are_signed_in_their_headers() {
        let keys = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let caller = Caller {
            account: "000000000000".to_owned(),
            region: "eu-west-1".to_owned(),
            role_arn: None,
            session_name: "e".to_owned(),
        };
        let request = Unsigned {
            service: "execute-api",
            method: "GET",
            path: "/prod",
            query: &[],
            body: b"",
        };
        let mut headers = vec![(
            "Host".to_owned(),
            "a1.execute-api.eu-west-1.amazonaws.com".to_owned(),
        )];
        client(&keys, Mode::Full)
            .authorize(request, &mut headers, &caller)
            .await
            .unwrap();
        let (name, value) = headers.last().unwrap();
        assert_eq!(name, "Authorization");
        assert!(value.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"), "{value}");
        assert!(
            value.contains("/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=")
        );
    }
}

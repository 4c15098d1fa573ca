//! Cluster: the token with which a Kubernetes cluster is called.
//!
//! EKS takes a request to STS that somebody else may send: whoever sends it learns who has signed it, and for which
//! cluster.

use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hyper::Uri;
use jiff::Timestamp;

use crate::client::{Caller, Client, Failure};
use crate::credentials::Credentials;
use crate::endpoint::{Endpoint, is_amazon};
use crate::facts::Services;
use crate::settings::{Mode, Unreachable};
use crate::sign::{Scope, Signable, presign};
use crate::wire::uri;

/// How long a token may be used, which is what AWS's own tools ask for.
const TOKEN_SECONDS: u32 = 60;

/// A cluster that is not one of EKS, from the configuration.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its address. The token is sent nowhere else, whatever address a task gives.
    pub endpoint: String,
    /// What it knows its callers by.
    pub token: ClusterToken,
}

/// The token of a cluster.
#[derive(Clone)]
pub enum ClusterToken {
    /// The token itself.
    Text(String),
    /// A file that has it, read for each call, since such files are written anew.
    File(PathBuf),
}

impl fmt::Debug for ClusterToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClusterToken(..)")
    }
}

impl Cluster {
    async fn token_at(&self, name: &str, address: &str) -> Result<String, String> {
        if address.trim_end_matches('/') != self.endpoint.trim_end_matches('/') {
            return Err(format!(
                "the cluster `{name}` is not at the Endpoint that the task gives, but where `endpoint` below \
                 [aws.clusters.{name}] says"
            ));
        }
        match &self.token {
            ClusterToken::Text(token) => Ok(token.clone()),
            ClusterToken::File(path) => match tokio::fs::read_to_string(path).await {
                Ok(token) => Ok(token.trim().to_owned()),
                Err(error) => Err(format!(
                    "the token of the cluster `{name}` cannot be read: {error}"
                )),
            },
        }
    }
}

impl Client {
    /// The bearer token with which a Kubernetes cluster at this address is called on somebody's behalf.
    ///
    /// A cluster of AWS is one of its services: it is called only where those may be.
    pub async fn cluster_token(
        &self,
        cluster: &str,
        address: &str,
        caller: &Caller,
    ) -> Result<String, Failure> {
        let settings = self.settings();
        if settings.mode == Mode::Off {
            return Err(Unreachable::Off.into());
        }
        let authority = address
            .parse::<Uri>()
            .ok()
            .and_then(|uri| uri.into_parts().authority);
        let is_of_aws = authority.as_ref().is_some_and(is_amazon);
        if is_of_aws && settings.mode != Mode::Full {
            return Err(Failure::Client(
                "clusters of AWS are called only with `aws.mode = \"full\"`".to_owned(),
            ));
        }
        if let Some(known) = settings.clusters.get(cluster) {
            return known.token_at(cluster, address).await.map_err(Failure::Client);
        }
        let credentials = self.credentials(caller).await?;
        Ok(token(cluster, &caller.region, &credentials, Timestamp::now()))
    }
}

fn token(cluster: &str, region: &str, credentials: &Credentials, moment: Timestamp) -> String {
    let sts = Services::embedded()
        .service("sts")
        .expect("the embedded facts have STS");
    let endpoint = Endpoint::of_aws(&sts, region);
    let query = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let request = Signable {
        method: "GET",
        path: "/",
        query: &query,
        body: b"",
        is_s3: false,
        is_body_unsigned: false,
    };
    let headers = [("host", &*endpoint.authority), ("x-k8s-aws-id", cluster)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let scope = Scope {
        region: &endpoint.signing_region,
        service: &endpoint.signing_name,
        moment,
    };
    let query = presign(&request, &headers, credentials, &scope, TOKEN_SECONDS);
    let url = format!("https://{}/?{}", endpoint.authority, uri::encode_pairs(&query));
    format!("k8s-aws-v1.{}", BASE64_URL_SAFE_NO_PAD.encode(url))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::settings::Settings;

    fn caller() -> Caller {
        Caller {
            account: "000000000000".to_owned(),
            region: "eu-west-1".to_owned(),
            role_arn: None,
            session_name: "e".to_owned(),
        }
    }

    #[test]
    fn token_is_that_of_aws_own_tools() {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: Some("TOKEN/+=".to_owned()),
        };
        let moment = "2026-01-02T03:04:05Z".parse().unwrap();
        let token = token("my-cluster", "eu-west-1", &credentials, moment);
        let url = BASE64_URL_SAFE_NO_PAD
            .decode(token.strip_prefix("k8s-aws-v1.").unwrap())
            .unwrap();
        // What botocore's signer makes of the same request.
        assert_eq!(
            String::from_utf8(url).unwrap(),
            "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Security-Token=TOKEN%2F%2B%3D&X-Amz-Signature=fc76b63a3136780849e564d75a6400f4f92ff8b7995d18b59a9170d499576309"
        );
    }

    #[tokio::test]
    async fn clusters_have_the_token_of_the_configuration_or_one_of_eks() {
        let keys = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let environment: BTreeMap<_, _> = keys
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut settings = Settings::of(environment, "", "");
        let here = "https://127.0.0.1:6443";
        let tokens = [
            ("own", ClusterToken::Text("t".to_owned())),
            ("lost", ClusterToken::File("/nowhere/token".into())),
        ];
        for (name, token) in tokens {
            let endpoint = format!("{here}/");
            settings
                .clusters
                .insert(name.to_owned(), Cluster { endpoint, token });
        }
        let client = Client::new(settings.clone());
        for elsewhere in ["https://evil.example", "https://127.0.0.1:6443.evil.example", ""] {
            let Err(Failure::Client(refused)) = client.cluster_token("own", elsewhere, &caller()).await
            else {
                panic!("the token must not go to {elsewhere}");
            };
            assert!(
                refused.contains("the cluster `own` is not at the Endpoint"),
                "{refused}"
            );
        }
        assert_eq!(client.cluster_token("own", here, &caller()).await.unwrap(), "t");
        let token = client.cluster_token("other", here, &caller()).await.unwrap();
        assert!(token.starts_with("k8s-aws-v1."));
        let Err(Failure::Client(lost)) = client.cluster_token("lost", here, &caller()).await else {
            panic!("there is no such file");
        };
        assert!(
            lost.contains("the token of the cluster `lost` cannot be read"),
            "{lost}"
        );

        let of_aws = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
        assert!(client.cluster_token("other", of_aws, &caller()).await.is_err());
        settings.mode = Mode::Full;
        let client = Client::new(settings.clone());
        assert!(client.cluster_token("other", of_aws, &caller()).await.is_ok());
        settings.mode = Mode::Off;
        let client = Client::new(settings);
        assert!(client.cluster_token("own", here, &caller()).await.is_err());
    }
}

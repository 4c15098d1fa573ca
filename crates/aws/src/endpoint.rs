//! Endpoint: where a service is reached in a region, and how it wants to be signed to.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};
use serde::Deserialize;
use thiserror::Error;

use crate::facts::Service;

static TABLE: &str = include_str!("../data/endpoints.json");

/// Hosts that give out credentials to whoever asks; no task has any business there.
const METADATA_HOSTS: [&str; 4] = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::254]",
];

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether it is spoken to over TLS.
    pub is_tls: bool,
    /// Host and port.
    pub authority: String,
    /// What comes before every path; never ends with a slash.
    pub path: String,
    /// The region that signatures name.
    pub signing_region: String,
    /// The service's name in signatures.
    pub signing_name: String,
    /// Somebody configured it, so that it is no host of AWS whose name says something.
    pub is_custom: bool,
}

/// An address that is no endpoint.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no endpoint: an address like `http://127.0.0.1:5000` is wanted")]
pub struct BadEndpoint(String);

impl Endpoint {
    /// The endpoint that somebody configured.
    pub(crate) fn custom(address: &str, service: &Service, region: &str) -> Result<Self, BadEndpoint> {
        let bad = || BadEndpoint(address.to_owned());
        let uri: Uri = address.trim().parse().map_err(|_| bad())?;
        let is_tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(bad()),
        };
        let authority = uri.authority().ok_or_else(bad)?;
        if METADATA_HOSTS.contains(&authority.host()) || authority.as_str().contains('@') {
            return Err(bad());
        }
        Ok(Self {
            is_tls,
            authority: authority.to_string(),
            path: uri.path().trim_end_matches('/').to_owned(),
            signing_region: region.to_owned(),
            signing_name: service.signing_name.to_string(),
            is_custom: true,
        })
    }

    /// AWS's own endpoint of a service in a region.
    pub fn of_aws(service: &Service, region: &str) -> Self {
        let table = Table::get();
        let partition = table.partition(region);
        let row = table.services.get(&*service.asl_id);
        let by_region =
            |part: fn(&Row) -> &BTreeMap<String, String>| row.and_then(|row| part(row).get(region));
        let by_partition =
            |part: fn(&Row) -> &BTreeMap<String, String>| row.and_then(|row| part(row).get(partition));
        let host = by_region(|row| &row.host_by_region)
            .or_else(|| by_partition(|row| &row.host_by_partition))
            .map(|template| template.replace("{r}", region));
        let usual = || {
            let domain = table
                .domains
                .get(partition)
                .map_or("amazonaws.com", String::as_str);
            format!("{}.{region}.{domain}", service.endpoint_prefix)
        };
        let signing_region = by_region(|row| &row.signer_by_region)
            .or_else(|| by_partition(|row| &row.signer_by_partition))
            .map_or(region, String::as_str);
        let signing_name = by_region(|row| &row.name_by_region)
            .or_else(|| row.and_then(|row| row.name.as_ref()))
            .map_or(&*service.signing_name, String::as_str);
        let host = host.unwrap_or_else(usual);
        // A few rules give a path as well.
        let (authority, path) = host.split_once('/').unwrap_or((&host, ""));
        Self {
            is_tls: true,
            authority: authority.to_owned(),
            path: if path.is_empty() {
                String::new()
            } else {
                format!("/{path}")
            },
            signing_region: signing_region.to_owned(),
            signing_name: signing_name.to_owned(),
            is_custom: false,
        }
    }

    /// The domain of AWS's hosts where the signatures are good.
    pub(crate) fn domain(&self) -> &'static str {
        let table = Table::get();
        let domain = table.domains.get(table.partition(&self.signing_region));
        domain.map_or("amazonaws.com", String::as_str)
    }

    /// Goes to the host of an address that a parameter gives, as SQS has it.
    pub(crate) fn follow(&mut self, address: &str) {
        let authority = address
            .parse::<Uri>()
            .ok()
            .and_then(|uri| uri.into_parts().authority);
        if let Some(authority) = authority.filter(is_amazon) {
            self.authority = authority.to_string();
        }
    }
}

/// Whether a host is one of AWS's own.
pub(crate) fn is_amazon(authority: &Authority) -> bool {
    let table = Table::get();
    table.domains.values().any(|domain| {
        let before = authority.host().strip_suffix(domain.as_str());
        before.is_some_and(|before| before.ends_with('.'))
    })
}

/// Every service's hosts, as `tools/awsfacts/endpoints.py` explains them.
#[derive(Deserialize)]
struct Table {
    /// The partition of each region.
    regions: BTreeMap<String, String>,
    /// The domain of each partition.
    domains: BTreeMap<String, String>,
    services: BTreeMap<String, Row>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    #[serde(rename = "p")]
    host_by_partition: BTreeMap<String, String>,
    #[serde(rename = "h")]
    host_by_region: BTreeMap<String, String>,
    #[serde(rename = "q")]
    signer_by_partition: BTreeMap<String, String>,
    #[serde(rename = "r")]
    signer_by_region: BTreeMap<String, String>,
    #[serde(rename = "s")]
    name: Option<String>,
    #[serde(rename = "n")]
    name_by_region: BTreeMap<String, String>,
}

impl Table {
    fn get() -> &'static Self {
        static DECODED: OnceLock<Table> = OnceLock::new();
        DECODED.get_or_init(|| serde_json::from_str(TABLE).expect("the file was made by tools/awsfacts"))
    }

    /// The partition of a region; of one that is newer than the table, by its name.
    fn partition(&self, region: &str) -> &str {
        if let Some(partition) = self.regions.get(region) {
            return partition;
        }
        let beginning = |partition: &&String| match partition.as_str() {
            "aws-cn" => region.starts_with("cn-"),
            "aws-us-gov" => region.starts_with("us-gov-"),
            "aws-iso" => region.starts_with("us-iso-"),
            "aws-iso-b" => region.starts_with("us-isob-"),
            "aws-iso-e" => region.starts_with("eu-isoe-"),
            "aws-iso-f" => region.starts_with("us-isof-"),
            "aws-eusc" => region.starts_with("eusc-"),
            _ => false,
        };
        self.domains.keys().find(beginning).map_or("aws", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Services;

    fn of_aws(service: &str, region: &str) -> (String, String, String) {
        let endpoint = Endpoint::of_aws(&Services::embedded().service(service).unwrap(), region);
        (
            format!("{}{}", endpoint.authority, endpoint.path),
            endpoint.signing_region,
            endpoint.signing_name,
        )
    }

    fn custom(address: &str) -> Result<Endpoint, BadEndpoint> {
        Endpoint::custom(
            address,
            &Services::embedded().service("sqs").unwrap(),
            "eu-west-1",
        )
    }

    #[test]
    fn aws_has_its_hosts() {
        for (service, region, host, signer, name) in [
            (
                "dynamodb",
                "eu-west-1",
                "dynamodb.eu-west-1.amazonaws.com",
                "eu-west-1",
                "dynamodb",
            ),
            (
                "dynamodb",
                "cn-north-1",
                "dynamodb.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
                "dynamodb",
            ),
            ("iam", "eu-west-1", "iam.amazonaws.com", "us-east-1", "iam"),
            (
                "iam",
                "us-gov-east-1",
                "iam.us-gov.amazonaws.com",
                "us-gov-west-1",
                "iam",
            ),
            (
                "route53",
                "eu-west-1",
                "route53.amazonaws.com",
                "us-east-1",
                "route53",
            ),
            (
                "sts",
                "us-east-1",
                "sts.us-east-1.amazonaws.com",
                "us-east-1",
                "sts",
            ),
            (
                "cloudwatch",
                "us-east-1",
                "monitoring.us-east-1.amazonaws.com",
                "us-east-1",
                "monitoring",
            ),
            (
                "sfn",
                "sa-east-1",
                "states.sa-east-1.amazonaws.com",
                "sa-east-1",
                "states",
            ),
            ("sqs", "xx-new-1", "sqs.xx-new-1.amazonaws.com", "xx-new-1", "sqs"),
            (
                "sqs",
                "cn-new-1",
                "sqs.cn-new-1.amazonaws.com.cn",
                "cn-new-1",
                "sqs",
            ),
        ] {
            let wanted = (host.to_owned(), signer.to_owned(), name.to_owned());
            assert_eq!(of_aws(service, region), wanted);
        }
    }

    #[test]
    fn configured_endpoints_are_addresses() {
        let endpoint = custom("http://127.0.0.1:5000/base/").unwrap();
        assert!(!endpoint.is_tls && endpoint.is_custom);
        assert_eq!(
            (&*endpoint.authority, &*endpoint.path),
            ("127.0.0.1:5000", "/base")
        );
        assert!(custom("https://x.example").unwrap().is_tls);
        for address in ["", "127.0.0.1:5000", "ftp://x", "http://", "http://u:p@x"] {
            assert!(custom(address).is_err(), "{address}");
        }
    }

    #[test]
    fn metadata_is_no_endpoint() {
        for host in METADATA_HOSTS {
            assert!(custom(&format!("http://{host}/")).is_err());
        }
    }

    #[test]
    fn only_hosts_of_amazon_are_followed() {
        let mut endpoint = Endpoint::of_aws(&Services::embedded().service("sqs").unwrap(), "eu-west-1");
        endpoint.follow("http://evil.example/1/queue");
        endpoint.follow("https://amazonaws.com.evil.example/1/queue");
        assert_eq!(endpoint.authority, "sqs.eu-west-1.amazonaws.com");
        endpoint.follow("https://sqs.us-east-2.amazonaws.com/1/queue");
        assert_eq!(endpoint.authority, "sqs.us-east-2.amazonaws.com");
    }
}

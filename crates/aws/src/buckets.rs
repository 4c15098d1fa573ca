//! Buckets: S3's own hosts are named after what a request goes to, a bucket or an access point.

use json::Value;

use crate::endpoint::Endpoint;
use crate::wire::{Request, uri};

/// What the parameter that names a bucket names.
#[derive(Debug, PartialEq, Eq)]
enum Target<'a> {
    Bucket(&'a str),
    /// An access point, of S3 or of one of its kin, such as `s3-object-lambda`.
    AccessPoint {
        service: &'a str,
        region: &'a str,
        account: &'a str,
        name: &'a str,
    },
    /// What S3 knows and this client does not; what that is.
    Unsupported(&'static str),
}

impl<'a> Target<'a> {
    fn of(text: &'a str) -> Self {
        if text.ends_with("--x-s3") || text.ends_with("--xa-s3") {
            return Self::Unsupported("S3 directory buckets are not supported");
        }
        if !text.starts_with("arn:") {
            return Self::Bucket(text);
        }
        let mut parts = text.splitn(6, ':');
        let [_, _, service, region, account, resource] =
            std::array::from_fn(|_| parts.next().unwrap_or_default());
        if service == "s3-outposts" {
            return Self::Unsupported("S3 on Outposts is not supported");
        }
        if region.is_empty() {
            return Self::Unsupported("S3 multi-region access points are not supported");
        }
        let name = ["accesspoint/", "accesspoint:"]
            .iter()
            .find_map(|kind| resource.strip_prefix(kind))
            .unwrap_or_default();
        let is_known = matches!(service, "s3" | "s3-object-lambda");
        if !is_known || !fits_host(name) || !is_account(account) || !is_region(region) {
            return Self::Unsupported("the ARN given as a bucket is not that of an access point");
        }
        Self::AccessPoint {
            service,
            region,
            account,
            name,
        }
    }
}

/// The bucket that parameters name, whatever they call it.
fn bucket(parameters: &Value) -> Option<&str> {
    ["Bucket", "DestinationBucket"]
        .iter()
        .find_map(|name| parameters.get(name).and_then(Value::as_str))
}

/// What is in the way of a request to AWS's own S3 in a region.
pub(crate) fn unsupported(parameters: &Value, region: &str) -> Option<&'static str> {
    match Target::of(bucket(parameters)?) {
        Target::Bucket(_) => None,
        Target::Unsupported(what) => Some(what),
        Target::AccessPoint { region: other, .. } if other != region => {
            Some("the region of the access point's ARN is not that of the state machine")
        }
        Target::AccessPoint { .. } => None,
    }
}

/// Moves a request to the host of its bucket or access point. Configured endpoints, and names that no certificate
/// covers, have them in the path.
pub(crate) fn name_in_host(parameters: &Value, request: &mut Request, endpoint: &mut Endpoint) {
    let Some(bucket) = bucket(parameters).filter(|_| !endpoint.is_custom) else {
        return;
    };
    let authority = match Target::of(bucket) {
        Target::Bucket(bucket) if fits_host(bucket) => format!("{bucket}.{}", endpoint.authority),
        Target::AccessPoint {
            service,
            region,
            account,
            name,
        } => {
            let kind = if service == "s3" {
                "s3-accesspoint"
            } else {
                service
            };
            endpoint.signing_name = service.to_owned();
            format!("{name}-{account}.{kind}.{region}.{}", endpoint.domain())
        }
        Target::Bucket(_) | Target::Unsupported(_) => return,
    };
    let Some(rest) = request.path.strip_prefix(&format!("/{}", uri::encode(bucket))) else {
        return;
    };
    request.path = if rest.is_empty() {
        "/".to_owned()
    } else {
        rest.to_owned()
    };
    endpoint.authority = authority;
}

fn fits_host(bucket: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&bucket.len()) && bucket.bytes().all(fits)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text can be a region, which becomes part of a host's name.
pub(crate) fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::facts::Services;
    use crate::wire::{Naming, build};

    fn placed(bucket: &str, region: &str) -> (String, String, String) {
        let call = Services::embedded().find("s3", "getObject").unwrap();
        let given = json!({"Bucket": bucket, "Key": "a/b c"});
        let mut request = build(&call, &given, Naming::Sdk, None).unwrap();
        let mut endpoint = Endpoint::of_aws(call.service(), region);
        name_in_host(&given, &mut request, &mut endpoint);
        (endpoint.authority, request.path, endpoint.signing_name)
    }

    #[test]
    fn access_points_have_hosts_of_their_own() {
        for (bucket, region, host, signer) in [
            (
                "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-point",
                "eu-west-1",
                "my-point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
                "s3",
            ),
            (
                "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:my-point",
                "cn-north-1",
                "my-point-123456789012.s3-accesspoint.cn-north-1.amazonaws.com.cn",
                "s3",
            ),
            (
                "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/my-point",
                "eu-west-1",
                "my-point-123456789012.s3-object-lambda.eu-west-1.amazonaws.com",
                "s3-object-lambda",
            ),
            (
                "my-bucket",
                "eu-west-1",
                "my-bucket.s3.eu-west-1.amazonaws.com",
                "s3",
            ),
        ] {
            let placed = placed(bucket, region);
            assert_eq!(
                placed,
                (host.to_owned(), "/a/b%20c".to_owned(), signer.to_owned())
            );
        }
    }

    #[test]
    fn what_would_be_misunderstood_is_told() {
        let refusal = |bucket: &str| unsupported(&json!({"Bucket": bucket}), "us-east-1").unwrap_or_default();
        assert_eq!(refusal("plain"), "");
        assert_eq!(refusal("arn:aws:s3:us-east-1:123456789012:accesspoint/a-b-c"), "");
        for (bucket, what) in [
            ("b--use1-az4--x-s3", "directory buckets"),
            ("p--use1-az4--xa-s3", "directory buckets"),
            ("arn:aws:s3::123456789012:accesspoint/alias.mrap", "multi-region"),
            (
                "arn:aws:s3:eu-west-1:123456789012:accesspoint/a-b-c",
                "the region of the access point",
            ),
            (
                "arn:aws:s3-outposts:us-east-1:123456789012:outpost/op/accesspoint/a",
                "Outposts",
            ),
            (
                "arn:aws:s3:us-east-1:123456789012:bucket/b",
                "not that of an access point",
            ),
            (
                "arn:aws:s3:us-east-1:1/../2:accesspoint/abc",
                "not that of an access point",
            ),
            (
                "arn:aws:s3:us-east-1:123456789012:accesspoint/evil.example",
                "not that of an access point",
            ),
            (
                "arn:aws:sqs:us-east-1:123456789012:accesspoint/abc",
                "not that of an access point",
            ),
            ("arn:", "multi-region"),
        ] {
            assert!(refusal(bucket).contains(what), "{bucket}: {}", refusal(bucket));
        }
    }

    #[test]
    fn configured_endpoints_have_buckets_in_their_paths() {
        let call = Services::embedded().find("s3", "getObject").unwrap();
        for bucket in ["my-bucket", "arn:aws:s3:us-east-1:123456789012:accesspoint/a-b-c"] {
            let given = json!({"Bucket": bucket, "Key": "k"});
            let mut request = build(&call, &given, Naming::Sdk, None).unwrap();
            let mut endpoint = Endpoint::custom("http://h", call.service(), "us-east-1").unwrap();
            name_in_host(&given, &mut request, &mut endpoint);
            let path = format!("/{}/k", uri::encode(bucket));
            assert_eq!((&*endpoint.authority, request.path), ("h", path));
        }
    }
}

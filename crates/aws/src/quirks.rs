//! Quirks: what single services want beyond what their models say.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use json::{Object, Value};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::buckets;
use crate::endpoint::Endpoint;
use crate::facts::{Call, Signature};
use crate::wire::{Naming, Request, uri};

/// Parameters as the model has them, where Amazon's SDK for Java takes others.
pub(crate) fn parameters(call: &Call, given: &Value, naming: Naming) -> Value {
    let name = (&*call.service().asl_id, &*call.operation().name);
    let (Some(object), Naming::Sdk) = (given.as_object(), naming) else {
        return given.clone();
    };
    match name {
        ("s3", "CopyObject" | "UploadPartCopy") => Value::Object(copy_source(object)),
        ("glacier", _) if !object.contains("AccountId") && takes(call, "AccountId") => {
            let mut object = object.clone();
            object.insert("AccountId", "-");
            Value::Object(object)
        }
        _ => given.clone(),
    }
}

fn takes(call: &Call, name: &str) -> bool {
    let input = call
        .operation()
        .input
        .and_then(|input| call.service().structure(input));
    input.is_some_and(|input| input.member(name).is_some())
}

/// The source of a copy may be given in parts, and its destination under the names it once had.
fn copy_source(given: &Object) -> Object {
    let mut object = given.clone();
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    if let (Some(bucket), Some(key)) = (text("SourceBucket"), text("SourceKey")) {
        let mut source = format!("{}/{}", uri::encode(bucket), uri::encode_path(key));
        if let Some(version) = text("SourceVersionId") {
            source.push_str("?versionId=");
            source.push_str(&uri::encode(version));
        }
        for name in ["SourceBucket", "SourceKey", "SourceVersionId"] {
            object.remove(name);
        }
        object.insert("CopySource", source);
    }
    for (old, new) in [("Bucket", "DestinationBucket"), ("Key", "DestinationKey")] {
        if let Some(value) = object.remove(old)
            && !object.contains(new)
        {
            object.insert(new, value);
        }
    }
    object
}

/// What AWS would understand otherwise than it is meant, because this client does not do all that it takes.
pub(crate) fn unsupported(call: &Call, parameters: &Value, region: &str) -> Option<&'static str> {
    match &*call.service().asl_id {
        "s3" => buckets::unsupported(parameters, region),
        // It wants a URL that is signed in advance.
        "rds" | "docdb" | "neptune" => {
            let given = parameters
                .get("SourceRegion")
                .is_some_and(|region| !region.is_null());
            given.then_some("SourceRegion is not supported")
        }
        _ => None,
    }
}

/// How long an operation takes by its nature, if that is long: work is done before it answers.
pub(crate) fn answer_time(call: &Call) -> Duration {
    let seconds = match (&*call.service().asl_id, &*call.operation().name) {
        // Fifteen minutes are the most that a function or an agent runs; the rest is for the way.
        ("lambda", "Invoke") => 910,
        ("bedrockagentcore", name) if name.starts_with("Invoke") => 910,
        ("bedrockruntime", "InvokeModel" | "Converse") => 910,
        // Five minutes for an express execution.
        ("sfn", "StartSyncExecution") => 310,
        _ => 0,
    };
    Duration::from_secs(seconds)
}

/// Adds what the service wants in a request, and moves it to where the service wants it.
pub(crate) fn finish(call: &Call, parameters: &Value, request: &mut Request, endpoint: &mut Endpoint) {
    let (service, operation) = (call.service(), call.operation());
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let mut add = |name: &str, value: &str| {
        if request.header(name).is_none() {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
    };
    match &*service.asl_id {
        "glacier" => add("x-amz-glacier-version", &service.api_version),
        "apigateway" => add("Accept", "application/json"),
        "route53" => {
            for kind in ["hostedzone", "change", "delegationset"] {
                // An id may be given as answers have it, with its kind before it.
                request.path = request.path.replace(&format!("%2F{kind}%2F"), "");
            }
        }
        "sqs" if !endpoint.is_custom => {
            if let Some(url) = text("QueueUrl") {
                endpoint.follow(url);
            }
        }
        "machinelearning" if &*operation.name == "Predict" && !endpoint.is_custom => {
            if let Some(url) = text("PredictEndpoint") {
                endpoint.follow(url);
            }
        }
        _ => {}
    }
    if service.signature == Signature::S3 {
        add_checksum(call, parameters, request);
        buckets::name_in_host(parameters, request, endpoint);
    } else if operation.is_checksum_required && operation.checksum_member.is_none() {
        add_md5(request);
    }
}

/// A checksum of the body, where the operation wants one or names the parameter that chooses it.
fn add_checksum(call: &Call, parameters: &Value, request: &mut Request) {
    let operation = call.operation();
    let is_given = |(name, _): &(String, String)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-checksum-") && name != "x-amz-checksum-type" || name == "content-md5"
    };
    let Some(member) = &operation.checksum_member else {
        if operation.is_checksum_required {
            add_md5(request);
        }
        return;
    };
    if request.headers.iter().any(is_given) || request.body.is_empty() && !operation.is_checksum_required {
        return;
    }
    let chosen = parameters.get(member).and_then(Value::as_str).unwrap_or("CRC32");
    let body = &request.body;
    let sum = match chosen {
        "CRC32" => crc32fast::hash(body).to_be_bytes().to_vec(),
        "SHA1" => Sha1::digest(body).to_vec(),
        "SHA256" => Sha256::digest(body).to_vec(),
        // Others are left to S3, which computes them itself.
        _ => return,
    };
    let sum = BASE64_STANDARD.encode(sum);
    request
        .headers
        .push((format!("x-amz-checksum-{}", chosen.to_ascii_lowercase()), sum));
    if request.header("x-amz-sdk-checksum-algorithm").is_none() {
        request
            .headers
            .push(("x-amz-sdk-checksum-algorithm".to_owned(), chosen.to_owned()));
    }
}

fn add_md5(request: &mut Request) {
    if request.header("Content-MD5").is_none() {
        let sum = BASE64_STANDARD.encode(Md5::digest(&request.body));
        request.headers.push(("Content-MD5".to_owned(), sum));
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::facts::Services;
    use crate::wire::build;

    fn finished(service: &str, action: &str, given: Value) -> (Request, Endpoint) {
        let call = Services::embedded().find(service, action).unwrap();
        let given = parameters(&call, &given, Naming::Sdk);
        let mut request = build(&call, &given, Naming::Sdk, None).unwrap();
        let mut endpoint = Endpoint::of_aws(call.service(), "eu-west-1");
        finish(&call, &given, &mut request, &mut endpoint);
        (request, endpoint)
    }

    #[test]
    fn buckets_are_part_of_the_host_where_they_fit() {
        let (request, endpoint) = finished("s3", "getObject", json!({"Bucket": "my-bucket", "Key": "a/b c"}));
        assert_eq!(
            (&*request.path, &*endpoint.authority),
            ("/a/b%20c", "my-bucket.s3.eu-west-1.amazonaws.com")
        );
        let (request, endpoint) = finished("s3", "getObject", json!({"Bucket": "my.bucket", "Key": "a"}));
        assert_eq!(
            (&*request.path, &*endpoint.authority),
            ("/my.bucket/a", "s3.eu-west-1.amazonaws.com")
        );
        let (request, _) = finished("s3", "listObjects", json!({"Bucket": "my-bucket"}));
        assert_eq!(request.path, "/");
    }

    #[test]
    fn bodies_have_checksums() {
        let given = json!({"Bucket": "b.c", "Key": "k", "Body": "text data"});
        let (request, _) = finished("s3", "putObject", given);
        assert_eq!(request.body, b"\"text data\"");
        assert_eq!(request.header("x-amz-sdk-checksum-algorithm"), Some("CRC32"));
        let sum = BASE64_STANDARD.encode(crc32fast::hash(b"\"text data\"").to_be_bytes());
        assert_eq!(request.header("x-amz-checksum-crc32"), Some(&*sum));
        let given = json!({"Bucket": "b.c", "Key": "k", "Body": 1, "ChecksumAlgorithm": "SHA256"});
        let (request, _) = finished("s3", "putObject", given);
        assert!(request.header("x-amz-checksum-sha256").is_some());
        assert!(request.header("x-amz-checksum-crc32").is_none());
    }

    #[test]
    fn copies_may_name_their_source_in_parts() {
        let given = json!({"SourceBucket": "a", "SourceKey": "x/ü", "SourceVersionId": "1", "Bucket": "b.c", "Key": "k"});
        let (request, _) = finished("s3", "copyObject", given);
        assert_eq!(request.path, "/b.c/k");
        assert_eq!(
            request.header("x-amz-copy-source"),
            Some("a/x/%C3%BC?versionId=1")
        );
    }

    #[test]
    fn what_would_be_misunderstood_is_told() {
        let call = Services::embedded().find("rds", "copyDBSnapshot").unwrap();
        let copy = |given: Value| unsupported(&call, &given, "us-east-1");
        assert!(copy(json!({"SourceRegion": "eu-west-1"})).is_some());
        assert_eq!(copy(json!({"SourceRegion": null})), None);
    }

    #[test]
    fn services_have_their_ways() {
        let (request, _) = finished("glacier", "listVaults", json!({}));
        assert_eq!(request.path, "/-/vaults");
        assert_eq!(request.header("x-amz-glacier-version"), Some("2012-06-01"));
        let (request, _) = finished("route53", "getHostedZone", json!({"Id": "/hostedzone/Z1"}));
        assert_eq!(request.path, "/2013-04-01/hostedzone/Z1");
        let url = "https://sqs.us-east-1.amazonaws.com/1/q";
        let (_, endpoint) = finished(
            "sqs",
            "sendMessage",
            json!({"QueueUrl": url, "MessageBody": {"a": 1}}),
        );
        assert_eq!(endpoint.authority, "sqs.us-east-1.amazonaws.com");
    }
}

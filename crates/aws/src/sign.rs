//! Signing: AWS Signature Version 4, in headers or in the address.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::credentials::Credentials;
use crate::wire::uri;

/// Headers that proxies may change on the way.
const UNSIGNED: [&str; 5] = [
    "connection",
    "expect",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

/// A request that is about to be sent.
pub(crate) struct Signable<'a> {
    pub(crate) method: &'a str,
    /// As it is sent.
    pub(crate) path: &'a str,
    /// Not yet encoded.
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a [u8],
    /// S3 takes the path as it is sent, and wants the body's hash in a header.
    pub(crate) is_s3: bool,
    /// The body is left out of the signature.
    pub(crate) is_body_unsigned: bool,
}

/// For whom and when a signature holds.
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) moment: Timestamp,
}

/// Adds the headers of a signature. `headers` must name the host.
pub(crate) fn sign(
    request: &Signable<'_>,
    headers: &mut Vec<(String, String)>,
    credentials: &Credentials,
    scope: &Scope<'_>,
) {
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    add("X-Amz-Date", &scope.time());
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token);
    }
    let body = if request.is_body_unsigned {
        "UNSIGNED-PAYLOAD".to_owned()
    } else {
        hex(&Sha256::digest(request.body))
    };
    if request.is_s3 || request.is_body_unsigned {
        add("x-amz-content-sha256", &body);
    }
    let (signed, names) = canonical_headers(headers);
    let (place, signature) = signature(request, &signed, &names, &body, credentials, scope);
    let id = &credentials.access_key_id;
    headers.push((
        "Authorization".to_owned(),
        format!("AWS4-HMAC-SHA256 Credential={id}/{place}, SignedHeaders={names}, Signature={signature}"),
    ));
}

/// The query of a request that is signed in its address, so that another can send it: good for some seconds.
/// `headers` must name the host.
pub(crate) fn presign(
    request: &Signable<'_>,
    headers: &[(String, String)],
    credentials: &Credentials,
    scope: &Scope<'_>,
    seconds: u32,
) -> Vec<(String, String)> {
    let (signed, names) = canonical_headers(headers);
    let mut query = request.query.to_vec();
    let mut add = |name: &str, value: String| query.push((name.to_owned(), value));
    let id = &credentials.access_key_id;
    add("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned());
    add("X-Amz-Credential", format!("{id}/{}", scope.place()));
    add("X-Amz-Date", scope.time());
    add("X-Amz-Expires", seconds.to_string());
    add("X-Amz-SignedHeaders", names.clone());
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token.clone());
    }
    let body = hex(&Sha256::digest(request.body));
    let with_query = Signable {
        query: &query,
        ..*request
    };
    let (_, signature) = signature(&with_query, &signed, &names, &body, credentials, scope);
    query.push(("X-Amz-Signature".to_owned(), signature));
    query
}

impl Scope<'_> {
    fn time(&self) -> String {
        self.moment.strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// What a signature is good for, as it is written in it.
    fn place(&self) -> String {
        let time = self.time();
        format!("{}/{}/{}/aws4_request", &time[..8], self.region, self.service)
    }
}

/// The place of a signature, and the signature.
fn signature(
    request: &Signable<'_>,
    signed: &str,
    names: &str,
    body: &str,
    credentials: &Credentials,
    scope: &Scope<'_>,
) -> (String, String) {
    let canonical = [
        request.method,
        &canonical_path(request),
        &canonical_query(request.query),
        signed,
        names,
        body,
    ]
    .join("\n");
    let (time, place) = (scope.time(), scope.place());
    let to_sign = [
        "AWS4-HMAC-SHA256",
        &time,
        &place,
        &hex(&Sha256::digest(canonical)),
    ]
    .join("\n");
    let mut key = format!("AWS4{}", credentials.secret_access_key).into_bytes();
    for part in place.split('/') {
        key = authenticated(&key, part);
    }
    (place, hex(&authenticated(&key, &to_sign)))
}

/// The lines of the headers that are signed, and their names.
fn canonical_headers(headers: &[(String, String)]) -> (String, String) {
    let mut signed: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if UNSIGNED.contains(&name.as_str()) {
            continue;
        }
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        match signed.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => signed.push((name, value)),
        }
    }
    signed.sort();
    let lines = signed
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let names: Vec<&str> = signed.iter().map(|(name, _)| name.as_str()).collect();
    (lines, names.join(";"))
}

fn canonical_path(request: &Signable<'_>) -> String {
    if request.is_s3 {
        return request.path.to_owned();
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in request.path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let end = if request.path.ends_with('/') && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    uri::encode_path(&format!("/{}{end}", segments.join("/")))
}

fn canonical_query(query: &[(String, String)]) -> String {
    let encode = |(name, value): &(String, String)| (uri::encode(name), uri::encode(value));
    let mut pairs: Vec<(String, String)> = query.iter().map(encode).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

fn authenticated(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes what is written");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: token.map(str::to_owned),
        }
    }

    /// The signature of a request, and the headers that it covers.
    fn signature(
        request: &Signable<'_>,
        headers: &[(&str, &str)],
        service: &str,
        token: Option<&str>,
    ) -> (String, String) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut headers: Vec<(String, String)> = headers.iter().map(owned).collect();
        let scope = Scope {
            region: "us-east-1",
            service,
            moment: "2015-08-30T12:36:00Z".parse().unwrap(),
        };
        sign(request, &mut headers, &credentials(token), &scope);
        let (_, authorization) = headers.pop().unwrap();
        let part = |name: &str| {
            let (_, rest) = authorization.split_once(name).unwrap();
            rest.split(',').next().unwrap().to_owned()
        };
        (part("Signature="), part("SignedHeaders="))
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn signature_is_that_of_amazons_example() {
        let query = pairs(&[("Version", "2010-05-08"), ("Action", "ListUsers")]);
        let request = Signable {
            method: "GET",
            path: "/",
            query: &query,
            body: b"",
            is_s3: false,
            is_body_unsigned: false,
        };
        let headers = [
            ("Host", "iam.amazonaws.com"),
            (
                "Content-Type",
                "application/x-www-form-urlencoded;  charset=utf-8",
            ),
            ("User-Agent", "stepwell"),
        ];
        let (signature, names) = signature(&request, &headers, "iam", None);
        assert_eq!(
            signature,
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
        assert_eq!(names, "content-type;host;x-amz-date");
    }

    #[test]
    fn signatures_are_those_of_botocore() {
        let query = pairs(&[("b key", "ü/&"), ("a", ""), ("a", "1")]);
        let request = |is_s3| Signable {
            method: "PUT",
            path: "/a%20b//c/../d%C3%BC/",
            query: &query,
            body: b"{\"a\":1}",
            is_s3,
            is_body_unsigned: false,
        };
        let headers = [("Host", "h.example:9000"), ("X-Amz-Meta-B", " x  y ")];
        let (plain, _) = signature(&request(false), &headers, "lambda", Some("TOKEN"));
        let (s3, names) = signature(&request(true), &headers, "s3", Some("TOKEN"));
        assert_eq!(
            plain,
            "763f996fac159324b03c13fc2d7947c40a60b6b3b31485c2103b48badd393d6b"
        );
        assert_eq!(
            s3,
            "a2ef47b23ac5fff707c13c0aa31eba54cc03356b56e8587a1cb9ee6e03aa7470"
        );
        assert_eq!(
            names,
            "host;x-amz-content-sha256;x-amz-date;x-amz-meta-b;x-amz-security-token"
        );
    }
}

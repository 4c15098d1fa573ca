//! Signing: AWS Signature Version 4, in headers or in the address.

use sigv4::{Canonical, Path, uri};

pub(crate) use sigv4::Scope;

use crate::credentials::Credentials;

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
        sigv4::UNSIGNED.to_owned()
    } else {
        sigv4::hash(request.body)
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
    add("X-Amz-Algorithm", sigv4::ALGORITHM.to_owned());
    add("X-Amz-Credential", format!("{id}/{}", scope.place()));
    add("X-Amz-Date", scope.time());
    add("X-Amz-Expires", seconds.to_string());
    add("X-Amz-SignedHeaders", names.clone());
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token.clone());
    }
    let body = sigv4::hash(request.body);
    let with_query = Signable {
        query: &query,
        ..*request
    };
    let (_, signature) = signature(&with_query, &signed, &names, &body, credentials, scope);
    query.push(("X-Amz-Signature".to_owned(), signature));
    query
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
    let encode = |(name, value): &(String, String)| (uri::encode(name), uri::encode(value));
    let query: Vec<(String, String)> = request.query.iter().map(encode).collect();
    let canonical = Canonical {
        method: request.method,
        path: request.path,
        path_as: if request.is_s3 {
            Path::AsSent
        } else {
            Path::Normalised
        },
        query: &query,
        headers: signed,
        names,
        body,
    };
    let place = scope.place();
    let to_sign = sigv4::string_to_sign(&canonical.text(), &scope.time(), &place);
    let signature = sigv4::sign(&credentials.secret_access_key, &place, &to_sign);
    (place, signature)
}

/// The lines of the headers that are signed, and their names.
fn canonical_headers(headers: &[(String, String)]) -> (String, String) {
    let signed = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    sigv4::canonical_headers(signed.filter(|(name, _)| {
        !UNSIGNED
            .iter()
            .any(|unsigned| name.eq_ignore_ascii_case(unsigned))
    }))
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

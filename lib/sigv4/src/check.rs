//! Check: whether a request was signed by who it says.

use jiff::{SignedDuration, Timestamp};

use crate::canonical::{Canonical, Path, canonical_headers};
use crate::claim::Claim;
use crate::signature::{self, is_signature, string_to_sign};
use crate::uri;

/// How far a client's clock may be wrong, in minutes.
const SKEW_MINUTES: i64 = 15;

/// A request as it came, without its body.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, not decoded.
    pub path: &'a str,
    /// What follows the `?`.
    pub query: Option<&'a str>,
    /// The headers, their names in lower case, the host among them.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Received<'a> {
    /// The value of a header whose name is given in lower case; the first of several.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    /// The parameters, each encoded in the one way in which signatures have it.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        let parts = self.query.unwrap_or_default().split('&');
        let parts = parts.filter(|part| !part.is_empty());
        let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
        pairs
            .map(|(name, value)| (uri::normalised(name), uri::normalised(value)))
            .collect()
    }
}

/// What kind of thing is wrong with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is none.
    Missing,
    /// It lacks something.
    Incomplete,
    /// It is not that of the request, or not of now.
    Invalid,
}

/// What is wrong with a signature, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What kind of thing.
    pub kind: Kind,
    /// The words.
    pub message: String,
}

impl Flaw {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl Claim {
    /// Checks what can be checked without the secret: that the signature is one for these services, by the name that
    /// signatures have for them, and of about now.
    pub fn check_scope(&self, services: &[&str], now: Timestamp) -> Result<(), Flaw> {
        let mut wrong = Vec::new();
        if self.terminator != "aws4_request" {
            wrong.push(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.",
                self.terminator
            ));
        }
        if !services.contains(&&*self.service) {
            let service = services.first().copied().unwrap_or_default();
            wrong.push(format!(
                "Credential should be scoped to correct service: '{service}'."
            ));
        }
        let time = self.time();
        if self.date != time[..8] {
            wrong.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{}', from '{time}'.",
                self.date,
                &time[..8]
            ));
        }
        if !wrong.is_empty() {
            return Err(invalid(wrong.join(" ")));
        }
        self.check_time(now)
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Flaw> {
        let skew = SignedDuration::from_mins(SKEW_MINUTES);
        let (good_for, shown) = match self.expires {
            None => (skew, format!("{SKEW_MINUTES} min.")),
            Some(seconds) => (
                SignedDuration::from_secs(seconds.into()),
                format!("{seconds} sec."),
            ),
        };
        let time = self.time();
        let earliest = now.saturating_sub(good_for).unwrap_or(Timestamp::MIN);
        let latest = now.saturating_add(skew).unwrap_or(Timestamp::MAX);
        let at = signature::time;
        if self.moment < earliest {
            return Err(invalid(format!(
                "Signature expired: {time} is now earlier than {} ({} - {shown})",
                at(earliest),
                at(now)
            )));
        }
        if self.moment > latest {
            return Err(invalid(format!(
                "Signature not yet current: {time} is still later than {} ({} + {SKEW_MINUTES} min.)",
                at(latest),
                at(now)
            )));
        }
        Ok(())
    }

    /// Checks that the request was signed with this secret, body and all. `body` is the hash of what came as the body.
    ///
    /// A body is always part of what is checked: `UNSIGNED-PAYLOAD` is S3's alone.
    pub fn check(&self, request: &Received<'_>, body: &str, secret: &str) -> Result<(), Flaw> {
        self.check_headers(request)?;
        let names: Vec<&str> = self.signed_headers.split(';').collect();
        let signed = request.headers.iter().copied();
        let (lines, _) = canonical_headers(signed.filter(|(name, _)| names.contains(name)));
        let mut query = request.query_pairs();
        if self.expires.is_some() {
            query.retain(|(name, _)| name != "X-Amz-Signature");
        }
        let canonical = Canonical {
            method: request.method,
            path: request.path,
            path_as: Path::Normalised,
            query: &query,
            headers: &lines,
            names: &self.signed_headers,
            body,
        };
        let canonical = canonical.text();
        let to_sign = string_to_sign(&canonical, &self.time(), &self.place());
        if is_signature(secret, &self.place(), &to_sign, &self.signature) {
            return Ok(());
        }
        Err(invalid(format!(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String \
             for this request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
        )))
    }

    /// The host and every `x-amz-` header must be signed: whoever saw a request could send it again with another.
    fn check_headers(&self, request: &Received<'_>) -> Result<(), Flaw> {
        let is_signed = |name: &str| self.signed_headers.split(';').any(|signed| signed == name);
        if !is_signed("host") {
            return Err(invalid(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        let needed = |name: &&str| name.starts_with("x-amz-") && !is_signed(name);
        match request.headers.iter().map(|(name, _)| *name).find(needed) {
            Some(name) => Err(invalid(format!(
                "'{name}' must be a 'SignedHeader' in the AWS Authorization."
            ))),
            None => Ok(()),
        }
    }
}

fn invalid(message: impl Into<String>) -> Flaw {
    Flaw::new(Kind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const NOW: &str = "2015-08-30T12:36:00Z";

    /// Amazon's example of a request to IAM.
    const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date, \
        Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

    fn headers(authorization: &str) -> Vec<(&str, &str)> {
        vec![
            ("host", "iam.amazonaws.com"),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("x-amz-date", "20150830T123600Z"),
            ("user-agent", "anything"),
            ("authorization", authorization),
        ]
    }

    fn request<'a>(headers: &'a [(&'a str, &'a str)]) -> Received<'a> {
        Received {
            method: "GET",
            path: "/",
            query: Some("Version=2010-05-08&Action=ListUsers"),
            headers,
        }
    }

    fn checked(request: &Received<'_>, body: &[u8], now: &str) -> Result<(), Flaw> {
        let claim = Claim::read(request)?;
        claim.check_scope(&["iam"], now.parse().unwrap())?;
        claim.check(request, &hash(body), SECRET)
    }

    fn refused(headers: &[(&str, &str)]) -> (Kind, String) {
        let flaw = checked(&request(headers), b"", NOW).unwrap_err();
        (flaw.kind, flaw.message)
    }

    #[test]
    fn request_that_was_signed_is_taken() {
        let headers = headers(AUTHORIZATION);
        assert_eq!(checked(&request(&headers), b"", NOW), Ok(()));
        let claim = Claim::read(&request(&headers)).unwrap();
        assert_eq!(
            (&*claim.access_key_id, &*claim.region, &*claim.service),
            ("AKIDEXAMPLE", "us-east-1", "iam")
        );
    }

    #[test]
    fn any_change_to_what_is_signed_is_noticed() {
        let headers = headers(AUTHORIZATION);
        let sent = request(&headers);
        let mut other_type = headers.clone();
        other_type[1].1 = "text/plain";
        for changed in [
            Received {
                method: "POST",
                ..sent
            },
            Received { path: "/x", ..sent },
            Received {
                query: Some("Version=2010-05-08&Action=DeleteUser"),
                ..sent
            },
            Received {
                headers: &other_type,
                ..sent
            },
        ] {
            assert_eq!(
                checked(&changed, b"", NOW).unwrap_err().kind,
                Kind::Invalid,
                "{changed:?}"
            );
        }
        let flaw = checked(&sent, b"x", NOW).unwrap_err();
        assert_eq!(
            flaw.message,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.\n\n\
             The Canonical String for this request should have been\n\
             'GET\n/\nAction=ListUsers&Version=2010-05-08\n\
             content-type:application/x-www-form-urlencoded; charset=utf-8\nhost:iam.amazonaws.com\n\
             x-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n\
             2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'\n\n\
             The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n\
             20150830/us-east-1/iam/aws4_request\n\
             e50736886ca6f9adba682e1448e357fc07d947acbc854a29e44e00c84743851a'\n"
        );
    }

    #[test]
    fn signature_is_good_for_fifteen_minutes() {
        let headers = headers(AUTHORIZATION);
        let at = |now: &str| checked(&request(&headers), b"", now).map_err(|flaw| flaw.message);
        assert_eq!(at("2015-08-30T12:51:00Z"), Ok(()));
        assert_eq!(at("2015-08-30T12:21:00Z"), Ok(()));
        assert_eq!(
            at("2015-08-30T12:51:01Z").unwrap_err(),
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
        );
        assert_eq!(
            at("2015-08-30T12:20:59Z").unwrap_err(),
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 \
             min.)"
        );
    }

    #[test]
    fn what_a_signature_lacks_is_named() {
        assert_eq!(
            refused(&headers(AUTHORIZATION)[..4]),
            (Kind::Missing, "Missing Authentication Token".to_owned())
        );
        let (kind, message) = refused(&[("host", "h"), ("authorization", "Bearer abc")]);
        assert_eq!(kind, Kind::Incomplete);
        assert_eq!(
            message,
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
             parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires \
             existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
             Authorization=w1Xc6WwWEogNEZQP/dkBTThsJT4MNlKmzQanIm970rY="
        );
        assert!(!message.contains("abc"));
    }

    #[test]
    fn signature_for_something_else_is_refused() {
        let with = |from: &str, to: &str| refused(&headers(&AUTHORIZATION.replace(from, to))).1;
        assert_eq!(
            with("/iam/", "/states/"),
            "Credential should be scoped to correct service: 'iam'."
        );
        assert_eq!(
            with("aws4_request", "aws5"),
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'."
        );
        assert_eq!(
            with("20150830", "20150829"),
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != \
             '20150830', from '20150830T123600Z'."
        );
        assert_eq!(
            with("/iam/aws4_request", ""),
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
             'AKIDEXAMPLE/20150830/us-east-1'"
        );
        assert_eq!(
            with("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."
        );
        assert_eq!(
            with(";host;", ";"),
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        );
        let mut more = headers(AUTHORIZATION);
        more.push(("x-amz-target", "IAM.DeleteUser"));
        assert_eq!(
            refused(&more).1,
            "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."
        );
        let mut undated = headers(AUTHORIZATION);
        undated[2].1 = "yesterday";
        assert_eq!(refused(&undated).0, Kind::Incomplete);
    }

    #[test]
    fn signature_in_an_address_is_good_as_long_as_it_says() {
        let unsigned = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K%2F20150830%2Fr%2Fiam%2Faws4_request\
            &X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host";
        let headers = [("host", "h")];
        let of = |query| Received {
            method: "GET",
            path: "/",
            query: Some(query),
            headers: &headers,
        };
        let flaw = checked(&of(unsigned), b"", NOW).unwrap_err();
        assert_eq!(
            flaw.message,
            "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters."
        );
        let (lines, names) = canonical_headers(headers);
        let query = of(unsigned).query_pairs();
        let canonical = Canonical {
            method: "GET",
            path: "/",
            path_as: Path::Normalised,
            query: &query,
            headers: &lines,
            names: &names,
            body: &hash(b""),
        };
        let place = "20150830/r/iam/aws4_request";
        let to_sign = string_to_sign(&canonical.text(), "20150830T123600Z", place);
        let signed = format!(
            "{unsigned}&X-Amz-Signature={}",
            crate::sign(SECRET, place, &to_sign)
        );
        assert_eq!(checked(&of(&signed), b"", "2015-08-30T12:37:00Z"), Ok(()));
        assert_eq!(
            checked(&of(&signed), b"", "2015-08-30T12:37:01Z")
                .unwrap_err()
                .message,
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T123701Z - 60 sec.)"
        );
    }
}

//! Claim: what a request says of who signed it, in its headers or in its address.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::check::{Flaw, Kind, Received};
use crate::{ALGORITHM, signature, uri};

/// The names of parameters of a signature in an address.
const IN_QUERY: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

/// The most seconds that a signature in an address is good for: a week.
const EXPIRES_MAX: u32 = 604_800;

/// Who a request says has signed it, and how. Nothing of it is proven before [`Claim::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The id of the access key.
    pub access_key_id: String,
    /// The region that the signature is good for.
    pub region: String,
    /// The service that it is good for.
    pub service: String,
    /// The token that goes with a key for a time.
    pub security_token: Option<String>,
    /// The rest of what the signature is good for: its date and its end.
    pub(crate) date: String,
    pub(crate) terminator: String,
    pub(crate) moment: Timestamp,
    /// The names of the headers that are signed, in order.
    pub(crate) signed_headers: String,
    pub(crate) signature: String,
    /// For how many seconds, where it stands in the address.
    pub(crate) expires: Option<u32>,
}

impl Claim {
    /// Reads what a request claims.
    ///
    /// Fails with AWS's words for a request that is not signed, or whose signature lacks something.
    pub fn read(request: &Received<'_>) -> Result<Self, Flaw> {
        if let Some(header) = request.header("authorization") {
            return of_header(request, header);
        }
        let query = request.query_pairs();
        let find = |name: &str| {
            let found = query.iter().find(|(key, _)| key == name);
            found.and_then(|(_, value)| uri::decoded(value))
        };
        if find("X-Amz-Algorithm").is_some() {
            return of_query(find);
        }
        Err(Flaw::new(Kind::Missing, "Missing Authentication Token"))
    }

    /// What the signature is good for, as it is written in it.
    pub(crate) fn place(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.date, self.region, self.service, self.terminator
        )
    }

    pub(crate) fn time(&self) -> String {
        signature::time(self.moment)
    }
}

fn of_header(request: &Received<'_>, header: &str) -> Result<Claim, Flaw> {
    let (algorithm, parameters) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if algorithm != ALGORITHM && algorithm.starts_with("AWS4-") {
        return Err(unsupported(algorithm));
    }
    let find = |name: &str| {
        let parts = parameters.split(',').map(str::trim);
        let values = parts.filter_map(|part| part.split_once('='));
        values
            .filter(|(key, _)| algorithm == ALGORITHM && *key == name)
            .map(|(_, value)| value.trim())
            .find(|value| !value.is_empty())
    };
    let (credential, signature, signed) = (find("Credential"), find("Signature"), find("SignedHeaders"));
    let date = request.header("x-amz-date").or_else(|| request.header("date"));
    let (Some(credential), Some(signature), Some(signed), Some(date)) = (credential, signature, signed, date)
    else {
        let mut lacks = String::new();
        for (name, found) in [
            ("Credential", credential),
            ("Signature", signature),
            ("SignedHeaders", signed),
        ] {
            if found.is_none() {
                lacks.push_str(&format!("Authorization header requires '{name}' parameter. "));
            }
        }
        if date.is_none() {
            lacks.push_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            );
        }
        // What stands there may be a secret of another scheme: AWS shows its hash.
        let shown = STANDARD.encode(Sha256::digest(header));
        return Err(incomplete(format!(
            "{lacks}(Hashed with SHA-256 and encoded with Base64) Authorization={shown}"
        )));
    };
    let token = request.header("x-amz-security-token").map(str::to_owned);
    claim(credential, signature, signed, date, token, None)
}

fn of_query(find: impl Fn(&str) -> Option<String>) -> Result<Claim, Flaw> {
    let mut found = Vec::with_capacity(IN_QUERY.len());
    for name in IN_QUERY {
        let value = find(name).filter(|value| !value.is_empty());
        found.push(value.ok_or_else(|| {
            incomplete(format!(
                "AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
            ))
        })?);
    }
    let [algorithm, credential, date, expires, signed, signature] = found.as_slice() else {
        unreachable!("there is one value for each name");
    };
    if algorithm != ALGORITHM {
        return Err(unsupported(algorithm));
    }
    let expires = expires
        .parse()
        .ok()
        .filter(|seconds| *seconds <= EXPIRES_MAX)
        .ok_or_else(|| incomplete("X-Amz-Expires must be less than 604801 seconds"))?;
    let token = find("X-Amz-Security-Token");
    claim(credential, signature, signed, date, token, Some(expires))
}

fn claim(
    credential: &str,
    signature: &str,
    signed: &str,
    date: &str,
    security_token: Option<String>,
    expires: Option<u32>,
) -> Result<Claim, Flaw> {
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, service, terminator] = parts.as_slice() else {
        return Err(incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
             '{credential}'"
        )));
    };
    let moment = moment(date).ok_or_else(|| {
        incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    })?;
    Ok(Claim {
        access_key_id: (*access_key_id).to_owned(),
        region: (*region).to_owned(),
        service: (*service).to_owned(),
        security_token,
        date: (*day).to_owned(),
        terminator: (*terminator).to_owned(),
        moment,
        signed_headers: signed.to_ascii_lowercase(),
        signature: signature.to_owned(),
        expires,
    })
}

/// A moment as `X-Amz-Date` or `Date` has it.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = DateTime::strptime("%Y%m%dT%H%M%SZ", text) {
        return moment.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(zoned.timestamp())
}

fn unsupported(algorithm: &str) -> Flaw {
    incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'."))
}

fn incomplete(message: impl Into<String>) -> Flaw {
    Flaw::new(Kind::Incomplete, message)
}

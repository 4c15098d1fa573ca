//! Proof: who sent a request, by its signature.

use std::sync::Arc;

use jiff::Timestamp;
use sigv4::{Claim, Flaw, Kind, Received};

use crate::key::{Key, Keys};

/// Why a request is refused, by AWS's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request is not signed.
    MissingAuthenticationToken,
    /// Its signature lacks something.
    IncompleteSignature,
    /// There is no such key.
    UnrecognizedClient,
    /// The signature is not that of the request, or not of now.
    InvalidSignature,
    /// The session is over.
    ExpiredToken,
    /// The key may not do that.
    AccessDenied,
}

impl Code {
    /// AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::IncompleteSignature => "IncompleteSignatureException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::AccessDenied => "AccessDeniedException",
        }
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// By name.
    pub code: Code,
    /// In AWS's words.
    pub message: String,
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Self {
            code: match flaw.kind {
                Kind::Missing => Code::MissingAuthenticationToken,
                Kind::Incomplete => Code::IncompleteSignature,
                Kind::Invalid => Code::InvalidSignature,
            },
            message: flaw.message,
        }
    }
}

impl Refusal {
    /// There is no such key, or its token is another.
    pub(crate) fn unrecognized() -> Self {
        Self {
            code: Code::UnrecognizedClient,
            message: "The security token included in the request is invalid.".to_owned(),
        }
    }
}

/// Who a request says has sent it, before its body has been read.
#[derive(Debug)]
pub struct Claimed {
    /// With which key.
    pub key: Arc<Key>,
    claim: Claim,
}

impl Keys {
    /// Finds the key with which a request for one of these services says it was signed.
    ///
    /// Whoever has none is turned away here, before the server has read what may be a long body.
    pub fn claimed(
        &self,
        request: &Received<'_>,
        services: &[&str],
        now: Timestamp,
    ) -> Result<Claimed, Refusal> {
        let claim = Claim::read(request)?;
        claim.check_scope(services, now)?;
        let key = self
            .find(&claim.access_key_id)
            .ok_or_else(Refusal::unrecognized)?;
        let is_token = match (&key.session_token, &claim.security_token) {
            (None, None) => true,
            (Some(token), Some(given)) => sigv4::is_same_secret(token, given),
            _ => false,
        };
        if !is_token {
            return Err(Refusal::unrecognized());
        }
        Ok(Claimed { key, claim })
    }
}

impl Claimed {
    /// The region that the request is about.
    pub fn region(&self) -> &str {
        &self.claim.region
    }

    /// Proves the claim by the whole request.
    pub fn prove(&self, request: &Received<'_>, body: &[u8]) -> Result<(), Refusal> {
        let body = sigv4::hash(body);
        Ok(self.claim.check(request, &body, &self.key.secret)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(session_token: Option<&str>) -> Keys {
        let key = Key {
            name: "k".to_owned(),
            access_key_id: "AKID".to_owned(),
            secret: "0123456789abcdef".to_owned(),
            session_token: session_token.map(str::to_owned),
            account: "123456789012".to_owned(),
            arn: String::new(),
            policy: None,
        };
        Keys::new([key], "own".to_owned()).unwrap()
    }

    fn claimed(keys: &Keys, id: &str, token: Option<&str>) -> Result<Claimed, Refusal> {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={id}/20150830/eu-west-1/states/aws4_request,SignedHeaders=host,Signature=00"
        );
        let mut headers = vec![
            ("host", "h"),
            ("x-amz-date", "20150830T123600Z"),
            ("authorization", &*authorization),
        ];
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        let request = Received {
            method: "POST",
            path: "/",
            query: None,
            headers: &headers,
        };
        keys.claimed(&request, &["states"], "2015-08-30T12:36:00Z".parse().unwrap())
    }

    #[test]
    fn whoever_has_no_key_is_turned_away() {
        let refusal = claimed(&keys(None), "OTHER", None).unwrap_err();
        assert_eq!(refusal.code.name(), "UnrecognizedClientException");
        assert_eq!(
            refusal.message,
            "The security token included in the request is invalid."
        );
        assert_eq!(claimed(&keys(None), "AKID", None).unwrap().region(), "eu-west-1");
    }

    #[test]
    fn token_goes_with_its_key() {
        assert!(claimed(&keys(Some("t")), "AKID", Some("t")).is_ok());
        for (of_key, given) in [(Some("t"), None), (Some("t"), Some("u")), (None, Some("t"))] {
            let refusal = claimed(&keys(of_key), "AKID", given).unwrap_err();
            assert_eq!(refusal.code, Code::UnrecognizedClient, "{of_key:?} {given:?}");
        }
    }
}

//! Caller: who asks, as far as the request's headers tell.

use std::sync::Arc;

use ids::Scope;

use crate::Text;

/// The account of everyone whose access key doesn't name one.
pub const ACCOUNT_DEFAULT: &str = "000000000000";

/// The region of everyone whose credentials don't name one.
pub const REGION_DEFAULT: &str = "us-east-1";

/// Who sent a request. What it says of itself, where the server has no keys; else what it has proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account and region whose resources the request is about.
    pub scope: Scope,
    /// The access key that the request was signed with; none where a task of the server itself asks.
    pub access_key_id: Option<Text>,
    /// The `X-Amzn-Trace-Id` header, which wins over a request's `traceHeader`.
    pub trace_header: Option<Text>,
}

/// The account and region of everyone who names none, unless the server says otherwise.
pub fn home() -> Scope {
    Scope {
        region: Arc::from(REGION_DEFAULT),
        account: Arc::from(ACCOUNT_DEFAULT),
    }
}

impl Default for Caller {
    fn default() -> Self {
        Self::of(home())
    }
}

impl Caller {
    /// A caller of an account and region.
    pub fn of(scope: Scope) -> Self {
        Self {
            scope,
            access_key_id: None,
            trace_header: None,
        }
    }

    /// Reads the credential scope of an `Authorization` header, such as
    /// `AWS4-HMAC-SHA256 Credential=KEY/20261122/eu-west-1/states/aws4_request, SignedHeaders=…, Signature=…`.
    ///
    /// An access key id of 12 digits names the account; every other one belongs to that of `home`.
    /// A header that is missing or says nothing gives a caller from there.
    pub fn from_authorization(header: Option<&str>, home: &Scope) -> Self {
        let Some(credential) = header.and_then(credential) else {
            return Self::of(home.clone());
        };
        let mut parts = credential.split('/');
        let key = parts.next().unwrap_or_default();
        let region = parts
            .nth(1)
            .filter(|region| ids::arn::is_region(region))
            .unwrap_or(&home.region);
        let account = if ids::arn::is_account(key) {
            key
        } else {
            &*home.account
        };
        Self {
            scope: Scope {
                region: Arc::from(region),
                account: Arc::from(account),
            },
            access_key_id: (!key.is_empty()).then(|| Text::from(key)),
            trace_header: None,
        }
    }

    /// The account whose resources the request is about: 12 digits.
    pub fn account(&self) -> &str {
        &self.scope.account
    }

    /// The region whose resources the request is about.
    pub fn region(&self) -> &str {
        &self.scope.region
    }
}

/// The value of `Credential=` in a header of Signature Version 4.
fn credential(header: &str) -> Option<&str> {
    let (algorithm, parameters) = header.trim().split_once(' ')?;
    if !algorithm.starts_with("AWS4-") {
        return None;
    }
    parameters
        .split(',')
        .find_map(|parameter| parameter.trim().strip_prefix("Credential="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(credential: &str) -> Caller {
        let header =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=ab");
        Caller::from_authorization(Some(&header), &home())
    }

    #[test]
    fn region_comes_from_the_credential_scope() {
        let caller = caller("AKIDEXAMPLE/20261122/eu-west-1/states/aws4_request");
        assert_eq!(
            (caller.account(), caller.region()),
            (ACCOUNT_DEFAULT, "eu-west-1")
        );
        assert_eq!(caller.access_key_id, Some(Text::from("AKIDEXAMPLE")));
    }

    #[test]
    fn key_of_twelve_digits_names_the_account() {
        assert_eq!(
            caller("123456789012/20261122/eu-west-1/states/aws4_request").account(),
            "123456789012"
        );
        assert_eq!(
            caller("12345678901/20261122/eu-west-1/states/aws4_request").account(),
            ACCOUNT_DEFAULT
        );
        assert_eq!(
            caller("12345678901x/20261122/eu-west-1/states/aws4_request").account(),
            ACCOUNT_DEFAULT
        );
    }

    #[test]
    fn header_that_says_nothing_gives_the_default_caller() {
        for header in [
            "",
            "Bearer abc",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 SignedHeaders=host",
            "Credential=a/b/c",
        ] {
            assert_eq!(
                Caller::from_authorization(Some(header), &home()),
                Caller::default(),
                "{header}"
            );
        }
        assert_eq!(Caller::from_authorization(None, &home()), Caller::default());
    }

    #[test]
    fn region_that_could_not_be_in_an_arn_is_ignored() {
        for region in ["", "EU", "a:b", "é"] {
            assert_eq!(
                caller(&format!("AKID/20261122/{region}/states/aws4_request")).region(),
                REGION_DEFAULT
            );
        }
        assert_eq!(caller("AKID").region(), REGION_DEFAULT);
    }
}

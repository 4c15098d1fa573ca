//! SSO: credentials of an account that somebody has signed in to with `aws sso login`.

use jiff::Timestamp;
use json::{Value, json};
use sha1::{Digest, Sha1};

use crate::client::Client;
use crate::credentials::{Credentials, Lease};
use crate::profile::{Profiles, Section};

/// An account and a role in it, and where the token lies with which both are had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sso {
    /// The name that the session has, or the address at which it was begun.
    pub(crate) session: String,
    /// The file with the token, as the AWS CLI leaves it.
    pub(crate) token_file: String,
    pub(crate) region: String,
    pub(crate) account_id: String,
    pub(crate) role_name: String,
}

impl Sso {
    /// What a profile says of it, in the present form (`sso_session`) or in the older one (`sso_start_url`).
    pub(crate) fn of(profile: &Section, profiles: &Profiles, home: &str) -> Option<Self> {
        let text = |name: &str| profile.get(name).cloned();
        let (session, region) = match text("sso_session") {
            Some(name) => {
                let region = profiles.session(&name)?.get("sso_region")?.clone();
                (name, region)
            }
            None => (text("sso_start_url")?, text("sso_region")?),
        };
        let sum = Sha1::digest(&session);
        let file: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self {
            session,
            token_file: format!("{home}/.aws/sso/cache/{file}.json"),
            region,
            account_id: text("sso_account_id")?,
            role_name: text("sso_role_name")?,
        })
    }

    /// Fetches credentials with the token, as long as that is good.
    pub(crate) async fn fetch(&self, client: &Client) -> Result<Lease, String> {
        let cached = tokio::fs::read(&self.token_file).await.unwrap_or_default();
        let token = token(&cached, Timestamp::now()).ok_or_else(|| {
            format!(
                "nobody is signed in to the SSO session `{}`: `aws sso login` does that",
                self.session
            )
        })?;
        let parameters = json!({
            "AccessToken": token, "AccountId": self.account_id.clone(), "RoleName": self.role_name.clone(),
        });
        // The operation isn't signed: the token says who asks.
        let nobody = Credentials::of_emulator("");
        let answer = client
            .ask("sso", "getRoleCredentials", &parameters, &self.region, &nobody)
            .await?;
        lease(&answer).ok_or_else(|| "SSO answered without credentials".to_owned())
    }
}

/// The token in the CLI's file, unless it has ended.
fn token(cached: &[u8], now: Timestamp) -> Option<Value> {
    let cached = json::parse_bytes(cached).ok()?;
    let until = cached.get("expiresAt")?.as_str()?;
    // Older versions of the CLI write the zone out.
    let until: Timestamp = until.replace("UTC", "Z").parse().ok()?;
    let token = cached.get("accessToken")?;
    (until > now && token.as_str().is_some()).then(|| token.clone())
}

fn lease(answer: &Value) -> Option<Lease> {
    let found = answer.get("RoleCredentials")?;
    let text = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
    let until = found.get("Expiration").and_then(Value::as_i64)?;
    Some(Lease {
        credentials: Credentials {
            access_key_id: text("AccessKeyId")?,
            secret_access_key: text("SecretAccessKey")?,
            session_token: text("SessionToken"),
        },
        until: Timestamp::from_millisecond(until).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
[profile new]
sso_session = work
sso_account_id = 123456789012
sso_role_name = Reader

[sso-session work]
sso_region = eu-west-1
sso_start_url = https://work.awsapps.com/start

[profile old]
sso_start_url = https://work.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = Reader

[profile half]
sso_session = none
";

    #[test]
    fn profiles_name_a_session_or_where_it_was_begun() {
        let profiles = Profiles::parse(CONFIG, "");
        let sso = |name: &str| Sso::of(profiles.get(name).unwrap(), &profiles, "/home/me");
        let found = sso("new").unwrap();
        // The file is named after the SHA-1 of the session's name.
        assert_eq!(
            (&*found.token_file, &*found.region, &*found.role_name),
            (
                "/home/me/.aws/sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json",
                "eu-west-1",
                "Reader"
            )
        );
        assert!(
            sso("old")
                .unwrap()
                .token_file
                .ends_with("/19aabcacc95f752e6b4e0978c9b2a1691b58f5e0.json")
        );
        assert_eq!(sso("half"), None);
    }

    #[test]
    fn tokens_end() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let cached = |until: &str| {
            format!("{{\"accessToken\":\"t\",\"expiresAt\":\"{until}\",\"region\":\"eu-west-1\"}}")
        };
        for (until, is_good) in [
            ("2026-01-01T01:00:00Z", true),
            ("2026-01-01T01:00:00UTC", true),
            ("2025-12-31T23:00:00Z", false),
            ("soon", false),
        ] {
            assert_eq!(token(cached(until).as_bytes(), now).is_some(), is_good, "{until}");
        }
        assert_eq!(token(b"", now), None);
        assert_eq!(token(b"{}", now), None);
    }

    #[test]
    fn credentials_end_when_sso_says() {
        let answer = json!({"RoleCredentials": {
            "AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T", "Expiration": 1_767_229_200_000_i64,
        }});
        let lease = lease(&answer).unwrap();
        assert_eq!(lease.until.unwrap().to_string(), "2026-01-01T01:00:00Z");
        assert_eq!(super::lease(&json!({})), None);
    }
}

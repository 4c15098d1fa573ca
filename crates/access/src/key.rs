//! Key: access keys, and what may be done with each.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::policy::{Decision, Policy};
use crate::proof::{Code, Refusal};

/// How short a secret may be. Those of AWS have 40 characters; what is much shorter can be guessed.
const SECRET_CHARACTERS_MIN: usize = 16;

/// The lengths that an id may have on AWS.
const ID_CHARACTERS: std::ops::RangeInclusive<usize> = 4..=128;

/// An access key, and whose it is.
pub struct Key {
    /// What the configuration calls it.
    pub name: String,
    /// What requests say they are signed with.
    pub access_key_id: String,
    /// What they are signed with.
    pub secret: String,
    /// What has to come with it, where it is one for a time.
    pub session_token: Option<String>,
    /// The account it belongs to.
    pub account: String,
    /// Who it belongs to, as messages name them.
    pub arn: String,
    /// What may be done with it; anything within its account where there is none.
    pub policy: Option<Policy>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.access_key_id)
    }
}

/// A key that can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadKey {
    /// Its id is none.
    #[error(
        "key `{0}`: an `access_key_id` has 4 to 128 letters, digits and underscores, and is not just 12 digits"
    )]
    Id(String),
    /// Its id is another's, too.
    #[error("key `{0}`: there is another key with the same `access_key_id`")]
    Twice(String),
    /// Its secret could be guessed.
    #[error(
        "key `{0}`: a secret has {SECRET_CHARACTERS_MIN} characters or more; `openssl rand -base64 30` makes one"
    )]
    Secret(String),
    /// Its account is none.
    #[error("key `{0}`: an account has 12 digits")]
    Account(String),
}

/// All keys, by their ids, and the server's own.
pub struct Keys {
    by_id: HashMap<String, Arc<Key>>,
    own_secret: String,
}

impl Keys {
    /// These keys. The server's own calls are signed with `own_secret` and the id of an account.
    pub fn new(keys: impl IntoIterator<Item = Key>, own_secret: String) -> Result<Self, BadKey> {
        let mut by_id = HashMap::new();
        for key in keys {
            check(&key)?;
            let name = key.name.clone();
            if by_id.insert(key.access_key_id.clone(), Arc::new(key)).is_some() {
                return Err(BadKey::Twice(name));
            }
        }
        Ok(Self { by_id, own_secret })
    }

    /// The key with an id. That of an account is the server's own, and the account's owner's.
    pub fn find(&self, access_key_id: &str) -> Option<Arc<Key>> {
        if let Some(key) = self.configured(access_key_id) {
            return Some(key);
        }
        if !ids::arn::is_account(access_key_id) {
            return None;
        }
        Some(Arc::new(Key {
            name: "root".to_owned(),
            access_key_id: access_key_id.to_owned(),
            secret: self.own_secret.clone(),
            session_token: None,
            account: access_key_id.to_owned(),
            arn: format!("arn:aws:iam::{access_key_id}:root"),
            policy: None,
        }))
    }

    /// What the server's own calls are signed with.
    pub fn own_secret(&self) -> &str {
        &self.own_secret
    }

    /// The key with an id, unless it is the server's own.
    pub fn configured(&self, access_key_id: &str) -> Option<Arc<Key>> {
        self.by_id.get(access_key_id).cloned()
    }

    /// The key with a name.
    pub fn named(&self, name: &str) -> Option<&Arc<Key>> {
        self.by_id.values().find(|key| key.name == name)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_id.values()).finish()
    }
}

fn check(key: &Key) -> Result<(), BadKey> {
    let id = &key.access_key_id;
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !ID_CHARACTERS.contains(&id.len()) || !id.bytes().all(is_id) || ids::arn::is_account(id) {
        return Err(BadKey::Id(key.name.clone()));
    }
    if key.secret.chars().count() < SECRET_CHARACTERS_MIN {
        return Err(BadKey::Secret(key.name.clone()));
    }
    if !ids::arn::is_account(&key.account) {
        return Err(BadKey::Account(key.name.clone()));
    }
    Ok(())
}

impl Key {
    /// Whether an action, such as `states:StartExecution`, may be done to a resource with this key.
    ///
    /// Fails in AWS's words. What belongs to another account may never be touched.
    pub fn check(&self, action: &str, resource: &str) -> Result<(), Refusal> {
        if let Some(account) = account_of(resource)
            && account != self.account
        {
            if action == "iam:PassRole" {
                return Err(Refusal {
                    code: Code::AccessDenied,
                    message: "Cross-account pass role is not allowed.".to_owned(),
                });
            }
            return Err(self.denied(
                action,
                resource,
                &format!("because no resource-based policy allows the {action} action"),
            ));
        }
        let decision = match &self.policy {
            Some(policy) => policy.decide(action, resource),
            None => Decision::Allowed,
        };
        match decision {
            Decision::Allowed => Ok(()),
            Decision::NotAllowed => Err(self.denied(
                action,
                resource,
                &format!("because no identity-based policy allows the {action} action"),
            )),
            Decision::Denied => Err(self.denied(
                action,
                resource,
                "with an explicit deny in an identity-based policy",
            )),
        }
    }

    fn denied(&self, action: &str, resource: &str, why: &str) -> Refusal {
        let who = &self.arn;
        Refusal {
            code: Code::AccessDenied,
            message: format!(
                "User: {who} is not authorized to perform: {action} on resource: {resource} {why}"
            ),
        }
    }
}

/// The account in an ARN.
fn account_of(resource: &str) -> Option<&str> {
    let account = resource.strip_prefix("arn:")?.split(':').nth(3)?;
    ids::arn::is_account(account).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> Key {
        Key {
            name: "k".to_owned(),
            access_key_id: id.to_owned(),
            secret: "0123456789abcdef".to_owned(),
            session_token: None,
            account: "123456789012".to_owned(),
            arn: "arn:aws:iam::123456789012:user/k".to_owned(),
            policy: None,
        }
    }

    #[test]
    fn keys_that_cannot_be_used_are_refused() {
        let refused = |key: Key| Keys::new([key], String::new()).unwrap_err();
        for id in ["", "abc", "a b c", "123456789012", "AKIA-1"] {
            assert_eq!(refused(key(id)), BadKey::Id("k".to_owned()), "{id}");
        }
        let secret = "short".to_owned();
        assert_eq!(
            refused(Key {
                secret,
                ..key("AKID")
            }),
            BadKey::Secret("k".to_owned())
        );
        let account = "1".to_owned();
        assert_eq!(
            refused(Key {
                account,
                ..key("AKID")
            }),
            BadKey::Account("k".to_owned())
        );
        let twice = Keys::new([key("AKID"), key("AKID")], String::new());
        assert_eq!(twice.unwrap_err(), BadKey::Twice("k".to_owned()));
    }

    #[test]
    fn what_is_another_accounts_is_out_of_reach() {
        let refusal = key("AKID")
            .check(
                "states:StopExecution",
                "arn:aws:states:us-east-1:999999999999:execution:m:e",
            )
            .unwrap_err();
        assert_eq!(
            refusal.message,
            "User: arn:aws:iam::123456789012:user/k is not authorized to perform: states:StopExecution on resource: \
             arn:aws:states:us-east-1:999999999999:execution:m:e because no resource-based policy allows the \
             states:StopExecution action"
        );
        assert!(
            key("AKID")
                .check(
                    "states:StopExecution",
                    "arn:aws:states:us-east-1:123456789012:execution:m:e"
                )
                .is_ok()
        );
        assert!(key("AKID").check("states:TestState", "nonsense").is_ok());
        let role = key("AKID").check("iam:PassRole", "arn:aws:iam::999999999999:role/r");
        assert_eq!(
            role.unwrap_err().message,
            "Cross-account pass role is not allowed."
        );
    }

    #[test]
    fn own_calls_are_those_of_an_accounts_owner() {
        let keys = Keys::new([key("AKID")], "own".to_owned()).unwrap();
        let own = keys.find("000000000000").unwrap();
        assert_eq!((&*own.secret, &*own.account), ("own", "000000000000"));
        assert!(keys.find("AKIX").is_none());
        assert_eq!(keys.named("k").unwrap().access_key_id, "AKID");
    }
}

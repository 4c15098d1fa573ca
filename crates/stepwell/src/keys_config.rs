//! Keys: who may ask the server, from the `[keys.NAME]` tables of `stepwell.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use access::policy::StatementDocument;
use access::{Key, Keys, Policy, PolicyDocument};
use anyhow::{Context, bail};
use uuid::Uuid;

/// The `[keys.NAME]` tables.
pub(crate) type KeyTables = BTreeMap<String, KeyTable>;

/// A `[keys.NAME]` table: an access key, and what may be done with it. The secret stands in it, in the environment or in
/// a file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyTable {
    access_key_id: String,
    secret_access_key: Option<String>,
    secret_access_key_env: Option<String>,
    secret_access_key_file: Option<PathBuf>,
    session_token: Option<String>,
    account: Option<String>,
    user_arn: Option<String>,
    /// A file with a policy as IAM writes it.
    policy: Option<PathBuf>,
    /// Statements with the members that IAM's have.
    statements: Option<Vec<StatementDocument>>,
}

impl fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyTable({})", self.access_key_id)
    }
}

/// The keys of these tables; none where there is no table. `account` is that of keys that name none.
pub(crate) fn keys(tables: KeyTables, folder: &Path, account: &str) -> anyhow::Result<Option<Keys>> {
    if tables.is_empty() {
        return Ok(None);
    }
    let keys = tables.into_iter().map(|(name, table)| {
        table
            .key(&name, folder, account)
            .with_context(|| format!("failed to set up [keys.{name}]"))
    });
    let keys: Vec<Key> = keys.collect::<anyhow::Result<_>>()?;
    // 244 random bits, of which nobody outside of this process ever learns.
    let own_secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    Ok(Some(Keys::new(keys, own_secret)?))
}

impl KeyTable {
    fn key(self, name: &str, folder: &Path, account: &str) -> anyhow::Result<Key> {
        let secret = self.secret(folder)?;
        let account = self.account.unwrap_or_else(|| account.to_owned());
        let arn = self
            .user_arn
            .unwrap_or_else(|| format!("arn:aws:iam::{account}:user/{name}"));
        Ok(Key {
            name: name.to_owned(),
            access_key_id: self.access_key_id,
            secret,
            session_token: self.session_token,
            account,
            arn,
            policy: policy(self.policy, self.statements, folder)?,
        })
    }

    fn secret(&self, folder: &Path) -> anyhow::Result<String> {
        match (
            &self.secret_access_key,
            &self.secret_access_key_env,
            &self.secret_access_key_file,
        ) {
            (Some(secret), None, None) => Ok(secret.clone()),
            (None, Some(variable), None) => std::env::var(variable)
                .with_context(|| format!("failed to read the environment variable {variable}")),
            (None, None, Some(file)) => Ok(read(&folder.join(file))?.trim().to_owned()),
            _ => bail!(
                "needs one of `secret_access_key`, `secret_access_key_env` and `secret_access_key_file`"
            ),
        }
    }
}

fn policy(
    file: Option<PathBuf>,
    statements: Option<Vec<StatementDocument>>,
    folder: &Path,
) -> anyhow::Result<Option<Policy>> {
    if file.is_none() && statements.is_none() {
        return Ok(None);
    }
    let mut all = statements.unwrap_or_default();
    if let Some(file) = file {
        let file = folder.join(file);
        let failed = || format!("failed to understand {}", file.display());
        let document: PolicyDocument = serde_json::from_str(&read(&file)?).with_context(failed)?;
        all.extend(document.statements().with_context(failed)?);
    }
    Ok(Some(Policy::of(all)?))
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "[a]\naccess_key_id = \"AKIA\"\nsecret_access_key = \"0123456789abcdef\"\n";

    fn of(text: &str) -> Result<Keys, String> {
        let tables: KeyTables = toml::from_str(text).map_err(|error| error.to_string())?;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "fedcba9876543210\n").unwrap();
        let deny = r#"{"Statement": {"Effect": "Deny", "Action": "states:Stop*", "Resource": "*"}}"#;
        std::fs::write(folder.path().join("deny.json"), deny).unwrap();
        match keys(tables, folder.path(), "000000000000") {
            Ok(keys) => Ok(keys.expect("there are tables")),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    #[test]
    fn key_belongs_to_its_user() {
        let key = of(KEY).unwrap().configured("AKIA").unwrap();
        assert_eq!(key.arn, "arn:aws:iam::000000000000:user/a");
        assert!(key.policy.is_none());
        let other = format!("{KEY}account = \"123456789012\"");
        let key = of(&other).unwrap().configured("AKIA").unwrap();
        assert_eq!(key.arn, "arn:aws:iam::123456789012:user/a");
    }

    #[test]
    fn secret_may_be_in_a_file() {
        let text = "[a]\naccess_key_id = \"AKIA\"\nsecret_access_key_file = \"secret\"";
        assert_eq!(
            of(text).unwrap().configured("AKIA").unwrap().secret,
            "fedcba9876543210"
        );
    }

    #[test]
    fn statements_and_a_file_count_together() {
        let text = format!(
            "{KEY}policy = \"deny.json\"\n[[a.statements]]\nEffect = \"Allow\"\nAction = \"states:*\"\nResource = [\"*\"]"
        );
        let key = of(&text).unwrap().configured("AKIA").unwrap();
        assert!(key.check("states:StartExecution", "x").is_ok());
        assert!(key.check("states:StopExecution", "x").is_err());
        assert!(key.check("lambda:InvokeFunction", "x").is_err());
    }

    #[test]
    fn key_that_cannot_be_used_ends_the_start() {
        for (text, expected) in [
            (
                "[a]\naccess_key_id = \"AKIA\"",
                "failed to set up [keys.a]: needs one of",
            ),
            (
                &format!("{KEY}secret_access_key_env = \"X\""),
                "failed to set up [keys.a]: needs one of",
            ),
            (
                "[a]\naccess_key_id = \"AKIA\"\nsecret_access_key_env = \"STEPWELL_NO_SUCH\"",
                "failed to read the environment variable STEPWELL_NO_SUCH",
            ),
            (
                &KEY.replace("0123456789abcdef", "short"),
                "a secret has 16 characters or more",
            ),
            (&format!("{KEY}policy = \"none.json\""), "failed to read"),
            (&format!("{KEY}secret = \"x\""), "unknown field `secret`"),
            (
                &format!(
                    "{KEY}[[a.statements]]\nEffect = \"Allow\"\nAction = \"*\"\nResource = \"*\"\nCondition = {{}}"
                ),
                "statement 1: `Condition` is not supported",
            ),
        ] {
            let error = of(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}

//! Credentials: as whom calls are made, and where the secrets come from.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use json::Value;
use thiserror::Error;

use crate::profile::{Profiles, Section};
use crate::settings::{Mode, Settings};
use crate::sso::Sso;

/// How many profiles may lend their credentials to each other.
const SOURCES_MAX: usize = 8;

/// How long before they end credentials are replaced.
const REFRESH_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// An access key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.access_key_id)
    }
}

impl Credentials {
    /// Those that emulators take for an account: they look at nothing but the id, if at all.
    pub(crate) fn of_emulator(account: &str) -> Self {
        Self {
            access_key_id: account.to_owned(),
            secret_access_key: "stepwell".to_owned(),
            session_token: None,
        }
    }

    /// Those with which this process calls itself.
    pub(crate) fn own(account: &str, secret: &str) -> Self {
        Self {
            secret_access_key: secret.to_owned(),
            ..Self::of_emulator(account)
        }
    }
}

/// Credentials for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) credentials: Credentials,
    pub(crate) until: Option<Timestamp>,
}

impl Lease {
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.until
            .is_none_or(|until| until.duration_since(now) > REFRESH_BEFORE)
    }

    /// Reads what a process, a container or an instance gives; their names differ only in the token's.
    pub(crate) fn of_document(document: &Value) -> Option<Self> {
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
        let credentials = Credentials {
            access_key_id: text("AccessKeyId")?,
            secret_access_key: text("SecretAccessKey")?,
            session_token: text("SessionToken").or_else(|| text("Token")),
        };
        let until = text("Expiration").and_then(|text| text.parse().ok());
        Some(Self { credentials, until })
    }
}

/// A role to be taken on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) session_name: String,
    pub(crate) external_id: Option<String>,
}

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// They are known.
    Static(Credentials),
    /// A role is taken on with what another source gives.
    Assume { role: Role, with: Box<Source> },
    /// A role is taken on with a token that lies in a file.
    WebIdentity { role: Role, token_file: String },
    /// A command prints them.
    Process(String),
    /// Somebody has signed in.
    Sso(Sso),
    /// The container's host gives them.
    Container {
        address: String,
        token: Option<String>,
        token_file: Option<String>,
    },
    /// The instance's metadata has them.
    Instance,
}

/// Why there are no credentials.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum NoCredentials {
    #[error("the profile `{0}` is not in the AWS configuration")]
    Profile(String),
    #[error("the profile `{0}` has no usable credentials")]
    Empty(String),
    #[error("the profiles' sources go in a circle")]
    Circle,
    #[error("credentials are fetched from `{0}`, which is neither https nor this host")]
    Address(String),
}

/// Finds out where credentials come from, in the order that AWS's SDKs keep; nothing when nobody configured any.
///
/// The instance is asked only where calls of AWS itself are allowed.
pub(crate) fn source(settings: &Settings) -> Result<Option<Source>, NoCredentials> {
    if let Some(credentials) = of_environment(settings) {
        return Ok(Some(Source::Static(credentials)));
    }
    let variable = |name: &str| settings.variable(name).map(str::to_owned);
    if let (Some(token_file), Some(arn)) = (variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN"))
    {
        let session_name = variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "stepwell".to_owned());
        let role = Role {
            arn,
            session_name,
            external_id: None,
        };
        return Ok(Some(Source::WebIdentity { role, token_file }));
    }
    let (profiles, name) = settings.profiles();
    let is_chosen = variable("AWS_PROFILE").is_some() || variable("AWS_DEFAULT_PROFILE").is_some();
    match of_profile(settings, profiles, name, SOURCES_MAX) {
        Ok(source) => return Ok(Some(source)),
        Err(NoCredentials::Profile(_) | NoCredentials::Empty(_)) if !is_chosen => {}
        Err(error) => return Err(error),
    }
    if let Some(source) = of_container(settings)? {
        return Ok(Some(source));
    }
    let asks_instance =
        settings.mode == Mode::Full && settings.variable("AWS_EC2_METADATA_DISABLED") != Some("true");
    Ok(asks_instance.then_some(Source::Instance))
}

fn of_environment(settings: &Settings) -> Option<Credentials> {
    Some(Credentials {
        access_key_id: settings.variable("AWS_ACCESS_KEY_ID")?.to_owned(),
        secret_access_key: settings.variable("AWS_SECRET_ACCESS_KEY")?.to_owned(),
        session_token: settings.variable("AWS_SESSION_TOKEN").map(str::to_owned),
    })
}

fn of_profile(
    settings: &Settings,
    profiles: &Profiles,
    name: &str,
    sources_left: usize,
) -> Result<Source, NoCredentials> {
    if sources_left == 0 {
        return Err(NoCredentials::Circle);
    }
    let profile = profiles
        .get(name)
        .ok_or_else(|| NoCredentials::Profile(name.to_owned()))?;
    let text = |name: &str| profile.get(name).cloned();
    let empty = || NoCredentials::Empty(name.to_owned());
    let Some(arn) = text("role_arn") else {
        return plain_source(settings, profile).ok_or_else(empty);
    };
    let role = Role {
        arn,
        session_name: text("role_session_name").unwrap_or_else(|| "stepwell".to_owned()),
        external_id: text("external_id"),
    };
    if let Some(token_file) = text("web_identity_token_file") {
        return Ok(Source::WebIdentity { role, token_file });
    }
    let with = match (text("source_profile"), text("credential_source").as_deref()) {
        // A profile that names itself lends its own key.
        (Some(other), _) if other == name => plain_source(settings, profile).ok_or_else(empty)?,
        (Some(other), _) => of_profile(settings, profiles, &other, sources_left - 1)?,
        (None, Some("Environment")) => of_environment(settings).map(Source::Static).ok_or_else(empty)?,
        (None, Some("EcsContainer")) => of_container(settings)?.ok_or_else(empty)?,
        (None, Some("Ec2InstanceMetadata")) if settings.mode == Mode::Full => Source::Instance,
        (None, _) => return Err(empty()),
    };
    Ok(Source::Assume {
        role,
        with: Box::new(with),
    })
}

/// What a profile has that takes on no role. SSO is asked only where calls of AWS itself are allowed.
fn plain_source(settings: &Settings, profile: &Section) -> Option<Source> {
    let text = |name: &str| profile.get(name).cloned();
    if let (Some(access_key_id), Some(secret_access_key)) =
        (text("aws_access_key_id"), text("aws_secret_access_key"))
    {
        return Some(Source::Static(Credentials {
            access_key_id,
            secret_access_key,
            session_token: text("aws_session_token"),
        }));
    }
    let sso = || {
        let home = settings.home().filter(|_| settings.mode == Mode::Full)?;
        Sso::of(profile, settings.profiles().0, home).map(Source::Sso)
    };
    text("credential_process").map(Source::Process).or_else(sso)
}

fn of_container(settings: &Settings) -> Result<Option<Source>, NoCredentials> {
    let variable = |name: &str| settings.variable(name).map(str::to_owned);
    let relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let address = match (relative, variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        (Some(path), _) => format!("http://169.254.170.2{path}"),
        (None, Some(address)) if is_trusted(&address) => address,
        (None, Some(address)) => return Err(NoCredentials::Address(address)),
        (None, None) => return Ok(None),
    };
    Ok(Some(Source::Container {
        address,
        token: variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        token_file: variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    }))
}

/// Whether secrets may be fetched from an address: over TLS, from this host, or from those of ECS and EKS.
fn is_trusted(address: &str) -> bool {
    let Ok(uri) = address.parse::<hyper::Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let is_here = matches!(
        host,
        "localhost" | "127.0.0.1" | "[::1]" | "169.254.170.2" | "169.254.170.23" | "[fd00:ec2::23]"
    );
    uri.scheme_str() == Some("https") || is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(environment: &[(&str, &str)], config: &str) -> Settings {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Settings::of(environment.iter().map(owned).collect(), config, "")
    }

    const KEYS: &str = "[default]\naws_access_key_id = A\naws_secret_access_key = S\n";

    fn static_id(source: &Source) -> &str {
        match source {
            Source::Static(credentials) => &credentials.access_key_id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn environment_wins_over_profile() {
        let keys = [("AWS_ACCESS_KEY_ID", "E"), ("AWS_SECRET_ACCESS_KEY", "S")];
        let found = source(&settings(&keys, KEYS)).unwrap().unwrap();
        assert_eq!(static_id(&found), "E");
        let found = source(&settings(&[], KEYS)).unwrap().unwrap();
        assert_eq!(static_id(&found), "A");
    }

    #[test]
    fn profiles_take_on_roles_with_each_others_keys() {
        let config =
            format!("{KEYS}[profile dev]\nrole_arn = R\nsource_profile = default\nexternal_id = X\n");
        let found = source(&settings(&[("AWS_PROFILE", "dev")], &config))
            .unwrap()
            .unwrap();
        let Source::Assume { role, with } = found else {
            panic!("{found:?}");
        };
        assert_eq!(
            (&*role.arn, role.external_id.as_deref(), static_id(&with)),
            ("R", Some("X"), "A")
        );
        let circle = "[profile a]\nrole_arn=R\nsource_profile=b\n[profile b]\nrole_arn=R\nsource_profile=a\n";
        let found = source(&settings(&[("AWS_PROFILE", "a")], circle));
        assert_eq!(found, Err(NoCredentials::Circle));
    }

    #[test]
    fn chosen_profile_must_be_there() {
        let found = source(&settings(&[("AWS_PROFILE", "dev")], KEYS));
        assert_eq!(found, Err(NoCredentials::Profile("dev".to_owned())));
        assert_eq!(source(&settings(&[], "")), Ok(None));
    }

    #[test]
    fn instance_is_asked_only_where_aws_may_be_called() {
        let mut settings = settings(&[], "");
        settings.mode = Mode::Full;
        assert_eq!(source(&settings), Ok(Some(Source::Instance)));
        settings.mode = Mode::EndpointsOnly;
        assert_eq!(source(&settings), Ok(None));
        let disabled = [("AWS_EC2_METADATA_DISABLED", "true")];
        let mut settings = super::tests::settings(&disabled, "");
        settings.mode = Mode::Full;
        assert_eq!(source(&settings), Ok(None));
    }

    #[test]
    fn sso_is_asked_only_where_aws_may_be_called() {
        let config = "[default]\nsso_start_url = u\nsso_region = r\nsso_account_id = 1\nsso_role_name = R\n";
        let mut settings = settings(&[("HOME", "/home/me")], config);
        assert_eq!(source(&settings), Ok(None));
        settings.mode = Mode::Full;
        assert!(matches!(source(&settings), Ok(Some(Source::Sso(sso))) if sso.role_name == "R"));
    }

    #[test]
    fn containers_are_asked_at_trusted_addresses() {
        for (address, is_fine) in [
            ("http://127.0.0.1/x", true),
            ("https://h.example/x", true),
            ("http://169.254.170.23/v1", true),
            ("http://h.example/x", false),
            ("nonsense", false),
        ] {
            let found = source(&settings(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)], ""));
            assert_eq!(found.is_ok(), is_fine, "{address}");
        }
        let relative = settings(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x")], "");
        let Some(Source::Container { address, .. }) = source(&relative).unwrap() else {
            panic!("a container");
        };
        assert_eq!(address, "http://169.254.170.2/v2/x");
    }

    #[test]
    fn leases_are_renewed_before_they_end() {
        let document = json::json!({
            "AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T", "Expiration": "2026-01-01T01:00:00Z",
        });
        let lease = Lease::of_document(&document).unwrap();
        assert_eq!(lease.credentials.session_token.as_deref(), Some("T"));
        assert!(lease.is_fresh("2026-01-01T00:54:00Z".parse().unwrap()));
        assert!(!lease.is_fresh("2026-01-01T00:56:00Z".parse().unwrap()));
        assert_eq!(format!("{:?}", lease.credentials), "Credentials(A)");
        assert_eq!(Lease::of_document(&json::json!({"AccessKeyId": "A"})), None);
    }
}

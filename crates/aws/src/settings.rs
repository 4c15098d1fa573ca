//! Settings: what may be called, where it is, and as whom: from the environment, from profiles, from `stepwell.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::cluster::Cluster;
use crate::endpoint::{BadEndpoint, Endpoint};
use crate::facts::{Service, Services};
use crate::profile::Profiles;

/// How far tasks may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is called.
    Off,
    /// Only endpoints that somebody configured are called, so that a test never reaches a real account.
    #[default]
    EndpointsOnly,
    /// What has no configured endpoint is called at AWS.
    Full,
}

/// A text that names no [`Mode`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is none of `off`, `endpoints-only` and `full`")]
pub struct UnknownMode(String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "off" => Ok(Self::Off),
            "endpoints-only" => Ok(Self::EndpointsOnly),
            "full" => Ok(Self::Full),
            _ => Err(UnknownMode(text.to_owned())),
        }
    }
}

/// Why a service isn't called.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unreachable {
    /// Nothing is called at all.
    #[error("calls of AWS services are switched off (`aws.mode`)")]
    Off,
    /// There is no endpoint, and AWS isn't asked.
    #[error(
        "no endpoint is configured for `{0}`: set AWS_ENDPOINT_URL_{env} or AWS_ENDPOINT_URL, or let tasks call AWS \
         itself with `aws.mode = \"full\"`",
        env = environment_name(.0)
    )]
    NoEndpoint(String),
    /// The endpoint is no address.
    #[error(transparent)]
    BadEndpoint(#[from] BadEndpoint),
}

/// A setting that makes no sense.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BadSetting {
    /// There is no such service.
    #[error(
        "`{0}` is no AWS service: a name is wanted as it stands in a task's resource, such as `dynamodb`"
    )]
    Service(String),
    /// The endpoint is no address.
    #[error(transparent)]
    Endpoint(#[from] BadEndpoint),
}

/// Everything that decides where calls go and as whom.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How far tasks may reach.
    pub mode: Mode,
    /// Endpoints by the service's name in a task's resource.
    pub endpoints: BTreeMap<String, String>,
    /// The endpoint of all services without one of their own.
    pub endpoint: Option<String>,
    /// Endpoints of services that nobody has to configure, such as those that this very process answers.
    pub own_endpoints: BTreeMap<String, String>,
    /// What calls of them are signed with, along with the account's number as the key's id, where signatures are looked at.
    pub own_secret: Option<String>,
    /// How many calls of one service may be under way; more of them wait. 0 stands for the default.
    pub concurrency_max: usize,
    /// How long a service may take to answer a request, from the first byte sent to the last one read. Zero stands for
    /// the default; operations that take longer by their nature have the time that they need.
    pub answer_time: Duration,
    /// Kubernetes clusters by their names; those of EKS need not be known.
    pub clusters: BTreeMap<String, Cluster>,
    environment: BTreeMap<String, String>,
    profiles: Profiles,
}

/// How many calls of one service may be under way unless a setting says otherwise.
const CONCURRENCY_MAX: usize = 64;

/// How long a service may take to answer unless a setting says otherwise: as long as Step Functions waits for the SDK.
const ANSWER_TIME: Duration = Duration::from_secs(60);

impl Settings {
    /// Those of this process: its environment, and the profiles that AWS's own tools use.
    pub fn of_process() -> Self {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("AWS_") || name == "HOME" || name == "USERPROFILE")
            .collect();
        let home = home_in(&environment);
        let read = |variable: &str, file: &str| {
            let named = environment.get(variable).map(PathBuf::from);
            let path = named.or_else(|| Some(PathBuf::from(home?).join(".aws").join(file)));
            path.and_then(|path| std::fs::read_to_string(path).ok())
                .unwrap_or_default()
        };
        let config = read("AWS_CONFIG_FILE", "config");
        let credentials = read("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        Self::of(environment, &config, &credentials)
    }

    /// Those of an environment and of the texts of both files.
    pub fn of(environment: BTreeMap<String, String>, config: &str, credentials: &str) -> Self {
        Self {
            environment,
            profiles: Profiles::parse(config, credentials),
            ..Self::default()
        }
    }

    /// Whether the endpoints that were set, those of the environment aside, are addresses of services that there are.
    pub fn check(&self) -> Result<(), BadSetting> {
        for (name, address) in &self.endpoints {
            let service = Services::embedded()
                .service(name)
                .ok_or_else(|| BadSetting::Service(name.clone()))?;
            Endpoint::custom(address, &service, "")?;
        }
        if let Some(address) = &self.endpoint {
            let any = Services::embedded().service("sts");
            any.map(|service| Endpoint::custom(address, &service, ""))
                .transpose()?;
        }
        Ok(())
    }

    /// A variable of the environment; an empty one counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The folder of whoever runs this.
    pub(crate) fn home(&self) -> Option<&str> {
        home_in(&self.environment)
    }

    /// The profiles, and the name of the one in use.
    pub(crate) fn profiles(&self) -> (&Profiles, &str) {
        let name = self
            .variable("AWS_PROFILE")
            .or_else(|| self.variable("AWS_DEFAULT_PROFILE"));
        (&self.profiles, name.unwrap_or("default"))
    }

    pub(crate) fn concurrency_max(&self) -> usize {
        if self.concurrency_max == 0 {
            CONCURRENCY_MAX
        } else {
            self.concurrency_max
        }
    }

    pub(crate) fn answer_time(&self) -> Duration {
        if self.answer_time.is_zero() {
            ANSWER_TIME
        } else {
            self.answer_time
        }
    }

    /// Where a service is called: the environment wins over `stepwell.toml`, that over the profile, that over AWS.
    pub(crate) fn endpoint(&self, service: &Service, region: &str) -> Result<Endpoint, Unreachable> {
        match self.address(&service.asl_id, &service.service_id)? {
            Some(address) => Ok(Endpoint::custom(address, service, region)?),
            None => Ok(Endpoint::of_aws(service, region)),
        }
    }

    /// The address that was configured for a service; none where AWS itself is called.
    pub(crate) fn address(&self, asl_id: &str, service_id: &str) -> Result<Option<&str>, Unreachable> {
        if self.mode == Mode::Off {
            return Err(Unreachable::Off);
        }
        let configured = self.configured(asl_id, service_id);
        match self.mode {
            Mode::EndpointsOnly if configured.is_none() => {
                Err(Unreachable::NoEndpoint(service_id.to_owned()))
            }
            _ => Ok(configured),
        }
    }

    /// What a call of a service is signed with, where this very process answers it.
    pub(crate) fn own_secret(&self, service: &Service) -> Option<&str> {
        let secret = self.own_secret.as_deref()?;
        let own = self.own_endpoints.get(&*service.asl_id)?;
        let configured = self.configured(&service.asl_id, &service.service_id);
        (configured == Some(own)).then_some(secret)
    }

    fn configured(&self, asl_id: &str, service_id: &str) -> Option<&str> {
        if self.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == Some("true") {
            return None;
        }
        let name = environment_name(service_id);
        let (profiles, profile) = self.profiles();
        self.variable(&format!("AWS_ENDPOINT_URL_{name}"))
            .or_else(|| self.variable("AWS_ENDPOINT_URL"))
            .or_else(|| self.endpoints.get(asl_id).map(String::as_str))
            .or(self.endpoint.as_deref())
            .or_else(|| profiles.endpoint(profile, &name.to_ascii_lowercase()))
            .or_else(|| self.own_endpoints.get(asl_id).map(String::as_str))
    }
}

fn home_in(environment: &BTreeMap<String, String>) -> Option<&str> {
    let home = environment.get("HOME").or_else(|| environment.get("USERPROFILE"));
    home.map(String::as_str)
}

/// `CLOUDWATCH_LOGS` for `CloudWatch Logs`.
fn environment_name(service_id: &str) -> String {
    service_id.to_ascii_uppercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(environment: &[(&str, &str)], config: &str) -> Settings {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Settings::of(environment.iter().map(owned).collect(), config, "")
    }

    fn authority(settings: &Settings, service: &str) -> Result<String, Unreachable> {
        let service = Services::embedded().service(service).unwrap();
        settings
            .endpoint(&service, "eu-west-1")
            .map(|endpoint| endpoint.authority)
    }

    #[test]
    fn aws_is_called_only_when_allowed() {
        let mut settings = settings(&[], "");
        assert_eq!(
            authority(&settings, "sqs"),
            Err(Unreachable::NoEndpoint("SQS".to_owned()))
        );
        settings.mode = Mode::Full;
        assert_eq!(
            authority(&settings, "sqs").unwrap(),
            "sqs.eu-west-1.amazonaws.com"
        );
        settings.mode = Mode::Off;
        assert_eq!(authority(&settings, "sqs"), Err(Unreachable::Off));
    }

    #[test]
    fn nearest_endpoint_wins() {
        let config = "[default]\nservices = s\nendpoint_url = http://profile\n[services s]\ncloudwatch_logs =\n endpoint_url = http://profile-logs";
        let mut settings = settings(&[], config);
        assert_eq!(authority(&settings, "sqs").unwrap(), "profile");
        assert_eq!(authority(&settings, "cloudwatchlogs").unwrap(), "profile-logs");
        settings.endpoint = Some("http://file".to_owned());
        assert_eq!(authority(&settings, "cloudwatchlogs").unwrap(), "file");
        settings
            .endpoints
            .insert("cloudwatchlogs".to_owned(), "http://file-logs".to_owned());
        assert_eq!(authority(&settings, "cloudwatchlogs").unwrap(), "file-logs");
        settings
            .environment
            .insert("AWS_ENDPOINT_URL".to_owned(), "http://env".to_owned());
        assert_eq!(authority(&settings, "cloudwatchlogs").unwrap(), "env");
        let own = (
            "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS".to_owned(),
            "http://env-logs".to_owned(),
        );
        settings.environment.extend([own]);
        assert_eq!(authority(&settings, "cloudwatchlogs").unwrap(), "env-logs");
        assert_eq!(authority(&settings, "sqs").unwrap(), "env");
        let ignore = (
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS".to_owned(),
            "true".to_owned(),
        );
        settings.environment.extend([ignore]);
        assert!(authority(&settings, "sqs").is_err());
    }

    #[test]
    fn own_endpoint_comes_last() {
        let mut settings = settings(&[], "");
        settings
            .own_endpoints
            .insert("lambda".to_owned(), "http://own".to_owned());
        assert_eq!(authority(&settings, "lambda").unwrap(), "own");
        settings.endpoint = Some("http://all".to_owned());
        assert_eq!(authority(&settings, "lambda").unwrap(), "all");
    }

    #[test]
    fn settings_are_checked() {
        let mut settings = settings(&[], "");
        settings
            .endpoints
            .insert("s3".to_owned(), "http://127.0.0.1:9000".to_owned());
        assert_eq!(settings.check(), Ok(()));
        settings.endpoint = Some("here".to_owned());
        assert!(
            settings
                .check()
                .unwrap_err()
                .to_string()
                .starts_with("`here` is no endpoint")
        );
        settings.endpoints.insert("s4".to_owned(), "http://x".to_owned());
        assert_eq!(settings.check(), Err(BadSetting::Service("s4".to_owned())));
    }

    #[test]
    fn what_is_wrong_says_what_to_do() {
        let message = authority(&settings(&[], ""), "cloudwatchlogs")
            .unwrap_err()
            .to_string();
        assert!(message.contains("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"), "{message}");
        let message = authority(&settings(&[("AWS_ENDPOINT_URL", "nonsense")], ""), "sqs").unwrap_err();
        assert!(
            message.to_string().contains("`nonsense` is no endpoint"),
            "{message}"
        );
        assert_eq!("full".parse(), Ok(Mode::Full));
        assert!("on".parse::<Mode>().is_err());
    }
}

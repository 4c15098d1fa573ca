//! AWS services: where tasks call them, by flags, environment and `stepwell.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use aws::{Client, Cluster, ClusterToken, Mode, Services, Settings};

use crate::config::ConfigFile;

/// The `[aws]` table: what tasks may call of AWS.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AwsTable {
    /// `off`, `endpoints-only` or `full`.
    pub(crate) mode: Option<String>,
    /// The endpoint of all services without one of their own.
    pub(crate) endpoint: Option<String>,
    /// Endpoints by the service's name in resources.
    #[serde(default)]
    pub(crate) endpoints: BTreeMap<String, String>,
    /// How many calls of one service may be under way.
    pub(crate) concurrency_max: Option<usize>,
    /// How many seconds a service may take to answer a request.
    pub(crate) answer_seconds_max: Option<u32>,
    /// Kubernetes clusters that are not those of EKS, by the names that tasks call them.
    #[serde(default)]
    pub(crate) clusters: BTreeMap<String, ClusterTable>,
}

/// An `[aws.clusters.NAME]` table: where a Kubernetes cluster is, and its bearer token, itself or in a file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClusterTable {
    endpoint: String,
    token: Option<String>,
    token_file: Option<PathBuf>,
}

impl fmt::Debug for ClusterTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClusterTable(..)")
    }
}

impl ClusterTable {
    fn cluster(&self, name: &str, folder: &Path) -> anyhow::Result<Cluster> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), None) => ClusterToken::Text(token.clone()),
            (None, Some(file)) => ClusterToken::File(folder.join(file)),
            _ => anyhow::bail!("[aws.clusters.{name}] needs either `token` or `token_file`"),
        };
        Ok(Cluster {
            endpoint: self.endpoint.clone(),
            token,
        })
    }
}

/// Takes the facts about AWS's services from the file that `STEPWELL_AWS_MODELS` names, where it names one: so services
/// that are newer than this binary can be called.
pub(crate) fn use_models() -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("STEPWELL_AWS_MODELS").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let path = PathBuf::from(path);
    let failed = || format!("failed to read {} (STEPWELL_AWS_MODELS)", path.display());
    let bytes = std::fs::read(&path).with_context(failed)?;
    let services = Services::open(bytes).with_context(failed)?;
    services.replace_embedded().with_context(failed)
}

/// A server that itself answers for Lambda.
pub(crate) struct Own<'a> {
    /// Where.
    pub(crate) url: &'a str,
    /// What its own calls are signed with, where it looks at signatures.
    pub(crate) secret: Option<&'a str>,
}

/// The client of a server, or of a command that answers nothing.
pub(crate) fn client(
    config: &ConfigFile,
    mode: Option<&str>,
    own: Option<Own<'_>>,
) -> anyhow::Result<Client> {
    let mut settings = Settings::of_process();
    let mode = mode.or(config.aws.mode.as_deref());
    settings.mode = mode
        .map_or(Ok(Mode::default()), str::parse)
        .context("failed to read `aws.mode`")?;
    settings.endpoint = config.aws.endpoint.clone();
    settings.endpoints = config.aws.endpoints.clone();
    settings.concurrency_max = config.aws.concurrency_max.unwrap_or_default();
    settings.answer_time = Duration::from_secs(config.aws.answer_seconds_max.unwrap_or_default().into());
    for (name, cluster) in &config.aws.clusters {
        let cluster = cluster.cluster(name, &config.folder)?;
        settings.clusters.insert(name.clone(), cluster);
    }
    settings.check().context("failed to read `[aws]`")?;
    if let Some(own) = own {
        settings
            .own_endpoints
            .insert("lambda".to_owned(), own.url.to_owned());
        settings.own_secret = own.secret.map(str::to_owned);
    }
    Ok(Client::new(settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(aws: AwsTable, mode: Option<&str>) -> Result<(), String> {
        let config = ConfigFile {
            aws,
            ..ConfigFile::default()
        };
        client(&config, mode, None)
            .map(|_| ())
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn nonsense_is_refused() {
        let aws = AwsTable {
            mode: Some("on".to_owned()),
            ..AwsTable::default()
        };
        let error = of(aws, None).unwrap_err();
        assert!(
            error.contains("`on` is none of `off`, `endpoints-only` and `full`"),
            "{error}"
        );
        let aws = AwsTable {
            endpoints: [("s4".to_owned(), "http://x".to_owned())].into(),
            ..AwsTable::default()
        };
        assert!(of(aws, None).unwrap_err().contains("`s4` is no AWS service"));
        let aws = AwsTable {
            mode: Some("on".to_owned()),
            ..AwsTable::default()
        };
        assert_eq!(of(aws, Some("off")), Ok(()));
    }

    #[test]
    fn a_cluster_has_one_token() {
        let of = |text: &str| {
            let aws: AwsTable = toml::from_str(text).unwrap();
            of(aws, None)
        };
        assert_eq!(
            of(
                "[clusters.a]\nendpoint = \"https://a\"\ntoken = \"t\"\n[clusters.b]\nendpoint = \"https://b\"\ntoken_file = \"b.token\""
            ),
            Ok(())
        );
        for text in [
            "[clusters.a]\nendpoint = \"https://a\"",
            "[clusters.a]\nendpoint = \"https://a\"\ntoken = \"t\"\ntoken_file = \"f\"",
        ] {
            assert_eq!(
                of(text).unwrap_err(),
                "[aws.clusters.a] needs either `token` or `token_file`"
            );
        }
    }
}

//! Configuration: flags over environment over `stepwell.toml` over defaults.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use server::logs::Bounds;
use store::EmbeddedOptions;

use crate::aws_config::AwsTable;
use crate::keys_config::KeyTables;
use crate::limits_config::LimitsConfig;
use crate::retention_config::RetentionConfig;

/// The file that is read when none is named and it is there.
const DEFAULT_FILE: &str = "stepwell.toml";

/// What `stepwell.toml` says. Paths in it are relative to its folder.
#[derive(Debug, Default)]
pub(crate) struct ConfigFile {
    /// Where the file's relative paths start.
    pub(crate) folder: PathBuf,
    /// The address to listen at.
    pub(crate) listen: Option<String>,
    /// The data folder, or `:memory:`.
    pub(crate) data: Option<String>,
    /// The account of callers that name none.
    pub(crate) account: Option<String>,
    /// The region of callers that name none.
    pub(crate) region: Option<String>,
    /// The mock configuration of Step Functions Local.
    pub(crate) mock_config: Option<PathBuf>,
    /// The `[functions.NAME]` tables.
    pub(crate) functions: toml::Table,
    /// The `[limits]` table.
    pub(crate) limits: LimitsConfig,
    /// The `[logs]` table.
    pub(crate) logs: LogsConfig,
    /// The `[disk]` table.
    pub(crate) disk: DiskConfig,
    /// The `[retention]` table.
    pub(crate) retention: RetentionConfig,
    /// The `[connections.NAME]` tables.
    pub(crate) connections: toml::Table,
    /// The `[http]` table.
    pub(crate) http: Http,
    /// The `[aws]` table.
    pub(crate) aws: AwsTable,
    /// The `[keys.NAME]` tables.
    pub(crate) keys: KeyTables,
    /// The key that local functions find in their environment, by its name.
    pub(crate) functions_key: Option<String>,
    /// Where browsers find the server, where a proxy gives it another name.
    pub(crate) origins: Vec<String>,
}

/// Which hosts HTTP tasks may reach.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Http {
    /// Whether `http:` is allowed beside `https:`.
    pub(crate) plain: bool,
    /// Addresses that are refused otherwise: loopback, link-local.
    pub(crate) allow: Vec<String>,
}

/// The `[logs]` table: how much is kept of each log group's log, and whether it is delivered.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogsConfig {
    file_bytes: Option<u64>,
    files: Option<usize>,
    cloud_watch: Option<bool>,
}

impl LogsConfig {
    /// The same with what holds where nothing is said.
    pub(crate) fn bounds(&self) -> Bounds {
        let defaults = Bounds::default();
        Bounds {
            file_bytes: self.file_bytes.unwrap_or(defaults.file_bytes),
            files: self.files.unwrap_or(defaults.files),
        }
    }

    /// Whether logs are delivered to CloudWatch Logs, where that may be called.
    pub(crate) fn is_delivered(&self) -> bool {
        self.cloud_watch.unwrap_or(true)
    }
}

/// The `[disk]` table.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiskConfig {
    reserve_bytes: Option<u64>,
    log_bytes: Option<u64>,
}

impl DiskConfig {
    /// How the store of a data folder is set up.
    pub(crate) fn options(&self) -> EmbeddedOptions {
        let defaults = EmbeddedOptions::default();
        EmbeddedOptions {
            reserve_bytes: self.reserve_bytes.unwrap_or(defaults.reserve_bytes),
            checkpoint_bytes: self.log_bytes.unwrap_or(defaults.checkpoint_bytes),
            ..defaults
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    listen: Option<String>,
    data: Option<String>,
    account: Option<String>,
    region: Option<String>,
    mock_config: Option<PathBuf>,
    #[serde(default)]
    functions: toml::Table,
    #[serde(default)]
    limits: LimitsConfig,
    #[serde(default)]
    connections: toml::Table,
    #[serde(default)]
    http: Http,
    #[serde(default)]
    logs: LogsConfig,
    #[serde(default)]
    disk: DiskConfig,
    #[serde(default)]
    retention: RetentionConfig,
    #[serde(default)]
    aws: AwsTable,
    #[serde(default)]
    keys: KeyTables,
    functions_key: Option<String>,
    #[serde(default)]
    origins: Vec<String>,
}

impl ConfigFile {
    /// Reads the file that was named, or `stepwell.toml` in this folder if it is there.
    pub(crate) fn read(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) => path,
            None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
            None => return Ok(Self::default()),
        };
        let text = fs::read_to_string(path)
            .with_context(|| format!("failed to read the configuration {}", path.display()))?;
        let contents: Contents =
            toml::from_str(&text).with_context(|| format!("failed to understand {}", path.display()))?;
        if let Some(account) = contents
            .account
            .as_deref()
            .filter(|account| !ids::arn::is_account(account))
        {
            bail!(
                "{}: `account` must be 12 digits, and is `{account}`",
                path.display()
            );
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self {
            listen: contents.listen,
            data: contents.data.map(|data| in_folder(path, &data)),
            account: contents.account,
            region: contents.region,
            mock_config: contents.mock_config.map(|file| folder.join(file)),
            functions: contents.functions,
            connections: contents.connections,
            http: contents.http,
            aws: contents.aws,
            folder,
            limits: contents.limits,
            logs: contents.logs,
            disk: contents.disk,
            retention: contents.retention,
            keys: contents.keys,
            functions_key: contents.functions_key,
            origins: contents.origins,
        })
    }
}

fn in_folder(file: &Path, data: &str) -> String {
    if data == ":memory:" {
        return data.to_owned();
    }
    file.parent()
        .unwrap_or(Path::new(""))
        .join(data)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<ConfigFile> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("stepwell.toml");
        fs::write(&path, text)?;
        ConfigFile::read(Some(&path))
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let config = read("data = \"here\"\nlisten = \"127.0.0.1:1\"").unwrap();
        assert!(config.data.unwrap().ends_with("/here"));
        assert_eq!(read("data = \":memory:\"").unwrap().data.unwrap(), ":memory:");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let error = format!("{:#}", read("lisen = \"x\"").unwrap_err());
        assert!(error.contains("unknown field `lisen`"), "{error}");
        let error = format!("{:#}", read("account = \"12\"").unwrap_err());
        assert!(error.contains("must be 12 digits"), "{error}");
    }
}

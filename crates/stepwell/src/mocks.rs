//! The mock configuration: which file it is.

use std::path::Path;

use integrations::Mocks;

use crate::config::ConfigFile;

/// The file that Step Functions Local reads when none is named and it is there.
const DEFAULT_FILE: &str = "MockConfigFile.json";

/// The mock configuration that was named, on the command line or in the configuration, or the default one if it is there.
pub(crate) fn open(config: &ConfigFile, named: Option<&Path>) -> anyhow::Result<Option<Mocks>> {
    let path = match named.or(config.mock_config.as_deref()) {
        // An empty variable names nothing.
        Some(path) if path.as_os_str().is_empty() => return Ok(None),
        Some(path) => path,
        None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
        None => return Ok(None),
    };
    Ok(Some(Mocks::open(path)?))
}

//! Local functions: from `[functions.NAME]` tables and from a folder.

use std::path::Path;

use anyhow::Context;
use functions::FunctionConfig;

use crate::config::ConfigFile;

/// The functions of the configuration and of the folder; a name in both is the configuration's.
pub(crate) fn collect(config: &ConfigFile, folder: Option<&Path>) -> anyhow::Result<Vec<FunctionConfig>> {
    let mut found = functions::from_toml(&config.functions, &config.folder)
        .context("failed to set up the functions of the configuration")?;
    if let Some(folder) = folder {
        let loaded = functions::load_folder(folder)
            .with_context(|| format!("failed to set up the functions in {}", folder.display()))?;
        for function in loaded {
            if !found.iter().any(|known| known.name == function.name) {
                found.push(function);
            }
        }
    }
    Ok(found)
}

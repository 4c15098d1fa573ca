//! HTTP tasks: which hosts they may reach, and with which connections.

use std::env;

use anyhow::Context;
use integrations::{Connections, Routes, Web};
use outbound::Guard;

use crate::config::ConfigFile;

/// Variables that name the endpoint standing in for API Gateway, the first one that is set.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_API_GATEWAY", "AWS_ENDPOINT_URL"];

/// What the `[http]` and `[connections.NAME]` tables and the environment say.
pub(crate) fn set_up(config: &ConfigFile) -> anyhow::Result<Web> {
    let allowed: Result<_, _> = config.http.allow.iter().map(|block| block.parse()).collect();
    let guard = Guard {
        plain: config.http.plain,
        allowed: allowed.context("failed to read `allow` below [http]")?,
        trusted: Vec::new(),
    };
    let connections = Connections::from_toml(&config.connections, &config.folder)
        .context("failed to set up the connections of the configuration")?;
    let set = |name: &&str| env::var(name).ok().filter(|value| !value.is_empty());
    let routes = Routes {
        endpoint: ENDPOINTS.iter().find_map(set),
    };
    Ok(Web::new(guard, connections, routes))
}

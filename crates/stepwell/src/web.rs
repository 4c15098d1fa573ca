//! HTTP tasks: which hosts they may reach, and with which connections.

use anyhow::Context;
use aws::Client;
use integrations::{Connections, Routes, Web};
use outbound::Guard;

use crate::config::ConfigFile;

/// What the `[http]` and `[connections.NAME]` tables say. API Gateway is where AWS's other services are called.
pub(crate) fn set_up(config: &ConfigFile, aws: &Client) -> anyhow::Result<Web> {
    let allowed: Result<_, _> = config.http.allow.iter().map(|block| block.parse()).collect();
    let guard = Guard {
        plain: config.http.plain,
        allowed: allowed.context("failed to read `allow` below [http]")?,
        ..Guard::default()
    };
    let connections = Connections::from_toml(&config.connections, &config.folder)
        .context("failed to set up the connections of the configuration")?;
    Ok(Web::new(guard, connections, Routes::of(aws)))
}

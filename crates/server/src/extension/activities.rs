//! Activities: how many tasks wait for a worker, and which workers wait for a task.

use api::{Caller, Text};
use ids::ActivityArn;
use runtime::ActivityQueue;
use serde::Serialize;

use crate::Server;
use crate::extension::Refusal;
use crate::extension::query::Query;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    waiting_tasks: usize,
    /// By the name that they gave; those without one have none here either.
    waiting_workers: Vec<Option<String>>,
}

pub(crate) async fn answer(server: &Server, caller: &Caller, query: &Query<'_>) -> Result<Shown, Refusal> {
    let text = query.need("activityArn")?;
    let arn: ActivityArn = Text::from(text)
        .parse()
        .map_err(|_| Refusal::invalid(format!("`{text}` is no ARN of an activity")))?;
    if arn.scope != caller.scope || !server.runtime.catalog().has_activity(text) {
        return Err(Refusal::missing(format!("there is no activity `{text}`")));
    }
    let ActivityQueue {
        waiting_tasks,
        waiting_workers,
    } = server.runtime.activity_queue(text);
    let name = |worker: Option<json::Str>| worker.map(|name| name.to_string());
    Ok(Shown {
        waiting_tasks,
        waiting_workers: waiting_workers.into_iter().map(name).collect(),
    })
}

//! Family: the execution whose task started an execution and waits, or waited, for its end.

use api::Caller;
use serde::Serialize;

use crate::Server;
use crate::extension::Refusal;
use crate::extension::query::Query;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Family {
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_execution_arn: Option<String>,
}

pub(crate) async fn answer(server: &Server, caller: &Caller, query: &Query<'_>) -> Result<Family, Refusal> {
    let (text, _) = query.execution(caller)?;
    let parent = server.runtime.parent(&text).await;
    let parent = parent.map_err(|error| Refusal::failed(&error))?;
    Ok(Family {
        parent_execution_arn: parent.map(|arn| arn.to_string()),
    })
}

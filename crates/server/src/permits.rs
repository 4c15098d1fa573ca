//! Permits: whether a caller's key allows what they ask.

use access::{Key, Keys};
use api::{ApiError, Caller, Operation, Permission, Target};
use engine::Detail;
use ids::TaskToken;
use store::{ExecId, HistoryPage};

use crate::Server;
use crate::extension::machine_of;
use crate::gate::api_error;

/// Refuses what the caller's key does not allow, in AWS's words.
///
/// A caller without a key is a task of this server, which may do what its account may.
pub(crate) async fn check(
    server: &Server,
    keys: &Keys,
    caller: &Caller,
    operation: Operation,
    request: &(impl Permission + Sync),
) -> Result<(), ApiError> {
    let Some(id) = &caller.access_key_id else {
        return Ok(());
    };
    let key = keys.find(id).ok_or_else(|| {
        ApiError::unrecognized_client_exception("The security token included in the request is invalid.")
    })?;
    let action = format!("states:{}", operation.name());
    check_one(server, &key, caller, &action, request.target()).await?;
    for (action, target) in request.further() {
        check_one(server, &key, caller, action, target).await?;
    }
    Ok(())
}

async fn check_one(
    server: &Server,
    key: &Key,
    caller: &Caller,
    action: &str,
    target: Target<'_>,
) -> Result<(), ApiError> {
    let resource = match target {
        Target::Arn(arn) => arn.into_owned(),
        Target::Own(kind, name) => format!("{}:{kind}:{name}", caller.scope),
        Target::Task(token) => match owner_of(server, token).await {
            Some(owner) => owner,
            None => format!("{}:stateMachine:*", caller.scope),
        },
    };
    key.check(action, &resource).map_err(api_error)
}

/// What a task belongs to: the activity, or the state machine. Nothing is known of a token that is no longer good; the
/// operation says so.
async fn owner_of(server: &Server, token: &str) -> Option<String> {
    let token: TaskToken = token.parse().ok()?;
    let id = ExecId(token.execution_id);
    if id > ExecId::MAX {
        return None;
    }
    let execution = server.runtime.arn_of(id).await.ok()??;
    let page = HistoryPage::forward(token.scheduled_event_id, 1);
    let events = server.runtime.history(&execution, page).await.ok()?;
    match events.first().map(|event| &event.detail) {
        Some(Detail::ActivityScheduled { resource, .. }) => Some(resource.to_string()),
        _ => Some(machine_of(&execution)),
    }
}

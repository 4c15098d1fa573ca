//! GetActivityTask: a worker asks for work, and waits for it.

use api::{ApiError, Caller, GetActivityTaskInput, GetActivityTaskOutput, Text};

use crate::{Server, arns, refusals};

/// Hands a task to a worker as soon as there is one; an empty answer when a minute passed without, or when
/// the server is shutting down.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: GetActivityTaskInput,
) -> Result<GetActivityTaskOutput, ApiError> {
    let text = &request.activity_arn;
    arns::activity(caller, text)?;
    if !server.runtime.catalog().has_activity(text) {
        return Err(refusals::no_activity(text));
    }
    let worker = request.worker_name.map(Text::into_arc);
    let task = tokio::select! {
        task = server.runtime.take_activity_task(text, worker) => task,
        () = server.polls_ended() => Ok(None),
    };
    let task = task.map_err(|error| refusals::of_store(&error))?;
    Ok(
        task.map_or_else(GetActivityTaskOutput::default, |task| GetActivityTaskOutput {
            task_token: Some(Text::from(task.token)),
            input: Some(Text::from(task.input.text())),
        }),
    )
}

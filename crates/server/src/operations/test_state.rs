//! TestState: one state by itself, with mocks where its work is not to be done.

use api::{ApiError, Caller, TestStateInput, TestStateOutput};

use crate::testing::{Request, Shown};
use crate::{Server, refusals};

/// Runs the state, and answers with what came of it, whatever it is.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: TestStateInput,
) -> Result<TestStateOutput, ApiError> {
    let Request { test, shown } = Request::read(request, caller).await?;
    let Shown { level, input, names } = shown;
    let verdict = server
        .runtime
        .test_state(test)
        .await
        .map_err(refusals::of_start)?;
    Ok(names.answer(verdict, level, &input))
}

//! TestState: one state by itself, with mocks where its work is not to be done.

use api::{ApiError, Caller, TestStateInput, TestStateOutput};

use crate::testing::Request;
use crate::{Server, refusals};

/// Runs the state, and answers with what came of it, whatever it is.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: TestStateInput,
) -> Result<TestStateOutput, ApiError> {
    let Request { test, shown } = Request::read(request, caller, server.runtime.limits().executions).await?;
    let tested = server.runtime.test_state_shown(test, shown.reveal).await;
    let (verdict, exchange) = tested.map_err(refusals::of_start)?;
    Ok(shown.answer(verdict, exchange))
}

//! Mock: what stands for the work of a state.

use api::{ApiError, MockInput, MockResponseValidationMode};
use asl::{State, StateKind};
use engine::{Ending, Mock};
use json::Payload;

use crate::input;
use crate::testing::schema::{self, Strictness};

/// Checks that a mock says one thing.
pub(crate) fn check(mock: &MockInput) -> Result<(), ApiError> {
    if mock.result.is_some() == mock.error_output.is_some() {
        return Err(ApiError::validation_exception(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        ));
    }
    Ok(())
}

/// Reads what a checked mock says, as far as it fits its state.
pub(crate) fn read(mock: MockInput, state: &State) -> Result<Mock, ApiError> {
    let Some(text) = &mock.result else {
        let error = mock.error_output.unwrap_or_default();
        return Ok(Mock::Error(Ending {
            error: error.error.map(api::Text::into_arc),
            cause: error.cause.map(api::Text::into_arc),
        }));
    };
    let result = input::payload(text).map_err(|fault| {
        ApiError::validation_exception(format!("Mocked result must be valid JSON: {fault}"))
    })?;
    check_result(&result, state, mock.field_validation_mode)?;
    Ok(Mock::Result(result))
}

fn check_result(
    result: &Payload,
    state: &State,
    mode: Option<MockResponseValidationMode>,
) -> Result<(), ApiError> {
    let elements = result.value().as_array();
    let fault = match &state.kind {
        StateKind::Map(map) => {
            let writes = map
                .distributed
                .as_ref()
                .is_some_and(asl::Distributed::writes_results);
            match (writes, elements) {
                (false, None) => "Mocked result must be an array.",
                (true, _) if result.value().as_object().is_none() => "Mocked result must be an object.",
                _ => return Ok(()),
            }
        }
        StateKind::Parallel(parallel) => match elements {
            None => "Mocked result must be an array.",
            Some(results) if results.len() != parallel.branches.len() => {
                "Mocked result must contain the same number of items as number of Parallel branches."
            }
            Some(_) => return Ok(()),
        },
        StateKind::Task(task) => {
            let strictness = match mode {
                Some(MockResponseValidationMode::Strict) | None => Strictness::Strict,
                Some(MockResponseValidationMode::Present) => Strictness::Present,
                Some(MockResponseValidationMode::None) => return Ok(()),
            };
            let fault = schema::fault(&task.resource.target, result.value(), strictness);
            let Some(fault) = fault else { return Ok(()) };
            return Err(ApiError::validation_exception(format!(
                "Mock result schema validation error: {fault}"
            )));
        }
        _ => return Ok(()),
    };
    Err(ApiError::validation_exception(fault))
}

//! Request: a test as it is asked for, checked as a whole.

use std::sync::Arc;

use api::{ApiError, Caller, InspectionLevel, TestStateConfiguration, TestStateInput, TestStateOutput, Text};
use asl::{FlowId, LONE_STATE, Limits, Pattern, State, StateId, StateKind, StateMachine, Target};
use engine::{Setup, Verdict};
use json::{Payload, Str, Value};
use runtime::{Exchange, StateTest};

use crate::testing::verdict::Names;
use crate::testing::{context, items, mock, verdict};
use crate::{configuration, definition, input};

/// A test that can be run, and what is to be shown of it.
pub(crate) struct Request {
    pub(crate) test: StateTest,
    pub(crate) shown: Shown,
}

/// What is to be shown of a test.
pub(crate) struct Shown {
    pub(super) level: InspectionLevel,
    /// Whether with what a connection adds to a request.
    pub(crate) reveal: bool,
    /// The input as it was given.
    pub(super) input: Payload,
    pub(super) names: Names,
}

impl Shown {
    /// The answer to the request.
    pub(crate) fn answer(self, verdict: Verdict, exchange: Option<Exchange>) -> TestStateOutput {
        let mut answer = self.names.answer(verdict, self.level, &self.input);
        if let (InspectionLevel::Trace, Some(data)) = (self.level, &mut answer.inspection_data) {
            let (request, response) = exchange.map_or((None, None), verdict::of_exchange);
            data.request = request;
            data.response = response;
        }
        answer
    }
}

/// What AWS says of a Parallel or Map without a mock.
const NO_FORKS: &str = "TestState API does not support Map or Parallel states. Supported state types include: \
                        [Task, Wait, Pass, Succeed, Fail, Choice]";

impl Request {
    /// Checks everything that can be wrong with a request.
    pub(crate) async fn read(
        mut request: TestStateInput,
        caller: &Caller,
        limits: Limits,
    ) -> Result<Self, ApiError> {
        if let Some(role) = &request.role_arn {
            configuration::role(role)?;
        }
        let mock = request.mock.take();
        let configured = request.state_configuration.take().unwrap_or_default();
        if let Some(mock) = &mock {
            mock::check(mock)?;
            if request.reveal_secrets == Some(true) {
                return Err(unmockable("RevealSecrets", true));
            }
        }
        let (mut machine, tested) = read_definition(request.definition, request.state_name, limits).await?;
        let state = machine.state(tested);
        match &mock {
            Some(_) => check_mocked(&machine, state, &configured)?,
            None => check_unmocked(
                state,
                &configured,
                request.context.as_ref(),
                request.role_arn.as_ref(),
            )?,
        }

        let input = match &request.input {
            Some(text) => input::payload(text).map_err(|fault| {
                ApiError::invalid_execution_input(format!("Invalid State Machine Execution Input: '{fault}'"))
            })?,
            None => input::empty(),
        };
        let setup = Setup {
            variables: request
                .variables
                .map_or(Ok(Vec::new()), |text| variables(&text))?,
            context: request
                .context
                .map(|text| context::read(&text, state))
                .transpose()?,
            retries: count(configured.retrier_retry_count),
            items: match (configured.map_item_reader_data, &state.kind) {
                (Some(data), StateKind::Map(map)) => Some(items::read(&data, map)?),
                _ => None,
            },
            failed_iterations: count(configured.map_iteration_failure_count),
            mock: mock.map(|mock| mock::read(mock, state)).transpose()?,
        };

        let names = Names::new(&machine, tested);
        // AWS tests every state under the same name.
        machine.states[tested.0 as usize].name = LONE_STATE.into();
        Ok(Self {
            test: StateTest {
                machine: Arc::new(machine),
                state: tested,
                scope: caller.scope.clone(),
                role_arn: request.role_arn.map(Text::into_arc),
                input: input.clone(),
                setup,
            },
            shown: Shown {
                level: request.inspection_level.unwrap_or_default(),
                reveal: request.reveal_secrets == Some(true),
                input,
                names,
            },
        })
    }
}

async fn read_definition(
    text: Text,
    name: Option<Text>,
    limits: Limits,
) -> Result<(StateMachine, StateId), ApiError> {
    let is_machine = name.is_some();
    let reading = definition::off_the_loop(move || {
        if is_machine {
            let rules = asl::Rules {
                limits,
                ..asl::Rules::default()
            };
            asl::read(&text, rules)
        } else {
            asl::read_lone_state(&text, limits)
        }
    })
    .await?;
    let Some(machine) = reading.machine else {
        let message = asl::definition_message(&reading.diagnostics);
        return Err(ApiError::invalid_definition(message));
    };
    let Some(name) = name else {
        return Ok((machine, StateId(0)));
    };
    let found = machine.states.iter().position(|state| *state.name == *name);
    let Some(place) = found else {
        return Err(ApiError::validation_exception("State not found in definition"));
    };
    Ok((machine, StateId(place as u32)))
}

fn check_mocked(
    machine: &StateMachine,
    state: &State,
    configured: &TestStateConfiguration,
) -> Result<(), ApiError> {
    let inner: &[FlowId] = match &state.kind {
        StateKind::Task(_) => &[],
        StateKind::Parallel(parallel) => &parallel.branches,
        StateKind::Map(map) => std::slice::from_ref(&map.processor),
        kind => {
            let kind = type_name(kind);
            let message = format!("State type '{kind}' is not supported when a mock is specified");
            return Err(ApiError::validation_exception(message));
        }
    };
    let causes_error = |name: &str| {
        let mut flows = inner.to_vec();
        while let Some(flow) = flows.pop() {
            for id in &machine.flow(flow).states {
                let inside = machine.state(*id);
                match &inside.kind {
                    StateKind::Parallel(parallel) => flows.extend(&parallel.branches),
                    StateKind::Map(map) => flows.push(map.processor),
                    _ => {}
                }
                if *inside.name == *name {
                    return true;
                }
            }
        }
        false
    };
    let cause = configured.error_caused_by_state.as_ref();
    if cause.is_some_and(|name| !inner.is_empty() && !causes_error(name)) {
        return Err(ApiError::validation_exception("State not found in definition"));
    }
    Ok(())
}

fn check_unmocked(
    state: &State,
    configured: &TestStateConfiguration,
    context: Option<&Text>,
    role: Option<&Text>,
) -> Result<(), ApiError> {
    for (field, given) in [
        ("Context", context.is_some()),
        ("RetrierRetryCount", configured.retrier_retry_count.is_some()),
        ("ErrorCausedByState", configured.error_caused_by_state.is_some()),
        (
            "MapIterationFailureCount",
            configured.map_iteration_failure_count.is_some(),
        ),
        ("MapItemReaderData", configured.map_item_reader_data.is_some()),
    ] {
        if given {
            return Err(unmockable(field, false));
        }
    }
    let task = match &state.kind {
        StateKind::Parallel(_) | StateKind::Map(_) => {
            return Err(ApiError::invalid_definition(NO_FORKS));
        }
        StateKind::Task(task) => task,
        _ => return Ok(()),
    };
    let unsupported = match &task.resource.target {
        Target::Activity => Some("Activity tasks"),
        Target::Service { pattern, .. } => match pattern {
            Pattern::RequestResponse => None,
            Pattern::Sync | Pattern::Sync2 => Some("'.sync' service integrations"),
            Pattern::WaitForTaskToken => Some("'.waitForTaskToken' service integrations"),
        },
        Target::Function => None,
    };
    if let Some(kind) = unsupported {
        return Err(ApiError::invalid_definition(format!(
            "TestState API does not support {kind} when a mock is not specified"
        )));
    }
    if role.is_none() {
        return Err(ApiError::validation_exception(
            "RoleArn must be specified when testing a Task state",
        ));
    }
    Ok(())
}

fn unmockable(field: &str, mocked: bool) -> ApiError {
    let when = if mocked { "is" } else { "is not" };
    ApiError::validation_exception(format!(
        "TestState does not support {field} when a mock {when} specified."
    ))
}

/// The variables that the state finds: the members of an object.
fn variables(text: &Text) -> Result<Vec<(Str, Payload)>, ApiError> {
    let refused =
        |fault: &str| ApiError::validation_exception(format!("Invalid variables provided: {fault}"));
    let given = input::payload(text).map_err(|fault| refused(&fault))?;
    let Value::Object(members) = given.value() else {
        return Err(refused("Variables must be a JSON object"));
    };
    let variable = |(name, value): (&Str, &Value)| (name.clone(), Payload::from(value.clone()));
    Ok(members.iter().map(variable).collect())
}

fn count(given: Option<i32>) -> u64 {
    given.and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}

/// The type of a state as definitions name it.
fn type_name(kind: &StateKind) -> &'static str {
    match kind {
        StateKind::Pass(_) => "Pass",
        StateKind::Task(_) => "Task",
        StateKind::Choice(_) => "Choice",
        StateKind::Wait(_) => "Wait",
        StateKind::Succeed => "Succeed",
        StateKind::Fail(_) => "Fail",
        StateKind::Parallel(_) => "Parallel",
        StateKind::Map(_) => "Map",
    }
}

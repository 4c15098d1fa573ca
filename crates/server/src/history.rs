//! History: the engine's events as AWS's history events.

use api::{
    ActivityFailedEventDetails, ActivityScheduleFailedEventDetails, ActivityScheduledEventDetails,
    ActivityStartedEventDetails, ActivitySucceededEventDetails, ActivityTimedOutEventDetails,
    AssignedVariablesDetails, EvaluationFailedEventDetails, ExecutionAbortedEventDetails,
    ExecutionFailedEventDetails, ExecutionRedrivenEventDetails, ExecutionStartedEventDetails,
    ExecutionSucceededEventDetails, ExecutionTimedOutEventDetails, HistoryEvent,
    HistoryEventDetails as Details, HistoryEventExecutionDataDetails, HistoryEventType as Type,
    LambdaFunctionFailedEventDetails, LambdaFunctionScheduleFailedEventDetails,
    LambdaFunctionScheduledEventDetails, LambdaFunctionStartFailedEventDetails,
    LambdaFunctionSucceededEventDetails, LambdaFunctionTimedOutEventDetails, MapIterationEventDetails,
    MapRunFailedEventDetails, MapRunRedrivenEventDetails, MapRunStartedEventDetails,
    MapStateStartedEventDetails, StateEnteredEventDetails, StateExitedEventDetails, TaskCredentials,
    TaskFailedEventDetails, TaskScheduledEventDetails, TaskStartFailedEventDetails, TaskStartedEventDetails,
    TaskSubmitFailedEventDetails, TaskSubmittedEventDetails, TaskSucceededEventDetails,
    TaskTimedOutEventDetails, Text, Timestamp,
};
use engine::{Detail, Ending, Event, StateType};
use json::{Payload, Str};

/// Whether events carry what states were given and gave back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    /// They do: AWS's default.
    Included,
    /// Inputs, outputs and parameters are left out.
    LeftOut,
}

/// The event as AWS shows it; none for what AWS's history doesn't have.
pub(crate) fn shown(event: &Event, data: Data) -> Option<HistoryEvent> {
    let (r#type, details) = typed(&event.detail, data)?;
    Some(HistoryEvent {
        timestamp: Timestamp::from_milliseconds(event.at.0),
        r#type,
        id: i64::try_from(event.id).unwrap_or(i64::MAX),
        previous_event_id: Some(i64::try_from(event.previous).unwrap_or(i64::MAX)),
        details,
    })
}

/// How many bytes of payloads and causes an event shows, roughly.
pub(crate) fn bytes(event: &Event) -> usize {
    let ended = |ending: &Ending| ending.cause.as_ref().map_or(0, |cause| cause.len());
    match &event.detail {
        Detail::ExecutionStarted { input, .. } | Detail::StateEntered { input, .. } => input.bytes(),
        Detail::ExecutionSucceeded { output }
        | Detail::TaskSubmitted { output, .. }
        | Detail::TaskSucceeded { output, .. }
        | Detail::LambdaFunctionSucceeded { output }
        | Detail::ActivitySucceeded { output } => output.bytes(),
        Detail::StateExited { output, assigned, .. } => {
            output.bytes() + assigned.iter().map(|(_, value)| value.bytes()).sum::<usize>()
        }
        Detail::TaskScheduled { scheduled, .. }
        | Detail::LambdaFunctionScheduled { scheduled, .. }
        | Detail::ActivityScheduled { scheduled, .. } => scheduled.parameters.bytes(),
        Detail::ExecutionFailed(ending)
        | Detail::ExecutionAborted(ending)
        | Detail::ExecutionTimedOut(ending)
        | Detail::LambdaFunctionFailed(ending)
        | Detail::ActivityFailed(ending)
        | Detail::TaskFailed { ending, .. }
        | Detail::EvaluationFailed { ending, .. } => ended(ending),
        _ => 0,
    }
}

/// An `error` and a `cause` in the details that have nothing else.
macro_rules! ended {
    ($details:ident, $ending:expr) => {{
        let Ending { error, cause } = $ending;
        $details {
            error: error.as_ref().map(Text::from),
            cause: cause.as_ref().map(Text::from),
        }
    }};
}

/// An `error` and a `cause` in the details of a task.
macro_rules! task_ended {
    ($details:ident, $resource_type:expr, $resource:expr, $ending:expr) => {{
        let Ending { error, cause } = $ending;
        $details {
            resource_type: Text::from($resource_type),
            resource: Text::from($resource),
            error: error.as_ref().map(Text::from),
            cause: cause.as_ref().map(Text::from),
        }
    }};
}

fn typed(detail: &Detail, data: Data) -> Option<(Type, Option<Details>)> {
    let details = |r#type, details| Some((r#type, Some(details)));
    let bare = |r#type| Some((r#type, None));
    match detail {
        Detail::ExecutionStarted {
            input,
            role_arn,
            version_arn,
            alias_arn,
        } => {
            let (input, input_details) = payload(input, data);
            details(
                Type::ExecutionStarted,
                Details::ExecutionStarted(ExecutionStartedEventDetails {
                    input,
                    input_details,
                    role_arn: Some(Text::from(role_arn)),
                    state_machine_alias_arn: alias_arn.as_ref().map(Text::from),
                    state_machine_version_arn: version_arn.as_ref().map(Text::from),
                }),
            )
        }
        Detail::ExecutionSucceeded { output } => {
            let (output, output_details) = payload(output, data);
            let succeeded = ExecutionSucceededEventDetails {
                output,
                output_details,
            };
            details(Type::ExecutionSucceeded, Details::ExecutionSucceeded(succeeded))
        }
        Detail::ExecutionFailed(ending) => details(
            Type::ExecutionFailed,
            Details::ExecutionFailed(ended!(ExecutionFailedEventDetails, ending)),
        ),
        Detail::ExecutionAborted(ending) => details(
            Type::ExecutionAborted,
            Details::ExecutionAborted(ended!(ExecutionAbortedEventDetails, ending)),
        ),
        Detail::ExecutionTimedOut(ending) => details(
            Type::ExecutionTimedOut,
            Details::ExecutionTimedOut(ended!(ExecutionTimedOutEventDetails, ending)),
        ),
        Detail::ExecutionRedriven { count, .. } => {
            let redriven = ExecutionRedrivenEventDetails {
                redrive_count: i32::try_from(*count).ok(),
            };
            details(Type::ExecutionRedriven, Details::ExecutionRedriven(redriven))
        }

        Detail::StateEntered {
            kind, name, input, ..
        } => {
            let (input, input_details) = payload(input, data);
            let entered = StateEnteredEventDetails {
                name: Text::from(name),
                input,
                input_details,
            };
            details(entered_type(*kind), Details::StateEntered(entered))
        }
        Detail::StateExited {
            kind,
            name,
            output,
            assigned,
            ..
        } => {
            let (output, output_details) = payload(output, data);
            let shows_variables = data == Data::Included && !assigned.is_empty();
            let variables = || {
                assigned
                    .iter()
                    .map(|(name, value)| (Text::from(name), Text::from(value.text())))
            };
            let exited = StateExitedEventDetails {
                name: Text::from(name),
                output,
                output_details,
                assigned_variables: shows_variables.then(|| variables().collect()),
                assigned_variables_details: shows_variables.then_some(AssignedVariablesDetails {
                    truncated: Some(false),
                }),
            };
            details(exited_type(*kind)?, Details::StateExited(exited))
        }

        Detail::TaskScheduled {
            resource_type,
            resource,
            region,
            scheduled,
        } => details(
            Type::TaskScheduled,
            Details::TaskScheduled(TaskScheduledEventDetails {
                resource_type: Text::from(resource_type),
                resource: Text::from(resource),
                region: Text::from(region),
                parameters: match data {
                    Data::Included => Text::from(scheduled.parameters.text()),
                    Data::LeftOut => Text::default(),
                },
                timeout_in_seconds: seconds(scheduled.timeout_seconds),
                heartbeat_in_seconds: seconds(scheduled.heartbeat_seconds),
                task_credentials: credentials(scheduled.role_arn.as_ref()),
            }),
        ),
        Detail::TaskStarted {
            resource_type,
            resource,
        } => {
            let (resource_type, resource) = (Text::from(resource_type), Text::from(resource));
            let started = TaskStartedEventDetails {
                resource_type,
                resource,
            };
            details(Type::TaskStarted, Details::TaskStarted(started))
        }
        Detail::TaskStartFailed {
            resource_type,
            resource,
            ending,
        } => {
            let failed = task_ended!(TaskStartFailedEventDetails, resource_type, resource, ending);
            details(Type::TaskStartFailed, Details::TaskStartFailed(failed))
        }
        Detail::TaskSubmitted {
            resource_type,
            resource,
            output,
        } => {
            let (output, output_details) = payload(output, data);
            let (resource_type, resource) = (Text::from(resource_type), Text::from(resource));
            let submitted = TaskSubmittedEventDetails {
                resource_type,
                resource,
                output,
                output_details,
            };
            details(Type::TaskSubmitted, Details::TaskSubmitted(submitted))
        }
        Detail::TaskSubmitFailed {
            resource_type,
            resource,
            ending,
        } => {
            let failed = task_ended!(TaskSubmitFailedEventDetails, resource_type, resource, ending);
            details(Type::TaskSubmitFailed, Details::TaskSubmitFailed(failed))
        }
        Detail::TaskSucceeded {
            resource_type,
            resource,
            output,
        } => {
            let (output, output_details) = payload(output, data);
            let (resource_type, resource) = (Text::from(resource_type), Text::from(resource));
            let succeeded = TaskSucceededEventDetails {
                resource_type,
                resource,
                output,
                output_details,
            };
            details(Type::TaskSucceeded, Details::TaskSucceeded(succeeded))
        }
        Detail::TaskFailed {
            resource_type,
            resource,
            ending,
        } => {
            let failed = task_ended!(TaskFailedEventDetails, resource_type, resource, ending);
            details(Type::TaskFailed, Details::TaskFailed(failed))
        }
        Detail::TaskTimedOut {
            resource_type,
            resource,
            ending,
        } => {
            let timed_out = task_ended!(TaskTimedOutEventDetails, resource_type, resource, ending);
            details(Type::TaskTimedOut, Details::TaskTimedOut(timed_out))
        }
        Detail::TaskStateAborted => bare(Type::TaskStateAborted),

        Detail::LambdaFunctionScheduled { resource, scheduled } => {
            let (input, input_details) = payload(&scheduled.parameters, data);
            details(
                Type::LambdaFunctionScheduled,
                Details::LambdaFunctionScheduled(LambdaFunctionScheduledEventDetails {
                    resource: Text::from(resource),
                    input,
                    input_details,
                    timeout_in_seconds: seconds(scheduled.timeout_seconds),
                    task_credentials: credentials(scheduled.role_arn.as_ref()),
                }),
            )
        }
        Detail::LambdaFunctionScheduleFailed(ending) => details(
            Type::LambdaFunctionScheduleFailed,
            Details::LambdaFunctionScheduleFailed(ended!(LambdaFunctionScheduleFailedEventDetails, ending)),
        ),
        Detail::LambdaFunctionStarted => bare(Type::LambdaFunctionStarted),
        Detail::LambdaFunctionStartFailed(ending) => details(
            Type::LambdaFunctionStartFailed,
            Details::LambdaFunctionStartFailed(ended!(LambdaFunctionStartFailedEventDetails, ending)),
        ),
        Detail::LambdaFunctionSucceeded { output } => {
            let (output, output_details) = payload(output, data);
            let succeeded = LambdaFunctionSucceededEventDetails {
                output,
                output_details,
            };
            details(
                Type::LambdaFunctionSucceeded,
                Details::LambdaFunctionSucceeded(succeeded),
            )
        }
        Detail::LambdaFunctionFailed(ending) => details(
            Type::LambdaFunctionFailed,
            Details::LambdaFunctionFailed(ended!(LambdaFunctionFailedEventDetails, ending)),
        ),
        Detail::LambdaFunctionTimedOut(ending) => details(
            Type::LambdaFunctionTimedOut,
            Details::LambdaFunctionTimedOut(ended!(LambdaFunctionTimedOutEventDetails, ending)),
        ),

        Detail::ActivityScheduled { resource, scheduled } => {
            let (input, input_details) = payload(&scheduled.parameters, data);
            details(
                Type::ActivityScheduled,
                Details::ActivityScheduled(ActivityScheduledEventDetails {
                    resource: Text::from(resource),
                    input,
                    input_details,
                    timeout_in_seconds: seconds(scheduled.timeout_seconds),
                    heartbeat_in_seconds: seconds(scheduled.heartbeat_seconds),
                }),
            )
        }
        Detail::ActivityScheduleFailed(ending) => details(
            Type::ActivityScheduleFailed,
            Details::ActivityScheduleFailed(ended!(ActivityScheduleFailedEventDetails, ending)),
        ),
        Detail::ActivityStarted { worker } => {
            let started = ActivityStartedEventDetails {
                worker_name: worker.as_ref().map(Text::from),
            };
            details(Type::ActivityStarted, Details::ActivityStarted(started))
        }
        Detail::ActivitySucceeded { output } => {
            let (output, output_details) = payload(output, data);
            let succeeded = ActivitySucceededEventDetails {
                output,
                output_details,
            };
            details(Type::ActivitySucceeded, Details::ActivitySucceeded(succeeded))
        }
        Detail::ActivityFailed(ending) => details(
            Type::ActivityFailed,
            Details::ActivityFailed(ended!(ActivityFailedEventDetails, ending)),
        ),
        Detail::ActivityTimedOut(ending) => details(
            Type::ActivityTimedOut,
            Details::ActivityTimedOut(ended!(ActivityTimedOutEventDetails, ending)),
        ),

        Detail::WaitStateAborted => bare(Type::WaitStateAborted),

        Detail::ParallelStateStarted { .. } => bare(Type::ParallelStateStarted),
        Detail::ParallelStateSucceeded => bare(Type::ParallelStateSucceeded),
        Detail::ParallelStateFailed => bare(Type::ParallelStateFailed),
        Detail::ParallelStateAborted => bare(Type::ParallelStateAborted),

        Detail::MapStateStarted { length, .. } => {
            let started = MapStateStartedEventDetails {
                length: Some(whole(*length)),
            };
            details(Type::MapStateStarted, Details::MapStateStarted(started))
        }
        Detail::MapIterationStarted { name, index, .. } => details(
            Type::MapIterationStarted,
            Details::MapIterationStarted(iteration(name, *index)),
        ),
        Detail::MapIterationSucceeded { name, index } => details(
            Type::MapIterationSucceeded,
            Details::MapIterationSucceeded(iteration(name, *index)),
        ),
        Detail::MapIterationFailed { name, index } => details(
            Type::MapIterationFailed,
            Details::MapIterationFailed(iteration(name, *index)),
        ),
        Detail::MapIterationAborted { name, index } => details(
            Type::MapIterationAborted,
            Details::MapIterationAborted(iteration(name, *index)),
        ),
        Detail::MapRunStarted(start) => {
            let map_run_arn = Some(Text::from(&start.arn));
            let started = MapRunStartedEventDetails { map_run_arn };
            details(Type::MapRunStarted, Details::MapRunStarted(started))
        }
        Detail::MapRunSucceeded => bare(Type::MapRunSucceeded),
        Detail::MapRunFailed(ending) => details(
            Type::MapRunFailed,
            Details::MapRunFailed(ended!(MapRunFailedEventDetails, ending)),
        ),
        Detail::MapRunAborted => bare(Type::MapRunAborted),
        Detail::MapRunRedriven { arn, count } => {
            let redriven = MapRunRedrivenEventDetails {
                map_run_arn: Some(Text::from(arn)),
                redrive_count: i32::try_from(*count).ok(),
            };
            details(Type::MapRunRedriven, Details::MapRunRedriven(redriven))
        }
        Detail::MapStateSucceeded => bare(Type::MapStateSucceeded),
        Detail::MapStateFailed => bare(Type::MapStateFailed),
        Detail::MapStateAborted => bare(Type::MapStateAborted),

        Detail::EvaluationFailed {
            state,
            location,
            ending,
        } => details(
            Type::EvaluationFailed,
            Details::EvaluationFailed(EvaluationFailedEventDetails {
                error: ending.error.as_ref().map(Text::from),
                cause: ending.cause.as_ref().map(Text::from),
                location: location.as_ref().map(Text::from),
                state: Text::from(state),
            }),
        ),

        Detail::WaitScheduled { .. } | Detail::RetryScheduled { .. } | Detail::BranchStarted { .. } => None,
    }
}

fn entered_type(kind: StateType) -> Type {
    match kind {
        StateType::Pass => Type::PassStateEntered,
        StateType::Task => Type::TaskStateEntered,
        StateType::Choice => Type::ChoiceStateEntered,
        StateType::Wait => Type::WaitStateEntered,
        StateType::Succeed => Type::SucceedStateEntered,
        StateType::Fail => Type::FailStateEntered,
        StateType::Parallel => Type::ParallelStateEntered,
        StateType::Map => Type::MapStateEntered,
    }
}

/// AWS has no event for leaving a Fail state, which is never left.
fn exited_type(kind: StateType) -> Option<Type> {
    Some(match kind {
        StateType::Pass => Type::PassStateExited,
        StateType::Task => Type::TaskStateExited,
        StateType::Choice => Type::ChoiceStateExited,
        StateType::Wait => Type::WaitStateExited,
        StateType::Succeed => Type::SucceedStateExited,
        StateType::Parallel => Type::ParallelStateExited,
        StateType::Map => Type::MapStateExited,
        StateType::Fail => return None,
    })
}

/// A payload's text, shared, and AWS's remark on it.
fn payload(payload: &Payload, data: Data) -> (Option<Text>, Option<HistoryEventExecutionDataDetails>) {
    match data {
        Data::Included => (
            Some(Text::from(payload.text())),
            Some(HistoryEventExecutionDataDetails {
                truncated: Some(false),
            }),
        ),
        Data::LeftOut => (None, None),
    }
}

fn iteration(name: &Str, index: u64) -> MapIterationEventDetails {
    MapIterationEventDetails {
        name: Some(Text::from(name)),
        index: Some(whole(index)),
    }
}

fn credentials(role_arn: Option<&Str>) -> Option<TaskCredentials> {
    role_arn.map(|role_arn| TaskCredentials {
        role_arn: Some(Text::from(role_arn)),
    })
}

fn seconds(seconds: Option<u64>) -> Option<i64> {
    seconds.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn whole(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use engine::{BranchId, Millis, Scheduled};

    use super::*;

    fn json(detail: Detail, data: Data) -> String {
        let event = Event {
            id: 3,
            previous: 2,
            at: Millis(1_700_000_000_123),
            branch: BranchId::ROOT,
            detail,
        };
        serde_json::to_string(&shown(&event, data)).unwrap()
    }

    fn payload_of(text: &str) -> Payload {
        Payload::parse(text).unwrap()
    }

    fn exited(assigned: Vec<(Str, Payload)>) -> Detail {
        let (name, output) = ("A".into(), payload_of("[1, 2]"));
        Detail::StateExited {
            kind: StateType::Pass,
            state: 0,
            name,
            output,
            assigned,
        }
    }

    #[test]
    fn state_events_have_the_type_of_their_state() {
        assert_eq!(
            json(exited(Vec::new()), Data::Included),
            r#"{"timestamp":1700000000.123,"type":"PassStateExited","id":3,"previousEventId":2,"stateExitedEventDetails":{"name":"A","output":"[1, 2]","outputDetails":{"truncated":false}}}"#
        );
    }

    #[test]
    fn assigned_variables_are_texts() {
        let shown = json(
            exited(vec![("x".into(), payload_of("{\"a\":1}"))]),
            Data::Included,
        );
        assert!(shown.ends_with(
            r#""assignedVariables":{"x":"{\"a\":1}"},"assignedVariablesDetails":{"truncated":false}}}"#
        ));
    }

    #[test]
    fn data_can_be_left_out() {
        let shown = json(exited(vec![("x".into(), payload_of("1"))]), Data::LeftOut);
        assert!(
            shown.ends_with(r#""stateExitedEventDetails":{"name":"A"}}"#),
            "{shown}"
        );
    }

    #[test]
    fn events_without_details_have_none() {
        assert_eq!(
            json(Detail::LambdaFunctionStarted, Data::Included),
            r#"{"timestamp":1700000000.123,"type":"LambdaFunctionStarted","id":3,"previousEventId":2}"#
        );
    }

    #[test]
    fn ending_without_words_has_empty_details() {
        let shown = json(Detail::ExecutionAborted(Ending::default()), Data::Included);
        assert!(
            shown.ends_with(r#""executionAbortedEventDetails":{}}"#),
            "{shown}"
        );
    }

    #[test]
    fn scheduled_task_shows_timeouts_and_credentials() {
        let scheduled = Scheduled {
            parameters: payload_of("{}"),
            timeout_seconds: Some(5),
            heartbeat_seconds: None,
            role_arn: Some("arn:aws:iam::000000000000:role/r".into()),
            nonce: 9,
        };
        let detail = Detail::TaskScheduled {
            resource_type: "lambda".into(),
            resource: "invoke".into(),
            region: "us-east-1".into(),
            scheduled,
        };
        let shown = json(detail, Data::Included);
        assert!(shown.ends_with(
            r#""taskScheduledEventDetails":{"resourceType":"lambda","resource":"invoke","region":"us-east-1","parameters":"{}","timeoutInSeconds":5,"taskCredentials":{"roleArn":"arn:aws:iam::000000000000:role/r"}}}"#
        ), "{shown}");
    }

    #[test]
    fn silent_events_are_not_shown() {
        assert_eq!(
            json(Detail::WaitScheduled { until: Millis(1) }, Data::Included),
            "null"
        );
    }
}

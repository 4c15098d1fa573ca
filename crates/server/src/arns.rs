//! ARNs of requests: of the right type, and of the caller's own resources.

use api::{ApiError, Caller, Text, ValidationExceptionReason};
use ids::{ActivityArn, AnyStateMachineArn, ExecutionArn, ExecutionKind, MapRunArn, Scope, StateMachineArn};

use crate::refusals;

/// A state machine, for an operation that knows no versions and aliases of it.
///
/// Nobody has versions and aliases yet, so naming one names nothing.
pub(crate) fn state_machine(caller: &Caller, text: &Text) -> Result<StateMachineArn, ApiError> {
    match text.parse()? {
        AnyStateMachineArn::Unqualified(arn) if is_own(caller, &arn.scope) => Ok(arn),
        AnyStateMachineArn::Labelled(_) => Err(ApiError::validation_exception(format!(
            "This operation does not support the ARN of a Distributed Map state: '{text}'"
        ))
        .with_reason(ValidationExceptionReason::ApiDoesNotSupportLabeledArns)),
        _ => Err(refusals::no_state_machine(text)),
    }
}

/// A Standard execution.
///
/// AWS keeps nothing of Express executions that could be asked for: theirs are ARNs of the wrong type.
pub(crate) fn standard_execution(caller: &Caller, text: &Text) -> Result<ExecutionArn, ApiError> {
    let arn: ExecutionArn = text.parse()?;
    if arn.kind != ExecutionKind::Standard {
        return Err(ids::InvalidArn::ResourceType("express".to_owned()).into());
    }
    if !is_own(caller, &arn.state_machine.scope) {
        return Err(refusals::no_execution(text));
    }
    Ok(arn)
}

/// A Map Run.
pub(crate) fn map_run(text: &Text) -> Result<MapRunArn, ApiError> {
    Ok(text.parse()?)
}

/// An activity.
pub(crate) fn activity(caller: &Caller, text: &Text) -> Result<ActivityArn, ApiError> {
    let arn: ActivityArn = text.parse()?;
    if is_own(caller, &arn.scope) {
        Ok(arn)
    } else {
        Err(refusals::no_activity(text))
    }
}

/// What the ARNs of all resources of a type begin with in the caller's account and region.
pub(crate) fn prefix(caller: &Caller, resource_type: &str) -> String {
    format!("{}:{resource_type}:", caller.scope)
}

fn is_own(caller: &Caller, scope: &Scope) -> bool {
    caller.scope == *scope
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn resources_of_others_do_not_exist() {
        let caller = Caller::default();
        let machine = Text::from("arn:aws:states:us-east-1:111122223333:stateMachine:m");
        assert_eq!(
            error(state_machine(&caller, &machine)),
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{machine}'")
        );
        let execution = Text::from("arn:aws:states:eu-west-1:000000000000:execution:m:e");
        assert_eq!(
            error(standard_execution(&caller, &execution)),
            format!("ExecutionDoesNotExist: Execution Does Not Exist: '{execution}'")
        );
        let activity_arn = Text::from("arn:aws:states:us-east-1:111122223333:activity:a");
        assert_eq!(
            error(activity(&caller, &activity_arn)),
            format!("ActivityDoesNotExist: Activity Does Not Exist: '{activity_arn}'")
        );
    }

    #[test]
    fn express_executions_are_of_the_wrong_type() {
        let arn = Text::from("arn:aws:states:us-east-1:000000000000:express:m:e:u");
        assert_eq!(
            error(standard_execution(&Caller::default(), &arn)),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'"
        );
    }

    #[test]
    fn maps_are_no_state_machines() {
        let arn = Text::from("arn:aws:states:us-east-1:000000000000:stateMachine:m/label");
        let refused = state_machine(&Caller::default(), &arn).unwrap_err();
        assert_eq!(
            refused.reason,
            Some(ValidationExceptionReason::ApiDoesNotSupportLabeledArns)
        );
    }
}

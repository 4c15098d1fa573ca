//! ARNs of requests: of the right type, and of the caller's own resources.

use api::{ApiError, Caller, Text, ValidationExceptionReason};
use ids::{
    ActivityArn, AliasArn, AnyStateMachineArn, ExecutionArn, ExecutionKind, InvalidArn, MapRunArn, Scope,
    StateMachineArn, VersionArn,
};

use crate::refusals;

/// A state machine itself, for an operation that takes neither versions nor aliases of it.
pub(crate) fn state_machine(caller: &Caller, text: &Text) -> Result<StateMachineArn, ApiError> {
    match unlabelled(text)? {
        AnyStateMachineArn::Unqualified(arn) if is_own(caller, &arn.scope) => Ok(arn),
        AnyStateMachineArn::Unqualified(_) => Err(refusals::no_state_machine(text)),
        // Whosever it is: not every operation that ends here could say that it does not exist.
        _ => Err(ApiError::validation_exception(format!(
            "This operation does not support the ARN of a version or an alias: '{text}'"
        ))),
    }
}

/// A state machine, a version of it or an alias.
pub(crate) fn qualified(caller: &Caller, text: &Text) -> Result<AnyStateMachineArn, ApiError> {
    let arn = unlabelled(text)?;
    if is_own(caller, &arn.state_machine().scope) {
        Ok(arn)
    } else {
        Err(refusals::no_state_machine(text))
    }
}

fn unlabelled(text: &Text) -> Result<AnyStateMachineArn, ApiError> {
    match text.parse()? {
        AnyStateMachineArn::Labelled(_) => Err(ApiError::validation_exception(format!(
            "This operation does not support the ARN of a Distributed Map state: '{text}'"
        ))
        .with_reason(ValidationExceptionReason::ApiDoesNotSupportLabeledArns)),
        arn => Ok(arn),
    }
}

/// A version; nothing when it is somebody else's, of which nothing is told.
pub(crate) fn version(caller: &Caller, text: &Text) -> Result<Option<VersionArn>, ApiError> {
    let arn: VersionArn = text.parse()?;
    Ok(is_own(caller, &arn.state_machine.scope).then_some(arn))
}

/// An alias.
pub(crate) fn alias(caller: &Caller, text: &Text) -> Result<AliasArn, ApiError> {
    let arn: AliasArn = text.parse()?;
    if is_own(caller, &arn.state_machine.scope) {
        Ok(arn)
    } else {
        Err(refusals::no_resource(text))
    }
}

/// Checks the ARN of what can have tags: a state machine or an activity.
pub(crate) fn tagged(caller: &Caller, text: &Text) -> Result<(), ApiError> {
    let scope = match text.parse::<ActivityArn>() {
        Ok(arn) => arn.scope,
        Err(InvalidArn::ResourceType(_)) => match text.parse()? {
            AnyStateMachineArn::Unqualified(arn) => arn.scope,
            _ => return Err(refusals::no_resource(text)),
        },
        Err(refused) => return Err(refused.into()),
    };
    if is_own(caller, &scope) {
        Ok(())
    } else {
        Err(refusals::no_resource(text))
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
pub(crate) fn map_run(caller: &Caller, text: &Text) -> Result<MapRunArn, ApiError> {
    let arn: MapRunArn = text.parse()?;
    if is_own(caller, &arn.state_machine.scope) {
        Ok(arn)
    } else {
        Err(refusals::no_resource(text))
    }
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
        for qualifier in ["1", "prod"] {
            let qualified = Text::from(format!("{machine}:{qualifier}"));
            assert_eq!(
                error(state_machine(&caller, &qualified)),
                format!(
                    "ValidationException: This operation does not support the ARN of a version or an alias: \
                     '{qualified}'"
                )
            );
        }
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
    fn only_state_machines_and_activities_have_tags() {
        let caller = Caller::default();
        let of = |resource: &str| Text::from(format!("arn:aws:states:us-east-1:000000000000:{resource}"));
        assert!(tagged(&caller, &of("stateMachine:m")).is_ok());
        assert!(tagged(&caller, &of("activity:a")).is_ok());
        for other in ["stateMachine:m:1", "stateMachine:m:prod", "stateMachine:m/label"] {
            let arn = of(other);
            assert_eq!(
                error(tagged(&caller, &arn)),
                format!("ResourceNotFound: Resource not found: '{arn}'")
            );
        }
        assert_eq!(
            error(tagged(&caller, &of("execution:m:e"))),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: execution'"
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

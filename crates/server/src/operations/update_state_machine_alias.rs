//! UpdateStateMachineAlias: starts are led elsewhere.

use api::{
    ApiError, Caller, Text, Timestamp, UpdateStateMachineAliasInput, UpdateStateMachineAliasOutput,
    ValidationExceptionReason,
};

use crate::{Server, arns, refusals, routes};

/// Changes the alias's description, its routes, or both. The starts from now on follow them.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: UpdateStateMachineAliasInput,
) -> Result<UpdateStateMachineAliasOutput, ApiError> {
    let arn = arns::alias(caller, &request.state_machine_alias_arn)?;
    if request.description.is_none() && request.routing_configuration.is_none() {
        let message = "Either the description or the routingConfiguration must be specified";
        return Err(ApiError::validation_exception(message)
            .with_reason(ValidationExceptionReason::MissingRequiredParameter));
    }
    let routes = match &request.routing_configuration {
        Some(items) => {
            let routing = routes::routing(items)?;
            if routing.state_machine != arn.state_machine {
                let message = format!(
                    "Routing configuration must contain versions of the state machine of the alias: '{}'",
                    arn.state_machine
                );
                return Err(ApiError::validation_exception(message)
                    .with_reason(ValidationExceptionReason::InvalidRoutingConfiguration));
            }
            Some(routing.routes)
        }
        None => None,
    };
    let description = request.description.map(Text::into_arc);
    let machine_arn = arn.state_machine.to_string();
    let alias = server
        .runtime
        .catalog()
        .update_alias(&machine_arn, arn.alias.as_str(), description, routes)
        .await
        .map_err(refusals::of_resource)?;
    Ok(UpdateStateMachineAliasOutput {
        update_date: Timestamp::from_milliseconds(alias.updated.0),
    })
}

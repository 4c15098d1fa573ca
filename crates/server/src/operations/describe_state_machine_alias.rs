//! DescribeStateMachineAlias: where an alias leads.

use api::{
    ApiError, Caller, DescribeStateMachineAliasInput, DescribeStateMachineAliasOutput, Text, Timestamp,
};

use crate::operations::create_state_machine_alias::alias_arn;
use crate::{Server, arns, refusals, routes};

/// Describes the alias as of its last change.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DescribeStateMachineAliasInput,
) -> Result<DescribeStateMachineAliasOutput, ApiError> {
    let arn = arns::alias(caller, &request.state_machine_alias_arn)?;
    let machine_arn = arn.state_machine.to_string();
    let alias = server
        .runtime
        .catalog()
        .alias(&machine_arn, arn.alias.as_str())
        .await
        .map_err(refusals::of_resource)?;
    Ok(DescribeStateMachineAliasOutput {
        state_machine_alias_arn: Some(alias_arn(&alias)),
        routing_configuration: Some(routes::shown(&alias.machine_arn, &alias.routes)),
        name: Some(Text::from(alias.name)),
        description: alias.description.map(Text::from),
        creation_date: Some(Timestamp::from_milliseconds(alias.created.0)),
        update_date: Some(Timestamp::from_milliseconds(alias.updated.0)),
    })
}

//! CreateStateMachineAlias: a name for one version or two.

use api::{ApiError, Caller, CreateStateMachineAliasInput, CreateStateMachineAliasOutput, Text, Timestamp};
use ids::{AliasArn, Name};
use runtime::{Creation, NewAlias};
use store::Alias;

use crate::{Server, refusals, routes};

/// Creates the alias, or answers as the first time when there is one that is the same.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: CreateStateMachineAliasInput,
) -> Result<CreateStateMachineAliasOutput, ApiError> {
    let name: Name = request.name.parse()?;
    if !AliasArn::is_alias(name.as_str()) {
        return Err(ApiError::invalid_name(format!("Invalid Name: '{name}'")));
    }
    let routing = routes::routing(&request.routing_configuration)?;
    let machine_arn = routing.state_machine.to_string();
    if !routes::is_own(caller, &routing) {
        return Err(refusals::no_resource(&machine_arn));
    }
    let new = NewAlias {
        machine_arn: machine_arn.into(),
        name: name.text(),
        description: request.description.map(Text::into_arc),
        routes: routing.routes,
    };
    let created = server.runtime.catalog().create_alias(new.clone()).await;
    let alias = match created.map_err(refusals::of_resource)? {
        Creation::New(alias) => alias,
        Creation::Existing(alias) if alias.description == new.description && alias.routes == new.routes => {
            alias
        }
        Creation::Existing(_) => {
            return Err(ApiError::conflict_exception(
                "Failed to create alias because an alias with the same name and a different routing configuration \
                 already exists.",
            ));
        }
    };
    Ok(CreateStateMachineAliasOutput {
        state_machine_alias_arn: alias_arn(&alias),
        creation_date: Timestamp::from_milliseconds(alias.created.0),
    })
}

/// The ARN of an alias.
pub(crate) fn alias_arn(alias: &Alias) -> Text {
    Text::from(format!("{}:{}", alias.machine_arn, alias.name))
}

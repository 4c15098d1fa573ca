//! ListStateMachineAliases: a state machine's aliases, by name.

use api::{
    ApiError, Caller, ListStateMachineAliasesInput, ListStateMachineAliasesOutput, StateMachineAliasListItem,
    Timestamp,
};
use ids::AnyStateMachineArn;
use store::{Alias, MachineStatus};

use crate::operations::create_state_machine_alias::alias_arn;
use crate::paging::page_size;
use crate::{Server, arns, refusals};

/// Lists a page of aliases: all of a state machine, or those that lead to a version.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: ListStateMachineAliasesInput,
) -> Result<ListStateMachineAliasesOutput, ApiError> {
    let text = &request.state_machine_arn;
    let arn = arns::qualified(caller, text)?;
    let machine_arn = arn.state_machine().to_string();
    let listing = ["ListStateMachineAliases", text];
    let listing = server.listing(&listing);
    let after = listing.position(request.next_token.as_ref())?;
    let size = page_size(request.max_results);

    let catalog = server.runtime.catalog();
    let machine = catalog.machine(&machine_arn).await;
    let machine = machine.map_err(refusals::of_state_machine)?;
    if machine.status == MachineStatus::Deleting {
        return Err(refusals::deleting(&machine.arn));
    }
    let mut aliases: Vec<Alias> = match arn {
        AnyStateMachineArn::Version(arn) => {
            let version = catalog.version(&machine_arn, arn.version).await;
            let version = version.map_err(refusals::of_resource)?;
            let aliases = catalog.aliases_to(&machine_arn, version.number).await;
            let mut aliases = aliases.map_err(refusals::of_state_machine)?;
            aliases.retain(|alias| after.as_ref().is_none_or(|after| *alias.name > **after));
            aliases
        }
        AnyStateMachineArn::Unqualified(_) => {
            let after = after.map(json::Str::from);
            let aliases = catalog.aliases(&machine_arn, after, size + 1).await;
            aliases.map_err(refusals::of_state_machine)?
        }
        AnyStateMachineArn::Alias(_) | AnyStateMachineArn::Labelled(_) => {
            return Err(refusals::no_resource(text));
        }
    };
    let has_more = aliases.len() > size;
    aliases.truncate(size);
    let next_token = aliases
        .last()
        .filter(|_| has_more)
        .map(|alias| listing.token(&alias.name));
    let shown = |alias: &Alias| StateMachineAliasListItem {
        state_machine_alias_arn: alias_arn(alias),
        creation_date: Timestamp::from_milliseconds(alias.created.0),
    };
    Ok(ListStateMachineAliasesOutput {
        state_machine_aliases: aliases.iter().map(shown).collect(),
        next_token,
    })
}

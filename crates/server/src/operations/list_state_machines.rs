//! ListStateMachines: the caller's state machines, by name.

use api::{
    ApiError, Caller, ListStateMachinesInput, ListStateMachinesOutput, StateMachineListItem, Text, Timestamp,
};

use crate::operations::describe_state_machine::shown_type;
use crate::paging::page_size;
use crate::{Server, arns, refusals};

/// Lists a page of state machines.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: ListStateMachinesInput,
) -> Result<ListStateMachinesOutput, ApiError> {
    let prefix = arns::prefix(caller, "stateMachine");
    let listing = ["ListStateMachines", &prefix];
    let listing = server.listing(&listing);
    let after = listing
        .position(request.next_token.as_ref())?
        .unwrap_or_else(|| prefix.clone());
    let size = page_size(request.max_results);
    let machines = server
        .runtime
        .catalog()
        .machines(Some(after.into()), size + 1)
        .await;
    let mut machines = machines.map_err(refusals::of_state_machine)?;
    // The order is that of the ARNs, so that the caller's stand together.
    machines.retain(|machine| machine.arn.starts_with(&prefix));
    let has_more = machines.len() > size;
    machines.truncate(size);
    let next_token = machines
        .last()
        .filter(|_| has_more)
        .map(|machine| listing.token(&machine.arn));
    let state_machines = machines.into_iter().map(|machine| StateMachineListItem {
        state_machine_arn: Text::from(machine.arn),
        name: Text::from(machine.name),
        r#type: shown_type(machine.kind),
        creation_date: Timestamp::from_milliseconds(machine.created.0),
    });
    Ok(ListStateMachinesOutput {
        state_machines: state_machines.collect(),
        next_token,
    })
}

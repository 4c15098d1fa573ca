//! DescribeStateMachine: the state machine as it is now.

use std::collections::BTreeMap;

use api::{
    ApiError, Caller, DescribeStateMachineInput, DescribeStateMachineOutput, StateMachineStatus,
    StateMachineType, Text, Timestamp,
};
use runtime::Revision;
use store::{MachineKind, MachineStatus};

use crate::{Server, arns, configuration, refusals};

/// Describes the state machine and its current revision. `includedData` changes nothing: no data is
/// encrypted with a customer's key.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DescribeStateMachineInput,
) -> Result<DescribeStateMachineOutput, ApiError> {
    let arn = arns::state_machine(caller, &request.state_machine_arn)?;
    let catalog = server.runtime.catalog();
    let machine = catalog
        .machine(&arn.to_string())
        .await
        .map_err(refusals::of_state_machine)?;
    let revision = catalog.revision(&machine.arn, &machine.revision).await;
    let revision = revision.map_err(refusals::of_state_machine)?;
    let record = &revision.record;
    Ok(DescribeStateMachineOutput {
        revision_id: revision.shown_id().map(Text::from),
        state_machine_arn: Text::from(machine.arn),
        name: Text::from(machine.name),
        status: Some(match machine.status {
            MachineStatus::Active => StateMachineStatus::Active,
            MachineStatus::Deleting => StateMachineStatus::Deleting,
        }),
        definition: Text::from(&record.definition),
        role_arn: Text::from(&record.role_arn),
        r#type: shown_type(machine.kind),
        creation_date: Timestamp::from_milliseconds(machine.created.0),
        logging_configuration: configuration::shown(record.logging.as_ref()),
        tracing_configuration: configuration::shown(record.tracing.as_ref()),
        label: None,
        description: None,
        encryption_configuration: configuration::shown(record.encryption.as_ref()),
        variable_references: variable_references(&revision),
    })
}

/// The type of a state machine as answers have it.
pub(crate) fn shown_type(kind: MachineKind) -> StateMachineType {
    match kind {
        MachineKind::Standard => StateMachineType::Standard,
        MachineKind::Express => StateMachineType::Express,
    }
}

/// Which state reads which variables; nothing when none does.
pub(crate) fn variable_references(revision: &Revision) -> Option<BTreeMap<Text, Vec<Text>>> {
    let references = revision.states.variable_references();
    let shown =
        |(state, names): (_, Vec<_>)| (Text::from(state), names.into_iter().map(Text::from).collect());
    (!references.is_empty()).then(|| references.into_iter().map(shown).collect())
}

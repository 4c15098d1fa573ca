//! DescribeStateMachine: the state machine as it is now, or a version of it.

use std::collections::BTreeMap;

use api::{
    ApiError, Caller, DescribeStateMachineInput, DescribeStateMachineOutput, IncludedData,
    StateMachineStatus, StateMachineType, Text, Timestamp,
};
use ids::AnyStateMachineArn;
use runtime::{CatalogError, Revision};
use store::{MachineKind, MachineStatus};

use crate::{Server, arns, configuration, refusals};

/// Describes the state machine and its current revision, or that of a version or alias. With `METADATA_ONLY` its
/// definition is `{}`, and what is known from it is left out.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DescribeStateMachineInput,
) -> Result<DescribeStateMachineOutput, ApiError> {
    let text = &request.state_machine_arn;
    let arn = arns::qualified(caller, text)?;
    let catalog = server.runtime.catalog();
    let not_found = |error| match error {
        CatalogError::NotFound(_) => refusals::no_state_machine(text),
        error => refusals::of_state_machine(error),
    };
    let machine_arn = arn.state_machine().to_string();
    let machine = catalog.machine(&machine_arn).await.map_err(not_found)?;
    let number = match &arn {
        AnyStateMachineArn::Unqualified(_) | AnyStateMachineArn::Labelled(_) => None,
        AnyStateMachineArn::Version(arn) => Some(arn.version),
        AnyStateMachineArn::Alias(arn) => {
            let alias = catalog.alias(&machine_arn, arn.alias.as_str()).await;
            // Of two versions, the one that most starts are led to.
            let routes = alias.map_err(not_found)?.routes;
            let most = routes.iter().rev().max_by_key(|route| route.weight);
            most.map(|route| route.version)
        }
    };
    let version = match number {
        Some(number) => Some(catalog.version(&machine_arn, number).await.map_err(not_found)?),
        None => None,
    };
    let (id, created) = match &version {
        Some(version) => (&version.revision, version.created),
        None => (&machine.revision, machine.created),
    };
    let revision = catalog.revision(&machine.arn, id).await;
    let revision = revision.map_err(refusals::of_state_machine)?;
    let record = &revision.record;
    let definition = shown_definition(&revision, request.included_data);
    Ok(DescribeStateMachineOutput {
        revision_id: revision.shown_id().map(Text::from),
        state_machine_arn: text.clone(),
        name: Text::from(machine.name),
        status: Some(match machine.status {
            MachineStatus::Active => StateMachineStatus::Active,
            MachineStatus::Deleting => StateMachineStatus::Deleting,
        }),
        variable_references: definition.as_ref().and_then(|_| variable_references(&revision)),
        definition: definition.unwrap_or_else(no_definition),
        role_arn: Text::from(&record.role_arn),
        r#type: shown_type(machine.kind),
        creation_date: Timestamp::from_milliseconds(created.0),
        logging_configuration: configuration::shown(record.logging.as_ref()),
        tracing_configuration: configuration::shown(record.tracing.as_ref()),
        label: None,
        description: version.and_then(|version| version.description).map(Text::from),
        encryption_configuration: configuration::shown(record.encryption.as_ref()),
    })
}

/// The definition, where it is asked for.
pub(crate) fn shown_definition(revision: &Revision, included: Option<IncludedData>) -> Option<Text> {
    match included {
        None | Some(IncludedData::AllData) => Some(Text::from(&revision.record.definition)),
        Some(IncludedData::MetadataOnly) => None,
    }
}

/// What answers have in place of a definition that is left out.
pub(crate) fn no_definition() -> Text {
    Text::from("{}")
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

//! UpdateStateMachine: a new revision for the starts to come.

use api::{ApiError, Caller, Text, Timestamp, UpdateStateMachineInput, UpdateStateMachineOutput};
use json::Str;
use runtime::{NewRevision, Revision};

use crate::operations::create_state_machine::refuse_version;
use crate::{Server, arns, configuration, definition, refusals};

/// Gives the state machine a new revision, in which everything that the request doesn't name is as before.
///
/// An update that changes nothing leaves the revision as it is, unless that is the first one, which has no
/// id to answer with.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: UpdateStateMachineInput,
) -> Result<UpdateStateMachineOutput, ApiError> {
    let arn = arns::state_machine(caller, &request.state_machine_arn)?;
    let names_something = request.definition.is_some()
        || request.role_arn.is_some()
        || request.logging_configuration.is_some()
        || request.tracing_configuration.is_some()
        || request.encryption_configuration.is_some();
    if !names_something {
        return Err(ApiError::missing_required_parameter(
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be \
             specified",
        ));
    }
    if let Some(role_arn) = &request.role_arn {
        configuration::role(role_arn)?;
    }
    refuse_version(request.publish, request.version_description.as_ref())?;
    let catalog = server.runtime.catalog();
    let current = catalog
        .current(&arn.to_string())
        .await
        .map_err(refusals::of_state_machine)?;
    let new = changed(&current, request).await?;

    if let Some(id) = current.shown_id()
        && is_unchanged(&current.record, &new)
    {
        return Ok(output(id, &current.record));
    }
    let machine = catalog
        .update_machine(&current.machine_arn, new)
        .await
        .map_err(refusals::of_state_machine)?;
    let revision = catalog.revision(&machine.arn, &machine.revision).await;
    let record = &revision.map_err(refusals::of_state_machine)?.record;
    Ok(output(&record.id, record))
}

/// What the state machine is after the update.
async fn changed(current: &Revision, request: UpdateStateMachineInput) -> Result<NewRevision, ApiError> {
    let record = &current.record;
    let logging = match request.logging_configuration {
        Some(given) => Some(configuration::stored(&configuration::logging(Some(given))?)),
        None => record.logging.clone(),
    };
    let tracing = match request.tracing_configuration {
        Some(given) => Some(configuration::stored(&configuration::tracing(Some(given)))),
        None => record.tracing.clone(),
    };
    let encryption = match configuration::encryption(request.encryption_configuration)? {
        Some(given) => Some(configuration::stored(&given)),
        None => record.encryption.clone(),
    };
    let (definition, states) = match request.definition {
        Some(text) => {
            let definition = definition::read(text, current.kind).await?;
            (definition.text.into_arc(), definition.states)
        }
        None => (record.definition.clone(), current.states.clone()),
    };
    let role_arn = request
        .role_arn
        .map_or_else(|| record.role_arn.clone(), Text::into_arc);
    Ok(NewRevision {
        definition,
        states,
        role_arn,
        logging,
        tracing,
        encryption,
    })
}

fn is_unchanged(record: &store::Revision, new: &NewRevision) -> bool {
    record.definition == new.definition
        && record.role_arn == new.role_arn
        && record.logging == new.logging
        && record.tracing == new.tracing
        && record.encryption == new.encryption
}

fn output(id: &Str, record: &store::Revision) -> UpdateStateMachineOutput {
    UpdateStateMachineOutput {
        update_date: Timestamp::from_milliseconds(record.updated.0),
        revision_id: Some(Text::from(id)),
        state_machine_version_arn: None,
    }
}

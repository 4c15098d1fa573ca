//! UpdateStateMachine: a new revision for the starts to come.

use api::{ApiError, Caller, Text, Timestamp, UpdateStateMachineInput, UpdateStateMachineOutput};
use runtime::{CatalogError, NewRevision, Revision, Update};

use crate::operations::publish_state_machine_version::{publication, version_arn};
use crate::{Server, arns, configuration, definition, refusals};

/// Gives the state machine a new revision, in which everything that the request doesn't name is as before.
///
/// An update that changes nothing leaves the revision as it is, unless that is the first one, which has no
/// id to answer with; to be published, it needs none.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    mut request: UpdateStateMachineInput,
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
    let publish = publication(request.publish, request.version_description.take())?;
    let catalog = server.runtime.catalog();
    loop {
        let current = catalog
            .current(&arn.to_string())
            .await
            .map_err(refusals::of_state_machine)?;
        let new = changed(server, &current, &request).await?;
        let has_id = current.shown_id().is_some() || publish.is_some();
        let new = (!(has_id && is_unchanged(&current.record, &new))).then_some(new);
        let from = &current.record.id;
        match catalog
            .update_machine(&current.machine_arn, from, new, publish.clone())
            .await
        {
            Ok(update) => {
                if request.logging_configuration.is_some() {
                    let logging = update.revision.record.logging.as_ref();
                    server.announce_logging(&configuration::shown(logging).unwrap_or_default());
                }
                return Ok(output(&update));
            }
            // Another update came in between: this one is made on top of it.
            Err(CatalogError::OtherRevision { .. }) => {}
            Err(error) => return Err(refusals::of_state_machine(error)),
        }
    }
}

/// What the state machine is after the update.
async fn changed(
    server: &Server,
    current: &Revision,
    request: &UpdateStateMachineInput,
) -> Result<NewRevision, ApiError> {
    let record = &current.record;
    let logging = match request.logging_configuration.clone() {
        Some(given) => Some(configuration::stored(&configuration::logging(Some(given))?)),
        None => record.logging.clone(),
    };
    let tracing = match request.tracing_configuration.clone() {
        Some(given) => Some(configuration::stored(&configuration::tracing(Some(given)))),
        None => record.tracing.clone(),
    };
    let encryption = match configuration::encryption(request.encryption_configuration.clone())? {
        Some(given) => Some(configuration::stored(&given)),
        None => record.encryption.clone(),
    };
    let (definition, states) = match request.definition.clone() {
        Some(text) => {
            let definition = definition::read(text, server.rules(current.kind)).await?;
            (definition.text.into_arc(), definition.states)
        }
        None => (record.definition.clone(), current.states.clone()),
    };
    let role_arn = request
        .role_arn
        .clone()
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

fn output(update: &Update) -> UpdateStateMachineOutput {
    UpdateStateMachineOutput {
        update_date: Timestamp::from_milliseconds(update.revision.record.updated.0),
        revision_id: update.revision.shown_id().map(Text::from),
        state_machine_version_arn: update.version.as_ref().map(version_arn),
    }
}

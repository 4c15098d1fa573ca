//! CreateStateMachine: a definition under a name.

use api::{
    ApiError, Caller, CreateStateMachineInput, CreateStateMachineOutput, StateMachineType, Text, Timestamp,
};
use ids::{Name, StateMachineArn};
use runtime::{Creation, NewRevision};
use store::{Machine, MachineKind};

use crate::operations::publish_state_machine_version::publication;
use crate::{Server, configuration, definition, refusals, tags};

/// Creates the state machine, or answers as the first time when there is one that is the same.
///
/// The role and the tags may differ then; they are not changed. With `publish`, version 1 comes with it.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: CreateStateMachineInput,
) -> Result<CreateStateMachineOutput, ApiError> {
    let name: Name = request.name.parse()?;
    let arn = StateMachineArn {
        scope: caller.scope.clone(),
        name,
    };
    configuration::role(&request.role_arn)?;
    let publish = publication(request.publish, request.version_description)?;
    let kind = match request.r#type {
        Some(StateMachineType::Express) => MachineKind::Express,
        Some(StateMachineType::Standard) | None => MachineKind::Standard,
    };
    let logging = configuration::logging(request.logging_configuration)?;
    let tracing = configuration::tracing(request.tracing_configuration);
    let encryption = configuration::encryption(request.encryption_configuration)?;
    let tags = tags::stored(request.tags, &arn.to_string(), server.runtime.limits().tags)?;
    let definition = definition::read(request.definition, server.rules(kind)).await?;

    let new = NewRevision {
        definition: definition.text.into_arc(),
        states: definition.states,
        role_arn: request.role_arn.into_arc(),
        logging: Some(configuration::stored(&logging)),
        tracing: Some(configuration::stored(&tracing)),
        encryption: encryption.as_ref().map(configuration::stored),
    };
    let created = server
        .runtime
        .catalog()
        .create_machine(&arn, kind, new.clone(), tags, publish.clone())
        .await;
    let machine = match created.map_err(refusals::of_state_machine)? {
        Creation::New(machine) => {
            server.announce_logging(&logging);
            machine
        }
        Creation::Existing(machine)
            if machine.published == publish && is_same(server, &machine, kind, &new).await? =>
        {
            machine
        }
        Creation::Existing(machine) => {
            let message = format!("State Machine Already Exists: '{}'", machine.arn);
            return Err(ApiError::state_machine_already_exists(message));
        }
    };
    // What a creation publishes is the first version.
    let version_arn = machine
        .published
        .is_some()
        .then(|| Text::from(arn.version(1).to_string()));
    Ok(CreateStateMachineOutput {
        state_machine_arn: Text::from(machine.arn),
        creation_date: Timestamp::from_milliseconds(machine.created.0),
        state_machine_version_arn: version_arn,
    })
}

async fn is_same(
    server: &Server,
    machine: &Machine,
    kind: MachineKind,
    new: &NewRevision,
) -> Result<bool, ApiError> {
    let revision = server
        .runtime
        .catalog()
        .revision(&machine.arn, &machine.revision)
        .await;
    let record = &revision.map_err(refusals::of_state_machine)?.record;
    Ok(machine.kind == kind
        && record.definition == new.definition
        && record.logging == new.logging
        && record.tracing == new.tracing
        && record.encryption == new.encryption)
}

//! DescribeStateMachineForExecution: the state machine as it was when the execution started.

use api::{
    ApiError, Caller, DescribeStateMachineForExecutionInput, DescribeStateMachineForExecutionOutput, Text,
    Timestamp,
};

use crate::operations::describe_state_machine::{no_definition, shown_definition, variable_references};
use crate::{Server, arns, configuration, refusals};

/// Describes the revision that the execution runs. With `METADATA_ONLY` its definition is `{}`.
pub(crate) async fn answer(
    server: &Server,
    caller: &Caller,
    request: DescribeStateMachineForExecutionInput,
) -> Result<DescribeStateMachineForExecutionOutput, ApiError> {
    let arn = arns::standard_execution(caller, &request.execution_arn)?;
    let revision = server.runtime.revision_of(&request.execution_arn).await;
    let revision = revision.map_err(|error| refusals::of_execution(&request.execution_arn, error))?;
    let child = child(server, &arn, &request.execution_arn).await?;
    let record = &revision.record;
    let definition = shown_definition(&revision, request.included_data);
    Ok(DescribeStateMachineForExecutionOutput {
        revision_id: revision.shown_id().map(Text::from),
        state_machine_arn: match &arn.label {
            Some(label) => Text::from(format!("{}/{label}", revision.machine_arn)),
            None => Text::from(&revision.machine_arn),
        },
        name: Text::from(arn.state_machine.name.text()),
        variable_references: definition.as_ref().and_then(|_| variable_references(&revision)),
        definition: definition.unwrap_or_else(no_definition),
        role_arn: Text::from(&record.role_arn),
        update_date: Timestamp::from_milliseconds(record.updated.0),
        logging_configuration: configuration::shown(record.logging.as_ref()),
        tracing_configuration: configuration::shown(record.tracing.as_ref()),
        map_run_arn: child,
        label: arn.label.as_deref().map(Text::from),
        encryption_configuration: configuration::shown(record.encryption.as_ref()),
    })
}

/// The Map Run that an execution is one of.
async fn child(server: &Server, arn: &ids::ExecutionArn, text: &Text) -> Result<Option<Text>, ApiError> {
    if arn.label.is_none() {
        return Ok(None);
    }
    let described = server.runtime.describe(text).await;
    let described = described.map_err(|error| refusals::of_execution(text, error))?;
    Ok(described.map_run_arn.as_ref().map(Text::from))
}

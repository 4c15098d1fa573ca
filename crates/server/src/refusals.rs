//! Refusals: errors in AWS's words.

use api::{ApiError, ValidationExceptionReason};
use runtime::{CatalogError, ExecutionError, MapRunError, RedriveError, StartError, TokenError};
use store::StoreError;

/// There is no state machine of that ARN.
pub(crate) fn no_state_machine(arn: &str) -> ApiError {
    ApiError::state_machine_does_not_exist(format!("State Machine Does Not Exist: '{arn}'"))
}

/// The state machine is being deleted.
pub(crate) fn deleting(arn: &str) -> ApiError {
    ApiError::state_machine_deleting(format!("State Machine is deleting: '{arn}'"))
}

/// There is nothing of that ARN, whatever its type.
pub(crate) fn no_resource(arn: &str) -> ApiError {
    ApiError::resource_not_found(format!("Resource not found: '{arn}'")).with_resource_name(arn)
}

/// The resource has as many tags as it can have.
pub(crate) fn too_many_tags(arn: &str, limit: usize) -> ApiError {
    ApiError::too_many_tags(format!("Too many tags: a resource can have {limit}")).with_resource_name(arn)
}

/// The state machine is of the other type.
pub(crate) fn wrong_type() -> ApiError {
    ApiError::state_machine_type_not_supported(
        "This operation is not supported by this type of state machine",
    )
}

/// There is no execution of that ARN.
pub(crate) fn no_execution(arn: &str) -> ApiError {
    ApiError::execution_does_not_exist(format!("Execution Does Not Exist: '{arn}'"))
}

/// There is no activity of that ARN.
pub(crate) fn no_activity(arn: &str) -> ApiError {
    ApiError::activity_does_not_exist(format!("Activity Does Not Exist: '{arn}'"))
}

/// Why the catalogue has no state machine to give.
pub(crate) fn of_state_machine(error: CatalogError) -> ApiError {
    match error {
        CatalogError::NotFound(arn) => no_state_machine(&arn),
        CatalogError::Deleting(arn) => deleting(&arn),
        CatalogError::OtherRevision { named, current } => ApiError::conflict_exception(format!(
            "Failed to publish the State Machine version for revision {named}. The current State Machine revision \
             is {current}."
        )),
        CatalogError::Aliased(aliases) => ApiError::conflict_exception(format!(
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this \
             version: [{}]",
            aliases.join(", ")
        )),
        CatalogError::TooManyVersions { machine_arn, limit } => {
            ApiError::service_quota_exceeded_exception(format!(
                "The maximum number of versions of a state machine has been reached: '{limit}'. Delete versions of \
                 '{machine_arn}' that are no longer used, or raise limits.versions"
            ))
        }
        CatalogError::TooManyAliases { machine_arn, limit } => {
            ApiError::service_quota_exceeded_exception(format!(
                "The maximum number of aliases of a state machine has been reached: '{limit}'. Delete aliases of \
                 '{machine_arn}' that are no longer used, or raise limits.aliases"
            ))
        }
        CatalogError::TooManyTags { resource_arn, limit } => too_many_tags(&resource_arn, limit),
        CatalogError::TooManyMachines(limit) => ApiError::state_machine_limit_exceeded(format!(
            "The maximum number of state machines has been reached: '{limit}'. Delete state machines that are no \
             longer used, or raise limits.state_machines"
        )),
        CatalogError::TooManyActivities(limit) => ApiError::activity_limit_exceeded(format!(
            "The maximum number of activities has been reached: '{limit}'. Delete activities that are no longer used, \
             or raise limits.activities"
        )),
        CatalogError::Broken { .. } => internal(&error),
        CatalogError::Store(error) => of_store(&error),
    }
}

/// Why the catalogue has no alias to give, or no tags.
pub(crate) fn of_resource(error: CatalogError) -> ApiError {
    match error {
        CatalogError::NotFound(arn) => no_resource(&arn),
        error => of_state_machine(error),
    }
}

/// Why the catalogue has no activity to give.
pub(crate) fn of_activity(error: CatalogError) -> ApiError {
    match error {
        CatalogError::NotFound(arn) => no_activity(&arn),
        error => of_state_machine(error),
    }
}

/// Why an execution did not start.
pub(crate) fn of_start(error: StartError) -> ApiError {
    match error {
        StartError::AlreadyExists(arn) => {
            ApiError::execution_already_exists(format!("Execution Already Exists: '{arn}'"))
        }
        StartError::Deleting(arn) => deleting(&arn),
        StartError::LimitExceeded(limit) => too_many_open(limit),
        StartError::Throttled => throttled(),
        StartError::Closing => closing(),
        StartError::Store(error) => of_store(&error),
    }
}

/// Why an execution could not be asked or stopped.
pub(crate) fn of_execution(arn: &str, error: ExecutionError) -> ApiError {
    match error {
        ExecutionError::NotFound => no_execution(arn),
        ExecutionError::Throttled => throttled(),
        ExecutionError::Closing => closing(),
        ExecutionError::Store(error) => of_store(&error),
    }
}

/// Why a Map Run was not described or changed.
pub(crate) fn of_map_run(arn: &str, error: MapRunError) -> ApiError {
    match error {
        MapRunError::NotFound => no_resource(arn),
        MapRunError::Completed => {
            ApiError::validation_exception(format!("Cannot update a completed Map Run: '{arn}'"))
                .with_reason(ValidationExceptionReason::CannotUpdateCompletedMapRun)
        }
        MapRunError::Store(error) => of_store(&error),
    }
}

/// Why an execution was not redriven.
pub(crate) fn of_redrive(arn: &str, error: RedriveError) -> ApiError {
    match error {
        RedriveError::NotRedrivable(reason) => ApiError::execution_not_redrivable(reason.to_string()),
        RedriveError::LimitExceeded(limit) => too_many_open(limit),
        RedriveError::Execution(error) => of_execution(arn, error),
    }
}

fn too_many_open(limit: usize) -> ApiError {
    ApiError::execution_limit_exceeded(format!(
        "The maximum number of open executions has been reached: '{limit}'. Wait until some have ended, stop some, \
         or raise limits.open_executions"
    ))
}

/// Why a task token was refused.
pub(crate) fn of_token(error: TokenError) -> ApiError {
    match error {
        TokenError::Malformed => ids::InvalidToken.into(),
        TokenError::Unknown => {
            ApiError::task_does_not_exist("Task Does Not Exist: 'Provided task does not exist'")
        }
        TokenError::TimedOut => {
            ApiError::task_timed_out("Task Timed Out: 'Provided task does not exist anymore'")
        }
        TokenError::Throttled => throttled(),
        TokenError::Closing => closing(),
        TokenError::Store(error) => of_store(&error),
    }
}

/// The store failed: the client may try again, and the log and `/health` say why. What is damaged is named, since
/// trying again does not help there.
pub(crate) fn of_store(error: &StoreError) -> ApiError {
    match error {
        StoreError::DiskFull(_) => {
            ApiError::service_unavailable_exception("Nothing can be saved: the disk of the server is full")
        }
        StoreError::Io(_) => {
            tracing::debug!(%error, "a request failed");
            ApiError::service_unavailable_exception("The disk of the server does not answer as it should")
        }
        StoreError::Corrupt { .. } | StoreError::CorruptRecord { .. } => {
            tracing::error!(%error, "a request failed");
            ApiError::internal_failure(error.to_string())
        }
        StoreError::Conflict { .. }
        | StoreError::TooLarge { .. }
        | StoreError::TooManyEvents { .. }
        | StoreError::Fatal(_) => internal(error),
    }
}

fn internal(error: &dyn std::error::Error) -> ApiError {
    tracing::error!(error = %error, "a request failed");
    ApiError::internal_failure("")
}

fn throttled() -> ApiError {
    ApiError::throttling_exception("Rate exceeded")
}

fn closing() -> ApiError {
    ApiError::service_unavailable_exception("The server is shutting down")
}

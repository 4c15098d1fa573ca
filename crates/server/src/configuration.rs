//! Configuration of a state machine: logging, tracing, encryption; checked, stored and shown.

use api::{
    ApiError, EncryptionConfiguration, EncryptionType, IncludedData, LogLevel, LoggingConfiguration, Text,
    TracingConfiguration,
};
use json::Str;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::logs::files::Group;

/// What AWS's log destinations end with.
const LOG_GROUP_END: &str = ":*";

/// The seconds that a data key may be used again.
const KEY_REUSE_SECONDS: std::ops::RangeInclusive<i32> = 60..=900;

/// Checks a logging configuration, and fills in what AWS fills in.
pub(crate) fn logging(given: Option<LoggingConfiguration>) -> Result<LoggingConfiguration, ApiError> {
    let given = given.unwrap_or_default();
    let level = given.level.unwrap_or(LogLevel::Off);
    let destinations = given.destinations.filter(|destinations| !destinations.is_empty());
    let count = destinations.as_ref().map_or(0, Vec::len);
    if count > 1 || (level != LogLevel::Off && count == 0) {
        return Err(invalid_logging("Must specify exactly one Log Destination."));
    }
    for destination in destinations.iter().flatten() {
        let group = destination.cloud_watch_logs_log_group.as_ref();
        let arn = group
            .and_then(|group| group.log_group_arn.as_deref())
            .unwrap_or_default();
        if !arn.ends_with(LOG_GROUP_END) || Group::of_arn(arn).is_none() {
            return Err(invalid_logging(
                "Log Destination must be a CloudWatch Log Group ARN that ends with ':*'.",
            ));
        }
    }
    Ok(LoggingConfiguration {
        level: Some(level),
        include_execution_data: Some(given.include_execution_data.unwrap_or(false)),
        destinations,
    })
}

fn invalid_logging(reason: &str) -> ApiError {
    ApiError::invalid_logging_configuration(format!("Invalid Logging Configuration: {reason}"))
}

/// A tracing configuration with what AWS fills in.
pub(crate) fn tracing(given: Option<TracingConfiguration>) -> TracingConfiguration {
    TracingConfiguration {
        enabled: Some(given.and_then(|given| given.enabled).unwrap_or(false)),
    }
}

/// Checks an encryption configuration, if there is one.
pub(crate) fn encryption(
    given: Option<EncryptionConfiguration>,
) -> Result<Option<EncryptionConfiguration>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    let has_key = given.kms_key_id.as_ref().is_some_and(|key| !key.is_empty());
    let reuse = given.kms_data_key_reuse_period_seconds;
    let fault = match given.r#type {
        EncryptionType::AwsOwnedKey if has_key || reuse.is_some() => {
            "kmsKeyId and kmsDataKeyReusePeriodSeconds can only be set for CUSTOMER_MANAGED_KMS_KEY"
        }
        EncryptionType::CustomerManagedKmsKey if !has_key => {
            "kmsKeyId is required for CUSTOMER_MANAGED_KMS_KEY"
        }
        _ if reuse.is_some_and(|seconds| !KEY_REUSE_SECONDS.contains(&seconds)) => {
            "kmsDataKeyReusePeriodSeconds must be between 60 and 900"
        }
        _ => return Ok(Some(given)),
    };
    Err(ApiError::invalid_encryption_configuration(format!(
        "Invalid Encryption Configuration: '{fault}'"
    )))
}

/// Whether a request wants no data of an execution that is encrypted with a customer's key.
///
/// Data that isn't is shown in any case: who asks for metadata only may lack the key, and nothing else.
pub(crate) fn hides_data(included: Option<IncludedData>, record: &store::Revision) -> bool {
    let Some(IncludedData::MetadataOnly) = included else {
        return false;
    };
    let encryption: Option<EncryptionConfiguration> = shown(record.encryption.as_ref());
    encryption.is_some_and(|encryption| encryption.r#type == EncryptionType::CustomerManagedKmsKey)
}

/// The configuration as it is stored: JSON text.
pub(crate) fn stored<T: Serialize>(configuration: &T) -> Str {
    serde_json::to_string(configuration)
        .expect("configurations have text keys")
        .into()
}

/// A stored configuration; none when there is none.
pub(crate) fn shown<T: DeserializeOwned>(stored: Option<&Str>) -> Option<T> {
    stored.and_then(|text| serde_json::from_str(text).ok())
}

/// Checks the ARN of a role.
pub(crate) fn role(arn: &Text) -> Result<(), ApiError> {
    let mut parts = arn.splitn(6, ':');
    let is_role = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some()
        && parts.next().is_some_and(|resource| resource.starts_with("role/"));
    if is_role {
        Ok(())
    } else {
        Err(ApiError::invalid_arn(format!("Invalid Role Arn: '{arn}'")))
    }
}

#[cfg(test)]
mod tests {
    use api::{CloudWatchLogsLogGroup, LogDestination};

    use super::*;

    fn with(level: LogLevel, arns: &[&str]) -> Result<LoggingConfiguration, String> {
        let destination = |arn: &&str| LogDestination {
            cloud_watch_logs_log_group: Some(CloudWatchLogsLogGroup {
                log_group_arn: Some(Text::from(*arn)),
            }),
        };
        let destinations = Some(arns.iter().map(destination).collect());
        let given = LoggingConfiguration {
            level: Some(level),
            include_execution_data: None,
            destinations,
        };
        logging(Some(given)).map_err(|error| error.to_string())
    }

    #[test]
    fn logging_is_off_unless_asked_for() {
        let text = stored(&logging(None).unwrap());
        assert_eq!(&*text, r#"{"level":"OFF","includeExecutionData":false}"#);
        assert_eq!(
            shown::<LoggingConfiguration>(Some(&text)).unwrap().level,
            Some(LogLevel::Off)
        );
    }

    #[test]
    fn logging_needs_one_destination() {
        const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/x:*";
        assert!(with(LogLevel::All, &[GROUP]).is_ok());
        assert!(with(LogLevel::Off, &[GROUP]).is_ok());
        for arns in [&[][..], &[GROUP, GROUP]] {
            assert_eq!(
                with(LogLevel::Error, arns).unwrap_err(),
                "InvalidLoggingConfiguration: Invalid Logging Configuration: Must specify exactly one Log Destination."
            );
        }
        for wrong in [
            GROUP.trim_end_matches(":*"),
            "",
            "arn:aws:logs:us-east-1:000000000000:log-group::*",
            "arn:aws:s3:us-east-1:000000000000:log-group:x:*",
        ] {
            assert_eq!(
                with(LogLevel::All, &[wrong]).unwrap_err(),
                "InvalidLoggingConfiguration: Invalid Logging Configuration: Log Destination must be a CloudWatch Log \
                 Group ARN that ends with ':*'.",
                "{wrong}"
            );
        }
    }

    #[test]
    fn customer_keys_need_a_key() {
        let given = |r#type, key: Option<&str>, seconds| EncryptionConfiguration {
            kms_key_id: key.map(Text::from),
            kms_data_key_reuse_period_seconds: seconds,
            r#type,
        };
        assert_eq!(encryption(None).unwrap(), None);
        assert!(encryption(Some(given(EncryptionType::AwsOwnedKey, None, None))).is_ok());
        assert!(
            encryption(Some(given(
                EncryptionType::CustomerManagedKmsKey,
                Some("k"),
                Some(60)
            )))
            .is_ok()
        );
        assert!(encryption(Some(given(EncryptionType::CustomerManagedKmsKey, None, None))).is_err());
        assert!(
            encryption(Some(given(
                EncryptionType::CustomerManagedKmsKey,
                Some("k"),
                Some(59)
            )))
            .is_err()
        );
        assert!(encryption(Some(given(EncryptionType::AwsOwnedKey, Some("k"), None))).is_err());
    }

    #[test]
    fn roles_are_arns_of_roles() {
        assert!(role(&Text::from("arn:aws:iam::000000000000:role/service-role/x")).is_ok());
        for arn in [
            "",
            "role",
            "arn:aws:iam::000000000000:user/x",
            "arn:aws:s3:::bucket/role/x",
        ] {
            let error = role(&Text::from(arn)).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("InvalidArn: Invalid Role Arn: '{arn}'")
            );
        }
    }
}

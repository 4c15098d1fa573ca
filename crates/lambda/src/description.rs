//! Description: a function as Lambda's answers show it.

use std::collections::BTreeMap;

use functions::{EXECUTED_VERSION, FunctionConfig, Runtime};
use serde::Serialize;

use crate::deployments::Deployment;
use crate::wire::Request;

/// `FunctionConfiguration`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Description {
    function_name: String,
    function_arn: String,
    runtime: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    role: String,
    handler: String,
    code_size: u64,
    description: String,
    timeout: u64,
    memory_size: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    last_modified: String,
    code_sha256: String,
    version: &'static str,
    tracing_config: TracingConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Environment>,
    #[serde(skip_serializing_if = "String::is_empty")]
    revision_id: String,
    state: &'static str,
    last_update_status: &'static str,
    package_type: &'static str,
    architectures: Vec<String>,
    ephemeral_storage: EphemeralStorage,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TracingConfig {
    mode: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EphemeralStorage {
    size: u32,
}

impl Description {
    /// A function that was deployed over the API.
    pub(crate) fn deployed(request: &Request<'_>, deployment: &Deployment) -> Self {
        let variables = deployment.environment.clone();
        Self {
            function_name: deployment.name.clone(),
            function_arn: request.arn(&deployment.name),
            runtime: deployment.runtime.clone(),
            role: deployment.role.clone(),
            handler: deployment.handler.clone(),
            code_size: deployment.code.bytes,
            description: deployment.description.clone(),
            timeout: u64::from(deployment.timeout_seconds),
            memory_size: deployment.memory_mb,
            last_modified: deployment.last_modified.clone(),
            code_sha256: deployment.code.sha256.clone(),
            revision_id: deployment.revision_id.clone(),
            architectures: deployment.architectures.clone(),
            ..Self::fixed(variables)
        }
    }

    /// A function that a file sets up. Its runtime is shown as the newest of its kind: which one is installed is not
    /// known before it runs.
    pub(crate) fn configured(request: &Request<'_>, config: &FunctionConfig) -> Self {
        let runtime = match &config.runtime {
            Runtime::Python => "python3.14",
            Runtime::Node => "nodejs24.x",
            Runtime::Provided | Runtime::Command(_) => "provided.al2023",
        };
        Self {
            function_name: config.name.clone(),
            function_arn: request.arn(&config.name),
            runtime: runtime.to_owned(),
            handler: config.handler().to_owned(),
            timeout: config.timeout.as_secs_f64().ceil() as u64,
            memory_size: config.memory_mb,
            ..Self::fixed(config.env.clone())
        }
    }

    /// The members that are the same for every function.
    fn fixed(variables: BTreeMap<String, String>) -> Self {
        Self {
            function_name: String::new(),
            function_arn: String::new(),
            runtime: String::new(),
            role: String::new(),
            handler: String::new(),
            code_size: 0,
            description: String::new(),
            timeout: 0,
            memory_size: 0,
            last_modified: String::new(),
            code_sha256: String::new(),
            version: EXECUTED_VERSION,
            tracing_config: TracingConfig { mode: "PassThrough" },
            environment: (!variables.is_empty()).then_some(Environment { variables }),
            revision_id: String::new(),
            state: "Active",
            last_update_status: "Successful",
            package_type: "Zip",
            architectures: vec!["x86_64".to_owned()],
            ephemeral_storage: EphemeralStorage { size: 512 },
        }
    }
}

//! Managing functions: create, change, show, list, delete.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::Response;
use serde::{Deserialize, Serialize};

use crate::Lambda;
use crate::deployments::{Code, Deployment};
use crate::description::Description;
use crate::wire::{Refusal, Request, json};

/// How many functions a list shows when nothing is said, and at most: AWS's figures.
const PAGE: usize = 50;
const PAGE_MAX: usize = 10_000;

/// The longest time-out, in seconds, and the bounds of memory, in MiB: AWS's figures.
const TIMEOUT_MAX: u32 = 900;
const MEMORY_MIN: u32 = 128;
const MEMORY_MAX: u32 = 10_240;

/// The most bytes of environment variables: AWS's figure.
const ENVIRONMENT_BYTES_MAX: usize = 4096;

/// The most characters of a handler's name, and of a description: AWS's figures.
const HANDLER_MAX: usize = 128;
const DESCRIPTION_MAX: usize = 256;

/// The most tags of a function: AWS's figure.
const TAGS_MAX: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    function_name: Option<String>,
    role: Option<String>,
    code: Option<Package>,
    package_type: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(flatten)]
    settings: Settings,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateCode {
    revision_id: Option<String>,
    #[serde(default)]
    dry_run: bool,
    architectures: Option<Vec<String>>,
    #[serde(flatten)]
    package: Package,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateConfiguration {
    role: Option<String>,
    revision_id: Option<String>,
    #[serde(flatten)]
    settings: Settings,
}

/// What may be said when a function is created, and changed later.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    runtime: Option<String>,
    handler: Option<String>,
    description: Option<String>,
    timeout: Option<u32>,
    memory_size: Option<u32>,
    environment: Option<Variables>,
    architectures: Option<Vec<String>>,
    layers: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Variables {
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Package {
    zip_file: Option<String>,
    s3_bucket: Option<String>,
    image_uri: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    configuration: Description,
    code: Location,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
}

/// Where AWS would keep the package: here it is kept unpacked, and not given out.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    repository_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    functions: Vec<Description>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Versions {
    versions: Vec<Description>,
}

type Answer = Result<Response<Bytes>, Refusal>;

impl Lambda {
    pub(crate) async fn create(&self, request: &Request<'_>) -> Answer {
        let create: Create = request.input()?;
        let name = create.function_name.ok_or_else(|| missing("functionName"))?;
        let name = name_of(&name)?;
        let role = create.role.ok_or_else(|| missing("role"))?;
        let package = create.code.ok_or_else(|| missing("code"))?;
        if create.package_type.is_some_and(|kind| kind != "Zip") {
            return Err(Refusal::invalid(
                "Local functions take packages of type Zip; container images are not supported",
            ));
        }
        if create.settings.runtime.is_none() || create.settings.handler.is_none() {
            return Err(Refusal::invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            ));
        }
        if create.tags.len() > TAGS_MAX {
            return Err(Refusal::invalid(format!(
                "A function has at most {TAGS_MAX} tags"
            )));
        }
        let archive = package.archive()?;

        let _changing = self.0.changing.lock().await;
        if self.0.functions.resolve(&name).is_some() {
            return Err(Refusal::conflict(format!("Function already exist: {name}")));
        }
        let mut deployment = Deployment {
            name,
            runtime: String::new(),
            handler: String::new(),
            role,
            description: String::new(),
            timeout_seconds: 3,
            memory_mb: MEMORY_MIN,
            environment: BTreeMap::new(),
            architectures: vec!["x86_64".to_owned()],
            tags: create.tags,
            revision_id: String::new(),
            last_modified: String::new(),
            code: Code::default(),
        };
        create.settings.apply(&mut deployment)?;
        self.deploy(deployment, Some(archive), None)
            .await
            .map(|deployed| json(201, &Description::deployed(request, &deployed)))
    }

    pub(crate) async fn update_code(&self, request: &Request<'_>, name: &str) -> Answer {
        let update: UpdateCode = request.input()?;
        let archive = update.package.archive()?;
        let _changing = self.0.changing.lock().await;
        let mut deployment = self.changeable(request, name, update.revision_id.as_deref())?;
        if let Some(architectures) = update.architectures {
            deployment.architectures = checked_architectures(architectures)?;
        }
        if update.dry_run {
            return Ok(json(200, &Description::deployed(request, &deployment)));
        }
        let before = deployment.code.clone();
        self.deploy(deployment, Some(archive), Some(before))
            .await
            .map(|deployed| json(200, &Description::deployed(request, &deployed)))
    }

    pub(crate) async fn update_configuration(&self, request: &Request<'_>, name: &str) -> Answer {
        let update: UpdateConfiguration = request.input()?;
        let _changing = self.0.changing.lock().await;
        let mut deployment = self.changeable(request, name, update.revision_id.as_deref())?;
        if let Some(role) = update.role {
            deployment.role = role;
        }
        update.settings.apply(&mut deployment)?;
        self.deploy(deployment, None, None)
            .await
            .map(|deployed| json(200, &Description::deployed(request, &deployed)))
    }

    /// Deletes a function. A request that names a version wants nothing but that one gone, and there are no others.
    pub(crate) async fn delete(&self, request: &Request<'_>, name: &str) -> Answer {
        let _changing = self.0.changing.lock().await;
        let deployment = self.changeable(request, name, None)?;
        let behind = functions::parse_name(name).and_then(|named| named.qualifier.map(str::to_owned));
        match request.parameter("Qualifier").or(behind).as_deref() {
            None => {}
            Some("$LATEST") => {
                return Err(Refusal::invalid(
                    "$LATEST version cannot be deleted without deleting the function.",
                ));
            }
            Some(version) => {
                let arn = format!("{}:{version}", request.arn(&deployment.name));
                return Err(Refusal::not_found(&arn));
            }
        }
        let this = self.clone();
        let name = deployment.name.clone();
        blocking(move || {
            this.0.deployments.forget(&name)?;
            this.0.deployed_mut().remove(&name);
            this.0.functions.remove(&name);
            Ok(())
        })
        .await?;
        Ok(crate::wire::bytes(204, Bytes::new()))
    }

    pub(crate) fn get(&self, request: &Request<'_>, name: &str) -> Answer {
        let (name, configuration) = self.description(request, name)?;
        let tags = self.0.deployed().get(&name).map(|known| known.tags.clone());
        Ok(json(
            200,
            &Got {
                configuration,
                code: Location {
                    repository_type: "S3",
                },
                tags: tags.unwrap_or_default(),
            },
        ))
    }

    pub(crate) fn get_configuration(&self, request: &Request<'_>, name: &str) -> Answer {
        self.description(request, name)
            .map(|(_, configuration)| json(200, &configuration))
    }

    pub(crate) fn list_versions(&self, request: &Request<'_>, name: &str) -> Answer {
        let (_, latest) = self.description(request, name)?;
        Ok(json(
            200,
            &Versions {
                versions: vec![latest],
            },
        ))
    }

    /// Pages are in the order of names; a marker is the last name of the page before.
    pub(crate) fn list(&self, request: &Request<'_>) -> Answer {
        let size = match request.parameter("MaxItems") {
            None => PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=PAGE_MAX).contains(size))
                .ok_or_else(|| {
                    Refusal::validation(format!(
                        "1 validation error detected: Value '{text}' at 'maxItems' failed to satisfy constraint: \
                         Member must have value between 1 and {PAGE_MAX}"
                    ))
                })?,
        };
        let after = match request.parameter("Marker") {
            None => String::new(),
            Some(marker) => STANDARD
                .decode(&marker)
                .ok()
                .and_then(|name| String::from_utf8(name).ok())
                .ok_or_else(|| Refusal::invalid(format!("Invalid Marker: {marker}")))?,
        };
        let mut configs = self.0.functions.configs();
        configs.retain(|config| config.name > after);
        let more = configs.len() > size;
        configs.truncate(size);
        let last = configs.last().filter(|_| more);
        let next_marker = last.map(|config| STANDARD.encode(&config.name));
        let deployed = self.0.deployed();
        let functions = configs.iter().map(|config| match deployed.get(&config.name) {
            Some(deployment) => Description::deployed(request, deployment),
            None => Description::configured(request, config),
        });
        Ok(json(
            200,
            &Listed {
                next_marker,
                functions: functions.collect(),
            },
        ))
    }

    fn description(&self, request: &Request<'_>, name: &str) -> Result<(String, Description), Refusal> {
        let name = name_of(name)?;
        if let Some(deployment) = self.0.deployed().get(&name) {
            return Ok((name, Description::deployed(request, deployment)));
        }
        let configs = self.0.functions.configs();
        let config = configs.iter().find(|config| config.name == name);
        let config = config.ok_or_else(|| Refusal::not_found(&request.arn(&name)))?;
        Ok((name, Description::configured(request, config)))
    }

    /// A deployed function that may be changed by somebody who saw that revision.
    fn changeable(
        &self,
        request: &Request<'_>,
        name: &str,
        revision_id: Option<&str>,
    ) -> Result<Deployment, Refusal> {
        let name = name_of(name)?;
        let Some(deployment) = self.0.deployed().get(&name).cloned() else {
            return Err(match self.0.functions.resolve(&name) {
                Some(_) => Refusal::conflict(format!(
                    "The function {name} is set up by a configuration file or a folder of functions: change it there"
                )),
                None => Refusal::not_found(&request.arn(&name)),
            });
        };
        if revision_id.is_some_and(|revision| revision != deployment.revision_id) {
            return Err(Refusal::new(
                412,
                "PreconditionFailedException",
                "The Revision Id provided does not match the latest Revision Id. Call the \
                 GetFunction/GetAlias API to retrieve the latest Revision Id",
            ));
        }
        Ok(deployment)
    }

    /// Makes a deployment the one that counts, with a new package if there is one.
    async fn deploy(
        &self,
        mut deployment: Deployment,
        archive: Option<Vec<u8>>,
        before: Option<Code>,
    ) -> Result<Deployment, Refusal> {
        deployment.revision_id = uuid::Uuid::new_v4().to_string();
        deployment.last_modified = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%S.%3f+0000")
            .to_string();
        let this = self.clone();
        blocking(move || {
            let deployments = &this.0.deployments;
            let is_new_code = archive.is_some();
            if let Some(archive) = archive {
                deployment.code = deployments.unpack(&deployment.name, &archive)?;
            }
            let kept = deployments
                .config(&deployment)
                .map_err(|error| Refusal::invalid(error.to_string()))
                .and_then(|config| {
                    deployments.keep(&deployment, before.as_ref())?;
                    Ok(config)
                });
            match kept {
                Ok(config) => {
                    this.0.functions.put(config);
                    this.0
                        .deployed_mut()
                        .insert(deployment.name.clone(), deployment.clone());
                    Ok(deployment)
                }
                Err(refusal) => {
                    if is_new_code {
                        deployments.discard(&deployment.name, &deployment.code);
                    }
                    Err(refusal)
                }
            }
        })
        .await
    }
}

impl Settings {
    /// Writes what was said over what was there.
    fn apply(self, deployment: &mut Deployment) -> Result<(), Refusal> {
        if self.layers.is_some_and(|layers| !layers.is_empty()) {
            return Err(Refusal::invalid(
                "Local functions have no layers: put what the function needs into its package",
            ));
        }
        if let Some(timeout) = self.timeout {
            deployment.timeout_seconds = within("timeout", timeout, 1, TIMEOUT_MAX)?;
        }
        if let Some(memory) = self.memory_size {
            deployment.memory_mb = within("memorySize", memory, MEMORY_MIN, MEMORY_MAX)?;
        }
        if let Some(handler) = &self.handler {
            no_longer("handler", handler, HANDLER_MAX)?;
        }
        if let Some(description) = &self.description {
            no_longer("description", description, DESCRIPTION_MAX)?;
        }
        if let Some(Variables { variables }) = self.environment {
            let bytes: usize = variables
                .iter()
                .map(|(name, value)| name.len() + value.len())
                .sum();
            if bytes > ENVIRONMENT_BYTES_MAX {
                return Err(Refusal::invalid(format!(
                    "Lambda was unable to configure your environment variables because the environment variables you \
                     have provided exceeded the {} limit.",
                    "4KB"
                )));
            }
            check_names(variables.keys())?;
            deployment.environment = variables;
        }
        if let Some(architectures) = self.architectures {
            deployment.architectures = checked_architectures(architectures)?;
        }
        deployment.runtime = self.runtime.unwrap_or_else(|| deployment.runtime.clone());
        deployment.handler = self.handler.unwrap_or_else(|| deployment.handler.clone());
        deployment.description = self.description.unwrap_or_else(|| deployment.description.clone());
        Ok(())
    }
}

/// The names that Lambda sets itself.
const RESERVED_NAMES: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Refuses variables that a function would not see as they were given, and names that are none: those begin with a
/// letter, have two characters or more, and consist of letters, digits and underscores.
fn check_names<'n>(names: impl Iterator<Item = &'n String> + Clone) -> Result<(), Refusal> {
    let reserved: Vec<&str> = names
        .clone()
        .map(String::as_str)
        .filter(|name| RESERVED_NAMES.contains(name))
        .collect();
    if !reserved.is_empty() {
        return Err(Refusal::invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    let is_name = |name: &&String| {
        name.len() >= 2
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match names.clone().find(|name| !is_name(name)) {
        None => Ok(()),
        Some(name) => Err(Refusal::validation(format!(
            "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must \
             satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]: '{name}'"
        ))),
    }
}

impl Package {
    /// The package's bytes.
    fn archive(self) -> Result<Vec<u8>, Refusal> {
        match self {
            Self {
                image_uri: Some(_), ..
            } => Err(Refusal::invalid(
                "Local functions take a ZipFile; container images are not supported",
            )),
            Self {
                s3_bucket: Some(_), ..
            } => Err(Refusal::invalid(
                "Local functions take a ZipFile with the request; packages in S3 are not fetched",
            )),
            Self {
                zip_file: Some(text), ..
            } => STANDARD.decode(text).map_err(|_| {
                Refusal::invalid(
                    "Could not unzip uploaded file. Please check your file, then try to upload again.",
                )
            }),
            _ => Err(Refusal::invalid("Please provide a source for function code.")),
        }
    }
}

fn checked_architectures(given: Vec<String>) -> Result<Vec<String>, Refusal> {
    match given.as_slice() {
        [one] if one == "x86_64" || one == "arm64" => Ok(given),
        _ => Err(Refusal::validation(
            "1 validation error detected: Value at 'architectures' failed to satisfy constraint: Member must be one of \
             [x86_64, arm64]",
        )),
    }
}

fn within(member: &str, value: u32, least: u32, most: u32) -> Result<u32, Refusal> {
    let bound = match value {
        value if value < least => format!("greater than or equal to {least}"),
        value if value > most => format!("less than or equal to {most}"),
        value => return Ok(value),
    };
    Err(Refusal::validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must have value \
         {bound}"
    )))
}

fn no_longer(member: &str, text: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(Refusal::validation(format!(
        "1 validation error detected: Value '{text}' at '{member}' failed to satisfy constraint: Member must have length \
         less than or equal to {most}"
    )))
}

fn missing(member: &str) -> Refusal {
    Refusal::validation(format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

/// The bare name of a function in any form that names one.
fn name_of(text: &str) -> Result<String, Refusal> {
    match functions::parse_name(text) {
        Some(named) => Ok(named.name.to_owned()),
        None => Err(Refusal::validation(format!(
            "1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: \
             (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{{2}}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{{1}}:)?(\\d{{12}}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
        ))),
    }
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Refusal::service(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(names: &[&str]) -> Result<(), String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        check_names(names.iter()).map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn variables_that_lambda_sets_itself_are_refused() {
        assert_eq!(
            checked(&["TABLE", "aws_region", "AWS_ENDPOINT_URL", "Ab"]),
            Ok(())
        );
        let refused = checked(&["A1", "AWS_REGION", "TABLE", "_HANDLER"]).unwrap_err();
        assert!(refused.contains("InvalidParameterValueException"), "{refused}");
        assert!(
            refused.contains("Reserved keys used in this request: AWS_REGION, _HANDLER"),
            "{refused}"
        );
    }

    #[test]
    fn what_is_no_name_of_a_variable_is_refused() {
        for name in ["", "A", "1A", "_A", "A-B", "A B", "Ä1"] {
            let refused = checked(&[name]).unwrap_err();
            assert!(refused.contains("[a-zA-Z]([a-zA-Z0-9_])+"), "{refused}");
        }
    }
}

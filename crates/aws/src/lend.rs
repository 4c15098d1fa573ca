//! Lend: fetches credentials from where they come from.

use std::time::Duration;

use bytes::Bytes;
use json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use crate::client::{Caller, Client};
use crate::credentials::{Credentials, Lease, Role, Source};
use crate::http::{Outgoing, send};

/// How long a program may take to print credentials.
const PROCESS_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a metadata service may take to answer; where there is none, nobody answers.
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// The most that any of them answers.
const DOCUMENT_BYTES_MAX: usize = 64 << 10;

const INSTANCE: &str = "http://169.254.169.254/latest";

/// What tells sources apart. A role is the same whoever named the session.
pub(crate) fn key(source: &Source) -> String {
    match source {
        Source::Static(credentials) => credentials.access_key_id.clone(),
        Source::Assume { role, with } => {
            let external_id = role.external_id.as_deref().unwrap_or_default();
            format!("assume {} {external_id} {}", role.arn, key(with))
        }
        Source::WebIdentity { role, token_file } => format!("web {} {token_file}", role.arn),
        Source::Process(command) => format!("process {command}"),
        Source::Sso(sso) => format!("sso {} {} {}", sso.token_file, sso.account_id, sso.role_name),
        Source::Container { address, .. } => format!("container {address}"),
        Source::Instance => "instance".to_owned(),
    }
}

/// Fetches credentials.
pub(crate) async fn fetch(client: &Client, source: &Source, caller: &Caller) -> Result<Lease, String> {
    match source {
        Source::Static(credentials) => Ok(Lease {
            credentials: credentials.clone(),
            until: None,
        }),
        Source::Assume { role, with } => {
            let credentials = Box::pin(client.lend(with, caller)).await?;
            assume(client, role, None, &caller.region, &credentials).await
        }
        Source::WebIdentity { role, token_file } => {
            let token = read(token_file).await?;
            // The operation isn't signed: the token says who asks.
            let nobody = Credentials::of_emulator("");
            assume(client, role, Some(token.trim()), &caller.region, &nobody).await
        }
        Source::Process(command) => of_process(command).await,
        Source::Sso(sso) => sso.fetch(client).await,
        Source::Container {
            address,
            token,
            token_file,
        } => {
            let token = match token_file {
                Some(file) => Some(read(file).await?.trim().to_owned()),
                None => token.clone(),
            };
            let headers: Vec<(String, String)> = token
                .into_iter()
                .map(|token| ("Authorization".to_owned(), token))
                .collect();
            let document = get(client, "GET", address.clone(), &headers).await?;
            lease(&document)
        }
        Source::Instance => of_instance(client).await,
    }
}

async fn assume(
    client: &Client,
    role: &Role,
    web_token: Option<&str>,
    region: &str,
    credentials: &Credentials,
) -> Result<Lease, String> {
    let (arn, session) = (role.arn.as_str(), role.session_name.as_str());
    let (action, parameters) = match (web_token, &role.external_id) {
        (Some(token), _) => (
            "assumeRoleWithWebIdentity",
            json!({"RoleArn": arn, "RoleSessionName": session, "WebIdentityToken": token}),
        ),
        (None, Some(id)) => (
            "assumeRole",
            json!({"RoleArn": arn, "RoleSessionName": session, "ExternalId": id}),
        ),
        (None, None) => ("assumeRole", json!({"RoleArn": arn, "RoleSessionName": session})),
    };
    let answer = client
        .ask("sts", action, &parameters, region, credentials)
        .await?;
    answer
        .get("Credentials")
        .and_then(Lease::of_document)
        .ok_or_else(|| "STS answered without credentials".to_owned())
}

async fn of_process(command: &str) -> Result<Lease, String> {
    let run = Command::new("sh")
        .arg("-c")
        .arg(command)
        .kill_on_drop(true)
        .output();
    let output = timeout(PROCESS_TIMEOUT, run)
        .await
        .map_err(|_| "the credential_process takes too long".to_owned())?
        .map_err(|error| format!("the credential_process does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("the credential_process ended with {}", output.status));
    }
    lease(&output.stdout)
}

/// The instance's role, by the second version of its metadata service, which wants a token.
async fn of_instance(client: &Client) -> Result<Lease, String> {
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let seconds = pair("X-aws-ec2-metadata-token-ttl-seconds", "21600");
    let token = get(client, "PUT", format!("{INSTANCE}/api/token"), &seconds).await?;
    let token = pair("X-aws-ec2-metadata-token", &String::from_utf8_lossy(&token));
    let roles = format!("{INSTANCE}/meta-data/iam/security-credentials/");
    let role = get(client, "GET", roles.clone(), &token).await?;
    let role = String::from_utf8_lossy(&role);
    let role = role.lines().next().unwrap_or_default();
    let document = get(client, "GET", format!("{roles}{role}"), &token).await?;
    lease(&document)
}

async fn get(
    client: &Client,
    method: &str,
    address: String,
    headers: &[(String, String)],
) -> Result<Vec<u8>, String> {
    let outgoing = Outgoing {
        method,
        address,
        headers: headers.to_vec(),
        body: Bytes::new(),
    };
    let hosts = &client.http().metadata;
    let answer = send(hosts, outgoing, METADATA_TIMEOUT, DOCUMENT_BYTES_MAX)
        .await
        .map_err(|error| format!("the host that has credentials gave none: {error}"))?;
    if answer.status != 200 {
        return Err(format!(
            "the host that has credentials answered {}",
            answer.status
        ));
    }
    Ok(answer.body)
}

async fn read(file: &str) -> Result<String, String> {
    tokio::fs::read_to_string(file)
        .await
        .map_err(|error| format!("{file}: {error}"))
}

fn lease(document: &[u8]) -> Result<Lease, String> {
    let document: Option<Value> = json::parse_bytes(document).ok();
    document
        .as_ref()
        .and_then(Lease::of_document)
        .ok_or_else(|| "what should be credentials are none".to_owned())
}

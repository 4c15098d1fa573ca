//! stage: what cases ask of other services than Step Functions.
//!
//! Roles and policies are only named. Functions are deployed over the server's own Lambda API. Everything else is moto's.

use std::io::{Cursor, Write as _};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use serde_json::{Map, Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::client::{Caller, Client, Reply};
use crate::services::Services;

/// The services that need nobody but the server.
const OWN_SERVICES: [&str; 3] = ["iam", "sts", "lambda"];

const FUNCTIONS: &str = "/2015-03-31/functions";

/// Whom cases speak with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Stage {
    /// The server under test.
    pub(crate) client: Client,
    services: Option<Rc<Services>>,
}

impl Stage {
    pub(crate) fn new(client: Client, services: Option<Rc<Services>>) -> Self {
        Self { client, services }
    }

    /// A stage without other services.
    #[cfg(test)]
    pub(crate) fn bare(client: Client) -> Self {
        Self::new(client, None)
    }

    /// Whether somebody here answers for a service.
    pub(crate) fn answers_for(&self, service: &str) -> bool {
        OWN_SERVICES.contains(&service) || self.services.is_some()
    }

    /// The address of APIs that cases make, as far as there are any.
    pub(crate) fn gateway(&self) -> &str {
        let services = self.services.as_ref();
        services.map_or("", |services| &services.addresses().gateway)
    }

    /// Calls an operation of any service. An error means that nothing that can be read came back.
    pub(crate) async fn call(
        &self,
        caller: Caller<'_>,
        service: &str,
        operation: &str,
        request: &Value,
    ) -> Result<Reply, String> {
        match (&self.services, service) {
            (_, "stepfunctions") => self.client.call(caller, operation, request).await,
            (_, own) if OWN_SERVICES.contains(&own) => answer(&self.client, caller, own, operation, request)
                .await
                .map(Reply::Answer),
            (Some(services), _) => services.call(caller, service, operation, request).await,
            (None, _) => Err(format!("nobody here answers {service}:{operation}")),
        }
    }
}

/// Answers an operation of a service that needs nobody but the server, or says why it can't.
async fn answer(
    client: &Client,
    caller: Caller<'_>,
    service: &str,
    operation: &str,
    request: &Value,
) -> Result<Map<String, Value>, String> {
    let account = caller.account;
    let answer = match (service, operation) {
        ("iam", "CreateRole") => {
            let name = text(request, "RoleName")?;
            let arn = format!("arn:aws:iam::{account}:role/{name}");
            json!({"Role": {"RoleName": name, "Path": "/", "RoleId": "AROALOCAL", "Arn": arn}})
        }
        ("iam", "CreatePolicy") => {
            let name = text(request, "PolicyName")?;
            let arn = format!("arn:aws:iam::{account}:policy/{name}");
            json!({"Policy": {"PolicyName": name, "Arn": arn}})
        }
        ("iam", _) => json!({}),
        ("sts", "GetCallerIdentity") => {
            let arn = format!("arn:aws:iam::{account}:root");
            json!({"Account": account, "UserId": account, "Arn": arn})
        }
        ("lambda", "CreateFunction") => {
            let request = with_package(request)?;
            client
                .call_lambda(caller, Method::POST, FUNCTIONS, &request)
                .await?
        }
        ("lambda", "GetFunction") => {
            client
                .call_lambda(caller, Method::GET, &path(request)?, &json!({}))
                .await?
        }
        ("lambda", "DeleteFunction") => {
            client
                .call_lambda(caller, Method::DELETE, &path(request)?, &json!({}))
                .await?
        }
        _ => return Err(format!("nobody here answers {service}:{operation}")),
    };
    match answer {
        Value::Object(answer) => Ok(answer),
        other => Err(format!("{other} is no answer")),
    }
}

fn path(request: &Value) -> Result<String, String> {
    Ok(format!("{FUNCTIONS}/{}", text(request, "FunctionName")?))
}

/// The request with the function's files as a package.
fn with_package(request: &Value) -> Result<Value, String> {
    let files = request.pointer("/Code/ZipFile/$zip").and_then(Value::as_object);
    let package = packed(files.ok_or("the function has no code")?).map_err(|error| error.to_string())?;
    let mut request = request.clone();
    request["Code"] = json!({"ZipFile": STANDARD.encode(package)});
    Ok(request)
}

fn packed(files: &Map<String, Value>) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default())?;
        writer.write_all(text.as_str().unwrap_or_default().as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

fn text<'a>(request: &'a Value, name: &str) -> Result<&'a str, String> {
    request
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("{name} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: Caller<'_> = Caller {
        account: "123456789012",
        region: "us-east-1",
    };

    #[test]
    fn function_is_sent_as_a_package() {
        let request =
            json!({"FunctionName": "greet", "Code": {"ZipFile": {"$zip": {"handler.py": "x = 1"}}}});
        let sent = with_package(&request).unwrap();
        let package = STANDARD
            .decode(sent["Code"]["ZipFile"].as_str().unwrap())
            .unwrap();
        let mut package = zip::ZipArchive::new(Cursor::new(package)).unwrap();
        let code = std::io::read_to_string(package.by_name("handler.py").unwrap()).unwrap();
        assert_eq!((code.as_str(), &sent["FunctionName"]), ("x = 1", &json!("greet")));
        assert_eq!(with_package(&json!({})).unwrap_err(), "the function has no code");
    }

    #[tokio::test]
    async fn role_has_the_callers_account() {
        let stage = Stage::bare(Client::new("127.0.0.1:1"));
        let role = json!({"RoleName": "r"});
        let created = stage.call(CALLER, "iam", "CreateRole", &role).await.unwrap();
        let Reply::Answer(created) = created else {
            unreachable!()
        };
        assert_eq!(created["Role"]["Arn"], "arn:aws:iam::123456789012:role/r");
        let queue = stage.call(CALLER, "sqs", "CreateQueue", &json!({})).await;
        assert_eq!(queue.unwrap_err(), "nobody here answers sqs:CreateQueue");
    }
}

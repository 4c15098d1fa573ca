//! Asked: connections that EventBridge has, whose secrets lie with Secrets Manager.

use aws::{Caller, Client, Failure, Naming, Services};
use engine::Ending;
use json::Value;

use super::connections::{Authorization, Connection, Parameters, TokenRequest};
use crate::call::ending;

/// Who is asked for connections, and on whose behalf.
pub(crate) struct Asked {
    pub(crate) client: Client,
    pub(crate) caller: Caller,
}

impl Asked {
    /// The connection of an ARN, with its secret.
    pub(super) async fn connection(&self, arn: &str, name: &str) -> Result<Connection, Ending> {
        let described = self
            .ask("eventbridge", "describeConnection", [("Name", name)], name)
            .await?;
        let text = |member: &str| described.get(member).and_then(Value::as_str).unwrap_or_default();
        if text("ConnectionArn") != arn {
            return Err(no_connection(name));
        }
        if text("ConnectionState") != "AUTHORIZED" {
            let state = text("ConnectionState");
            return Err(failed(
                "InvalidConnectionState",
                format!("The connection '{name}' is {state}."),
            ));
        }
        let secret = [("SecretId", text("SecretArn"))];
        let secret = self.ask("secretsmanager", "getSecretValue", secret, name).await?;
        let secret = secret
            .get("SecretString")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let secret = json::parse(secret).unwrap_or_default();
        of_secret(arn, text("AuthorizationType"), &secret).ok_or_else(|| {
            failed(
                "InternalError",
                format!("The secret of the connection '{name}' is incomplete."),
            )
        })
    }

    async fn ask<const N: usize>(
        &self,
        service: &str,
        action: &str,
        parameters: [(&str, &str); N],
        name: &str,
    ) -> Result<Value, Ending> {
        let found = Services::embedded().find(service, action);
        let found = found.map_err(|unknown| failed("InternalError", unknown.to_string()))?;
        let parameters = Value::object(parameters.map(|(name, value)| (name, Value::from(value))));
        let reply = self
            .client
            .call(&found, &parameters, Naming::Sdk, &self.caller)
            .await;
        reply.map(|reply| reply.value).map_err(|failure| match failure {
            Failure::Refused { refusal, .. } if refusal.code.contains("ResourceNotFound") => {
                no_connection(name)
            }
            Failure::Refused { refusal, .. } if refusal.code.contains("AccessDenied") => {
                failed("AccessDenied", refusal.message.unwrap_or_default())
            }
            // Where nobody can be asked there is no such connection either.
            Failure::Client(message) => {
                let cause = format!(
                    "Connection '{name}' is not in stepwell.toml, and EventBridge can't be asked: {message}"
                );
                failed("ResourceNotFound", cause)
            }
            other => failed("InternalError", other.error(found.service()).1),
        })
    }
}

fn no_connection(name: &str) -> Ending {
    let cause = format!("Failed to describe the connection(s). Connection '{name}' does not exist.");
    failed("ResourceNotFound", cause)
}

fn failed(error: &str, cause: String) -> Ending {
    ending(format!("Events.ConnectionResource.{error}"), cause)
}

/// A connection from its secret, as EventBridge writes it.
fn of_secret(arn: &str, kind: &str, secret: &Value) -> Option<Connection> {
    let text = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| secret.get(name));
        found.and_then(Value::as_str).map(str::to_owned)
    };
    let one = |name: &str| secret.get(name).and_then(Value::as_str).map(str::to_owned);
    let parameters = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| secret.get(name));
        found.map(parameters).unwrap_or_default()
    };
    let authorization = match kind {
        "BASIC" => Authorization::Basic {
            username: one("username")?,
            password: one("password")?,
        },
        "API_KEY" => Authorization::ApiKey {
            name: one("api_key_name")?,
            value: one("api_key_value")?,
        },
        "OAUTH_CLIENT_CREDENTIALS" => Authorization::ClientCredentials(TokenRequest {
            endpoint: text(["authorization_endpoint", "AuthorizationEndpoint"])?,
            method: text(["http_method", "HttpMethod"]).unwrap_or_else(|| "POST".to_owned()),
            client_id: text(["client_id", "ClientID"])?,
            client_secret: text(["client_secret", "ClientSecret"])?,
            parameters: parameters(["oauth_http_parameters", "OAuthHttpParameters"]),
        }),
        _ => return None,
    };
    Some(Connection {
        // Tokens are kept by it: another connection of that name is another one.
        name: arn.to_owned(),
        arn: Some(arn.to_owned()),
        authorization,
        parameters: parameters(["invocation_http_parameters", "InvocationHttpParameters"]),
    })
}

/// What a connection adds, from its lists of keys and values.
fn parameters(lists: &Value) -> Parameters {
    let list = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| lists.get(name));
        let items = found.and_then(Value::as_array).unwrap_or_default();
        let pair = |item: &Value| {
            let text = |names: [&str; 2]| {
                let found = names.iter().find_map(|name| item.get(name));
                found.and_then(Value::as_str).map(str::to_owned)
            };
            Some((text(["Key", "key"])?, text(["Value", "value"])?))
        };
        items.iter().filter_map(pair).collect()
    };
    Parameters {
        headers: list(["HeaderParameters", "header_parameters"]),
        query: list(["QueryStringParameters", "query_string_parameters"]),
        body: list(["BodyParameters", "body_parameters"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_become_connections() {
        let secret = json::json!({
            "client_id": "id",
            "client_secret": "s",
            "authorization_endpoint": "https://login.example.com",
            "http_method": "PUT",
            "oauth_http_parameters": {"BodyParameters": [{"Key": "scope", "Value": "read"}]},
            "invocation_http_parameters": {"HeaderParameters": [{"Key": "X-Tenant", "Value": "7", "IsValueSecret": false}]}
        });
        let connection = of_secret("arn", "OAUTH_CLIENT_CREDENTIALS", &secret).unwrap();
        assert_eq!(
            connection.parameters.headers,
            [("X-Tenant".to_owned(), "7".to_owned())]
        );
        let Authorization::ClientCredentials(request) = connection.authorization else {
            panic!("it is one of OAuth")
        };
        assert_eq!((&*request.method, &*request.client_id), ("PUT", "id"));
        assert_eq!(request.parameters.body, [("scope".to_owned(), "read".to_owned())]);
        assert!(of_secret("arn", "BASIC", &json::json!({"username": "u"})).is_none());
        assert!(of_secret("arn", "OTHER", &json::json!({})).is_none());
    }
}

//! Connections: how a host is told who calls, as EventBridge's connections say it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use engine::Ending;
use outbound::{Client, Limits, Request};
use serde::Deserialize;

use super::asked::Asked;
use super::form;
use crate::call::ending;

/// How long before its end a token is replaced.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);

/// What asking for a token may cost.
const TOKEN_LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    body_bytes: 64 << 10,
};

/// Headers that belong to the connection itself, so that no configuration may set them.
const RESERVED_HEADERS: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

/// The connections by their names.
#[derive(Default)]
pub struct Connections {
    connections: HashMap<String, Arc<Connection>>,
    /// The tokens of OAuth connections, and until when they are good.
    tokens: Mutex<HashMap<String, (String, Instant)>>,
}

/// A connection. What it says is secret, so it is not to be printed.
pub(crate) struct Connection {
    pub(super) name: String,
    /// The whole ARN, where the name is not enough.
    pub(super) arn: Option<String>,
    pub(super) authorization: Authorization,
    /// What is added to every request.
    pub(crate) parameters: Parameters,
}

pub(super) enum Authorization {
    Basic { username: String, password: String },
    ApiKey { name: String, value: String },
    ClientCredentials(TokenRequest),
}

pub(super) struct TokenRequest {
    pub(super) endpoint: String,
    pub(super) method: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) parameters: Parameters,
}

/// What a connection adds to requests, in order.
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Vec<(String, String)>,
}

/// Why the connections of a configuration can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("connection {name:?}: {reason}")]
pub struct ConnectionError {
    name: String,
    reason: String,
}

/// `[connections.NAME]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    arn: Option<String>,
    authorization: String,
    username: Option<Secret>,
    password: Option<Secret>,
    key_name: Option<String>,
    key_value: Option<Secret>,
    endpoint: Option<String>,
    method: Option<String>,
    client_id: Option<Secret>,
    client_secret: Option<Secret>,
    #[serde(default)]
    token_parameters: ParametersTable,
    #[serde(default)]
    parameters: ParametersTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParametersTable {
    #[serde(default)]
    headers: BTreeMap<String, Secret>,
    #[serde(default)]
    query: BTreeMap<String, Secret>,
    #[serde(default)]
    body: BTreeMap<String, Secret>,
}

/// A value as it is, from the environment or from a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Secret {
    Text(String),
    Env { env: String },
    File { file: PathBuf },
}

impl Secret {
    fn read(self, base: &Path) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Env { env } => {
                std::env::var(&env).map_err(|_| format!("the environment variable {env} is not set"))
            }
            Self::File { file } => {
                let path = base.join(file);
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
                Ok(text.trim_end_matches(['\r', '\n']).to_owned())
            }
        }
    }
}

impl Connections {
    /// Reads the `connections` table of a configuration file that lies in the folder `base`.
    pub fn from_toml(tables: &toml::Table, base: &Path) -> Result<Self, ConnectionError> {
        let mut connections = HashMap::new();
        for (name, table) in tables {
            let table: Result<Table, _> = table.clone().try_into();
            let connection = table
                .map_err(|error| error.message().to_owned())
                .and_then(|table| table.into_connection(name, base))
                .map_err(|reason| ConnectionError {
                    name: name.clone(),
                    reason,
                })?;
            connections.insert(name.clone(), Arc::new(connection));
        }
        Ok(Self {
            connections,
            tokens: Mutex::default(),
        })
    }

    /// The connection that an ARN names: one of the configuration's, or one that EventBridge has.
    pub(crate) async fn find(&self, arn: &str, asked: Option<&Asked>) -> Result<Arc<Connection>, Ending> {
        let name = connection_name(arn).ok_or_else(|| {
            ending(
                "States.Runtime",
                format!("The ConnectionArn '{arn}' is not the ARN of an EventBridge connection."),
            )
        })?;
        let connection = self.connections.get(name);
        let is_meant =
            |connection: &&Arc<Connection>| connection.arn.as_ref().is_none_or(|whole| whole == arn);
        if let Some(connection) = connection.filter(is_meant) {
            return Ok(Arc::clone(connection));
        }
        match asked {
            Some(asked) => asked.connection(arn, name).await.map(Arc::new),
            None => Err(ending(
                "Events.ConnectionResource.ResourceNotFound",
                format!("Failed to describe the connection(s). Connection '{name}' does not exist."),
            )),
        }
    }

    /// The headers by which the host is told who calls.
    pub(crate) async fn authorize(
        &self,
        client: &Client,
        connection: &Connection,
    ) -> Result<(String, String), Ending> {
        match &connection.authorization {
            Authorization::Basic { username, password } => {
                let encoded = STANDARD.encode(format!("{username}:{password}"));
                Ok(("Authorization".to_owned(), format!("Basic {encoded}")))
            }
            Authorization::ApiKey { name, value } => Ok((name.clone(), value.clone())),
            Authorization::ClientCredentials(request) => {
                let token = match self.known_token(&connection.name) {
                    Some(token) => token,
                    None => self.new_token(client, &connection.name, request).await?,
                };
                Ok(("Authorization".to_owned(), token))
            }
        }
    }

    /// Forgets a token that a host refused; whether there is a new one to be had.
    pub(crate) fn forget_token(&self, connection: &Connection) -> bool {
        let mut tokens = self
            .tokens
            .lock()
            .expect("nothing panics while it holds the lock");
        tokens.remove(&connection.name);
        matches!(connection.authorization, Authorization::ClientCredentials(_))
    }

    fn known_token(&self, name: &str) -> Option<String> {
        let tokens = self
            .tokens
            .lock()
            .expect("nothing panics while it holds the lock");
        let (token, until) = tokens.get(name)?;
        (Instant::now() < *until).then(|| token.clone())
    }

    async fn new_token(&self, client: &Client, name: &str, request: &TokenRequest) -> Result<String, Ending> {
        let invalid = |what: &str| {
            ending(
                "Events.ConnectionResource.InvalidConnectionState",
                format!("The connection '{name}' got no access token: {what}"),
            )
        };
        let answer = client.send(request.message(), TOKEN_LIMITS).await;
        let answer = answer.map_err(|failure| invalid(&failure.to_string()))?;
        if !(200..300).contains(&answer.status) {
            let (status, reason) = (answer.status, answer.reason);
            return Err(invalid(&format!(
                "the authorization endpoint answered {status} {reason}"
            )));
        }
        let body = json::parse_bytes(&answer.body).unwrap_or_default();
        let token = body.get("access_token").and_then(json::Value::as_str);
        let token = token.ok_or_else(|| invalid("the answer has no access_token"))?;
        let kind = body.get("token_type").and_then(json::Value::as_str);
        let kind = kind
            .filter(|kind| !kind.eq_ignore_ascii_case("bearer"))
            .unwrap_or("Bearer");
        let token = format!("{kind} {token}");
        // Without a word on how long it is good, it is good for this request.
        let seconds = body.get("expires_in").and_then(json::Value::as_i64).unwrap_or(0);
        let good =
            Duration::from_secs(u64::try_from(seconds.min(86_400)).unwrap_or(0)).saturating_sub(TOKEN_MARGIN);
        let mut tokens = self
            .tokens
            .lock()
            .expect("nothing panics while it holds the lock");
        tokens.insert(name.to_owned(), (token.clone(), Instant::now() + good));
        Ok(token)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.connections.keys()).finish()
    }
}

impl TokenRequest {
    fn message(&self) -> Request {
        let mut form = vec![
            ("grant_type".to_owned(), "client_credentials".to_owned()),
            ("client_id".to_owned(), self.client_id.clone()),
            ("client_secret".to_owned(), self.client_secret.clone()),
        ];
        merge(&mut form, &self.parameters.body, |one, other| one == other);
        let mut query = self.parameters.query.clone();
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        let body = if self.method == "GET" {
            query.extend(form);
            Bytes::new()
        } else {
            let kind = "application/x-www-form-urlencoded".to_owned();
            headers.push(("Content-Type".to_owned(), kind));
            Bytes::from(form::query(&form))
        };
        merge(&mut headers, &self.parameters.headers, str::eq_ignore_ascii_case);
        Request {
            method: self.method.clone(),
            url: with_query(&self.endpoint, &form::query(&query)),
            headers,
            body,
        }
    }
}

impl Table {
    fn into_connection(self, name: &str, base: &Path) -> Result<Connection, String> {
        if let Some(arn) = self.arn.as_deref()
            && connection_name(arn) != Some(name)
        {
            return Err(format!(
                "`arn` must be arn:aws:events:REGION:ACCOUNT:connection/{name}/UUID, and is {arn}"
            ));
        }
        let kind = self.authorization;
        let needs = |member: &str| format!("authorization = \"{kind}\" needs `{member}`");
        let secret = |given: Option<Secret>, member: &str| given.ok_or_else(|| needs(member))?.read(base);
        let authorization = match kind.as_str() {
            "BASIC" => Authorization::Basic {
                username: secret(self.username, "username")?,
                password: secret(self.password, "password")?,
            },
            "API_KEY" => Authorization::ApiKey {
                name: self.key_name.ok_or_else(|| needs("key_name"))?,
                value: secret(self.key_value, "key_value")?,
            },
            "OAUTH_CLIENT_CREDENTIALS" => Authorization::ClientCredentials(TokenRequest {
                endpoint: self.endpoint.ok_or_else(|| needs("endpoint"))?,
                method: match self.method.as_deref() {
                    None => "POST".to_owned(),
                    Some(method @ ("GET" | "POST" | "PUT")) => method.to_owned(),
                    Some(other) => return Err(format!("`method` must be GET, POST or PUT, and is {other}")),
                },
                client_id: secret(self.client_id, "client_id")?,
                client_secret: secret(self.client_secret, "client_secret")?,
                parameters: self.token_parameters.read(base)?,
            }),
            other => {
                return Err(format!(
                    "`authorization` must be BASIC, API_KEY or OAUTH_CLIENT_CREDENTIALS, and is {other}"
                ));
            }
        };
        Ok(Connection {
            name: name.to_owned(),
            arn: self.arn,
            authorization,
            parameters: self.parameters.read(base)?,
        })
    }
}

impl ParametersTable {
    fn read(self, base: &Path) -> Result<Parameters, String> {
        let read = |table: BTreeMap<String, Secret>| -> Result<Vec<_>, String> {
            let read = |(name, value): (String, Secret)| Ok((name, value.read(base)?));
            table.into_iter().map(read).collect()
        };
        let parameters = Parameters {
            headers: read(self.headers)?,
            query: read(self.query)?,
            body: read(self.body)?,
        };
        let reserved = |(name, _): &&(String, String)| {
            RESERVED_HEADERS
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        };
        match parameters.headers.iter().find(reserved) {
            Some((name, _)) => Err(format!("the header {name} is set by itself")),
            None => Ok(parameters),
        }
    }
}

/// Puts pairs over those of the same name, and the others behind.
pub(crate) fn merge(
    pairs: &mut Vec<(String, String)>,
    over: &[(String, String)],
    is_same: impl Fn(&str, &str) -> bool,
) {
    pairs.retain(|(name, _)| !over.iter().any(|(other, _)| is_same(name, other)));
    pairs.extend_from_slice(over);
}

/// An address with a query behind the one it has.
pub(crate) fn with_query(url: &str, query: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let separator = match url.split_once('?') {
        _ if query.is_empty() => "",
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{url}{separator}{query}")
}

fn connection_name(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let is = |part: Option<&str>, known: &str| part == Some(known);
    if !is(parts.next(), "arn") || !parts.next()?.starts_with("aws") || !is(parts.next(), "events") {
        return None;
    }
    let (_region, _account) = (parts.next()?, parts.next()?);
    let resource = parts.next()?.strip_prefix("connection/")?;
    let name = resource.split_once('/').map_or(resource, |(name, _)| name);
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Connections, String> {
        let table: toml::Table = text.parse().unwrap();
        Connections::from_toml(&table, Path::new("/nowhere")).map_err(|error| error.to_string())
    }

    const ARN: &str =
        "arn:aws:events:us-east-1:000000000000:connection/Stripe/81210c42-8af1-456b-9c4a-6ff02fc664ac";

    #[tokio::test]
    async fn connections_are_found_by_name_or_by_arn() {
        let connections =
            read("[Stripe]\nauthorization = \"BASIC\"\nusername = \"me\"\npassword = \"it\"").unwrap();
        let client = Client::new(outbound::Guard::default());
        for arn in [ARN, "arn:aws:events:eu-west-1:1:connection/Stripe"] {
            let connection = connections.find(arn, None).await.unwrap();
            let header = connections.authorize(&client, &connection).await.unwrap();
            assert_eq!(header, ("Authorization".to_owned(), "Basic bWU6aXQ=".to_owned()));
        }
        let exact = format!(
            "[Stripe]\narn = \"{ARN}\"\nauthorization = \"API_KEY\"\nkey_name = \"K\"\nkey_value = \"v\""
        );
        let connections = read(&exact).unwrap();
        assert!(connections.find(ARN, None).await.is_ok());
        for (arn, error) in [
            (
                "arn:aws:events:us-east-1:000000000000:connection/Stripe/other",
                "Events.ConnectionResource.ResourceNotFound",
            ),
            (
                "arn:aws:events:us-east-1:000000000000:connection/Other/81210c42",
                "Events.ConnectionResource.ResourceNotFound",
            ),
            (
                "arn:aws:events:us-east-1:000000000000:rule/Stripe",
                "States.Runtime",
            ),
            ("Stripe", "States.Runtime"),
        ] {
            let found = connections.find(arn, None).await.map(|_| ()).unwrap_err();
            assert_eq!(found.error.as_deref(), Some(error), "{arn}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_connection_is_said() {
        for (text, error) in [
            (
                "[A]\nauthorization = \"BASIC\"\nusername = \"u\"",
                "connection \"A\": authorization = \"BASIC\" needs `password`",
            ),
            (
                "[A]\nauthorization = \"DIGEST\"",
                "connection \"A\": `authorization` must be BASIC, API_KEY or OAUTH_CLIENT_CREDENTIALS, and is DIGEST",
            ),
            (
                "[A]\narn = \"B\"\nauthorization = \"BASIC\"",
                "connection \"A\": `arn` must be arn:aws:events:REGION:ACCOUNT:connection/A/UUID, and is B",
            ),
            (
                "[A]\nauthorization = \"API_KEY\"\nkey_name = \"k\"\nkey_value = {env = \"NO_SUCH_THING\"}",
                "connection \"A\": the environment variable NO_SUCH_THING is not set",
            ),
            (
                "[A]\nauthorization = \"API_KEY\"\nkey_name = \"k\"\nkey_value = \"v\"\nparameters.headers.Host = \"h\"",
                "connection \"A\": the header Host is set by itself",
            ),
            (
                "[A]\nauthorisation = \"BASIC\"",
                "connection \"A\": unknown field `authorisation`",
            ),
        ] {
            let found = read(text).map(|_| ()).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let connections =
            read("[A]\nauthorization = \"BASIC\"\nusername = \"u\"\npassword = \"secret\"").unwrap();
        assert_eq!(format!("{connections:?}"), "[\"A\"]");
    }

    #[test]
    fn queries_are_put_behind_each_other() {
        assert_eq!(with_query("https://h/p", "a=1"), "https://h/p?a=1");
        assert_eq!(with_query("https://h/p?b=2#top", "a=1"), "https://h/p?b=2&a=1");
        assert_eq!(with_query("https://h/p?", "a=1"), "https://h/p?a=1");
        assert_eq!(with_query("https://h/p", ""), "https://h/p");
    }
}
